//! One trend: its curve, why it trends, the parts of its score, its words, and what people write.

use ratatui::text::Line;
use skytrend_event::{AtUri, KeywordKind, SamplePost, Trend};

use super::Canvas;
use super::curve::{CurvePoint, curve, points, summary};
use crate::screen::number::{count, duration, factor, rounded, share};
use crate::screen::{columns, headline, reasons};
use crate::terminal::app::App;
use crate::terminal::palette::Role;

/// Lines of the curve.
const CURVE_LINES: std::ops::RangeInclusive<usize> = 3..=14;

pub(super) fn lines(app: &App, trend: &Trend, is_listed: bool, canvas: Canvas) -> Vec<Line<'static>> {
    let mut lines = vec![canvas.line(&trend.keyword, Role::Strong)];
    lines.extend(canvas.lines(&about(trend), Role::Plain));
    if !is_listed {
        let left = format!(
            "It has left the list; this is how it was at {}.",
            headline::hour_and_minute(trend.window_end)
        );
        lines.extend(canvas.lines(&left, Role::Down));
    }
    lines.extend(canvas.lines(&facts(trend), Role::Plain));
    lines.extend(curve_lines(&points(app.history.as_ref(), trend), canvas));
    section(&mut lines, canvas, "Why it trends", &reasons::sentences(trend));
    section(&mut lines, canvas, "The parts of its score", &[parts(trend)]);
    let others: Vec<_> = trend.terms.iter().filter(|term| **term != trend.keyword).cloned().collect();
    for (title, words) in [("The same topic", others), ("Related", trend.related.clone())] {
        if !words.is_empty() {
            section(&mut lines, canvas, title, &[words.join(" · ")]);
        }
    }
    let posts: Vec<_> = trend.sample_posts.iter().flat_map(post).collect();
    let posts = if posts.is_empty() {
        vec!["No post to show: they were deleted, or are hidden by a label.".to_owned()]
    } else {
        posts
    };
    section(&mut lines, canvas, "What people write", &posts);
    lines
}

fn section(lines: &mut Vec<Line<'static>>, canvas: Canvas, title: &str, texts: &[String]) {
    lines.extend([Line::default(), canvas.line(title, Role::Strong)]);
    lines.extend(texts.iter().flat_map(|text| canvas.lines(text, Role::Plain)));
}

/// `rising · alert · hashtag · pt · rank 3 of all languages · since 12:07, 3 min`.
fn about(trend: &Trend) -> String {
    let kind = match trend.kind {
        KeywordKind::Word => "word",
        KeywordKind::Hashtag => "hashtag",
        KeywordKind::Phrase => "phrase",
    };
    let language = if trend.language == skytrend_event::keyword::UNDETERMINED {
        "unknown language"
    } else {
        &trend.language
    };
    let mut parts = vec![columns::status(trend.status).to_owned()];
    if trend.is_alerting {
        parts.push("! alert".to_owned());
    }
    parts.extend([kind.to_owned(), language.to_owned(), format!("rank {} of all languages", trend.rank)]);
    let since = duration(trend.window_end.seconds_since(trend.started_at));
    parts.push(format!("since {}, {since}", headline::hour_and_minute(trend.started_at)));
    parts.join(" · ")
}

fn facts(trend: &Trend) -> String {
    let pushed = if reasons::is_pushed(trend) { ": somebody may be pushing it" } else { "" };
    let sign = if trend.velocity >= 0.0 { "+" } else { "" };
    format!(
        "{} posts by {} people · {} posts usual · {} the usual · {sign}{} people a minute · {} organic{pushed}",
        count(trend.frequency),
        count(trend.unique_authors),
        rounded(trend.expected),
        factor(trend.growth_rate),
        rounded(trend.velocity),
        share(trend.organic_share),
    )
}

fn parts(trend: &Trend) -> String {
    let why = &trend.why;
    format!(
        "score {} · z {} · confidence {} · counted {} · expected {} · dispersion {:.2} · hour of the day {} · hour of \
         the week {} · level {} · copies {} · newcomers {} · repeats {}",
        rounded(trend.score),
        rounded(trend.z_score),
        share(trend.confidence_score),
        rounded(why.observed),
        rounded(why.expected),
        why.dispersion,
        share(why.daily_season),
        share(why.weekly_season),
        share(why.local_level),
        share(why.copied_share),
        rounded(why.surplus_newcomers),
        rounded(why.repeated),
    )
}

/// Its time and text, and below it its page on Bluesky, if it has one.
fn post(post: &SamplePost) -> Vec<String> {
    let text = if post.text.is_empty() { "Its text is not shown." } else { &post.text };
    let said = format!("{}  {text}", headline::hour_and_minute(post.witnessed_at));
    std::iter::once(said).chain(AtUri::parse(&post.uri).ok().and_then(|uri| uri.bluesky_url())).collect()
}

fn curve_lines(points: &[CurvePoint], canvas: Canvas) -> Vec<Line<'static>> {
    let mut lines = vec![Line::default(), canvas.line("The curve", Role::Strong)];
    let height = (canvas.height / 3).clamp(*CURVE_LINES.start(), *CURVE_LINES.end());
    lines.extend(curve(points, canvas.width, height).into_iter().map(|line| canvas.own(line, Role::Plain)));
    lines.extend(canvas.lines(&summary(points), Role::Plain));
    if points.iter().any(|point| point.band.is_some()) {
        lines.extend(canvas.lines("█ posts  ░ what is usual, ▓ posts within it", Role::Quiet));
    }
    lines
}
