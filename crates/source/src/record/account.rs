//! Accounts that leave: their posts count no more.

use skytrend_event::{AtUri, Event, EventId, PostAction, PostEvent};

use crate::datetime;
use crate::wire::Account;

/// Statuses that take an author's posts away. `desynchronized` and `throttled` speak of the host, not of the author;
/// an account that is back brings nothing back, its posts come as new ones.
const GONE: [&str; 4] = ["takendown", "suspended", "deleted", "deactivated"];

/// The event that an account's hosting status is; none if its posts still count.
pub fn account<'a>(account: &Account<'a>) -> Option<Event<'a>> {
    let status = account.status.as_deref()?;
    if account.active || !GONE.contains(&status) {
        return None;
    }
    // Jetstream stamps its own time; the relay's, which it passes on, is the same from every source.
    let relay_time = account.inner.as_ref().and_then(|inner| datetime::parse(&inner.time));
    let micros = relay_time.unwrap_or(account.at.time).0.to_string();
    Some(Event::Post(PostEvent {
        action: PostAction::AuthorRemoved,
        uri: AtUri::of_account(&account.did),
        author_did: account.did.clone(),
        rev: None,
        witnessed_at: account.at.time,
        event_id: EventId::of(account.did.as_str(), "", "", &micros, "account"),
        data: None,
    }))
}
