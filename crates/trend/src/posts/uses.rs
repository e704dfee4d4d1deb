//! A keyword in a post, and a post in the list of a keyword: one word of 32 bits each.

use crate::extract::SurfaceForm;

/// A keyword in a post: its number, its form, and how it is counted; or that it does not count any more.
///
/// An author is counted at the last of its posts with the keyword: the windows that end now hold that one if they hold
/// any. So an earlier one is marked as followed, once among all posts and once among those that are no copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeywordUse(u32);

impl KeywordUse {
    /// Was retracted, or never counted.
    pub(crate) const NONE: Self = Self(u32::MAX);

    const COPY: u32 = 1 << 2;
    const FOLLOWED: u32 = 1 << 3;
    const FOLLOWED_BY_ORIGINAL: u32 = 1 << 4;
    const KEYWORD_SHIFT: u32 = 5;

    pub(crate) fn new(keyword: u32, form: SurfaceForm) -> Self {
        Self::from_bits(keyword, form as u32)
    }

    /// `form` as a number of two bits.
    pub(crate) fn from_bits(keyword: u32, form: u32) -> Self {
        debug_assert!(
            keyword < 1 << (u32::BITS - Self::KEYWORD_SHIFT),
            "the settings keep keywords below 2^27"
        );
        Self(keyword << Self::KEYWORD_SHIFT | form & 3)
    }

    /// The same, as that of a near-copy.
    pub(crate) fn as_copy(self) -> Self {
        Self(self.0 | Self::COPY)
    }

    /// The same in another post, whose author is counted there.
    pub(crate) fn in_another(self) -> Self {
        Self(self.0 & !(Self::FOLLOWED | Self::FOLLOWED_BY_ORIGINAL))
    }

    /// The number of the keyword.
    pub(crate) fn keyword(self) -> Option<u32> {
        (self != Self::NONE).then_some(self.0 >> Self::KEYWORD_SHIFT)
    }

    /// How it is written, as a number of two bits.
    pub(crate) fn form(self) -> u32 {
        self.0 & 3
    }

    /// Whether the keyword has an earlier post with a near-copy of this one's text.
    pub(crate) fn is_copy(self) -> bool {
        self.0 & Self::COPY != 0
    }

    /// Whether its author is counted here.
    pub(crate) fn has_author(self) -> bool {
        self.0 & Self::FOLLOWED == 0
    }

    /// Whether its author is counted here among those of posts that are no copies.
    pub(crate) fn has_original_author(self) -> bool {
        self.0 & (Self::COPY | Self::FOLLOWED_BY_ORIGINAL) == 0
    }

    /// The author is counted at a later post from now on, or here again.
    pub(crate) fn set_followed(&mut self, is_followed: bool) {
        self.0 = if is_followed { self.0 | Self::FOLLOWED } else { self.0 & !Self::FOLLOWED };
    }

    /// The same among posts that are no copies.
    pub(crate) fn set_followed_by_original(&mut self, is_followed: bool) {
        let mark = Self::FOLLOWED_BY_ORIGINAL;
        self.0 = if is_followed { self.0 | mark } else { self.0 & !mark };
    }
}

/// A post in the list of a keyword, the form that the keyword has there, and whether it is a near-copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Occurrence(u32);

impl Occurrence {
    pub(crate) fn new(post: u32, used: KeywordUse) -> Self {
        Self(post << 3 | u32::from(used.is_copy()) << 2 | used.form())
    }

    /// The number of the post.
    pub(crate) fn post(self) -> u32 {
        self.0 >> 3
    }

    /// The same in the post with this number.
    pub(crate) fn in_post(self, post: u32) -> Self {
        Self(post << 3 | self.0 & 7)
    }

    /// Whether the post is a near-copy of an earlier one with the keyword.
    pub(crate) fn is_copy(self) -> bool {
        self.0 & 4 != 0
    }

    /// How the keyword is written, as a number of two bits.
    pub(crate) fn form(self) -> usize {
        (self.0 & 3) as usize
    }
}
