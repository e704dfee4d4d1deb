//! The API on a socket: accepts connections, bounds them, and stops within the grace given.
//!
//! It drives hyper itself, and not by `axum::serve`, for three things that the latter doesn't have: a deadline for
//! request heads, a bound on connections, and an end to connections that don't end by themselves.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::{JoinError, JoinSet};
use tracing::{debug, error, info, warn};

use super::stream::upgrade::Afterwards;
use super::{ApiState, router, slots};
use crate::metrics;

/// Pause after a failed accept: mostly the process is out of file descriptors, and one is freed soon.
const ACCEPT_RETRY_PAUSE: Duration = Duration::from_millis(100);

/// Bytes of a request's head, and of what hyper buffers for a connection. The longest honest request is a keyword
/// of 256 characters, percent-encoded in 3 KB.
const BUFFER_BYTES_MAX: usize = 16 * 1024;

/// Header fields of a request; browsers send about 20.
const HEADERS_MAX: usize = 64;

/// How serving ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunReport {
    /// Connections that had an unfinished request when the grace was over, and were cut.
    pub connections_cut: usize,
}

/// Serves the API until `shutdown` completes; then takes no more connections, closes idle ones at once, lets open
/// requests finish for `shutdown_grace_secs`, and cuts the rest. Returns only when every connection is gone. A
/// failed accept is logged and tried again.
pub async fn run(listener: TcpListener, state: ApiState, shutdown: impl Future<Output = ()>) -> RunReport {
    let grace = Duration::from_secs(state.settings.shutdown_grace_secs);
    let slots = slots(state.settings.connections_max);
    let stop = Arc::clone(&state.stopping);
    let stopping = stop.subscribe();
    let http = http(&state);
    let service = router(state);
    let mut connections = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            Some(ended) = connections.join_next() => log_end(&ended),
            accepted = accept(&listener, &slots) => match accepted {
                Ok((stream, peer, slot)) => {
                    connections.spawn(serve(http.clone(), (stream, peer), service.clone(), stopping.clone(), slot));
                }
                Err(reason) => {
                    warn!(%reason, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_RETRY_PAUSE).await;
                }
            },
        }
        metrics::set_http_connections(connections.len());
    }
    drop(listener);
    stop.send_replace(true);
    drain(connections, grace).await
}

fn http(state: &ApiState) -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(state.settings.header_timeout_secs))
        .max_buf_size(BUFFER_BYTES_MAX)
        .max_headers(HEADERS_MAX);
    http
}

async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let slot = Arc::clone(slots).acquire_owned().await.expect("this semaphore is never closed");
    let (stream, peer) = listener.accept().await?;
    // Answers are written at once; waiting for more would only delay them.
    stream.set_nodelay(true)?;
    Ok((stream, peer, slot))
}

async fn serve(
    http: http1::Builder,
    (stream, peer): (TcpStream, SocketAddr),
    service: Router,
    mut stopping: watch::Receiver<bool>,
    slot: OwnedSemaphorePermit,
) {
    let afterwards = Afterwards::default();
    let service = TowerToHyperService::new(service);
    let service = service_fn(|mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(afterwards.clone());
        request.extensions_mut().insert(ConnectInfo(peer));
        service.call(request)
    });
    let connection = http.serve_connection(TokioIo::new(stream), service).with_upgrades();
    let stopped = async {
        let _ = stopping.wait_for(|stop| *stop).await;
    };
    tokio::pin!(connection);
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = stopped => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(reason) = served {
        debug!(%reason, "a connection ended early");
    } else if let Some(work) = afterwards.take() {
        // The connection is no HTTP any more; it keeps its place among the connections.
        work.await;
    }
    drop(slot);
}

async fn drain(mut connections: JoinSet<()>, grace: Duration) -> RunReport {
    let all_ended = async {
        while let Some(ended) = connections.join_next().await {
            log_end(&ended);
        }
    };
    let _ = tokio::time::timeout(grace, all_ended).await;
    let connections_cut = connections.len();
    connections.shutdown().await;
    metrics::set_http_connections(0);
    info!(connections_cut, "http server stopped");
    RunReport { connections_cut }
}

fn log_end(ended: &Result<(), JoinError>) {
    if let Err(reason) = ended {
        error!(%reason, "answering a request panicked");
    }
}
