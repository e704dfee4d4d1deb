//! Tells whether a stream has fallen silent, by its own rate: a stream of 500 messages a second is dead after seconds,
//! one of a message a minute is not. A fixed timeout is wrong for one of them. Pure: instants are durations since the
//! client's start.

use std::time::Duration;

use super::settings::StaleSettings;

/// The usual gap between messages of one connection, and when the last came.
#[derive(Debug)]
pub(crate) struct StaleWatch {
    settings: StaleSettings,
    last: Duration,
    /// Messages and seconds, each fading with the horizon; their ratio is the usual gap.
    messages: f64,
    seconds: f64,
}

impl StaleWatch {
    /// A watch of a connection made at `now`.
    pub(crate) fn new(settings: StaleSettings, now: Duration) -> Self {
        Self { settings, last: now, messages: 0.0, seconds: 0.0 }
    }

    /// `count` messages came at `now`.
    pub(crate) fn arrived(&mut self, count: usize, now: Duration) {
        let elapsed = now.saturating_sub(self.last).as_secs_f64();
        let horizon = (self.settings.horizon_millis.max(1) as f64) / 1e3;
        let fade = (-elapsed / horizon).exp();
        self.messages = self.messages * fade + count as f64;
        self.seconds = self.seconds * fade + elapsed;
        self.last = now;
    }

    /// When the stream is stale unless another message comes before.
    pub(crate) fn deadline(&self) -> Duration {
        self.last.saturating_add(self.patience())
    }

    /// How long a silence is bearable.
    pub(crate) fn patience(&self) -> Duration {
        if self.messages == 0.0 {
            return Duration::from_millis(self.settings.grace_millis);
        }
        let usual_gap = self.seconds / self.messages;
        let patience = Duration::try_from_secs_f64(self.settings.factor * usual_gap).unwrap_or(Duration::MAX);
        patience.max(Duration::from_millis(self.settings.floor_millis))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch() -> StaleWatch {
        let settings =
            StaleSettings { factor: 30.0, floor_millis: 2_000, grace_millis: 9_000, horizon_millis: 60_000 };
        StaleWatch::new(settings, Duration::from_secs(100))
    }

    #[test]
    fn before_the_first_message_the_grace_counts() {
        assert_eq!(watch().deadline(), Duration::from_secs(109));
    }

    #[test]
    fn a_busy_stream_is_stale_at_the_floor() {
        let mut watch = watch();
        for ms in 0..5_000_u64 {
            watch.arrived(1, Duration::from_secs(100) + Duration::from_millis(ms * 2));
        }
        assert_eq!(watch.patience(), Duration::from_secs(2));
    }

    #[test]
    fn a_slow_stream_gets_thirty_times_its_own_gap() {
        let mut watch = watch();
        for n in 1..=50_u64 {
            watch.arrived(1, Duration::from_secs(100 + n * 20));
        }
        let patience = watch.patience().as_secs_f64();
        assert!((590.0..610.0).contains(&patience), "{patience}");
    }

    #[test]
    fn a_stream_that_speeds_up_is_watched_more_closely() {
        let mut watch = watch();
        for n in 1..=20_u64 {
            watch.arrived(1, Duration::from_secs(100 + n * 20));
        }
        let slow = watch.patience();
        for n in 1..=3_000_u64 {
            watch.arrived(10, Duration::from_millis(500_000 + n * 100));
        }
        assert!(watch.patience() < slow / 20, "{:?} against {slow:?}", watch.patience());
    }

    #[test]
    fn messages_of_one_batch_count_as_many() {
        let mut watch = watch();
        watch.arrived(1_000, Duration::from_secs(110));
        assert_eq!(watch.patience(), Duration::from_secs(2));
    }
}
