//! Posts: their text, facets, replies, embeds, dates, and the rules some of them break. Everything that a post
//! counts for is known because it was put there.

use std::sync::Arc;

use skytrend_event::Micros;
use skytrend_event::engagement::collection::POST;
use skytrend_event::time::SECOND;

use crate::dice::Dice;
use crate::instant::Rfc3339;
use crate::node::Node;
use crate::world::Tables;
use crate::world::burst::Planted;
use crate::world::event::{Hostility, Origin, PostTruth};
use crate::world::population::{Author, Tongue, handle};
use crate::world::record::{self, RecordKeyed};
use crate::world::sentence::{Draft, Facet, Feature, keywords_of_hashtag};
use crate::world::words::Language;

/// Posts in a million with these things (PROTOCOL: 7 % hashtags, 2.5 % empty; embeds between 2024's and 2026's).
const HASHTAG_PPM: u64 = 60_000;
const HASHTAG_APART_PPM: u64 = 6_000;
const EMPTY_PPM: u64 = 25_000;
const EMBED_PPM: u64 = 450_000;
const LINK_PPM: u64 = 80_000;
const MENTION_PPM: u64 = 30_000;
const EMOJI_PPM: u64 = 100_000;
const LABEL_PPM: u64 = 10_000;
const DIRTY_TAG_PPM: u64 = 15_000;
const SECOND_TAG_PPM: u64 = 20_000;

const EMOJI: [&str; 9] = ["😂", "🔥", "🎉🎉", "👀", "🙏🏽", "👩‍🚀", "❤️", "🇧🇷", "…"];
const DIRTY_TAGS: [&str; 5] = ["en-US", "en,es", "xx-💥", "ENGLISH_", ""];

/// The lag of `createdAt` behind the relay's time, in milliseconds, at these thousandths of all posts: mostly half
/// a second; sometimes days, or nine hours in the future (Japan's time written as UTC).
const LAG_QUANTILES: [(u64, i64); 11] = [
    (0, -32_400_000),
    (2, -32_399_000),
    (3, -3_000),
    (50, -900),
    (500, 560),
    (950, 3_000),
    (990, 9_400),
    (998, 600_000),
    (999, 47_000_000),
    (1000, 258_259_000),
    (1001, 258_259_000),
];

/// What is asked of the composer.
pub(crate) struct Brief<'a> {
    pub(crate) author: Author,
    pub(crate) witnessed: Micros,
    pub(crate) planted: Option<&'a Planted>,
    /// Root and parent of the post it answers.
    pub(crate) reply_to: Option<(RecordKeyed, RecordKeyed)>,
}

/// Writes a post.
pub(crate) fn compose(tables: &Tables, dice: &mut Dice, brief: &Brief<'_>) -> (Node, PostTruth) {
    let origin = brief.planted.map_or(Origin::Background, |planted| planted.origin);
    let account = tables.population.account(brief.author);
    let language = language_of(tables, account.tongue, brief.planted);
    let mut draft = write_text(tables, dice, brief, language);
    let mut tags = Vec::new();
    if origin == Origin::Background && dice.chance(HASHTAG_APART_PPM) {
        let tag = hashtag(tables, dice, language);
        draft.keywords.extend(keywords_of_hashtag(&tag));
        tags.push(tag);
    }
    let hostile = u64::from(tables.settings.hostile_ppm);
    let hostility =
        (origin == Origin::Background && dice.chance(hostile)).then(|| *dice.pick(&Hostility::ALL));
    let mut entries = vec![("$type", Node::word(POST))];
    if hostility == Some(Hostility::ControlCharacters) {
        draft.signs("\u{0} \u{7} \u{1b}");
    }
    entries.push(("createdAt", created_at(dice, brief.witnessed, hostility)));
    if account.tags_language {
        entries.push(("langs", language_tags(dice, language)));
    }
    entries.extend(facets(&draft, hostility).map(|facets| ("facets", facets)));
    match hostility {
        Some(Hostility::TextMissing) => {}
        Some(Hostility::TextNotText) => entries.push(("text", Node::Integer(42))),
        Some(Hostility::TextTooLong) => {
            let text = format!("{} {}", draft.text, "wide ".repeat(800));
            entries.push(("text", Node::text(text)));
        }
        _ => entries.push(("text", Node::text(std::mem::take(&mut draft.text)))),
    }
    if !tags.is_empty() {
        entries.push(("tags", Node::List(tags.into_iter().map(Node::text).collect())));
    }
    if let Some((root, parent)) = brief.reply_to {
        let refs = [("root", root), ("parent", parent)];
        let refs = refs.map(|(name, post)| (name, post.strong_ref(POST, &tables.population)));
        entries.push(("reply", Node::map(refs.into())));
    }
    if dice.chance(EMBED_PPM) {
        entries.push(("embed", embed(tables, dice, brief.reply_to.map(|(_, parent)| parent))));
    }
    if dice.chance(LABEL_PPM) {
        entries.push((
            "labels",
            labels(dice.pick_text(&["porn", "sexual", "graphic-media", "!no-unauthenticated"])),
        ));
    }
    (Node::map(entries), PostTruth { keywords: draft.keywords, hostility, origin })
}

