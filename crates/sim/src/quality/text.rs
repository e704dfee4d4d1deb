//! How posts are written: terms with function words between them, as each script does it; hashtags, links and
//! mentions as clients mark them; near-copies of what is written already.

use super::minute::{Facet, Feature};
use super::people::Author;
use super::tongue::{Script, Tongue};
use super::vocabulary::{Term, TermId, TermKind, Vocabulary};
use crate::dice::Dice;
use crate::node::write;

const EMOJI: [&str; 10] = ["😂", "🔥", "🎉🎉", "👀", "🙏🏽", "❤️", "😭", "✨", "💀", "👏"];
/// Of a million posts.
const EMOJI_PPM: u64 = 80_000;
const LINK_PPM: u64 = 80_000;
const MENTION_PPM: u64 = 30_000;
/// Of a million places between two terms.
const FUNCTION_WORD_PPM: u64 = 720_000;
const SECOND_FUNCTION_WORD_PPM: u64 = 250_000;
const PUNCTUATION_PPM: u64 = 120_000;
/// Of a million words.
const CAPITAL_PPM: u64 = 150_000;
const PARTICLE_PPM: u64 = 600_000;
/// Of a million hashtags that are one word.
const WITHOUT_MARK_PPM: u64 = 100_000;
/// Of a million hashtags.
const LOWER_CASE_PPM: u64 = 300_000;
/// Of a million names.
const CARELESS_PPM: u64 = 150_000;

/// Korean particles after a vowel and after a consonant.
const PARTICLES: [[&str; 2]; 6] =
    [["는", "은"], ["가", "이"], ["를", "을"], ["에", "에"], ["도", "도"], ["와", "과"]];

/// A text on its way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draft {
    pub(crate) text: String,
    pub(crate) facets: Vec<Facet>,
    /// Each once.
    pub(crate) terms: Vec<TermId>,
}

impl Draft {
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.facets.clear();
        self.terms.clear();
    }

    pub(crate) fn copy_of(&mut self, other: &Self) {
        self.text.clone_from(&other.text);
        self.facets.clone_from(&other.facets);
        self.terms.clone_from(&other.terms);
    }

    /// Writes these terms, which become the post's, in this order.
    pub(crate) fn compose(
        &mut self,
        dice: &mut Dice,
        vocabulary: &Vocabulary,
        tongue: Tongue,
        terms: &[TermId],
    ) {
        let function_words = &vocabulary.function_words[tongue.index()];
        let is_joined = tongue.script() == Script::Joined;
        for (at, &id) in terms.iter().enumerate() {
            if self.terms.contains(&id) {
                continue;
            }
            self.terms.push(id);
            let term = vocabulary.term(id);
            if at > 0 && dice.chance(PUNCTUATION_PPM) {
                self.text.push_str(punctuation(dice, tongue));
            }
            if dice.chance(FUNCTION_WORD_PPM) {
                self.word(dice.pick_text(function_words), is_joined);
                if dice.chance(SECOND_FUNCTION_WORD_PPM) {
                    self.word(dice.pick_text(function_words), is_joined);
                }
            }
            self.term(dice, term);
        }
    }

    /// What is at the end of some posts.
    pub(crate) fn decorate(&mut self, dice: &mut Dice, seed: u64, friend: impl FnOnce(&mut Dice) -> Author) {
        if dice.chance(EMOJI_PPM) {
            self.word(dice.pick_text(&EMOJI), false);
        }
        if dice.chance(MENTION_PPM) {
            let author = friend(dice);
            let start = self.begin(false);
            let mut did = String::new();
            author.push_did(seed, &mut did);
            write(&mut self.text, format_args!("@{}.example.social", &did["did:plc:".len()..][..9]));
            self.mark(start, Feature::Mention(author));
        }
        if dice.chance(LINK_PPM) {
            self.link(dice);
        }
    }

    /// Makes a near-copy of what is written: something more at its end.
    pub(crate) fn vary(&mut self, dice: &mut Dice, vocabulary: &Vocabulary, tongue: Tongue) {
        match dice.below(4) {
            0 => self.link(dice),
            1 => self.word(dice.pick_text(&EMOJI), false),
            2 => self.word(dice.pick_text(&vocabulary.function_words[tongue.index()]), false),
            _ => self.number(dice.below(1000)),
        }
    }

    pub(crate) fn number(&mut self, number: u64) {
        self.begin(false);
        write(&mut self.text, format_args!("{number}"));
    }

    /// A link as clients write it: the text is cut, the facet has the whole.
    pub(crate) fn link(&mut self, dice: &mut Dice) {
        let page = dice.bits();
        let start = self.begin(false);
        write(&mut self.text, format_args!("news.example/{:05x}...", page >> 44));
        self.mark(start, Feature::Link(page));
    }

    fn word(&mut self, word: &str, is_joined: bool) {
        self.begin(is_joined);
        self.text.push_str(word);
    }

    fn term(&mut self, dice: &mut Dice, term: &Term) {
        let script = term.tongue.script();
        match term.kind {
            TermKind::Word => {
                self.begin(script == Script::Joined);
                if script == Script::Latin && dice.chance(CAPITAL_PPM) {
                    push_capitalized(&mut self.text, &term.text);
                } else {
                    self.text.push_str(&term.text);
                }
                if script == Script::Korean && dice.chance(PARTICLE_PPM) {
                    self.text.push_str(dice.pick(&PARTICLES)[usize::from(ends_in_consonant(&term.text))]);
                }
            }
            TermKind::Name => {
                self.begin(false);
                self.text.push_str(if dice.chance(CARELESS_PPM) { &term.text } else { &term.shown });
            }
            // Some people write #AI and some AI.
            TermKind::Hashtag if is_one_word(term) && dice.chance(WITHOUT_MARK_PPM) => {
                self.word(&term.shown, false);
            }
            TermKind::Hashtag => {
                let start = self.begin(false);
                self.text.push('#');
                self.text.push_str(if dice.chance(LOWER_CASE_PPM) { &term.text } else { &term.shown });
                self.mark(start, Feature::Tag);
                // The next word must not become a part of it.
                if script == Script::Joined {
                    self.text.push(' ');
                }
            }
        }
    }

    /// Sets a space where one belongs, and says where the next word begins.
    fn begin(&mut self, is_joined: bool) -> usize {
        if !is_joined && !self.text.is_empty() && !self.text.ends_with([' ', '\u{3000}']) {
            self.text.push(' ');
        }
        self.text.len()
    }

    fn mark(&mut self, start: usize, feature: Feature) {
        self.facets.push(Facet { start: start as u32, end: self.text.len() as u32, feature });
    }
}

