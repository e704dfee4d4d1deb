//! Which trends and alerts a feed was asked for: `language` and `watchlist`.
//!
//! An alert says which watchlist it is of. A trend doesn't: it is of a list when a term of the list that has posts now
//! is a keyword of the trend, or words of one. Expressions (`/regex/`) are of whole posts and are not held against
//! keywords.

use std::collections::BTreeMap;

use skytrend_event::{Alert, Trend};

use super::super::Query;
use super::super::problem::{Problem, closest, echo};
use super::super::trends::language;
use crate::KeywordPath;
use crate::view::{Snapshot, WatchedTerm};

/// Words of a keyword that are looked at; a phrase has at most four.
const WORDS_MAX: usize = 8;

/// What was asked for; by default everything.
pub(super) struct Filter {
    /// A primary subtag in lower case.
    pub(super) language: Option<String>,
    /// The name of a list that exists.
    watchlist: Option<String>,
}

impl Filter {
    /// Refuses what isn't valid, and with 404 a list that has neither counts nor alerts.
    pub(super) fn of(query: &Query, snapshot: &Snapshot) -> Result<Self, Problem> {
        query.allow(&["language", "watchlist"])?;
        let (language, watchlist) = (language(query)?, query.text("watchlist"));
        if let Some(name) = watchlist {
            let has_alerts = snapshot.alerts.iter().any(|alert| alert.watchlist.as_deref() == Some(name));
            if !has_alerts && !snapshot.watchlists.contains_key(name) {
                let suggestion = closest(name, snapshot.watchlists.keys().map(String::as_str));
                let detail = format!("no watchlist is called {:?}", echo(name));
                return Err(Problem::not_found(detail).with_suggestion(suggestion));
            }
        }
        Ok(Self { language, watchlist: watchlist.map(ToOwned::to_owned) })
    }

    pub(super) fn takes_trend(&self, trend: &Trend, snapshot: &Snapshot) -> bool {
        let Some(name) = &self.watchlist else { return self.speaks(&trend.language) };
        let window = snapshot.watchlists.get(name).and_then(|list| list.sliding.as_ref());
        self.speaks(&trend.language) && window.is_some_and(|window| is_about(trend, &window.terms))
    }

    pub(super) fn takes_alert(&self, alert: &Alert) -> bool {
        self.speaks(&alert.language) && (self.watchlist.is_none() || self.watchlist == alert.watchlist)
    }

    /// The parameters as they are written in a URL, with `?` in front where there are any.
    pub(super) fn query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.given());
        match query.finish() {
            none if none.is_empty() => none,
            some => format!("?{some}"),
        }
    }

    /// The parameters for people.
    pub(super) fn words(&self) -> String {
        let parts: Vec<_> = self.given().map(|(name, value)| format!("{name} {value}")).collect();
        if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) }
    }

    fn given(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let language = self.language.as_deref().map(|language| ("language", language));
        language.into_iter().chain(self.watchlist.as_deref().map(|name| ("watchlist", name)))
    }

    fn speaks(&self, language: &str) -> bool {
        self.language.as_ref().is_none_or(|asked| asked == language)
    }
}

type Terms = BTreeMap<String, WatchedTerm>;

fn is_about(trend: &Trend, terms: &Terms) -> bool {
    let shown = std::iter::once(&trend.keyword).chain(&trend.terms);
    shown.filter_map(|keyword| KeywordPath::parse(keyword).ok()).any(|keyword| matches(&keyword, terms))
}

fn matches(keyword: &KeywordPath, terms: &Terms) -> bool {
    let words: Vec<&str> = keyword.normalized_keyword.split(' ').take(WORDS_MAX).collect();
    let ends = |start| start + 1..=words.len();
    let mut runs = (0..words.len()).flat_map(|start| ends(start).map(move |end| (start, end)));
    runs.any(|(start, end)| {
        let run = words[start..end].join(" ");
        // As in posts, a word is found in its hashtag, and a hashtag not in its word.
        is_term(&run, terms) || (keyword.hashtag && is_term(&format!("#{run}"), terms))
    })
}

/// Looked up, and not compared with each term: a list may have thousands.
fn is_term(text: &str, terms: &Terms) -> bool {
    let ends = text.char_indices().map(|(start, first)| start + first.len_utf8());
    terms.contains_key(text) || ends.into_iter().any(|end| terms.contains_key(&format!("{}*", &text[..end])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{at, trend, watched};
    use crate::view::{Settings, TrendView};

    #[test]
    fn a_trend_is_of_a_list_by_its_keywords() {
        let view = TrendView::new(&Settings::default());
        view.apply_trend(trend("quake", 1, 10));
        for term in ["*", "tide", "storm*", "#vote", "climate change", "/g20/"] {
            view.apply_count(&watched("sea", term, 3, 10));
        }
        view.publish();
        let snapshot = view.snapshot();
        assert_eq!(snapshot.sliding.as_ref().unwrap().window_end, at(10));
        let filter = Filter { language: None, watchlist: Some("sea".to_owned()) };
        let takes = |keyword: &str| filter.takes_trend(&trend(keyword, 1, 10), &snapshot);
        for watched in ["tide", "#Tide", "Storm", "storms", "#vote", "climate change now", "high tide"] {
            assert!(takes(watched), "{watched}");
        }
        for other in ["quake", "tides", "stor", "vote", "climate", "g20", "*"] {
            assert!(!takes(other), "{other}");
        }
        let named_later =
            Trend { terms: vec!["quake".to_owned(), "tide".to_owned()], ..trend("quake", 1, 10) };
        assert!(filter.takes_trend(&named_later, &snapshot));
    }
}
