//! Which keywords of a window are one topic: those whose authors are mostly the same people (ALGORITHM.md 1.4), and
//! which of them stands for it.

use skytrend_event::KeywordKind;

use super::candidate::Candidate;
use super::topic::TopicId;
use crate::sketch::AuthorSketch;

/// Two keywords are one topic if the rarer one shares this many of its authors with the other, beyond chance.
const SHARED_TO_JOIN: f64 = 0.3;
/// Keywords that were one topic in the window before stay so down to this share.
const SHARED_TO_STAY: f64 = 0.2;
/// A name or a hashtag stands for the words it is made of if it has this part of what they have.
const NAME_PART: f64 = 0.5;
/// Who stands for a topic goes on doing so while it has this part of what the strongest has.
const LEADER_PART: f64 = 0.5;

/// Places of candidates that are one topic, strongest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) members: Vec<usize>,
    /// One of them.
    pub(super) leader: usize,
}

/// Groups `candidates`, which come strongest first. `topic_before` is the topic that a candidate belonged to, and
/// `led` whether it stood for it.
pub(super) fn group(
    candidates: &[Candidate],
    authors_of_all: f64,
    topic_before: impl Fn(&Candidate) -> Option<TopicId>,
    led: impl Fn(&Candidate) -> bool,
) -> Vec<Group> {
    let before: Vec<Option<TopicId>> = candidates.iter().map(&topic_before).collect();
    let mut groups: Vec<Group> = Vec::new();
    for (place, candidate) in candidates.iter().enumerate() {
        let closeness = |group: &Group| {
            let to = |&member: &usize| {
                let share = containment(&candidate.sketch, &candidates[member].sketch, authors_of_all);
                let stays = before[place].is_some() && before[place] == before[member];
                let needed = if stays { SHARED_TO_STAY } else { SHARED_TO_JOIN };
                (share >= needed).then_some(share)
            };
            // The strongest member is what the topic is about; others are compared so that a rare word finds the
            // hashtag it comes with, but two topics that have one word in common are not joined by it.
            let first = to(&group.members[0]);
            first.or_else(|| group.members[1..].iter().filter_map(to).max_by(f64::total_cmp))
        };
        let closest = groups
            .iter()
            .enumerate()
            .filter_map(|(index, group)| Some((closeness(group)?, index)))
            .max_by(|left, right| left.0.total_cmp(&right.0).then(right.1.cmp(&left.1)));
        match closest {
            Some((_, index)) => groups[index].members.push(place),
            None => groups.push(Group { members: vec![place], leader: place }),
        }
    }
    for group in &mut groups {
        group.leader = leader(group, candidates, &led);
    }
    groups
}

fn containment(left: &AuthorSketch, right: &AuthorSketch, authors_of_all: f64) -> f64 {
    left.containment(right, authors_of_all)
}

/// The strongest, or the name or hashtag that it is a part of; but the one that stood for the topic before stays while
/// it is no part of that and has about as much.
fn leader(group: &Group, candidates: &[Candidate], led: impl Fn(&Candidate) -> bool) -> usize {
    let strongest = group.members[0];
    let named = group
        .members
        .iter()
        .copied()
        .filter(|&member| {
            is_part(&candidates[strongest], &candidates[member])
                && candidates[member].observed() >= NAME_PART * candidates[strongest].observed()
        })
        // The longest name; of two as long the stronger one, which comes first.
        .min_by_key(|&member| std::cmp::Reverse(name_length(&candidates[member])))
        .unwrap_or(strongest);
    let stays = |member: usize| {
        led(&candidates[member])
            && !is_part(&candidates[member], &candidates[named])
            && candidates[member].observed() >= LEADER_PART * candidates[named].observed()
    };
    group.members.iter().copied().find(|&member| stays(member)).unwrap_or(named)
}

fn name_length(candidate: &Candidate) -> usize {
    candidate.key.0.chars().count()
}

/// Whether `name` is a phrase or hashtag that holds the letters of `part`, which is less than that.
fn is_part(part: &Candidate, name: &Candidate) -> bool {
    let order = |kind| match kind {
        KeywordKind::Word => 0,
        KeywordKind::Hashtag => 1,
        KeywordKind::Phrase => 2,
    };
    let (part_kind, name_kind) = (part.key.1, name.key.1);
    if name_kind == KeywordKind::Word || part.key == name.key {
        return false;
    }
    let (part_text, name_text) = (letters(&part.key.0), letters(&name.key.0));
    name_text.contains(&part_text)
        && (name_text.len() > part_text.len() || order(name_kind) > order(part_kind))
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

#[cfg(test)]
mod tests;
