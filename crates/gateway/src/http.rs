//! Everything that needs no socket, over HTTP; and the door of those that do.

mod asks;
mod caller;
mod connect;
mod events;
mod extract;
mod problem;
mod route;

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use wire::{About, Code, Problem};

pub use self::asks::COMMANDS_MAX;
pub(crate) use self::caller::Caller;
pub use self::problem::respond;
pub use self::route::Route;
use crate::counters::count;
use crate::gateway::Shared;

/// Bytes of one request's body.
pub const BODY_MAX_BYTES: usize = 1024 * 1024;

/// From where a request came: the shell that listens says it.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

/// The response to whoever may not see something.
pub(crate) fn forbidden(detail: &str) -> Response {
    respond(Problem::never(About::default(), Code::Forbidden, detail))
}

/// Who is going away begins nothing new.
async fn unless_closing(
    State(shared): State<Arc<Shared>>,
    request: Request,
    next: Next,
) -> Response {
    if *shared.closing.borrow() {
        count(&shared.counts.connections_refused_total);
        return connect::too_busy(&shared);
    }
    next.run(request).await
}

/// The routes of clients: method and path.
pub fn routes_of_clients() -> Vec<(&'static str, &'static str)> {
    routes().iter().map(Route::name).collect()
}

fn routes() -> Vec<Route<Arc<Shared>>> {
    vec![
        Route::get(wire::PATH, connect::upgrade),
        Route::post("/v1/connect", connect::ticket),
        Route::post("/v1/commands", asks::commands),
        Route::get("/v1/conversations/{conversation}/messages", asks::read),
        Route::post("/v1/conversations/{conversation}/messages", asks::say),
        Route::get("/v1/conversations/{conversation}/events", events::follow),
    ]
}

/// What answers there.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    Route::router(routes())
        .layer(DefaultBodyLimit::max(BODY_MAX_BYTES))
        .layer(from_fn_with_state(Arc::clone(&shared), unless_closing))
        .with_state(shared)
}
