//! Hosts behind TLS: whose certificates are trusted, and what is said of the others.

use std::path::{Path, PathBuf};

use skytrend_source::bluesky::settings::{BackoffSettings, ConnectionSettings};
use skytrend_source::bluesky::{ClientError, Delivery, Protocol, Settings};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::authority::{self, Authority};
use crate::harness::{Client, frame, settings};
use crate::server::{Act, Server, Then};

/// Opens TLS in front of `server` and returns where.
async fn terminate(tls: TlsAcceptor, server: &Server, tasks: &mut JoinSet<()>) -> String {
    format!("wss://localhost:{}", authority::terminate(tls, server.address, tasks).await)
}

fn trusting(host: String, ca_file: &Path) -> Settings {
    let base = settings(Protocol::Firehose, &[host]);
    let connection = ConnectionSettings { ca_file: ca_file.to_owned(), ..base.connection };
    let backoff = BackoffSettings { base_millis: 600_000, max_millis: 600_000, ..base.backoff };
    Settings { connection, backoff, ..base }
}

#[tokio::test]
async fn a_host_of_an_authority_of_ones_own_is_read_over_tls() {
    let (authority, mut tasks) = (Authority::new(), JoinSet::new());
    let server = Server::start(vec![Act::Serve(vec![frame(1), frame(2)], Then::Hold)]).await;
    let host = terminate(authority.server("localhost"), &server, &mut tasks).await;
    let mut client = Client::start(trusting(host.clone(), &authority.file()), None);
    let Delivery::Connected { host: connected, .. } = client.next().await else { panic!("no connection") };
    assert_eq!(connected.to_string(), host);
    client.message().await;
    client.message().await;
    client.stop().await;
}

#[tokio::test]
async fn a_host_of_an_unknown_authority_is_refused() {
    let (authority, other, mut tasks) = (Authority::new(), Authority::new(), JoinSet::new());
    let server = Server::start(vec![Act::Serve(vec![frame(1)], Then::Hold)]).await;
    let host = terminate(authority.server("localhost"), &server, &mut tasks).await;
    for ca_file in [PathBuf::new(), other.file()] {
        let mut client = Client::start(trusting(host.clone(), &ca_file), None);
        let status = client.until(|status| !status.last_error.is_empty()).await;
        assert!(status.last_error.starts_with("TLS failed: invalid peer certificate"), "{status:?}");
        client.stop().await;
    }
}

#[tokio::test]
async fn a_host_with_the_certificate_of_another_is_refused() {
    let (authority, mut tasks) = (Authority::new(), JoinSet::new());
    let server = Server::start(vec![Act::Serve(vec![frame(1)], Then::Hold)]).await;
    let host = terminate(authority.server("elsewhere.example"), &server, &mut tasks).await;
    let mut client = Client::start(trusting(host, &authority.file()), None);
    let status = client.until(|status| !status.last_error.is_empty()).await;
    assert!(status.last_error.contains("not valid for name"), "{status:?}");
    client.stop().await;
}

#[tokio::test]
async fn a_file_without_certificates_is_refused_at_the_start() {
    let directory = tempfile::tempdir().unwrap();
    let (missing, empty) = (directory.path().join("missing.pem"), directory.path().join("empty.pem"));
    std::fs::write(&empty, "no certificate\n").unwrap();
    for file in [missing, empty] {
        let host = "wss://localhost:1".to_owned();
        let result = Client::start(trusting(host, &file), None).result().await;
        let Err(ClientError::Authorities(error)) = result else { panic!("{result:?}") };
        assert_eq!(error.file, file);
    }
}
