//! The accounts: for each language a population of which few write much and most write little; and crews, accounts
//! that exist for one flood or wave. Half of the accounts of a flood have written ordinary posts before.

use std::ops::Range;

use super::chance::ZipfAlias;
use super::settings::QualitySettings;
use super::tongue::Tongue;
use crate::dice::Dice;

/// Accounts for each post a minute: nearly all of them write less than once in ten minutes.
const ACCOUNTS_PER_POST_RATE: u32 = 60;
/// The busiest account's share is as if this part of its population wrote as much as it.
const FLAT_PART: usize = 50;
/// Background posts in a million that are written by members of crews to come.
const SLEEPER_PPM: u64 = 20_000;

/// An account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Author(pub u32);

impl Author {
    /// Its `did:plc`: 24 digits of base 32 made of its number and the seed.
    pub(crate) fn push_did(self, seed: u64, text: &mut String) {
        const DIGITS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
        text.push_str("did:plc:");
        for half in 0..2 {
            let bits = mix(seed.rotate_left(17) ^ (u64::from(self.0) << 1 | half));
            text.extend((0..12).map(|at| char::from(DIGITS[(bits >> (5 * at)) as usize & 31])));
        }
    }

    /// Which languages its client declares.
    pub(crate) fn declares(self, tongue: Tongue) -> [Option<&'static str>; 2] {
        let code = Some(tongue.code());
        let is_english = tongue == Tongue::English;
        match mix(u64::from(self.0) ^ 0xd1b5_4a32_d192_ed03) % 100 {
            0..14 => [None; 2],
            14..18 => [if is_english { None } else { Some("en") }, None],
            18..22 => [code, Some(if is_english { "ja" } else { "en" })],
            _ => [code, None],
        }
    }
}

/// The finaliser of `SplitMix64` (Steele, Lea and Flood 2014).
pub(crate) fn mix(mut bits: u64) -> u64 {
    bits = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// All accounts.
#[derive(Clone, Debug)]
pub(crate) struct People {
    /// By [`Tongue::index`]: the first account, and their activity.
    populations: Vec<(u32, ZipfAlias)>,
    sleepers: Vec<Vec<Author>>,
    next: u32,
}

impl People {
    pub(crate) fn new(settings: &QualitySettings) -> Self {
        let mut next = 0;
        let population = |tongue: &Tongue| {
            let rate = (settings.posts_per_minute * tongue.per_mille()).div_ceil(1000);
            let count = (rate * ACCOUNTS_PER_POST_RATE).max(400);
            let first = next;
            next += count;
            (first, ZipfAlias::new(count as usize, (count as usize / FLAT_PART) as u64))
        };
        let populations = Tongue::ALL.iter().map(population).collect();
        Self { populations, sleepers: vec![Vec::new(); Tongue::ALL.len()], next }
    }

    /// New accounts for one purpose.
    pub(crate) fn crew(&mut self, count: u32) -> Range<u32> {
        let first = self.next;
        self.next += count;
        first..self.next
    }

    /// Lets accounts of a crew write ordinary posts, too.
    pub(crate) fn wake(&mut self, tongue: Tongue, accounts: Range<u32>) {
        self.sleepers[tongue.index()].extend(accounts.map(Author));
    }

    /// Who writes an ordinary post: the active ones more often.
    pub(crate) fn writer(&self, dice: &mut Dice, tongue: Tongue) -> Author {
        let sleepers = &self.sleepers[tongue.index()];
        if !sleepers.is_empty() && dice.chance(SLEEPER_PPM) {
            return *dice.pick(sleepers);
        }
        let (first, activity) = &self.populations[tongue.index()];
        Author(first + activity.draw(dice) as u32)
    }

    /// Anybody of the population.
    pub(crate) fn anybody(&self, dice: &mut Dice, tongue: Tongue) -> Author {
        let (first, activity) = &self.populations[tongue.index()];
        Author(first + dice.index(activity.shares().len()) as u32)
    }
}
