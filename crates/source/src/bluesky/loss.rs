//! What a connection has cost: servers start later than asked, earlier, or elsewhere, and mostly do not say so. The
//! first message of each connection is compared with what was asked and with the last message before, and exactly one
//! [`Outcome`] is counted, with an estimate of what was missed. Pure.

use skytrend_event::{Micros, time};

use super::cursor::{Because, Cursor, Position, Request};
use crate::wire::Place;

/// How a connection began, compared with what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Nothing had been read before: nothing to lose.
    Live,
    /// Exactly where we were, or with an overlap.
    Resumed,
    /// The server started later than asked, saying so or not: what lies between is lost.
    Clamped,
    /// The server started earlier than asked; what we have already is passed over.
    Rewound,
    /// Our position could not be asked for, so the stream went on with the present: what lies between is lost.
    Gap,
    /// The server's numbers began anew.
    Reset,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Live, Self::Resumed, Self::Clamped, Self::Rewound, Self::Gap, Self::Reset];

    /// `live`, `resumed`, `clamped`, `rewound`, `gap`, `reset`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Resumed => "resumed",
            Self::Clamped => "clamped",
            Self::Rewound => "rewound",
            Self::Gap => "gap",
            Self::Reset => "reset",
        }
    }
}

/// What is known of one connection's beginning.
#[derive(Clone, Debug, PartialEq)]
pub struct LossReport {
    /// The verdict.
    pub outcome: Outcome,
    /// The host.
    pub host: String,
    /// The estimate of missed messages: by sequence numbers where they compare, else by rate and time.
    pub missed_messages: u64,
    /// The stream time that was missed, in microseconds.
    pub missed_micros: u64,
}

/// All connections together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Losses {
    /// Connections by outcome, in the order of [`Outcome::ALL`].
    pub outcomes: [u64; Outcome::ALL.len()],
    /// The estimate of missed messages.
    pub missed_messages: u64,
    /// The stream time that was missed, in microseconds.
    pub missed_micros: u64,
    /// The last connection.
    pub last: Option<LossReport>,
}

impl Losses {
    /// How many connections had this outcome.
    pub fn count(&self, outcome: Outcome) -> u64 {
        self.outcomes[outcome as usize]
    }

    pub(crate) fn add(&mut self, report: LossReport) {
        self.outcomes[report.outcome as usize] += 1;
        self.missed_messages = self.missed_messages.saturating_add(report.missed_messages);
        self.missed_micros = self.missed_micros.saturating_add(report.missed_micros);
        self.last = Some(report);
    }
}

/// The beginning of a connection.
pub(crate) struct Arrival<'a> {
    pub(crate) request: Request,
    pub(crate) host: &'a str,
    /// The last message before it, if there was one.
    pub(crate) before: Option<&'a Position>,
    /// Its first message.
    pub(crate) first: Place,
    /// Whether the server said `OutdatedCursor`.
    pub(crate) said_outdated: bool,
    pub(crate) rates: Rates,
    /// Silence, and difference of two hosts' clocks, up to this is no loss.
    pub(crate) tolerance_micros: i64,
}

