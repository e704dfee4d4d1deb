//! The metrics of this crate, declared here once; nothing else records them. [`describe`] is called once, after the
//! recorder is installed.

use std::time::Duration;

use ::metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
use skytrend_event::WindowKind;

const HTTP_REQUESTS: &str = "skytrend_http_requests_total";
const HTTP_REQUEST_DURATION: &str = "skytrend_http_request_duration_seconds";
const HTTP_CONNECTIONS: &str = "skytrend_http_connections";
const HTTP_STREAMS: &str = "skytrend_http_streams";
const HTTP_LIMITED: &str = "skytrend_http_limited_total";
const ACTIVE_TRENDS: &str = "skytrend_active_trends";

/// Tells the installed recorder unit and help of each metric.
pub fn describe() {
    describe_counter!(
        HTTP_REQUESTS,
        Unit::Count,
        "HTTP requests answered, by route pattern, method and status code."
    );
    describe_histogram!(
        HTTP_REQUEST_DURATION,
        Unit::Seconds,
        "Time from the end of the request's head to the response's head, by route pattern."
    );
    describe_counter!(
        HTTP_LIMITED,
        Unit::Count,
        "Requests answered 429 since their client asked for more than it may, by limit: requests, changes, reports or streams."
    );
    describe_gauge!(HTTP_CONNECTIONS, Unit::Count, "HTTP connections open now.");
    describe_gauge!(HTTP_STREAMS, Unit::Count, "Followers of the stream of trends and alerts now.");
    describe_gauge!(ACTIVE_TRENDS, Unit::Count, "Trends of the newest window, by kind of window.");
}

/// One request was answered. `route` is the pattern, never the path asked for, so that the number of series is bounded.
pub(crate) fn record_http_request(route: &str, method: &'static str, status: u16, duration: Duration) {
    let route = route.to_owned();
    ::metrics::counter!(HTTP_REQUESTS, "route" => route.clone(), "method" => method, "status" => status.to_string())
        .increment(1);
    ::metrics::histogram!(HTTP_REQUEST_DURATION, "route" => route).record(duration.as_secs_f64());
}

/// A limit of each client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    Changes,
    Requests,
    Reports,
    Streams,
}

/// A client was refused by this limit.
pub(crate) fn record_limited(limit: Limit) {
    let label = match limit {
        Limit::Requests => "requests",
        Limit::Changes => "changes",
        Limit::Reports => "reports",
        Limit::Streams => "streams",
    };
    ::metrics::counter!(HTTP_LIMITED, "limit" => label).increment(1);
}

/// Connections open now.
pub(crate) fn set_http_connections(open: usize) {
    ::metrics::gauge!(HTTP_CONNECTIONS).set(open as f64);
}

/// One follower of the stream, counted until it is dropped.
pub(crate) struct StreamOpen;

impl StreamOpen {
    pub(crate) fn new() -> Self {
        ::metrics::gauge!(HTTP_STREAMS).increment(1.0);
        Self
    }
}

impl Drop for StreamOpen {
    fn drop(&mut self) {
        ::metrics::gauge!(HTTP_STREAMS).decrement(1.0);
    }
}

/// Trends of the newest window of this kind.
pub(crate) fn set_active_trends(window: WindowKind, trends: usize) {
    let label = match window {
        WindowKind::Sliding => "sliding",
        WindowKind::Tumbling => "tumbling",
    };
    ::metrics::gauge!(ACTIVE_TRENDS, "window" => label).set(trends as f64);
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;
    use metrics_exporter_prometheus::PrometheusBuilder;
    use tower::ServiceExt;

    use super::*;
    use crate::http;

    #[test]
    fn a_request_is_counted_by_its_route_and_never_by_its_path() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        ::metrics::with_local_recorder(&recorder, || {
            describe();
            let state = http::tests::state();
            for path in ["/api/v1/trends/quake", "/api/v1/trends/secret", "/wp-admin.php", "/metrics"] {
                let request = Request::get(path).body(Body::empty()).expect("a request");
                runtime
                    .block_on(http::router(state.clone()).oneshot(request))
                    .expect("the router is infallible");
            }
            set_http_connections(3);
        });
        let text = recorder.handle().render();
        for line in [
            r#"skytrend_http_requests_total{route="/api/v1/trends/{keyword}",method="GET",status="200"} 1"#,
            r#"skytrend_http_requests_total{route="/api/v1/trends/{keyword}",method="GET",status="404"} 1"#,
            r#"skytrend_http_requests_total{route="unmatched",method="GET",status="404"} 1"#,
            r#"skytrend_http_request_duration_seconds_count{route="/api/v1/trends/{keyword}"} 2"#,
            r#"skytrend_active_trends{window="sliding"} 3"#,
            "skytrend_http_connections 3",
        ] {
            assert!(text.lines().any(|rendered| rendered == line), "{line} is not in\n{text}");
        }
        assert!(!text.contains("secret") && !text.contains("wp-admin"), "{text}");
    }
}
