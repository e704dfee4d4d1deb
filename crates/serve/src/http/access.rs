//! Who may do what: tokens with a right to read or to write, given as `Authorization: Bearer …`, or by a session's
//! cookie for browsers, whose event streams can't send headers.
//!
//! Tokens are known by their SHA-256 alone. That needs no salt and no slow hash, since they are drawn at random and not
//! made up by people.

mod caller;
mod session;
mod settings;
mod token;

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::{ApiState, Problem};
pub(super) use caller::{Caller, Writer, is_of_own_page, is_same_origin};
use session::Sessions;
pub(super) use session::{LOGIN, LOGOUT, WHO, login, logout, who};
pub use settings::{InvalidAccess, Reading, Right, Settings, TokenSettings};
use token::Token;
pub use token::{NewToken, new_token};

/// The tokens there are, and who has signed in with one.
#[derive(Debug, Default)]
pub struct Access {
    reading: Reading,
    tokens: Vec<Token>,
    sessions: Sessions,
}

impl Access {
    /// Reads the tokens that the settings name.
    pub fn load(settings: &Settings) -> Result<Self, InvalidAccess> {
        let tokens = settings.tokens.iter().map(Token::load).collect::<Result<Vec<_>, _>>()?;
        for (place, token) in tokens.iter().enumerate() {
            if tokens[..place].iter().any(|other| other.name == token.name || other.hash == token.hash) {
                return Err(InvalidAccess::of(&token.name, "there are two with this name or secret"));
            }
        }
        if settings.reading == Reading::Token && tokens.is_empty() {
            return Err(InvalidAccess::of("", "reading = \"token\" needs at least one token"));
        }
        Ok(Self { reading: settings.reading, tokens, sessions: Sessions::default() })
    }

    /// Whether anybody who reaches the server may read, and no token is set.
    pub fn is_open(&self) -> bool {
        self.reading == Reading::Open && self.tokens.is_empty()
    }

    /// Whether this caller may read only by a cookie, which a browser sends by itself.
    pub(super) fn reads_by_cookie(&self, caller: Option<&Arc<Caller>>) -> bool {
        let by_cookie = matches!(caller.map(AsRef::as_ref), Some(Caller::Token { by_cookie: true, .. }));
        by_cookie && self.reading == Reading::Token
    }

    /// Whether anybody can write at all.
    fn has_writer(&self) -> bool {
        self.tokens.iter().any(|token| token.right == Right::Write)
    }

    /// The token with this secret.
    fn token(&self, secret: &str) -> Option<&Token> {
        let hash = token::hash(secret);
        // All are compared, each in the same time whatever it is.
        self.tokens.iter().fold(None, |found, token| if token.has_hash(&hash) { Some(token) } else { found })
    }
}

/// Finds out who asks, for those who decide what they may.
pub(super) async fn identify(State(state): State<ApiState>, mut request: Request, next: Next) -> Response {
    let caller = Caller::of(&state.access, request.headers());
    request.extensions_mut().insert(Arc::new(caller));
    next.run(request).await
}

/// Lets through who may read.
pub(super) async fn may_read(State(state): State<ApiState>, request: Request, next: Next) -> Response {
    let caller = request.extensions().get::<Arc<Caller>>();
    match caller.map(AsRef::as_ref) {
        Some(Caller::Unknown) => Problem::unknown_token().into_response(),
        Some(Caller::Nobody) | None if state.access.reading != Reading::Open => {
            Problem::unauthorized().into_response()
        }
        _ => next.run(request).await,
    }
}
