//! Authors: small numbers for those with a retained post, so that distinct authors are counted with one array; and
//! their sessions, from which user activity is reported. An author is known by a hash of 64 bits of the DID.
//!
//! Activity counts posts as they are made: deleting one does not undo that its author was there.

use hashbrown::HashTable;
use skytrend_event::time::{MINUTE, SECOND};
use skytrend_event::{Micros, UserActivity};

use crate::posts::NO_POST;
use crate::prefetch::prefetch;

/// One author.
#[derive(Clone, Debug)]
pub(crate) struct Author {
    pub(crate) hash: u64,
    /// Retained posts, also those that do not count any more.
    retained_posts: u32,
    /// The last retained post.
    last_post: u32,
    pub(crate) session: Session,
    /// Posts in the present tumbling window.
    pub(crate) window_posts: u32,
}

/// An author's posts with no pause longer than the gap; none while `posts` is zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Session {
    pub(crate) started: Micros,
    pub(crate) last: Micros,
    pub(crate) posts: u32,
}

/// What the present tumbling window has seen of sessions. Whole numbers, so that the order of adding is free.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SessionTotals {
    pub(crate) started: u64,
    pub(crate) ended: u64,
    pub(crate) ended_micros: i64,
    pub(crate) ended_posts: u64,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Authors {
    by_hash: HashTable<u32>,
    entries: Vec<Author>,
    free: Vec<u32>,
    pub(crate) totals: SessionTotals,
    /// Sessions that were ended early because there were too many.
    pub(crate) sessions_cut: u64,
}

impl Authors {
    /// The number of the author, who is added if new.
    pub(crate) fn number_of(&mut self, hash: u64) -> u32 {
        if let Some(&number) = self.by_hash.find(hash, |&number| self.entries[number as usize].hash == hash) {
            return number;
        }
        let author = Author {
            hash,
            retained_posts: 0,
            last_post: NO_POST,
            session: Session::default(),
            window_posts: 0,
        };
        let number = if let Some(number) = self.free.pop() {
            self.entries[number as usize] = author;
            number
        } else {
            self.entries.push(author);
            // Authors are fewer than retained posts and sessions, both far below 2^32.
            (self.entries.len() - 1) as u32
        };
        self.by_hash.insert_unique(hash, number, |&other| self.entries[other as usize].hash);
        number
    }

    /// Asks for the author with this hash.
    pub(crate) fn prefetch(&self, hash: u64) {
        let found = self.by_hash.find(hash, |_| true);
        prefetch(found.map(|&number| &self.entries[number as usize]));
    }

    /// The last retained post of the author with this hash.
    pub(crate) fn last_post_of(&self, hash: u64) -> u32 {
        let number = self.by_hash.find(hash, |&number| self.entries[number as usize].hash == hash);
        number.map_or(NO_POST, |&number| self.entries[number as usize].last_post)
    }

    /// One past the largest number.
    pub(crate) fn numbers(&self) -> usize {
        self.entries.len()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.by_hash.len()
    }

    /// The hash of the author with this number.
    pub(crate) fn hash_of(&self, number: u32) -> u64 {
        self.entries[number as usize].hash
    }

    /// The last retained post of the author with this number.
    pub(crate) fn last_post(&self, number: u32) -> u32 {
        self.entries[number as usize].last_post
    }

    /// How many retained posts the author with this number has, those that do not count any more too.
    pub(crate) fn retained_posts(&self, number: u32) -> u32 {
        self.entries[number as usize].retained_posts
    }

    /// The author has one more retained post.
    pub(crate) fn retain_post(&mut self, number: u32, post: u32) {
        let author = &mut self.entries[number as usize];
        author.retained_posts += 1;
        author.last_post = post;
    }

    /// The author's oldest retained post has left.
    pub(crate) fn release_post(&mut self, number: u32) {
        let author = &mut self.entries[number as usize];
        author.retained_posts -= 1;
        if author.retained_posts == 0 {
            author.last_post = NO_POST;
        }
        self.remove_if_unused(number);
    }

