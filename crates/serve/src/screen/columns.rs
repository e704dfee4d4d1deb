//! The columns of the table: which there are at a width, how wide each is, and what stands in them.

use skytrend_event::{Trend, TrendStatus};

use super::number::{count, decimal, factor};
use super::reasons;
use super::sparkline::sparkline;
use super::text::{Align, fit};

/// A column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    Rank,
    Change,
    Keyword,
    Posts,
    Authors,
    Growth,
    Score,
    Z,
    Sparkline,
    Status,
    Why,
    Sample,
}

use Column::{Authors, Change, Growth, Keyword, Posts, Rank, Sample, Score, Sparkline, Status, Why, Z};

/// Always there.
const REQUIRED: [Column; 4] = [Rank, Change, Keyword, Posts];
/// There if the width allows, the most telling first.
const BY_PRIORITY: [Column; 8] = [Growth, Authors, Sparkline, Status, Score, Z, Why, Sample];
/// From left to right.
const IN_ORDER: [Column; 12] =
    [Rank, Change, Keyword, Posts, Authors, Growth, Score, Z, Sparkline, Status, Why, Sample];

/// The sparkline's values are at most 60, one for each minute.
const SPARKLINE_WIDTH_MAX: usize = 60;
/// Longer keywords are rare; the rest of the width is better spent on the sample.
const KEYWORD_WIDTH_MAX: usize = 30;

impl Column {
    const fn width_min(self) -> usize {
        match self {
            Rank => 3,
            Change => 4,
            Posts | Z => 6,
            Authors | Growth | Score => 7,
            Status => 9,
            Sparkline => 12,
            Keyword => 16,
            Why | Sample => 24,
        }
    }

    const fn align(self) -> Align {
        match self {
            Change | Keyword | Sparkline | Status | Why | Sample => Align::Left,
            Rank | Posts | Authors | Growth | Score | Z => Align::Right,
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Rank => "#",
            Change => "",
            Keyword => "keyword",
            Posts => "posts",
            Authors => "authors",
            Growth => "growth",
            Score => "score",
            Z => "z",
            Sparkline => "last hour",
            Status => "status",
            Why => "why",
            Sample => "sample",
        }
    }
}

/// Columns with their widths, from left to right, one space between them; together at most `width`, if the required
/// ones fit.
pub(crate) fn layout(width: usize) -> Vec<(Column, usize)> {
    let required: usize = REQUIRED.iter().map(|column| column.width_min() + 1).sum();
    let mut left = (width + 1).saturating_sub(required);
    let mut chosen = REQUIRED.to_vec();
    for column in BY_PRIORITY {
        if let Some(rest) = left.checked_sub(column.width_min() + 1) {
            left = rest;
            chosen.push(column);
        }
    }
    // A quarter of what is left makes longer keywords readable, a quarter the hour finer, the rest is for the reasons
    // and the sample.
    let has_texts = chosen.contains(&Why);
    let share = if has_texts { left / 4 } else { left };
    let keyword = share.min(KEYWORD_WIDTH_MAX - Keyword.width_min());
    left -= keyword;
    let hour = if chosen.contains(&Sparkline) {
        share.min(left).min(SPARKLINE_WIDTH_MAX - Sparkline.width_min())
    } else {
        0
    };
    left -= hour;
    let sample = if chosen.contains(&Sample) { left / 2 } else { 0 };
    let extra = |column: Column| match column {
        Keyword => keyword,
        Sparkline => hour,
        Why => left - sample,
        Sample => sample,
        _ => 0,
    };
    let in_order = IN_ORDER.into_iter().filter(|column| chosen.contains(column));
    in_order.map(|column| (column, column.width_min() + extra(column))).collect()
}

/// The column's title, exactly `width` wide.
pub(crate) fn title(column: Column, width: usize) -> String {
    fit(column.title(), width, column.align())
}

/// What the column says of the trend, exactly `width` wide.
pub(crate) fn cell(column: Column, width: usize, trend: &Trend) -> String {
    let text = match column {
        Rank => trend.rank.to_string(),
        Change => change(trend.rank_change),
        Keyword => return fit(&trend.keyword, width, Align::Left),
        Posts => count(trend.frequency),
        Authors => count(trend.unique_authors),
        Growth => factor(trend.growth_rate),
        Score => decimal(trend.score),
        Z => decimal(trend.z_score),
        Sparkline => return sparkline(&trend.sparkline, width),
        Status if trend.is_alerting => format!("{} !", status(trend.status)),
        Status => status(trend.status).to_owned(),
        Why => reasons::short(trend),
        Sample => {
            let newest = trend.sample_posts.first();
            return fit(newest.map_or("", |post| &post.text), width, Align::Left);
        }
    };
    fit(&text, width, column.align())
}

fn change(places: Option<i32>) -> String {
    match places {
        None => "new".to_owned(),
        Some(0) => "=".to_owned(),
        Some(up @ 1..) => format!("▲{up}"),
        Some(down) => format!("▼{}", down.unsigned_abs()),
    }
}

pub(crate) const fn status(status: TrendStatus) -> &'static str {
    match status {
        TrendStatus::Started => "started",
        TrendStatus::Rising => "rising",
        TrendStatus::Peaking => "peaking",
        TrendStatus::Fading => "fading",
        TrendStatus::Ended => "ended",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn total(layout: &[(Column, usize)]) -> usize {
        layout.iter().map(|(_, width)| width + 1).sum::<usize>() - 1
    }

    #[test]
    fn eighty_columns_have_all_but_z_and_texts() {
        let columns: Vec<_> = layout(80).into_iter().map(|(column, _)| column).collect();
        assert_eq!(columns, [Rank, Change, Keyword, Posts, Authors, Growth, Score, Sparkline, Status]);
        assert!(layout(120).iter().any(|(column, _)| *column == Why));
        assert_eq!(layout(150).len(), IN_ORDER.len());
    }

    proptest! {
        #[test]
        fn columns_fill_a_width_and_never_pass_it(width in 0..400_usize) {
            let columns = layout(width);
            let required: usize = REQUIRED.iter().map(|column| column.width_min() + 1).sum::<usize>() - 1;
            prop_assert!(total(&columns) <= width.max(required));
            if width >= 110 {
                prop_assert_eq!(total(&columns), width);
            }
        }
    }
}