/// What the text is in; none: English.
fn language_of<'a>(tables: &'a Tables, tongue: Tongue, planted: Option<&Planted>) -> Option<&'a Language> {
    match (planted, tongue) {
        (Some(planted), _) if matches!(planted.origin, Origin::Trend(_)) => {
            tables.topic_language(planted.topic)
        }
        (Some(_), _) | (None, Tongue::English) => None,
        (None, Tongue::Other(at)) => tables.languages.get(at),
    }
}

fn write_text(tables: &Tables, dice: &mut Dice, brief: &Brief<'_>, language: Option<&Language>) -> Draft {
    let mut draft = Draft::default();
    let words = language.map_or(&tables.english.nouns, |language| &language.words);
    match brief.planted.map(|planted| (planted.origin, planted)) {
        Some((Origin::Trend(_), planted)) => {
            draft.sentence(dice.pick(&tables.topics[planted.topic]), &tables.english, words, dice);
            if dice.chance(400_000) && language.is_none() {
                draft.text.push(*dice.pick(&['.', '!', '?']));
                draft.sentence(dice.pick(&tables.clauses), &tables.english, words, dice);
            }
        }
        Some((Origin::LoneFlood(ordinal) | Origin::CoordinatedFlood(ordinal), planted)) => {
            let templates = 1 + ordinal % 3;
            let template = dice.below(templates);
            return flood_text(tables, planted.origin, ordinal * 3 + template, dice);
        }
        Some((Origin::Thread(ordinal), _)) => {
            // A thread has its own few words, which come again and again.
            let mut theme = Dice::new(tables.settings.seed, "theme", ordinal * 6 + dice.below(6));
            draft.word(tables.english.compounds.draw_evenly(&mut theme), dice);
            draft.sentence(dice.pick(&tables.clauses), &tables.english, words, dice);
        }
        _ => {
            if dice.chance(EMPTY_PPM) {
                return draft;
            }
            background(tables, dice, language, &mut draft);
        }
    }
    decorate(tables, dice, &mut draft);
    draft
}

fn background(tables: &Tables, dice: &mut Dice, language: Option<&Language>, draft: &mut Draft) {
    if let Some(language) = language {
        for _ in 0..dice.between(4, 18) {
            draft.word(language.words.draw(dice), dice);
        }
    } else {
        let clauses = *dice.weighted(&[(30, 1), (45, 2), (25, 3)]);
        for clause in 0..clauses {
            if clause > 0 {
                draft.text.push_str(dice.pick_text(&[".", ",", "!", " -", " and", "?"]));
            }
            draft.sentence(dice.pick(&tables.clauses), &tables.english, &tables.english.nouns, dice);
        }
    }
    if dice.chance(HASHTAG_PPM) {
        for _ in 0..dice.between(1, 3) {
            let tag = hashtag(tables, dice, language);
            draft.hashtag(&tag);
        }
    }
}

/// Emoji, links and mentions.
fn decorate(tables: &Tables, dice: &mut Dice, draft: &mut Draft) {
    if dice.chance(EMOJI_PPM) {
        draft.signs(dice.pick_text(&EMOJI));
    }
    if dice.chance(MENTION_PPM) {
        let account = tables.population.account(tables.population.draw(dice));
        draft.covered(&format!("@{}", handle(account)), Feature::Mention(account.did.to_string()));
    }
    if dice.chance(LINK_PPM) {
        let (host, path) = (tables.english.nouns.draw(dice), tables.english.compounds.draw(dice));
        link(draft, &format!("www.{host}.example/{path}/{}", dice.below(1 << 40)));
    }
}

/// A link as clients write it: the text is cut, the facet has the whole.
fn link(draft: &mut Draft, address: &str) {
    let shown: String = address.chars().take(24).collect();
    draft.covered(&format!("{shown}..."), Feature::Link(format!("https://{address}")));
}

/// One of the few texts of a flood: always the same words, and another link each time.
fn flood_text(tables: &Tables, origin: Origin, template: u64, dice: &mut Dice) -> Draft {
    let purpose = if matches!(origin, Origin::LoneFlood(_)) { "lone template" } else { "template" };
    let mut fixed = Dice::new(tables.settings.seed, purpose, template);
    let mut draft = Draft::default();
    for _ in 0..2 {
        draft.sentence(fixed.pick(&tables.clauses), &tables.english, &tables.english.nouns, &mut fixed);
        draft.text.push('!');
    }
    let tag = hashtag(tables, &mut fixed, None);
    draft.hashtag(&tag);
    link(
        &mut draft,
        &format!("www.{}.example/win/{}", tables.english.nouns.draw(&mut fixed), dice.below(1 << 40)),
    );
    draft
}

