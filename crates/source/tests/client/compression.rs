//! Jetstream's dictionaries: fetched, used, refused.

use std::path::PathBuf;

use skytrend_source::bluesky::{ClientError, Delivery, Protocol, Settings};
use tokio_tungstenite::tungstenite::Message;

use crate::data;
use crate::harness::{Client, event, event_text, line, settings};
use crate::server::{Act, Server, Then, download, refusal};

const FETCH: &str = "/xrpc/network.bsky.jetstream.getZstdDictionary";
const V2_DICTIONARY: &str = "jetstream/subscribe_events_20260811.zdict";
const V1_DICTIONARY: &str = "jetstream/legacy_subscribe.zdict";

fn v2(server: &Server) -> Settings {
    Settings { compress: true, ..settings(Protocol::JetstreamV2, &[server.url()]) }
}

fn compressed(text: &str, dictionary: &[u8]) -> Message {
    let mut compressor = zstd::bulk::Compressor::with_dictionary(3, dictionary).unwrap();
    Message::binary(compressor.compress(text.as_bytes()).unwrap())
}

fn unknown_dictionary() -> Act {
    refusal("400 Bad Request", "", r#"{"error":"UnknownZstdDictionary","message":"the current one is 7"}"#)
}

#[tokio::test]
async fn v2_fetches_the_dictionary_and_resumes_from_compressed_messages() {
    let dictionary = data::bytes(V2_DICTIONARY);
    let id = u32::from_le_bytes(dictionary[4..8].try_into().unwrap());
    let messages =
        vec![compressed(&event_text(5), &dictionary), event(6), compressed(&event_text(9), &dictionary)];
    let script =
        vec![download(&dictionary), Act::Serve(messages, Then::Drop), Act::Serve(vec![], Then::Hold)];
    let mut server = Server::start(script).await;
    let mut client = Client::start(v2(&server), None);
    assert_eq!(server.path().await, FETCH);
    assert!(server.path().await.ends_with(&format!("&zstdDictionary={id}")));
    let Delivery::Connected { dictionary: given, .. } = client.next().await else { panic!("a connection") };
    assert_eq!(given.unwrap(), dictionary);
    let kinds = [client.message().await.1, client.message().await.1, client.message().await.1];
    assert_eq!(kinds, [true, false, true], "text is never compressed");
    let resumed = server.path().await;
    assert!(
        resumed.contains("?cursor=9&") && resumed.ends_with(&format!("&zstdDictionary={id}")),
        "{resumed}"
    );
    client.stop().await;
}

#[tokio::test]
async fn a_refused_dictionary_is_fetched_once_more_and_then_done_without() {
    let dictionary = data::bytes(V2_DICTIONARY);
    let script = vec![
        download(&dictionary),
        unknown_dictionary(),
        download(&dictionary),
        unknown_dictionary(),
        Act::Serve(vec![event(1)], Then::Hold),
    ];
    let mut server = Server::start(script).await;
    let mut client = Client::start(v2(&server), None);
    assert_eq!(server.path().await, FETCH);
    assert!(server.path().await.contains("zstdDictionary="));
    assert_eq!(server.path().await, FETCH);
    assert!(server.path().await.contains("zstdDictionary="));
    assert!(!server.path().await.contains("zstdDictionary="));
    client.connected().await;
    assert_eq!(client.message().await, (event_text(1).into_bytes(), false));
    client.stop().await;
}

#[tokio::test]
async fn a_host_without_a_dictionary_is_read_uncompressed() {
    for answer in [refusal("404 Not Found", "", "no"), download(b"<html>no dictionary</html>")] {
        let mut server = Server::start(vec![answer, Act::Serve(vec![event(1)], Then::Hold)]).await;
        let mut client = Client::start(v2(&server), None);
        assert_eq!(server.path().await, FETCH);
        assert!(!server.path().await.contains("zstdDictionary="));
        client.connected().await;
        client.stop().await;
    }
}

#[tokio::test]
async fn v1_takes_its_dictionary_from_a_file() {
    let mut server = Server::start(vec![Act::Serve(vec![line(1)], Then::Hold)]).await;
    let path = Some(data::path(V1_DICTIONARY));
    let settings =
        Settings { zstd_dictionary_path: path, ..settings(Protocol::JetstreamV1, &[server.url()]) };
    let mut client = Client::start(settings, None);
    assert!(server.path().await.ends_with("&compress=true"));
    let Delivery::Connected { dictionary, .. } = client.next().await else { panic!("a connection") };
    assert_eq!(dictionary.unwrap(), data::bytes(V1_DICTIONARY));
    client.stop().await;
}

#[tokio::test]
async fn a_dictionary_that_is_not_there_stops_the_start() {
    let zstd_dictionary_path = Some(PathBuf::from("does/not/exist.zdict"));
    let settings = Settings { zstd_dictionary_path, ..settings(Protocol::JetstreamV1, &[]) };
    let result = Client::start(settings, None).result().await;
    assert!(matches!(result, Err(ClientError::Dictionary(_))), "{result:?}");
}
