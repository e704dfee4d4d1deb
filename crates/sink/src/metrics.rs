//! The metrics of webhooks, declared here once; nothing else records them. [`describe`] is called once, after the
//! recorder is installed. The label `hook` is a name of the settings, so that the number of series is bounded.

use std::time::Duration;

use ::metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

const ALERTS: &str = "skytrend_webhook_alerts_total";
const RETRIES: &str = "skytrend_webhook_retries_total";
const WAITING: &str = "skytrend_webhook_waiting_seconds";
const ATTEMPT: &str = "skytrend_webhook_attempt_seconds";

/// What became of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver has it.
    Delivered,
    /// It is a dead letter.
    DeadLetter,
    /// It was too old to be sent.
    Expired,
    /// Moderation hides its keyword.
    Hidden,
}

impl Outcome {
    const fn label(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::DeadLetter => "dead_letter",
            Self::Expired => "expired",
            Self::Hidden => "hidden",
        }
    }
}

/// Tells the installed recorder unit and help of each metric.
pub fn describe() {
    describe_counter!(
        ALERTS,
        Unit::Count,
        "Alerts that a webhook wanted and is done with, by hook and outcome: delivered, dead_letter, expired, hidden."
    );
    describe_counter!(RETRIES, Unit::Count, "Attempts that failed and are made again, by hook.");
    describe_gauge!(
        WAITING,
        Unit::Seconds,
        "Age of the alert that waits to be delivered, 0 for none, by hook."
    );
    describe_histogram!(ATTEMPT, Unit::Seconds, "Time of one attempt to deliver an alert, by hook.");
}

/// A webhook is done with an alert.
pub fn done(hook: &str, outcome: Outcome) {
    ::metrics::counter!(ALERTS, "hook" => hook.to_owned(), "outcome" => outcome.label()).increment(1);
}

/// An attempt took so long.
pub fn attempted(hook: &str, took: Duration) {
    ::metrics::histogram!(ATTEMPT, "hook" => hook.to_owned()).record(took.as_secs_f64());
}

/// It failed, and is made again.
pub fn retried(hook: &str) {
    ::metrics::counter!(RETRIES, "hook" => hook.to_owned()).increment(1);
}

/// Age of the alert that is being delivered.
pub fn waiting(hook: &str, age: Duration) {
    ::metrics::gauge!(WAITING, "hook" => hook.to_owned()).set(age.as_secs_f64());
}
