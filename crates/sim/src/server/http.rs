//! Just enough HTTP/1.1: one request's head with limits, one answer, and the WebSocket handshake. Bodies are not read.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

/// Bytes of a request's head; a filter of 10,000 DIDs in the query has 400 kB.
const HEAD_MAX: usize = 1 << 20;
/// What a client may say over the WebSocket: version 1's filters.
const CLIENT_MESSAGE_MAX: usize = 10_000_000;

/// The head of a request.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    /// Names and values, decoded, in order.
    pub(super) query: Vec<(String, String)>,
    /// Names in lower case.
    headers: Vec<(String, String)>,
    /// What came after the head.
    rest: Vec<u8>,
}

impl Request {
    /// The values of a header, together.
    pub(super) fn header(&self, name: &str) -> Option<String> {
        let values: Vec<&str> =
            self.headers.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect();
        (!values.is_empty()).then(|| values.join(","))
    }

    /// Whether a comma-separated header names this token, in any case.
    pub(super) fn header_has(&self, name: &str, token: &str) -> bool {
        let has = |value: String| value.split([',', ';']).any(|part| part.trim().eq_ignore_ascii_case(token));
        self.header(name).is_some_and(has)
    }

    /// Values of a parameter that may be repeated.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.query.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The last value of a parameter.
    pub(super) fn last(&self, name: &str) -> Option<&str> {
        self.query.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Reads the head of a request; none when the client left or did not speak HTTP.
pub(super) async fn read_request(stream: &mut TcpStream) -> io::Result<Option<Request>> {
    let mut bytes = Vec::with_capacity(1024);
    let end = loop {
        let searched = bytes.len().saturating_sub(3);
        if stream.read_buf(&mut bytes).await? == 0 || bytes.len() > HEAD_MAX {
            return Ok(None);
        }
        if let Some(at) = bytes[searched..].windows(4).position(|four| four == b"\r\n\r\n") {
            break searched + at;
        }
    };
    let rest = bytes.split_off(end + 4);
    Ok(std::str::from_utf8(&bytes).ok().and_then(|head| parse(head, rest)))
}

fn parse(head: &str, rest: Vec<u8>) -> Option<Request> {
    let mut lines = head.lines();
    let mut words = lines.next()?.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let pair = |part: &str| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        (decode(name), decode(value))
    };
    let header = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((name.trim().to_ascii_lowercase(), value.trim().to_owned()))
    };
    Some(Request {
        method,
        path: path.to_owned(),
        query: query.split('&').filter(|part| !part.is_empty()).map(pair).collect(),
        headers: lines.filter_map(header).collect(),
        rest,
    })
}

/// Undoes percent-encoding; what is malformed stays as it is.
fn decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, tail @ ..] = rest {
        rest = tail;
        if let (b'%', [high, low, after @ ..]) = (byte, tail)
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            out.push(high << 4 | low);
            rest = after;
        } else {
            out.push(if *byte == b'+' { b' ' } else { *byte });
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

/// Answers with a status line such as `404 Not Found`, more headers, and a body; then the connection is done.
pub(super) async fn respond(
    stream: &mut TcpStream,
    status: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> io::Result<()> {
    let mut head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n", body.len());
    for (name, value) in headers {
        head.extend([name, ": ", value, "\r\n"]);
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body).await?;
    stream.shutdown().await
}

/// Answers with an XRPC error.
pub(super) async fn refuse(
    stream: &mut TcpStream,
    status: &str,
    error: &str,
    message: &str,
) -> io::Result<()> {
    let mut body = String::from("{\"error\":");
    crate::node::json_text(&mut body, error);
    body.push_str(",\"message\":");
    crate::node::json_text(&mut body, message);
    body.push('}');
    respond(stream, status, &[("content-type", "application/json")], body.as_bytes()).await
}

/// Whether a request asks for a WebSocket of the one version there is.
pub(super) fn wants_websocket(request: &Request) -> bool {
    request.header_has("upgrade", "websocket")
        && request.header("sec-websocket-version").is_some_and(|version| version == "13")
        && request.header("sec-websocket-key").is_some()
}

/// Completes the handshake, with the subprotocol that was agreed on.
pub(super) async fn accept(
    mut stream: TcpStream,
    request: Request,
    subprotocol: Option<&str>,
) -> io::Result<WebSocketStream<TcpStream>> {
    let key = derive_accept_key(request.header("sec-websocket-key").unwrap_or_default().as_bytes());
    let mut head = format!(
        "HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: {key}\r\n"
    );
    if let Some(name) = subprotocol {
        head.extend(["sec-websocket-protocol: ", name, "\r\n"]);
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes()).await?;
    let config = WebSocketConfig::default().max_message_size(Some(CLIENT_MESSAGE_MAX));
    Ok(WebSocketStream::from_partially_read(stream, request.rest, Role::Server, Some(config)).await)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_decoded_in_order() {
        let head = "GET /subscribe?wantedDids=did%3Aplc%3Aabc&wantedDids=x&cursor=5&bad=%zz HTTP/1.1\r\nUpgrade: WebSocket\r\n";
        let request = parse(head, Vec::new()).unwrap();
        assert_eq!(request.all("wantedDids").collect::<Vec<_>>(), ["did:plc:abc", "x"]);
        assert_eq!(
            (request.last("cursor"), request.last("bad"), request.last("none")),
            (Some("5"), Some("%zz"), None)
        );
        assert!(request.header_has("upgrade", "websocket") && request.path == "/subscribe");
        assert!(parse("nonsense", Vec::new()).is_none());
    }
}
