//! One connection: reads messages in batches into the queue until it ends, and says how it ended. It answers pings,
//! sends its own, and watches for silence.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_tungstenite::tungstenite::{self, Message};

use super::plan::Recent;
use super::{Client, Command, Signal, wall_clock};
use crate::bluesky::connect::WebSocket;
use crate::bluesky::cursor::Request;
use crate::bluesky::dictionary::Dictionary;
use crate::bluesky::queue::{Delivery, Generation};
use crate::bluesky::stale::StaleWatch;
use crate::bluesky::status::Ending;

/// Messages handed over under one lock; more gains nothing.
const BATCH_MESSAGES_MAX: usize = 256;
/// Bytes after which a batch is handed over.
const BATCH_BYTES_MAX: usize = 1024 * 1024;
/// The last messages that are kept to learn the position from, should some of them be unreadable.
const RECENT_MESSAGES: usize = 9;
/// How long a ping or a goodbye may take to leave; a peer that reads nothing is as good as gone.
const SEND_TIMEOUT: Duration = Duration::from_secs(2);

/// A connection that stands.
pub(super) struct Connection {
    pub(super) socket: WebSocket,
    /// What was asked for.
    pub(super) request: Request,
    /// What its binary messages are compressed with, if they are.
    pub(super) dictionary: Option<Dictionary>,
}

/// What is left of a connection.
pub(super) struct Farewell {
    pub(super) ending: Ending,
    /// The command that ended it.
    pub(super) command: Option<Command>,
    /// Messages that reached the queue.
    pub(super) messages: u64,
    /// The last of them.
    pub(super) recent: Recent,
}

/// What is gathered while a connection is read.
struct Progress {
    generation: Generation,
    batch: Vec<Delivery>,
    batch_bytes: usize,
    batch_messages_max: usize,
    messages: u64,
    recent: Recent,
    pings_unanswered: u32,
}

impl Connection {
    /// Reads until it ends.
    pub(super) async fn read(&mut self, generation: Generation, client: &mut Client) -> Farewell {
        let batch_messages_max = BATCH_MESSAGES_MAX.min(client.settings.queue.messages_max / 2).max(1);
        let mut progress = Progress {
            generation,
            batch: Vec::with_capacity(batch_messages_max),
            batch_bytes: 0,
            batch_messages_max,
            messages: 0,
            recent: Recent::new(),
            pings_unanswered: 0,
        };
        let (ending, command) = self.read_batches(&mut progress, client).await;
        if ending.is_ours() {
            // Politeness: what we close ourselves, the server needn't find out by a timeout.
            let _ = tokio::time::timeout(SEND_TIMEOUT, self.socket.close(None)).await;
        }
        Farewell { ending, command, messages: progress.messages, recent: progress.recent }
    }

