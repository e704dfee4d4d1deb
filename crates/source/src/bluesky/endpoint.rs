//! The paths of Bluesky's streams, with their query. Pure. One function knows the parameters' names of all three.

use std::fmt::Write as _;

use super::cursor::Cursor;
use super::settings::{Protocol, Settings};

/// The WebSocket subprotocol of Jetstream v2.
pub(crate) const SUBPROTOCOL_V2: &str = "xrpc.v1.json";

/// Where Jetstream v2 gives out its zstd dictionaries.
const DICTIONARY: &str = "/xrpc/network.bsky.jetstream.getZstdDictionary";

/// The path and query of the stream from `cursor` on; `dictionary_id` asks for compressed messages.
pub(crate) fn stream(settings: &Settings, cursor: Cursor, dictionary_id: Option<u32>) -> String {
    let protocol = settings.protocol;
    let (path, collection, compression) = match protocol {
        Protocol::Firehose => ("/xrpc/com.atproto.sync.subscribeRepos", None, None),
        Protocol::Labels => ("/xrpc/com.atproto.label.subscribeLabels", None, None),
        Protocol::JetstreamV1 => {
            let compression = dictionary_id.map(|_| "compress=true".to_owned());
            ("/subscribe", Some("wantedCollections"), compression)
        }
        Protocol::JetstreamV2 => {
            let compression = dictionary_id.map(|id| format!("zstdDictionary={id}"));
            ("/xrpc/network.bsky.jetstream.subscribeEvents", Some("collections"), compression)
        }
    };
    let mut query = Vec::new();
    if let Some(value) = cursor.query_value(protocol) {
        query.push(format!("cursor={value}"));
    }
    if let Some(name) = collection {
        query.extend(settings.collections.iter().map(|value| format!("{name}={}", escaped(value))));
    }
    query.extend(compression);
    if query.is_empty() { path.to_owned() } else { format!("{path}?{}", query.join("&")) }
}

/// The path of the host's present dictionary.
pub(crate) fn current_dictionary() -> &'static str {
    DICTIONARY
}

/// Percent-encoding of everything but RFC 3986's unreserved characters and the star of `prefix.*`.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'*') {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use skytrend_event::Micros;

    use super::*;

    fn path(protocol: Protocol, cursor: Cursor, dictionary_id: Option<u32>) -> String {
        let collections = vec!["app.bsky.feed.post".into(), "app.bsky.graph.*".into()];
        stream(&Settings { protocol, collections, ..Settings::default() }, cursor, dictionary_id)
    }

    #[test]
    fn the_firehose_has_a_cursor_and_no_filter() {
        let root = "/xrpc/com.atproto.sync.subscribeRepos";
        assert_eq!(path(Protocol::Firehose, Cursor::Live, None), root);
        assert_eq!(path(Protocol::Firehose, Cursor::Seq(7), None), format!("{root}?cursor=7"));
        assert_eq!(path(Protocol::Firehose, Cursor::Oldest, None), format!("{root}?cursor=0"));
    }

    #[test]
    fn jetstream_v1_filters_and_compresses() {
        let time = Cursor::Time(Micros(1_760_000_000_000_000));
        assert_eq!(
            path(Protocol::JetstreamV1, time, Some(1)),
            "/subscribe?cursor=1760000000000000&wantedCollections=app.bsky.feed.post\
             &wantedCollections=app.bsky.graph.*&compress=true"
        );
    }

    #[test]
    fn jetstream_v2_names_its_parameters_otherwise() {
        assert_eq!(
            path(Protocol::JetstreamV2, Cursor::Seq(7), Some(20_260_811)),
            "/xrpc/network.bsky.jetstream.subscribeEvents?cursor=7&collections=app.bsky.feed.post\
             &collections=app.bsky.graph.*&zstdDictionary=20260811"
        );
    }

    #[test]
    fn what_is_no_collection_cannot_break_the_request() {
        assert_eq!(escaped("a&b=c d\r\nX: é"), "a%26b%3Dc%20d%0D%0AX%3A%20%C3%A9");
    }
}
