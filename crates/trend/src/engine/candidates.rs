//! Which keywords of a window are candidates for its ranking, and how many of their authors count: what the tally
//! cannot say is looked up in the posts here, for the few keywords that may stand out.

use skytrend_event::KeywordKind;

use smallvec::SmallVec;

use super::Engine;
use super::phrases::met_by_chance;
use super::windows::Counted;
use crate::extract::words_of_name;
use crate::meeting::Activity;
use crate::newcomers::surplus;
use crate::posts::Occurrence;
use crate::rank::Candidate;
use crate::settings::Settings;
use crate::sketch::AuthorSketch;
use crate::state::Evidence;
use crate::tally::{Crowd, Tally, Voice};

impl Engine {
    /// The keyword as a candidate, if it stands out or is watched.
    pub(super) fn candidate(
        &mut self,
        number: u32,
        tally: &Tally,
        is_tested: bool,
        counted: &Counted,
        settings: &Settings,
    ) -> Option<Candidate> {
        let minute = counted.minute;
        let state = self.keywords.state(number)?;
        let home = self.streams.known(state.home());
        let (stream, posts) = (self.streams.of(home), counted.since.posts_of(home));
        let is_watched = state.is_watched(minute);
        if !is_tested && !is_watched {
            return None;
        }
        let plain = Evidence::default();
        let mut assessment = state.assess(minute, tally, plain, posts, stream, settings);
        if !assessment.stands_out && !is_watched {
            return None;
        }
        let evidence = self.evidence(number, counted, settings);
        let state = self.keywords.state_mut(number)?;
        if evidence != plain {
            assessment = state.assess(minute, tally, evidence, posts, self.streams.of(home), settings);
        }
        state.watch(minute, &assessment, settings);
        if !assessment.stands_out && !state.is_watched(minute) {
            return None;
        }
        let (sparkline, watched_until) = (state.sparkline(minute), state.watched_until);
        self.keywords.set_watched_until(number, watched_until);
        let (language, form) = self.describe(number, counted.since.first);
        let sketch = self.sketch(number, counted.since.first);
        let entry = self.keywords.entry(number);
        if self.rules.block(entry.kind, &entry.normalized, language) {
            return None;
        }
        // Upper case tells the words of a hashtag, whoever of its people writes it so.
        let mixed = self.keywords.mixed(number).filter(|_| entry.kind == KeywordKind::Hashtag);
        let written = mixed.unwrap_or(&entry.normalized);
        Some(Candidate {
            key: (entry.normalized.to_string(), entry.kind),
            display: self.display(number, form),
            words: words_of_name(entry.kind, written),
            language: language.text(),
            language_posts: counted.since.languages.of(language),
            meeting: counted.activity.meeting(tally.authors, counted.since.languages.of(language)),
            posts: tally.posts,
            authors: tally.authors,
            assessment,
            sparkline,
            sketch,
        })
    }

    /// How much the people of the window that begins with the post at `first` post in it.
    pub(super) fn activity(&mut self, first: usize) -> Activity {
        let Self { posts, authors, posts_of_author: counts, .. } = self;
        counts.clear();
        counts.resize(authors.numbers(), 0);
        for index in first..posts.len() {
            let post = posts.post(index);
            counts[posts.authors()[index] as usize] += u32::from(post.is_live && !post.is_engagement);
        }
        let mut activity = Activity::default();
        for &posts in counts.iter() {
            activity.add(posts);
        }
        activity
    }

    /// What the posts and the words of the keyword tell beyond its tally.
    fn evidence(&mut self, number: u32, counted: &Counted, settings: &Settings) -> Evidence {
        let since = &counted.since;
        let mut voices = std::mem::take(&mut self.voices);
        voices.clear();
        let posts = &self.posts;
        let originals = self.occurrences_since(number, since.first).iter().filter(|o| !o.is_copy());
        voices.extend(originals.map(|occurrence| {
            let place = posts.index_of(occurrence.post());
            let post = posts.post(place);
            let author = posts.authors()[place];
            Voice { author, is_newcomer: post.is_by_newcomer, is_post: !post.is_engagement }
        }));
        let crowd = Crowd::of(&mut voices);
        self.voices = voices;
        let usual = since.newcomer_posts as f64 / since.posts.max(1) as f64;
        let repeated = if settings.discount_repeats { crowd.repeated() } else { 0.0 };
        let newcomers = surplus(crowd.newcomers, crowd.authors, usual);
        Evidence { newcomers, repeated, by_chance: self.phrase_by_chance(number, counted) }
    }

    /// In how many posts of the window chance would make neighbours of the words of a phrase; of several pairs, the
    /// rarest.
    fn phrase_by_chance(&self, number: u32, counted: &Counted) -> f64 {
        let entry = self.keywords.entry(number);
        if entry.kind != KeywordKind::Phrase {
            return 0.0;
        }
        let words = words_of_name(entry.kind, &entry.normalized);
        // Words that are no keywords ("of") are in any post.
        let words = words.iter().filter_map(|word| self.keywords.find(KeywordKind::Word, word));
        let posts: SmallVec<[u32; 4]> =
            words.map(|word| self.keywords.tallies(word).of(counted.window.kind).posts).collect();
        let pairs =
            posts.windows(2).map(|pair| met_by_chance([pair[0], pair[1]], counted.since.posts as f64));
        pairs.min_by(f64::total_cmp).unwrap_or(0.0)
    }

    /// The authors of the keyword's posts in the window.
    fn sketch(&self, number: u32, first: usize) -> AuthorSketch {
        let occurrences = self.occurrences_since(number, first).iter();
        let authors = occurrences.map(|o| self.posts.authors()[self.posts.index_of(o.post())]);
        AuthorSketch::of(authors.map(|author| self.authors.hash_of(author)).collect())
    }

    /// The keyword's occurrences in the posts from the place `first` on.
    pub(super) fn occurrences_since(&self, number: u32, first: usize) -> &[Occurrence] {
        let occurrences = self.keywords.entry(number).occurrences.as_slice();
        let before = occurrences.partition_point(|o| self.posts.index_of(o.post()) < first);
        &occurrences[before..]
    }
}
