//! Streams that each client has open.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Client;

/// How many streams each has. As many entries as streams at most, whose number is bounded; locked when one begins or
/// ends, and not by other requests.
pub(super) struct Streams {
    /// 0: no limit.
    per_client_max: usize,
    open: Mutex<HashMap<Client, usize>>,
}

/// A place among them.
pub(in crate::http) struct StreamPlace(Option<(Arc<Streams>, Client)>);

impl Streams {
    pub(super) fn new(per_client_max: usize) -> Self {
        Self { per_client_max, open: Mutex::default() }
    }

    /// None where this client has too many already.
    pub(super) fn enter(self: &Arc<Self>, client: Option<&Client>) -> Option<StreamPlace> {
        let Some(client) = client.filter(|_| self.per_client_max > 0) else { return Some(StreamPlace(None)) };
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(client.clone()).or_default();
        if *count >= self.per_client_max {
            return None;
        }
        *count += 1;
        Some(StreamPlace(Some((Arc::clone(self), client.clone()))))
    }
}

impl Drop for StreamPlace {
    fn drop(&mut self) {
        let Some((streams, client)) = self.0.take() else { return };
        let mut open = streams.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&client) {
            *count -= 1;
            if *count == 0 {
                open.remove(&client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_client_has_its_own_places_and_gives_them_back() {
        let streams = Arc::new(Streams::new(2));
        let (one, other) = (Client::V4([192, 0, 2, 1].into()), Client::V4([192, 0, 2, 2].into()));
        let places = [streams.enter(Some(&one)), streams.enter(Some(&one))];
        assert!(places.iter().all(Option::is_some));
        assert!(streams.enter(Some(&one)).is_none());
        assert!(streams.enter(Some(&other)).is_some() && streams.enter(None).is_some());
        drop(places);
        assert!(streams.open.lock().unwrap().is_empty(), "who has none takes no memory");
        assert!(streams.enter(Some(&one)).is_some());
    }
}
