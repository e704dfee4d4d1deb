//! Which keywords of a window are one topic: those whose authors are mostly the same people (ALGORITHM.md 1.4), and
//! which of them stands for it.

use skytrend_event::KeywordKind;

use super::candidate::Candidate;
use super::link::{Link, Term};
use super::topic::TopicId;

/// A name stands for the words it is made of if it has this part of what they have, …
const NAME_PART: f64 = 0.5;
/// … and a hashtag for the name that it is made of with this part.
const HASHTAG_PART: f64 = 0.6;
/// Who stands for a topic already needs only this part of that.
const NAME_HOLD: f64 = 0.75;
/// Who stands for a topic goes on doing so while it has this part of what the strongest has.
const LEADER_PART: f64 = 0.5;

/// Parts of a topic that are linked by a keyword of one of them only, not by what they are about, stay together with
/// this share.
const SHARED_TO_REJOIN: f64 = 0.5;

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
    let terms: Vec<Term<'_>> =
        candidates.iter().map(|candidate| Term::new(candidate, topic_before(candidate))).collect();
    let mut groups: Vec<Group> = Vec::new();
    for (place, term) in terms.iter().enumerate() {
        let closest = groups
            .iter()
            .enumerate()
            .filter_map(|(index, group)| Some((closeness(term, group, &terms)?, index)))
            .max_by(|left, right| left.0.total_cmp(&right.0).then(right.1.cmp(&left.1)));
        match closest {
            Some((_, index)) => groups[index].members.push(place),
            None => groups.push(Group { members: vec![place], leader: place }),
        }
    }
    rejoin(&mut groups, &terms);
    for group in &mut groups {
        group.leader = leader(group, &terms, &led);
    }
    groups
}

/// How close a keyword is to a topic, if it belongs there at all.
fn closeness(term: &Term<'_>, group: &Group, terms: &[Term<'_>]) -> Option<f64> {
    let members = || group.members.iter().map(|&member| &terms[member]);
    // A word speaks through the name that stands for it here: who shares it with that name's people alone is told by
    // the name, and all others who use it say nothing of this topic. "taylor" is not all Taylors.
    let is_taken = |word: &Term<'_>| {
        !word.name.is_same(&term.name)
            && members().any(|name| !name.name.is_same(&word.name) && name.stands_for(word, NAME_PART))
    };
    let links = members()
        .filter_map(|member| term.link(member).filter(|link| !link.is_in_doubt && !is_taken(member)));
    let closest = links.map(|link| link.closeness).max_by(f64::total_cmp);
    if closest == Some(f64::INFINITY) {
        return closest;
    }
    // The strongest member is what the topic is about; others count so that a rare word finds the hashtag it comes
    // with, but two topics that have one word in common are not joined by it.
    let first = term.link(&terms[group.members[0]]).filter(|link| !link.is_by_name);
    first.map(|link| link.closeness).or(closest)
}

/// Puts together what was one topic in the window before and is so still, but by a keyword that is weaker than both
/// parts, and so found only one of them: most of those who write of the one part write that keyword of the other.
fn rejoin(groups: &mut Vec<Group>, terms: &[Term<'_>]) {
    let holds = |group: &Group, other: &Group| {
        let first = &terms[group.members[0]];
        let is_near = |link: Link| !link.is_by_name && link.closeness >= SHARED_TO_REJOIN;
        other
            .members
            .iter()
            .map(|&member| &terms[member])
            .any(|term| first.was_with(term) && first.link(term).is_some_and(is_near))
    };
    let mut index = 1;
    while index < groups.len() {
        let other = &groups[index];
        let found = groups[..index].iter().position(|group| holds(group, other) || holds(other, group));
        let Some(found) = found else {
            index += 1;
            continue;
        };
        let other = groups.remove(index);
        groups[found].members.extend(other.members);
        groups[found].members.sort_unstable();
    }
}

/// The strongest, or the name or hashtag that it is a part of; but the one that stood for the topic before stays while
/// it is no part of that and has about as much.
fn leader(group: &Group, terms: &[Term<'_>], led: impl Fn(&Candidate) -> bool) -> usize {
    let strongest = group.members[0];
    // Who has the name keeps it with less.
    let hold = |member: usize| if led(terms[member].candidate) { NAME_HOLD } else { 1.0 };
    let is_name = |kind: KeywordKind, of: usize, part: f64| {
        move |&member: &usize| {
            terms[member].candidate.key.1 == kind && terms[member].stands_for(&terms[of], part * hold(member))
        }
    };
    let members = || group.members.iter().copied();
    // The longest name; of two as long the stronger one, which comes first.
    let longest = |member: &usize| std::cmp::Reverse(terms[*member].name.len());
    let phrase = members().filter(is_name(KeywordKind::Phrase, strongest, NAME_PART)).min_by_key(longest);
    let name = phrase.unwrap_or(strongest);
    // A hashtag counts for the name it is made of, too; it is the name if that is mostly written as a hashtag.
    let hashtag = members().filter(is_name(KeywordKind::Hashtag, name, HASHTAG_PART)).min_by_key(longest);
    let named = hashtag.unwrap_or(name);
    let stays = |member: usize| {
        led(terms[member].candidate)
            && !terms[member].name.is_part_of(&terms[named].name)
            && terms[member].candidate.observed() >= LEADER_PART * terms[named].candidate.observed()
    };
    group.members.iter().copied().find(|&member| stays(member)).unwrap_or(named)
}

#[cfg(test)]
mod tests;
