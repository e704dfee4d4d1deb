//! Which alerts a webhook wants.

use skytrend_event::{Alert, AlertKind};

use crate::settings::Settings;

/// The conditions of the settings; all must hold.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    kinds: Vec<AlertKind>,
    languages: Vec<String>,
    watchlists: Vec<String>,
    keywords: Vec<String>,
    min_z: f64,
    min_people: u64,
}

impl Filter {
    pub(crate) fn new(settings: &Settings) -> Self {
        let lower = |list: &[String]| list.iter().map(|text| text.to_lowercase()).collect();
        Self {
            kinds: settings.kinds.clone(),
            languages: lower(&settings.languages),
            watchlists: settings.watchlists.clone(),
            keywords: lower(&settings.keywords),
            min_z: settings.min_z,
            min_people: settings.min_people,
        }
    }

    /// Whether this one is wanted. An end has neither people nor a z-score worth comparing, and is wanted with whatever
    /// began.
    pub(crate) fn has(&self, alert: &Alert) -> bool {
        let keyword = alert.keyword.to_lowercase();
        let has = |part: &String| keyword.contains(part) || alert.normalized_keyword.contains(part);
        let is_strong = alert.z_score >= self.min_z && alert.unique_authors >= self.min_people;
        self.kinds.contains(&alert.kind)
            && (self.languages.is_empty() || self.languages.contains(&alert.language))
            && (self.watchlists.is_empty()
                || alert.watchlist.as_ref().is_some_and(|list| self.watchlists.contains(list)))
            && (self.keywords.is_empty() || self.keywords.iter().any(has))
            && (alert.kind == AlertKind::Ended || is_strong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::tests::alert;

    /// What is asked, and whether a beginning and an end have it.
    type Case = (&'static str, fn(&mut Settings), bool, bool);

    #[test]
    fn all_conditions_must_hold() {
        let started = Alert { watchlist: Some("politics".into()), ..alert() };
        let ended = Alert { kind: AlertKind::Ended, z_score: 0.0, unique_authors: 0, ..started.clone() };
        let cases: [Case; 9] = [
            ("nothing asked", |_| {}, true, true),
            ("beginnings", |s| s.kinds = vec![AlertKind::Started], true, false),
            ("ends", |s| s.kinds = vec![AlertKind::Ended], false, true),
            ("its language", |s| s.languages = vec!["de".into(), "EN".into()], true, true),
            ("another language", |s| s.languages = vec!["de".into()], false, false),
            ("its watchlist", |s| s.watchlists = vec!["politics".into()], true, true),
            ("another watchlist", |s| s.watchlists = vec!["sports".into()], false, false),
            (
                "a part of it, and too much z",
                |s| (s.keywords, s.min_z) = (vec!["QUA".into()], 99.0),
                false,
                true,
            ),
            ("too few people", |s| s.min_people = 1_000, false, true),
        ];
        for (name, change, has_started, has_ended) in cases {
            let mut settings = Settings::default();
            change(&mut settings);
            let filter = Filter::new(&settings);
            assert_eq!((filter.has(&started), filter.has(&ended)), (has_started, has_ended), "{name}");
        }
    }
}
