//! The accounts: who they are (fixed by the seed), and the little that changes: their last revision and whether
//! they are active.

use skytrend_event::{Did, Handle};

use crate::dice::{Dice, Zipf};
use crate::instant::TidNumber;
use crate::world::words::Language;

/// An account, by its activity's rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Author(pub(crate) u32);

/// What an account writes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tongue {
    English,
    /// By its place among the other languages.
    Other(usize),
}

/// What does not change about an account.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) did: Did<'static>,
    pub(crate) tongue: Tongue,
    /// Whether its client declares languages.
    pub(crate) tags_language: bool,
}

/// All accounts.
#[derive(Debug)]
pub(crate) struct Population {
    accounts: Vec<Account>,
    activity: Zipf,
}

/// Flattens the head: the busiest account writes about 0.6 % of the posts.
const ACTIVITY_OFFSET: u64 = 20;

/// Shares of tongues in a thousand among accounts that declare none, and among the others. `langs` is absent from
/// 27 % of posts, and names en in 40 %, ja in 16 %, de in 2 to 4 % of them.
const UNTAGGED: [(u64, Option<&str>); 8] = [
    (600, None),
    (200, Some("ja")),
    (50, Some("de")),
    (50, Some("pt")),
    (40, Some("es")),
    (20, Some("fr")),
    (20, Some("ru")),
    (20, Some("ko")),
];
const TAGGED: [(u64, Option<&str>); 8] = [
    (548, None),
    (219, Some("ja")),
    (55, Some("de")),
    (60, Some("pt")),
    (48, Some("es")),
    (25, Some("fr")),
    (20, Some("ru")),
    (25, Some("ko")),
];
const TAGGED_PPM: u64 = 730_000;

impl Population {
    pub(crate) fn new(seed: u64, count: u32, languages: &[Language]) -> Self {
        let mut dice = Dice::new(seed, "population", 0);
        let accounts = (0..count)
            .map(|_| {
                let tags_language = dice.chance(TAGGED_PPM);
                let tag = *dice.weighted(if tags_language { &TAGGED } else { &UNTAGGED });
                let other = tag.and_then(|tag| languages.iter().position(|language| language.tag == tag));
                Account {
                    did: did(&mut dice),
                    tongue: other.map_or(Tongue::English, Tongue::Other),
                    tags_language,
                }
            })
            .collect();
        Self { accounts, activity: Zipf::new(count as usize, ACTIVITY_OFFSET) }
    }

    pub(crate) fn account(&self, author: Author) -> &Account {
        &self.accounts[author.0 as usize]
    }

    /// An account, the active ones more often.
    pub(crate) fn draw(&self, dice: &mut Dice) -> Author {
        Author(self.activity.draw(dice) as u32)
    }

    /// An account, all alike.
    pub(crate) fn draw_evenly(&self, dice: &mut Dice) -> Author {
        Author(dice.index(self.accounts.len()) as u32)
    }
}

fn did(dice: &mut Dice) -> Did<'static> {
    const DIGITS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let bits = u128::from(dice.bits()) << 64 | u128::from(dice.bits());
    let mut text = String::from("did:plc:");
    text.extend((0..24).map(|at| char::from(DIGITS[(bits >> (5 * at)) as usize & 31])));
    Did::parse(text).expect("24 base32 digits are a did:plc")
}

/// A handle for an account, made of its DID.
pub(crate) fn handle(account: &Account) -> Handle<'static> {
    let name = &account.did.as_str()["did:plc:".len()..][..9];
    Handle::parse(format!("{name}.example.social")).expect("letters and digits make a label")
}

/// What changes about an account.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct AuthorState {
    /// Of its last commit; 0 before the first.
    pub(crate) rev: TidNumber,
    /// Whether its host serves it; commits of others are never in the stream.
    pub(crate) inactive: bool,
}
