//! What is shown with a trend: real posts of the window, or that somebody engaged with in it, and the keywords that
//! share its posts.

use hashbrown::HashSet;
use skytrend_event::{KeywordKind, SamplePost};

use super::Engine;
use crate::language::LanguageCode;
use crate::pane::authority;
use crate::posts::Occurrence;
use crate::rank::{Candidate, Context, KeywordKey, Name, with_sign};
use crate::settings::Settings;
use crate::signature::Signature;

/// The newest so many posts of a trend say what it is related to.
const RELATED_POSTS_MAX: usize = 256;
/// Fewer shared posts are chance.
const SHARED_POSTS_MIN: u32 = 2;
/// The newest so many posts are looked through for samples that are no copies of one another.
const SAMPLED_POSTS_MAX: usize = 64;
/// So many posts and engagements are looked through for them: more than a trend mostly has, and bounded.
const LOOKED_THROUGH_MAX: usize = 4_096;

impl Engine {
    /// Samples and related keywords of a topic, whose keywords are `terms`, from the window whose first post is at
    /// `first`: those of its first keyword.
    pub(super) fn context_of(&mut self, terms: &[&Candidate], first: usize, settings: &Settings) -> Context {
        let Some(number) = terms.first().and_then(|term| self.number_of(&term.key)) else {
            return Context::default();
        };
        let newest = self.newest(number, first);
        let (language, _) = self.describe(number, first);
        Context {
            sample_posts: self.samples(&newest, settings),
            related: self.related(number, &newest, language, terms, settings),
        }
    }

    /// Samples of a keyword, likewise.
    pub(super) fn samples_of(&self, key: &KeywordKey, first: usize, settings: &Settings) -> Vec<SamplePost> {
        let newest = self.number_of(key).map(|number| self.newest(number, first));
        newest.map_or_else(Vec::new, |newest| self.samples(&newest, settings))
    }

    fn number_of(&self, key: &KeywordKey) -> Option<u32> {
        self.keywords.find(key.1, &key.0)
    }

    /// The newest posts of the window with the keyword, and, in the place of engagements, the posts that these are
    /// with: each once, newest first.
    fn newest(&self, number: u32, first: usize) -> Vec<Occurrence> {
        let newest = self.occurrences_since(number, first).iter().rev();
        if self.engagements.is_empty() {
            return newest.take(RELATED_POSTS_MAX).copied().collect();
        }
        let mut posts: Vec<Occurrence> = Vec::new();
        let mut taken = HashSet::new();
        for &occurrence in newest.take(LOOKED_THROUGH_MAX) {
            if posts.len() == RELATED_POSTS_MAX {
                break;
            }
            posts.extend(self.post_of(occurrence).filter(|shown| taken.insert(shown.post())));
        }
        posts
    }

    /// The occurrence in the post that an engagement is with, if that is retained; any other as it is.
    fn post_of(&self, occurrence: Occurrence) -> Option<Occurrence> {
        if !self.posts.post(self.posts.index_of(occurrence.post())).is_engagement {
            return Some(occurrence);
        }
        let subject = self.engagements.subject_of(occurrence.post());
        // With one that does not count, no engagement would count either.
        self.posts.retained_index(subject).map(|_| occurrence.in_post(subject))
    }

    /// Newest first, near-copies of one already taken left out.
    fn samples(&self, newest: &[Occurrence], settings: &Settings) -> Vec<SamplePost> {
        let mut indexes: Vec<usize> = newest
            .iter()
            .take(SAMPLED_POSTS_MAX)
            .map(|occurrence| self.posts.index_of(occurrence.post()))
            .collect();
        // Of one instant, the order of output is by URI.
        indexes.sort_by(|&left, &right| {
            let (left, right) = (self.posts.post(left), self.posts.post(right));
            right.witnessed.cmp(&left.witnessed).then_with(|| self.posts.uri(left).cmp(self.posts.uri(right)))
        });
        let mut samples = Vec::new();
        let mut signatures: Vec<Signature> = Vec::new();
        for index in indexes {
            let signature = self.posts.signature(index);
            if samples.len() >= settings.sample_posts as usize {
                break;
            }
            if signatures.iter().any(|taken| taken.is_near(signature)) {
                continue;
            }
            let post = self.posts.post(index);
            if self.names_blocked(index) {
                continue;
            }
            // Of a post that its author labelled as sensitive, no text is kept.
            if self.posts.text(post).is_empty() {
                continue;
            }
            signatures.push(signature);
            let uri = self.posts.uri(post);
            samples.push(SamplePost {
                uri: uri.to_owned(),
                author_did: authority(uri).to_owned(),
                text: self.posts.text(post).to_owned(),
                witnessed_at: post.witnessed,
                event_id: post.event_id,
            });
        }
        samples
    }

    /// Whether a keyword of the post must not be shown.
    fn names_blocked(&self, index: usize) -> bool {
        let language = self.posts.languages()[index].first().copied().unwrap_or_default();
        let keywords = self.posts.keywords(index).iter().filter_map(|used| used.keyword());
        keywords
            .map(|keyword| self.keywords.entry(keyword))
            .any(|entry| !entry.is_watched && self.rules.block(entry.kind, &entry.normalized, language))
    }

    /// The keywords that share most posts with keyword `number`, whose posts are mostly in `language`, but those of its
    /// topic, `terms`, and the words in their names; equal ones by text and kind.
    fn related(
        &mut self,
        number: u32,
        newest: &[Occurrence],
        language: LanguageCode,
        terms: &[&Candidate],
        settings: &Settings,
    ) -> Vec<String> {
        self.shared_posts.resize(self.keywords.numbers() as usize, 0);
        let mut shared = Vec::new();
        for occurrence in newest {
            let post = self.posts.post(self.posts.index_of(occurrence.post()));
            let uses = &self.posts.pane_of(post).keywords[post.keywords_range()];
            for keyword in uses.iter().filter_map(|used| used.keyword()).filter(|&keyword| keyword != number)
            {
                let count = &mut self.shared_posts[keyword as usize];
                if *count == 0 {
                    shared.push(keyword);
                }
                *count += 1;
            }
        }
        let mut related: Vec<(u32, &str, KeywordKind)> = Vec::new();
        for keyword in shared {
            let count = std::mem::take(&mut self.shared_posts[keyword as usize]);
            let entry = self.keywords.entry(keyword);
            if count >= SHARED_POSTS_MIN && !entry.is_watched {
                related.push((count, &entry.normalized, entry.kind));
            }
        }
        related.sort_unstable_by(|left, right| {
            right.0.cmp(&left.0).then((left.1, left.2).cmp(&(right.1, right.2)))
        });
        let names: Vec<Name<'_>> = terms.iter().map(|term| Name::of(term)).collect();
        let is_shown = |&(_, normalized, kind): &(u32, &str, KeywordKind)| {
            let name = Name::of_keyword(kind, normalized);
            !names.iter().any(|term| name.is_same(term) || name.is_part_of(term))
                && !self.rules.block(kind, normalized, language)
        };
        let shown = related.into_iter().filter(is_shown).take(settings.related_keywords as usize);
        shown.map(|(_, normalized, kind)| with_sign(kind, normalized.to_owned())).collect()
    }
}
