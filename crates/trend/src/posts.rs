//! The posts of the retained minutes, in the order (witnessed, author, log): what windows are counted from, what
//! retractions find by URI or author, what samples are taken from. Keywords point here by number.
//!
//! A post gets the next number of a ring of 2^29; numbers are only compared with those retained. Their number is
//! bounded by the budget of each minute, which is kept where posts come in.

mod near;
mod uses;

use std::collections::VecDeque;

use hashbrown::HashTable;
use skytrend_event::{EventId, Micros};

use crate::language::{LanguageCode, LanguagePosts, Languages};
use crate::signature::{BANDS, Signature};

pub(crate) use uses::{KeywordUse, Occurrence};

use near::Links;
pub(crate) use near::NearCopies;

/// Numbers of posts go round at 2^29: three bits of a word remain for the form and the copy mark.
const NUMBER_MASK: u32 = (1 << 29) - 1;
/// No post.
pub(crate) const NO_POST: u32 = u32::MAX;
/// What is needed of a post now and then.
#[derive(Clone, Debug)]
pub(crate) struct Post {
    pub(crate) witnessed: Micros,
    pub(crate) event_id: EventId,
    pub(crate) uri_hash: u64,
    /// In the pane's text: the URI, then the text; of an engagement, the URI of the post that it is with.
    pub(crate) text_start: u32,
    pub(crate) uri_len: u16,
    pub(crate) text_len: u16,
    /// In the pane's keywords.
    pub(crate) keywords_start: u32,
    pub(crate) keywords_len: u8,
    /// Whether it counts.
    pub(crate) is_live: bool,
    /// Whether its author was a newcomer then.
    pub(crate) is_by_newcomer: bool,
    /// It is no post but a repost or a like of one, which has that one's keywords.
    pub(crate) is_engagement: bool,
    /// The author's post before this one.
    pub(crate) before_of_author: u32,
}

/// The posts of one minute.
#[derive(Debug, Default)]
pub(crate) struct Pane {
    /// Minutes since the Unix epoch.
    pub(crate) minute: i64,
    /// How many posts, retracted ones too.
    pub(crate) posts: u32,
    /// How many posts that count.
    pub(crate) live_posts: u32,
    /// How many of those are by newcomers.
    pub(crate) newcomer_posts: u32,
    /// How many of those that count are engagements.
    pub(crate) engagements: u32,
    /// The same by language.
    pub(crate) languages: LanguagePosts,
    /// URIs and texts.
    pub(crate) text: String,
    /// The keywords of its posts, post after post.
    pub(crate) keywords: Vec<KeywordUse>,
}

/// The posts from a minute on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Since {
    /// Place of the first one.
    pub(crate) first: usize,
    /// How many count.
    pub(crate) posts: u64,
    /// How many of those are by newcomers.
    pub(crate) newcomer_posts: u64,
    /// How many of those that count are engagements.
    pub(crate) engagements: u64,
    /// How many of those that count are in each language.
    pub(crate) languages: LanguagePosts,
}

impl Since {
    /// Posts that count in this language; those in any for none.
    pub(crate) fn posts_of(&self, language: LanguageCode) -> u64 {
        if language.0 == 0 { self.posts } else { u64::from(self.languages.of(language)) }
    }
}

/// A new post.
#[derive(Clone, Debug)]
pub(crate) struct NewPost {
    pub(crate) post: Post,
    pub(crate) author: u32,
    pub(crate) languages: Languages,
    pub(crate) signature: Signature,
}

impl Post {
    fn uri_range(&self) -> std::ops::Range<usize> {
        let start = self.text_start as usize;
        start..start + usize::from(self.uri_len)
    }

    fn text_range(&self) -> std::ops::Range<usize> {
        let start = self.uri_range().end;
        start..start + usize::from(self.text_len)
    }

    /// Where its keywords lie in the pane's.
    pub(crate) fn keywords_range(&self) -> std::ops::Range<usize> {
        let start = self.keywords_start as usize;
        start..start + usize::from(self.keywords_len)
    }
}

/// See the module.
#[derive(Debug)]
pub(crate) struct PostStore {
    panes: VecDeque<Pane>,
    posts: VecDeque<Post>,
    /// Not a ring, nor are languages and signatures: many keywords go through them, and a plain slice is the fastest.
    authors: Vec<u32>,
    languages: Vec<Languages>,
    /// The same as in the links, for looking through many.
    signatures: Vec<Signature>,
    links: VecDeque<Links>,
    /// Number of the first retained post.
    first: u32,
    by_uri: HashTable<u32>,
    /// The last post with each value of each band.
    bands: Vec<u32>,
}

