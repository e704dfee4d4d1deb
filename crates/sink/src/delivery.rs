//! One message on its way: an id that stays the same over every attempt and every restart, and its bytes.

use bytes::Bytes;
use ring::digest;
use skytrend_event::Alert;

/// What is sent, again and again if need be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// By which a receiver knows what it has already.
    pub id: String,
    /// The body.
    pub body: Bytes,
}

/// The id of an alert's message: a hash of the alert's natural key, half of it, with which no two are alike by chance.
/// Not its offset, for a log that is begun anew counts from 0 again, and a receiver would take new alerts for old ones.
pub fn alert_id(alert: &Alert) -> String {
    let mut hash = digest::Context::new(&digest::SHA256);
    let (window_end, kinds) =
        (alert.window_end.0.to_be_bytes(), [alert.keyword_kind as u8, alert.kind as u8]);
    let watchlist = alert.watchlist.as_deref().unwrap_or_default();
    for part in [watchlist.as_bytes(), alert.normalized_keyword.as_bytes(), &kinds, &window_end] {
        hash.update(&(part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let hash = hash.finish();
    let (front, _) = hash.as_ref().split_first_chunk().expect("a SHA-256 has 32 bytes");
    format!("alert_{:032x}", u128::from_be_bytes(*front))
}

#[cfg(test)]
mod tests {
    use skytrend_event::{AlertKind, KeywordKind, Micros};

    use super::*;
    use crate::shape::tests::alert;

    #[test]
    fn ids_differ_by_what_an_alert_is_and_by_nothing_else() {
        let id = alert_id(&alert());
        assert_eq!(id, "alert_611c42d4445cb8376a70c0fd33e38663");
        assert_eq!(alert_id(&Alert { frequency: 1, keyword: "Quake".into(), ..alert() }), id);
        let others = [
            Alert { kind: AlertKind::Ended, ..alert() },
            Alert { keyword_kind: KeywordKind::Hashtag, ..alert() },
            Alert { normalized_keyword: "quakes".into(), ..alert() },
            Alert { watchlist: Some("quake".into()), normalized_keyword: String::new(), ..alert() },
            Alert { window_end: Micros(alert().window_end.0 + 1), ..alert() },
        ];
        for other in others {
            assert_ne!(alert_id(&other), id);
        }
    }
}