    async fn read_batches(
        &mut self,
        progress: &mut Progress,
        client: &mut Client,
    ) -> (Ending, Option<Command>) {
        let started = client.started;
        let mut watch = StaleWatch::new(client.settings.stale.clone(), started.elapsed());
        let ping_interval = Duration::from_millis(client.settings.connection.ping_interval_millis.max(1));
        let mut ping = tokio::time::interval_at(Instant::now() + ping_interval, ping_interval);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let stale_at = started
                .checked_add(watch.deadline())
                .unwrap_or_else(|| started + Duration::from_secs(86_400));
            tokio::select! {
                biased;
                signal = client.signals.next() => return match signal {
                    Signal::Shutdown => (Ending::Shutdown, None),
                    Signal::Command(command) => (Ending::Commanded, Some(command)),
                },
                _ = ping.tick() => {
                    progress.pings_unanswered += 1;
                    if progress.pings_unanswered > client.settings.connection.pings_unanswered_max {
                        return (Ending::PingTimeout, None);
                    }
                    if let Err(ending) = self.send_ping().await {
                        return (ending, None);
                    }
                }
                first = self.socket.next() => {
                    let result = self.take_batch(first, progress);
                    let count = progress.batch.len();
                    if count > 0 {
                        watch.arrived(count, started.elapsed());
                    }
                    // What came before the end is handed over before the end is told.
                    if let Err(ending) = hand_over(progress, client).and(result) {
                        return (ending, None);
                    }
                }
                () = tokio::time::sleep_until(stale_at) => {
                    let silence_millis = u64::try_from(watch.patience().as_millis()).unwrap_or(u64::MAX);
                    return (Ending::Stale { silence_millis }, None);
                }
            }
        }
    }

    /// Takes what has arrived already, without waiting, into the batch.
    fn take_batch(
        &mut self,
        first: Option<tungstenite::Result<Message>>,
        progress: &mut Progress,
    ) -> Result<(), Ending> {
        let received = wall_clock();
        let has_dictionary = self.dictionary.is_some();
        let mut next = Some(first);
        while let Some(message) = next {
            progress.pings_unanswered = 0;
            let (bytes, binary) = match message {
                Some(Ok(Message::Binary(bytes))) => (bytes, true),
                Some(Ok(Message::Text(text))) => (Bytes::from(text), false),
                Some(Ok(Message::Close(frame))) => return Err(closed(frame)),
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {
                    next = self.socket.next().now_or_never();
                    continue;
                }
                Some(Err(error)) => return Err(failed(&error)),
                None => return Err(closed(None)),
            };
            progress.batch_bytes += bytes.len();
            let (generation, compressed) = (progress.generation, binary && has_dictionary);
            progress.batch.push(Delivery::Message { generation, bytes, compressed, received });
            let is_full = progress.batch.len() >= progress.batch_messages_max;
            if is_full || progress.batch_bytes >= BATCH_BYTES_MAX {
                break;
            }
            next = self.socket.next().now_or_never();
        }
        Ok(())
    }

    async fn send_ping(&mut self) -> Result<(), Ending> {
        match tokio::time::timeout(SEND_TIMEOUT, self.socket.send(Message::Ping(Bytes::new()))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(failed(&error)),
            Err(_) => Err(Ending::PingTimeout),
        }
    }
}

/// Gives the batch to the pipeline.
fn hand_over(progress: &mut Progress, client: &mut Client) -> Result<(), Ending> {
    if progress.batch.is_empty() {
        return Ok(());
    }
    let count = progress.batch.len();
    let tail = progress.batch.iter().skip(count.saturating_sub(RECENT_MESSAGES));
    let tail: Vec<_> = tail
        .filter_map(|delivery| match delivery {
            Delivery::Message { bytes, compressed, .. } => Some((bytes.clone(), *compressed)),
            Delivery::Connected { .. } | Delivery::Disconnected { .. } => None,
        })
        .collect();
    client.metrics.received(count, std::mem::take(&mut progress.batch_bytes));
    let pushed = client.queue.push_batch(&mut progress.batch);
    client.metrics.queue_depth(client.queue.depth());
    if pushed.is_err() {
        return Err(Ending::QueueFull);
    }
    progress.recent.extend(tail);
    while progress.recent.len() > RECENT_MESSAGES {
        progress.recent.pop_front();
    }
    if progress.messages == 0 {
        client.status.send_modify(|status| status.attempts = 0);
    }
    progress.messages += count as u64;
    Ok(())
}

fn closed(frame: Option<tungstenite::protocol::CloseFrame>) -> Ending {
    frame.map_or(Ending::Closed { code: 0, reason: String::new() }, |frame| Ending::Closed {
        code: frame.code.into(),
        reason: frame.reason.to_string(),
    })
}

fn failed(error: &tungstenite::Error) -> Ending {
    use tungstenite::error::ProtocolError;

    let detail = error.to_string();
    match error {
        tungstenite::Error::ConnectionClosed | tungstenite::Error::AlreadyClosed => closed(None),
        tungstenite::Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => {
            Ending::Network { detail }
        }
        tungstenite::Error::Capacity(_) | tungstenite::Error::Protocol(_) | tungstenite::Error::Utf8(_) => {
            Ending::Protocol { detail }
        }
        _ => Ending::Network { detail },
    }
}
