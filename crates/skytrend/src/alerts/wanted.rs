//! Which alerts are asked for.

use skytrend_event::{Alert, AlertKind};

use crate::cli;

/// The conditions of the command line; all must hold.
pub struct Wanted {
    kind: Option<cli::AlertStage>,
    language: Option<String>,
    watchlist: Option<String>,
    keyword: Option<String>,
    min_z: f64,
}

impl Wanted {
    pub fn new(asked: &cli::Alerts) -> Self {
        Self {
            kind: asked.kind,
            language: asked.language.as_deref().map(str::to_lowercase),
            watchlist: asked.watchlist.clone(),
            keyword: asked.keyword.as_deref().map(str::to_lowercase),
            min_z: asked.min_z,
        }
    }

    /// Whether this one is. An end has no z-score worth comparing, and is wanted with whatever began.
    pub fn has(&self, alert: &Alert) -> bool {
        let is_of_stage = self.kind.is_none_or(|kind| match kind {
            cli::AlertStage::Started => alert.kind == AlertKind::Started,
            cli::AlertStage::Ended => alert.kind == AlertKind::Ended,
        });
        let has_keyword = |keyword: &String| {
            alert.normalized_keyword.contains(keyword) || alert.keyword.to_lowercase().contains(keyword)
        };
        is_of_stage
            && self.language.as_ref().is_none_or(|language| *language == alert.language)
            && self.watchlist.as_ref().is_none_or(|list| alert.watchlist.as_ref() == Some(list))
            && self.keyword.as_ref().is_none_or(has_keyword)
            && (alert.kind == AlertKind::Ended || alert.z_score >= self.min_z)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    fn wanted(arguments: &[&str]) -> Wanted {
        let cli = cli::Cli::try_parse_from([&["skytrend", "alerts"], arguments].concat()).expect("arguments");
        let cli::Command::Alerts(asked) = cli.command else { panic!("another command") };
        Wanted::new(&asked)
    }

    #[test]
    fn all_conditions_must_hold() {
        let alert: Alert = serde_json::from_value(serde_json::json!({
            "kind": "started", "keyword": "#Eleições", "normalized_keyword": "eleições", "keyword_kind": "hashtag",
            "language": "pt", "frequency": 40, "unique_authors": 38, "growth_rate": 9.0, "z_score": 7.0,
            "confidence_score": 1.0, "velocity": 3.0, "rank": 1, "window": "sliding", "window_start": 0,
            "window_end": 600_000_000, "started_at": 600_000_000, "watchlist": "politics"
        }))
        .expect("an alert");
        let ended = Alert { kind: AlertKind::Ended, z_score: 0.0, ..alert.clone() };
        for (arguments, started_is, ended_is) in [
            (&[][..], true, true),
            (&["--kind", "started"], true, false),
            (&["--kind", "ended"], false, true),
            (&["--language", "PT", "--watchlist", "politics", "--keyword", "ELEI"], true, true),
            (&["--keyword", "#elei"], true, true),
            (&["--keyword", "other"], false, false),
            (&["--watchlist", "sports"], false, false),
            (&["--min-z", "8"], false, true),
        ] {
            let wanted = wanted(arguments);
            assert_eq!((wanted.has(&alert), wanted.has(&ended)), (started_is, ended_is), "{arguments:?}");
        }
    }
}
