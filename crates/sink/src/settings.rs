//! What is set of a webhook, and what of it can be checked without looking anywhere else.

use std::path::PathBuf;
use std::time::Duration;

use hyper::Uri;
use serde::Deserialize;
use skytrend_event::AlertKind;

use crate::secret;
use crate::shape::Shape;

/// Longest name: it is part of a consumer group's and of metrics' labels.
const NAME_BYTES_MAX: usize = 64;

/// Longest time for one attempt: more would hold up the alerts behind it for nothing.
const TIMEOUT_MILLIS_MAX: u64 = 120_000;

/// Most attempts: with the longest pause between them a day and a half.
const ATTEMPTS_MAX: u32 = 50;

/// Longest pause, and longest `Retry-After` that is believed: an hour.
const PAUSE_MILLIS_MAX: u64 = 3_600_000;

/// One webhook.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Its name, for metrics, the log and the command line: lower-case letters, digits, `-`, `_`, `.`. Its position in
    /// the alerts is kept under it: under another name it is a new webhook.
    pub name: String,
    /// Where to: `https://…`, `http://…`, `env:NAME`, or `file:PATH`. For ntfy the last part of the path is the topic.
    pub url: String,
    /// What the receiver understands.
    pub shape: Shape,
    /// Where the secret is that signs (`env:NAME` or `file:PATH`): `whsec_` and Base64 of 24 to 64 bytes. Empty: none.
    pub secret: String,
    /// Where the token is that is sent as `Authorization: Bearer`, likewise. Empty: none.
    pub token: String,
    /// Public address of the dashboard, for links: `https://trends.example.com`. Empty: no links to it.
    pub link: String,
    /// Beginnings and ends, or one of them.
    pub kinds: Vec<AlertKind>,
    /// Only alerts in one of these languages (BCP 47 primary subtags). Empty: all.
    pub languages: Vec<String>,
    /// Only alerts of one of these watchlists. Empty: all.
    pub watchlists: Vec<String>,
    /// Only alerts whose keyword has one of these in it, whatever the case. Empty: all.
    pub keywords: Vec<String>,
    /// Only trends that begin with at least this z-score.
    pub min_z: f64,
    /// Only trends that begin with at least this many people.
    pub min_people: u64,
    /// For ntfy: 1 (silent) to 5 (urgent). The end of a trend has 2 at the most.
    pub priority: u8,
    /// For one attempt, from the first packet to the answer.
    pub timeout_millis: u64,
    /// After this many attempts an alert is a dead letter.
    pub attempts: u32,
    /// Upper end of the pause after the first attempt; it doubles with each failure (the pause is random below it).
    pub backoff_base_millis: u64,
    /// Upper end of every pause.
    pub backoff_max_millis: u64,
    /// The longest `Retry-After` that is believed.
    pub retry_after_max_millis: u64,
    /// An alert older than this is not sent any more. 0: however old.
    pub max_age_minutes: u64,
    /// A PEM file of certificate authorities that are trusted besides Mozilla's. Empty: none.
    pub ca_file: PathBuf,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            name: String::new(),
            url: String::new(),
            shape: Shape::Skytrend,
            secret: String::new(),
            token: String::new(),
            link: String::new(),
            kinds: vec![AlertKind::Started, AlertKind::Ended],
            languages: Vec::new(),
            watchlists: Vec::new(),
            keywords: Vec::new(),
            min_z: 0.0,
            min_people: 0,
            priority: 3,
            timeout_millis: 10_000,
            // With the pauses below about nine minutes, between four and eighteen: a restart, not an outage.
            attempts: 12,
            backoff_base_millis: 1_000,
            backoff_max_millis: 300_000,
            retry_after_max_millis: 600_000,
            max_age_minutes: 60,
            ca_file: PathBuf::new(),
        }
    }
}

/// Why settings can't work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name:?}: {key} {reason}")]
pub struct InvalidSettings {
    /// The webhook.
    pub name: String,
    /// The setting.
    pub key: &'static str,
    /// What it must be.
    pub reason: String,
}

