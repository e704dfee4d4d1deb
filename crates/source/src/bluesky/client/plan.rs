//! Where the next connection begins: the position so far, and the detours around a server's refusals. Pure.

use std::collections::VecDeque;

use bytes::Bytes;
use skytrend_event::Micros;

use super::connection::Connection;
use crate::bluesky::cursor::{Because, Cursor, Position, Request};
use crate::bluesky::hosts::Host;
use crate::bluesky::read::{self, Unpacker};
use crate::bluesky::settings::{Protocol, Settings};
use crate::wire::Message;

/// The last messages of a connection, each with whether it is compressed.
pub(super) type Recent = VecDeque<(Bytes, bool)>;

/// Where the next connection begins.
#[derive(Debug)]
pub(super) struct Plan {
    position: Option<Position>,
    detour: Option<Request>,
}

impl Plan {
    pub(super) fn new(start: Option<Position>) -> Self {
        Self { position: start, detour: None }
    }

    /// The host whose numbers our position counts in.
    pub(super) fn host(&self) -> Option<&str> {
        self.position.as_ref().map(|position| position.host.as_str())
    }

    /// What to ask of the host.
    pub(super) fn request(&self, host: &Host, settings: &Settings) -> Request {
        self.detour.unwrap_or_else(|| Position::request(self.position.as_ref(), &host.to_string(), settings))
    }

    /// The server keeps nothing as old as our position: ask by time, which it raises; if that fails too, live.
    pub(super) fn cursor_too_old(&mut self, settings: &Settings) {
        let live = Request { cursor: Cursor::Live, because: Because::CursorTooOld };
        self.detour = match (&self.position, self.detour) {
            (Some(position), None) => Some(position.request_by_time(settings)),
            _ => Some(live),
        };
    }

    /// The server's numbers began anew: ask for all it has.
    pub(super) fn begin_anew(&mut self) {
        self.detour = Some(Request { cursor: Cursor::Oldest, because: Because::FutureCursor });
    }

    /// Takes the position from the last messages of a connection; returns the name of the error that the server ended
    /// it with, if it did.
    pub(super) fn ended(
        &mut self,
        host: &Host,
        protocol: Protocol,
        connection: &Connection,
        recent: &Recent,
    ) -> Option<String> {
        let mut unpacker = Unpacker::new(connection.dictionary.as_ref().map(|dictionary| &dictionary.bytes));
        let (mut seq, mut times, mut error) = (None, Vec::new(), None);
        for (bytes, compressed) in recent {
            let Ok(plain) = unpacker.plain(bytes, *compressed) else { continue };
            let Ok(message) = read::decode(protocol, plain) else { continue };
            if let Message::Error { error: name, .. } = &message {
                error = Some(name.chars().take(100).collect());
            }
            if let Some(place) = read::place(&message) {
                seq = place.seq.or(seq);
                times.push(place.time);
            }
        }
        if let Some(time) = median(times) {
            self.position = Some(Position { host: host.to_string(), seq, time });
            self.detour = None;
        }
        error
    }
}

/// The median: one message with a broken clock must not send us years away.
fn median(mut times: Vec<Micros>) -> Option<Micros> {
    times.sort_unstable();
    times.get(times.len() / 2).copied()
}
