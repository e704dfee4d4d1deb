//! What happens next: which account does what, and what that changes for those after it.

use skytrend_event::engagement::collection::{FOLLOW, LIKE, POST, REPOST};
use skytrend_event::time::SECOND;
use skytrend_event::{Micros, RecordKey};

use super::burst::Planted;
use super::event::{Action, Change, Commit, Operation, Origin, PostTruth};
use super::population::{Author, Tongue, handle};
use super::post;
use super::rates::Rates;
use super::record::{self, RecordKeyed, seal};
use super::{RecentPost, Tables, World};
use crate::dice::MILLION;
use crate::instant::TidNumber;
use crate::node::Node;

/// Accounts inactive at one time; at the limit the next account event brings one back.
const INACTIVE_LIMIT: usize = 4096;
/// Posts in a million that answer another.
const REPLY_PPM: u64 = 300_000;
/// Commits in a million with several operations (one of 148 on the network).
const MULTIPLE_PPM: u64 = 7_000;
/// Commits in a million without any.
const EMPTY_COMMIT_PPM: u64 = 200;
/// A record to be committed, before it is sealed.
struct NewRecord {
    collection: &'static str,
    node: Node,
    truth: Option<PostTruth>,
}

impl World {
    /// What happens at `witnessed`, for a draw below the total of all rates.
    pub(super) fn happen(
        &mut self,
        tables: &Tables,
        rates: &Rates,
        mut draw: u64,
        witnessed: Micros,
    ) -> (Author, Change) {
        let mut class = 0;
        for part in rates.parts() {
            if draw < part {
                break;
            }
            draw -= part;
            class += 1;
        }
        let author = match class {
            0 => return self.planted_post(tables, draw, witnessed),
            6 => return self.account_event(tables),
            7 | 9.. => return self.identity_event(tables, None),
            _ => self.draw_active(tables),
        };
        let Some(author) = author else { return self.identity_event(tables, None) };
        if class == 8 {
            let rev = self.revise(author, witnessed).0;
            return (author, Change::Sync { rev });
        }
        if self.dice.chance(EMPTY_COMMIT_PPM) {
            return (author, self.commit(author, witnessed, Vec::new()));
        }
        match class {
            1 => self.background_post(tables, author, witnessed),
            2 => self.engage(tables, author, witnessed, LIKE),
            3 => self.engage(tables, author, witnessed, REPOST),
            4 => self.engage(tables, author, witnessed, FOLLOW),
            _ => self.other_record(tables, author, witnessed),
        }
    }

    /// An author whose commits are in the stream; none when eight draws found none.
    fn draw_active(&mut self, tables: &Tables) -> Option<Author> {
        (0..8).find_map(|_| {
            let author = tables.population.draw(&mut self.dice);
            (!self.is_inactive(author)).then_some(author)
        })
    }

    fn is_inactive(&self, author: Author) -> bool {
        self.authors[author.0 as usize].inactive
    }

    fn planted_post(&mut self, tables: &Tables, draw: u64, witnessed: Micros) -> (Author, Change) {
        let Some(planted) = self.schedule.pick(draw).cloned() else {
            return self.identity_event(tables, None);
        };
        let author = match planted.crew {
            Some((first, count)) => Author(first.0 + self.dice.below(u64::from(count)) as u32),
            None => self.draw_speaker(tables, planted.topic),
        };
        if self.is_inactive(author) {
            return self.identity_event(tables, Some(author));
        }
        let in_thread = matches!(planted.origin, Origin::Thread(_));
        let reply_to = in_thread.then(|| self.last_of(planted.origin)).flatten();
        self.post(tables, author, witnessed, Some(&planted), reply_to)
    }

