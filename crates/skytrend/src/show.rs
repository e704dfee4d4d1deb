//! The trends in this terminal: a table that updates in place, or, where standard output is no terminal, a block of
//! text for each window.

use std::sync::Arc;
use std::time::Duration;

use skytrend_event::{Micros, WindowKind};
use skytrend_serve::screen::{Connection, ScreenModel, WarmUp};
use skytrend_serve::view::TrendView;
use skytrend_serve::{plain, terminal};
use skytrend_source::bluesky::status::Phase;
use tracing::info;

use crate::status::Status;
use crate::supervisor::{Shutdown, Supervisor};

/// Between two drawings: quick enough to look alive, slow enough to cost nothing.
const REFRESH: Duration = Duration::from_millis(250);

/// Whether [`start`] will take the terminal over.
pub fn is_terminal() -> bool {
    terminal::is_available()
}

/// Starts showing.
pub fn start(supervisor: &mut Supervisor, view: &Arc<TrendView>, status: &Arc<Status>) {
    let (view, status, shutdown) = (Arc::clone(view), Arc::clone(status), supervisor.shutdown());
    supervisor.thread("show", move || {
        if is_terminal() {
            let stopping = shutdown.clone();
            let ending = terminal::run(REFRESH, move || stopping.is_requested(), || model(&view, &status))?;
            if ending == terminal::Ending::Asked {
                shutdown.request();
            }
            return Ok(());
        }
        blocks(&view, &status, &shutdown)
    });
}

/// A block of text whenever there is a new window, or something new to wait for.
fn blocks(view: &TrendView, status: &Status, shutdown: &Shutdown) -> anyhow::Result<()> {
    let mut shown: (Option<Micros>, Option<String>) = (None, None);
    while !shutdown.is_requested() {
        let model = model(view, status);
        if model.window_end != shown.0 && model.window_end.is_some() {
            plain::write(&model, &mut std::io::stdout().lock())?;
        } else if model.window_end.is_none() && phrase(&model) != shown.1 {
            info!(waiting_for = model.waiting_for.as_deref(), "no trends yet");
        }
        shown = (model.window_end, phrase(&model));
        std::thread::sleep(REFRESH);
    }
    Ok(())
}

/// What is waited for, without the seconds that count down in it.
fn phrase(model: &ScreenModel) -> Option<String> {
    model.waiting_for.as_deref().map(|text| text.split("; retrying").next().unwrap_or_default().to_owned())
}

/// What is to be seen at this moment.
fn model(view: &TrendView, status: &Status) -> ScreenModel {
    let mut model = ScreenModel {
        source: status.source_name(),
        connection: connection(status),
        simulated_time: status.speed().is_some(),
        dashboard: status.dashboard(),
        events_per_second: Some(status.events_per_second()),
        lag_seconds: status.lag_seconds(),
        warm_up: status.warm_up().map(|(minutes, minutes_needed)| WarmUp { minutes, minutes_needed }),
        waiting_for: status.waiting_for(),
        ..ScreenModel::default()
    };
    model.show(&view.snapshot(), WindowKind::Sliding);
    model
}

fn connection(status: &Status) -> Connection {
    match status.source.borrow().phase {
        Phase::Connected => Connection::Connected,
        Phase::Starting | Phase::Connecting => Connection::Connecting,
        Phase::Stopped => Connection::Finished,
        Phase::Waiting | Phase::Paused => Connection::Reconnecting { reason: status.connection() },
    }
}
