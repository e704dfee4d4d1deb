//! Defines and removes watchlists, for those who may write.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

use super::known::{self, Definition, Known};
use super::{name, no_such_list};
use crate::http::access::{Caller, Writer};
use crate::http::body::read_json_up_to;
use crate::http::openapi::{Answer, Needs, Operation, Parameter, RequestBody, Values, example};
use crate::http::{ApiState, Problem, Query};
use crate::watchlists::{Change, Refused, Watchlists};

/// Bytes of a body: twenty thousand terms of ten letters in any script. A record of the log has at most 1 MiB.
pub(super) const BYTES_MAX: usize = 768 * 1024;

/// The detector takes a change up about a second after it is stored; if it hangs, or the source is silent, who changed
/// the list is told so.
const COUNTED_WITHIN: Duration = Duration::from_secs(5);

const NAME: Parameter = Parameter::path("name", Values::Text(NAME_PATTERN), "The list's.").such_as("sea");
const NAME_PATTERN: &str = "^[A-Za-z0-9_-]{1,64}$";

const OF_SETTINGS: (u16, &str) =
    (409, "The list is one of `trend.watchlists` in the settings, and is changed there.");
const NOT_YET: &str = "It is stored, and not yet counted so after five seconds.";

pub(in crate::http) const PUT: Operation = Operation {
    path: "/api/v1/watchlists/{name}",
    id: "putWatchlist",
    tag: "watchlists",
    summary: "Defines a watchlist",
    description: "A new one, or in place of what it was. Fields that are left out are as in the settings. What was \
                  answered is stored; `counts_from` says from when on it counts.",
    parameters: &[NAME],
    answers: &[
        Answer::json::<Put>("It is new.", example!("putWatchlist.json")).with_status(201),
        Answer { example: None, ..Answer::json::<Put>("It is defined anew, or was defined so already.", "") },
        Answer { example: None, ..Answer::json::<Put>(NOT_YET, "").with_status(202) },
    ],
    errors: &[
        (
            400,
            "The body is not as it should be: `field` names what is wrong; or the lists together are too many.",
        ),
        OF_SETTINGS,
        (413, "The body has more than 768 KiB."),
    ],
    body: Some(RequestBody::json::<Definition>(
        r##"{"terms": ["tide", "storm*", "#sea"], "languages": ["en"], "alert_posts": 10}"##,
    )),
    ask: "/api/v1/watchlists/sea",
    needs: Needs::Writing,
    ..Operation::PUT
};

pub(in crate::http) const REMOVE: Operation = Operation {
    path: "/api/v1/watchlists/{name}",
    id: "removeWatchlist",
    tag: "watchlists",
    summary: "Removes a watchlist that was put here",
    description: "What was counted of it stays in the log. An alert of it that is open ends with the next window.",
    parameters: &[NAME],
    answers: &[
        Answer::empty(204, "It is removed, and not counted any more."),
        Answer {
            example: None,
            ..Answer::json::<Removed>(
                "Its removal is stored, and it is still counted after five seconds.",
                "",
            )
            .with_status(202)
        },
    ],
    errors: &[(404, "No watchlist has this name."), OF_SETTINGS],
    ask: "/api/v1/watchlists/sea",
    needs: Needs::Writing,
    ..Operation::DELETE
};

/// A list as it was put.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "WatchlistPut")]
struct Put {
    name: String,
    #[serde(flatten)]
    known: Known,
    definition: Option<Definition>,
}

/// The answer to a removal that the detector has not seen yet.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "WatchlistRemoved")]
struct Removed {
    detail: &'static str,
}

