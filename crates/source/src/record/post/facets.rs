//! Facets: what parts of a text are, by byte range. Ranges come from foreign clients and can be anything; a facet
//! whose range is not in the text, or not on its characters, is dropped whole.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::MapAccess;
use skytrend_event::{Did, Span};

use super::super::Flaw;
use super::super::shape::{List, Loose, Shape, Text, map_shape, of_map};
use super::parts;
use crate::DropReason;

#[derive(Deserialize)]
pub struct Facet<'a> {
    #[serde(default)]
    index: Loose<ByteSlice>,
    #[serde(borrow, default)]
    features: Loose<List<Feature<'a>>>,
}

#[derive(Deserialize)]
struct ByteSlice {
    #[serde(rename = "byteStart", default)]
    start: Loose<u64>,
    #[serde(rename = "byteEnd", default)]
    end: Loose<u64>,
}

/// All features in one; `$type` says which field counts.
#[derive(Deserialize)]
struct Feature<'a> {
    #[serde(rename = "$type", borrow, default)]
    kind: Loose<Text<'a>>,
    #[serde(borrow, default)]
    did: Loose<Text<'a>>,
    #[serde(borrow, default)]
    uri: Loose<Text<'a>>,
    #[serde(borrow, default)]
    tag: Loose<Text<'a>>,
}

map_shape!(Facet, Feature);

impl<'de> Shape<'de> for ByteSlice {
    fn of_map<A: MapAccess<'de>>(map: A) -> Result<Option<Self>, A::Error> {
        of_map(map)
    }
}

/// What facets tell.
#[derive(Default)]
pub struct Found<'a> {
    pub mentions: Vec<Did<'a>>,
    pub hashtags: Vec<Cow<'a, str>>,
    pub links: Vec<Cow<'a, str>>,
    /// Links and mentions, sorted and merged. Hashtags are words and stay in.
    pub skip: Vec<Span>,
}

/// Reads all facets of a text.
pub fn read<'a>(facets: Loose<List<Facet<'a>>>, text: &str, found: &mut Found<'a>, flaws: &mut Vec<Flaw>) {
    let facets = parts::list(facets, DropReason::InvalidFacet, flaws);
    if facets.is_cut {
        flaws.push(Flaw::new(DropReason::TooManyFacets));
    }
    for facet in facets.entries {
        if let Err(reason) = read_facet(facet, text, found, flaws) {
            flaws.push(Flaw::new(reason));
        }
    }
    merge(&mut found.skip);
}

fn read_facet<'a>(
    facet: Loose<Facet<'a>>,
    text: &str,
    found: &mut Found<'a>,
    flaws: &mut Vec<Flaw>,
) -> Result<(), DropReason> {
    let Facet { index, features } = facet.value().ok_or(DropReason::InvalidFacet)?;
    let span = span(&index.value().ok_or(DropReason::InvalidFacet)?, text)?;
    for feature in features.value().ok_or(DropReason::InvalidFacet)?.entries {
        let feature = feature.value().ok_or(DropReason::InvalidFacet)?;
        match feature.kind.value().as_deref() {
            Some("app.bsky.richtext.facet#mention") => {
                found.skip.push(span);
                mention(feature.did, found, flaws);
            }
            Some("app.bsky.richtext.facet#link") => {
                found.skip.push(span);
                parts::link(feature.uri, &mut found.links, flaws);
            }
            Some("app.bsky.richtext.facet#tag") => parts::hashtag(feature.tag, &mut found.hashtags, flaws),
            // Other applications add features of their own.
            Some(_) => {}
            None => return Err(DropReason::InvalidFacet),
        }
    }
    Ok(())
}

fn span(index: &ByteSlice, text: &str) -> Result<Span, DropReason> {
    let bound = |value: &Loose<u64>| match value {
        Loose::Value(value) => u32::try_from(*value).map_err(|_| DropReason::FacetOutOfRange),
        Loose::Absent => Err(DropReason::InvalidFacet),
        Loose::Wrong => Err(DropReason::FacetOutOfRange),
    };
    let (start, end) = (bound(&index.start)?, bound(&index.end)?);
    if start >= end || end as usize > text.len() {
        return Err(DropReason::FacetOutOfRange);
    }
    if !text.is_char_boundary(start as usize) || !text.is_char_boundary(end as usize) {
        return Err(DropReason::FacetSplitsChar);
    }
    Ok(Span { start, end })
}

fn mention<'a>(did: Loose<Text<'a>>, found: &mut Found<'a>, flaws: &mut Vec<Flaw>) {
    let Text(text) = did.value().unwrap_or_default();
    match Did::parse(text.clone()) {
        Ok(did) if found.mentions.contains(&did) => {}
        Ok(did) => found.mentions.push(did),
        Err(_) => flaws.push(Flaw::with(DropReason::InvalidMention, &text)),
    }
}

/// Sorts spans and joins those that overlap or touch.
fn merge(spans: &mut Vec<Span>) {
    spans.sort_unstable_by_key(|span| (span.start, span.end));
    spans.dedup_by(|next, kept| {
        let joins = next.start <= kept.end;
        if joins {
            kept.end = kept.end.max(next.end);
        }
        joins
    });
}
