//! One connection: the events in the clock's time, the faults, and what the client says. It decides nothing about
//! where the stream begins.

mod wrong;

use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{self, Message};

use super::cursor::{Greeting, Opening, SUBPROTOCOL};
use super::faults::{self, Fault};
use super::filter::Filter;
use super::http::{self, Request};
use super::shared::Shared;
use super::timeline::Playhead;
use crate::dice::Dice;
use crate::wire::firehose::{FrameEncoder, error_frame};
use crate::wire::jetstream::{JsonEncoder, JsonMessage, error_json};
use crate::{Wire, WorldEvent};

/// Events between two looks at the client and the clock.
const BATCH: usize = 128;

/// Whether the connection goes on.
type Flow = Result<ControlFlow<()>, tungstenite::Error>;
const GO_ON: Flow = Ok(ControlFlow::Continue(()));
const END: Flow = Ok(ControlFlow::Break(()));

struct Subscriber {
    shared: Arc<Shared>,
    wire: Wire,
    socket: WebSocketStream<TcpStream>,
    playhead: Playhead,
    seq_offset: i64,
    filter: Filter,
    compressor: Option<zstd::bulk::Compressor<'static>>,
    waits_for_hello: bool,
    dice: Dice,
    frames: FrameEncoder,
    json: JsonEncoder,
    messages: Vec<Message>,
    sent: Vec<u64>,
    sent_count: u64,
    opened: Instant,
    was_live: bool,
    /// Before which event a fault was done already, so that one of chance does not hold up the stream for ever.
    faulted: Option<u64>,
}

/// Completes the handshake and serves the stream until either side ends it.
pub(super) async fn run(
    stream: TcpStream,
    request: Request,
    shared: Arc<Shared>,
    opening: Opening,
    mut stopping: watch::Receiver<bool>,
) -> io::Result<()> {
    let subprotocol = (opening.wire == Wire::JetstreamV2).then_some(SUBPROTOCOL);
    let socket = http::accept(stream, request, subprotocol).await?;
    let ordinal = shared.ledger.connected(opening.wire);
    let compressor = opening.dictionary.map(|dictionary| dictionary.compressor()).transpose()?;
    let mut subscriber = Subscriber {
        wire: opening.wire,
        socket,
        playhead: opening.playhead,
        seq_offset: opening.seq_offset,
        filter: opening.filter,
        compressor,
        waits_for_hello: opening.waits_for_hello,
        dice: Dice::new(shared.settings.world.seed, "faults", ordinal),
        frames: shared.frames.clone(),
        json: JsonEncoder::default(),
        messages: Vec::with_capacity(4),
        sent: Vec::with_capacity(BATCH),
        sent_count: 0,
        opened: Instant::now(),
        was_live: false,
        faulted: None,
        shared,
    };
    match subscriber.serve(opening.greeting, &mut stopping).await {
        Ok(()) | Err(tungstenite::Error::ConnectionClosed | tungstenite::Error::AlreadyClosed) => Ok(()),
        Err(error) => Err(io::Error::other(error)),
    }
}

impl Subscriber {
    async fn serve(
        &mut self,
        greeting: Option<Greeting>,
        stopping: &mut watch::Receiver<bool>,
    ) -> Result<(), tungstenite::Error> {
        match greeting {
            Some(Greeting::Last(frame)) => {
                self.socket.send(Message::binary(frame)).await?;
                return self.close(CloseCode::Normal).await;
            }
            Some(Greeting::Frame(frame)) => self.socket.send(Message::binary(frame)).await?,
            Some(Greeting::Json(text)) => self.send_text(&text).await?,
            None => {}
        }
        loop {
            if *stopping.borrow() {
                return self.close(CloseCode::Away).await;
            }
            let due = self.send_due().await;
            self.record_sent();
            let wait = match due? {
                ControlFlow::Break(()) => return Ok(()),
                ControlFlow::Continue(wait) => wait,
            };
            self.socket.flush().await?;
            let heard = tokio::select! {
                biased;
                _ = stopping.wait_for(|stop| *stop) => None,
                heard = self.socket.next() => Some(heard),
                () = pause(wait) => None,
            };
            if let Some(heard) = heard
                && self.hear(heard).await?.is_break()
            {
                return Ok(());
            }
        }
    }

    /// Sends what is due, a batch at most. Says how long there is nothing to send; none: something is due already.
    async fn send_due(&mut self) -> Result<ControlFlow<(), Option<Duration>>, tungstenite::Error> {
        const LONG: Duration = Duration::from_secs(3600);
        for _ in 0..BATCH {
            if self.waits_for_hello {
                return Ok(ControlFlow::Continue(Some(LONG)));
            }
            let Some(event) = self.playhead.peek() else {
                self.was_live = true;
                self.record_sent();
                self.socket.flush().await?;
                self.shared.mark_end_sent();
                return Ok(ControlFlow::Continue(Some(LONG)));
            };
            let (index, witnessed) = (event.index, event.witnessed);
            if witnessed > self.shared.now() {
                self.was_live = true;
                return Ok(ControlFlow::Continue(Some(self.shared.wait_for(witnessed))));
            }
            if let Some(wait) = self.wait_for_rate() {
                return Ok(ControlFlow::Continue(Some(wait)));
            }
            if self.is_too_slow(index) {
                self.say_too_slow().await?;
                return Ok(ControlFlow::Break(()));
            }
            if let Some(fault) = self.fault_before(index) {
                self.shared.ledger.fault(self.wire, index, fault);
                if self.go_wrong(fault, index).await?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
                continue;
            }
            if let Some(event) = self.playhead.next() {
                self.feed(&event).await?;
                self.sent.push(event.index);
                self.sent_count += 1;
                self.shared.advance_tip(&event);
            }
        }
        Ok(ControlFlow::Continue(None))
    }

