//! A Bluesky feed generator (<https://docs.bsky.app/docs/starter-templates/custom-feeds>): the sample posts of trends
//! as feeds, one of all trends and one of each, whose record key is the trend's topic id.
//!
//! A feed is ordered by when its posts were seen, newest first, and a cursor names a post: rankings change between two
//! pages, this order doesn't, so no post comes twice. Publishing the feeds' records is its operator's to do.

use std::collections::BTreeMap;
use std::str::FromStr;

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skytrend_event::{AtUri, Did, EventId, Handle, Micros, RecordKey, Trend};

use super::super::openapi::{Answer, ErrorShape, Operation, Parameter, Values, example};
use super::super::problem::{Problem, echo, no_such_path};
use super::super::{ApiState, Query};
use super::XrpcError;

/// The collection of records that announce feeds.
const COLLECTION: &str = "app.bsky.feed.generator";
/// The record key of the feed of all trends. No topic id is that: those have 16 digits.
const ALL_TRENDS: &str = "trends";
/// The lexicon's own default and maximum.
const LIMIT_DEFAULT: usize = 50;
const LIMIT_MAX: usize = 100;

/// Section `serve.feed_generator`. Both are set, or neither is: then there is no feed generator.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The public host by which Bluesky reaches this server, by HTTPS: `feeds.example.com`.
    pub hostname: String,
    /// DID of the account that publishes the feeds' records.
    pub publisher: String,
}

/// Why settings make no feed generator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidFeedGenerator {
    /// Not a name of the DNS. `did:web` has no port and no path here.
    #[error("hostname must be a public host name such as feeds.example.com")]
    Hostname,
    /// Not a DID.
    #[error("publisher must be the DID of an account, such as did:plc:…")]
    Publisher,
}

/// Who serves which feeds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedGenerator {
    hostname: String,
    service: Did<'static>,
    publisher: Did<'static>,
}

impl FeedGenerator {
    /// The feed generator that the settings speak of; none where both are empty.
    pub fn from_settings(settings: &Settings) -> Result<Option<Self>, InvalidFeedGenerator> {
        if *settings == Settings::default() {
            return Ok(None);
        }
        // A handle is what the protocol lets a public host name be.
        let hostname = settings.hostname.to_ascii_lowercase();
        Handle::parse(hostname.as_str()).map_err(|_| InvalidFeedGenerator::Hostname)?;
        let service =
            Did::parse(format!("did:web:{hostname}")).map_err(|_| InvalidFeedGenerator::Hostname)?;
        let publisher =
            Did::parse(settings.publisher.clone()).map_err(|_| InvalidFeedGenerator::Publisher)?;
        Ok(Some(Self { hostname, service, publisher }))
    }

    /// The URI of the feed with this record key; none for a key that can't be one.
    fn feed(&self, rkey: &str) -> Option<AtUri<'static>> {
        let rkey = RecordKey::parse(rkey).ok()?;
        Some(AtUri::of_record(&self.publisher, COLLECTION, &rkey))
    }

    /// The record key of a feed of this generator.
    fn rkey(&self, feed: &AtUri<'_>) -> Option<String> {
        let ours = feed.authority() == self.publisher.as_str() && feed.collection() == Some(COLLECTION);
        feed.rkey().filter(|_| ours).map(ToOwned::to_owned)
    }
}

/// A place in a feed: after the post that was seen then. Written `1740831000000000::00f0c3…`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    witnessed_at: Micros,
    event_id: EventId,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}::{}", self.witnessed_at.0, self.event_id)
    }
}

impl FromStr for Place {
    type Err = XrpcError;

    fn from_str(text: &str) -> Result<Self, XrpcError> {
        let refused = || XrpcError::invalid_request(format!("cursor can't be {:?}", echo(text)));
        let (time, id) = text.split_once("::").ok_or_else(refused)?;
        let witnessed_at = Micros(time.parse().map_err(|_| refused())?);
        Ok(Self { witnessed_at, event_id: id.parse().map_err(|_| refused())? })
    }
}

