//! One connection to the server, as small a client as HTTP/1.1 allows: what it costs is taken from the server under
//! test, which shares the machine.

use std::net::SocketAddr;

use anyhow::{Context as _, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Bytes of an answer's head at most.
const HEAD_MAX: usize = 16 << 10;

/// Where the server is.
#[derive(Debug)]
pub struct Target {
    address: SocketAddr,
    authority: String,
}

impl Target {
    /// From `http://host:port`. Only addresses of this machine: this is a load generator.
    pub fn parse(server: &str) -> anyhow::Result<Self> {
        use std::net::ToSocketAddrs as _;
        let authority =
            server.strip_prefix("http://").context("the server's address must begin with http://")?;
        let authority = authority.trim_end_matches('/').to_owned();
        let mut addresses = authority.to_socket_addrs().with_context(|| format!("no address in {server}"))?;
        let address = addresses.find(|address| address.ip().is_loopback());
        let address = address.context("load is put on servers of this machine only")?;
        Ok(Self { address, authority })
    }

    /// The request for `path`.
    pub fn request(&self, path: &str) -> Vec<u8> {
        let host = &self.authority;
        format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept-Encoding: gzip\r\n\r\n").into_bytes()
    }
}

/// Whether the server answers at all.
pub async fn check(target: &Target) -> anyhow::Result<()> {
    let mut connection = Connection::open(target).await?;
    let status = connection.ask(&target.request("/health/live")).await?;
    if status != 200 {
        bail!("/health/live answered {status}");
    }
    Ok(())
}

/// An open connection and what has been read of it and not used.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub async fn open(target: &Target) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(target.address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, read: Vec::with_capacity(HEAD_MAX) })
    }

    /// Sends a request and reads its answer to the end, which must say how long it is; returns the status.
    pub async fn ask(&mut self, request: &[u8]) -> anyhow::Result<u16> {
        self.stream.write_all(request).await?;
        let (status, head, length) = self.head().await?;
        let length = length.context("the answer does not say how long it is")?;
        while self.read.len() < head + length {
            self.more().await?;
        }
        self.read.drain(..head + length);
        Ok(status)
    }

    /// Sends a request and reads the head of its answer; what has come after it is returned with the status.
    pub async fn begin(&mut self, request: &[u8]) -> anyhow::Result<(u16, Vec<u8>)> {
        self.stream.write_all(request).await?;
        let (status, head, _) = self.head().await?;
        self.read.drain(..head);
        Ok((status, std::mem::take(&mut self.read)))
    }

    /// The next bytes into `buffer`; how many, 0 at the end.
    pub async fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.stream.read(buffer).await
    }

    /// Status, length of the head, and of the body where that is told.
    async fn head(&mut self) -> anyhow::Result<(u16, usize, Option<usize>)> {
        loop {
            let mut headers = [httparse::EMPTY_HEADER; 32];
            let mut response = httparse::Response::new(&mut headers);
            if let httparse::Status::Complete(head) = response.parse(&self.read)? {
                let length = response.headers.iter().find(|h| h.name.eq_ignore_ascii_case("content-length"));
                let length = length.map(|h| std::str::from_utf8(h.value)).transpose()?;
                let length = length.map(str::parse).transpose()?;
                return Ok((response.code.unwrap_or_default(), head, length));
            }
            if self.read.len() > HEAD_MAX {
                bail!("the head of the answer is too long");
            }
            self.more().await?;
        }
    }

    async fn more(&mut self) -> anyhow::Result<()> {
        if self.stream.read_buf(&mut self.read).await? == 0 {
            bail!("the connection was closed");
        }
        Ok(())
    }
}
