//! What a message that is readable, new and in time does: moves the position and the clock, and becomes events.

use skytrend_event::{AtUri, Did, Event, EventId, Micros, PostAction, PostEvent, Tid};

use super::super::{HEARTBEAT_DID, Sink};
use super::Core;
use crate::DropReason;
use crate::bluesky::accounts::AccountKey;
use crate::bluesky::cursor::Position;
use crate::bluesky::labels::{Effect, withdrawal};
use crate::bluesky::order::Rev;
use crate::record;
use crate::wire::{Account, Commit, Label, Message, Place};

/// The revision that carried an event.
pub(super) fn rev_of<'e, 'a>(event: &'e Event<'a>) -> Option<&'e Tid<'a>> {
    match event {
        Event::Post(event) => event.rev.as_ref(),
        Event::Like(event) => event.rev.as_ref(),
        Event::Repost(event) => event.rev.as_ref(),
        Event::Follow(event) => event.rev.as_ref(),
    }
}

impl Core {
    pub(super) fn apply(&mut self, message: &Message<'_>, place: Place, plain: &[u8], sink: &mut impl Sink) {
        self.moved_to(place);
        let record_time = self.clock.advance(place.time);
        self.duplicates.advance(record_time);
        self.revs.advance(record_time);
        if let Some(second) = self.clock.heartbeat_due() {
            self.counters.record_time(second);
            self.emit(heartbeat(second), second, sink);
        }
        match message {
            Message::Commit(commit) => self.commit(commit, record_time, plain, sink),
            Message::Account(account) => self.account(account, record_time, sink),
            Message::Sync { did, rev, .. } => self.accounts.reset(AccountKey::of(did.as_str()), Rev::of(rev)),
            Message::Identity(_)
            | Message::Labels(_)
            | Message::Unknown { .. }
            | Message::Info { .. }
            | Message::Error { .. } => {}
        }
    }

    fn moved_to(&mut self, place: Place) {
        self.skip_before = None;
        self.meter.count(place);
        match (&mut self.position, &self.connection) {
            (Some(position), _) => {
                position.seq = position.seq.max(place.seq);
                position.time = place.time;
            }
            (None, Some(connection)) => {
                let host = connection.host.clone();
                self.position = Some(Position { host, seq: place.seq, time: place.time });
            }
            (None, None) => {}
        }
    }

    fn commit(&mut self, commit: &Commit<'_>, record_time: Micros, plain: &[u8], sink: &mut impl Sink) {
        let at = commit.at;
        let account = AccountKey::of(commit.did.as_str());
        let rev = Rev::of(&commit.rev);
        if self.accounts.is_inactive(account, ordinal(at)) {
            return self.drop(DropReason::AccountInactive, commit.did.as_str(), Some(at), plain, sink);
        }
        if let Err(reason) = self.revs.check_future(rev, at.time) {
            return self.drop(reason, commit.rev.as_str(), Some(at), plain, sink);
        }
        for reason in &commit.rejected_ops {
            self.drop(*reason, commit.did.as_str(), Some(at), plain, sink);
        }
        let last = self.revs.last(account.0, at.time);
        let in_order = self.revs.follows(rev, last) && !self.accounts.voids(account, rev);
        let mut is_late = false;
        for op in &commit.ops {
            let event = match record::decode(commit, op, &mut self.flaws) {
                Ok(Some(event)) => event,
                Ok(None) => {
                    sink.passed_over(DropReason::OtherCollection);
                    continue;
                }
                Err(reason) => {
                    self.flaws.clear();
                    self.drop(reason, op.collection.as_str(), Some(at), plain, sink);
                    continue;
                }
            };
            let is_duplicate = self.duplicates.contains(event.event_id(), at.time);
            if is_duplicate || !in_order {
                self.flaws.clear();
                is_late |= !is_duplicate;
                if is_duplicate {
                    self.counters.duplicates.increment(1);
                    sink.passed_over(DropReason::Duplicate);
                }
                continue;
            }
            if self.labelled.hide(&event, record_time) {
                self.flaws.clear();
                self.counters.dropped(DropReason::Labelled);
                sink.passed_over(DropReason::Labelled);
                continue;
            }
            for flaw in self.flaws.drain(..) {
                self.counters.flaw(flaw.reason);
                sink.dropped(flaw.reason, &flaw.detail, Some(at), plain);
            }
            self.revs.insert(account.0, rev, record_time);
            self.emit(event, record_time, sink);
        }
        if is_late {
            self.drop(DropReason::RevOutOfOrder, commit.rev.as_str(), Some(at), plain, sink);
        }
    }

    fn account(&mut self, account: &Account<'_>, record_time: Micros, sink: &mut impl Sink) {
        self.accounts.hosting(AccountKey::of(account.did.as_str()), account.active, ordinal(account.at));
        let Some(event) = record::account(account) else { return };
        if self.duplicates.contains(event.event_id(), account.at.time) {
            self.counters.duplicates.increment(1);
            sink.passed_over(DropReason::Duplicate);
        } else {
            self.emit(event, record_time, sink);
        }
    }

    /// A labeler's stream has no place in the order of this one: what it hides leaves at the time that this one has
    /// come to. Before that there is a time, nothing has been let through.
    pub(in crate::bluesky::intake) fn label(
        &mut self,
        label: &Label<'_>,
        host: &str,
        sink: &mut impl Sink,
    ) -> Effect {
        let record_time = self.clock.record_time();
        let effect = self.labelled.take(label, host, record_time.unwrap_or_default());
        if effect == Effect::Hides
            && let Some(now) = record_time
            && let Some(event) = withdrawal(label, now)
        {
            self.emit(event, now, sink);
        }
        effect
    }

    fn emit(&mut self, mut event: Event<'_>, record_time: Micros, sink: &mut impl Sink) {
        *witnessed_at(&mut event) = record_time;
        self.duplicates.insert(event.event_id(), record_time);
        self.counters.event(&event);
        sink.event(event);
    }
}

/// Orders the messages of one stream: by number, in Jetstream v1 by time.
fn ordinal(place: Place) -> i64 {
    place.seq.unwrap_or(place.time.0)
}

fn witnessed_at<'e>(event: &'e mut Event<'_>) -> &'e mut Micros {
    match event {
        Event::Post(event) => &mut event.witnessed_at,
        Event::Like(event) => &mut event.witnessed_at,
        Event::Repost(event) => &mut event.witnessed_at,
        Event::Follow(event) => &mut event.witnessed_at,
    }
}

/// Tells that a second of stream time has begun. The same bytes for the same second.
pub(crate) fn heartbeat(second: Micros) -> Event<'static> {
    let did = Did::parse(HEARTBEAT_DID).expect("the constant is a DID");
    Event::Post(PostEvent {
        action: PostAction::Heartbeat,
        uri: AtUri::of_account(&did),
        event_id: EventId::of(HEARTBEAT_DID, "", "", &second.0.to_string(), "heartbeat"),
        author_did: did,
        rev: None,
        witnessed_at: second,
        data: None,
    })
}