impl PostStore {
    pub(crate) fn new() -> Self {
        Self {
            panes: VecDeque::new(),
            posts: VecDeque::new(),
            authors: Vec::new(),
            languages: Vec::new(),
            signatures: Vec::new(),
            links: VecDeque::new(),
            first: 0,
            by_uri: HashTable::new(),
            bands: vec![NO_POST; BANDS << 16],
        }
    }

    /// Whether nothing is retained.
    pub(crate) fn is_empty(&self) -> bool {
        self.posts.is_empty()
    }

    /// Posts retained, also those that do not count any more.
    pub(crate) fn len(&self) -> usize {
        self.posts.len()
    }

    /// The retained minutes, oldest first.
    pub(crate) fn panes(&self) -> &VecDeque<Pane> {
        &self.panes
    }

    /// The place of a post among those retained; past the end if it is not.
    pub(crate) fn index_of(&self, post: u32) -> usize {
        (post.wrapping_sub(self.first) & NUMBER_MASK) as usize
    }

    /// The place of a post, if it is retained.
    pub(crate) fn retained_index(&self, post: u32) -> Option<usize> {
        let index = self.index_of(post);
        (post != NO_POST && index < self.posts.len()).then_some(index)
    }

    /// The number of the post at a place.
    pub(crate) fn number_at(&self, index: usize) -> u32 {
        // Fewer than 2^30 posts are retained, so the place fits.
        self.first.wrapping_add(index as u32) & NUMBER_MASK
    }

    pub(crate) fn post(&self, index: usize) -> &Post {
        &self.posts[index]
    }

    /// The numbers of the authors of all retained posts.
    pub(crate) fn authors(&self) -> &[u32] {
        &self.authors
    }

    /// Of all retained posts.
    pub(crate) fn languages(&self) -> &[Languages] {
        &self.languages
    }

    pub(crate) fn signature(&self, index: usize) -> Signature {
        self.signatures[index]
    }

    /// What there is of minute `minute` and those after it.
    pub(crate) fn since_minute(&self, minute: i64) -> Since {
        let mut since = Since {
            first: self.posts.len(),
            posts: 0,
            newcomer_posts: 0,
            engagements: 0,
            languages: LanguagePosts::default(),
        };
        for pane in self.panes.iter().rev().take_while(|pane| pane.minute >= minute) {
            since.first -= pane.posts as usize;
            since.posts += u64::from(pane.live_posts);
            since.newcomer_posts += u64::from(pane.newcomer_posts);
            since.engagements += u64::from(pane.engagements);
            since.languages.add_all(&pane.languages);
        }
        since
    }

    /// The minute of the post at a place, as its pane.
    pub(crate) fn pane_of(&self, post: &Post) -> &Pane {
        &self.panes[self.pane_index(post)]
    }

    /// The keywords of a post.
    pub(crate) fn keywords(&self, index: usize) -> &[KeywordUse] {
        let post = &self.posts[index];
        &self.pane_of(post).keywords[post.keywords_range()]
    }

    /// The keywords of a post, to be changed.
    pub(crate) fn keywords_mut(&mut self, index: usize) -> &mut [KeywordUse] {
        let pane = self.pane_index(&self.posts[index]);
        let range = self.posts[index].keywords_range();
        &mut self.panes[pane].keywords[range]
    }

    pub(crate) fn uri(&self, post: &Post) -> &str {
        &self.pane_of(post).text[post.uri_range()]
    }

    /// Of an engagement, none.
    pub(crate) fn text(&self, post: &Post) -> &str {
        if post.is_engagement { "" } else { self.text_or_subject(post) }
    }

    /// The text of a post; of an engagement, the URI of the post that it is with.
    pub(crate) fn text_or_subject(&self, post: &Post) -> &str {
        &self.pane_of(post).text[post.text_range()]
    }

    /// Panes have no gaps between them, so a minute's place follows from the first.
    fn pane_index(&self, post: &Post) -> usize {
        let first = self.panes.front().map_or(0, |pane| pane.minute);
        (crate::minute_of(post.witnessed) - first) as usize
    }

    /// A part of the last minute's text.
    pub(crate) fn last_text(&self, start: u32, len: u16) -> &str {
        let start = start as usize;
        self.panes.back().map_or("", |pane| &pane.text[start..start + usize::from(len)])
    }