const OFF: &str = "Feeds are switched off (settings `serve.feed_generator`).";

pub(in super::super) const GET_FEED_SKELETON: Operation = Operation {
    path: "/xrpc/app.bsky.feed.getFeedSkeleton",
    id: "getFeedSkeleton",
    tag: "shapes of others",
    summary: "The posts of a feed, for Bluesky",
    description: "The feed `trends` has the sample posts of all trends, and the feed named by a `topic_id` those of that \
                  trend; newest first, each post once. The last page has no `cursor`.",
    parameters: &[
        Parameter::query("feed", Values::Any, "The `at://` URI of a feed of this generator.")
            .required()
            .such_as("at://did:plc:2222222222222222222222aa/app.bsky.feed.generator/trends"),
        Parameter::query(
            "limit",
            Values::Number(1, LIMIT_MAX as u64, LIMIT_DEFAULT as u64),
            "How many at most.",
        ),
        Parameter::query(
            "cursor",
            Values::Text("^[0-9]{1,18}::[0-9a-f]{16}$"),
            "The `cursor` of the page before.",
        ),
    ],
    answers: &[Answer::json::<Skeleton>("A page of the feed.", example!("getFeedSkeleton.json"))],
    errors: &[(400, "A parameter is missing or not valid, or no such feed is served here."), (501, OFF)],
    error_shape: ErrorShape::Xrpc,
    ask: "/xrpc/app.bsky.feed.getFeedSkeleton?limit=1\
          &feed=at://did:plc:2222222222222222222222aa/app.bsky.feed.generator/trends",
    ..Operation::GET
};

pub(in super::super) const DESCRIBE_FEED_GENERATOR: Operation = Operation {
    path: "/xrpc/app.bsky.feed.describeFeedGenerator",
    id: "describeFeedGenerator",
    tag: "shapes of others",
    summary: "The feeds there are, for Bluesky",
    description: "The feed of all trends, and those of the trends of now.",
    answers: &[Answer::json::<Described>("The feeds.", example!("describeFeedGenerator.json"))],
    errors: &[(501, OFF)],
    error_shape: ErrorShape::Xrpc,
    ask: "/xrpc/app.bsky.feed.describeFeedGenerator",
    ..Operation::GET
};

pub(in super::super) const DID_DOCUMENT: Operation = Operation {
    path: "/.well-known/did.json",
    id: "getDidDocument",
    tag: "shapes of others",
    summary: "The document of the feed generator's `did:web`",
    description: "",
    answers: &[Answer::json::<DidDocument>("The document.", example!("getDidDocument.json"))],
    errors: &[(404, OFF)],
    ask: "/.well-known/did.json",
    ..Operation::GET
};

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FeedSkeleton")]
struct Skeleton<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
    feed: Vec<SkeletonPost<'a>>,
}

/// `app.bsky.feed.defs#skeletonFeedPost`.
#[derive(Serialize, JsonSchema)]
struct SkeletonPost<'a> {
    post: &'a str,
}

/// What `describeFeedGenerator` answers.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FeedGenerator")]
struct Described<'a> {
    did: &'a str,
    feeds: Vec<DescribedFeed>,
}

#[derive(Serialize, JsonSchema)]
struct DescribedFeed {
    uri: String,
}