    /// Someone who writes the topic's language: anybody, not only the busy.
    fn draw_speaker(&mut self, tables: &Tables, topic: usize) -> Author {
        const TRIES: usize = 64;
        let wanted = tables.topic_language(topic).map(|language| language.tag);
        let mut author = Author(0);
        for _ in 0..TRIES {
            let evenly = self.dice.chance(500_000);
            let population = &tables.population;
            author =
                if evenly { population.draw_evenly(&mut self.dice) } else { population.draw(&mut self.dice) };
            let spoken = match population.account(author).tongue {
                Tongue::English => None,
                Tongue::Other(at) => Some(tables.languages[at].tag),
            };
            if spoken == wanted && !self.is_inactive(author) {
                break;
            }
        }
        author
    }

    fn last_of(&mut self, origin: Origin) -> Option<RecentPost> {
        const TRIES: usize = 64;
        (0..TRIES)
            .find_map(|_| self.posts.draw(&mut self.dice).filter(|(_, post)| post.origin == origin))
            .map(|(_, post)| post)
    }

    fn background_post(&mut self, tables: &Tables, author: Author, witnessed: Micros) -> (Author, Change) {
        let settings = &tables.settings;
        let (deletes, updates) = (u64::from(settings.delete_ppm), u64::from(settings.update_ppm));
        let draw = self.dice.below(MILLION);
        if draw < deletes + updates
            && let Some((at, recent)) = self.posts.draw(&mut self.dice)
            && !self.is_inactive(recent.post.author)
        {
            if draw < deletes {
                self.posts.remove(at);
                return (recent.post.author, self.withdraw(recent.post, POST, witnessed));
            }
            return self.edit(tables, at, recent, witnessed);
        }
        let reply_to = self.dice.chance(REPLY_PPM).then(|| self.posts.draw(&mut self.dice)).flatten();
        self.post(tables, author, witnessed, None, reply_to.map(|(_, post)| post))
    }

    fn post(
        &mut self,
        tables: &Tables,
        author: Author,
        witnessed: Micros,
        planted: Option<&Planted>,
        reply_to: Option<RecentPost>,
    ) -> (Author, Change) {
        let reply_to = reply_to.map(|recent| (recent.root, recent.post));
        let brief = post::Brief { author, witnessed, planted, reply_to };
        let (node, truth) = post::compose(tables, &mut self.dice, &brief);
        let (origin, dropped) = (truth.origin, truth.is_dropped());
        let mut records = vec![NewRecord { collection: POST, node, truth: Some(truth) }];
        if self.dice.chance(MULTIPLE_PPM) {
            let own = key_of(author, witnessed, 0);
            let did = &tables.population.account(author).did;
            let gate = record::threadgate(format!("at://{did}/{POST}/{own}"), witnessed);
            records.push(NewRecord { collection: "app.bsky.feed.threadgate", node: gate, truth: None });
        }
        let change = self.create(author, witnessed, records);
        if let (false, Change::Commit(commit)) = (dropped, &change)
            && let Some(record) = &commit.operations[0].record
        {
            let post = RecordKeyed { author, rkey: key_of(author, witnessed, 0), cid: record.cid };
            let root = reply_to.map_or(post, |(root, _)| root);
            self.posts.push(RecentPost { post, root, origin });
        }
        (author, change)
    }

    fn edit(&mut self, tables: &Tables, at: usize, old: RecentPost, witnessed: Micros) -> (Author, Change) {
        let author = old.post.author;
        let brief = post::Brief { author, witnessed, planted: None, reply_to: None };
        let (node, mut truth) = post::compose(tables, &mut self.dice, &brief);
        // An edit that breaks a rule would leave open which text stands: edits are well-formed.
        if truth.is_dropped() {
            return self.post(tables, author, witnessed, None, None);
        }
        truth.origin = old.origin;
        let record = seal(node);
        self.posts.put(at, RecentPost { post: RecordKeyed { cid: record.cid, ..old.post }, ..old });
        let operation = Operation {
            action: Action::Update,
            collection: POST,
            rkey: record_key(old.post.rkey),
            record: Some(record),
            prev: Some(old.post.cid),
            truth: Some(truth),
        };
        (author, self.commit(author, witnessed, vec![operation]))
    }