    /// Appends to the texts and keywords of the last minute; returns where these ones start.
    pub(crate) fn append_to_last<const TEXTS: usize>(
        &mut self,
        texts: [&str; TEXTS],
        keywords: &[KeywordUse],
    ) -> (u32, u32) {
        let Some(pane) = self.panes.back_mut() else { return (0, 0) };
        // A minute's budget of posts keeps both far below 2^32.
        let starts = (pane.text.len() as u32, pane.keywords.len() as u32);
        for text in texts {
            pane.text.push_str(text);
        }
        pane.keywords.extend_from_slice(keywords);
        starts
    }

    /// The number after `number`.
    pub(crate) fn after(number: u32) -> u32 {
        number.wrapping_add(1) & NUMBER_MASK
    }

    /// Opens the minute after the last one.
    pub(crate) fn push_pane(&mut self, minute: i64, text: String, keywords: Vec<KeywordUse>) {
        debug_assert!(
            self.panes.back().is_none_or(|last| last.minute + 1 == minute),
            "minutes follow one another"
        );
        self.panes.push_back(Pane { minute, text, keywords, ..Pane::default() });
    }

    /// Adds a post to the last minute; returns its number, and earlier posts with nearly its text.
    pub(crate) fn push(&mut self, new: NewPost) -> (u32, NearCopies) {
        let number = self.number_at(self.posts.len());
        let NewPost { post, author, languages, signature } = new;
        let (links, near) = self.link(number, signature);
        if let Some(pane) = self.panes.back_mut() {
            pane.posts += 1;
            pane.live_posts += 1;
            pane.newcomer_posts += u32::from(post.is_by_newcomer);
            pane.engagements += u32::from(post.is_engagement);
            pane.languages.add(languages);
        }
        let (posts, first) = (&self.posts, self.first);
        self.by_uri.insert_unique(post.uri_hash, number, |&other| {
            posts[(other.wrapping_sub(first) & NUMBER_MASK) as usize].uri_hash
        });
        self.posts.push_back(post);
        self.authors.push(author);
        self.languages.push(languages);
        self.signatures.push(signature);
        self.links.push_back(links);
        (number, near)
    }

    /// The place of the post with this URI that counts.
    pub(crate) fn find(&self, uri_hash: u64, uri: &str) -> Option<usize> {
        let is_it = |&number: &u32| {
            let post = &self.posts[self.index_of(number)];
            post.uri_hash == uri_hash && self.uri(post) == uri
        };
        self.by_uri.find(uri_hash, is_it).map(|&number| self.index_of(number))
    }

    /// The post at `index` counts no more.
    pub(crate) fn set_dead(&mut self, index: usize) {
        let number = self.number_at(index);
        let pane = self.pane_index(&self.posts[index]);
        let post = &mut self.posts[index];
        if std::mem::replace(&mut post.is_live, false) {
            self.panes[pane].live_posts -= 1;
            self.panes[pane].newcomer_posts -= u32::from(post.is_by_newcomer);
            self.panes[pane].engagements -= u32::from(post.is_engagement);
            self.panes[pane].languages.remove(self.languages[index]);
            if let Ok(entry) = self.by_uri.find_entry(self.posts[index].uri_hash, |&other| other == number) {
                entry.remove();
            }
        }
    }

    /// Removes the oldest minute; returns it with its posts and their authors.
    pub(crate) fn pop_pane(&mut self) -> Option<(Pane, Vec<(Post, u32)>)> {
        let count = self.panes.front()?.posts as usize;
        for index in 0..count {
            let number = self.number_at(index);
            if let Ok(entry) = self.by_uri.find_entry(self.posts[index].uri_hash, |&other| other == number) {
                entry.remove();
            }
        }
        let pane = self.panes.pop_front()?;
        let posts = self.posts.drain(..count).zip(self.authors.drain(..count)).collect();
        self.languages.drain(..count);
        self.signatures.drain(..count);
        self.links.drain(..count);
        self.first = self.first.wrapping_add(pane.posts) & NUMBER_MASK;
        Some((pane, posts))
    }

    /// Bytes held, about.
    pub(crate) fn memory_bytes(&self) -> usize {
        let panes: usize =
            self.panes.iter().map(|pane| pane.text.capacity() + 4 * pane.keywords.capacity()).sum();
        panes
            + self.posts.capacity() * size_of::<Post>()
            + self.authors.capacity() * size_of::<u32>()
            + self.languages.capacity() * size_of::<Languages>()
            + self.signatures.capacity() * size_of::<Signature>()
            + self.links.capacity() * size_of::<Links>()
            + self.by_uri.allocation_size()
            + self.bands.capacity() * size_of::<u32>()
    }
}
