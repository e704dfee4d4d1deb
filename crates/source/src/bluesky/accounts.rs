//! Accounts that their host has stopped serving, or reset, lately: their commits are dropped until the host says
//! otherwise. What is told of one account is in order.
//! Of each only the last absence is remembered. Bounded: at the limit the longest known account is forgotten,
//! and its commits count again. That is enough, since relays hold such commits back themselves; what is caught here
//! are the ones already on the way.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::order::Rev;
use super::recent::KeyMap;

/// An account, by the 64-bit xxh3 of its DID. Two of a million accounts share one with a chance of 3 in 10^8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AccountKey(pub u64);

impl AccountKey {
    /// The key of a DID.
    pub fn of(did: &str) -> Self {
        Self(xxhash_rust::xxh3::xxh3_64(did.as_bytes()))
    }
}

// As 16 hexadecimal digits, since many JSON readers lose the low bits of large numbers.
impl Serialize for AccountKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("{:016x}", self.0))
    }
}

impl<'de> Deserialize<'de> for AccountKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        u64::from_str_radix(&text, 16).map(Self).map_err(serde::de::Error::custom)
    }
}

/// What is known of one account. Places are sequence numbers, in Jetstream v1 times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountNote {
    /// The account.
    pub account: AccountKey,
    /// From this place on its host does not serve it.
    pub inactive_from: Option<i64>,
    /// After this place its host serves it again. What has the same time in Jetstream v1 may be from before.
    pub active_after: Option<i64>,
    /// The revision it was reset at; earlier ones are void.
    pub synced_rev: Option<u64>,
}

impl AccountNote {
    fn new(account: AccountKey) -> Self {
        Self { account, inactive_from: None, active_after: None, synced_rev: None }
    }
}

/// The accounts.
#[derive(Debug, Default)]
pub(crate) struct Accounts {
    notes: KeyMap<AccountNote>,
    /// In the order they were first noted.
    order: VecDeque<u64>,
    max: usize,
}

impl Accounts {
    /// From the notes of a checkpoint, keeping at most `max`.
    pub(crate) fn new(max: usize, notes: &[AccountNote]) -> Self {
        let mut accounts = Self { max: max.max(1), ..Self::default() };
        for note in notes {
            *accounts.note(note.account) = note.clone();
        }
        accounts
    }

    /// The notes, the longest known first.
    pub(crate) fn notes(&self) -> Vec<AccountNote> {
        self.order.iter().filter_map(|key| self.notes.get(key).cloned()).collect()
    }

    /// Whether the account is not served at this place.
    pub(crate) fn is_inactive(&self, account: AccountKey, place: i64) -> bool {
        self.notes.get(&account.0).is_some_and(|note| {
            note.inactive_from.is_some_and(|from| from <= place)
                && note.active_after.is_none_or(|until| place <= until)
        })
    }

    /// Whether the account was reset at this revision or a later one.
    pub(crate) fn voids(&self, account: AccountKey, rev: Rev) -> bool {
        self.notes.get(&account.0).and_then(|note| note.synced_rev).is_some_and(|synced| rev.0 <= synced)
    }

    /// The host said at this place whether it serves the account. Older news than the last, told again after a
    /// resumption, change nothing.
    pub(crate) fn hosting(&mut self, account: AccountKey, active: bool, place: i64) {
        if active && !self.notes.contains_key(&account.0) {
            return;
        }
        let note = self.note(account);
        if note.inactive_from.max(note.active_after).is_some_and(|last| place < last) {
            return;
        }
        let is_inactive = note.inactive_from.is_some() && note.active_after.is_none();
        if active && is_inactive {
            note.active_after = Some(place);
        } else if !active && !is_inactive {
            (note.inactive_from, note.active_after) = (Some(place), None);
        }
    }

    /// The account was reset at this revision.
    pub(crate) fn reset(&mut self, account: AccountKey, rev: Rev) {
        let note = self.note(account);
        note.synced_rev = note.synced_rev.max(Some(rev.0));
    }

    /// The places counted so far mean nothing any more: another host's numbers follow. Who is inactive now stays so.
    pub(crate) fn forget_places(&mut self) {
        for note in self.notes.values_mut() {
            let is_inactive = note.inactive_from.is_some() && note.active_after.is_none();
            (note.inactive_from, note.active_after) = (is_inactive.then_some(i64::MIN), None);
        }
    }

    fn note(&mut self, account: AccountKey) -> &mut AccountNote {
        if !self.notes.contains_key(&account.0) {
            if self.order.len() >= self.max
                && let Some(oldest) = self.order.pop_front()
            {
                self.notes.remove(&oldest);
            }
            self.order.push_back(account.0);
        }
        self.notes.entry(account.0).or_insert_with(|| AccountNote::new(account))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: AccountKey = AccountKey(1);

    #[test]
    fn commits_between_the_two_words_are_dropped_whenever_they_are_told() {
        let mut accounts = Accounts::new(10, &[]);
        accounts.hosting(A, false, 10);
        assert!(!accounts.is_inactive(A, 9) && accounts.is_inactive(A, 10) && accounts.is_inactive(A, 1_000));
        accounts.hosting(A, true, 20);
        let told = |accounts: &Accounts| [9, 10, 20, 21].map(|place| accounts.is_inactive(A, place));
        assert_eq!(told(&accounts), [false, true, true, false]);
        accounts.hosting(A, false, 10);
        assert_eq!(told(&accounts), [false, true, true, false], "old news told again");
    }

    #[test]
    fn an_account_can_leave_twice() {
        let mut accounts = Accounts::new(10, &[]);
        for (active, place) in [(false, 10), (true, 20), (false, 30)] {
            accounts.hosting(A, active, place);
        }
        assert!(!accounts.is_inactive(A, 29) && accounts.is_inactive(A, 30));
    }

    #[test]
    fn revisions_up_to_the_reset_are_void() {
        let mut accounts = Accounts::new(10, &[]);
        accounts.reset(A, Rev(5));
        accounts.reset(A, Rev(3));
        assert!(accounts.voids(A, Rev(5)) && !accounts.voids(A, Rev(6)));
    }

    #[test]
    fn at_the_limit_the_longest_known_is_forgotten() {
        let mut accounts = Accounts::new(2, &[]);
        for key in 1..=3 {
            accounts.hosting(AccountKey(key), false, 0);
        }
        let inactive = [1, 2, 3].map(|key| accounts.is_inactive(AccountKey(key), 1));
        assert_eq!(inactive, [false, true, true]);
        accounts.hosting(AccountKey(9), true, 0);
        assert_eq!(accounts.notes().len(), 2, "an active account takes no room");
    }

    #[test]
    fn notes_survive_a_checkpoint_in_order() {
        let mut accounts = Accounts::new(10, &[]);
        accounts.hosting(AccountKey(u64::MAX), false, 3);
        accounts.reset(A, Rev(7));
        let json = serde_json::to_string(&accounts.notes()).unwrap();
        let notes: Vec<AccountNote> = serde_json::from_str(&json).unwrap();
        assert_eq!(Accounts::new(10, &notes).notes(), accounts.notes());
    }

    #[test]
    fn on_another_host_the_inactive_stay_inactive() {
        let mut accounts = Accounts::new(10, &[]);
        accounts.hosting(A, false, 1_000);
        accounts.hosting(AccountKey(2), false, 1_000);
        accounts.hosting(AccountKey(2), true, 1_001);
        accounts.forget_places();
        assert!(accounts.is_inactive(A, 5) && !accounts.is_inactive(AccountKey(2), 1_000));
    }
}
