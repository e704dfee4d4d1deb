//! Opens one connection: TCP, TLS, and the WebSocket handshake, with the servers' refusals told apart. It tries once
//! and decides nothing about trying again; what an error says about the host is [`ConnectError::failure`].

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::{client::generate_key, derive_accept_key};
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::endpoint;
use super::hosts::{Failure, Host};
use super::http::{self, HttpError, Socket};
use super::settings::{ConnectionSettings, Protocol};

/// Bytes of a refusal's body that are read: an error's name and a sentence.
const REFUSAL_BYTES_MAX: usize = 16 * 1024;
/// How long a refusal's body may take; without it the status alone must do.
const REFUSAL_TIMEOUT: Duration = Duration::from_secs(2);
/// Characters of a server's words that are passed on.
const MESSAGE_CHARS_MAX: usize = 200;

/// A WebSocket of either kind.
pub(crate) type WebSocket = WebSocketStream<Box<dyn Socket>>;

/// Why a connection could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    #[error("{0}")]
    Network(std::io::Error),
    #[error("no answer within {} s", .0.as_secs_f64())]
    Timeout(Duration),
    #[error("TLS failed: {0}")]
    #[cfg_attr(not(feature = "tls"), expect(dead_code, reason = "without TLS nothing of it can fail"))]
    Tls(std::io::Error),
    #[error("this build has no TLS: use ws://, or build with the feature `tls`")]
    #[cfg_attr(feature = "tls", expect(dead_code, reason = "the build has TLS"))]
    NoTls,
    #[error(transparent)]
    Http(HttpError),
    #[error("HTTP {status}{}{message}", if message.is_empty() { "" } else { ": " })]
    Refused { status: u16, retry_after: Option<Duration>, error: String, message: String },
    #[error("the answer is not a WebSocket's: {0}")]
    Handshake(&'static str),
}

impl ConnectError {
    /// Its stable name, for metrics.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Network(_) => "network",
            Self::Timeout(_) => "timeout",
            Self::Tls(_) => "tls",
            Self::NoTls => "no_tls",
            Self::Http(_) => "http",
            Self::Refused { .. } => "refused",
            Self::Handshake(_) => "handshake",
        }
    }

    /// What it says about the host. Status codes by the event-stream specification of atproto.
    pub(crate) fn failure(&self) -> Failure {
        match self {
            Self::NoTls | Self::Refused { status: 501, .. } => Failure::Final,
            Self::Refused { retry_after: Some(delay), .. } => Failure::RetryAfter(*delay),
            Self::Refused { status: 429 | 500 | 502 | 503 | 504, .. } => Failure::Passing,
            // A wrong method, a missing upgrade, an unknown parameter: the same request gets the same answer.
            Self::Refused { .. } => Failure::Lasting,
            Self::Network(_) | Self::Timeout(_) | Self::Tls(_) | Self::Http(_) | Self::Handshake(_) => {
                Failure::Passing
            }
        }
    }

    /// The error's name in the body of a refusal, such as `CursorTooOld`.
    pub(crate) fn refusal(&self) -> Option<&str> {
        match self {
            Self::Refused { error, .. } if !error.is_empty() => Some(error),
            _ => None,
        }
    }
}

/// Why a file of certificate authorities can't be used.
#[derive(Debug, thiserror::Error)]
#[error("source.connection.ca_file {}: {reason}", .file.display())]
pub struct AuthoritiesError {
    /// The file.
    pub file: PathBuf,
    /// What is wrong with it.
    pub reason: String,
}

/// Makes connections.
#[derive(Clone)]
pub(crate) struct Connector {
    settings: ConnectionSettings,
    protocol: Protocol,
    #[cfg(feature = "tls")]
    tls: tokio_rustls::TlsConnector,
}

impl Connector {
    pub(crate) fn new(settings: ConnectionSettings, protocol: Protocol) -> Result<Self, AuthoritiesError> {
        #[cfg(not(feature = "tls"))]
        if !settings.ca_file.as_os_str().is_empty() {
            return Err(AuthoritiesError { file: settings.ca_file, reason: ConnectError::NoTls.to_string() });
        }
        Ok(Self {
            #[cfg(feature = "tls")]
            tls: tls_connector(&settings.ca_file)?,
            settings,
            protocol,
        })
    }

    /// Opens the stream at `path`.
    pub(crate) async fn websocket(&self, host: &Host, path: &str) -> Result<WebSocket, ConnectError> {
        self.in_time(async {
            let mut socket = self.socket(host).await?;
            let rest = self.handshake(&mut *socket, host, path).await?;
            let limit = Some(self.settings.message_bytes_max);
            let config = WebSocketConfig::default().max_message_size(limit).max_frame_size(limit);
            Ok(WebSocketStream::from_partially_read(socket, rest, Role::Client, Some(config)).await)
        })
        .await
    }

    /// Downloads what is at `path`, at most `max` bytes.
    pub(crate) async fn download(
        &self,
        host: &Host,
        path: &str,
        max: usize,
    ) -> Result<Vec<u8>, ConnectError> {
        self.in_time(async {
            let mut socket = self.socket(host).await?;
            let headers = [
                ("Host", &*host.authority()),
                ("User-Agent", &self.settings.user_agent),
                ("Connection", "close"),
            ];
            let mut answer = http::get(&mut *socket, path, &headers).await.map_err(ConnectError::Http)?;
            if answer.status != 200 {
                return Err(refused(&mut *socket, answer).await);
            }
            http::body(&mut *socket, &mut answer, max).await.map_err(ConnectError::Http)
        })
        .await
    }

