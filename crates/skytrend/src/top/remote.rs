//! A server's trends as they come: one thread follows the stream of each kind of window that is looked at, one asks for
//! the pipeline's headline and an open trend's past. Whoever shows them takes what is there and never waits.
//!
//! The threads are left to the end of the process: they wait in reads of a network that may be gone, and hold nothing
//! that would need to be put away.

use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use skytrend_event::{Micros, WindowKind};
use skytrend_serve::KeywordKey;
use skytrend_serve::screen::ScreenModel;
use skytrend_serve::terminal::Feed;
use skytrend_serve::view::KeywordHistory;

use super::received::{ALERTS_MAX, Received, TrendList, history};
use crate::api_client::ApiClient;
use crate::status::wall_clock;

/// Between two looks at the headline, and at the past of an open trend.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// A stream is renewed after so long. That its server has vanished is noticed by the looks, long before.
const RENEWED_AFTER: Duration = Duration::from_secs(60);

/// Pauses before connecting again, the last one from then on.
const PAUSES: [Duration; 4] =
    [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(5), Duration::from_secs(10)];

/// Trends of a list: the most that the API gives.
const TRENDS_MAX: usize = 500;

/// A server, followed.
pub struct Remote(Arc<Shared>);

struct Shared {
    client: ApiClient,
    state: Mutex<State>,
    /// Tells the looking thread that a trend was opened.
    opened: Condvar,
}

#[derive(Default)]
struct State {
    received: Received,
    has_status: bool,
    follows_tumbling: bool,
    /// Of the stream and of the looks: why it fails.
    stream_away: Option<Away>,
    looks_away: Option<Away>,
    /// Whose past is looked at.
    open: Option<KeywordKey>,
    has_new_window: bool,
}

/// The server does not answer.
struct Away {
    since: Micros,
    reason: String,
    next_try: Micros,
}

impl Remote {
    /// Begins to follow the server.
    pub fn start(client: ApiClient) -> anyhow::Result<Self> {
        let shared = Arc::new(Shared { client, state: Mutex::default(), opened: Condvar::new() });
        let (stream, looks) = (Arc::clone(&shared), Arc::clone(&shared));
        spawn("stream", move || stream.follow(WindowKind::Sliding))?;
        spawn("looks", move || looks.look())?;
        Ok(Self(shared))
    }
}

impl Feed for Remote {
    fn model(&mut self, window: WindowKind) -> ScreenModel {
        let mut state = self.0.state();
        if window == WindowKind::Tumbling && !state.follows_tumbling {
            let stream = Arc::clone(&self.0);
            state.follows_tumbling = spawn("stream", move || stream.follow(window)).is_ok();
        }
        let mut model = state.received.model(&self.0.client, window);
        let server = self.0.client.server();
        if let Some(away) = state.stream_away.as_ref().or(state.looks_away.as_ref()) {
            model.notice = Some(away.words(server, wall_clock()));
        }
        if !state.has_status {
            model.waiting = vec![format!("Waiting for {server} to answer")];
        }
        model
    }

    fn history(&mut self, keyword: &KeywordKey) -> Option<KeywordHistory> {
        let mut state = self.0.state();
        if state.open.as_ref() != Some(keyword) {
            state.open = Some(keyword.clone());
            state.received.history = None;
            self.0.opened.notify_one();
        }
        state.received.history.clone()
    }
}

/// What the server has now, asked once.
pub fn fetch(client: &ApiClient, window: WindowKind) -> anyhow::Result<Received> {
    let mut received = Received::default();
    let unreadable = "an answer that can't be read";
    received.status = serde_json::from_str(&client.get("/api/v1/status")?).context(unreadable)?;
    let list = client.get(&format!("/api/v1/trends?{}", list_query(window)))?;
    *received.list_mut(window) = TrendList::parse(&list).context(unreadable)?;
    received.take_alerts(&client.get(&format!("/api/v1/alerts?limit={ALERTS_MAX}"))?).context(unreadable)?;
    Ok(received)
}

