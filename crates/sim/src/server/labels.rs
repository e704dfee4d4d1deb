//! One connection to the simulated labeler: the labels of the world's posts, each when the newest event is far enough
//! past its post, so that a label follows its post also where readers set the pace. A cursor means what it means on
//! the firehose.

use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{self, Message};

use super::cursor::{Greeting, Opening};
use super::http::{self, Request};
use super::shared::Shared;
use super::timeline::Playhead;
use crate::wire::labels::label_frame;

/// Serves the stream until either side ends it.
pub(super) async fn run(
    stream: TcpStream,
    request: Request,
    shared: Arc<Shared>,
    opening: Opening,
    mut stopping: watch::Receiver<bool>,
) -> io::Result<()> {
    let socket = http::accept(stream, request, None).await?;
    let Opening { playhead, seq_offset, greeting, .. } = opening;
    let mut subscriber = Subscriber { shared, socket, playhead, seq_offset, sent: 0 };
    match subscriber.serve(greeting, &mut stopping).await {
        Ok(()) | Err(tungstenite::Error::ConnectionClosed | tungstenite::Error::AlreadyClosed) => Ok(()),
        Err(error) => Err(io::Error::other(error)),
    }
}

struct Subscriber {
    shared: Arc<Shared>,
    socket: WebSocketStream<TcpStream>,
    playhead: Playhead,
    seq_offset: i64,
    sent: u32,
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
                return self.socket.close(None).await;
            }
            Some(Greeting::Frame(frame)) => self.socket.send(Message::binary(frame)).await?,
            Some(Greeting::Json(_)) | None => {}
        }
        let mut tip = self.shared.tip.subscribe();
        loop {
            if self.send_due().await?.is_break() {
                return Ok(());
            }
            if *stopping.borrow() {
                return self.socket.close(None).await;
            }
            let heard = tokio::select! {
                biased;
                _ = stopping.changed() => continue,
                heard = self.socket.next() => heard,
                // The sender lives as long as `shared`, so waiting cannot fail.
                _ = tip.changed() => continue,
            };
            if matches!(heard.transpose()?, None | Some(Message::Close(_))) {
                return Ok(());
            }
        }
    }

    /// Sends the labels that are due; breaks where the connection is to be cut.
    async fn send_due(&mut self) -> Result<ControlFlow<()>, tungstenite::Error> {
        let settings = &self.shared.settings;
        let (labelling, seed) = (settings.labelling, settings.world.seed);
        while let Some(event) = self.playhead.peek() {
            let tip = *self.shared.tip.borrow();
            if !tip.end_sent && tip.witnessed < event.witnessed.plus(labelling.delay) {
                break;
            }
            if let Some(label) = labelling.label(seed, event) {
                self.socket.send(Message::binary(label_frame(&label, label.seq - self.seq_offset))).await?;
                self.sent += 1;
            }
            self.playhead.next();
            if labelling.cut_after.is_some_and(|most| self.sent >= most) {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}
