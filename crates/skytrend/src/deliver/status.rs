//! How a webhook is doing, for those who watch it. Tells no secret: of its address only the host, of answers only
//! their status.

use std::sync::Mutex;
use std::time::Duration;

use skytrend_event::Micros;
use skytrend_serve::http::WebhookReport;
use skytrend_sink::metrics::{self as measured, Outcome};
use skytrend_sink::settings::shown_url;

/// What a webhook does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// It waits for alerts.
    #[default]
    Idle,
    /// It sends one.
    Sending,
    /// The receiver did not take one, and is asked again.
    Retrying,
    /// The receiver wants no more.
    Gone,
}

impl Phase {
    const fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Sending => "sending",
            Self::Retrying => "retrying",
            Self::Gone => "gone",
        }
    }
}

#[derive(Debug, Default)]
struct State {
    phase: Phase,
    waiting: Option<Micros>,
    delivered: u64,
    dead_letters: u64,
    expired: u64,
    hidden: u64,
    last_error: String,
}

/// As [`shown_url`]; of a reference the kind alone, for whoever reads the status has no business with this machine's
/// files and variables.
fn told_url(url: &str) -> String {
    match url.split_once(':') {
        Some((kind @ ("env" | "file"), _)) => format!("{kind}:…"),
        _ => shown_url(url),
    }
}

/// Of one webhook.
#[derive(Debug)]
pub struct HookStatus {
    name: String,
    shape: &'static str,
    url: String,
    state: Mutex<State>,
}

impl HookStatus {
    /// Of one that has done nothing yet.
    pub fn new(settings: &skytrend_sink::Settings) -> Self {
        Self {
            name: settings.name.clone(),
            shape: settings.shape.name(),
            url: told_url(&settings.url),
            state: Mutex::default(),
        }
    }

    /// It begins an attempt with the alert of this time.
    pub fn waits_with(&self, window_end: Micros) {
        self.change(|state| {
            state.waiting = Some(window_end);
            if state.phase == Phase::Idle {
                state.phase = Phase::Sending;
            }
        });
    }

    /// The receiver did not take it.
    pub fn failed(&self, phase: Phase, said: &str) {
        self.change(|state| {
            state.phase = phase;
            said.clone_into(&mut state.last_error);
        });
    }

    /// It is done with an alert.
    pub fn done(&self, outcome: Outcome) {
        self.change(|state| {
            (state.phase, state.waiting) = (Phase::Idle, None);
            match outcome {
                Outcome::Delivered => state.delivered += 1,
                Outcome::DeadLetter => state.dead_letters += 1,
                Outcome::Expired => state.expired += 1,
                Outcome::Hidden => state.hidden += 1,
            }
        });
    }

    /// Records the age of the alert that waits; to be called now and then.
    pub fn measure(&self) {
        let waiting = self.lock().waiting;
        measured::waiting(&self.name, waiting.map_or(Duration::ZERO, super::age));
    }

    /// For `/api/v1/status`.
    pub fn report(&self) -> WebhookReport {
        let state = self.lock();
        WebhookReport {
            name: self.name.clone(),
            shape: self.shape,
            url: self.url.clone(),
            phase: state.phase.name(),
            waiting_secs: state.waiting.map(|at| super::age(at).as_secs()),
            delivered: state.delivered,
            dead_letters: state.dead_letters,
            expired: state.expired,
            hidden: state.hidden,
            last_error: state.last_error.clone(),
        }
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.lock());
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while it holds a webhook's status")
    }
}
