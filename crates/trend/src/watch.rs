//! Watchlists: named lists of words, phrases, hashtags and patterns, each counted from the first post on and with
//! alerts of its own, however small. A list and each of its terms are keywords in a namespace of their own
//! ([`is_key`]): the engine counts, learns, retracts, snapshots and restores them as it does every keyword, and only
//! what is output of them differs (`engine/watched.rs`). Which of them a post matches is found where its keywords are
//! extracted ([`matcher`]).

mod alerts;
mod compiled;
mod matcher;
mod text;

use hashbrown::HashSet;
use serde::{Deserialize, Serialize};
use skytrend_event::time::MINUTE;
use skytrend_event::{KeywordKind, PostData, watchlist};

use crate::extract::{Keyword, SurfaceForm, hash_of};
use crate::language::{LanguageCode, Languages};
use crate::pattern::{InvalidPattern, Pattern, Shape};
use crate::settings::InvalidSettings;
use matcher::Matcher;

pub(crate) use alerts::{OpenWatch, WatchAlerts};
pub use compiled::CompiledWatchlists;
pub(crate) use matcher::Scratch;

/// Most lists: each is assessed in every window.
const LISTS_MAX: usize = 100;
/// Most terms of all lists together: their automaton takes some 20 MB.
const TERMS_MAX: usize = 20_000;
/// Most languages of a list: more than have a code of two letters.
const LANGUAGES_MAX: usize = 200;
/// Longest name of a list, in characters.
const NAME_CHARS_MAX: usize = 64;
/// A post counts for at most so many lists and terms, lists first: with the keywords, their number fits in a byte.
pub(crate) const WATCHED_PER_POST_MAX: usize = 63;
/// Starts the key of a list or a term; no keyword holds a control character.
const KEY_MARK: char = '\u{1}';
/// How lists and terms are known to the engine.
pub(crate) const KEY_KIND: KeywordKind = KeywordKind::Phrase;

/// One of `trend.watchlists`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Watchlist {
    /// By which it is asked for: letters, digits, `-` and `_`.
    pub name: String,
    /// Words, phrases, `start*`, `#tag` and `/regex/`.
    pub terms: Vec<String>,
    /// Files with more of them, one a line. Whoever loads the settings reads them into `terms`.
    pub term_files: Vec<String>,
    /// Only posts in one of these languages count; empty: all.
    pub languages: Vec<String>,
    /// An alert needs this many posts in the sliding window, near-copies of a text counted once …
    pub alert_posts: u32,
    /// … and this growth rate over the list's own past.
    pub alert_growth: f64,
    /// It ends when either has been below half of that for this long.
    pub cooldown_minutes: u32,
}

impl Default for Watchlist {
    fn default() -> Self {
        Self {
            name: String::new(),
            terms: Vec::new(),
            term_files: Vec::new(),
            languages: Vec::new(),
            alert_posts: watchlist::ALERT_POSTS,
            alert_growth: watchlist::ALERT_GROWTH,
            cooldown_minutes: watchlist::COOLDOWN_MINUTES,
        }
    }
}

/// A list, ready for use.
#[derive(Debug)]
pub(crate) struct List {
    pub(crate) name: String,
    pub(crate) key: Key,
    languages: Vec<LanguageCode>,
    pub(crate) alert_posts: u32,
    pub(crate) alert_growth: f64,
    pub(crate) cooldown_micros: i64,
    /// Its terms.
    pub(crate) terms: std::ops::Range<usize>,
}

/// One term of a list.
#[derive(Debug)]
pub(crate) struct Term {
    list: usize,
    /// As in the settings.
    pub(crate) shown: String,
    /// Its normal form, with `#`, `*` and slashes as in the settings.
    pub(crate) normalized: String,
    pub(crate) kind: KeywordKind,
    pub(crate) key: Key,
    pattern: Pattern,
}

/// The name by which the engine knows a list or a term, and its hash.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) text: String,
    hash: u64,
}

impl Key {
    fn new(text: String) -> Self {
        let hash = hash_of(KEY_KIND, &text);
        Self { text, hash }
    }
}

/// Whether a normalised keyword is in truth the key of a list or a term.
pub(crate) fn is_key(normalized: &str) -> bool {
    normalized.starts_with(KEY_MARK)
}

/// A list, or a term, by its place: the lists first, then the terms of all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Watched(u16);

/// All lists.
#[derive(Debug)]
pub(crate) struct Watches {
    pub(crate) lists: Vec<List>,
    pub(crate) terms: Vec<Term>,
    matcher: Matcher,
}

impl Watches {
    /// Refuses lists that make no sense, with the name of what is wrong.
    pub(crate) fn compile(settings: &[Watchlist]) -> Result<Self, InvalidSettings> {
        let mut lists: Vec<List> = Vec::new();
        let mut terms: Vec<Term> = Vec::new();
        for asked in settings {
            let refused = |rule: String| InvalidSettings::new("watchlists", rule);
            if lists.iter().any(|list| list.name == asked.name) || lists.len() == LISTS_MAX {
                return Err(refused(format!(
                    "at most {LISTS_MAX} with names of their own: {:?}",
                    asked.name
                )));
            }
            let first = terms.len();
            lists.push(List::new(asked, first)?);
            let mut known = HashSet::new();
            for text in &asked.terms {
                let term = Term::new(lists.len() - 1, &asked.name, text)
                    .map_err(|error| InvalidSettings::of_pattern("watchlists.terms", &error))?;
                if known.insert(term.normalized.clone()) {
                    terms.push(term);
                }
                if terms.len() > TERMS_MAX {
                    break;
                }
            }
            if terms.len() == first || terms.len() > TERMS_MAX {
                let rule =
                    format!("at least one, and of all lists together at most {TERMS_MAX}: {:?}", asked.name);
                return Err(InvalidSettings::new("watchlists.terms", rule));
            }
            if let Some(list) = lists.last_mut() {
                list.terms = first..terms.len();
            }
        }
        let patterns = terms.iter().map(|term| &term.pattern);
        let matcher = Matcher::new(patterns)
            .map_err(|error| InvalidSettings::of_pattern("watchlists.terms", &error))?;
        Ok(Self { lists, terms, matcher })
    }

