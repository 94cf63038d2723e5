//! What a process shows over HTTP beside the sockets of its clients.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use gateway::Gateway;
use serde::Serialize;

use crate::metrics;
use crate::owner::Owner;

/// The roles of this process, as far as HTTP shows them.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) owner: Option<Arc<Owner>>,
    pub(crate) gateway: Option<Gateway>,
}

/// Whether this process can do its work, and what an operator should look at.
#[derive(Debug, Serialize)]
struct Readiness {
    ready: bool,
    /// Why not.
    reasons: Vec<String>,
    /// What is wrong, but stops nothing.
    warnings: Vec<String>,
}

/// All routes of the process.
pub(crate) fn router(app: App) -> Router {
    let sockets = app.gateway.as_ref().map(Gateway::router).unwrap_or_default();
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics_page))
        .with_state(app)
        .merge(sockets)
}

async fn readyz(State(app): State<App>) -> Response {
    let mut reasons = Vec::new();
    let mut warnings = Vec::new();
    if let Some(owner) = &app.owner {
        reasons.extend(owner.not_ready());
        warnings.extend(owner.opened.damage.iter().cloned());
    }
    if let Some(gateway) = &app.gateway
        && let Err(why) = gateway.readiness()
    {
        reasons.extend(why.into_iter().filter(|why| !reasons.contains(why)).collect::<Vec<_>>());
    }
    let ready = reasons.is_empty();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Readiness { ready, reasons, warnings })).into_response()
}

async fn metrics_page(State(app): State<App>) -> Response {
    let mut page = metrics::Page::default();
    if let Some(owner) = &app.owner {
        metrics::owner(&mut page, owner);
    }
    if let Some(gateway) = &app.gateway {
        metrics::gateway(&mut page, gateway);
    }
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (kind, page.into_text()).into_response()
}