    async fn in_time<T>(
        &self,
        work: impl Future<Output = Result<T, ConnectError>>,
    ) -> Result<T, ConnectError> {
        let limit = Duration::from_millis(self.settings.connect_timeout_millis);
        tokio::time::timeout(limit, work).await.unwrap_or(Err(ConnectError::Timeout(limit)))
    }

    async fn socket(&self, host: &Host) -> Result<Box<dyn Socket>, ConnectError> {
        let tcp = TcpStream::connect((host.name.as_str(), host.port)).await.map_err(ConnectError::Network)?;
        // Nothing but pings is sent; they shall not wait for more.
        tcp.set_nodelay(true).map_err(ConnectError::Network)?;
        if host.tls { self.encrypted(host, tcp).await } else { Ok(Box::new(tcp)) }
    }

    #[cfg(feature = "tls")]
    async fn encrypted(&self, host: &Host, tcp: TcpStream) -> Result<Box<dyn Socket>, ConnectError> {
        use tokio_rustls::rustls::pki_types::ServerName;

        let invalid = |_| ConnectError::Tls(std::io::Error::from(std::io::ErrorKind::InvalidInput));
        let name = ServerName::try_from(host.name.clone()).map_err(invalid)?;
        let stream = self.tls.connect(name, tcp).await.map_err(ConnectError::Tls)?;
        Ok(Box::new(stream))
    }

    #[cfg(not(feature = "tls"))]
    #[expect(clippy::unused_async, reason = "the same signature as with TLS")]
    async fn encrypted(&self, _host: &Host, _tcp: TcpStream) -> Result<Box<dyn Socket>, ConnectError> {
        Err(ConnectError::NoTls)
    }

    /// Asks for the upgrade (RFC 6455, section 4.1) and returns what came after the answer.
    async fn handshake(
        &self,
        socket: &mut dyn Socket,
        host: &Host,
        path: &str,
    ) -> Result<Vec<u8>, ConnectError> {
        let (authority, key) = (host.authority(), generate_key());
        let mut headers = vec![
            ("Host", authority.as_str()),
            ("User-Agent", &self.settings.user_agent),
            ("Connection", "Upgrade"),
            ("Upgrade", "websocket"),
            ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", &key),
        ];
        let subprotocol = (self.protocol == Protocol::JetstreamV2).then_some(endpoint::SUBPROTOCOL_V2);
        headers.extend(subprotocol.map(|name| ("Sec-WebSocket-Protocol", name)));
        let answer = http::get(socket, path, &headers).await.map_err(ConnectError::Http)?;
        if answer.status != 101 {
            return Err(refused(socket, answer).await);
        }
        let is = |name: &str, expected: &str| {
            answer.header(name).is_some_and(|value| value.trim().eq_ignore_ascii_case(expected))
        };
        if !is("upgrade", "websocket") {
            return Err(ConnectError::Handshake("no upgrade to websocket"));
        }
        if answer.header("sec-websocket-accept").map(str::trim) != Some(&*derive_accept_key(key.as_bytes())) {
            return Err(ConnectError::Handshake("wrong accept key"));
        }
        if answer.header("sec-websocket-protocol").is_some_and(|chosen| Some(chosen.trim()) != subprotocol) {
            return Err(ConnectError::Handshake("another subprotocol"));
        }
        Ok(answer.rest)
    }
}

/// The error of an answer that is not what was asked for, with what its body says.
async fn refused(socket: &mut dyn Socket, mut answer: http::Answer) -> ConnectError {
    /// The error body of XRPC; other servers may send anything.
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Body {
        error: String,
        message: String,
    }
    let (status, retry_after) = (answer.status, answer.retry_after());
    let read = http::body(socket, &mut answer, REFUSAL_BYTES_MAX);
    let bytes =
        tokio::time::timeout(REFUSAL_TIMEOUT, read).await.ok().and_then(Result::ok).unwrap_or_default();
    let Body { error, message } = serde_json::from_slice(&bytes).unwrap_or_default();
    let message = if message.is_empty() { error.clone() } else { message };
    ConnectError::Refused {
        status,
        retry_after,
        error,
        message: message.chars().take(MESSAGE_CHARS_MAX).collect(),
    }
}

#[cfg(feature = "tls")]
fn tls_connector(ca_file: &std::path::Path) -> Result<tokio_rustls::TlsConnector, AuthoritiesError> {
    use tokio_rustls::rustls::pki_types::{CertificateDer, pem::PemObject};
    use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};

    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if !ca_file.as_os_str().is_empty() {
        let error = |reason: String| AuthoritiesError { file: ca_file.to_owned(), reason };
        let known = roots.len();
        for certificate in CertificateDer::pem_file_iter(ca_file).map_err(|e| error(e.to_string()))? {
            let certificate = certificate.map_err(|e| error(e.to_string()))?;
            roots.add(certificate).map_err(|e| error(e.to_string()))?;
        }
        if roots.len() == known {
            return Err(error("it holds no certificate".to_owned()));
        }
    }
    let config = ClientConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .expect("the ring provider has the cipher suites of TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(tokio_rustls::TlsConnector::from(std::sync::Arc::new(config)))
}
