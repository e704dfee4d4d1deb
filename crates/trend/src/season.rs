//! What hours of the day and of the week are like: how many authors a keyword had in each, and how many posts the
//! stream had, older days and weeks counting less (ALGORITHM.md 1.2). The factors that follow from both are the
//! baseline's.
//!
//! An hour is added to its bins only when it lies three hours back: what goes on now must not explain itself, neither
//! from its own hour nor from the hour before, which interpolation looks at.

/// Hours of a day, and of a week.
const DAY: usize = 24;
const WEEK: usize = 168;
/// The bins of the day, then those of the week.
pub(crate) const BINS: usize = DAY + WEEK;
/// So many hours are held back.
pub(crate) const HELD_HOURS: usize = 3;
/// The largest of the halves that a keyword's hours are kept in; those above are infinite, negative or no numbers.
pub(crate) const HALF_MAX: u16 = 0x7f7f;
/// Days count half after a week, weeks after three.
const DAYS_TO_HALF: f64 = 7.0;
const WEEKS_TO_HALF: f64 = 3.0;

/// Between which two bins an instant lies: each speaks for the middle of its hour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct HourPosition {
    /// Bins of the day and of the week, earlier and later.
    pub(crate) day: [usize; 2],
    pub(crate) week: [usize; 2],
    /// How much the later one counts, 0 to 1.
    pub(crate) later: f64,
}

impl HourPosition {
    /// Of `minute`, from the Unix epoch.
    pub(crate) fn of(minute: i64) -> Self {
        let since_middle = minute - 30;
        let hour = since_middle.div_euclid(60);
        Self {
            day: [day_bin(hour), day_bin(hour + 1)],
            week: [week_bin(hour), week_bin(hour + 1)],
            later: since_middle.rem_euclid(60) as f64 / 60.0,
        }
    }

    /// Of the two bins' values, as they count here.
    pub(crate) fn between(&self, values: [f64; 2]) -> f64 {
        values[0] + self.later * (values[1] - values[0])
    }
}

fn day_bin(hour: i64) -> usize {
    hour.rem_euclid(DAY as i64) as usize
}

fn week_bin(hour: i64) -> usize {
    DAY + hour.rem_euclid(WEEK as i64) as usize
}

/// The bins that hour `hour` is added to, and by how much what they have counts less then.
fn bins_of(hour: i64) -> [(usize, f64); 2] {
    [(day_bin(hour), libm::exp2(-1.0 / DAYS_TO_HALF)), (week_bin(hour), libm::exp2(-1.0 / WEEKS_TO_HALF))]
}

/// The hour that `minute` lies in, from the Unix epoch.
pub(crate) fn hour_of(minute: i64) -> i64 {
    minute.div_euclid(60)
}

fn held_place(hour: i64) -> usize {
    hour.rem_euclid(HELD_HOURS as i64) as usize
}

/// The posts of the whole stream by hour of the day and of the week.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StreamSeason {
    /// The last hour with a learned epoch.
    pub(crate) hour: Option<i64>,
    pub(crate) held: [f64; HELD_HOURS],
    pub(crate) bins: [f64; BINS],
}

impl Default for StreamSeason {
    fn default() -> Self {
        Self { hour: None, held: [0.0; HELD_HOURS], bins: [0.0; BINS] }
    }
}

impl StreamSeason {
    /// Hour `hour` is learned from now on: adds the hours held back long enough to their bins, and says which they are.
    /// Every [`KeywordSeason`] must [`release`](KeywordSeason::release) the same.
    pub(crate) fn enter(&mut self, hour: i64) -> std::ops::Range<i64> {
        let last = self.hour.unwrap_or(hour);
        self.hour = Some(last.max(hour));
        let held = HELD_HOURS as i64;
        let due = last + 1 - held..(hour + 1 - held).min(last + 1);
        for hour in due.clone() {
            let posts = std::mem::take(&mut self.held[held_place(hour)]);
            for (bin, decay) in bins_of(hour) {
                self.bins[bin] = self.bins[bin] * decay + posts;
            }
        }
        due
    }

    /// Adds an epoch's posts to the hour that was entered.
    pub(crate) fn learn(&mut self, hour: i64, posts: f64) {
        self.held[held_place(hour)] += posts;
    }
}

/// A keyword's authors by hour of the day and of the week.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct KeywordSeason {
    pub(crate) held: [f32; HELD_HOURS],
    /// The upper half of a 32-bit float each: 0.4 % is far below what chance does to such counts. Nothing is kept for
    /// keywords that did not live for three hours.
    pub(crate) bins: Option<Box<[u16; BINS]>>,
}

