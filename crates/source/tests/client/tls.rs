//! Hosts behind TLS: whose certificates are trusted, and what is said of the others.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use skytrend_source::bluesky::settings::{BackoffSettings, ConnectionSettings};
use skytrend_source::bluesky::{ClientError, Delivery, Protocol, Settings};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::harness::{Client, frame, settings};
use crate::server::{Act, Server, Then};

/// A certificate authority of our own, with its certificate in a file.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    directory: tempfile::TempDir,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("ca.pem"), issuer.pem()).unwrap();
        Self { issuer, directory }
    }

    fn file(&self) -> PathBuf {
        self.directory.path().join("ca.pem")
    }

    /// What a server needs that calls itself `name`.
    fn server(&self, name: &str) -> TlsAcceptor {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let config = ServerConfig::builder_with_provider(ring::default_provider().into())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            )
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }
}

/// Opens TLS in front of `server` and returns where.
async fn terminate(tls: TlsAcceptor, server: &Server, tasks: &mut JoinSet<()>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (port, behind) = (listener.local_addr().unwrap().port(), server.address);
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((socket, _)) = listener.accept().await {
            let tls = tls.clone();
            connections.spawn(async move {
                // A client that doesn't trust us goes in the middle of the handshake.
                let Ok(mut outer) = tls.accept(socket).await else { return };
                let mut inner = TcpStream::connect(behind).await.unwrap();
                // It ends when either side goes, as a proxy's connection does.
                tokio::io::copy_bidirectional(&mut outer, &mut inner).await.ok();
            });
        }
    });
    format!("wss://localhost:{port}")
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
