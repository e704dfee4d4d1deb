//! The topics: the only place that knows their names, keys and retention.

use std::fmt;
use std::str::FromStr;

/// A topic of the log. The docs of the variants are the layout: key → value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// author DID → [`crate::PostEvent`]
    Posts,
    /// author DID → [`crate::Like`]
    Likes,
    /// author DID → [`crate::Repost`]
    Reposts,
    /// author DID → [`crate::Follow`]
    Follows,
    /// normalized keyword → [`crate::Trend`]
    Trends,
    /// normalized keyword → [`crate::KeywordCount`]
    WindowCounts,
    /// normalized keyword → [`crate::Alert`]
    Alerts,
    /// window end → [`crate::UserActivity`]
    UserActivity,
    /// source position → [`crate::DeadLetter`]
    DeadLetter,
    /// pattern → [`crate::ModerationRecord`]
    Moderation,
    /// name → [`crate::WatchlistRecord`]
    Watchlists,
}

impl Topic {
    /// All topics, in the order of the pipeline.
    pub const ALL: [Self; 11] = [
        Self::Posts,
        Self::Likes,
        Self::Reposts,
        Self::Follows,
        Self::Trends,
        Self::WindowCounts,
        Self::Alerts,
        Self::UserActivity,
        Self::DeadLetter,
        Self::Moderation,
        Self::Watchlists,
    ];

    /// The public name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Posts => "bluesky-posts",
            Self::Likes => "bluesky-likes",
            Self::Reposts => "bluesky-reposts",
            Self::Follows => "bluesky-follows",
            Self::Trends => "trending-keywords",
            Self::WindowCounts => "window-counts",
            Self::Alerts => "alerts",
            Self::UserActivity => "user-activity",
            Self::DeadLetter => "dead-letter",
            Self::Moderation => "moderation",
            Self::Watchlists => "watchlists",
        }
    }

    /// How long records are kept, in days, unless a setting says otherwise.
    pub const fn retention_days(self) -> u32 {
        match self {
            Self::Posts | Self::WindowCounts | Self::UserActivity | Self::DeadLetter => 7,
            Self::Likes | Self::Reposts | Self::Follows => 1,
            Self::Trends | Self::Alerts => 30,
            // What was decided stands until it is changed, so its record must not leave: ten years, and no limit by size.
            Self::Moderation | Self::Watchlists => 3_650,
        }
    }

    /// Whether its oldest records may leave when there are many, and not only when they are old.
    pub const fn is_limited_by_size(self) -> bool {
        !self.is_of_people()
    }

    /// Whether its records are what people decided, with their names: only who may write reads them.
    pub const fn is_of_people(self) -> bool {
        matches!(self, Self::Moderation | Self::Watchlists)
    }

    /// Whether its records are split over partitions by author DID; the other topics have one partition each.
    pub const fn is_partitioned(self) -> bool {
        matches!(self, Self::Posts | Self::Likes | Self::Reposts | Self::Follows)
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is no topic.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no topic is called {0:?}; there are {names}", names = Topic::ALL.map(Topic::name).join(", "))]
pub struct UnknownTopic(pub String);

impl FromStr for Topic {
    type Err = UnknownTopic;

    fn from_str(name: &str) -> Result<Self, UnknownTopic> {
        Self::ALL.into_iter().find(|t| t.name() == name).ok_or_else(|| UnknownTopic(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_name_is_read_back_and_fits_a_log() {
        let is_name_char = |c: char| c.is_ascii_lowercase() || c == '-';
        for topic in Topic::ALL {
            assert_eq!(topic.to_string().parse(), Ok(topic));
            assert!(topic.name().len() <= 249 && topic.name().chars().all(is_name_char), "{topic}");
            assert!(topic.retention_days() > 0, "{topic}");
        }
    }

    proptest! {
        #[test]
        fn only_names_are_topics(name in "\\PC{0,20}|bluesky-[a-z]{1,8}|alerts ?") {
            match name.parse::<Topic>() {
                Ok(topic) => prop_assert_eq!(topic.name(), name),
                Err(error) => prop_assert_eq!(error, UnknownTopic(name)),
            }
        }
    }
}
