//! What is listed newest first, and the natural keys by which it is.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use skytrend_event::codec::Payload;
use skytrend_event::{Alert, AlertKind, KeywordKind, Micros, UserActivity};

use crate::view::{Snapshot, TrendView};

/// A record that is listed newest first. Its topic has the windows in their order.
pub(super) trait Recent: for<'a> Payload<'a> + Send + Sync + 'static {
    /// What it is known by, in the order of the list; it begins with the window's end.
    type Key: Ord + Clone + Serialize + DeserializeOwned + Send + 'static;

    /// Its natural key.
    fn key(&self) -> Self::Key;

    /// A key above all there are: the place before the list.
    fn first() -> Self::Key;

    /// The end of the window of a record with this key.
    fn window_end(key: &Self::Key) -> Micros;

    /// Those in memory, greatest key first.
    fn held(snapshot: &Snapshot) -> &[Arc<Self>];

    /// A record from the log as it may be shown; none where it may not.
    fn shown(self: Arc<Self>, view: &TrendView) -> Option<Arc<Self>>;
}

impl Recent for Alert {
    /// As the view orders them: window, watchlist, keyword, its kind, and whether it ends.
    type Key = (Micros, Option<String>, String, KeywordKind, bool);

    fn key(&self) -> Self::Key {
        let keyword = self.normalized_keyword.clone();
        (self.window_end, self.watchlist.clone(), keyword, self.keyword_kind, self.kind == AlertKind::Ended)
    }

    fn first() -> Self::Key {
        (Micros(i64::MAX), None, String::new(), KeywordKind::Word, false)
    }

    fn window_end(key: &Self::Key) -> Micros {
        key.0
    }

    fn held(snapshot: &Snapshot) -> &[Arc<Self>] {
        &snapshot.alerts
    }

    /// Without the texts of its posts: whether their authors have deleted them since is not known here.
    fn shown(self: Arc<Self>, view: &TrendView) -> Option<Arc<Self>> {
        let mut shown = Arc::unwrap_or_clone(view.moderated_alert(self)?);
        for post in &mut shown.sample_posts {
            post.text.clear();
        }
        Some(Arc::new(shown))
    }
}

impl Recent for UserActivity {
    type Key = Micros;

    fn key(&self) -> Micros {
        self.window_end
    }

    fn first() -> Micros {
        Micros(i64::MAX)
    }

    fn window_end(key: &Micros) -> Micros {
        *key
    }

    fn held(snapshot: &Snapshot) -> &[Arc<Self>] {
        &snapshot.activity
    }

    fn shown(self: Arc<Self>, _view: &TrendView) -> Option<Arc<Self>> {
        Some(self)
    }
}
