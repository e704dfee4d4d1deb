//! Why a keyword trends, in words: [`short`] for a row, [`sentences`] for a page. They say what the dashboard says
//! (`dashboard/reasons.js`); what each part of a score is: `docs/reading-trends.md`.

use skytrend_event::{ScoreParts, Trend};

use super::number::{count, duration, factor, rounded, share};

/// What the detector lists from, and alerts from: the defaults of `trend.min_z_score` and `trend.alert_z_score`.
const LISTED_FROM: f64 = 4.5;
const ALERT_FROM: f64 = 6.0;

/// Factors nearer to one than this say nothing to a reader.
const SEASON_MATTERS: f64 = 0.15;

/// Over-dispersion: below the first, counts are about as even as chance has them; above the second they come in bursts.
const EVEN: f64 = 0.1;
const BURSTY: f64 = 0.5;

/// An expectation of fewer minutes of history is a rough one.
const HISTORY_ROUGH: u32 = 120;

/// From this share of near-copies on a row says so.
const COPIES_TOLD: f64 = 0.1;

/// Below this share of people who look like people who talk, the reader is warned.
const ORGANIC_WARNING: f64 = 0.6;

/// Whether somebody may be pushing it.
pub(crate) fn is_pushed(trend: &Trend) -> bool {
    trend.organic_share < ORGANIC_WARNING
}

/// In a few words, the most telling first: `355 count, 12 usual · bursty · 12% copies`.
pub(crate) fn short(trend: &Trend) -> String {
    let why = &trend.why;
    let mut parts = vec![format!("{} count, {} usual", rounded(why.observed), rounded(why.expected))];
    if is_pushed(trend) {
        parts.push(format!("pushed? {} organic", share(trend.organic_share)));
    }
    if why.copied_share >= COPIES_TOLD {
        parts.push(format!("{} copies", share(why.copied_share)));
    }
    if why.history_minutes < HISTORY_ROUGH {
        parts.push(format!("rough: {} learned", duration(f64::from(why.history_minutes) * 60.0)));
    }
    if why.dispersion > BURSTY {
        parts.push("comes in bursts".to_owned());
    } else if why.dispersion < EVEN {
        parts.push("usually even".to_owned());
    }
    if season(why).is_some() {
        parts.push("its rhythm taken out".to_owned());
    }
    parts.join(" · ")
}

/// Sentences about a trend, the most telling first.
pub(crate) fn sentences(trend: &Trend) -> Vec<String> {
    let why = &trend.why;
    let span = duration(trend.window_end.seconds_since(trend.window_start));
    let said = [
        Some(growth(trend, &span)),
        Some(surprise(trend)),
        burstiness(why),
        season(why),
        level(why),
        Some(copies(why)),
        newcomers(why),
        repeats(why),
        Some(confidence(trend)),
        Some(format!("{} posts were looked at in these {span}.", count(why.window_posts))),
    ];
    said.into_iter().flatten().collect()
}

fn growth(trend: &Trend, span: &str) -> String {
    let why = &trend.why;
    let usual = if why.expected < 1.0 {
        "fewer than one is usual".to_owned()
    } else {
        format!("{} are usual", rounded(why.expected))
    };
    format!(
        "{} people count in {span}, where {usual} at this hour: {} the usual (reckoned with one more, so that tiny \
         numbers don't look huge).",
        rounded(why.observed),
        factor(trend.growth_rate)
    )
}

fn surprise(trend: &Trend) -> String {
    let z = trend.z_score;
    let times = rounded(z);
    if z >= ALERT_FROM {
        format!(
            "That is {times} times its own usual ups and downs: far enough for an alert (from {ALERT_FROM})."
        )
    } else if z >= LISTED_FROM {
        format!(
            "That is {times} times its own usual ups and downs: enough to be listed (from {LISTED_FROM})."
        )
    } else {
        format!(
            "It stands {times} of its own usual ups and downs above what is expected: on its own no longer enough to \
             be listed (from {LISTED_FROM})."
        )
    }
}