    /// The keys of the lists and of their terms.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        let keys = self.lists.iter().map(|list| &list.key).chain(self.terms.iter().map(|term| &term.key));
        keys.map(|key| key.text.as_str())
    }

    /// Whether there is nothing to watch.
    pub(crate) fn is_empty(&self) -> bool {
        self.lists.is_empty()
    }

    /// Calls `each` with the lists and terms that a post matches, in their order, at most [`WATCHED_PER_POST_MAX`];
    /// returns how many more there were.
    pub(crate) fn find(
        &self,
        post: &PostData<'_>,
        languages: Languages,
        scratch: &mut Scratch,
        mut each: impl FnMut(Watched),
    ) -> u32 {
        if self.is_empty() {
            return 0;
        }
        let found = self.matcher.find(post, scratch);
        found.retain(|&term| self.lists[self.terms[usize::from(term)].list].takes(languages));
        let list_of = |term: &u16| self.terms[usize::from(*term)].list;
        // Terms are in the order of their lists, so equal lists are neighbours. Both numbers are below 2^16.
        let lists = found.chunk_by(|left, right| list_of(left) == list_of(right));
        let lists = lists.filter_map(|terms| terms.first().map(|term| list_of(term) as u16));
        let terms = found.iter().map(|term| self.lists.len() as u16 + term);
        let mut count = 0;
        for place in lists.chain(terms) {
            count += 1;
            if count <= WATCHED_PER_POST_MAX {
                each(Watched(place));
            }
        }
        count.saturating_sub(WATCHED_PER_POST_MAX) as u32
    }

    /// The list or term as the keyword by which the engine knows it.
    pub(crate) fn keyword(&self, watched: Watched) -> Keyword<'_> {
        let place = usize::from(watched.0);
        let key = self.lists.get(place).map(|list| &list.key);
        let key = key.unwrap_or_else(|| &self.terms[place - self.lists.len()].key);
        Keyword { kind: KEY_KIND, normalized: &key.text, form: SurfaceForm::Lower, mixed: "", hash: key.hash }
    }
}

impl List {
    fn new(asked: &Watchlist, first: usize) -> Result<Self, InvalidSettings> {
        let Watchlist { name, alert_posts, alert_growth, cooldown_minutes, .. } = asked;
        let is_name_char = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if !(1..=NAME_CHARS_MAX).contains(&name.len()) || !name.chars().all(is_name_char) {
            let rule = format!("1 to {NAME_CHARS_MAX} letters, digits, - and _, not {name:?}");
            return Err(InvalidSettings::new("watchlists.name", rule));
        }
        let language = |tag: &String| {
            let rule = || format!("codes of languages, not {tag:?} (of {name:?})");
            LanguageCode::of(tag).ok_or_else(|| InvalidSettings::new("watchlists.languages", rule()))
        };
        let rules = [
            ("watchlists.languages", asked.languages.len() <= LANGUAGES_MAX, "at most 200"),
            ("watchlists.alert_posts", *alert_posts >= 1, "at least 1"),
            ("watchlists.alert_growth", (1.0..=1e6).contains(alert_growth), "1 to 1,000,000"),
            ("watchlists.cooldown_minutes", (1..=1_440).contains(cooldown_minutes), "1 to 1,440"),
        ];
        if let Some((setting, _, rule)) = rules.into_iter().find(|(_, holds, _)| !holds) {
            return Err(InvalidSettings::new(setting, format!("{rule} ({name:?})")));
        }
        Ok(Self {
            name: name.clone(),
            key: Key::new(format!("{KEY_MARK}{name}")),
            languages: asked.languages.iter().map(language).collect::<Result<_, _>>()?,
            alert_posts: *alert_posts,
            alert_growth: *alert_growth,
            cooldown_micros: i64::from(*cooldown_minutes) * MINUTE,
            terms: first..first,
        })
    }

    fn takes(&self, languages: Languages) -> bool {
        self.languages.is_empty() || languages.iter().any(|language| self.languages.contains(language))
    }
}

impl Term {
    fn new(list: usize, list_name: &str, text: &str) -> Result<Self, InvalidPattern> {
        let pattern = Pattern::parse(text, false)?;
        let mark = if pattern.is_hashtag { "#" } else { "" };
        let normalized = match &pattern.shape {
            Shape::Exact(words) => format!("{mark}{words}"),
            Shape::Prefix(start) => format!("{mark}{start}*"),
            Shape::Regex(expression) => format!("{mark}/{expression}/"),
        };
        let kind = match &pattern.shape {
            _ if pattern.is_hashtag => KeywordKind::Hashtag,
            Shape::Exact(words) | Shape::Prefix(words) if !words.contains(' ') => KeywordKind::Word,
            _ => KeywordKind::Phrase,
        };
        let key = Key::new(format!("{KEY_MARK}{list_name}{KEY_MARK}{normalized}"));
        Ok(Self { list, shown: text.trim().to_owned(), normalized, kind, key, pattern })
    }
}

#[cfg(test)]
mod tests;
