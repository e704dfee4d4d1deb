//! As much of an HTTP/1.1 client as a WebSocket handshake and the download of one small file need: a GET, the head of
//! the answer, a bounded body. By hand, because the WebSocket library gives no error body, in which Jetstream says
//! what is wrong, and a whole HTTP client is far heavier than this file. No redirects, no reuse of connections.
//! Source: RFC 9110, RFC 9112.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Bytes of an answer's head that are read before giving up: servers send one or two kilobytes.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// Header lines that are read before giving up.
const HEADERS_MAX: usize = 100;
/// Bytes of one line of a chunked body's framing.
const CHUNK_LINE_BYTES_MAX: usize = 256;

/// A connection, encrypted or not.
pub(crate) trait Socket: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Socket for T {}

/// An answer that could not be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HttpError {
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("the answer is not HTTP: {0}")]
    Malformed(httparse::Error),
    #[error("the answer's framing is broken")]
    Framing,
    #[error("the answer ends too early")]
    Truncated,
    #[error("the answer has more than {max} bytes")]
    TooLarge { max: usize },
}

/// The head of an answer, and what has been read past it.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    /// Bytes after the head: of the body, or of the WebSocket.
    pub(crate) rest: Vec<u8>,
}

impl Answer {
    /// The first header of this name, which is given in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// `Retry-After` in its form of seconds. The form of a date says nothing without a clock in step, and is left out.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        self.header("retry-after")?.trim().parse().ok().map(Duration::from_secs)
    }
}

/// Sends a GET with these header lines and reads the head of the answer.
pub(crate) async fn get<S: Socket + ?Sized>(
    socket: &mut S,
    path: &str,
    headers: &[(&str, &str)],
) -> Result<Answer, HttpError> {
    let mut request = format!("GET {path} HTTP/1.1\r\n");
    for (name, value) in headers {
        request.extend([*name, ": ", *value, "\r\n"]);
    }
    request.push_str("\r\n");
    socket.write_all(request.as_bytes()).await?;
    socket.flush().await?;

    let mut bytes = Vec::new();
    loop {
        if let Some(answer) = parse_head(&bytes)? {
            return Ok(answer);
        }
        if bytes.len() >= HEAD_BYTES_MAX {
            return Err(HttpError::TooLarge { max: HEAD_BYTES_MAX });
        }
        read_more(socket, &mut bytes).await?;
    }
}

fn parse_head(bytes: &[u8]) -> Result<Option<Answer>, HttpError> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut head = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(length) = head.parse(bytes).map_err(HttpError::Malformed)? else {
        return Ok(None);
    };
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    Ok(Some(Answer {
        status: head.code.unwrap_or_default(),
        headers: head.headers.iter().map(|h| (h.name.to_ascii_lowercase(), text(h.value))).collect(),
        rest: bytes.get(length..).unwrap_or_default().to_vec(),
    }))
}

/// Reads the body of the answer, at most `max` bytes. The connection is of no use afterwards.
pub(crate) async fn body<S: Socket + ?Sized>(
    socket: &mut S,
    answer: &mut Answer,
    max: usize,
) -> Result<Vec<u8>, HttpError> {
    let rest = std::mem::take(&mut answer.rest);
    if answer.header("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
        return chunked_body(socket, rest, max).await;
    }
    let length = match answer.header("content-length") {
        Some(text) => Some(text.trim().parse::<usize>().map_err(|_| HttpError::Framing)?),
        None => None,
    };
    if length.is_some_and(|length| length > max) || rest.len() > max {
        return Err(HttpError::TooLarge { max });
    }
    let mut bytes = rest;
    loop {
        if let Some(length) = length.filter(|length| bytes.len() >= *length) {
            bytes.truncate(length);
            return Ok(bytes);
        }
        if bytes.len() > max {
            return Err(HttpError::TooLarge { max });
        }
        match read_more(socket, &mut bytes).await {
            // Without a length the end of the connection is the end of the body.
            Err(HttpError::Truncated) if length.is_none() => return Ok(bytes),
            other => other?,
        }
    }
}

