//! One minute of posts, in order of time, with their texts in one buffer; and each of them as a reader sees it. Who
//! writes what is decided elsewhere.

use std::borrow::Cow;
use std::ops::Range;

use skytrend_event::engagement::collection::POST;
use skytrend_event::{
    AtUri, Did, EventId, Language, Micros, PostAction, PostData, PostEvent, RecordKey, Span, Tid,
};

use super::counts::MinuteCounts;
use super::people::Author;
use super::tongue::Tongue;
use super::vocabulary::TermId;
use crate::instant::TidNumber;
use crate::node::write;

/// What a part of a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Feature {
    /// A hashtag, with its `#`.
    Tag,
    /// A link to this page.
    Link(u64),
    /// A mention of this account.
    Mention(Author),
}

/// A part of a text that clients mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Facet {
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) feature: Feature,
}

/// A post, its text, facets and terms in the buffers of its minute.
#[derive(Clone, Debug)]
pub(crate) struct StoredPost {
    pub(crate) witnessed: Micros,
    pub(crate) author: Author,
    pub(crate) tongue: Tongue,
    pub(crate) text: Range<usize>,
    pub(crate) facets: Range<usize>,
    pub(crate) terms: Range<usize>,
    pub(crate) is_copy: bool,
}

/// The posts of one minute and what a perfect reader counts in them.
#[derive(Clone, Debug, Default)]
pub struct QualityMinute {
    /// From the world's start.
    pub minute: u32,
    /// What there is to count.
    pub counts: MinuteCounts,
    pub(crate) seed: u64,
    pub(crate) text: String,
    pub(crate) facets: Vec<Facet>,
    pub(crate) terms: Vec<TermId>,
    pub(crate) posts: Vec<StoredPost>,
}

/// A post of a minute.
#[derive(Clone, Copy, Debug)]
pub struct QualityPost<'a> {
    minute: &'a QualityMinute,
    post: &'a StoredPost,
}

impl QualityMinute {
    /// The posts, in order of time.
    pub fn posts(&self) -> impl ExactSizeIterator<Item = QualityPost<'_>> {
        self.posts.iter().map(|post| QualityPost { minute: self, post })
    }
}

/// Texts that a [`PostEvent`] of a post borrows.
#[derive(Clone, Debug, Default)]
pub struct EventText {
    did: String,
    rkey: String,
}

impl<'a> QualityPost<'a> {
    /// When it was witnessed; every post is later than the one before.
    pub fn witnessed(&self) -> Micros {
        self.post.witnessed
    }

    /// Who wrote it.
    pub fn author(&self) -> Author {
        self.post.author
    }

    /// As written.
    pub fn text(&self) -> &'a str {
        &self.minute.text[self.post.text.clone()]
    }

    /// The terms that were put into it, each once.
    pub fn terms(&self) -> &'a [TermId] {
        &self.minute.terms[self.post.terms.clone()]
    }

    /// Whether its text is a near-copy of an earlier one.
    pub fn is_copy(&self) -> bool {
        self.post.is_copy
    }

    /// Its language.
    pub fn tongue(&self) -> Tongue {
        self.post.tongue
    }

    /// The languages that its client declares.
    pub(crate) fn declared(&self) -> impl Iterator<Item = &'static str> {
        self.post.author.declares(self.post.tongue).into_iter().flatten()
    }

    pub(crate) fn facets(&self) -> &'a [Facet] {
        &self.minute.facets[self.post.facets.clone()]
    }

    /// Its record's key, which is its repository's revision, too.
    pub(crate) fn tid(&self) -> TidNumber {
        TidNumber::new(self.post.witnessed, u64::from(self.post.author.0))
    }

    pub(crate) fn seed(&self) -> u64 {
        self.minute.seed
    }

    pub(crate) fn did(&self) -> String {
        did_of(self.post.author, self.minute.seed)
    }

    /// As the detector gets it: what the source makes of the post's JSON.
    pub fn event<'b>(&self, texts: &'b mut EventText) -> PostEvent<'b>
    where
        'a: 'b,
    {
        texts.did.clear();
        self.post.author.push_did(self.minute.seed, &mut texts.did);
        texts.rkey.clear();
        write(&mut texts.rkey, format_args!("{}", self.tid()));
        let did = Did::parse(&*texts.did).expect("24 base32 digits are a did:plc");
        let rkey = RecordKey::parse(&*texts.rkey).expect("a TID is a record key");
        let text = self.text();
        let mut data = PostData {
            text: Cow::Borrowed(text),
            created_at: Some(self.post.witnessed),
            ..PostData::default()
        };
        data.languages
            .extend(self.declared().map(|code| Language::parse(code).expect("a code of two letters")));
        for facet in self.facets() {
            match facet.feature {
                Feature::Tag => {
                    let tag = &text[facet.start as usize + 1..facet.end as usize];
                    if !data.hashtags.iter().any(|known| known == tag) {
                        data.hashtags.push(Cow::Borrowed(tag));
                    }
                }
                Feature::Link(page) => {
                    data.links.push(Cow::Owned(link_uri(page)));
                    data.skip.push(Span { start: facet.start, end: facet.end });
                }
                Feature::Mention(author) => {
                    data.mentions.push(Did::parse(did_of(author, self.minute.seed)).expect("as above"));
                    data.skip.push(Span { start: facet.start, end: facet.end });
                }
            }
        }
        PostEvent {
            action: PostAction::Created,
            uri: AtUri::of_record(&did, POST, &rkey),
            event_id: EventId::of(did.as_str(), POST, rkey.as_str(), rkey.as_str(), "create"),
            rev: Some(Tid::parse(&*texts.rkey).expect("it is one")),
            author_did: did,
            witnessed_at: self.post.witnessed,
            data: Some(data),
        }
    }
}

fn did_of(author: Author, seed: u64) -> String {
    let mut did = String::new();
    author.push_did(seed, &mut did);
    did
}

/// The whole address of a page.
pub(crate) fn link_uri(page: u64) -> String {
    format!("https://news.example/{page:016x}")
}
