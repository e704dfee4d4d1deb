//! How much happens: the settings' rates at an hour of the day, with what is planted.

use skytrend_event::Micros;
use skytrend_event::time::SECOND;

use crate::dice::MILLION;
use crate::settings::WorldSettings;

/// Posts in a thousand at each full hour (UTC), of the daily average: most at 17, fewest at 6, ratio 2.04.
const DAY_CURVE: [u64; 24] = [
    1130, 1080, 1000, 900, 800, 700, 655, 660, 700, 770, 850, 930, 1010, 1090, 1170, 1250, 1310, 1336, 1320,
    1280, 1240, 1210, 1190, 1160,
];

/// Events in a million seconds, by what they are.
pub(super) struct Rates {
    planted: u64,
    background: u64,
    likes: u64,
    reposts: u64,
    follows: u64,
    others: u64,
    accounts: u64,
    identities: u64,
    syncs: u64,
}

impl Rates {
    pub(super) fn at(settings: &WorldSettings, now: Micros, planted: u64) -> Self {
        let hours = now.0.rem_euclid(24 * 3600 * SECOND) / SECOND;
        let (hour, second) = ((hours / 3600) as usize, (hours % 3600).unsigned_abs());
        let curve = (DAY_CURVE[hour] * (3600 - second) + DAY_CURVE[(hour + 1) % 24] * second) / 3600;
        let background = (settings.posts_per_second * MILLION as f64) as u64 * curve / 1000;
        let share = |for_one_post: f64| (background as f64 * for_one_post) as u64;
        let records = background + share(settings.likes_per_post + settings.reposts_per_post);
        let rare = |ppm: u32| records * u64::from(ppm) / MILLION;
        Self {
            planted,
            background,
            likes: share(settings.likes_per_post),
            reposts: share(settings.reposts_per_post),
            follows: share(settings.follows_per_post),
            others: share(settings.others_per_post),
            accounts: rare(settings.account_ppm),
            identities: rare(settings.identity_ppm),
            syncs: rare(settings.sync_ppm),
        }
    }

    pub(super) fn parts(&self) -> [u64; 9] {
        [
            self.planted,
            self.background,
            self.likes,
            self.reposts,
            self.follows,
            self.others,
            self.accounts,
            self.identities,
            self.syncs,
        ]
    }

    pub(super) fn total(&self) -> u64 {
        self.parts().iter().sum()
    }
}
