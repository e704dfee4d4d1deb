//! A running client, its queue, and messages for it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use skytrend_event::Micros;
use skytrend_source::bluesky::cursor::{Position, Request};
use skytrend_source::bluesky::settings::{BackoffSettings, ConnectionSettings, StaleSettings};
use skytrend_source::bluesky::status::Ending;
use skytrend_source::bluesky::{
    ClientError, Command, Delivery, Drained, Protocol, Queue, Settings, Status, run,
};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;

use crate::build;

/// Far longer than anything here takes; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// 2026-07-04T12:00:00Z.
pub const T0: i64 = 1_783_166_400_000_000;

/// Settings with short delays, so that what must be waited for comes soon.
pub fn settings(protocol: Protocol, hosts: &[String]) -> Settings {
    Settings {
        protocol,
        hosts: hosts.to_vec(),
        collections: vec!["app.bsky.feed.post".into()],
        compress: false,
        jitter_seed: Some(1),
        connection: ConnectionSettings { connect_timeout_millis: 20_000, ..Default::default() },
        backoff: BackoffSettings { base_millis: 1, max_millis: 5, ..Default::default() },
        stale: StaleSettings { floor_millis: 60_000, ..Default::default() },
        ..Settings::default()
    }
}

/// Jetstream v2's message with this number.
pub fn event(seq: i64) -> Message {
    Message::text(event_text(seq))
}

pub fn event_text(seq: i64) -> String {
    let (did, time) = (build::DID, build::TIME);
    let identity = json!({"did": did, "seq": 1, "time": time});
    let kind = "network.bsky.jetstream.subscribeEvents#identity";
    let payload = json!({"$type": kind, "seq": seq, "did": did, "time": time, "identity": identity});
    json!({"$type": "message", "payload": payload}).to_string()
}

/// Jetstream v1's message of this time.
pub fn line(time_us: i64) -> Message {
    let identity = json!({"did": build::DID, "seq": 1, "time": build::TIME});
    Message::text(
        json!({"did": build::DID, "time_us": time_us, "kind": "identity", "identity": identity}).to_string(),
    )
}

/// The firehose's message with this number.
pub fn frame(seq: i64) -> Message {
    let body = json!({"seq": seq, "did": build::DID, "time": build::TIME});
    Message::binary(build::frame(&json!({"op": 1, "t": "#identity"}), &body))
}

pub fn position(host: &str, seq: Option<i64>) -> Position {
    Position { host: host.to_owned(), seq, time: Micros(T0) }
}

pub struct Client {
    pub queue: Arc<Queue>,
    pub commands: mpsc::Sender<Command>,
    pub status: watch::Receiver<Status>,
    shutdown: watch::Sender<bool>,
    inbox: VecDeque<Delivery>,
    task: JoinSet<Result<(), ClientError>>,
}

impl Client {
    pub fn start(settings: Settings, start: Option<Position>) -> Self {
        let queue = Arc::new(Queue::new(&settings.queue));
        let (commands, command_receiver) = mpsc::channel(4);
        let (status_sender, status) = watch::channel(Status::default());
        let (shutdown, shutdown_receiver) = watch::channel(false);
        let mut task = JoinSet::new();
        task.spawn(run(
            settings,
            start,
            Arc::clone(&queue),
            command_receiver,
            status_sender,
            shutdown_receiver,
        ));
        Self { queue, commands, status, shutdown, inbox: VecDeque::new(), task }
    }

    /// The next delivery.
    pub async fn next(&mut self) -> Delivery {
        if self.inbox.is_empty() {
            let (queue, mut inbox) = (Arc::clone(&self.queue), std::mem::take(&mut self.inbox));
            // The pipeline is a plain thread, and blocks.
            let waited = tokio::task::spawn_blocking(move || {
                let drained = queue.drain(&mut inbox, usize::MAX, PATIENCE);
                (drained, inbox)
            });
            let (drained, inbox) = waited.await.unwrap();
            assert_eq!(drained, Drained::Some);
            self.inbox = inbox;
        }
        self.inbox.pop_front().unwrap()
    }

    /// The next delivery, which is a connection.
    pub async fn connected(&mut self) -> Request {
        match self.next().await {
            Delivery::Connected { request, .. } => request,
            other => panic!("a connection expected, not {other:?}"),
        }
    }

    /// The next delivery, which is a message.
    pub async fn message(&mut self) -> (Vec<u8>, bool) {
        match self.next().await {
            Delivery::Message { bytes, compressed, .. } => (bytes.to_vec(), compressed),
            other => panic!("a message expected, not {other:?}"),
        }
    }

    /// What ends the present connection, after any messages.
    pub async fn ending(&mut self) -> Ending {
        loop {
            match self.next().await {
                Delivery::Disconnected { ending, .. } => return ending,
                Delivery::Message { .. } => {}
                Delivery::Connected { .. } => panic!("the connection before has not ended"),
            }
        }
    }

    pub async fn until(&mut self, wanted: impl FnMut(&Status) -> bool) -> Status {
        tokio::time::timeout(PATIENCE, self.status.wait_for(wanted)).await.unwrap().unwrap().clone()
    }

    /// How it ends by itself.
    pub async fn result(mut self) -> Result<(), ClientError> {
        tokio::time::timeout(PATIENCE, self.task.join_next()).await.unwrap().unwrap().unwrap()
    }

    /// Ends it; everything must be closed afterwards.
    pub async fn stop(self) {
        self.shutdown.send(true).unwrap();
        let queue = Arc::clone(&self.queue);
        assert!(self.result().await.is_ok());
        let mut rest = VecDeque::new();
        while queue.drain(&mut rest, usize::MAX, Duration::ZERO) == Drained::Some {}
        assert_eq!(queue.drain(&mut rest, 1, PATIENCE), Drained::Closed);
    }
}
