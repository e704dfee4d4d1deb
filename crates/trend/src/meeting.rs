//! How many people two keywords would share by chance. Those who post much write of everything: where a few hundred
//! people make most of the posts, any two keywords have some of them in common, and that makes no topic.
//!
//! Someone with `c` of `M` posts is among the `n` people of a keyword with probability `a = 1 - exp(-c n / M)`. So of a
//! keyword's people, `sum(a a') / sum(a)` are those of another one, too, over all who post.

/// People with 1, 2, up to 4, 8, … posts are each taken for one kind; the last have more than 64.
const KINDS: usize = 8;

/// How many people post how much in a window.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Activity {
    people: [u32; KINDS],
    posts: [u64; KINDS],
}

/// What chance makes of one keyword in a window.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Meeting {
    /// For each kind of people, the probability that one of them is the keyword's, times the root of their number.
    parts: [f64; KINDS],
    /// The number of its people that these make.
    people: f64,
}

impl Activity {
    /// Counts one who has so many posts in the window.
    pub(crate) fn add(&mut self, posts: u32) {
        let Some(more) = posts.checked_sub(1) else { return };
        let kind = (u32::BITS - more.leading_zeros()) as usize;
        let kind = kind.min(KINDS - 1);
        self.people[kind] += 1;
        self.posts[kind] += u64::from(posts);
    }

    /// Of a keyword of `authors`, in a language with `posts` in the window.
    pub(crate) fn meeting(&self, authors: u32, posts: u32) -> Meeting {
        let mut meeting = Meeting::default();
        for kind in 0..KINDS {
            let people = f64::from(self.people[kind]);
            if people > 0.0 {
                let each = self.posts[kind] as f64 / people;
                let chance = -libm::expm1(-each * f64::from(authors) / f64::from(posts.max(1)));
                meeting.parts[kind] = people.sqrt() * chance;
                meeting.people += people * chance;
            }
        }
        meeting
    }
}

impl Meeting {
    /// The share of this keyword's people that are the other's, too, by chance.
    pub(crate) fn share_with(&self, other: &Self) -> f64 {
        let shared: f64 = self.parts.iter().zip(&other.parts).map(|(own, others)| own * others).sum();
        if self.people > 0.0 { shared / self.people } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(activity: &Activity, fewer: u32, more: u32, posts: u32) -> f64 {
        activity.meeting(fewer, posts).share_with(&activity.meeting(more, posts))
    }

    #[test]
    fn where_all_post_alike_it_is_the_share_of_all() {
        let mut activity = Activity::default();
        (0..10_000).for_each(|_| activity.add(1));
        assert!((share(&activity, 20, 200, 10_000) - 0.02).abs() < 0.001);
        assert!(Activity::default().meeting(5, 0).share_with(&Meeting::default()).abs() < 1e-9);
    }

    #[test]
    fn who_posts_much_is_met_everywhere() {
        let mut activity = Activity::default();
        (0..5_000).for_each(|_| activity.add(1));
        (0..100).for_each(|_| activity.add(50));
        // Half of the posts are of a hundred people; those of a keyword of 100 are half of the other's, too.
        let met = share(&activity, 100, 200, 10_000);
        assert!((0.2..0.5).contains(&met), "{met}");
        assert!(met > 10.0 * share(&activity, 5, 6, 10_000));
    }
}
