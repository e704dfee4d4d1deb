//! One HTTP request to one address: a connection of its own, TLS by rustls, no redirect followed, all of it within one
//! time limit, and of the answer no more than its head and the beginning of its body.
//!
//! Where it goes is the operator's own setting, a private address too; nothing that the network or a receiver says can
//! change it.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::header::{HOST, HeaderMap, HeaderValue, RETRY_AFTER};
use hyper::{Method, Request, Response, Uri};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::verdict::retry_after;

/// Bytes of an answer's body that are looked at: they say why it was refused.
const EXCERPT_BYTES_MAX: usize = 1_024;

/// How long is waited for them.
const EXCERPT_WAIT: Duration = Duration::from_secs(1);

/// Characters of it that are told.
const EXCERPT_CHARS_MAX: usize = 160;

/// What a receiver said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// How long it wants to be left alone.
    pub retry_after: Option<Duration>,
    /// The beginning of its body, in one line.
    pub excerpt: String,
}

/// Why there was no answer. Never tells the address.
#[derive(Debug, thiserror::Error)]
pub enum AttemptError {
    /// No connection.
    #[error("can't connect: {0}")]
    Connect(#[source] std::io::Error),
    /// No TLS, or not with whom it should be.
    #[error("TLS failed: {0}")]
    Tls(#[source] std::io::Error),
    /// The connection ended, or what came was no HTTP.
    #[error("no answer: {0}")]
    Http(#[from] hyper::Error),
    /// The time was over.
    #[error("no answer in time")]
    TimedOut,
}

/// Why a client can't be made.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The certificate authorities of the settings can't be used.
    #[error("ca_file: {0}")]
    Authorities(String),
    /// The host can't have a certificate.
    #[error("the url's host is no name and no address")]
    Host,
}

/// Sends to one address.
pub(crate) struct Client {
    uri: Uri,
    host: String,
    port: u16,
    /// Of `https`.
    tls: Option<(TlsConnector, ServerName<'static>)>,
    timeout: Duration,
}

impl Client {
    /// For an address with `http` or `https` and a host.
    pub(crate) fn new(uri: Uri, ca_file: &Path, timeout: Duration) -> Result<Self, ClientError> {
        let is_tls = uri.scheme_str() == Some("https");
        // A literal IPv6 address has brackets in an address and nowhere else.
        let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        let tls = if is_tls {
            let name = ServerName::try_from(host.clone()).map_err(|_| ClientError::Host)?;
            Some((tls_connector(ca_file)?, name))
        } else {
            None
        };
        Ok(Self { uri, host, port, tls, timeout })
    }

    /// Posts `body` once.
    pub(crate) async fn post(&self, headers: HeaderMap, body: Bytes) -> Result<Answer, AttemptError> {
        let exchange = self.exchange(headers, body);
        tokio::time::timeout(self.timeout, exchange).await.unwrap_or(Err(AttemptError::TimedOut))
    }

    async fn exchange(&self, headers: HeaderMap, body: Bytes) -> Result<Answer, AttemptError> {
        let socket =
            TcpStream::connect((self.host.as_str(), self.port)).await.map_err(AttemptError::Connect)?;
        // One small request: waiting for more to send would only delay it.
        socket.set_nodelay(true).map_err(AttemptError::Connect)?;
        match &self.tls {
            Some((connector, name)) => {
                let socket = connector.connect(name.clone(), socket).await.map_err(AttemptError::Tls)?;
                self.over(socket, headers, body).await
            }
            None => self.over(socket, headers, body).await,
        }
    }

    async fn over<S>(&self, socket: S, headers: HeaderMap, body: Bytes) -> Result<Answer, AttemptError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(socket)).await?;
        let request = self.request(headers, body);
        let answered = async move {
            let response = sender.send_request(request).await?;
            Ok(answer(response).await)
        };
        // The connection works only while it is polled, and belongs to this request alone.
        let mut connection = std::pin::pin!(connection);
        let mut answered = std::pin::pin!(answered);
        tokio::select! {
            biased;
            answer = &mut answered => answer,
            // It has ended; what it has read is still to be had.
            _ = &mut connection => answered.await,
        }
    }

    fn request(&self, headers: HeaderMap, body: Bytes) -> Request<Full<Bytes>> {
        let path = self.uri.path_and_query().map_or("/", |path| path.as_str());
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = Uri::try_from(path).expect("the path of an address is one");
        *request.headers_mut() = headers;
        let authority = self.uri.authority().map(hyper::http::uri::Authority::as_str).unwrap_or_default();
        let host = HeaderValue::from_str(authority).expect("an authority has no control characters");
        request.headers_mut().insert(HOST, host);
        request
    }
}

async fn answer(response: Response<hyper::body::Incoming>) -> Answer {
    let status = response.status().as_u16();
    let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let retry_after = retry_after.and_then(|value| self::retry_after(value, SystemTime::now()));
    let excerpt = if (200..300).contains(&status) { String::new() } else { excerpt(response).await };
    Answer { status, retry_after, excerpt }
}

/// The beginning of a body, as far as it comes soon; the status stands whatever becomes of it.
async fn excerpt(response: Response<hyper::body::Incoming>) -> String {
    let mut body = response.into_body();
    let mut bytes = Vec::new();
    let deadline = tokio::time::Instant::now() + EXCERPT_WAIT;
    while bytes.len() < EXCERPT_BYTES_MAX
        && let Ok(Some(Ok(frame))) = tokio::time::timeout_at(deadline, body.frame()).await
    {
        if let Some(data) = frame.data_ref() {
            bytes.extend_from_slice(&data[..data.len().min(EXCERPT_BYTES_MAX - bytes.len())]);
        }
    }
    let text = String::from_utf8_lossy(&bytes);
    let line = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(EXCERPT_CHARS_MAX);
    line.collect::<String>().trim().to_owned()
}

/// Trusts Mozilla's authorities and those of the file, if one is named.
fn tls_connector(ca_file: &Path) -> Result<TlsConnector, ClientError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if !ca_file.as_os_str().is_empty() {
        let error = |reason: &dyn std::fmt::Display| {
            ClientError::Authorities(format!("{}: {reason}", ca_file.display()))
        };
        let known = roots.len();
        for certificate in CertificateDer::pem_file_iter(ca_file).map_err(|e| error(&e))? {
            roots.add(certificate.map_err(|e| error(&e))?).map_err(|e| error(&e))?;
        }
        if roots.len() == known {
            return Err(error(&"it holds no certificate"));
        }
    }
    let config = ClientConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .expect("the ring provider has the cipher suites of TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}
