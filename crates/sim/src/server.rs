//! The simulated network as a server: the three streams, a labeler's, and the dictionary, over HTTP and WebSocket, with
//! a clock that runs as fast as it is told, and faults on demand. Every connection lives through its own copy of the
//! world, so a replay costs no memory, only time. It has no TLS, no accounts, and no other methods of the protocol.

mod cursor;
pub(crate) mod faults;
mod filter;
mod http;
mod labels;
pub(crate) mod ledger;
mod shared;
mod subscriber;
mod timeline;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Duration, timeout};
use tracing::debug;

use crate::settings::{SettingsError, WorldSettings};
use crate::wire::dictionary::{V1_ID, V2_ID};
use crate::wire::firehose::DEFAULT_PROOF_NODES;
use crate::{Dictionary, Labelling, Wire, World};
use faults::Faults;
use http::Request;
use ledger::Ledger;
use shared::Shared;

/// The paths that are served.
pub mod path {
    /// The firehose.
    pub const SUBSCRIBE_REPOS: &str = "/xrpc/com.atproto.sync.subscribeRepos";
    /// Jetstream, version 1.
    pub const SUBSCRIBE: &str = "/subscribe";
    /// Jetstream, version 2.
    pub const SUBSCRIBE_EVENTS: &str = "/xrpc/network.bsky.jetstream.subscribeEvents";
    /// The labels of a simulated labeler.
    pub const SUBSCRIBE_LABELS: &str = "/xrpc/com.atproto.label.subscribeLabels";
    /// The dictionary of version 2.
    pub const GET_ZSTD_DICTIONARY: &str = "/xrpc/network.bsky.jetstream.getZstdDictionary";
}

/// How a server serves a world.
#[derive(Clone, Debug)]
pub struct ServerSettings {
    /// The world; the server begins at its [`WorldSettings::live_from`].
    pub world: WorldSettings,
    /// Simulated seconds in one second; 0: as fast as each reader takes them.
    pub speed: f64,
    /// Events a second on one connection at most; none: no limit.
    pub rate_max: Option<u32>,
    /// Microseconds of simulated time that a cursor can reach back.
    pub replay_window: i64,
    /// Tree nodes in each commit, beside the one that names the records; 8 is realistic.
    pub proof_nodes: usize,
    /// The id of version 1's dictionary.
    pub v1_dictionary_id: u32,
    /// The id of version 2's dictionary.
    pub v2_dictionary_id: u32,
    /// Events that a live firehose reader may fall behind before it is told `ConsumerTooSlow`; none: any number.
    /// Relays buffer 16,384.
    pub consumer_lag_max: Option<u64>,
    /// Connections at one time; more are refused with 503.
    pub connections_max: usize,
    /// What goes wrong on purpose.
    pub faults: Faults,
    /// What the labeler at this address labels.
    pub labelling: Labelling,
}

impl ServerSettings {
    /// The world as fast as it is read, with a day of replay and no faults.
    pub fn new(world: WorldSettings) -> Self {
        Self {
            world,
            speed: 0.0,
            rate_max: None,
            replay_window: 24 * 3600 * 1_000_000,
            proof_nodes: DEFAULT_PROOF_NODES,
            v1_dictionary_id: V1_ID,
            v2_dictionary_id: V2_ID,
            consumer_lag_max: None,
            connections_max: 64,
            faults: Faults::default(),
            labelling: Labelling::default(),
        }
    }
}

