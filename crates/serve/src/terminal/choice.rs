//! Which trends of a window are listed, and in which order: the person's choice, applied to what there is.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use skytrend_event::{KeywordKind, Trend};

/// Characters of a filter; a keyword has fewer.
const FILTER_CHARS_MAX: usize = 64;

/// What the list is ordered by; the largest first, but for the rank.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Sort {
    #[default]
    Rank,
    Z,
    Posts,
    People,
    Growth,
    Newest,
}

impl Sort {
    const ALL: [Self; 6] = [Self::Rank, Self::Z, Self::Posts, Self::People, Self::Growth, Self::Newest];

    /// The one after it, and the first after the last.
    pub(super) fn next(self) -> Self {
        let at = Self::ALL.iter().position(|sort| *sort == self).unwrap_or(0);
        Self::ALL[(at + 1) % Self::ALL.len()]
    }

    /// Its name on the screen.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Rank => "rank",
            Self::Z => "z",
            Self::Posts => "posts",
            Self::People => "people",
            Self::Growth => "growth",
            Self::Newest => "newest",
        }
    }

    fn order(self, one: &Trend, other: &Trend) -> Ordering {
        match self {
            Self::Rank => one.rank.cmp(&other.rank),
            Self::Z => other.z_score.total_cmp(&one.z_score),
            Self::Posts => other.frequency.cmp(&one.frequency),
            Self::People => other.unique_authors.cmp(&one.unique_authors),
            Self::Growth => other.growth_rate.total_cmp(&one.growth_rate),
            Self::Newest => other.started_at.cmp(&one.started_at),
        }
    }
}

/// The choice. All conditions must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) sort: Sort,
    pub(super) is_reversed: bool,
    /// In the keyword or one of its topic's terms, in whatever case.
    pub(super) text: String,
    /// The primary subtag.
    pub(super) language: Option<String>,
    pub(super) kind: Option<KeywordKind>,
}

impl Choice {
    /// Whether it leaves anything out.
    pub(super) fn is_filter(&self) -> bool {
        !self.text.is_empty() || self.language.is_some() || self.kind.is_some()
    }

    /// Leaves nothing out any more; the order stays.
    pub(super) fn clear_filter(&mut self) {
        *self = Self { sort: self.sort, is_reversed: self.is_reversed, ..Self::default() };
    }

    /// Adds a typed character to the text.
    pub(super) fn type_char(&mut self, c: char) {
        if !c.is_control() && self.text.chars().count() < FILTER_CHARS_MAX {
            self.text.push(c);
        }
    }

    /// The trends that fit, in order; equal ones by rank.
    pub(super) fn apply<'a>(&self, trends: &'a [Arc<Trend>]) -> Vec<&'a Arc<Trend>> {
        let text = self.text.to_lowercase();
        let mut rows: Vec<_> = trends.iter().filter(|trend| self.fits(trend, &text)).collect();
        rows.sort_by(|one, other| {
            let order = self.sort.order(one, other);
            let order = if self.is_reversed { order.reverse() } else { order };
            order.then(one.rank.cmp(&other.rank))
        });
        rows
    }

    fn fits(&self, trend: &Trend, text: &str) -> bool {
        let named = std::iter::once(&trend.keyword).chain(&trend.terms);
        self.language.as_ref().is_none_or(|language| *language == trend.language)
            && self.kind.is_none_or(|kind| kind == trend.kind)
            && (text.is_empty() || named.into_iter().any(|name| name.to_lowercase().contains(text)))
    }

    /// Goes on to the next language of those that the trends have, the most frequent first, and after the last to all.
    pub(super) fn next_language(&mut self, trends: &[Arc<Trend>]) {
        let mut counts = BTreeMap::<&str, usize>::new();
        for trend in trends {
            *counts.entry(&trend.language).or_default() += 1;
        }
        let mut languages: Vec<_> = counts.into_iter().collect();
        languages.sort_by_key(|(_, count)| std::cmp::Reverse(*count)); // stable: equal ones stay in alphabetical order
        let after = self.language.as_ref().map_or(0, |now| {
            languages.iter().position(|(language, _)| language == now).map_or(usize::MAX, |at| at + 1)
        });
        self.language = languages.get(after).map(|(language, _)| (*language).to_owned());
    }

    /// Goes on to the next kind, and after the last to all.
    pub(super) fn next_kind(&mut self) {
        self.kind = match self.kind {
            None => Some(KeywordKind::Word),
            Some(KeywordKind::Word) => Some(KeywordKind::Hashtag),
            Some(KeywordKind::Hashtag) => Some(KeywordKind::Phrase),
            Some(KeywordKind::Phrase) => None,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{at, trend};

    fn trends() -> Vec<Arc<Trend>> {
        let quake = Trend {
            z_score: 5.0,
            terms: vec!["quake".into(), "#earthquake".into()],
            ..trend("quake", 1, 10)
        };
        let gol = Trend { language: "pt".into(), frequency: 999, started_at: at(9), ..trend("#gol", 2, 10) };
        let mondo = Trend { language: "pt".into(), growth_rate: f64::NAN, ..trend("mondo", 3, 10) };
        [quake, gol, mondo].map(Arc::new).to_vec()
    }

    fn listed(choice: &Choice) -> Vec<String> {
        choice.apply(&trends()).iter().map(|trend| trend.keyword.clone()).collect()
    }

    #[test]
    fn every_order_and_its_reverse() {
        for (sort, first, last) in [
            (Sort::Rank, "quake", "mondo"),
            (Sort::Z, "#gol", "quake"),
            (Sort::Posts, "#gol", "mondo"),
            (Sort::Newest, "#gol", "mondo"),
        ] {
            let rows = listed(&Choice { sort, ..Choice::default() });
            assert_eq!((rows[0].as_str(), rows[2].as_str()), (first, last), "{sort:?}");
        }
        assert_eq!(listed(&Choice { is_reversed: true, ..Choice::default() }), ["mondo", "#gol", "quake"]);
        let mut sort = Sort::Rank;
        for _ in Sort::ALL {
            sort = sort.next();
        }
        assert_eq!(sort, Sort::Rank);
    }

    #[test]
    fn a_text_is_looked_for_in_all_terms_and_all_conditions_must_hold() {
        let with_text = |text: &str| listed(&Choice { text: text.into(), ..Choice::default() });
        assert_eq!(with_text("EARTH"), ["quake"]);
        assert_eq!(with_text("o"), ["#gol", "mondo"]);
        let mut choice = Choice { kind: Some(KeywordKind::Hashtag), text: "o".into(), ..Choice::default() };
        assert_eq!(listed(&choice), ["#gol"]);
        choice.language = Some("en".into());
        assert_eq!(listed(&choice), Vec::<String>::new());
        choice.clear_filter();
        assert_eq!(listed(&choice).len(), 3);
    }

    #[test]
    fn languages_follow_by_their_number_of_trends_and_then_all() {
        let mut choice = Choice::default();
        let mut seen = Vec::new();
        for _ in 0..4 {
            choice.next_language(&trends());
            seen.push(choice.language.clone());
        }
        assert_eq!(seen, [Some("pt".into()), Some("en".into()), None, Some("pt".into())]);
        choice.language = Some("is no more".into());
        choice.next_language(&trends());
        assert_eq!(choice.language, None);
    }

    #[test]
    fn what_is_typed_is_bounded_and_without_control_characters() {
        let mut choice = Choice::default();
        for c in "a\u{1b}".repeat(100).chars() {
            choice.type_char(c);
        }
        assert_eq!(choice.text, "a".repeat(FILTER_CHARS_MAX));
    }
}
