//! The metrics of this crate: declared once in [`ALL`], recorded by the functions below and nowhere else.

use std::time::Duration;

use ::metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
use skytrend_event::WindowKind;

/// What kind of number a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricKind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// A distribution.
    Histogram,
}

/// The declaration of a metric.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Its name as Prometheus shows it.
    pub name: &'static str,
    /// What kind of number it is.
    pub kind: MetricKind,
    /// What one of it is.
    pub unit: Unit,
    /// Its labels.
    pub labels: &'static [&'static str],
    /// What it says, in one sentence.
    pub help: &'static str,
}

const HTTP_REQUESTS: Metric = Metric {
    name: "skytrend_http_requests_total",
    kind: MetricKind::Counter,
    unit: Unit::Count,
    labels: &["route", "method", "status"],
    help: "HTTP requests answered, by route pattern, method and status code.",
};

const HTTP_REQUEST_DURATION: Metric = Metric {
    name: "skytrend_http_request_duration_seconds",
    kind: MetricKind::Histogram,
    unit: Unit::Seconds,
    labels: &["route"],
    help: "Time from the end of the request's head to the response's head, by route pattern.",
};

const HTTP_CONNECTIONS: Metric = Metric {
    name: "skytrend_http_connections",
    kind: MetricKind::Gauge,
    unit: Unit::Count,
    labels: &[],
    help: "HTTP connections open now.",
};

const ACTIVE_TRENDS: Metric = Metric {
    name: "skytrend_active_trends",
    kind: MetricKind::Gauge,
    unit: Unit::Count,
    labels: &["window"],
    help: "Trends of the newest window, by kind of window.",
};

/// All metrics of this crate.
pub const ALL: &[Metric] = &[HTTP_REQUESTS, HTTP_REQUEST_DURATION, HTTP_CONNECTIONS, ACTIVE_TRENDS];

/// Tells the installed recorder unit and help of each metric.
pub fn describe() {
    for metric in ALL {
        match metric.kind {
            MetricKind::Counter => describe_counter!(metric.name, metric.unit, metric.help),
            MetricKind::Gauge => describe_gauge!(metric.name, metric.unit, metric.help),
            MetricKind::Histogram => describe_histogram!(metric.name, metric.unit, metric.help),
        }
    }
}

/// One request was answered. `route` is the pattern, never the path asked for, so that the number of series is bounded.
pub(crate) fn record_http_request(route: &str, method: &'static str, status: u16, duration: Duration) {
    let route = route.to_owned();
    ::metrics::counter!(HTTP_REQUESTS.name, "route" => route.clone(), "method" => method, "status" => status.to_string())
        .increment(1);
    ::metrics::histogram!(HTTP_REQUEST_DURATION.name, "route" => route).record(duration.as_secs_f64());
}

/// Connections open now.
pub(crate) fn set_http_connections(open: usize) {
    ::metrics::gauge!(HTTP_CONNECTIONS.name).set(open as f64);
}

/// Trends of the newest window of this kind.
pub(crate) fn set_active_trends(window: WindowKind, trends: usize) {
    let label = match window {
        WindowKind::Sliding => "sliding",
        WindowKind::Tumbling => "tumbling",
    };
    ::metrics::gauge!(ACTIVE_TRENDS.name, "window" => label).set(trends as f64);
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
    fn names_carry_prefix_and_unit() {
        for metric in ALL {
            assert!(metric.name.starts_with("skytrend_"), "{}", metric.name);
            assert_eq!(
                metric.kind == MetricKind::Counter,
                metric.name.ends_with("_total"),
                "{}",
                metric.name
            );
            assert_eq!(metric.unit == Unit::Seconds, metric.name.ends_with("_seconds"), "{}", metric.name);
            assert!(metric.help.ends_with('.'), "{}", metric.name);
        }
    }

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
        let declared = |line: &str| ALL.iter().any(|metric| line.contains(metric.name));
        assert!(text.lines().filter(|line| !line.is_empty()).all(declared), "{text}");
    }
}
