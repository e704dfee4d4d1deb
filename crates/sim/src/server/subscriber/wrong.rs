//! Doing the faults: what each of them does to a connection. Which one comes when is [`super::faults`]'s.

use std::time::Duration;

use futures_util::SinkExt;
use tokio::io::AsyncWriteExt;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::{END, Flow, GO_ON, Subscriber, packed};
use crate::Wire;
use crate::dice::Dice;
use crate::server::faults::Fault;
use crate::server::shared::Gate;
use crate::server::timeline::Place;
use crate::wire::firehose::unknown_frame;

/// A message beyond the protocol's 5,000,000 bytes.
const OVERSIZED: usize = 5_100_000;

impl Subscriber {
    pub(super) async fn go_wrong(&mut self, fault: Fault, index: u64) -> Flow {
        self.record_sent();
        match fault {
            Fault::Drop => {}
            Fault::CutFrame => return self.cut().await,
            Fault::Stall(millis) => {
                self.socket.flush().await?;
                tokio::time::sleep(Duration::from_millis(millis.into())).await;
                return GO_ON;
            }
            Fault::Rewind(events) => {
                let back = index.saturating_sub(events.into()).max(self.shared.gate().floor);
                self.playhead = self.shared.seek(Place::Index(back)).await;
                return GO_ON;
            }
            Fault::Duplicate => {
                if let Some(event) = self.playhead.peek().cloned() {
                    self.feed(&event).await?;
                }
                return GO_ON;
            }
            Fault::Reorder => {
                self.playhead.swap();
                return GO_ON;
            }
            Fault::Clamp(events) => self.shared.change_gate(|gate| {
                gate.floor = index + u64::from(events);
                gate.is_silent = true;
            }),
            Fault::Reset(skipped) => self.reset(skipped),
            Fault::ConsumerTooSlow => {
                self.say_too_slow().await?;
                return END;
            }
            Fault::Garbage | Fault::UnknownType | Fault::Oversized => {
                for message in self.nonsense(fault) {
                    self.socket.feed(message).await?;
                }
                return GO_ON;
            }
            Fault::TooManyRequests(connections) => self.refuse_next(connections, "429 Too Many Requests"),
            Fault::Unavailable(connections) => self.refuse_next(connections, "503 Service Unavailable"),
        }
        self.close(CloseCode::Away).await?;
        END
    }

    /// From the event after the skipped ones on, sequence numbers begin at 1.
    fn reset(&mut self, skipped: u32) {
        for _ in 0..skipped {
            self.playhead.next();
        }
        if let Some(event) = self.playhead.peek() {
            let (floor, seq_offset) = (event.index, event.seq - 1);
            self.shared.change_gate(|gate| {
                *gate = Gate { floor, seq_offset, is_silent: false, ..*gate };
            });
        }
    }

    fn refuse_next(&self, connections: u32, status: &'static str) {
        self.shared.change_gate(|gate| gate.refusals = (connections > 0).then_some((connections, status)));
    }

    /// Messages that are none.
    fn nonsense(&mut self, fault: Fault) -> Vec<Message> {
        let Some(event) = self.playhead.peek().cloned() else { return Vec::new() };
        let seq = event.seq - self.seq_offset;
        match (fault, self.wire) {
            (Fault::Garbage, _) => {
                self.write(&event);
                self.messages.drain(..).map(|message| damaged(message, &mut self.dice)).collect()
            }
            (Fault::UnknownType, Wire::Firehose) => vec![Message::binary(unknown_frame(seq))],
            (Fault::UnknownType, Wire::JetstreamV1) => {
                let (did, time) = (&event.did, event.witnessed.0);
                let text = format!(
                    r#"{{"did":"{did}","time_us":{time},"kind":"weather","weather":{{"rain":true}}}}"#
                );
                vec![packed(&text, self.compressor.as_mut())]
            }
            (Fault::UnknownType, Wire::JetstreamV2) => {
                let text = r#"{"$type":"message","payload":{"$type":"network.bsky.jetstream.subscribeEvents#weather"}}"#;
                vec![packed(text, self.compressor.as_mut())]
            }
            (_, Wire::Firehose) => vec![Message::binary(vec![0xa2; OVERSIZED])],
            _ => vec![Message::text("x".repeat(OVERSIZED))],
        }
    }

    /// Ends TCP in the middle of a frame.
    async fn cut(&mut self) -> Flow {
        self.socket.flush().await?;
        // A binary frame that announces 4,096 bytes, and 100 of them.
        let mut part = vec![0x82, 126, 0x10, 0x00];
        part.resize(104, 0xa2);
        let stream = self.socket.get_mut();
        stream.write_all(&part).await?;
        stream.shutdown().await?;
        END
    }
}

/// A message that no decoder takes for sound: bits flipped, or JSON cut short.
fn damaged(message: Message, dice: &mut Dice) -> Message {
    match message {
        Message::Text(text) => {
            let cut = dice.index(text.chars().count());
            Message::text(text.chars().take(cut).collect::<String>())
        }
        other => {
            let mut bytes = other.into_data().to_vec();
            // The first byte says what a frame is: a map of two (0xa2), or the magic number of zstd.
            if let Some(first) = bytes.first_mut() {
                *first ^= 1 << dice.below(8);
            }
            Message::binary(bytes)
        }
    }
}
