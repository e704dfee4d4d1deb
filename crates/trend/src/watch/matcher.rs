//! Which terms a post matches: one Aho-Corasick automaton over all literal terms of all lists and one set of all
//! regular expressions, so that a thousand terms cost about as much as ten.
//!
//! A literal term stands alone: no letter or digit of a script with spaces touches it at its start, nor at its end
//! unless it is a prefix. Next to a character of a script without spaces (Chinese, Japanese, Thai, …) it always stands
//! alone, since only a dictionary could tell. A term with `#` is found behind that sign only; one without matches the
//! hashtag too.

use aho_corasick::automaton::Automaton;
use aho_corasick::nfa::contiguous;
use aho_corasick::{Anchored, BuildError, dfa};
use regex::RegexSet;
use skytrend_event::PostData;
use unicode_normalization::char::is_combining_mark;

use super::text::write_watched;
use crate::extract::is_unspaced;
use crate::pattern::{InvalidPattern, Pattern, Shape, regex_set};

/// Up to so many bytes of terms the automaton is a table of transitions (some 20 MB), which is read three times as
/// fast; beyond, a compact one.
const TABLE_BYTES_MAX: usize = 64 << 10;

/// See the module.
#[derive(Debug)]
pub(super) struct Matcher {
    literal_set: LiteralSet,
    /// Of the pattern of the set with the same number.
    literals: Vec<Literal>,
    expressions: RegexSet,
    /// The term of the expression with the same number.
    expression_terms: Vec<u16>,
}

/// The automaton over all literal terms.
#[derive(Debug)]
enum LiteralSet {
    Empty,
    /// One look-up for each byte of a text.
    Table(dfa::DFA),
    /// Smaller, and slower.
    Compact(contiguous::NFA),
}

#[derive(Clone, Copy, Debug)]
struct Literal {
    term: u16,
    is_prefix: bool,
}

/// Buffers that are used for one post after the other.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    text: String,
    found: Vec<u16>,
}

impl Matcher {
    /// For the patterns of all terms, fewer than 2^16, in their order.
    pub(super) fn new<'a>(patterns: impl Iterator<Item = &'a Pattern>) -> Result<Self, InvalidPattern> {
        let (mut texts, mut literals) = (Vec::new(), Vec::new());
        let (mut expressions, mut expression_terms) = (Vec::new(), Vec::new());
        for (term, pattern) in (0_u16..).zip(patterns) {
            let mark = if pattern.is_hashtag { "#" } else { "" };
            match &pattern.shape {
                Shape::Exact(words) | Shape::Prefix(words) => {
                    texts.push(format!("{mark}{words}"));
                    literals.push(Literal { term, is_prefix: matches!(pattern.shape, Shape::Prefix(_)) });
                }
                Shape::Regex(expression) => {
                    expressions.push(format!("{mark}(?:{expression})"));
                    expression_terms.push(term);
                }
            }
        }
        let literal_set = LiteralSet::of(&texts).map_err(|error| InvalidPattern {
            pattern: "all terms together".to_owned(),
            reason: error.to_string(),
        })?;
        let expressions = regex_set(expressions.iter().map(String::as_str))?;
        Ok(Self { literal_set, literals, expressions, expression_terms })
    }

    /// The terms that `post` matches, in order, each once.
    pub(super) fn find<'s>(&self, post: &PostData<'_>, scratch: &'s mut Scratch) -> &'s mut Vec<u16> {
        let Scratch { text, found } = scratch;
        write_watched(post, text);
        found.clear();
        match &self.literal_set {
            LiteralSet::Empty => {}
            LiteralSet::Table(automaton) => self.find_literals(automaton, text, found),
            LiteralSet::Compact(automaton) => self.find_literals(automaton, text, found),
        }
        if !self.expressions.is_empty() {
            let hits = self.expressions.matches(text).into_iter();
            found.extend(hits.map(|place| self.expression_terms[place]));
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Appends the literal terms that stand alone in `text`, also those inside another one. The library's own search
    /// for overlapping matches does the same at a third of the speed.
    fn find_literals(&self, automaton: &impl Automaton, text: &str, found: &mut Vec<u16>) {
        let Ok(mut state) = automaton.start_state(Anchored::No) else { return };
        for (at, &byte) in text.as_bytes().iter().enumerate() {
            state = automaton.next_state(Anchored::No, state, byte);
            if !automaton.is_special(state) || !automaton.is_match(state) {
                continue;
            }
            let end = at + 1;
            for match_number in 0..automaton.match_len(state) {
                let pattern = automaton.match_pattern(state, match_number);
                let literal = self.literals[pattern.as_usize()];
                let start = end - automaton.pattern_len(pattern);
                if is_boundary(text, start) && (literal.is_prefix || is_boundary(text, end)) {
                    found.push(literal.term);
                }
            }
        }
    }
}

impl LiteralSet {
    fn of(texts: &[String]) -> Result<Self, BuildError> {
        let bytes: usize = texts.iter().map(String::len).sum();
        Ok(match bytes {
            0 => Self::Empty,
            1..=TABLE_BYTES_MAX => Self::Table(dfa::DFA::new(texts)?),
            _ => Self::Compact(contiguous::NFA::new(texts)?),
        })
    }
}

/// Whether no word goes on across `at`.
fn is_boundary(text: &str, at: usize) -> bool {
    let (before, after) = text.split_at(at);
    !(before.chars().next_back().is_some_and(is_inside_word)
        && after.chars().next().is_some_and(is_inside_word))
}

/// Whether it is a part of words that are written with spaces between them.
fn is_inside_word(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || c == '_';
    }
    (c.is_alphanumeric() || is_combining_mark(c)) && !is_unspaced(c)
}
