//! The parts of a post that are not its text: languages, extra tags, reply, embed, self-labels. A part that is not
//! valid is left out with its reason.

use std::borrow::Cow;

use serde::Deserialize;
use skytrend_event::{AtUri, Language, ReplyRef};

use super::super::Flaw;
use super::super::shape::{List, Loose, Text, map_shape};
use crate::DropReason;

/// Limits of the lexicons `app.bsky.feed.post` and `com.atproto.label.defs`.
const LANGUAGES_MAX: usize = 3;
const TAGS_MAX: usize = 8;
const TAG_BYTES_MAX: usize = 640;
const TAG_CHARS_MAX: usize = 64;
const LABELS_MAX: usize = 10;
const LABEL_BYTES_MAX: usize = 128;

/// No browser takes a longer address.
const LINK_BYTES_MAX: usize = 8_192;

#[derive(Deserialize)]
pub struct Reply<'a> {
    #[serde(borrow, default)]
    root: Loose<Target<'a>>,
    #[serde(borrow, default)]
    parent: Loose<Target<'a>>,
}

/// What a reply answers.
#[derive(Deserialize)]
struct Target<'a> {
    #[serde(borrow, default)]
    uri: Loose<Text<'a>>,
}

/// All embeds in one: `external` is that of `app.bsky.embed.external`, `media` that of `…recordWithMedia`, in which
/// an external embed can sit.
#[derive(Deserialize)]
pub struct Embed<'a> {
    #[serde(borrow, default)]
    external: Loose<External<'a>>,
    #[serde(borrow, default)]
    media: Loose<Media<'a>>,
}

#[derive(Deserialize)]
struct Media<'a> {
    #[serde(borrow, default)]
    external: Loose<External<'a>>,
}

#[derive(Deserialize)]
struct External<'a> {
    #[serde(borrow, default)]
    uri: Loose<Text<'a>>,
}

#[derive(Deserialize)]
pub struct SelfLabels<'a> {
    #[serde(borrow, default)]
    values: Loose<List<SelfLabel<'a>>>,
}

#[derive(Deserialize)]
struct SelfLabel<'a> {
    #[serde(borrow, default)]
    val: Loose<Text<'a>>,
}

map_shape!(Reply, Target, Embed, Media, External, SelfLabels, SelfLabel);

/// The list of an optional field; a field that is no list is a flaw.
pub fn list<T>(field: Loose<List<T>>, reason: DropReason, flaws: &mut Vec<Flaw>) -> List<T> {
    match field {
        Loose::Value(list) => list,
        Loose::Absent => List { entries: Vec::new(), is_cut: false },
        Loose::Wrong => {
            flaws.push(Flaw::new(reason));
            List { entries: Vec::new(), is_cut: false }
        }
    }
}

/// At most three valid tags, as written, each once. `en,es` is not guessed at.
pub fn languages<'a>(field: Loose<List<Text<'a>>>, flaws: &mut Vec<Flaw>) -> Vec<Language<'a>> {
    let langs = list(field, DropReason::InvalidLanguage, flaws);
    let mut languages = Vec::new();
    for entry in langs.entries {
        let Text(text) = entry.value().unwrap_or_default();
        if languages.len() == LANGUAGES_MAX {
            flaws.push(Flaw::new(DropReason::TooManyLanguages));
            break;
        }
        match Language::parse(text.clone()) {
            Ok(language) if languages.contains(&language) => {}
            Ok(language) => languages.push(language),
            Err(_) => flaws.push(Flaw::with(DropReason::InvalidLanguage, &text)),
        }
    }
    languages
}

/// Adds the extra hashtags to those of the facets.
pub fn tags<'a>(field: Loose<List<Text<'a>>>, hashtags: &mut Vec<Cow<'a, str>>, flaws: &mut Vec<Flaw>) {
    let tags = list(field, DropReason::InvalidTag, flaws);
    if tags.entries.len() > TAGS_MAX {
        flaws.push(Flaw::new(DropReason::TooManyTags));
    }
    for entry in tags.entries.into_iter().take(TAGS_MAX) {
        hashtag(entry, hashtags, flaws);
    }
}

