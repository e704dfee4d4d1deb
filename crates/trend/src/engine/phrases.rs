//! The phrases of a post that comes in: pairs of neighbours that are used together far more often than chance would put
//! them side by side, and the phrases of three and four words that overlap in such pairs.

use skytrend_event::KeywordKind;
use smallvec::SmallVec;

use super::Engine;
use crate::extract::{SurfaceForm, hash_of};
use crate::pane::{PendingEvent, PendingLink, PendingPane};
use crate::posts::KeywordUse;

/// A phrase counts from this many posts on, within about a quarter of an hour.
const PHRASE_POSTS: u32 = 3;
/// Two words that do not belong together are side by side in one of so many posts that have both.
const POSTS_TO_MEET: f64 = 8.0;
/// Words belong together when they meet so many times as often as that.
const BEYOND_CHANCE: f64 = 4.0;
/// A longer phrase counts if it is this part of the rarer of the two that it is made of.
const LONGER_PART: f64 = 0.25;
/// A post counts for at most so many phrases.
pub(crate) const PHRASES_PER_POST_MAX: usize = 64;
/// Words of the longest phrases.
pub(crate) const WORDS_MAX: usize = 4;
/// Longest phrase, in bytes: four words of the longest kind are no name.
const PHRASE_BYTES_MAX: usize = 120;

/// A phrase in the post.
#[derive(Clone, Debug)]
struct Found {
    /// Its first and last link.
    first: usize,
    last: usize,
    /// How many posts had it lately.
    posts: u32,
    text: String,
}

impl Engine {
    /// Takes note of the event's links, and says for which phrases its post counts.
    pub(super) fn phrases_of(
        &mut self,
        event: &PendingEvent,
        pending: &PendingPane,
    ) -> SmallVec<[KeywordUse; 8]> {
        let links = pending.links_of(event);
        let mut uses = SmallVec::new();
        // Phrases of two words; then of those that overlap, of three, and of these, of four.
        let mut shorter: SmallVec<[Found; 4]> = SmallVec::new();
        for (place, &link) in links.iter().enumerate() {
            let text = pending.phrase(link);
            let posts = self.phrases.note(link.hash);
            if text.len() <= PHRASE_BYTES_MAX
                && posts >= PHRASE_POSTS
                && f64::from(posts) >= BEYOND_CHANCE * self.met_by_chance(link, event, pending)
            {
                self.use_phrase(link.hash, text, &links[place..=place], event, pending, &mut uses);
                shorter.push(Found { first: place, last: place, posts, text: text.to_owned() });
            }
        }
        for _ in 2..WORDS_MAX {
            let mut longer = SmallVec::new();
            for pair in shorter.windows(2) {
                let [left, right] = pair else { continue };
                let follows = right.first == left.first + 1 && right.last == left.last + 1;
                if !follows || links[right.last].first != links[left.last].second {
                    continue;
                }
                // What the right one has beyond the left one is what its last link adds to that link's first word.
                let last = links[right.last];
                let known = self.word_len(last.first, event, pending);
                let Some(added) = pending.phrase(last).get(known..) else { continue };
                let text = [left.text.as_str(), added].concat();
                let hash = hash_of(KeywordKind::Phrase, &text);
                let posts = self.phrases.note(hash);
                let rarer = left.posts.min(right.posts);
                if text.len() <= PHRASE_BYTES_MAX
                    && posts >= PHRASE_POSTS
                    && f64::from(posts) >= LONGER_PART * f64::from(rarer)
                {
                    self.use_phrase(hash, &text, &links[left.first..=right.last], event, pending, &mut uses);
                    longer.push(Found { first: left.first, last: right.last, posts, text });
                }
            }
            shorter = longer;
        }
        uses
    }

    /// In how many posts of the window the words of a link would be neighbours by chance.
    fn met_by_chance(&self, link: PendingLink, event: &PendingEvent, pending: &PendingPane) -> f64 {
        let uses = pending.keywords_of(event);
        let posts_of = |word: u8| {
            let keyword = uses[usize::from(word)].keyword();
            // Neighbours are noted of posts alone, so those are what chance has to go by.
            let posts =
                |number| self.keywords.tallies(number).sliding.posts - self.engagements.of_keyword(number);
            keyword.map_or(0, posts)
        };
        met_by_chance([posts_of(link.first), posts_of(link.second)], self.window_posts)
    }

    fn use_phrase(
        &mut self,
        hash: u64,
        text: &str,
        links: &[PendingLink],
        event: &PendingEvent,
        pending: &PendingPane,
        uses: &mut SmallVec<[KeywordUse; 8]>,
    ) {
        if uses.len() < PHRASES_PER_POST_MAX {
            let number = self.keywords.acquire_phrase(hash, text);
            uses.push(KeywordUse::new(number, form_of(links, event, pending)));
        }
    }

    /// Length in bytes of the event's keyword at `place`.
    fn word_len(&self, place: u8, event: &PendingEvent, pending: &PendingPane) -> usize {
        let used = pending.keywords_of(event)[usize::from(place)];
        used.keyword().map_or(0, |number| self.keywords.entry(number).normalized.len())
    }
}

/// In how many of `all` posts two words that don't belong together are neighbours, where so many posts have either.
pub(super) fn met_by_chance([first, second]: [u32; 2], all: f64) -> f64 {
    f64::from(first) * f64::from(second) / (POSTS_TO_MEET * all.max(1.0))
}

/// How the phrase is written: as all of its words are, or mostly lower case.
fn form_of(links: &[PendingLink], event: &PendingEvent, pending: &PendingPane) -> SurfaceForm {
    let uses = pending.keywords_of(event);
    let words = links.first().map(|link| link.first).into_iter().chain(links.iter().map(|link| link.second));
    let is_all = |form: SurfaceForm| {
        words.clone().all(|word| {
            let of_word = uses[usize::from(word)].form();
            of_word == form as u32
                || (of_word == SurfaceForm::Mixed as u32 && form == SurfaceForm::Capitalized)
        })
    };
    [SurfaceForm::Upper, SurfaceForm::Capitalized]
        .into_iter()
        .find(|&form| is_all(form))
        .unwrap_or(SurfaceForm::Lower)
}
