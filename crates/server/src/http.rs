//! What a process shows over HTTP beside the sockets of its clients.

mod letters;
mod reports;
mod why;

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use gateway::{Gateway, Route};
use link::RowQuery;
use model::bounds::PAGE_MAX_MESSAGES;
use model::{ConversationId, Kind, Refusal, UserId};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use wire::{About, Code, Problem};

use crate::export::Exporter;
use crate::health::{self, Progress, Readiness};
use crate::metrics;
use crate::origins::{Origins, guarded};
use crate::owner::Owner;
use crate::page;
use crate::stage::Stage;
use crate::status::Minutes;

pub(crate) use letters::ReplayShown;

/// The roles of this process, as far as HTTP shows them.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) owner: Option<Arc<Owner>>,
    pub(crate) gateway: Option<Gateway>,
    /// Where traces go, if anywhere.
    pub(crate) exporter: Option<Arc<Exporter>>,
    pub(crate) stage: watch::Receiver<Stage>,
    /// The last minutes.
    pub(crate) minutes: Arc<Minutes>,
}

/// What a process shows before it is there: how it is, and that it is to be waited for.
pub(crate) fn starting(progress: Arc<Progress>) -> Router {
    let ready = async move || answer(&Readiness::starting(&progress));
    let health = vec![Route::get("/healthz", async || "ok\n"), Route::get("/readyz", ready)];
    Route::router(health).fallback(async || {
        let again = [(header::RETRY_AFTER, "1")];
        (StatusCode::SERVICE_UNAVAILABLE, again, "the server is starting: try again\n")
    })
}

/// All routes of the process.
pub(crate) fn router(app: App, origins: Arc<Origins>) -> Router {
    let sockets = app.gateway.as_ref().map(Gateway::router).unwrap_or_default();
    let asked = guarded(Route::router(routes()).with_state(app).merge(sockets), origins);
    asked.merge(page::router()).fallback(nowhere)
}

async fn nowhere(uri: Uri) -> Response {
    let detail = format!("there is no {}: /openapi shows what there is", uri.path());
    gateway::respond(Problem::never(About::default(), Code::NotFound, detail))
}

fn routes() -> Vec<Route<App>> {
    vec![
        Route::get("/healthz", async || "ok\n"),
        Route::get("/readyz", readyz),
        Route::get("/metrics", metrics_page),
        Route::get("/v1/rows", rows),
        Route::get("/v1/reports/{report}", reports::report),
        Route::get("/v1/status", status),
        Route::post("/v1/users/{user}/erase", erase),
        Route::get("/v1/letters", letters::list),
        Route::get("/v1/letters/{letter}", letters::show),
        Route::get("/v1/replay", letters::preview),
        Route::post("/v1/replay", letters::replay),
        Route::post("/v1/replay/cancel", letters::cancel),
        Route::get("/v1/messages/{id}/why", why::of_id),
        Route::get("/v1/conversations/{conversation}/messages/{seq}/why", why::of_place),
    ]
}

async fn readyz(State(app): State<App>) -> Response {
    answer(&app.readiness())
}

impl App {
    /// Whether this process can do its work.
    pub(crate) fn readiness(&self) -> Readiness {
        let mut reasons: Vec<_> = health::stage(*self.stage.borrow()).into_iter().collect();
        let mut warnings = Vec::new();
        if let Some(owner) = &self.owner {
            reasons.extend(owner.not_ready());
            warnings.extend(owner.opened.damage.iter().cloned());
            warnings.extend(owner.troubles());
        }
        for why in self.gateway.iter().flat_map(Gateway::not_ready) {
            if !reasons.iter().any(|said| said.reason == why.reason) {
                reasons.push(why);
            }
        }
        Readiness::of(reasons, warnings)
    }
}

fn answer(readiness: &Readiness) -> Response {
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(readiness)).into_response()
}

async fn status(State(app): State<App>, parts: Parts) -> Response {
    if let Some(Err(refused)) = app.gateway.as_ref().map(|gateway| gateway.admit_staff(&parts)) {
        return *refused;
    }
    Json(app.minutes.shown(app.readiness())).into_response()
}

