//! The counts that rivals share: sliding sums of ten minutes, and epochs of five that are handed on once they lie
//! before the window.

use std::collections::VecDeque;

use skytrend_sim::quality::{QualityMinute, TermCount, Tongue};

use super::Channel;

/// Length of the window, in minutes.
pub const WINDOW_MINUTES: u32 = 10;
/// Length of an epoch, in minutes.
pub const EPOCH_MINUTES: u32 = 5;
/// A window with fewer counts than this is not scored.
const COUNT_MIN: u32 = 5;

/// The sums of one epoch, by term.
#[derive(Clone, Debug, PartialEq)]
pub struct Epoch {
    /// Its first minute.
    pub start: u32,
    pub counts: [Vec<u16>; 2],
    /// Posts by language.
    pub posts: [u32; Tongue::ALL.len()],
    /// Expected background by term.
    pub background: f64,
    pub originals: u64,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Series {
    minutes: VecDeque<(Vec<TermCount>, [u32; Tongue::ALL.len()])>,
    /// By channel and term: the sum of the window.
    windows: [Vec<u32>; 2],
    /// By term: the expected background of the window.
    backgrounds: VecDeque<std::sync::Arc<[f32]>>,
    posts: [u32; Tongue::ALL.len()],
    present: Epoch,
    past: VecDeque<Epoch>,
    /// Terms with counts in the window, sorted.
    active: Vec<usize>,
}

impl Channel {
    pub const fn index(self) -> usize {
        match self {
            Self::Posts => 0,
            Self::Originals => 1,
        }
    }
}

impl Series {
    pub fn new(terms: usize) -> Self {
        Self {
            minutes: VecDeque::new(),
            windows: [vec![0; terms], vec![0; terms]],
            backgrounds: VecDeque::new(),
            posts: [0; Tongue::ALL.len()],
            present: Epoch::new(0, terms),
            past: VecDeque::new(),
            active: Vec::new(),
        }
    }

    /// Adds a minute; minutes come without gaps.
    pub fn push(&mut self, minute: &QualityMinute) {
        let counts = &minute.counts;
        for count in &counts.terms {
            for (channel, number) in [count.posts, count.originals].into_iter().enumerate() {
                self.windows[channel][count.term.index()] += number;
                let sum = &mut self.present.counts[channel][count.term.index()];
                *sum = sum.saturating_add(u16::try_from(number).unwrap_or(u16::MAX));
            }
            if count.term.index() < counts.background.len() {
                self.present.originals += u64::from(count.originals);
            }
        }
        for ((sum, epoch), posts) in self.posts.iter_mut().zip(&mut self.present.posts).zip(counts.posts) {
            *sum += posts;
            *epoch += posts;
        }
        if counts.posts.iter().any(|posts| *posts > 0) {
            self.present.background += counts.background.iter().map(|rate| f64::from(*rate)).sum::<f64>();
        }
        self.minutes.push_back((counts.terms.clone(), counts.posts));
        self.backgrounds.push_back(counts.background.clone());
        if self.minutes.len() > WINDOW_MINUTES as usize {
            self.forget_oldest();
        }
        self.active.clear();
        let terms = self.minutes.iter().flat_map(|(terms, _)| terms.iter().map(|count| count.term.index()));
        self.active.extend(terms);
        self.active.sort_unstable();
        self.active.dedup();
        if (minute.minute + 1).is_multiple_of(EPOCH_MINUTES) {
            let next = Epoch::new(minute.minute + 1, self.windows[0].len());
            self.past.push_back(std::mem::replace(&mut self.present, next));
        }
    }

    fn forget_oldest(&mut self) {
        self.backgrounds.pop_front();
        let Some((terms, posts)) = self.minutes.pop_front() else { return };
        for count in terms {
            self.windows[0][count.term.index()] -= count.posts;
            self.windows[1][count.term.index()] -= count.originals;
        }
        for (sum, posts) in self.posts.iter_mut().zip(posts) {
            *sum -= posts;
        }
    }

    /// The next epoch that ended before the window that ends with `minute` began.
    pub fn take_past_epoch(&mut self, minute: u32) -> Option<Epoch> {
        let first = (minute + 1).checked_sub(WINDOW_MINUTES)?;
        let is_past = self.past.front().is_some_and(|epoch| epoch.start + EPOCH_MINUTES <= first);
        if is_past { self.past.pop_front() } else { None }
    }

    /// Terms with enough counts in the window, and these.
    pub fn candidates(&self, channel: Channel) -> impl Iterator<Item = (usize, f32)> {
        let window = &self.windows[channel.index()];
        let enough =
            self.active.iter().map(|term| (*term, window[*term])).filter(|(_, count)| *count >= COUNT_MIN);
        enough.map(|(term, count)| (term, f32_of(count)))
    }

    /// Posts of the window by language.
    pub fn posts(&self) -> [f32; Tongue::ALL.len()] {
        self.posts.map(f32_of)
    }

    /// The expected background posts of a term in the window.
    pub fn background(&self, term: usize) -> f32 {
        let minutes = self
            .backgrounds
            .iter()
            .zip(&self.minutes)
            .filter(|(_, (_, posts))| posts.iter().any(|posts| *posts > 0));
        minutes.map(|(rates, _)| rates.get(term).copied().unwrap_or(0.0)).sum()
    }
}

impl Epoch {
    fn new(start: u32, terms: usize) -> Self {
        Self {
            start,
            counts: [vec![0; terms], vec![0; terms]],
            posts: [0; Tongue::ALL.len()],
            background: 0.0,
            originals: 0,
        }
    }

    pub fn total_posts(&self) -> u32 {
        self.posts.iter().sum()
    }
}

/// Counts of a window stay far below 2^24.
#[expect(clippy::cast_precision_loss, reason = "exact up to 2^24")]
pub fn f32_of(count: u32) -> f32 {
    count as f32
}