    fn record_sent(&mut self) {
        if !self.sent.is_empty() {
            self.shared.ledger.sent(self.wire, &self.sent);
            self.shared.offer_copy(&self.playhead);
            self.sent.clear();
        }
    }

    fn wait_for_rate(&self) -> Option<Duration> {
        let rate = self.shared.settings.rate_max?;
        let due = Duration::from_secs_f64(self.sent_count as f64 / f64::from(rate.max(1)));
        due.checked_sub(self.opened.elapsed()).filter(|wait| !wait.is_zero())
    }

    fn is_too_slow(&self, index: u64) -> bool {
        let lag = self.shared.tip.borrow().next_index.saturating_sub(index);
        self.wire == Wire::Firehose
            && self.was_live
            && self.shared.settings.consumer_lag_max.is_some_and(|most| lag > most)
    }

    fn fault_before(&mut self, index: u64) -> Option<Fault> {
        if let Some(fault) = self.shared.scripted_fault(index) {
            return Some(fault);
        }
        if self.faulted == Some(index) {
            return None;
        }
        let fault = faults::draw(&self.shared.settings.faults, &mut self.dice)?;
        self.faulted = Some(index);
        Some(fault)
    }

    /// The messages of an event, as this reader gets them, in `self.messages`.
    fn write(&mut self, event: &WorldEvent) {
        let seq = event.seq - self.seq_offset;
        self.messages.clear();
        let (filter, compressor, messages) = (&self.filter, &mut self.compressor, &mut self.messages);
        let keep = |message: JsonMessage<'_>| {
            if filter.wants(&message) {
                messages.push(packed(message.json, compressor.as_mut()));
            }
        };
        match self.wire {
            Wire::Firehose => {
                let frame = self.frames.encode(event, seq);
                messages.push(Message::Binary(Bytes::copy_from_slice(frame)));
            }
            Wire::JetstreamV1 => self.json.v1(event, seq, keep),
            Wire::JetstreamV2 => self.json.v2(event, seq, keep),
        }
    }

    async fn feed(&mut self, event: &WorldEvent) -> Result<(), tungstenite::Error> {
        self.write(event);
        for message in self.messages.drain(..) {
            self.socket.feed(message).await?;
        }
        Ok(())
    }

    async fn send_text(&mut self, text: &str) -> Result<(), tungstenite::Error> {
        let message = packed(text, self.compressor.as_mut());
        self.socket.send(message).await
    }

    async fn say_too_slow(&mut self) -> Result<(), tungstenite::Error> {
        const TEXT: &str = "the reader is too far behind";
        match self.wire {
            Wire::Firehose => self.socket.send(Message::binary(error_frame("ConsumerTooSlow", TEXT))).await?,
            Wire::JetstreamV2 => self.send_text(&error_json("ConsumerTooSlow", TEXT)).await?,
            Wire::JetstreamV1 => {}
        }
        self.close(CloseCode::Policy).await
    }

    /// Closes politely: what was sent is read before the client sees the end.
    async fn close(&mut self, code: CloseCode) -> Result<(), tungstenite::Error> {
        const PATIENCE: Duration = Duration::from_secs(2);
        self.socket.close(Some(CloseFrame { code, reason: "".into() })).await?;
        let rest = async { while let Some(Ok(_)) = self.socket.next().await {} };
        let _ = tokio::time::timeout(PATIENCE, rest).await;
        Ok(())
    }

    /// What a client says: new filters in version 1, nothing else anywhere.
    async fn hear(&mut self, heard: Option<Result<Message, tungstenite::Error>>) -> Flow {
        let Some(message) = heard.transpose()? else { return END };
        match message {
            Message::Close(_) => return END,
            Message::Text(text) if self.wire == Wire::JetstreamV1 => match Filter::update(&text) {
                Ok(Some(filter)) => {
                    self.filter = filter;
                    self.waits_for_hello = false;
                }
                Ok(None) => {}
                Err(code) => {
                    self.close(code).await?;
                    return END;
                }
            },
            // No client messages are allowed in version 2; relays ignore them.
            Message::Text(_) | Message::Binary(_) if self.wire == Wire::JetstreamV2 => {
                self.close(CloseCode::Policy).await?;
                return END;
            }
            _ => {}
        }
        GO_ON
    }
}

async fn pause(wait: Option<Duration>) {
    match wait {
        // Timers have a resolution of a millisecond; shorter waits would spin.
        Some(wait) => tokio::time::sleep(wait.max(Duration::from_millis(1))).await,
        None => tokio::task::yield_now().await,
    }
}

fn packed(text: &str, compressor: Option<&mut zstd::bulk::Compressor<'static>>) -> Message {
    match compressor.map(|compressor| compressor.compress(text.as_bytes())) {
        Some(Ok(bytes)) => Message::binary(bytes),
        _ => Message::text(text),
    }
}
