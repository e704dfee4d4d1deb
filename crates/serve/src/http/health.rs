//! `/health/live` and `/health/ready`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

use super::ApiState;
use super::openapi::{Answer, ErrorShape, Needs, Operation, example};

pub(super) const LIVE: Operation = Operation {
    path: "/health/live",
    id: "getLiveness",
    tag: "operation",
    summary: "Whether the process can answer at all",
    description: "",
    answers: &[Answer::json::<Report>("It can.", example!("getLiveness.json"))],
    error_shape: ErrorShape::None,
    needs: Needs::Nothing,
    ask: "/health/live",
    ..Operation::GET
};

pub(super) const READY: Operation = Operation {
    path: "/health/ready",
    id: "getReadiness",
    tag: "operation",
    summary: "Whether every check passes",
    description: "",
    answers: &[
        Answer::json::<Report>("Every check passes.", example!("getReadiness.json")),
        Answer::json::<Report>("One doesn't; `reason` says why.", example!("getReadiness.json"))
            .with_status(503),
    ],
    error_shape: ErrorShape::None,
    needs: Needs::Nothing,
    ask: "/health/ready",
    ..Operation::GET
};

/// Why something isn't ready.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Unready {
    /// For a person: a lower-case fragment.
    pub reason: String,
}

impl Unready {
    /// Not ready, because.
    pub fn because(reason: impl Into<String>) -> Self {
        Self { reason: reason.into() }
    }
}

type Check = Box<dyn Fn() -> Result<(), Unready> + Send + Sync>;

/// The checks that must pass before the program counts as ready, each with its name, in the order added.
#[derive(Default)]
pub struct Readiness(Vec<(&'static str, Check)>);

impl Readiness {
    /// No checks: always ready.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a check. It is called on each request and must not block.
    #[must_use]
    pub fn with(
        mut self,
        name: &'static str,
        check: impl Fn() -> Result<(), Unready> + Send + Sync + 'static,
    ) -> Self {
        self.0.push((name, Box::new(check)));
        self
    }

    fn report(&self) -> Report {
        let one = |(name, check): &(&'static str, Check)| {
            let reason = check().err().map(|unready| unready.reason);
            CheckReport { name, ok: reason.is_none(), reason }
        };
        let checks: Vec<_> = self.0.iter().map(one).collect();
        let status = if checks.iter().all(|check| check.ok) { "ready" } else { "not ready" };
        Report { status, checks }
    }
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Health")]
struct Report {
    status: &'static str,
    checks: Vec<CheckReport>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "HealthCheck")]
struct CheckReport {
    name: &'static str,
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// 200 as long as the process can answer at all.
pub(super) async fn live() -> Response {
    ([(CACHE_CONTROL, "no-store")], Json(Report { status: "live", checks: Vec::new() })).into_response()
}

/// 200 if every check passes, 503 otherwise; the checks and their reasons in both cases.
pub(super) async fn ready(State(state): State<ApiState>) -> Response {
    let report = state.readiness.report();
    let all_ok = report.checks.iter().all(|check| check.ok);
    let status = if all_ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, [(CACHE_CONTROL, "no-store")], Json(report)).into_response()
}
