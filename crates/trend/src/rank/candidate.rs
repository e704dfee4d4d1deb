//! What the ranking is given of a keyword, and what it asks for of those that it lists.

use skytrend_event::{KeywordKind, SamplePost, ScoreParts};

use crate::meeting::Meeting;
use crate::score::Score;
use crate::sketch::AuthorSketch;
use crate::state::Assessment;

/// What a keyword is known by across windows, in the order of output.
pub(crate) type KeywordKey = (String, KeywordKind);

/// A keyword that stands out in a window, or did so not long ago.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Candidate {
    pub(crate) key: KeywordKey,
    /// As people mostly write it.
    pub(crate) display: String,
    /// What its name is made of; see [`words_of_name`](crate::extract::words_of_name).
    pub(crate) words: Vec<String>,
    pub(crate) language: String,
    /// Posts in this language in the window.
    pub(crate) language_posts: u32,
    /// Whom its people meet by chance.
    pub(crate) meeting: Meeting,
    pub(crate) posts: u32,
    pub(crate) authors: u32,
    pub(crate) assessment: Assessment,
    pub(crate) sparkline: Vec<u32>,
    /// The authors of its posts in the window.
    pub(crate) sketch: AuthorSketch,
}

/// What is shown with a ranked trend.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Context {
    pub(crate) sample_posts: Vec<SamplePost>,
    pub(crate) related: Vec<String>,
}

impl Candidate {
    /// The numbers of a keyword whose trend or alert ends, as it was written while that lasted: those of `present`, or
    /// zero where it is no candidate any more.
    pub(super) fn last(key: KeywordKey, display: String, present: Option<&Self>) -> Self {
        if let Some(present) = present {
            return Self { display, ..present.clone() };
        }
        let score = Score { z: 0.0, growth_rate: 0.0, excess: 0.0 };
        let assessment = Assessment {
            score,
            why: ScoreParts::default(),
            expected_posts: 0.0,
            velocity: 0.0,
            relative_variance: 0.0,
            stands_out: false,
        };
        Self {
            key,
            display,
            words: Vec::new(),
            language: "und".to_owned(),
            language_posts: 0,
            meeting: Meeting::default(),
            posts: 0,
            authors: 0,
            assessment,
            sparkline: Vec::new(),
            sketch: AuthorSketch::default(),
        }
    }

    pub(super) fn observed(&self) -> f64 {
        self.assessment.why.observed
    }

    pub(super) fn excess(&self) -> f64 {
        self.assessment.score.excess
    }

    pub(super) fn z(&self) -> f64 {
        self.assessment.score.z
    }
}

/// The order of score, posts, keyword, kind. Total, so it does not depend on the order before.
pub(super) fn by_score(left: &Candidate, right: &Candidate) -> std::cmp::Ordering {
    (right.excess().total_cmp(&left.excess()))
        .then(right.posts.cmp(&left.posts))
        .then_with(|| left.key.cmp(&right.key))
}