impl KeywordSeason {
    /// Of a keyword that always had `share` authors a post, whatever the hour.
    pub(crate) fn steady(share: f64, stream: &StreamSeason) -> Self {
        let has_bins = stream.bins.iter().any(|&posts| posts > 0.0);
        Self {
            held: stream.held.map(|posts| (share * posts) as f32),
            bins: has_bins.then(|| Box::new(stream.bins.map(|posts| halved(share * posts)))),
        }
    }

    /// Adds the hours `due` to their bins, as the stream did.
    pub(crate) fn release(&mut self, due: std::ops::Range<i64>) {
        for hour in due {
            let authors = std::mem::take(&mut self.held[held_place(hour)]);
            if authors == 0.0 && self.bins.is_none() {
                continue;
            }
            let bins = self.bins.get_or_insert_with(|| Box::new([0; BINS]));
            for (bin, decay) in bins_of(hour) {
                bins[bin] = halved(widened(bins[bin]) * decay + f64::from(authors));
            }
        }
    }

    /// Adds an epoch's authors to the hour that the stream has entered.
    pub(crate) fn learn(&mut self, hour: i64, authors: f64) {
        self.held[held_place(hour)] += authors as f32;
    }

    /// Authors in two bins.
    pub(crate) fn authors(&self, bins: [usize; 2]) -> [f64; 2] {
        self.bins.as_ref().map_or([0.0; 2], |all| bins.map(|bin| widened(all[bin])))
    }

    /// Bytes on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        if self.bins.is_some() { size_of::<[u16; BINS]>() } else { 0 }
    }
}

/// The upper half of `number`, which is finite and not negative, rounded.
fn halved(number: f64) -> u16 {
    (((number as f32).to_bits().saturating_add(0x8000) >> 16) as u16).min(HALF_MAX)
}

fn widened(half: u16) -> f64 {
    f64::from(f32::from_bits(u32::from(half) << 16))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_speak_for_the_middle_of_their_hour() {
        let half_past_two = HourPosition::of(2 * 60 + 30);
        assert_eq!((half_past_two.day, half_past_two.week), ([2, 3], [26, 27]));
        assert!(half_past_two.later.abs() < 1e-12);
        let nearly_midnight = HourPosition::of(23 * 60 + 45);
        assert_eq!(nearly_midnight.day, [23, 0]);
        assert!((nearly_midnight.later - 0.25).abs() < 1e-12);
        assert!((nearly_midnight.between([4.0, 8.0]) - 5.0).abs() < 1e-12);
    }

    #[test]
    fn an_hour_counts_when_it_lies_three_back() {
        let (mut stream, mut keyword) = (StreamSeason::default(), KeywordSeason::default());
        for hour in 100..104 {
            keyword.release(stream.enter(hour));
            stream.learn(hour, 1000.0);
            keyword.learn(hour, 10.0);
            let learned = if hour == 103 { 10.0 } else { 0.0 };
            let first_hour = [day_bin(100), week_bin(100)];
            assert!((keyword.authors(first_hour)[0] - learned).abs() < 0.05, "hour {hour}");
            assert!((keyword.authors(first_hour)[1] - learned).abs() < 0.05, "hour {hour}");
            assert!((stream.bins[day_bin(100)] - 100.0 * learned).abs() < 1e-9, "hour {hour}");
        }
        assert!(keyword.authors([day_bin(101), week_bin(101)]).iter().all(|&authors| authors < 0.05));
    }

    #[test]
    fn after_a_pause_all_that_was_held_counts_once() {
        let (mut stream, mut keyword) = (StreamSeason::default(), KeywordSeason::default());
        for hour in 100..103 {
            keyword.release(stream.enter(hour));
            stream.learn(hour, 1000.0);
            keyword.learn(hour, 8.0);
        }
        let due = stream.enter(500);
        assert_eq!(due, 100..103);
        keyword.release(due);
        assert_eq!((stream.held, keyword.held), ([0.0; HELD_HOURS], [0.0; HELD_HOURS]));
        for hour in 100..103 {
            assert!((keyword.authors([day_bin(hour); 2])[0] - 8.0).abs() < 1e-9);
        }
        assert_eq!(stream.enter(501), 498..499, "hours without anything are released as such");
    }

    #[test]
    fn halves_are_close_and_keep_small_counts() {
        assert_eq!((halved(0.0), widened(halved(3.0)).to_bits()), (0, 3.0_f64.to_bits()));
        for number in [0.01, 1.7, 123.4, 98_765.0] {
            assert!((widened(halved(number)) / number - 1.0).abs() < 0.004, "{number}");
        }
    }
}
