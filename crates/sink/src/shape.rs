//! What a webhook says, and the shapes in which the receivers understand it. Pure: an alert in, bytes out.
//!
//! What the network wrote reaches people in chats here, so it is text and nothing else: [`crate::text`] takes out what
//! every client makes a link or a mention of, each shape escapes its own markup, and a serializer writes the JSON.

mod discord;
mod ntfy;
mod skytrend;
mod slack;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::Value;
use skytrend_event::keyword::UNDETERMINED;
use skytrend_event::{Alert, AlertKind, AtUri, KeywordKind, Micros, time};

use crate::text::harmless;

/// Characters of a keyword that are shown; phrases have at most a few words.
const KEYWORD_CHARS_MAX: usize = 80;

/// What `encodeURIComponent` leaves as it is, as the dashboard's own links do.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// What a receiver understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// The alert as JSON, in the envelope of Standard Webhooks.
    Skytrend,
    /// Slack's incoming webhooks, and what takes the same, such as Mattermost.
    Slack,
    /// Discord's webhooks.
    Discord,
    /// ntfy's publishing as JSON.
    Ntfy,
}

impl Shape {
    /// As in the settings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Skytrend => "skytrend",
            Self::Slack => "slack",
            Self::Discord => "discord",
            Self::Ntfy => "ntfy",
        }
    }
}

/// What there is to say.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// The alert.
    pub alert: &'a Alert,
    /// Whether it is only a test, and says so.
    pub is_test: bool,
}

/// Of the receiver, as far as the message depends on it.
#[derive(Clone, Debug)]
pub(crate) struct Receiver {
    pub(crate) shape: Shape,
    /// Base of links to the dashboard, without a slash at the end; empty for none.
    pub(crate) link: String,
    /// ntfy's topic.
    pub(crate) topic: String,
    /// ntfy's priority.
    pub(crate) priority: u8,
}

impl Receiver {
    /// The body of the request.
    pub(crate) fn body(&self, message: Message<'_>) -> Value {
        let summary = Summary::new(message, &self.link);
        match self.shape {
            Shape::Skytrend => skytrend::body(message, summary.link.as_deref()),
            Shape::Slack => slack::body(&summary),
            Shape::Discord => discord::body(&summary),
            Shape::Ntfy => ntfy::body(&summary, &self.topic, self.priority),
        }
    }
}

/// What people are told, the same in every shape for people.
struct Summary {
    /// Harmless text of the network behind words of ours.
    title: String,
    /// Words of ours.
    details: String,
    /// The dashboard's page of that trend at that time.
    link: Option<String>,
    /// Pages of sample posts. Their text is not sent along: in a chat it would outlive its deletion.
    posts: Vec<String>,
    is_end: bool,
    at: Micros,
}

impl Summary {
    fn new(message: Message<'_>, link: &str) -> Self {
        let alert = message.alert;
        Self {
            title: title(message),
            details: details(alert),
            link: (!link.is_empty()).then(|| page(alert, link)),
            posts: alert
                .sample_posts
                .iter()
                .filter_map(|post| AtUri::parse(&post.uri).ok()?.bluesky_url())
                .take(3)
                .collect(),
            is_end: alert.kind == AlertKind::Ended,
            at: alert.window_end,
        }
    }
}

fn title(Message { alert, is_test }: Message<'_>) -> String {
    let keyword = harmless(&alert.keyword, KEYWORD_CHARS_MAX);
    let test = if is_test { "Test: " } else { "" };
    match (alert.kind, &alert.watchlist) {
        (AlertKind::Started, None) => format!("{test}{keyword} is trending"),
        (AlertKind::Ended, None) => format!("{test}{keyword} is no longer trending"),
        (AlertKind::Started, Some(_)) => format!("{test}Watchlist {keyword}: far more posts than usual"),
        (AlertKind::Ended, Some(_)) => format!("{test}Watchlist {keyword}: back to usual"),
    }
}

fn details(alert: &Alert) -> String {
    let minutes = (alert.window_end.0 - alert.window_start.0) / time::MINUTE;
    let language = match harmless(&alert.language, 20) {
        code if code == UNDETERMINED => String::new(),
        code => format!(", mostly in {code}"),
    };
    match alert.kind {
        AlertKind::Started => format!(
            "{} posts by {} people in {minutes} minutes, {:.1} times what is usual (z {:.1}){language}.",
            alert.frequency, alert.unique_authors, alert.growth_rate, alert.z_score
        ),
        AlertKind::Ended => format!(
            "It began at {} UTC; {} posts by {} people in the last {minutes} minutes{language}.",
            alert.started_at.to_rfc3339().get(..16).unwrap_or_default().replace('T', " "),
            alert.frequency,
            alert.unique_authors
        ),
    }
}

/// The dashboard's page: of the keyword at that time, or of the watchlist.
fn page(alert: &Alert, link: &str) -> String {
    let encoded = |text: &str| utf8_percent_encode(text, COMPONENT).to_string();
    if let Some(watchlist) = &alert.watchlist {
        return format!("{link}/?watchlist={}", encoded(watchlist));
    }
    let hash = if alert.keyword_kind == KeywordKind::Hashtag { "#" } else { "" };
    let keyword = format!("{hash}{}", alert.normalized_keyword);
    format!("{link}/trend/{}?at={}", encoded(&keyword), encoded(&alert.window_end.to_rfc3339()))
}

/// An alert that looks like a real one, for tests of a receiver.
pub(crate) fn example() -> Alert {
    let window_end = Micros(1_740_831_000_000_000);
    Alert {
        kind: AlertKind::Started,
        keyword: "quake".to_owned(),
        normalized_keyword: "quake".to_owned(),
        keyword_kind: KeywordKind::Word,
        language: "en".to_owned(),
        topic_id: "17c0e983bbc7d5d7".to_owned(),
        frequency: 412,
        unique_authors: 371,
        growth_rate: 27.4,
        z_score: 18.25,
        confidence_score: 0.9999,
        velocity: 14.5,
        rank: 2,
        window: skytrend_event::WindowKind::Sliding,
        window_start: window_end.plus(-10 * time::MINUTE),
        window_end,
        started_at: window_end.plus(-3 * time::MINUTE),
        sample_posts: Vec::new(),
        watchlist: None,
    }
}

#[cfg(test)]
pub(crate) mod tests;
