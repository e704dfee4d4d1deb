//! One webhook, ready to send: its settings with the secrets looked up, its filter, its shape, its client.

use bytes::Bytes;
use hyper::Uri;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use percent_encoding::percent_decode_str;
use skytrend_event::{Alert, Micros};

use crate::client::{Answer, AttemptError, Client, ClientError};
use crate::delivery::{Delivery, alert_id};
use crate::filter::Filter;
use crate::secret::{SecretError, resolve};
use crate::settings::{InvalidSettings, Settings, parse_url, shown_url};
use crate::shape::{Message, Receiver, Shape, example};
use crate::signature::{InvalidKey, Key};

/// Who we are, for the operators of receivers.
const AGENT: &str = concat!("skytrend/", env!("CARGO_PKG_VERSION"));

const ID: HeaderName = HeaderName::from_static("webhook-id");
const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

/// Why a webhook can't be made. Tells no secret.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// Its settings.
    #[error(transparent)]
    Settings(#[from] InvalidSettings),
    /// Its url, its secret or its token is not where the settings say.
    #[error("{name:?}: {key}: {source}")]
    Missing {
        /// The webhook.
        name: String,
        /// Which of them.
        key: &'static str,
        /// Why.
        source: SecretError,
    },
    /// Its secret is no key.
    #[error("{name:?}: secret {source}")]
    Key {
        /// The webhook.
        name: String,
        /// What a key is.
        source: InvalidKey,
    },
    /// Its token can't be in a header.
    #[error("{0:?}: token has characters that no header may have")]
    Token(String),
    /// Its TLS.
    #[error("{name:?}: {source}")]
    Client {
        /// The webhook.
        name: String,
        /// Why.
        source: ClientError,
    },
}

/// A webhook.
pub struct Webhook {
    settings: Settings,
    shown_url: String,
    filter: Filter,
    receiver: Receiver,
    key: Option<Key>,
    authorization: Option<HeaderValue>,
    client: Client,
}

impl Webhook {
    /// Checks the settings and looks up what they refer to.
    pub fn new(settings: &Settings) -> Result<Self, WebhookError> {
        settings.validate()?;
        let name = || settings.name.clone();
        let look_up = |key: &'static str, value: &str| {
            resolve(value).map_err(|source| WebhookError::Missing { name: name(), key, source })
        };
        let url = look_up("url", &settings.url)?.0;
        let uri = parse_url(&url, settings.shape).map_err(|reason| InvalidSettings {
            name: name(),
            key: "url",
            reason,
        })?;
        let (uri, topic) =
            if settings.shape == Shape::Ntfy { without_topic(&uri) } else { (uri, String::new()) };
        let mut key = None;
        if !settings.secret.is_empty() {
            let secret = look_up("secret", &settings.secret)?;
            key = Some(Key::parse(&secret.0).map_err(|source| WebhookError::Key { name: name(), source })?);
        }
        let mut authorization = None;
        if !settings.token.is_empty() {
            let token = look_up("token", &settings.token)?;
            let value = HeaderValue::from_str(&format!("Bearer {}", token.0));
            let mut value = value.map_err(|_| WebhookError::Token(name()))?;
            value.set_sensitive(true);
            authorization = Some(value);
        }
        let client = Client::new(uri, &settings.ca_file, settings.timeout())
            .map_err(|source| WebhookError::Client { name: name(), source })?;
        let link = settings.link.trim_end_matches('/').to_owned();
        Ok(Self {
            filter: Filter::new(settings),
            receiver: Receiver { shape: settings.shape, link, topic, priority: settings.priority },
            shown_url: shown_url(&url),
            key,
            authorization,
            client,
            settings: settings.clone(),
        })
    }

    /// Its settings; what they refer to is not in them.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.settings.name
    }

    /// Scheme, host and port of where it goes.
    pub fn shown_url(&self) -> &str {
        &self.shown_url
    }

    /// Whether it signs.
    pub fn is_signed(&self) -> bool {
        self.key.is_some()
    }

    /// Whether it wants this alert.
    pub fn wants(&self, alert: &Alert) -> bool {
        self.filter.has(alert)
    }

    /// The message about an alert.
    pub fn delivery(&self, alert: &Alert) -> Delivery {
        let body = self.receiver.body(Message { alert, is_test: false });
        Delivery { id: alert_id(alert), body: Bytes::from(body.to_string()) }
    }

    /// A message that says that it is a test, with an alert made up as of `now`.
    pub fn test_delivery(&self, now: Micros) -> Delivery {
        let past = example();
        let age = now.0 - past.window_end.0;
        let alert = Alert {
            keyword: "skytrend".to_owned(),
            normalized_keyword: "skytrend".to_owned(),
            window_start: past.window_start.plus(age),
            window_end: now,
            started_at: past.started_at.plus(age),
            ..past
        };
        let body = self.receiver.body(Message { alert: &alert, is_test: true });
        Delivery { id: format!("test_{}", now.0), body: Bytes::from(body.to_string()) }
    }

    /// Sends it once, signed with the time `now`.
    pub async fn attempt(&self, delivery: &Delivery, now: Micros) -> Result<Answer, AttemptError> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        let seconds = u64::try_from(now.0 / skytrend_event::time::SECOND).unwrap_or_default();
        let header = |text: &str| HeaderValue::from_str(text).expect("letters, digits and signs of ASCII");
        headers.insert(ID, header(&delivery.id));
        headers.insert(TIMESTAMP, HeaderValue::from(seconds));
        if let Some(key) = &self.key {
            headers.insert(SIGNATURE, header(&key.sign(&delivery.id, seconds, &delivery.body)));
        }
        if let Some(authorization) = &self.authorization {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        self.client.post(headers, delivery.body.clone()).await
    }
}

/// The address of a ntfy server, and the topic that was the last part of its path.
fn without_topic(uri: &Uri) -> (Uri, String) {
    let path = uri.path().trim_end_matches('/');
    let (base, topic) = path.rsplit_once('/').unwrap_or(("", path));
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(format!("{base}/").parse().expect("the beginning of a path is one"));
    let server = Uri::from_parts(parts).expect("it had a scheme, a host and a path before");
    (server, percent_decode_str(topic).decode_utf8_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_the_last_part_of_the_path() {
        for (url, server, topic) in [
            ("https://ntfy.sh/trends", "https://ntfy.sh/", "trends"),
            ("https://ntfy.sh/trends/", "https://ntfy.sh/", "trends"),
            ("http://[::1]:80/below/tr%2Dends", "http://[::1]:80/below/", "tr-ends"),
        ] {
            assert_eq!(without_topic(&url.parse().unwrap()), (server.parse().unwrap(), topic.to_owned()));
        }
    }

    #[test]
    fn a_secret_that_is_none_is_not_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, "hunter2").unwrap();
        let settings = Settings {
            name: "team".into(),
            url: "https://example.com/hook".into(),
            secret: format!("file:{}", path.display()),
            ..Settings::default()
        };
        let error = Webhook::new(&settings).err().expect("it is too short").to_string();
        assert!(error.contains("\"team\": secret is not whsec_") && !error.contains("hunter2"), "{error}");
    }
}
