//! The words that the name of a keyword is made of, as the extraction finds them in posts: a hashtag's by upper case
//! and dictionaries, a phrase's by what stands between them. For the few keywords that may trend; posts are read
//! elsewhere.

use skytrend_event::KeywordKind;

use super::scan::{Scanner, add_hashtag};
use super::script::is_unspaced;
use super::tokens::{Place, Source, Tokens};

/// The words of a keyword, in normal form and in order, those that don't count by themselves ("of") too; numbers are
/// none. `text` is the keyword as people write it, as far as upper case is known, without `#`; a word's only word is
/// itself.
pub(crate) fn words_of_name(kind: KeywordKind, text: &str) -> Vec<String> {
    match kind {
        KeywordKind::Word => vec![text.to_owned()],
        KeywordKind::Hashtag => {
            let mut tokens = Tokens::default();
            add_hashtag(
                Place { text, source: Source::Text, is_of_hashtag: false },
                0,
                text.len(),
                &mut tokens,
            );
            let words = tokens.list().iter().filter(|token| token.is_of_hashtag);
            words.map(|token| tokens.normalized(token).to_owned()).collect()
        }
        KeywordKind::Phrase => text.split([' ', '・']).flat_map(words_of_piece).collect(),
    }
}

/// The words of a part of a phrase that has no space in it.
fn words_of_piece(piece: &str) -> Vec<String> {
    // Whatever is cut off a word was so when the phrase was found: it is not read again.
    if !piece.contains(is_unspaced) {
        return vec![piece.to_owned()];
    }
    let mut tokens = Tokens::default();
    Scanner::of_text(piece, &[], &mut tokens).scan(&[]);
    tokens.list().iter().map(|token| tokens.normalized(token).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use KeywordKind::{Hashtag, Phrase, Word};

    use super::*;

    #[test]
    fn names_are_made_of_words() {
        for (kind, text, words) in [
            (Word, "haiku", "haiku"),
            (Hashtag, "haiku", "haiku"),
            (Hashtag, "AIArt", "ai art"),
            (Hashtag, "TaylorSwift", "taylor swift"),
            (Hashtag, "taylor_swift", "taylor swift"),
            (Hashtag, "WorldCup2026", "world cup"),
            (Hashtag, "東京郵便", "東京 郵便"),
            (Phrase, "game of thrones", "game of thrones"),
            (Phrase, "地震速報", "地震 速報"),
            (Phrase, "レオナルド・ディカプリオ", "レオナルド ディカプリオ"),
            (Phrase, "서울 시장", "서울 시장"),
        ] {
            assert_eq!(words_of_name(kind, text).join(" "), words, "{text}");
        }
    }
}