    /// A like, repost or follow, or the end of one.
    fn engage(
        &mut self,
        tables: &Tables,
        author: Author,
        witnessed: Micros,
        kind: &'static str,
    ) -> (Author, Change) {
        if self.dice.chance(u64::from(tables.settings.delete_ppm)) {
            return self.disengage(author, witnessed, kind);
        }
        let mut records = Vec::with_capacity(1);
        let count = if self.dice.chance(MULTIPLE_PPM) { 3 } else { 1 };
        for _ in 0..count {
            let node = self.engagement(tables, witnessed, kind);
            records.push(NewRecord { collection: kind, node, truth: None });
        }
        let change = self.create(author, witnessed, records);
        if let Change::Commit(commit) = &change
            && let Some(record) = &commit.operations[0].record
        {
            let keyed = RecordKeyed { author, rkey: key_of(author, witnessed, 0), cid: record.cid };
            self.engagements[ring_of(kind)].push(keyed);
        }
        (author, change)
    }

    fn engagement(&mut self, tables: &Tables, witnessed: Micros, kind: &'static str) -> Node {
        let target = self.posts.draw(&mut self.dice).map(|(_, recent)| recent.post);
        match target {
            Some(post) if kind != FOLLOW => {
                let subject = post.strong_ref(POST, &tables.population);
                let via = self
                    .dice
                    .chance(200_000)
                    .then(|| self.engagements[ring_of(REPOST)].draw(&mut self.dice))
                    .flatten();
                let via = via.map(|(_, repost)| repost.strong_ref(REPOST, &tables.population));
                record::engagement(kind, subject, via, witnessed.plus(-SECOND / 2))
            }
            _ if kind != FOLLOW => {
                // Nothing is there yet to be liked: a post from before the world began.
                let author = tables.population.draw(&mut self.dice);
                let rkey = TidNumber::new(tables.settings.start.plus(-3600 * SECOND), u64::from(author.0));
                let post = RecordKeyed { author, rkey, cid: record::forgotten_cid(&mut self.dice) };
                record::engagement(kind, post.strong_ref(POST, &tables.population), None, witnessed)
            }
            _ => {
                let followed = tables.population.account(tables.population.draw(&mut self.dice));
                record::follow(followed.did.as_str(), witnessed.plus(-SECOND / 2))
            }
        }
    }

    fn disengage(&mut self, author: Author, witnessed: Micros, kind: &'static str) -> (Author, Change) {
        if let Some((at, record)) = self.engagements[ring_of(kind)].draw(&mut self.dice)
            && !self.is_inactive(record.author)
        {
            self.engagements[ring_of(kind)].remove(at);
            return (record.author, self.withdraw(record, kind, witnessed));
        }
        // Most of what is withdrawn was made long ago.
        let rkey = TidNumber::new(
            witnessed.plus(-self.dice.between(1, 400) * 24 * 3600 * SECOND),
            u64::from(author.0),
        );
        let old = RecordKeyed { author, rkey, cid: record::forgotten_cid(&mut self.dice) };
        (author, self.withdraw(old, kind, witnessed))
    }

    fn other_record(&mut self, tables: &Tables, author: Author, witnessed: Micros) -> (Author, Change) {
        let collection = *self.dice.weighted(&record::OTHER_COLLECTIONS);
        let subject = tables.population.account(tables.population.draw_evenly(&mut self.dice)).did.as_str();
        let node = record::other(collection, subject, witnessed, &mut self.dice);
        if collection == "app.bsky.actor.profile" {
            let operation = Operation {
                action: Action::Update,
                collection,
                rkey: RecordKey::parse("self").expect("self is a record key"),
                record: Some(seal(node)),
                prev: Some(record::forgotten_cid(&mut self.dice)),
                truth: None,
            };
            return (author, self.commit(author, witnessed, vec![operation]));
        }
        (author, self.create(author, witnessed, vec![NewRecord { collection, node, truth: None }]))
    }

