//! What feeds tell: a trend, or an alert, as an entry that keeps its id and its date.

use std::fmt::Write as _;

use quick_xml::escape::escape;
use skytrend_event::keyword::UNDETERMINED;
use skytrend_event::time::MINUTE;
use skytrend_event::{Alert, AlertKind, AtUri, KeywordKind, Micros, SamplePost, Trend};

use super::super::bluesky_web;
use super::xml::clean;

/// What ids begin with: tag URIs (RFC 4151) of an authority that nobody can own, since what they name, a topic of the
/// network, is the same wherever it was detected.
pub(super) const TAG: &str = "tag:skytrend.invalid,2026:";

/// Characters of each text of a record: Bluesky's own limit on a post. No detector gives a longer keyword or name, so
/// that ids stay distinct.
const TEXT_CHARS_MAX: usize = 300;
/// Other keywords of the topic that an entry names.
const TERMS_MAX: usize = 10;
/// Sample posts of an entry; more than a detector gives by default.
const SAMPLES_MAX: usize = 10;

/// An entry of a feed. Texts are as strangers wrote them; what writes them escapes them.
pub(super) struct Entry {
    /// The same as long as what it tells of lasts.
    pub(super) id: String,
    pub(super) title: String,
    /// A page with its posts.
    pub(super) link: String,
    /// When the trend started.
    pub(super) published: Micros,
    /// When there was news of it: its start, or the alert.
    pub(super) updated: Micros,
    /// None where it isn't known.
    pub(super) language: Option<String>,
    /// `trend` or `alert`; and the watchlist.
    pub(super) categories: Vec<String>,
    /// Figures and sample posts as HTML.
    pub(super) html: String,
}

impl Entry {
    /// Named by topic and start: the topic's shown keyword may change while it lasts.
    pub(super) fn of_trend(trend: &Trend) -> Self {
        let subject = match trend.topic_id.as_str() {
            // Records of version 1 have none.
            "" => keyword_name(trend.kind, &trend.normalized_keyword),
            topic_id => escaped(topic_id),
        };
        let mut html = figures(trend.frequency, trend.unique_authors, trend.window_start, trend.window_end);
        let others: Vec<_> = trend.terms.iter().skip(1).take(TERMS_MAX).map(|term| isolated(term)).collect();
        if !others.is_empty() {
            let _ = write!(html, "<p>Also: {}</p>", others.join(", "));
        }
        html.push_str(&samples(&trend.sample_posts));
        Self {
            id: format!("{TAG}trend/{subject}/{}", trend.started_at.0),
            title: shortened(&trend.keyword),
            link: bluesky_web::keyword_url(&shortened(&trend.keyword), trend.kind),
            published: trend.started_at,
            updated: trend.started_at,
            language: known(&trend.language),
            categories: vec!["trend".to_owned()],
            html,
        }
    }

    /// Named by its natural key, since an alert of a watchlist has no topic.
    pub(super) fn of_alert(alert: &Alert) -> Self {
        let list = alert.watchlist.as_deref();
        let subject = match list {
            Some(name) => format!("watchlist/{}", escaped(name)),
            None => keyword_name(alert.keyword_kind, &alert.normalized_keyword),
        };
        let (kind, news) = match alert.kind {
            AlertKind::Started => ("started", "alert"),
            AlertKind::Ended => ("ended", "alert is over"),
        };
        let mut html = figures(alert.frequency, alert.unique_authors, alert.window_start, alert.window_end);
        html.push_str(&samples(&alert.sample_posts));
        let link = match list {
            // A list's name is no word of its posts.
            Some(_) => bluesky_web::ORIGIN.to_owned(),
            None => bluesky_web::keyword_url(&shortened(&alert.keyword), alert.keyword_kind),
        };
        Self {
            id: format!("{TAG}alert/{subject}/{kind}/{}", alert.window_end.0),
            title: format!("{}: {news}", shortened(&alert.keyword)),
            link,
            published: alert.window_end,
            updated: alert.window_end,
            language: known(&alert.language),
            categories: std::iter::once("alert").chain(list).map(shortened).collect(),
            html,
        }
    }
}

fn keyword_name(kind: KeywordKind, normalized_keyword: &str) -> String {
    let kind = match kind {
        KeywordKind::Word => "word",
        KeywordKind::Hashtag => "hashtag",
        KeywordKind::Phrase => "phrase",
    };
    format!("{kind}/{}", escaped(normalized_keyword))
}

fn escaped(text: &str) -> String {
    form_urlencoded::byte_serialize(shortened(text).as_bytes()).collect()
}

fn known(language: &str) -> Option<String> {
    (language != UNDETERMINED).then(|| shortened(language))
}

fn figures(posts: u64, authors: u64, start: Micros, end: Micros) -> String {
    let minutes = end.0.saturating_sub(start.0) / MINUTE;
    format!("<p>{posts} posts by {authors} people in {minutes} minutes, until {end}.</p>")
}

fn samples(posts: &[SamplePost]) -> String {
    let mut html = String::new();
    for post in posts.iter().take(SAMPLES_MAX) {
        let text = isolated(&post.text);
        let _ = match AtUri::parse(&post.uri).ok().and_then(|uri| uri.bluesky_url()) {
            Some(url) => write!(html, "<li>{text} <a href=\"{}\">post</a></li>", escape(url)),
            None => write!(html, "<li>{text}</li>"),
        };
    }
    if html.is_empty() { html } else { format!("<ul>{html}</ul>") }
}

/// A stranger's text as HTML that can't change the direction of what stands around it.
fn isolated(text: &str) -> String {
    format!("<bdi>{}</bdi>", escape(clean(&shortened(text))))
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(TEXT_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
