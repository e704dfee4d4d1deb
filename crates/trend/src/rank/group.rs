//! Which keywords of a window are one topic: those whose authors are mostly the same people (ALGORITHM.md 1.4), and
//! which of them stands for it.

use skytrend_event::KeywordKind;

use super::candidate::Candidate;
use super::name::Name;
use super::topic::TopicId;

/// Two keywords are one topic if the rarer one shares this many of its authors with the other, beyond chance.
const SHARED_TO_JOIN: f64 = 0.3;
/// Keywords that were one topic in the window before stay so down to this share.
const SHARED_TO_STAY: f64 = 0.2;
/// A name stands for the words it is made of if it has this part of what they have, …
const NAME_PART: f64 = 0.5;
/// … and a hashtag for the name that it is made of with this part.
const HASHTAG_PART: f64 = 0.6;
/// Who stands for a topic already needs only this part of that.
const NAME_HOLD: f64 = 0.75;
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
    topic_before: impl Fn(&Candidate) -> Option<TopicId>,
    led: impl Fn(&Candidate) -> bool,
) -> Vec<Group> {
    let before: Vec<Option<TopicId>> = candidates.iter().map(&topic_before).collect();
    let names: Vec<Name<'_>> = candidates.iter().map(Name::of).collect();
    let mut groups: Vec<Group> = Vec::new();
    for (place, candidate) in candidates.iter().enumerate() {
        let closeness = |group: &Group| {
            let to = |&member: &usize| {
                let share = shared((candidate, &names[place]), (&candidates[member], &names[member]));
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
        group.leader = leader(group, candidates, &names, &led);
    }
    groups
}

/// Share of the rarer one's authors that they have in common, beyond chance. Chance meets people of one language: where
/// that has few posts, the same few people write about everything. A name and a word of it don't meet by chance.
fn shared((left, left_name): (&Candidate, &Name<'_>), (right, right_name): (&Candidate, &Name<'_>)) -> f64 {
    let is_one_name = left_name.is_part_of(right_name) || right_name.is_part_of(left_name);
    let people = if is_one_name { u32::MAX } else { left.language_posts.min(right.language_posts) };
    left.sketch.containment(&right.sketch, f64::from(people))
}

/// The strongest, or the name or hashtag that it is a part of; but the one that stood for the topic before stays while
/// it is no part of that and has about as much.
fn leader(
    group: &Group,
    candidates: &[Candidate],
    names: &[Name<'_>],
    led: impl Fn(&Candidate) -> bool,
) -> usize {
    let strongest = group.members[0];
    // Who has the name keeps it with less.
    let hold = |member: usize| if led(&candidates[member]) { NAME_HOLD } else { 1.0 };
    let is_name = |kind: KeywordKind, of: usize, part: f64| {
        move |&member: &usize| {
            candidates[member].key.1 == kind
                && names[of].is_part_of(&names[member])
                && candidates[member].observed() >= part * hold(member) * candidates[of].observed()
        }
    };
    let members = || group.members.iter().copied();
    // The longest name; of two as long the stronger one, which comes first.
    let longest = |member: &usize| std::cmp::Reverse(names[*member].len());
    let phrase = members().filter(is_name(KeywordKind::Phrase, strongest, NAME_PART)).min_by_key(longest);
    let name = phrase.unwrap_or(strongest);
    // A hashtag counts for the name it is made of, too; it is the name if that is mostly written as a hashtag.
    let hashtag = members().filter(is_name(KeywordKind::Hashtag, name, HASHTAG_PART)).min_by_key(longest);
    let named = hashtag.unwrap_or(name);
    let stays = |member: usize| {
        led(&candidates[member])
            && !names[member].is_part_of(&names[named])
            && candidates[member].observed() >= LEADER_PART * candidates[named].observed()
    };
    group.members.iter().copied().find(|&member| stays(member)).unwrap_or(named)
}

#[cfg(test)]
mod tests;