/// Whether a hashtag is one word of a script with spaces; of others nobody can tell.
fn is_one_word(term: &Term) -> bool {
    term.tongue.script() == Script::Latin && term.shown.chars().filter(|c| c.is_uppercase()).count() == 1
}

fn punctuation(dice: &mut Dice, tongue: Tongue) -> &'static str {
    match tongue {
        Tongue::Japanese => dice.pick_text(&["、", "。", "！"]),
        Tongue::Chinese => dice.pick_text(&["，", "。", "！"]),
        Tongue::Thai => " ",
        Tongue::Arabic => dice.pick_text(&["،", ".", "!"]),
        _ => dice.pick_text(&[",", ".", "!", "?"]),
    }
}

fn push_capitalized(text: &mut String, word: &str) {
    let mut chars = word.chars();
    text.extend(chars.next().into_iter().flat_map(char::to_uppercase));
    text.push_str(chars.as_str());
}

/// Whether the last Hangul syllable has a final consonant.
fn ends_in_consonant(word: &str) -> bool {
    const FIRST_SYLLABLE: u32 = 0xac00;
    const FINALS: u32 = 28;
    word.chars().last().is_some_and(|last| {
        u32::from(last).checked_sub(FIRST_SYLLABLE).is_some_and(|syllable| !syllable.is_multiple_of(FINALS))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms_of(vocabulary: &Vocabulary, tongue: Tongue, kind: TermKind) -> Vec<TermId> {
        let of_kind =
            |(at, term): (u32, &Term)| (term.tongue == tongue && term.kind == kind).then_some(TermId(at));
        (0..).zip(&vocabulary.terms).filter_map(of_kind).take(4).collect()
    }

    #[test]
    fn facets_cover_exactly_their_hashtags_in_every_script() {
        let vocabulary = Vocabulary::new(2);
        let mut dice = Dice::new(2, "test", 0);
        for tongue in Tongue::ALL {
            let mut terms = terms_of(&vocabulary, tongue, TermKind::Word);
            let tags = terms_of(&vocabulary, tongue, TermKind::Hashtag);
            terms.splice(1..1, tags.iter().copied());
            let mut draft = Draft::default();
            draft.compose(&mut dice, &vocabulary, tongue, &terms);
            draft.decorate(&mut dice, 2, |_| Author(3));
            let is_marked = |id: &&TermId| {
                draft.text.contains(&format!("#{}", vocabulary.term(**id).shown))
                    || draft.text.contains(&format!("#{}", vocabulary.term(**id).text))
            };
            let marked = draft.facets.iter().filter(|facet| facet.feature == Feature::Tag).map(|facet| {
                let tag = &draft.text[facet.start as usize..facet.end as usize];
                assert!(tag.starts_with('#') && !tag.contains(char::is_whitespace));
                tag[1..].to_lowercase()
            });
            let expected = tags.iter().filter(is_marked).map(|id| vocabulary.term(*id).text.to_string());
            assert_eq!(marked.collect::<Vec<_>>(), expected.collect::<Vec<_>>(), "{}", draft.text);
            assert_eq!(draft.terms, terms);
        }
    }

    #[test]
    fn korean_particles_follow_the_last_syllable() {
        assert!(ends_in_consonant("지진") && !ends_in_consonant("혜미") && !ends_in_consonant("x"));
    }
}