/// Adds one hashtag, without `#` and surrounding space, unless it is there already. The lexicon's 64 graphemes are
/// checked as 640 bytes, and as 64 characters where each byte is one.
pub fn hashtag<'a>(tag: Loose<Text<'a>>, hashtags: &mut Vec<Cow<'a, str>>, flaws: &mut Vec<Flaw>) {
    let Text(tag) = tag.value().unwrap_or_default();
    let bare = bare_tag(&tag);
    let is_too_long = bare.len() > TAG_BYTES_MAX || (bare.is_ascii() && bare.len() > TAG_CHARS_MAX);
    if bare.is_empty() || is_too_long || bare.contains(char::is_control) {
        flaws.push(Flaw::with(DropReason::InvalidTag, &tag));
        return;
    }
    if hashtags.iter().any(|known| known == bare) {
        return;
    }
    hashtags.push(match tag {
        Cow::Borrowed(tag) => Cow::Borrowed(bare_tag(tag)),
        Cow::Owned(_) => Cow::Owned(bare.to_owned()),
    });
}

fn bare_tag(tag: &str) -> &str {
    tag.trim().trim_start_matches('#').trim_start()
}

/// Adds a link, unless it is there already: an absolute URI with a scheme and no white space.
pub fn link<'a>(uri: Loose<Text<'a>>, links: &mut Vec<Cow<'a, str>>, flaws: &mut Vec<Flaw>) {
    let Text(uri) = uri.value().unwrap_or_default();
    let is_scheme = |scheme: &str| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    };
    let is_valid = uri.len() <= LINK_BYTES_MAX
        && uri.split_once(':').is_some_and(|(scheme, rest)| is_scheme(scheme) && !rest.is_empty())
        && !uri.contains(|c: char| c.is_whitespace() || c.is_control());
    if !is_valid {
        flaws.push(Flaw::with(DropReason::InvalidLink, &uri));
    } else if !links.contains(&uri) {
        links.push(uri);
    }
}

/// The two ends of a reply, both of which must be valid.
pub fn reply<'a>(field: Loose<Reply<'a>>, flaws: &mut Vec<Flaw>) -> Option<ReplyRef<'a>> {
    let uri = |target: Loose<Target<'a>>| AtUri::parse(target.value()?.uri.value()?.0).ok();
    let reply = match field {
        Loose::Absent => return None,
        Loose::Wrong => None,
        Loose::Value(Reply { root, parent }) => uri(root).zip(uri(parent)),
    };
    if reply.is_none() {
        flaws.push(Flaw::new(DropReason::InvalidReply));
    }
    let (root, parent) = reply?;
    Some(ReplyRef { root, parent })
}

/// Adds the address of an external embed.
pub fn embedded_link<'a>(embed: Loose<Embed<'a>>, links: &mut Vec<Cow<'a, str>>, flaws: &mut Vec<Flaw>) {
    let external = match embed {
        Loose::Absent => return,
        Loose::Wrong => Loose::Wrong,
        Loose::Value(Embed { external: Loose::Absent, media }) => match media {
            Loose::Absent => return,
            Loose::Wrong => Loose::Wrong,
            Loose::Value(media) => media.external,
        },
        Loose::Value(embed) => embed.external,
    };
    match external {
        Loose::Absent => {}
        Loose::Wrong => flaws.push(Flaw::new(DropReason::InvalidEmbed)),
        Loose::Value(external) => link(external.uri, links, flaws),
    }
}

/// The labels the author gave, each once.
pub fn labels<'a>(field: Loose<SelfLabels<'a>>, flaws: &mut Vec<Flaw>) -> Vec<Cow<'a, str>> {
    let values = match field {
        Loose::Absent => return Vec::new(),
        Loose::Wrong => Loose::Wrong,
        Loose::Value(labels) => labels.values,
    };
    let values = list(values, DropReason::InvalidLabel, flaws);
    if values.entries.len() > LABELS_MAX {
        flaws.push(Flaw::new(DropReason::TooManyLabels));
    }
    let mut labels = Vec::new();
    for entry in values.entries.into_iter().take(LABELS_MAX) {
        let Text(label) = entry.value().and_then(|label| label.val.value()).unwrap_or_default();
        if label.is_empty() || label.len() > LABEL_BYTES_MAX || label.contains(char::is_control) {
            flaws.push(Flaw::with(DropReason::InvalidLabel, &label));
        } else if !labels.contains(&label) {
            labels.push(label);
        }
    }
    labels
}