async fn chunked_body<S: Socket + ?Sized>(
    socket: &mut S,
    mut raw: Vec<u8>,
    max: usize,
) -> Result<Vec<u8>, HttpError> {
    let mut body = Vec::new();
    loop {
        let line_end = loop {
            match raw.windows(2).position(|pair| pair == b"\r\n") {
                Some(at) => break at,
                None if raw.len() > CHUNK_LINE_BYTES_MAX => return Err(HttpError::Framing),
                None => read_more(socket, &mut raw).await?,
            }
        };
        let line = String::from_utf8_lossy(&raw[..line_end]).into_owned();
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).map_err(|_| HttpError::Framing)?;
        if size == 0 {
            return Ok(body);
        }
        if size > max.saturating_sub(body.len()) {
            return Err(HttpError::TooLarge { max });
        }
        let (start, end) = (line_end + 2, line_end + 2 + size);
        while raw.len() < end + 2 {
            read_more(socket, &mut raw).await?;
        }
        body.extend_from_slice(&raw[start..end]);
        raw.drain(..end + 2);
    }
}

async fn read_more<S: Socket + ?Sized>(socket: &mut S, bytes: &mut Vec<u8>) -> Result<(), HttpError> {
    if socket.read_buf(bytes).await? == 0 { Err(HttpError::Truncated) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio::io::AsyncWriteExt;

    use super::*;

    /// Gives the client this answer, cut into pieces of `piece` bytes.
    async fn answered(answer: &[u8], piece: usize, max: usize) -> Result<(u16, Vec<u8>), HttpError> {
        let (mut client, mut server) = tokio::io::duplex(piece.max(1));
        let answer = answer.to_vec();
        let write = async move {
            let mut asked = [0; 18];
            server.read_exact(&mut asked).await.unwrap();
            assert!(asked.starts_with(b"GET /x HTTP/1.1\r\n"));
            // The client may stop reading where the answer is too long.
            let _ = server.write_all(&answer).await;
        };
        let read = async move {
            let mut answer = get(&mut client, "/x", &[]).await?;
            let body = body(&mut client, &mut answer, max).await?;
            Ok((answer.status, body))
        };
        tokio::join!(write, read).1
    }

    #[tokio::test]
    async fn bodies_end_by_length_by_chunks_or_by_the_end() {
        for piece in [1, 2, 7, 4_096] {
            for answer in [
                "HTTP/1.1 400 Bad\r\nContent-Length: 5\r\n\r\nhello",
                "HTTP/1.1 400 Bad\r\n\r\nhello",
                "HTTP/1.1 400 Bad\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n",
            ] {
                let got = answered(answer.as_bytes(), piece.max(19), 100).await.unwrap();
                assert_eq!(got, (400, b"hello".to_vec()), "{answer:?} in pieces of {piece}");
            }
        }
    }

    #[tokio::test]
    async fn long_and_broken_answers_are_refused() {
        let long = "HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n";
        assert!(matches!(answered(long.as_bytes(), 64, 100).await, Err(HttpError::TooLarge { max: 100 })));
        let chunk = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffe\r\nx";
        assert!(matches!(answered(chunk.as_bytes(), 64, 100).await, Err(HttpError::TooLarge { .. })));
        let short = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc";
        assert!(matches!(answered(short.as_bytes(), 64, 100).await, Err(HttpError::Truncated)));
        assert!(matches!(answered(b"SSH-2.0-x\r\n\r\n", 64, 100).await, Err(HttpError::Malformed(_))));
        let endless = vec![b'a'; HEAD_BYTES_MAX + 1_000];
        let head = [b"HTTP/1.1 200 OK\r\nX: ".as_slice(), &endless].concat();
        assert!(matches!(answered(&head, 64, 100).await, Err(HttpError::TooLarge { .. })));
    }

    #[test]
    fn retry_after_is_read_in_seconds_only() {
        let retry_after = |value: &str| {
            let head = format!("HTTP/1.1 429 Slow\r\nRetry-After: {value}\r\n\r\n");
            parse_head(head.as_bytes()).unwrap().unwrap().retry_after()
        };
        assert_eq!(retry_after("17"), Some(Duration::from_secs(17)));
        assert_eq!(retry_after("Wed, 21 Oct 2026 07:28:00 GMT"), None);
        assert_eq!(retry_after("-1"), None);
    }

    proptest! {
        #[test]
        fn no_answer_makes_it_panic(head in "[ -~\r\n]{0,60}", tail: Vec<u8>, chunked: bool) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let encoding = if chunked { "Transfer-Encoding: chunked\r\n" } else { "" };
            let mut bytes = format!("HTTP/1.1 200 OK\r\n{encoding}{head}\r\n\r\n").into_bytes();
            bytes.extend(tail);
            let _ = runtime.block_on(answered(&bytes, 64, 1_000));
        }
    }
}
