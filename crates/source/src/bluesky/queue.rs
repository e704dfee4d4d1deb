//! What the client has read and the pipeline has not yet taken: bounded in messages and in bytes. The client never
//! waits for room (a socket that isn't read is closed by the server, and then catch-up begins anew): it is told that
//! the queue is full, closes the connection itself, and comes back when the queue is below half. The pipeline is a
//! plain thread that blocks here and takes everything there is at once.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use skytrend_event::Micros;
use tokio::sync::Notify;

use super::cursor::Request;
use super::hosts::Host;
use super::settings::QueueSettings;
use super::status::Ending;

/// What a message costs beside its own bytes.
const MESSAGE_OVERHEAD_BYTES: usize = size_of::<Delivery>();

/// Counts connections of one run of the client, from 1.
pub type Generation = u64;

/// What the client hands to the intake, in the order it happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Delivery {
    /// A connection stands; messages of this generation follow.
    Connected {
        /// The connection.
        generation: Generation,
        /// Whom it is to.
        host: Host,
        /// What was asked of the host.
        request: Request,
        /// The zstd dictionary of compressed messages; none when nothing is compressed.
        dictionary: Option<Bytes>,
    },
    /// One message.
    Message {
        /// The connection it came by.
        generation: Generation,
        /// As it came.
        bytes: Bytes,
        /// Whether the bytes are a zstd frame.
        compressed: bool,
        /// When it came, by our clock: for measuring, never for deciding.
        received: Micros,
    },
    /// A connection has ended; no message of its generation follows.
    Disconnected {
        /// The connection.
        generation: Generation,
        /// Why.
        ending: Ending,
    },
}

impl Delivery {
    fn cost_bytes(&self) -> usize {
        match self {
            Self::Message { bytes, .. } => bytes.len() + MESSAGE_OVERHEAD_BYTES,
            Self::Connected { .. } | Self::Disconnected { .. } => MESSAGE_OVERHEAD_BYTES,
        }
    }
}

/// The queue has no room for the batch: none of it was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

/// What [`Queue::drain`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drained {
    /// Something was taken.
    Some,
    /// Nothing came in time.
    TimedOut,
    /// Nothing is left and nothing will come: the client has ended.
    Closed,
}

#[derive(Debug, Default)]
struct Inner {
    deliveries: VecDeque<Delivery>,
    bytes: usize,
    closed: bool,
}

/// The queue between the client and the pipeline: one producer, one consumer.
#[derive(Debug)]
pub struct Queue {
    inner: Mutex<Inner>,
    filled: Condvar,
    half_empty: Notify,
    messages_max: usize,
    bytes_max: usize,
}

impl Queue {
    /// An empty queue.
    pub fn new(settings: &QueueSettings) -> Self {
        Self {
            inner: Mutex::default(),
            filled: Condvar::new(),
            half_empty: Notify::new(),
            messages_max: settings.messages_max,
            bytes_max: settings.bytes_max,
        }
    }

    /// Appends up to `max` deliveries to `out`, waiting up to `timeout` for the first.
    pub fn drain(&self, out: &mut VecDeque<Delivery>, max: usize, timeout: Duration) -> Drained {
        let deadline = Instant::now() + timeout;
        let mut inner = self.lock();
        while inner.deliveries.is_empty() {
            if inner.closed {
                return Drained::Closed;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Drained::TimedOut;
            }
            inner = self.filled.wait_timeout(inner, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        Self::take(&mut inner, out, max);
        if self.is_below_half(&inner) {
            self.half_empty.notify_one();
        }
        Drained::Some
    }

    /// Deliveries and bytes that wait.
    pub fn depth(&self) -> (usize, usize) {
        let inner = self.lock();
        (inner.deliveries.len(), inner.bytes)
    }

    /// Appends the whole batch, which is empty afterwards, or nothing of it. An empty queue takes any batch, so that
    /// one message above the limit doesn't stop the stream for ever.
    pub fn push_batch(&self, batch: &mut Vec<Delivery>) -> Result<(), Full> {
        let bytes: usize = batch.iter().map(Delivery::cost_bytes).sum();
        let mut inner = self.lock();
        let fits = inner.deliveries.len() + batch.len() <= self.messages_max
            && inner.bytes + bytes <= self.bytes_max;
        if !fits && !inner.deliveries.is_empty() {
            return Err(Full);
        }
        inner.bytes += bytes;
        inner.deliveries.extend(batch.drain(..));
        drop(inner);
        self.filled.notify_one();
        Ok(())
    }

    /// Appends word of a connection, also to a full queue: there are two for each connection, and none is begun while
    /// the queue is above half.
    pub fn push_event(&self, event: Delivery) {
        let mut inner = self.lock();
        inner.bytes += event.cost_bytes();
        inner.deliveries.push_back(event);
        drop(inner);
        self.filled.notify_one();
    }

    /// Nothing will come any more.
    pub fn close(&self) {
        self.lock().closed = true;
        self.filled.notify_all();
    }

    /// Waits until the queue is below half of both limits.
    pub(crate) async fn until_half_empty(&self) {
        loop {
            let notified = self.half_empty.notified();
            if self.is_below_half(&self.lock()) {
                return;
            }
            notified.await;
        }
    }

    fn is_below_half(&self, inner: &Inner) -> bool {
        inner.deliveries.is_empty()
            || (inner.deliveries.len() <= self.messages_max / 2 && inner.bytes <= self.bytes_max / 2)
    }

    fn take(inner: &mut Inner, out: &mut VecDeque<Delivery>, max: usize) {
        if out.is_empty() && inner.deliveries.len() <= max {
            // The usual case costs the lock two pointer swaps, whatever waits.
            std::mem::swap(out, &mut inner.deliveries);
            inner.bytes = 0;
            return;
        }
        let count = inner.deliveries.len().min(max);
        inner.bytes -= inner.deliveries.range(..count).map(Delivery::cost_bytes).sum::<usize>();
        out.extend(inner.deliveries.drain(..count));
    }

    // A panic elsewhere while the lock was held leaves the queue whole: each change is complete or not begun.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