pub(super) async fn put(
    State(state): State<ApiState>,
    writer: Writer,
    caller: Caller,
    path: Result<Path<String>, PathRejection>,
    query: Query,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    query.check(&PUT)?;
    let name = name(path)?;
    let definition: Definition = read_json_up_to(BYTES_MAX, &headers, body)?;
    let watchlists = watchlists(&state)?;
    state.rate.change(&writer.name)?;
    let of = name.clone();
    let put = change(&state, watchlists, move |lists| lists.put(&of, definition.into(), &writer.name));
    let change = put.await??;
    let is_counted = counted(watchlists, change.offset()).await;
    let status = match change {
        _ if !is_counted => StatusCode::ACCEPTED,
        Change::Added(_) => StatusCode::CREATED,
        Change::Replaced(_) | Change::Nothing(_) => StatusCode::OK,
    };
    let known = known::of(Some(watchlists), &name, &caller);
    let definition = known::definition(Some(watchlists), &name, &caller);
    Ok((status, [(CACHE_CONTROL, "no-store")], Json(Put { name, known, definition })).into_response())
}

pub(super) async fn remove(
    State(state): State<ApiState>,
    writer: Writer,
    path: Result<Path<String>, PathRejection>,
    query: Query,
) -> Result<Response, Problem> {
    query.check(&REMOVE)?;
    let name = name(path)?;
    let watchlists = watchlists(&state)?;
    state.rate.change(&writer.name)?;
    let of = name.clone();
    let removed = change(&state, watchlists, move |lists| lists.remove(&of, &writer.name));
    let offset = match removed.await? {
        Err(Refused::Nothing) => {
            return Err(no_such_list(&name, &known::names(Some(watchlists), &state.view.snapshot())));
        }
        other => other?,
    };
    let headers = [(CACHE_CONTROL, "no-store")];
    if counted(watchlists, offset).await {
        return Ok((StatusCode::NO_CONTENT, headers).into_response());
    }
    let answer = Removed { detail: "its removal is stored, and it is still counted" };
    Ok((StatusCode::ACCEPTED, headers, Json(answer)).into_response())
}

/// Changes on a thread that may block; a problem where too many wait to do so.
async fn change<T: Send + 'static>(
    state: &ApiState,
    watchlists: &Arc<Watchlists>,
    change: impl FnOnce(&Watchlists) -> T + Send + 'static,
) -> Result<T, Problem> {
    let busy = |_| Problem::unavailable("too many changes at once");
    let permit = Arc::clone(&state.list_changes).try_acquire_owned().map_err(busy)?;
    let watchlists = Arc::clone(watchlists);
    let changing = tokio::task::spawn_blocking(move || {
        // It goes with the thread: a change that outlives its request still counts.
        let _permit = permit;
        change(&watchlists)
    });
    changing.await.map_err(|_| panicked())
}

/// Waits until the change at this offset is known here and the detector counts by it; says whether that is so. A
/// detector of another process doesn't say.
async fn counted(watchlists: &Watchlists, offset: u64) -> bool {
    let (mut applied, mut watched) = (watchlists.follow_applied(), watchlists.follow_watched());
    let both = async {
        let is_applied = applied.wait_for(|next| *next > offset).await.is_ok();
        is_applied
            && watchlists.is_detecting()
            && watched.wait_for(|watched| watched.next > offset).await.is_ok()
    };
    tokio::time::timeout(COUNTED_WITHIN, both).await.unwrap_or(false)
}

fn watchlists(state: &ApiState) -> Result<&Arc<Watchlists>, Problem> {
    let missing = || Problem::new(StatusCode::NOT_IMPLEMENTED, "watchlists can't be changed on this server");
    state.watchlists.as_ref().ok_or_else(missing)
}

fn panicked() -> Problem {
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "changing the watchlist panicked")
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let status = match &refused {
            Refused::Invalid(_) => StatusCode::BAD_REQUEST,
            Refused::Nothing => StatusCode::NOT_FOUND,
            Refused::OfSettings => StatusCode::CONFLICT,
            Refused::NotStored(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        let problem = Self::new(status, refused.to_string());
        match refused {
            Refused::Invalid(invalid) => problem.with_field(invalid.field),
            _ => problem,
        }
    }
}
