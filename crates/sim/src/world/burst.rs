//! What is planted: trends, spam floods, chatty threads. Each is a pure function of the seed and its ordinal, so
//! that anyone can ask what was planted when, without keeping it. How a planted post reads is `post`'s.

use skytrend_event::Micros;
use skytrend_event::time::{MINUTE, SECOND};

use crate::dice::{Dice, MILLION};
use crate::settings::WorldSettings;
use crate::world::event::Origin;
use crate::world::population::Author;
use crate::world::topic::TOPICS;

/// How fast a planted trend rises and fades.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// Rises in one to two minutes, half gone 2 to 5 minutes after its peak.
    Flash,
    /// Rises in 3 to 6 minutes, half gone after 8 to 15.
    News,
    /// Rises in 10 to 20 minutes, half gone after 20 to 40.
    Slow,
}

/// What the world planted: the truth about one trend, flood or thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planted {
    /// Its kind and ordinal, as in [`crate::PostTruth::origin`].
    pub origin: Origin,
    /// The keywords of a trend, the main one first, hashtags with `#`; none for floods and threads.
    pub keywords: &'static [&'static str],
    /// Its first post comes at or after this instant.
    pub starts: Micros,
    /// Microseconds to the peak.
    pub rise: i64,
    /// Microseconds in which the rate halves after the peak; floods and threads stay at the peak for as long.
    pub half_life: i64,
    /// Posts in a million seconds at the peak.
    pub peak_rate: u64,
    /// The accounts of a flood or thread, first and count; a trend is everybody's.
    pub(crate) crew: Option<(Author, u32)>,
    /// Which of [`TOPICS`] it is.
    pub(crate) topic: usize,
}

/// Half-lives after which a trend is over: its rate is a sixteenth of the peak.
const HALF_LIVES: i64 = 4;

impl Planted {
    /// The first instant without any of its posts.
    pub fn ends(&self) -> Micros {
        let lives = if matches!(self.origin, Origin::Trend(_)) { HALF_LIVES } else { 1 };
        self.starts.plus(self.rise + lives * self.half_life)
    }

    /// Posts in a million seconds at this instant: rises in a straight line, then halves with each half-life
    /// (floods and threads stay).
    pub fn rate(&self, at: Micros) -> u64 {
        let since = at.0 - self.starts.0;
        if since < 0 || at >= self.ends() {
            return 0;
        }
        if since < self.rise {
            return scale(self.peak_rate, since, self.rise);
        }
        if !matches!(self.origin, Origin::Trend(_)) {
            return self.peak_rate;
        }
        let (halvings, rest) = ((since - self.rise) / self.half_life, (since - self.rise) % self.half_life);
        let top = self.peak_rate >> halvings;
        top - scale(top / 2, rest, self.half_life)
    }
}

fn scale(value: u64, part: i64, whole: i64) -> u64 {
    (u128::from(value) * u128::from(part.unsigned_abs()) / u128::from(whole.unsigned_abs().max(1))) as u64
}

/// The four rows of planted things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Row {
    Trends,
    LoneFloods,
    CoordinatedFloods,
    Threads,
}

impl Row {
    pub(crate) const ALL: [Self; 4] =
        [Self::Trends, Self::LoneFloods, Self::CoordinatedFloods, Self::Threads];

    fn interval(self, settings: &WorldSettings) -> i64 {
        match self {
            Self::Trends => settings.trend_interval,
            Self::LoneFloods | Self::CoordinatedFloods => settings.flood_interval,
            Self::Threads => settings.thread_interval,
        }
    }

    /// The thing of this ordinal; none when the row is switched off. Starts grow with the ordinal: each has its own
    /// interval and starts somewhere in it, the first trend at its very beginning.
    pub(crate) fn planted(self, settings: &WorldSettings, ordinal: u64) -> Option<Planted> {
        let interval = self.interval(settings);
        if interval == 0 {
            return None;
        }
        let name = ["trend", "lone flood", "flood", "thread"][self as usize];
        let mut dice = Dice::new(settings.seed, name, ordinal);
        let jitter = dice.between(0, interval - 1);
        let jitter = if self == Self::Trends && ordinal == 0 { 0 } else { jitter };
        let slot = i64::try_from(ordinal).ok()?.checked_mul(interval)?;
        let starts = settings.live_from().plus(slot).plus(jitter);
        Some(match self {
            Self::Trends => trend(settings, ordinal, starts, &mut dice),
            _ => self.crowd(settings, ordinal, starts, &mut dice),
        })
    }

    fn crowd(self, settings: &WorldSettings, ordinal: u64, starts: Micros, dice: &mut Dice) -> Planted {
        let (origin, crew, rise, stays, peak_rate) = match self {
            Self::LoneFloods => {
                let rate = dice.between(100_000, 500_000);
                (Origin::LoneFlood(ordinal), 1, 5 * SECOND, dice.between(3, 6) * MINUTE, rate.unsigned_abs())
            }
            Self::CoordinatedFloods => {
                let crew = dice.between(30, 200);
                let rate = per_mille_of_posts(settings, dice.between(15, 60)).max(200_000);
                (Origin::CoordinatedFlood(ordinal), crew, 20 * SECOND, dice.between(4, 8) * MINUTE, rate)
            }
            _ => {
                let rate = dice.between(60_000, 200_000);
                (
                    Origin::Thread(ordinal),
                    dice.between(2, 5),
                    10 * SECOND,
                    dice.between(6, 15) * MINUTE,
                    rate.unsigned_abs(),
                )
            }
        };
        // Crews come from the quieter half of the accounts.
        let half = settings.authors / 2;
        let first = half + dice.below(u64::from(half) - crew.unsigned_abs()) as u32;
        Planted {
            origin,
            keywords: &[],
            starts,
            rise,
            half_life: stays,
            peak_rate,
            crew: Some((Author(first), crew as u32)),
            topic: 0,
        }
    }
}

