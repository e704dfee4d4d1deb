//! How sentences are made: patterns of tokens, read once, filled with words of chance. What a token counts for is
//! decided here and nowhere else: no text is ever taken apart again.

use std::sync::Arc;

use skytrend_event::KeywordKind;

use crate::dice::Dice;
use crate::world::event::TrueKeyword;
use crate::world::words::{English, FUNCTION_WORDS, WordList};

/// English clauses; their fillings count, their other words are function words.
const CLAUSES: [&str; 18] = [
    "the {a} {n} {v} our {n}",
    "my {n} {v} the {a} {n}",
    "{a} {n} and {a} {n}",
    "we {v} the {n} with a {a} {n}",
    "how the {n} {v} their {a} {n}",
    "that {n} was so {a}",
    "the {n} here is {a} and {a}",
    "all of our {n} and {n} {v} it",
    "why is the {n} {a} again",
    "she {v} this {a} {n} and the {n}",
    "they {v} a {n} in the {a} {n}",
    "just {v} my {a} {n} with the {n}",
    "you {v} the {n} before the {n}",
    "his {n} {v} her {a} {n} over there",
    "what a {a} {n} for the {n}",
    "now the {n} and the {n} are {a}",
    "{n} {n} and {a} {n} while the {n} {v}",
    "I have {v} those {n} from the {n}",
];

/// One token of a pattern.
#[derive(Clone, Debug)]
enum Token {
    /// Filled with a word; the suffix is punctuation.
    Filled(Filling, String),
    /// A word that counts.
    Word { surface: String, keyword: TrueKeyword },
    /// A hashtag, without `#`.
    Hashtag(String),
    /// A word that does not count.
    Function(String),
}

#[derive(Clone, Copy, Debug)]
enum Filling {
    Noun,
    Adjective,
    Verb,
    /// Of the sentence's own language.
    Foreign,
}

/// A pattern, ready to be filled.
#[derive(Clone, Debug)]
pub(crate) struct Sentence {
    tokens: Vec<Token>,
}

impl Sentence {
    pub(crate) fn parse(pattern: &str) -> Self {
        Self { tokens: pattern.split(' ').map(token).collect() }
    }

    /// The clauses of plain English.
    pub(crate) fn clauses() -> Vec<Self> {
        CLAUSES.iter().map(|clause| Self::parse(clause)).collect()
    }
}

fn token(text: &str) -> Token {
    if let Some((name, suffix)) = text.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
        let filling = match name {
            "n" => Filling::Noun,
            "a" => Filling::Adjective,
            "v" => Filling::Verb,
            _ => Filling::Foreign,
        };
        return Token::Filled(filling, suffix.to_owned());
    }
    if let Some(tag) = text.strip_prefix('#') {
        return Token::Hashtag(tag.to_owned());
    }
    let core = text.trim_matches(|c: char| !c.is_alphabetic());
    if core.chars().count() < 3 || FUNCTION_WORDS.contains(&core) {
        return Token::Function(text.to_owned());
    }
    Token::Word { surface: text.to_owned(), keyword: keyword(KeywordKind::Word, core) }
}

pub(crate) fn keyword(kind: KeywordKind, text: &str) -> TrueKeyword {
    TrueKeyword { kind, normalized: Arc::from(text.to_lowercase()) }
}

/// What `#tag` counts for: itself, and the words that its capitals tell, but for function words.
pub(crate) fn keywords_of_hashtag(tag: &str) -> impl Iterator<Item = TrueKeyword> {
    let mut starts: Vec<usize> = tag.match_indices(char::is_uppercase).map(|(at, _)| at).collect();
    if starts.first() != Some(&0) {
        starts.insert(0, 0);
    }
    starts.push(tag.len());
    let words: Vec<TrueKeyword> = starts
        .windows(2)
        .map(|part| keyword(KeywordKind::Word, &tag[part[0]..part[1]]))
        .filter(|word| !FUNCTION_WORDS.contains(&&*word.normalized))
        .collect();
    std::iter::once(keyword(KeywordKind::Hashtag, tag)).chain(words)
}

/// Bytes of a text with a meaning.
#[derive(Clone, Debug)]
pub(crate) struct Facet {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) feature: Feature,
}

#[derive(Clone, Debug)]
pub(crate) enum Feature {
    /// A hashtag, without `#`.
    Tag(String),
    /// A URL.
    Link(String),
    /// A DID.
    Mention(String),
}

/// A text in the making, with its facets and what it counts for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draft {
    pub(crate) text: String,
    pub(crate) facets: Vec<Facet>,
    pub(crate) keywords: Vec<TrueKeyword>,
}

