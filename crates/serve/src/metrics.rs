//! The metrics of this crate: declared once in [`ALL`], recorded by the functions below and nowhere else.

use std::time::Duration;

use ::metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
use skytrend_event::WindowKind;

/// What kind of number a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
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
    pub kind: Kind,
    /// What one of it is.
    pub unit: Unit,
    /// Its labels.
    pub labels: &'static [&'static str],
    /// What it says, in one sentence.
    pub help: &'static str,
}

const HTTP_REQUESTS: Metric = Metric {
    name: "skytrend_http_requests_total",
    kind: Kind::Counter,
    unit: Unit::Count,
    labels: &["route", "method", "status"],
    help: "HTTP requests answered, by route pattern, method and status code.",
};

const HTTP_REQUEST_DURATION: Metric = Metric {
    name: "skytrend_http_request_duration_seconds",
    kind: Kind::Histogram,
    unit: Unit::Seconds,
    labels: &["route"],
    help: "Time from the end of the request's head to the response's head, by route pattern.",
};

const HTTP_CONNECTIONS: Metric = Metric {
    name: "skytrend_http_connections",
    kind: Kind::Gauge,
    unit: Unit::Count,
    labels: &[],
    help: "HTTP connections open now.",
};

const ACTIVE_TRENDS: Metric = Metric {
    name: "skytrend_active_trends",
    kind: Kind::Gauge,
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
            Kind::Counter => describe_counter!(metric.name, metric.unit, metric.help),
            Kind::Gauge => describe_gauge!(metric.name, metric.unit, metric.help),
            Kind::Histogram => describe_histogram!(metric.name, metric.unit, metric.help),
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
    use super::*;

    #[test]
    fn names_carry_prefix_and_unit() {
        for metric in ALL {
            assert!(metric.name.starts_with("skytrend_"), "{}", metric.name);
            assert_eq!(metric.kind == Kind::Counter, metric.name.ends_with("_total"), "{}", metric.name);
            assert_eq!(metric.unit == Unit::Seconds, metric.name.ends_with("_seconds"), "{}", metric.name);
            assert!(metric.help.ends_with('.'), "{}", metric.name);
        }
    }
}