impl Arrival<'_> {
    /// The verdict.
    pub(crate) fn report(&self) -> LossReport {
        let report = |outcome, missed_messages, missed_micros| {
            let host = self.host.to_owned();
            LossReport { outcome, host, missed_messages, missed_micros }
        };
        let Some(before) = self.before else { return report(Outcome::Live, 0, 0) };
        let ahead = self.first.time.0.saturating_sub(before.time.0);
        let outcome = self.outcome(ahead);
        if !matches!(outcome, Outcome::Clamped | Outcome::Gap | Outcome::Reset) || ahead <= 0 {
            return report(outcome, 0, 0);
        }
        let by_rate = self.rates.messages_per_sec * Micros(ahead).seconds_since(Micros(0));
        let missed = match (before.seq, self.first.seq) {
            (Some(last), Some(first))
                if before.host == self.host && first > last && outcome != Outcome::Reset =>
            {
                (first - last - 1) as f64 / self.rates.seqs_per_message
            }
            _ => by_rate,
        };
        report(outcome, whole(missed), ahead.unsigned_abs())
    }

    /// `ahead`: how far the first message lies after the last one before, in microseconds.
    fn outcome(&self, ahead: i64) -> Outcome {
        let is_late = ahead > self.tolerance_micros;
        match self.request.cursor {
            _ if self.request.because == Because::FutureCursor => Outcome::Reset,
            Cursor::Live => Outcome::Gap,
            _ if self.said_outdated => Outcome::Clamped,
            Cursor::Oldest | Cursor::Time(_) if is_late => Outcome::Clamped,
            Cursor::Oldest => Outcome::Rewound,
            Cursor::Time(asked) => {
                let is_early = self.first.time.0 < asked.0.saturating_sub(self.tolerance_micros);
                if is_early { Outcome::Rewound } else { Outcome::Resumed }
            }
            Cursor::Seq(asked) => {
                let first = self.first.seq.unwrap_or(asked);
                if first < asked {
                    let is_older = ahead < -self.tolerance_micros;
                    return if is_older { Outcome::Rewound } else { Outcome::Reset };
                }
                // After a long silence the next number tells whether anything happened in it.
                let skipped = (first - asked) as f64;
                let is_next = skipped <= (2.0 * self.rates.seqs_per_message).max(1.0);
                if is_late && !is_next { Outcome::Clamped } else { Outcome::Resumed }
            }
        }
    }
}

/// A count from an estimate: never negative, and a broken estimate is none.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates, and NaN is 0"
)]
pub(crate) fn whole(estimate: f64) -> u64 {
    estimate.round() as u64
}

/// How fast the stream runs, by its own time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rates {
    pub(crate) messages_per_sec: f64,
    pub(crate) seqs_per_message: f64,
}

impl Default for Rates {
    fn default() -> Self {
        Self { messages_per_sec: 0.0, seqs_per_message: 1.0 }
    }
}

/// Learns the rates.
#[derive(Clone, Debug, Default)]
pub(crate) struct RateMeter {
    pub(crate) rates: Rates,
    began: Option<Place>,
    messages: u32,
}

/// Stream time over which one sample is taken.
const SAMPLE_MICROS: i64 = 10 * time::SECOND;
/// Weight of a new sample: the rate of a minute ago counts for a quarter.
const SAMPLE_WEIGHT: f64 = 0.2;

impl RateMeter {
    pub(crate) fn new(rates: Rates) -> Self {
        Self { rates, ..Self::default() }
    }

    /// A new connection: what lies between it and the last one is no sample.
    pub(crate) fn interrupt(&mut self) {
        self.began = None;
    }

    /// Counts a message.
    pub(crate) fn count(&mut self, at: Place) {
        let Some(began) = self.began else {
            (self.began, self.messages) = (Some(at), 0);
            return;
        };
        self.messages += 1;
        let elapsed = at.time.0.saturating_sub(began.time.0);
        if elapsed < SAMPLE_MICROS {
            return;
        }
        let messages = f64::from(self.messages);
        let weight = if self.rates.messages_per_sec == 0.0 { 1.0 } else { SAMPLE_WEIGHT };
        let blend = |old: f64, new: f64| old + weight * (new - old);
        let per_sec = messages / at.time.seconds_since(began.time);
        self.rates.messages_per_sec = blend(self.rates.messages_per_sec, per_sec);
        if let (Some(first), Some(last)) = (began.seq, at.seq) {
            let per_message = (last.saturating_sub(first) as f64 / messages).max(1.0);
            self.rates.seqs_per_message = blend(self.rates.seqs_per_message, per_message);
        }
        (self.began, self.messages) = (Some(at), 0);
    }
}

#[cfg(test)]
mod tests;