    fn account_event(&mut self, tables: &Tables) -> (Author, Change) {
        let back = self.inactive.len() >= INACTIVE_LIMIT || self.dice.chance(450_000);
        if back && !self.inactive.is_empty() {
            let author = self.inactive.swap_remove(self.dice.index(self.inactive.len()));
            self.authors[author.0 as usize].inactive = false;
            return (author, Change::Account { active: true, status: None });
        }
        let recent = self.posts.draw(&mut self.dice).map(|(_, recent)| recent.post.author);
        let author = match recent {
            Some(author) if self.dice.chance(700_000) => author,
            _ => tables.population.draw_evenly(&mut self.dice),
        };
        if self.is_inactive(author) || self.dice.chance(150_000) {
            return self.identity_event(tables, Some(author));
        }
        let statuses = [
            (40, "deactivated"),
            (20, "takendown"),
            (15, "suspended"),
            (15, "deleted"),
            (5, "throttled"),
            (5, "desynchronized"),
        ];
        let status = *self.dice.weighted(&statuses);
        self.authors[author.0 as usize].inactive = true;
        self.inactive.push(author);
        self.posts.forget(|recent| recent.post.author == author);
        (author, Change::Account { active: false, status: Some(status) })
    }

    fn identity_event(&mut self, tables: &Tables, author: Option<Author>) -> (Author, Change) {
        let author = author.unwrap_or_else(|| tables.population.draw_evenly(&mut self.dice));
        let told = self.dice.chance(600_000).then(|| handle(tables.population.account(author)));
        (author, Change::Identity { handle: told })
    }

    fn create(&mut self, author: Author, witnessed: Micros, records: Vec<NewRecord>) -> Change {
        let operation = |(at, new): (usize, NewRecord)| Operation {
            action: Action::Create,
            collection: new.collection,
            rkey: record_key(key_of(author, witnessed, at)),
            record: Some(seal(new.node)),
            prev: None,
            truth: new.truth,
        };
        let operations = records.into_iter().enumerate().map(operation).collect();
        self.commit(author, witnessed, operations)
    }

    fn withdraw(&mut self, record: RecordKeyed, collection: &'static str, witnessed: Micros) -> Change {
        let operation = Operation {
            action: Action::Delete,
            collection,
            rkey: record_key(record.rkey),
            record: None,
            prev: Some(record.cid),
            truth: None,
        };
        self.commit(record.author, witnessed, vec![operation])
    }

    fn commit(&mut self, author: Author, witnessed: Micros, operations: Vec<Operation>) -> Change {
        let (rev, since) = self.revise(author, witnessed);
        Change::Commit(Commit { rev, since, operations })
    }

    /// A new revision of the author's repository, and the one before.
    fn revise(&mut self, author: Author, witnessed: Micros) -> (TidNumber, Option<TidNumber>) {
        const HOST_TO_RELAY: i64 = SECOND / 5;
        let rev = TidNumber::new(witnessed.plus(-HOST_TO_RELAY), u64::from(author.0));
        let state = &mut self.authors[author.0 as usize];
        let before = std::mem::replace(&mut state.rev, rev);
        (rev, (before != TidNumber::default()).then_some(before))
    }
}

/// The key of the record at this place of a commit.
fn key_of(author: Author, witnessed: Micros, place: usize) -> TidNumber {
    const CLIENT_TO_RELAY: i64 = SECOND * 2 / 5;
    TidNumber::new(witnessed.plus(place as i64 - CLIENT_TO_RELAY), u64::from(author.0))
}

/// The place of a collection among [`World::engagements`].
fn ring_of(collection: &'static str) -> usize {
    match collection {
        LIKE => 0,
        REPOST => 1,
        _ => 2,
    }
}

fn record_key(tid: TidNumber) -> RecordKey<'static> {
    RecordKey::parse(tid.to_string()).expect("a TID is a record key")
}