/// The document of `did:web` (<https://w3c-ccg.github.io/did-method-web/>).
#[derive(Serialize, JsonSchema)]
struct DidDocument<'a> {
    #[serde(rename = "@context")]
    context: [&'static str; 1],
    id: &'a str,
    service: [DidService; 1],
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct DidService {
    id: &'static str,
    r#type: &'static str,
    service_endpoint: String,
}

/// `app.bsky.feed.getFeedSkeleton`.
pub(super) async fn skeleton(State(state): State<ApiState>, query: Query) -> Result<Response, XrpcError> {
    let generator = state.feed_generator.as_deref().ok_or_else(XrpcError::not_implemented)?;
    let asked = query.text("feed").ok_or_else(|| XrpcError::invalid_request("feed is missing"))?;
    let feed = AtUri::parse(asked)
        .map_err(|_| XrpcError::invalid_request(format!("feed can't be {:?}", echo(asked))))?;
    let limit = query.number("limit", 1..=LIMIT_MAX, LIMIT_DEFAULT)?;
    let after = query.text("cursor").map(str::parse::<Place>).transpose()?;
    let rkey = generator.rkey(&feed).ok_or_else(XrpcError::unknown_feed)?;

    let snapshot = state.view.snapshot();
    let trends = snapshot.sliding.as_deref().map_or(&[][..], |current| &current.trends);
    let is_in_feed = |trend: &&Trend| rkey == ALL_TRENDS || trend.topic_id == rkey;
    let in_feed: Vec<&Trend> = trends.iter().map(AsRef::as_ref).filter(is_in_feed).collect();
    if in_feed.is_empty() && rkey != ALL_TRENDS {
        return Err(XrpcError::unknown_feed());
    }
    Ok(([(CACHE_CONTROL, "no-cache")], Json(page(&in_feed, after, limit))).into_response())
}

fn page<'a>(trends: &[&'a Trend], after: Option<Place>, limit: usize) -> Skeleton<'a> {
    let posts = trends.iter().flat_map(|trend| &trend.sample_posts);
    let valid = posts.filter(|post| AtUri::parse(post.uri.as_str()).is_ok());
    // A post of several trends is in the feed once.
    let by_place: BTreeMap<Place, &str> = valid
        .map(|post| (Place { witnessed_at: post.witnessed_at, event_id: post.event_id }, post.uri.as_str()))
        .collect();
    let mut rest = by_place.into_iter().rev().filter(|(place, _)| after.is_none_or(|after| *place < after));
    let page: Vec<_> = rest.by_ref().take(limit).collect();
    let last = page.last().map(|(place, _)| place.to_string());
    let cursor = rest.next().and(last);
    Skeleton { cursor, feed: page.into_iter().map(|(_, post)| SkeletonPost { post }).collect() }
}

/// `app.bsky.feed.describeFeedGenerator`: the feed of all trends, and those of the trends of now.
pub(super) async fn describe(State(state): State<ApiState>) -> Result<Response, XrpcError> {
    let generator = state.feed_generator.as_deref().ok_or_else(XrpcError::not_implemented)?;
    let snapshot = state.view.snapshot();
    let trends = snapshot.sliding.as_deref().map_or(&[][..], |current| &current.trends);
    let rkeys = std::iter::once(ALL_TRENDS).chain(trends.iter().map(|trend| trend.topic_id.as_str()));
    let uris = rkeys.filter_map(|rkey| generator.feed(rkey));
    let feeds = uris.map(|uri| DescribedFeed { uri: uri.as_str().to_owned() }).collect();
    let answer = Described { did: generator.service.as_str(), feeds };
    Ok(([(CACHE_CONTROL, "no-cache")], Json(answer)).into_response())
}

/// `/.well-known/did.json`: the document of `did:web` (<https://w3c-ccg.github.io/did-method-web/>), which names the
/// service. 404 where there is no feed generator.
pub(in super::super) async fn did_document(
    State(state): State<ApiState>,
    uri: Uri,
    query: Query,
) -> Result<Response, Problem> {
    query.check(&DID_DOCUMENT)?;
    let Some(generator) = state.feed_generator.as_deref() else { return Err(no_such_path(uri).await) };
    let service = DidService {
        id: "#bsky_fg",
        r#type: "BskyFeedGenerator",
        service_endpoint: format!("https://{}", generator.hostname),
    };
    let document = DidDocument {
        context: ["https://www.w3.org/ns/did/v1"],
        id: generator.service.as_str(),
        service: [service],
    };
    Ok(([(CACHE_CONTROL, "no-cache")], Json(document)).into_response())
}