fn trend(settings: &WorldSettings, ordinal: u64, starts: Micros, dice: &mut Dice) -> Planted {
    let shapes = [(4, Shape::Flash), (4, Shape::News), (2, Shape::Slow)];
    let (rise, half_life, per_mille) = match dice.weighted(&shapes) {
        Shape::Flash => (dice.between(60, 120), dice.between(120, 300), dice.between(30, 80)),
        Shape::News => (dice.between(180, 360), dice.between(480, 900), dice.between(20, 60)),
        Shape::Slow => (dice.between(600, 1200), dice.between(1200, 2400), dice.between(8, 25)),
    };
    // Every topic once in each round; rounds begin at a topic of chance.
    let round = ordinal / TOPICS.len() as u64;
    let offset = Dice::new(settings.seed, "topics", round).index(TOPICS.len());
    // 7 and the number of topics have no common divisor, so that neighbours in the table are not neighbours in time.
    let topic = (ordinal as usize * 7 + offset) % TOPICS.len();
    Planted {
        origin: Origin::Trend(ordinal),
        keywords: TOPICS[topic].keywords,
        starts,
        rise: rise * SECOND,
        half_life: half_life * SECOND,
        peak_rate: per_mille_of_posts(settings, per_mille).max(50_000),
        crew: None,
        topic,
    }
}

fn per_mille_of_posts(settings: &WorldSettings, per_mille: i64) -> u64 {
    (settings.posts_per_second * MILLION as f64) as u64 * per_mille.unsigned_abs() / 1000
}

/// Which planted things go on at the moment.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    next: [Option<Planted>; 4],
    ordinals: [u64; 4],
    active: Vec<(u64, Planted)>,
    total: u64,
    valid_until: Micros,
}

/// Rates are recomputed this often.
const RATES_FOR: i64 = SECOND / 4;

impl Schedule {
    pub(crate) fn new(settings: &WorldSettings) -> Self {
        let next = Row::ALL.map(|row| row.planted(settings, 0));
        Self { next, ordinals: [0; 4], active: Vec::new(), total: 0, valid_until: Micros(i64::MIN) }
    }

    /// Starts what starts, ends what has ended, and says how many posts are planted in a million seconds now.
    pub(crate) fn advance(&mut self, settings: &WorldSettings, now: Micros) -> u64 {
        if now < self.valid_until {
            return self.total;
        }
        self.valid_until = now.plus(RATES_FOR);
        for (at, row) in Row::ALL.into_iter().enumerate() {
            while let Some(planted) = self.next[at].take_if(|planted| planted.starts <= now) {
                self.active.push((0, planted));
                self.ordinals[at] += 1;
                self.next[at] = row.planted(settings, self.ordinals[at]);
            }
        }
        self.active.retain(|(_, planted)| planted.ends() > now);
        self.total = 0;
        for (rate, planted) in &mut self.active {
            *rate = planted.rate(now);
            self.total += *rate;
        }
        self.total
    }

    /// Whose turn it is, for a draw below what [`Self::advance`] returned.
    pub(crate) fn pick(&self, mut draw: u64) -> Option<&Planted> {
        for (rate, planted) in &self.active {
            if draw < *rate {
                return Some(planted);
            }
            draw -= rate;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trends_overlap_and_the_first_rises_at_once() {
        let settings = WorldSettings::demo(3, Micros(1_783_173_600_000_000));
        let first = Row::Trends.planted(&settings, 0).unwrap();
        assert_eq!(first.starts, settings.live_from());
        let trends: Vec<Planted> = (0..48).filter_map(|n| Row::Trends.planted(&settings, n)).collect();
        assert!(trends.is_sorted_by_key(|planted| planted.starts));
        for minute in 20..110 {
            let now = settings.live_from().plus(minute * MINUTE);
            let going_on = trends.iter().filter(|planted| planted.rate(now) > 0).count();
            assert!((2..30).contains(&going_on), "minute {minute}: {going_on}");
        }
    }

    #[test]
    fn a_trend_peaks_at_its_peak_and_halves() {
        let settings = WorldSettings::live_like(5);
        let planted = Row::Trends.planted(&settings, 9).unwrap();
        let peak = planted.starts.plus(planted.rise);
        assert_eq!(planted.rate(peak), planted.peak_rate);
        let half = planted.rate(peak.plus(planted.half_life));
        assert!(half.abs_diff(planted.peak_rate / 2) <= 1);
        assert_eq!(planted.rate(planted.ends()), 0);
        assert_eq!(planted.rate(planted.starts.plus(-1)), 0);
    }
}