fn list_query(window: WindowKind) -> String {
    let window = match window {
        WindowKind::Sliding => "sliding",
        WindowKind::Tumbling => "tumbling",
    };
    format!("window={window}&limit={TRENDS_MAX}")
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while it holds what was received")
    }

    /// Follows one kind of window, for ever.
    fn follow(&self, window: WindowKind) {
        let mut failures = 0;
        loop {
            if let Err(error) = self.follow_once(window, &mut failures) {
                let pause = PAUSES[failures.min(PAUSES.len() - 1)];
                failures += 1;
                Away::note(&mut self.state().stream_away, &error, pause);
                thread::sleep(pause);
            }
        }
    }

    /// Follows one connection to its renewal, or to the first error.
    fn follow_once(&self, window: WindowKind, failures: &mut usize) -> anyhow::Result<()> {
        let events = if window == WindowKind::Sliding { "all" } else { "trends" };
        let path = format!("/api/v1/stream?events={events}&{}", list_query(window));
        let stream = self.client.follow(&path, None, RENEWED_AFTER)?;
        if window == WindowKind::Sliding {
            // After the stream has begun, so that no alert falls between.
            let alerts = self.client.get(&format!("/api/v1/alerts?limit={ALERTS_MAX}"))?;
            self.state().received.take_alerts(&alerts).context("alerts that can't be read")?;
        }
        *failures = 0;
        self.state().stream_away = None;
        for event in stream {
            let event = match event {
                Ok(event) => event,
                Err(error) if error.is_renewal() => return Ok(()),
                Err(error) => return Err(error).context("the connection ended"),
            };
            match event.kind.as_str() {
                "trends" => {
                    let list = TrendList::parse(&event.data).context("trends that can't be read")?;
                    let mut state = self.state();
                    *state.received.list_mut(window) = list;
                    state.has_new_window = true;
                }
                "alert" => self.state().received.take_alert(&event.data),
                _ => {}
            }
        }
        anyhow::bail!("the server ended the connection")
    }

    /// Looks at the headline and at the past of the open trend, for ever.
    fn look(&self) {
        loop {
            let looked = self.look_once();
            let mut state = self.state();
            match looked {
                Ok(()) => state.looks_away = None,
                Err(error) => Away::note(&mut state.looks_away, &error, LOOK_EVERY),
            }
            // Woken before its time where a trend was opened; what comes of a poisoned lock is nothing new.
            drop(self.opened.wait_timeout(state, LOOK_EVERY));
        }
    }

    fn look_once(&self) -> anyhow::Result<()> {
        let status = serde_json::from_str(&self.client.get("/api/v1/status")?)
            .context("a status that can't be read")?;
        let open = {
            let mut state = self.state();
            (state.received.status, state.has_status) = (status, true);
            let is_due = state.received.history.is_none() || std::mem::take(&mut state.has_new_window);
            state.open.clone().filter(|_| is_due)
        };
        let Some(keyword) = open else { return Ok(()) };
        // A keyword whose past is no longer held is no failure of the server.
        let past = self.client.get(&format!("/api/v1/trends/{}", keyword.in_path())).ok();
        let past = past.and_then(|json| history(&json).ok());
        let mut state = self.state();
        if past.is_some() && state.open.as_ref() == Some(&keyword) {
            state.received.history = past;
        }
        Ok(())
    }
}

impl Away {
    /// Takes note of a failure; since when, is that of the first.
    fn note(away: &mut Option<Self>, error: &anyhow::Error, pause: Duration) {
        let now = wall_clock();
        let since = away.as_ref().map_or(now, |away| away.since);
        let pause = i64::try_from(pause.as_micros()).unwrap_or(i64::MAX);
        *away = Some(Self { since, reason: format!("{error:#}"), next_try: now.plus(pause) });
    }

    /// `http://a.example is away since 12:34:05 UTC: connection refused; next try in 4 s`.
    fn words(&self, server: &str, now: Micros) -> String {
        let since = self.since.to_rfc3339();
        let since = since.get(11..19).unwrap_or_default();
        let left = self.next_try.seconds_since(now).max(0.0).ceil();
        format!("{server} is away since {since} UTC: {}; next try in {left} s", self.reason)
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> anyhow::Result<()> {
    thread::Builder::new().name(name.to_owned()).spawn(work).context("can't start a thread")?;
    Ok(())
}