impl Settings {
    /// For one attempt.
    pub const fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_millis)
    }

    /// The age at which an alert is not sent any more, if any.
    pub fn age_max(&self) -> Option<Duration> {
        (self.max_age_minutes > 0).then(|| Duration::from_secs(self.max_age_minutes.saturating_mul(60)))
    }

    /// Checks what needs neither the environment nor a file.
    pub fn validate(&self) -> Result<(), InvalidSettings> {
        let refuse = |key: &'static str, reason: &str| {
            Err(InvalidSettings { name: self.name.clone(), key, reason: reason.to_owned() })
        };
        let is_name_char =
            |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.');
        if self.name.is_empty() || self.name.len() > NAME_BYTES_MAX || !self.name.bytes().all(is_name_char) {
            return refuse("name", "has 1 to 64 lower-case letters, digits, '-', '_' and '.'");
        }
        if !secret::is_reference(&self.url) {
            parse_url(&self.url, self.shape).map_err(|reason| InvalidSettings {
                name: self.name.clone(),
                key: "url",
                reason,
            })?;
        }
        for (key, value) in [("secret", &self.secret), ("token", &self.token)] {
            if !value.is_empty() && !secret::is_reference(value) {
                return refuse(key, "is not written here: env:NAME or file:PATH says where it is");
            }
        }
        if !self.link.is_empty() && !is_link(&self.link) {
            return refuse("link", "is an http:// or https:// address without a query");
        }
        if self.kinds.is_empty() {
            return refuse("kinds", "is empty: nothing would ever be sent");
        }
        if !self.min_z.is_finite() {
            return refuse("min_z", "must be a number");
        }
        if !(1..=5).contains(&self.priority) {
            return refuse("priority", "must be 1 to 5");
        }
        if !(1..=TIMEOUT_MILLIS_MAX).contains(&self.timeout_millis) {
            return refuse("timeout_millis", "must be 1 to 120000");
        }
        if !(1..=ATTEMPTS_MAX).contains(&self.attempts) {
            return refuse("attempts", "must be 1 to 50");
        }
        for (key, millis) in [
            ("backoff_base_millis", self.backoff_base_millis),
            ("backoff_max_millis", self.backoff_max_millis),
            ("retry_after_max_millis", self.retry_after_max_millis),
        ] {
            if !(1..=PAUSE_MILLIS_MAX).contains(&millis) {
                return refuse(key, "must be 1 to 3600000");
            }
        }
        Ok(())
    }
}

/// The address of a receiver; the error says what is wrong with it and never repeats it, for it may be a secret.
pub(crate) fn parse_url(text: &str, shape: Shape) -> Result<Uri, String> {
    let uri: Uri = text.trim().parse().map_err(|_| "is not an address".to_owned())?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        return Err("begins with https:// or http://, or is env:NAME or file:PATH".to_owned());
    }
    let authority = uri.authority().filter(|authority| !authority.host().is_empty());
    let authority = authority.ok_or_else(|| "has no host".to_owned())?;
    if authority.as_str().contains('@') {
        return Err("has a user or a password in it: a token belongs into the setting token".to_owned());
    }
    if shape == Shape::Ntfy && uri.path().trim_matches('/').is_empty() {
        return Err("ends with the topic: https://ntfy.sh/topic".to_owned());
    }
    Ok(uri)
}

fn is_link(text: &str) -> bool {
    let Ok(uri) = text.parse::<Uri>() else { return false };
    matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some() && uri.query().is_none()
}

/// Scheme, host and port of an address, which may be told; the rest of it often is a secret.
pub fn shown_url(url: &str) -> String {
    if secret::is_reference(url) {
        return url.to_owned();
    }
    match url.trim().parse::<Uri>() {
        Ok(uri) => match (uri.scheme_str(), uri.host(), uri.port_u16()) {
            (Some(scheme), Some(host), Some(port)) => format!("{scheme}://{host}:{port}/…"),
            (Some(scheme), Some(host), None) => format!("{scheme}://{host}/…"),
            _ => "…".to_owned(),
        },
        Err(_) => "…".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(change: impl FnOnce(&mut Settings)) -> Settings {
        let mut settings =
            Settings { name: "team".into(), url: "https://example.com/hook".into(), ..Settings::default() };
        change(&mut settings);
        settings
    }

    /// The setting that is refused, and how it comes to be wrong.
    type Case = (&'static str, fn(&mut Settings));

    #[test]
    fn what_can_not_work_is_named() {
        assert_eq!(settings(|_| {}).validate(), Ok(()));
        assert_eq!(settings(|s| s.url = "env:TEAM_URL".into()).validate(), Ok(()));
        let refused: [Case; 13] = [
            ("name", |s| s.name = "Team".into()),
            ("name", |s| s.name = String::new()),
            ("url", |s| s.url = "ftp://example.com/".into()),
            ("url", |s| s.url = "example.com".into()),
            ("url", |s| s.url = "https://me:hunter2@example.com/".into()),
            ("url", |s| (s.url, s.shape) = ("https://ntfy.sh/".into(), Shape::Ntfy)),
            ("secret", |s| s.secret = "whsec_aGVsbG8=".into()),
            ("token", |s| s.token = "tk_hello".into()),
            ("link", |s| s.link = "trends.example.com".into()),
            ("kinds", |s| s.kinds.clear()),
            ("priority", |s| s.priority = 6),
            ("attempts", |s| s.attempts = 0),
            ("backoff_max_millis", |s| s.backoff_max_millis = u64::MAX),
        ];
        for (key, change) in refused {
            let error = settings(change).validate().unwrap_err();
            assert_eq!(error.key, key, "{error}");
            assert!(!error.to_string().contains("hunter2") && !error.to_string().contains("aGVs"), "{error}");
        }
    }

    #[test]
    fn of_an_address_only_the_host_is_shown() {
        let slack = "https://hooks.slack.com/services/T0/B0/secret";
        assert_eq!(shown_url(slack), "https://hooks.slack.com/…");
        assert_eq!(shown_url("http://[::1]:8080/?token=1"), "http://[::1]:8080/…");
        assert_eq!(shown_url("env:SLACK_URL"), "env:SLACK_URL");
        assert_eq!(shown_url("no address secret"), "…");
    }
}