impl Draft {
    /// Adds a filled sentence; `foreign` fills `{w}`.
    pub(crate) fn sentence(
        &mut self,
        sentence: &Sentence,
        english: &English,
        foreign: &WordList,
        dice: &mut Dice,
    ) {
        let begins = self.text.is_empty() || self.text.ends_with(['.', '!', '?']);
        let capital_at = begins.then_some(0);
        for (at, token) in sentence.tokens.iter().enumerate() {
            self.space();
            let start = self.text.len();
            match token {
                Token::Filled(filling, suffix) => {
                    self.word(fill(*filling, english, foreign, dice), dice);
                    self.text.push_str(suffix);
                }
                Token::Word { surface, keyword } => {
                    self.text.push_str(surface);
                    self.keywords.push(keyword.clone());
                }
                Token::Hashtag(tag) => self.hashtag(tag),
                Token::Function(text) => self.text.push_str(text),
            }
            if capital_at == Some(at) {
                capitalise(&mut self.text, start);
            }
        }
    }

    /// Adds a word that counts, now and then in capitals.
    pub(crate) fn word(&mut self, word: &Arc<str>, dice: &mut Dice) {
        self.space();
        let start = self.text.len();
        self.text.push_str(word);
        if word.is_ascii() && dice.chance(10_000) {
            self.text[start..].make_ascii_uppercase();
        }
        self.keywords.push(TrueKeyword { kind: KeywordKind::Word, normalized: Arc::clone(word) });
    }

    /// Adds `#tag` with its facet.
    pub(crate) fn hashtag(&mut self, tag: &str) {
        self.space();
        let start = self.text.len();
        self.text.push('#');
        self.text.push_str(tag);
        self.facets.push(Facet { start, end: self.text.len(), feature: Feature::Tag(tag.to_owned()) });
        self.keywords.extend(keywords_of_hashtag(tag));
    }

    /// Adds text under a facet that counts for nothing.
    pub(crate) fn covered(&mut self, shown: &str, feature: Feature) {
        self.space();
        let start = self.text.len();
        self.text.push_str(shown);
        self.facets.push(Facet { start, end: self.text.len(), feature });
    }

    /// Adds signs that are no words.
    pub(crate) fn signs(&mut self, signs: &str) {
        self.space();
        self.text.push_str(signs);
    }

    /// A space, where words would run together.
    fn space(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with(' ') {
            self.text.push(' ');
        }
    }
}

fn fill<'a>(filling: Filling, english: &'a English, foreign: &'a WordList, dice: &mut Dice) -> &'a Arc<str> {
    /// Share of nouns that come from the long tail.
    const COMPOUND_PPM: u64 = 120_000;
    match filling {
        Filling::Noun if dice.chance(COMPOUND_PPM) => english.compounds.draw(dice),
        Filling::Noun => english.nouns.draw(dice),
        Filling::Adjective => english.adjectives.draw(dice),
        Filling::Verb => english.verbs.draw(dice),
        Filling::Foreign => foreign.draw(dice),
    }
}

/// Makes the letter at `start` a capital, where that is one letter too.
fn capitalise(text: &mut String, start: usize) {
    let Some(first) = text[start..].chars().next() else { return };
    let mut upper = first.to_uppercase();
    if let (Some(capital), None) = (upper.next(), upper.next())
        && capital.len_utf8() == first.len_utf8()
    {
        let mut buffer = [0; 4];
        text.replace_range(start..start + first.len_utf8(), capital.encode_utf8(&mut buffer));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::words::other_languages;

    #[test]
    fn a_hashtag_counts_for_its_words_but_function_words() {
        let keywords: Vec<String> =
            keywords_of_hashtag("BakeOffFinal").map(|word| word.to_string()).collect();
        assert_eq!(keywords, ["#bakeofffinal", "bake", "final"]);
        assert_eq!(keywords_of_hashtag("storm").count(), 2);
    }

    #[test]
    fn a_sentence_counts_its_words_and_hashtags_only() {
        let (english, languages) = (English::new(1), other_languages(1));
        let sentence = Sentence::parse("the aurora, over our {n}! #BigSky");
        let mut draft = Draft::default();
        draft.sentence(&sentence, &english, &languages[0].words, &mut Dice::new(1, "test", 0));
        assert!(draft.text.starts_with("The aurora, over our ") && draft.text.ends_with("! #BigSky"));
        let keywords: Vec<String> = draft.keywords.iter().map(ToString::to_string).collect();
        assert_eq!(keywords[0], "aurora");
        assert_eq!(keywords[2..], ["#bigsky", "big", "sky"]);
        let facet = &draft.facets[0];
        assert_eq!(&draft.text[facet.start..facet.end], "#BigSky");
    }
}
