//! What two keywords of a window have in common: whether that makes them one topic, and how close they are.

use super::candidate::Candidate;
use super::name::Name;
use super::topic::TopicId;

/// Two keywords are one topic if the rarer one shares this many of its authors with the other, beyond chance.
const SHARED_TO_JOIN: f64 = 0.3;
/// Keywords that were one topic in the window before stay so down to this share. Below it by no more than one standard
/// deviation of so many authors, it may be chance, and is in doubt.
const SHARED_TO_STAY: f64 = 0.2;

/// A keyword that is to find its topic.
#[derive(Debug)]
pub(super) struct Term<'a> {
    pub(super) candidate: &'a Candidate,
    pub(super) name: Name<'a>,
    /// The topic that it belonged to in the window before.
    pub(super) topic_before: Option<TopicId>,
}

/// Two keywords are one topic, as far as they alone can tell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Link {
    /// To compare with other links: a share of authors, or infinite for one name written in two ways.
    pub(super) closeness: f64,
    /// One is a part of the other's name.
    pub(super) is_by_name: bool,
    /// It is too little to stay together, but not certainly so.
    pub(super) is_in_doubt: bool,
}

impl<'a> Term<'a> {
    pub(super) fn new(candidate: &'a Candidate, topic_before: Option<TopicId>) -> Self {
        Self { candidate, name: Name::of(candidate), topic_before }
    }

    /// Whether both belonged to one topic in the window before.
    pub(super) fn was_with(&self, other: &Self) -> bool {
        self.topic_before.is_some() && self.topic_before == other.topic_before
    }

    /// Whether this is a name that `word` is a part of, and has at least `part` of what that has.
    pub(super) fn stands_for(&self, word: &Self, part: f64) -> bool {
        word.name.is_part_of(&self.name) && self.candidate.observed() >= part * word.candidate.observed()
    }

    /// The share of the rarer one's people that are the other's, too, by chance.
    fn met_by_chance(&self, other: &Self) -> f64 {
        let (own, others) = (&self.candidate.meeting, &other.candidate.meeting);
        let is_rarer = self.candidate.authors <= other.candidate.authors;
        if is_rarer { own.share_with(others) } else { others.share_with(own) }
    }

    /// The link between two keywords, if there is one.
    pub(super) fn link(&self, other: &Self) -> Option<Link> {
        if self.name.is_same(&other.name) {
            return Some(Link { closeness: f64::INFINITY, is_by_name: true, is_in_doubt: false });
        }
        let (left, right) = (&self.candidate.sketch, &other.candidate.sketch);
        // Most pairs have nobody in common, and that is seen soonest.
        if !left.meets(right) {
            return None;
        }
        let is_by_name = self.name.is_part_of(&other.name) || other.name.is_part_of(&self.name);
        // Chance meets people of one language: where that has few posts, the same few people write about everything.
        // A name and a word of it don't meet by chance.
        let people = if is_by_name {
            u32::MAX
        } else {
            self.candidate.language_posts.min(other.candidate.language_posts)
        };
        let (fewer, more) = (left.authors().min(right.authors()), left.authors().max(right.authors()));
        let chance = if is_by_name { 0.0 } else { self.met_by_chance(other) };
        let share = left.containment(right, f64::from(people), chance);
        let was_with = self.was_with(other);
        let needed = if was_with { SHARED_TO_STAY - share_deviation(fewer) } else { SHARED_TO_JOIN };
        if share <= 0.0 || share < needed {
            return None;
        }
        // Who writes a name writes its words, so that says nothing of how close these are; what does is how many of
        // those who write the word write the name.
        let closeness = if is_by_name { left.shared_authors(right) / more.max(1.0) } else { share };
        Some(Link { closeness, is_by_name, is_in_doubt: was_with && share < SHARED_TO_STAY })
    }
}

/// Standard deviation of the share that so many authors have in common, where [`SHARED_TO_STAY`] of all have.
fn share_deviation(authors: f64) -> f64 {
    (SHARED_TO_STAY * (1.0 - SHARED_TO_STAY) / authors.max(1.0)).sqrt()
}