    /// The author has made a post. Called in the order of witnessed time.
    pub(crate) fn on_post(&mut self, number: u32, witnessed: Micros, gap_micros: i64) {
        let author = &mut self.entries[number as usize];
        author.window_posts += 1;
        if author.session.posts > 0 && witnessed.0 - author.session.last.0 > gap_micros {
            self.totals.end(&mut author.session);
        }
        if author.session.posts == 0 {
            author.session.started = witnessed;
            self.totals.started += 1;
        }
        author.session.last = witnessed;
        author.session.posts += 1;
    }

    /// Reports the tumbling window that ends at `end`, and starts the next.
    pub(crate) fn report(
        &mut self,
        start: Micros,
        end: Micros,
        gap_minutes: u32,
        sessions_max: u32,
    ) -> UserActivity {
        let gap_micros = i64::from(gap_minutes) * MINUTE;
        // Who only reposts or likes has no session, and cuts none.
        let sessions = self.entries.iter().filter(|author| author.session.posts > 0).count();
        let too_many = sessions > sessions_max as usize;
        let (mut active_users, mut posts, mut posts_max) = (0, 0, 0);
        for number in 0..self.entries.len() {
            let author = &mut self.entries[number];
            let window_posts = u64::from(std::mem::take(&mut author.window_posts));
            active_users += u64::from(window_posts > 0);
            posts += window_posts;
            posts_max = posts_max.max(window_posts);
            if author.session.posts > 0 {
                let is_over = end.0 - author.session.last.0 > gap_micros;
                let is_cut = !is_over && too_many && author.retained_posts == 0;
                self.sessions_cut += u64::from(is_cut);
                if is_over || is_cut {
                    self.totals.end(&mut author.session);
                }
            }
            self.remove_if_unused(number as u32);
        }
        let totals = std::mem::take(&mut self.totals);
        let mean = |sum: f64, count: u64| if count == 0 { 0.0 } else { sum / count as f64 };
        UserActivity {
            window_start: start,
            window_end: end,
            active_users,
            posts,
            posts_per_user: mean(posts as f64, active_users),
            posts_per_user_max: posts_max,
            sessions_started: totals.started,
            sessions_ended: totals.ended,
            session_seconds_mean: mean(totals.ended_micros as f64 / SECOND as f64, totals.ended),
            session_posts_mean: mean(totals.ended_posts as f64, totals.ended),
        }
    }

    fn remove_if_unused(&mut self, number: u32) {
        let author = &self.entries[number as usize];
        if author.retained_posts > 0 || author.session.posts > 0 || author.window_posts > 0 {
            return;
        }
        if let Ok(entry) = self.by_hash.find_entry(author.hash, |&other| other == number) {
            entry.remove();
            self.free.push(number);
        }
    }

    /// All authors with a session or with posts in the present window, by hash.
    pub(crate) fn with_sessions(&self) -> Vec<&Author> {
        let mut authors: Vec<&Author> =
            self.by_hash.iter().map(|&number| &self.entries[number as usize]).collect();
        authors.retain(|author| author.session.posts > 0 || author.window_posts > 0);
        authors.sort_unstable_by_key(|author| author.hash);
        authors
    }

    /// Puts a session back.
    pub(crate) fn restore_session(&mut self, hash: u64, session: Session, window_posts: u32) {
        let number = self.number_of(hash);
        let author = &mut self.entries[number as usize];
        author.session = session;
        author.window_posts = window_posts;
    }

    /// Bytes held, about.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.entries.capacity() * size_of::<Author>() + self.by_hash.allocation_size()
    }
}

impl SessionTotals {
    fn end(&mut self, session: &mut Session) {
        self.ended += 1;
        self.ended_micros = self.ended_micros.saturating_add(session.last.0 - session.started.0);
        self.ended_posts += u64::from(session.posts);
        *session = Session::default();
    }
}