/// Why a server could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The world cannot be.
    #[error("the world's settings")]
    World(#[from] SettingsError),
    /// The clock cannot run so.
    #[error("speed is outside its range: 0 to 100,000")]
    Speed,
    /// The address cannot be bound.
    #[error("cannot listen on {address}")]
    Bind {
        /// Which.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
}

/// A running server. Dropping it stops everything at once; [`Server::shutdown`] says goodbye first.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    shutdown: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Server {
    /// Listens on `bind` and starts the clock once the world's history has been lived through.
    pub async fn start(settings: ServerSettings, bind: SocketAddr) -> Result<Self, StartError> {
        if !(0.0..=100_000.0).contains(&settings.speed) {
            return Err(StartError::Speed);
        }
        let world = World::new(settings.world.clone())?;
        let failed = |source| StartError::Bind { address: bind, source };
        let listener = TcpListener::bind(bind).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let shared = Arc::new(Shared::new(settings, world));
        let (shutdown, stopping) = watch::channel(false);
        let mut tasks = JoinSet::new();
        tasks.spawn(shared::keep_time(Arc::clone(&shared), stopping.clone()));
        tasks.spawn(accept_all(listener, Arc::clone(&shared), stopping));
        Ok(Self { address, shared, shutdown, tasks })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// `ws://` and the address, without a path.
    pub fn url(&self) -> String {
        format!("ws://{}", self.address)
    }

    /// What was sent, and what went wrong on purpose.
    pub fn ledger(&self) -> &Ledger {
        &self.shared.ledger
    }

    /// The dictionary that version 1 compresses with, for the client to be given; its real servers ship theirs with
    /// the client library. Version 2's is served over HTTP.
    pub fn dictionary(&self) -> Dictionary {
        Dictionary::with_id(self.shared.settings.v1_dictionary_id)
    }

    /// A fresh copy of the world that is served, at its beginning: for the oracle.
    pub fn world(&self) -> World {
        self.shared.origin.clone()
    }

    /// The index after the newest event that the clock let happen, or that a reader took.
    pub fn next_index(&self) -> u64 {
        self.shared.tip.borrow().next_index
    }

    /// Whether the last event of a world that ends was sent on any connection.
    pub fn end_reached(&self) -> bool {
        self.shared.tip.borrow().end_sent
    }

    /// Waits until [`Server::end_reached`]; for ever if the world does not end.
    pub async fn wait_for_end(&self) {
        let mut tip = self.shared.tip.subscribe();
        // The sender lives as long as `self`, so waiting cannot fail.
        let _ = tip.wait_for(|tip| tip.end_sent).await;
    }

    /// Says goodbye to all readers and stops.
    pub async fn shutdown(mut self) {
        let _ = self.shutdown.send(true);
        while let Some(result) = self.tasks.join_next().await {
            if let Err(error) = result {
                debug!(%error, "a task of the simulated server failed");
            }
        }
    }
}

async fn accept_all(listener: TcpListener, shared: Arc<Shared>, mut stopping: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => continue,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                let full = connections.len() >= shared.settings.connections_max;
                connections.spawn(serve(stream, Arc::clone(&shared), stopping.clone(), full));
            }
            Err(error) => debug!(%error, "a connection could not be accepted"),
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// A client that does not get its request across in this time is let go.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

async fn serve(mut stream: TcpStream, shared: Arc<Shared>, mut stopping: watch::Receiver<bool>, full: bool) {
    let _ = stream.set_nodelay(true);
    let Ok(Ok(Some(request))) = timeout(REQUEST_TIMEOUT, http::read_request(&mut stream)).await else {
        return;
    };
    let result = if full {
        http::refuse(&mut stream, "503 Service Unavailable", "TooManyConnections", "try again later").await
    } else {
        tokio::select! {
            result = route(stream, request, &shared, stopping.clone()) => result,
            () = stopped_for_long(&mut stopping) => return,
        }
    };
    if let Err(error) = result {
        debug!(%error, "a connection broke");
    }
}

/// Resolves when a connection had time enough to say goodbye after the server was told to stop.
async fn stopped_for_long(stopping: &mut watch::Receiver<bool>) {
    const GOODBYE: Duration = Duration::from_millis(500);
    let _ = stopping.wait_for(|stop| *stop).await;
    tokio::time::sleep(GOODBYE).await;
}

async fn route(
    mut stream: TcpStream,
    request: Request,
    shared: &Arc<Shared>,
    stopping: watch::Receiver<bool>,
) -> io::Result<()> {
    let wire = match request.path.as_str() {
        // A labeler's sequence numbers and cursors are those of the firehose.
        path::SUBSCRIBE_REPOS | path::SUBSCRIBE_LABELS => Wire::Firehose,
        path::SUBSCRIBE => Wire::JetstreamV1,
        path::SUBSCRIBE_EVENTS => Wire::JetstreamV2,
        path::GET_ZSTD_DICTIONARY => return send_dictionary(&mut stream, &request, shared).await,
        _ => return http::refuse(&mut stream, "404 Not Found", "NotFound", "no such method").await,
    };
    if request.method != "GET" {
        return http::respond(&mut stream, "405 Method Not Allowed", &[("allow", "GET")], b"").await;
    }
    if !http::wants_websocket(&request) {
        let headers = [("upgrade", "websocket"), ("connection", "Upgrade")];
        return http::respond(&mut stream, "426 Upgrade Required", &headers, b"").await;
    }
    let wants_labels = request.path == path::SUBSCRIBE_LABELS;
    // What is refused on purpose are readers of events.
    if let Some(status) = (!wants_labels).then(|| shared.refusal()).flatten() {
        // Proxies in front of real relays answer with pages of HTML.
        return http::respond(&mut stream, status, &[("retry-after", "1")], b"<html>later</html>").await;
    }
    shared.wait_until_ready().await;
    match cursor::open(shared, wire, &request).await {
        Ok(opening) if wants_labels => {
            labels::run(stream, request, Arc::clone(shared), opening, stopping).await
        }
        Ok(opening) => subscriber::run(stream, request, Arc::clone(shared), opening, stopping).await,
        Err(refusal) => {
            http::refuse(&mut stream, "400 Bad Request", refusal.error(), &refusal.to_string()).await
        }
    }
}

async fn send_dictionary(stream: &mut TcpStream, request: &Request, shared: &Shared) -> io::Result<()> {
    if request.method != "GET" {
        return http::respond(stream, "405 Method Not Allowed", &[("allow", "GET")], b"").await;
    }
    let id = shared.settings.v2_dictionary_id;
    if request.last("id").is_some_and(|wanted| wanted != id.to_string()) {
        return http::refuse(
            stream,
            "400 Bad Request",
            "DictionaryNotFound",
            &format!("the current id is {id}"),
        )
        .await;
    }
    let dictionary = Dictionary::with_id(id);
    http::respond(stream, "200 OK", &[("content-type", "application/octet-stream")], dictionary.bytes()).await
}
