//! A WebSocket server that does what a script says, one entry for each connection, and tells what it was asked. After
//! the script it listens no more.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use futures_util::{SinkExt, StreamExt};

/// What becomes of one connection.
pub enum Act {
    /// This HTTP answer, and the end.
    Answer(Vec<u8>),
    /// The upgrade, these messages, and then.
    Serve(Vec<Message>, Then),
}

/// What follows the messages.
pub enum Then {
    /// The connection breaks.
    Drop,
    /// Nothing, until the client goes.
    Hold,
    /// Nothing, and nothing is read, so that no ping is answered.
    Ignore,
}

pub fn refusal(status: &str, headers: &str, body: &str) -> Act {
    let length = body.len();
    Act::Answer(format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\r\n{body}").into_bytes())
}

pub fn download(bytes: &[u8]) -> Act {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", bytes.len());
    Act::Answer([head.as_bytes(), bytes].concat())
}

pub struct Server {
    pub address: SocketAddr,
    requests: mpsc::Receiver<String>,
    _tasks: JoinSet<()>,
}

impl Server {
    pub async fn start(script: Vec<Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, requests) = mpsc::channel(64);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            for act in script {
                let (socket, _) = listener.accept().await.unwrap();
                connections.spawn(play(socket, act, sender.clone()));
            }
            drop(listener);
            while connections.join_next().await.is_some() {}
        });
        Self { address, requests, _tasks: tasks }
    }

    pub fn url(&self) -> String {
        format!("ws://{}", self.address)
    }

    /// The head of the next request.
    pub async fn request(&mut self) -> String {
        self.requests.recv().await.unwrap()
    }

    /// The path and query of the next request.
    pub async fn path(&mut self) -> String {
        self.request().await.split(' ').nth(1).unwrap().to_owned()
    }
}

async fn play(mut socket: TcpStream, act: Act, requests: mpsc::Sender<String>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = socket.read_u8().await else { return };
        head.push(byte);
    }
    let head = String::from_utf8(head).unwrap();
    let header = |name: &str| {
        let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let (key, subprotocol) = (header("sec-websocket-key"), header("sec-websocket-protocol"));
    requests.send(head.clone()).await.unwrap();
    let (messages, then) = match act {
        Act::Answer(answer) => {
            socket.write_all(&answer).await.unwrap();
            return;
        }
        Act::Serve(messages, then) => (messages, then),
    };
    let accept = derive_accept_key(key.unwrap().as_bytes());
    let subprotocol = subprotocol.map_or(String::new(), |name| format!("Sec-WebSocket-Protocol: {name}\r\n"));
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n{subprotocol}\r\n"
    );
    socket.write_all(answer.as_bytes()).await.unwrap();
    let mut socket = WebSocketStream::from_raw_socket(socket, Role::Server, None).await;
    for message in messages {
        // The client may go before everything is sent.
        if socket.send(message).await.is_err() {
            return;
        }
    }
    match then {
        Then::Drop => {}
        Then::Hold => while let Some(Ok(_)) = socket.next().await {},
        Then::Ignore => std::future::pending().await,
    }
}
