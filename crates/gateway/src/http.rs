//! Everything that needs no socket, over HTTP; and the door of those that do.

mod asks;
mod caller;
mod connect;
mod events;
mod problem;

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::Response;
use axum::routing::{get, post};
use wire::{About, Code, Problem};

pub use self::asks::COMMANDS_MAX;
pub(crate) use self::caller::Caller;
use crate::gateway::Shared;

/// Bytes of one request's body.
pub const BODY_MAX_BYTES: usize = 1024 * 1024;

/// From where a request came: the shell that listens says it.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

/// The response to whoever may not see something.
pub(crate) fn forbidden(detail: &str) -> Response {
    problem::respond(Problem::never(About::default(), Code::Forbidden, detail))
}

/// The routes of clients.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route(wire::PATH, get(connect::upgrade))
        .route("/v1/connect", post(connect::ticket))
        .route("/v1/commands", post(asks::commands))
        .route("/v1/conversations/{name}/messages", get(asks::read).post(asks::say))
        .route("/v1/conversations/{name}/events", get(events::follow))
        .layer(DefaultBodyLimit::max(BODY_MAX_BYTES))
        .with_state(shared)
}