fn burstiness(why: &ScoreParts) -> Option<String> {
    if why.dispersion < EVEN {
        Some("It is usually even, so a rise means much.".to_owned())
    } else if why.dispersion > BURSTY {
        Some(
            "It usually comes in bursts, so a rise has to be large to mean something; this is taken into account."
                .to_owned(),
        )
    } else {
        None
    }
}

fn season(why: &ScoreParts) -> Option<String> {
    let (day, week) = (why.daily_season, why.weekly_season);
    let mut said = Vec::new();
    if (day - 1.0).abs() > SEASON_MATTERS {
        said.push(format!("at this hour of the day it is usually at {} of its average", share(day)));
    }
    if (week - 1.0).abs() > SEASON_MATTERS {
        said.push(format!("at this hour of the week at {} of that day's usual", share(week)));
    }
    (!said.is_empty()).then(|| format!("Its rhythm is taken out: {}.", said.join(", ")))
}

fn level(why: &ScoreParts) -> Option<String> {
    let matters = (why.local_level - 1.0).abs() > SEASON_MATTERS;
    matters.then(|| {
        let level = share(why.local_level);
        format!("In the last two hours it ran at {level} of its long-run level; it is measured against that.")
    })
}

fn copies(why: &ScoreParts) -> String {
    if why.copied_share >= 0.01 {
        format!("{} of its posts are near-copies of others; each text counts once.", share(why.copied_share))
    } else {
        "Hardly any of its posts are copies of one another.".to_owned()
    }
}

fn newcomers(why: &ScoreParts) -> Option<String> {
    let accounts = why.surplus_newcomers.round();
    (why.surplus_newcomers >= 0.5).then(|| {
        let noun = if accounts < 1.5 { "account" } else { "accounts" };
        format!(
            "{accounts} {noun} new to the network beyond the usual number don't count: they may have been made for \
             this."
        )
    })
}

fn repeats(why: &ScoreParts) -> Option<String> {
    (why.repeated >= 0.5).then(|| {
        let less = rounded(why.repeated);
        format!("People who post about it again and again count less each time: that takes {less} away.")
    })
}

fn confidence(trend: &Trend) -> String {
    let history = duration(f64::from(trend.why.history_minutes) * 60.0);
    let from = if trend.why.history_minutes < HISTORY_ROUGH {
        format!("; only {history} have been learned so far, so this is rough")
    } else {
        format!(", from {history} of history")
    };
    let sure = share(trend.confidence_score);
    if trend.confidence_score >= 0.5 {
        format!("It is {sure} sure that this is not chance{from}.")
    } else {
        format!("Chance alone could do this: only {sure} sure that it isn't{from}.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::trend;

    fn quake() -> Trend {
        let why = ScoreParts {
            observed: 355.0,
            expected: 12.1,
            dispersion: 0.7,
            daily_season: 0.6,
            weekly_season: 1.0,
            local_level: 1.1,
            window_posts: 21_804,
            copied_share: 0.12,
            surplus_newcomers: 1.0,
            repeated: 4.3,
            history_minutes: 1_440,
        };
        Trend { why, ..trend("quake", 1, 10) }
    }

    #[test]
    fn a_row_names_what_is_unusual_first() {
        assert_eq!(
            short(&quake()),
            "355 count, 12 usual · 12% copies · comes in bursts · its rhythm taken out"
        );
        let young = ScoreParts { history_minutes: 14, ..quake().why };
        let pushed = Trend { organic_share: 0.3, why: young, ..quake() };
        assert!(
            short(&pushed)
                .starts_with("355 count, 12 usual · pushed? 30% organic · 12% copies · rough: 14 min")
        );
    }

    #[test]
    fn a_page_says_every_part_that_matters() {
        let said = sentences(&quake()).join("\n");
        for part in [
            "355 people count in 10 min, where 12 are usual",
            "far enough for an alert",
            "in bursts",
            "at this hour of the day it is usually at 60%",
            "12% of its posts are near-copies",
            "1 account new to the network",
            "takes 4.3 away",
            "100% sure that this is not chance, from 24 h of history",
            "21.8k posts were looked at",
        ] {
            assert!(said.contains(part), "{part:?} in {said}");
        }
        assert!(!said.contains("hour of the week") && !said.contains("last two hours"), "{said}");
    }
}