fn hashtag(tables: &Tables, dice: &mut Dice, language: Option<&Language>) -> String {
    let word: &Arc<str> = match language {
        Some(language) => language.words.draw(dice),
        None if dice.chance(300_000) => tables.english.compounds.draw(dice),
        None => tables.english.nouns.draw(dice),
    };
    let mut tag = word.to_string();
    if tag.is_ascii() && dice.chance(500_000) {
        tag[..1].make_ascii_uppercase();
    }
    tag
}

fn created_at(dice: &mut Dice, witnessed: Micros, hostility: Option<Hostility>) -> Node {
    let draw = dice.below(1_000_000);
    let upper = LAG_QUANTILES.iter().position(|(thousandth, _)| thousandth * 1000 > draw).unwrap_or(1).max(1);
    let ((low, from), (high, to)) = (LAG_QUANTILES[upper - 1], LAG_QUANTILES[upper]);
    let part = (draw - low * 1000).cast_signed();
    let lag = from + (to - from) * part / ((high - low) * 1000).cast_signed();
    let date = Rfc3339(witnessed.plus(-lag * (SECOND / 1000)));
    Node::text(match hostility {
        Some(Hostility::DateWithoutZone) => date.to_the_second(),
        Some(Hostility::DateNonsense) => "half past nine".to_owned(),
        _ => match dice.below(100) {
            0..3 => date.to_string(),
            3..5 => format!("{}+00:00", date.to_the_second()),
            5 => format!("{}Z", date.to_the_second()),
            _ => date.to_the_millisecond(),
        },
    })
}

fn language_tags(dice: &mut Dice, language: Option<&Language>) -> Node {
    let tag = language.map_or("en", |language| language.tag);
    let mut tags = vec![match tag {
        "en" if dice.chance(50_000) => "en-US",
        "ja" if dice.chance(50_000) => "ja-JP",
        _ if dice.chance(DIRTY_TAG_PPM) => dice.pick_text(&DIRTY_TAGS),
        _ => tag,
    }];
    if dice.chance(SECOND_TAG_PPM) {
        tags.push("en");
    }
    Node::List(tags.into_iter().map(Node::word).collect())
}

fn facets(draft: &Draft, hostility: Option<Hostility>) -> Option<Node> {
    let mut nodes: Vec<Node> = draft.facets.iter().map(facet).collect();
    if hostility == Some(Hostility::FacetsOutOfRange) {
        let length = draft.text.len();
        for (start, end) in [(length + 5, length + 20), (length, 0), (usize::MAX >> 20, usize::MAX >> 12)] {
            nodes.push(facet(&Facet {
                start,
                end,
                feature: Feature::Link("https://far.example/away".to_owned()),
            }));
        }
    }
    (!nodes.is_empty()).then_some(Node::List(nodes))
}

fn facet(facet: &Facet) -> Node {
    let (kind, name, value) = match &facet.feature {
        Feature::Tag(tag) => ("app.bsky.richtext.facet#tag", "tag", tag),
        Feature::Link(uri) => ("app.bsky.richtext.facet#link", "uri", uri),
        Feature::Mention(did) => ("app.bsky.richtext.facet#mention", "did", did),
    };
    let range = [("byteStart", facet.start), ("byteEnd", facet.end)];
    Node::map(vec![
        ("index", Node::map(range.map(|(name, at)| (name, Node::Integer(at as i64))).into())),
        (
            "features",
            Node::List(vec![Node::map(vec![
                ("$type", Node::word(kind)),
                (name, Node::text(value.as_str())),
            ])]),
        ),
    ])
}

fn embed(tables: &Tables, dice: &mut Dice, quoted: Option<RecordKeyed>) -> Node {
    let images = || ("$type", Node::word("app.bsky.embed.images"));
    match (dice.below(10), quoted) {
        (0..3, _) => {
            let external = vec![
                ("uri", Node::text(format!("https://news.example/{}", dice.below(1 << 40)))),
                ("title", Node::text(format!("News of the {}", tables.english.nouns.draw(dice)))),
                ("description", Node::word("What happened, and what did not.")),
                ("thumb", record::blob("image/jpeg", dice)),
            ];
            Node::map(vec![
                ("$type", Node::word("app.bsky.embed.external")),
                ("external", Node::map(external)),
            ])
        }
        (3, Some(post)) => {
            let quote = post.strong_ref(POST, &tables.population);
            Node::map(vec![("$type", Node::word("app.bsky.embed.record")), ("record", quote)])
        }
        (4, _) => Node::map(vec![
            ("$type", Node::word("app.bsky.embed.video")),
            ("video", record::blob("video/mp4", dice)),
        ]),
        _ => {
            let image = vec![("alt", Node::word("")), ("image", record::blob("image/jpeg", dice))];
            Node::map(vec![images(), ("images", Node::List(vec![Node::map(image)]))])
        }
    }
}

fn labels(value: &'static str) -> Node {
    Node::map(vec![
        ("$type", Node::word("com.atproto.label.defs#selfLabels")),
        ("values", Node::List(vec![Node::map(vec![("val", Node::word(value))])])),
    ])
}
