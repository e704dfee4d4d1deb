//! What a topic is called where people read it. Presentation only: ids, keys, ranks and the bytes of the state don't
//! depend on it.

use std::fmt::Debug;

use skytrend_event::SamplePost;

/// Gives topics the names that people read: [`Trend::keyword`](skytrend_event::Trend::keyword) and
/// [`Alert::keyword`](skytrend_event::Alert::keyword). Here a language model can name them.
///
/// A labeler is asked for every record, on the thread of the detector, so it answers at once: one that asks a model
/// does that beside, and until it has the answer, returns the keyword. For the same output from the same posts, after
/// a restart too, its answer must depend on nothing but what it is given.
pub trait Labeler: Debug + Send + Sync {
    /// The name of a topic; not empty.
    fn label(&self, topic: &Labelled<'_>) -> String;
}

/// A topic that is to be named.
#[derive(Clone, Copy, Debug)]
pub struct Labelled<'a> {
    /// The keyword that stands for it, as people mostly write it; hashtags with `#`.
    pub keyword: &'a str,
    /// All its keywords, likewise, that one first; only that one for an alert, none for a trend that ended.
    pub terms: &'a [String],
    /// Posts of the window, newest first; none for a trend or an alert that ended.
    pub samples: &'a [SamplePost],
}

/// The name of a topic is the keyword that stands for it.
#[derive(Clone, Copy, Debug, Default)]
pub struct KeywordLabeler;

impl Labeler for KeywordLabeler {
    fn label(&self, topic: &Labelled<'_>) -> String {
        topic.keyword.to_owned()
    }
}
