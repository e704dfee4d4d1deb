//! Which places of an order are kept: the first ones of all, and the first ones of each language, so that every
//! language has a list of its own, however much the others write. What is kept of one language is the upper part of
//! its list.

use std::collections::BTreeMap;

/// Languages that have a list of their own: those with the best topics. The network has about forty in daily use.
const LANGUAGES_MAX: usize = 64;

/// Whether each is kept, of a list with these languages, best first.
pub(super) fn kept<'a>(
    languages: impl Iterator<Item = &'a str>,
    top: usize,
    top_of_each: usize,
) -> Vec<bool> {
    // How many of each language there were.
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let is_kept = |(place, language): (usize, &'a str)| {
        if counts.len() < LANGUAGES_MAX {
            counts.entry(language).or_insert(0);
        }
        let is_of_first = counts.get_mut(language).is_some_and(|count| {
            *count += 1;
            *count <= top_of_each
        });
        place < top || is_of_first
    };
    languages.enumerate().map(is_kept).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_has_its_own_first_ones() {
        let languages = ["en", "en", "en", "cy", "en", "cy", "cy", "und"];
        let kept_of = |top, of_each| kept(languages.into_iter(), top, of_each);
        assert_eq!(kept_of(3, 2), [true, true, true, true, false, true, false, true]);
        assert_eq!(kept_of(1, 0), [true, false, false, false, false, false, false, false]);
        assert_eq!(kept_of(0, 1), [true, false, false, true, false, false, false, true]);
    }

    #[test]
    fn languages_have_a_limit() {
        let names: Vec<String> = (0..LANGUAGES_MAX + 5).map(|number| format!("l{number}")).collect();
        let all = kept(names.iter().map(String::as_str), 0, 3);
        assert_eq!(all.iter().filter(|kept| **kept).count(), LANGUAGES_MAX);
    }
}