async fn metrics_page(State(app): State<App>, parts: Parts) -> Response {
    if let Some(Err(refused)) = app.gateway.as_ref().map(|gateway| gateway.admit_staff(&parts)) {
        return *refused;
    }
    let mut page = metrics::Page::default();
    metrics::process(&mut page);
    if let Some(owner) = &app.owner {
        metrics::owner(&mut page, owner);
    }
    if let Some(gateway) = &app.gateway {
        metrics::gateway(&mut page, gateway);
    }
    if let Some(exporter) = &app.exporter {
        metrics::traces(&mut page, exporter);
    }
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (kind, page.into_text()).into_response()
}

/// Which rows are asked for.
#[derive(Debug, Deserialize)]
struct RowsAsked {
    conversation: Option<ConversationId>,
    after: Option<ConversationId>,
    limit: Option<u32>,
}

/// A page of the per-conversation table.
#[derive(Debug, Serialize)]
struct RowsShown {
    rows: Vec<RowShown>,
    /// Journal batches that the table had not counted yet.
    behind: u64,
}

#[derive(Debug, Serialize)]
struct RowShown {
    conversation: ConversationId,
    messages: u64,
    speakers: u64,
    enriched: u64,
    degraded: u64,
    dead: u64,
    /// From −1 to 1; null while nothing is understood.
    sentiment_mean: Option<f64>,
    /// Milliseconds since 1970.
    last_at: u64,
}

async fn rows(
    State(app): State<App>,
    asked: Result<Query<RowsAsked>, QueryRejection>,
    parts: Parts,
) -> Response {
    let Some(gateway) = &app.gateway else {
        return of_gateways("rows are served by gateways");
    };
    if let Err(refused) = gateway.admit_staff(&parts) {
        return *refused;
    }
    let Query(RowsAsked { conversation, after, limit }) = match asked {
        Ok(asked) => asked,
        Err(why) => return gateway::respond(bad(why.body_text())),
    };
    let limit = limit.unwrap_or(PAGE_MAX_MESSAGES).clamp(1, PAGE_MAX_MESSAGES);
    match gateway.rows(RowQuery { conversation, after, limit }).await {
        Ok(found) => {
            // What is governed is its members' business, also for those who may see reports.
            let open = |row: &link::Row| row.conversation.kind() == Kind::Open;
            let rows = found.rows.into_iter().filter(open).map(shown).collect();
            Json(RowsShown { rows, behind: found.behind }).into_response()
        }
        Err(refusal) => refused(refusal),
    }
}

fn bad(detail: String) -> Problem {
    Problem::never(About::default(), Code::BadFrame, detail)
}

/// Elsewhere it is there.
fn of_gateways(detail: &str) -> Response {
    gateway::respond(Problem::never(About::default(), Code::NotFound, detail.to_owned()))
}

fn refused(refusal: Refusal) -> Response {
    gateway::respond(Problem::from((About::default(), refusal)))
}

/// What became of someone who was to be erased.
#[derive(Debug, Serialize)]
struct ErasedShown {
    user: UserId,
    /// In how many conversations they had said something.
    conversations: u64,
}

async fn erase(State(app): State<App>, Path(user): Path<String>, parts: Parts) -> Response {
    let Some(gateway) = &app.gateway else {
        return of_gateways("a gateway is asked to erase someone");
    };
    if let Err(refused) = gateway.admit_admin(&parts) {
        return *refused;
    }
    let user = match UserId::new(&user) {
        Ok(user) => user,
        Err(why) => {
            let detail = format!("{user:?} is no user: {why}");
            return gateway::respond(Problem::never(About::default(), Code::BadFrame, detail));
        }
    };
    match gateway.erase(user.clone()).await {
        Ok(conversations) => Json(ErasedShown { user, conversations }).into_response(),
        Err(refusal) => refused(refusal),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a mean for people")]
fn shown(row: link::Row) -> RowShown {
    let understood = row.enriched + row.degraded;
    let mean = row.sentiment_sum_micros as f64 / understood as f64 / 1e6;
    RowShown {
        conversation: row.conversation,
        messages: row.messages,
        speakers: row.speakers,
        enriched: row.enriched,
        degraded: row.degraded,
        dead: row.dead,
        sentiment_mean: (understood > 0).then_some(mean),
        last_at: row.last_at.0,
    }
}

#[cfg(test)]
mod tests;
