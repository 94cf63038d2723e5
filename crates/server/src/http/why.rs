//! What happened to one message on its way to being understood. No text is told, and nobody's name.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use link::{EnrichAsk, MessageRef, Step, Why};
use model::{ConversationId, Kind, Seq};
use serde::Serialize;
use wire::Code;

use super::App;
use super::letters::{Instead, answered, ask, never, staff};

#[derive(Debug, Serialize)]
struct WhyShown {
    id: String,
    conversation: Option<ConversationId>,
    seq: Option<Seq>,
    received_at: u64,
    standing: String,
    steps: Vec<StepShown>,
    facts: Vec<FactShown>,
    read_to: Option<u64>,
}

#[derive(Debug, Serialize)]
struct StepShown {
    at: u64,
    what: String,
    call: Option<u8>,
    detail: String,
}

#[derive(Debug, Serialize)]
struct FactShown {
    at: u64,
    result: String,
    reason: Option<&'static str>,
}

/// By its id.
pub(super) async fn of_id(
    State(app): State<App>,
    Path(id): Path<String>,
    parts: Parts,
) -> Response {
    answered(async {
        let gateway = staff(&app, &parts)?;
        let id = id.parse().map_err(|why| bad(&why))?;
        ask(gateway, EnrichAsk::Why { of: MessageRef::Id(id) }).await
    })
    .await
}

/// By its place.
pub(super) async fn of_place(
    State(app): State<App>,
    Path((conversation, seq)): Path<(String, String)>,
    parts: Parts,
) -> Response {
    answered(async {
        let gateway = staff(&app, &parts)?;
        let conversation = ConversationId::new(&conversation).map_err(|why| bad(&why))?;
        let seq = Seq(seq.parse().map_err(|why| bad(&format!("{seq:?} is no place: {why}")))?);
        ask(gateway, EnrichAsk::Why { of: MessageRef::Place { conversation, seq } }).await
    })
    .await
}

fn bad(why: &dyn std::fmt::Display) -> Instead {
    never(Code::BadFrame, why.to_string())
}

pub(super) fn shown(why: Why) -> Response {
    // What is governed is its members' business.
    let is_open = why.conversation.kind() == Kind::Open;
    let step = |Step { at, what, call, detail }| StepShown { at: at.0, what, call, detail };
    let facts = why.facts.into_iter().map(|fact| FactShown {
        at: fact.at.0,
        result: fact.result,
        reason: fact.reason.map(model::Reason::text),
    });
    Json(WhyShown {
        id: why.id.to_string(),
        conversation: Some(why.conversation).filter(|_| is_open),
        seq: is_open.then_some(why.seq),
        received_at: why.received_at.0,
        standing: why.standing,
        steps: why.steps.into_iter().map(step).collect(),
        facts: facts.collect(),
        read_to: why.read_to.map(|at| at.0),
    })
    .into_response()
}
