//! The API of a running skytrend, here or elsewhere, as the commands that follow it use it: plain HTTP, blocking.
//!
//! What it answers is not trusted to be of this version: each caller reads what it knows and passes over the rest.

mod events;

use std::time::Duration;

use anyhow::{Context as _, bail};
use ureq::http::StatusCode;
use ureq::{Agent, BodyReader, RequestBuilder, typestate::WithoutBody};

pub use events::Events;

/// For a connection, and for the head of an answer.
const ANSWER_MAX: Duration = Duration::from_secs(10);

/// A server, and how this client is known to it. The token is never shown.
#[derive(Clone)]
pub struct ApiClient {
    server: String,
    authorization: Option<String>,
}

impl ApiClient {
    /// Of the server at this URL; `token` is sent as `Authorization: Bearer`.
    pub fn new(server: &str, token: Option<&str>) -> Self {
        let authorization = token.filter(|token| !token.is_empty()).map(|token| format!("Bearer {token}"));
        Self { server: server.trim_end_matches('/').to_owned(), authorization }
    }

    /// The server's URL, without a slash at its end.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// The body of an answer, which must be a good one.
    pub fn get(&self, path: &str) -> anyhow::Result<String> {
        let agent =
            Agent::config_builder().timeout_global(Some(ANSWER_MAX)).http_status_as_error(false).build();
        let mut response = self.request(&agent.into(), path).call().with_context(|| {
            format!("no skytrend answers at {} (--server, or setting serve.listen)", self.server)
        })?;
        self.check(response.status(), path)?;
        response.body_mut().read_to_string().context("an answer that can't be read")
    }

    /// The events of a path, from after `last_id` on; the connection ends after `renewed_after`, so that one whose other
    /// end has vanished is noticed.
    pub fn follow(
        &self,
        path: &str,
        last_id: Option<&str>,
        renewed_after: Duration,
    ) -> anyhow::Result<Events<BodyReader<'static>>> {
        let agent = Agent::config_builder()
            .timeout_connect(Some(ANSWER_MAX))
            .timeout_recv_response(Some(ANSWER_MAX))
            .timeout_recv_body(Some(renewed_after))
            .http_status_as_error(false)
            .build();
        let mut request = self.request(&agent.into(), path);
        if let Some(id) = last_id {
            request = request.header("last-event-id", id);
        }
        let response = request.call().with_context(|| format!("no skytrend answers at {}", self.server))?;
        self.check(response.status(), path)?;
        Ok(Events::new(response.into_body().into_reader()))
    }

    fn request(&self, agent: &Agent, path: &str) -> RequestBuilder<WithoutBody> {
        let request = agent.get(format!("{}{path}", self.server));
        match &self.authorization {
            Some(authorization) => request.header("authorization", authorization),
            None => request,
        }
    }

    fn check(&self, status: StatusCode, path: &str) -> anyhow::Result<()> {
        match status {
            StatusCode::OK => Ok(()),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                bail!(
                    "{} wants a token that may read {path} (--token or SKYTREND_TOKEN): {status}",
                    self.server
                )
            }
            _ => bail!("{}{path} answered {status}", self.server),
        }
    }
}
