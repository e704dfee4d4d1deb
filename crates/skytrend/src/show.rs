//! The trends in this terminal: the screen with its keys, or, where standard output is no terminal, a block of text for
//! each window.
//!
//! The program's own screen reads the view of its process and not the API: it then needs no token, takes no slot of the
//! server's, and works where nothing is served.

use std::sync::Arc;
use std::time::Duration;

use skytrend_event::{Micros, WindowKind};
use skytrend_serve::screen::{PipelineStatus, ScreenModel};
use skytrend_serve::terminal::{Beginning, Ending, Feed};
use skytrend_serve::view::{KeywordHistory, TrendView};
use skytrend_serve::{KeywordKey, plain, terminal};
use tracing::info;

use crate::status::Status;
use crate::supervisor::{Shutdown, Supervisor};

/// Between two drawings: quick enough to look alive, slow enough to cost nothing.
const REFRESH: Duration = Duration::from_millis(250);

/// Whether [`start`] will take the terminal over.
pub fn is_terminal() -> bool {
    terminal::is_available()
}

/// Starts showing what this process finds.
pub fn start(supervisor: &mut Supervisor, view: &Arc<TrendView>, status: &Arc<Status>) {
    let own = Own { view: Arc::clone(view), status: Arc::clone(status) };
    let shutdown = supervisor.shutdown();
    let beginning = Beginning { window: WindowKind::Sliding, language: None };
    supervisor.thread("show", move || {
        let tell = |waiting: &str| info!(waiting, "no trends yet");
        show(own, beginning, &shutdown, tell)
    });
}

/// Shows what the feed gives until a person or `shutdown` ends it. Where there is no terminal, `tell` is told what is
/// waited for.
pub fn show(
    feed: impl Feed,
    beginning: Beginning,
    shutdown: &Shutdown,
    tell: impl FnMut(&str),
) -> anyhow::Result<()> {
    if !is_terminal() {
        return blocks(feed, &beginning, shutdown, tell);
    }
    let stopping = shutdown.clone();
    if terminal::run(beginning, REFRESH, move || stopping.is_requested(), feed)? == Ending::Asked {
        shutdown.request();
    }
    Ok(())
}

/// A block of text whenever there is a new window.
fn blocks(
    mut feed: impl Feed,
    beginning: &Beginning,
    shutdown: &Shutdown,
    mut tell: impl FnMut(&str),
) -> anyhow::Result<()> {
    let mut shown: Option<Micros> = None;
    let mut told = String::new();
    while !shutdown.is_requested() {
        let model = in_language(feed.model(beginning.window), beginning.language.as_deref());
        if model.window_end != shown && model.window_end.is_some() {
            plain::write(&model, &mut std::io::stdout().lock())?;
        } else if let Some(waiting) = waiting(&model).filter(|waiting| *waiting != told) {
            tell(waiting);
            waiting.clone_into(&mut told);
        }
        shown = model.window_end;
        std::thread::sleep(REFRESH);
    }
    Ok(())
}

/// Only the trends of this language, if there is one.
pub fn in_language(mut model: ScreenModel, language: Option<&str>) -> ScreenModel {
    model.trends.retain(|trend| language.is_none_or(|language| trend.language == language));
    model
}

/// What is to be told where no block is: that the server is away, without the seconds that count down in it, or what is
/// waited for before the first window.
fn waiting(model: &ScreenModel) -> Option<&str> {
    match (&model.notice, model.window_end) {
        (Some(notice), _) => notice.split("; next try").next(),
        (None, None) => model.waiting.first().map(String::as_str),
        (None, Some(_)) => None,
    }
}

/// This process's own view and state.
struct Own {
    view: Arc<TrendView>,
    status: Arc<Status>,
}

impl Feed for Own {
    fn model(&mut self, window: WindowKind) -> ScreenModel {
        let mut model = ScreenModel { dashboard: self.status.dashboard(), ..ScreenModel::default() };
        model.show(&self.view.snapshot(), window);
        // By the form that goes over the wire, as a screen elsewhere gets it.
        let status =
            serde_json::to_value(self.status.report()).and_then(serde_json::from_value::<PipelineStatus>);
        model.tell(&status.expect("a status is read as it is written"));
        model
    }

    fn history(&mut self, keyword: &KeywordKey) -> Option<KeywordHistory> {
        self.view.history(keyword)
    }
}
