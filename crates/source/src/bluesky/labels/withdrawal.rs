//! What a label that hides something is for everybody downstream: the end of a post, or of an account's posts.

use skytrend_event::{AtUri, Event, EventId, Micros, PostAction, PostEvent};

use crate::wire::{Label, LabelSubject};

/// The event that takes out what the label hides, at record time `now`; none if that is neither a post nor an account.
/// It has no revision: no commit carried it. That tells it from a deletion by the author.
pub(crate) fn withdrawal<'a>(label: &Label<'a>, now: Micros) -> Option<Event<'a>> {
    let (action, did, uri) = match &label.subject {
        LabelSubject::Account(did) => (PostAction::AuthorRemoved, did, AtUri::of_account(did)),
        LabelSubject::Record { did, uri } => (PostAction::Deleted, did, uri.clone()),
        LabelSubject::Other => return None,
    };
    // Neither a DID nor a number holds a blank, and the value is last.
    let said = format!("{} {} {}", label.src, label.created_at.0, label.value);
    let (collection, rkey) = (uri.collection().unwrap_or_default(), uri.rkey().unwrap_or_default());
    let event_id = EventId::of(did.as_str(), collection, rkey, &said, "label");
    let author_did = did.clone();
    Some(Event::Post(PostEvent {
        action,
        uri,
        author_did,
        rev: None,
        witnessed_at: now,
        event_id,
        data: None,
    }))
}
