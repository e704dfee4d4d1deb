//! `SigniTrend` (Schubert, Weiler and Kriegel, KDD 2014): the share of posts, in standard deviations above its moving
//! average, with a bias against rare terms.

use super::series::{Epoch, Series};
use super::{Channel, Method, Scored};

/// Epochs with fewer posts teach nothing: the stream has a gap.
const POSTS_MIN: f64 = 20.0;
const EPOCH_HOURS: f64 = 5.0 / 60.0;

/// See the module.
pub struct SigniTrend {
    name: &'static str,
    channel: Channel,
    native: f32,
    alpha: f64,
    /// The bias, in posts of a mean window.
    bias: f64,
    before: Vec<u16>,
    posts_before: u32,
    windows: u32,
    window_posts: f64,
    mean: Vec<f64>,
    variance: Vec<f64>,
}

impl SigniTrend {
    pub fn new(
        name: &'static str,
        channel: Channel,
        half_life_hours: f64,
        bias: f64,
        native: f32,
        terms: usize,
    ) -> Self {
        Self {
            name,
            channel,
            native,
            alpha: 1.0 - libm::exp2(-EPOCH_HOURS / half_life_hours),
            bias,
            before: vec![0; terms],
            posts_before: 0,
            windows: 0,
            window_posts: 0.0,
            mean: vec![0.0; terms],
            variance: vec![0.0; terms],
        }
    }

    fn bias_share(&self) -> f64 {
        self.bias / (self.window_posts / f64::from(self.windows.max(1))).max(1.0)
    }
}

impl Method for SigniTrend {
    fn name(&self) -> &'static str {
        self.name
    }

    fn native(&self) -> f32 {
        self.native
    }

    fn learn(&mut self, epoch: &Epoch) {
        let counts = &epoch.counts[self.channel.index()];
        let posts = f64::from(epoch.total_posts() + self.posts_before);
        if posts > POSTS_MIN {
            let is_first = self.windows == 0;
            self.windows += 1;
            self.window_posts += posts;
            let alpha = self.alpha;
            for (term, (now, before)) in counts.iter().zip(&self.before).enumerate() {
                let share = (f64::from(*now) + f64::from(*before)) / posts;
                if is_first {
                    self.mean[term] = share;
                    continue;
                }
                let difference = share - self.mean[term];
                self.mean[term] += alpha * difference;
                self.variance[term] = (1.0 - alpha) * (self.variance[term] + alpha * difference * difference);
            }
        }
        self.before.clone_from(counts);
        self.posts_before = epoch.total_posts();
    }

    #[expect(clippy::cast_possible_truncation, reason = "scores are compared in single precision")]
    fn score(&mut self, series: &Series, _minute: u32, into: &mut Vec<Scored>) {
        let posts = f64::from(series.posts().iter().sum::<f32>()).max(POSTS_MIN);
        let bias = self.bias_share();
        into.extend(series.candidates(self.channel).map(|(term, count)| {
            let above = f64::from(count) / posts - self.mean[term].max(bias);
            let z = (above / (self.variance[term].sqrt() + bias)) as f32;
            Scored { term, z, rank_score: z }
        }));
    }
}
