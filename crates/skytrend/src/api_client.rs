//! The API of a running skytrend, here or elsewhere, as the commands that follow it use it: HTTP or HTTPS, blocking.
//!
//! What it answers is not trusted to be of this version: each caller reads what it knows and passes over the rest.

mod events;

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use serde::Deserialize;
use ureq::config::ConfigBuilder;
use ureq::http::{Response, StatusCode};
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::typestate::{AgentScope, WithoutBody};
use ureq::{Agent, Body, BodyReader, RequestBuilder};

pub use events::Events;

use crate::cli;
use crate::settings::Settings;

/// For a connection, and for the head of an answer.
const ANSWER_MAX: Duration = Duration::from_secs(10);

/// A server, and how this client is known to it. The token is never shown.
#[derive(Clone)]
pub struct ApiClient {
    server: String,
    authorization: Option<String>,
    tls: TlsConfig,
}

impl ApiClient {
    /// Of the server that a command names, or else of the one of these settings.
    pub fn of(asked: &cli::Server, settings: &Settings) -> anyhow::Result<Self> {
        let url = asked.url.clone().unwrap_or_else(|| crate::serving::own_address(&settings.serve));
        let mut client = Self::new(&url, asked.token.as_deref());
        if let Some(file) = &asked.ca_file {
            let roots = authorities(file).with_context(|| format!("--ca-file {}", file.display()))?;
            client.tls = TlsConfig::builder().root_certs(roots).build();
        }
        Ok(client)
    }

    /// Of the server at this URL; `token` is sent as `Authorization: Bearer`.
    pub fn new(server: &str, token: Option<&str>) -> Self {
        let authorization = token.filter(|token| !token.is_empty()).map(|token| format!("Bearer {token}"));
        Self { server: server.trim_end_matches('/').to_owned(), authorization, tls: TlsConfig::default() }
    }

    /// The server's URL, without a slash at its end.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// The body of an answer, which must be a good one.
    pub fn get(&self, path: &str) -> anyhow::Result<String> {
        self.ask(path)?.body_mut().read_to_string().context("an answer that can't be read")
    }

    /// An answer, which must be a good one, with its body yet to be read.
    pub fn ask(&self, path: &str) -> anyhow::Result<Response<Body>> {
        let agent = self.config().timeout_global(Some(ANSWER_MAX)).build();
        let response = self.request(&agent.into(), path).call().with_context(|| {
            format!("no skytrend answers at {} (--server, or setting serve.listen)", self.server)
        })?;
        self.checked(response, path)
    }

    /// The events of a path, from after `last_id` on; the connection ends after `renewed_after`, so that one whose other
    /// end has vanished is noticed.
    pub fn follow(
        &self,
        path: &str,
        last_id: Option<&str>,
        renewed_after: Duration,
    ) -> anyhow::Result<Events<BodyReader<'static>>> {
        let agent = self
            .config()
            .timeout_connect(Some(ANSWER_MAX))
            .timeout_recv_response(Some(ANSWER_MAX))
            .timeout_recv_body(Some(renewed_after))
            .build();
        let mut request = self.request(&agent.into(), path);
        if let Some(id) = last_id {
            request = request.header("last-event-id", id);
        }
        let response = request.call().with_context(|| format!("no skytrend answers at {}", self.server))?;
        Ok(Events::new(self.checked(response, path)?.into_body().into_reader()))
    }

    fn config(&self) -> ConfigBuilder<AgentScope> {
        Agent::config_builder().http_status_as_error(false).tls_config(self.tls.clone())
    }

    fn request(&self, agent: &Agent, path: &str) -> RequestBuilder<WithoutBody> {
        let request = agent.get(format!("{}{path}", self.server));
        match &self.authorization {
            Some(authorization) => request.header("authorization", authorization),
            None => request,
        }
    }

    fn checked(&self, mut response: Response<Body>, path: &str) -> anyhow::Result<Response<Body>> {
        match response.status() {
            StatusCode::OK => Ok(response),
            status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
                bail!(
                    "{} wants a token that may read {path} (--token or SKYTREND_TOKEN): {status}",
                    self.server
                )
            }
            status => {
                let body = response.body_mut().read_to_string().unwrap_or_default();
                let said = serde_json::from_str::<Problem>(&body).map(|problem| problem.detail);
                bail!("{}{path} answered {status} {}", self.server, said.unwrap_or_default())
            }
        }
    }
}

/// What is read of a problem (RFC 9457).
#[derive(Deserialize)]
struct Problem {
    detail: String,
}

fn authorities(file: &Path) -> anyhow::Result<RootCerts> {
    let pem = std::fs::read(file)?;
    let mut certificates = Vec::new();
    for item in parse_pem(&pem) {
        if let PemItem::Certificate(certificate) = item? {
            certificates.push(certificate);
        }
    }
    ensure!(!certificates.is_empty(), "it holds no certificate");
    Ok(RootCerts::from(certificates))
}
