//! Dead letters over HTTP: which there are, what asking for them again would take, and having that done.
//!
//! Administrators and analysts may look; only administrators replay. What is governed is its members' business: of
//! such a letter neither place nor author is told.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use gateway::Gateway;
use link::{EnrichAnswer, EnrichAsk, EnrichNot, Letter, Preview, Replay};
use model::bounds::PAGE_MAX_MESSAGES;
use model::{ConversationId, Kind, LetterId, Reason, Refusal, Retry, Seq, UserId};
use serde::{Deserialize, Serialize};
use wire::{About, Code, Problem};

use super::{App, why};

/// Letters a second, where nobody says how many.
const RATE: u32 = 100;

/// Letters of a page, where nobody says how many.
const PAGE: u32 = 50;

/// How long one waits for another's replay before trying again.
const RUNNING_RETRY_MS: u32 = 1_000;

/// Which letters are asked for.
#[derive(Debug, Deserialize)]
pub(super) struct LettersAsked {
    reason: Option<Reason>,
    after: Option<String>,
    limit: Option<u32>,
}

/// What is to be replayed.
#[derive(Debug, Deserialize)]
pub(super) struct ReplayAsked {
    reason: Option<Reason>,
    rate: Option<u32>,
}

#[derive(Debug, Serialize)]
struct LettersShown {
    letters: Vec<LetterShown>,
    /// All that there are.
    reasons: BTreeMap<&'static str, u64>,
    replay: Option<ReplayShown>,
}

#[derive(Debug, Serialize)]
struct LetterShown {
    id: String,
    /// Milliseconds since 1970.
    at: u64,
    reason: &'static str,
    conversation: Option<ConversationId>,
    seq: Option<Seq>,
    sender: Option<UserId>,
}

#[derive(Debug, Serialize)]
struct OneShown {
    #[serde(flatten)]
    letter: LetterShown,
    text: Option<String>,
}

#[derive(Debug, Serialize)]
struct PreviewShown {
    letters: u64,
    reasons: BTreeMap<&'static str, u64>,
    oldest: Option<u64>,
    newest: Option<u64>,
    calls_least: u64,
    calls_most: u64,
    rate: u32,
    seconds_least: u64,
}

#[derive(Debug, Serialize)]
pub(crate) struct ReplayShown {
    reason: Option<&'static str>,
    rate: u32,
    of: u64,
    done: u64,
    left: u64,
    runs: bool,
}

type Asked<T> = Result<Query<T>, QueryRejection>;

/// A page of letters.
pub(super) async fn list(
    State(app): State<App>,
    asked: Asked<LettersAsked>,
    parts: Parts,
) -> Response {
    answered(async {
        let gateway = staff(&app, &parts)?;
        let LettersAsked { reason, after, limit } = of(asked)?;
        let after = after.map(|text| letter_id(&text)).transpose()?;
        let limit = limit.unwrap_or(PAGE).clamp(1, PAGE_MAX_MESSAGES);
        ask(gateway, EnrichAsk::Letters { reason, after, limit }).await
    })
    .await
}

/// One letter.
pub(super) async fn show(
    State(app): State<App>,
    Path(letter): Path<String>,
    parts: Parts,
) -> Response {
    answered(async {
        let gateway = staff(&app, &parts)?;
        let id = letter_id(&letter)?;
        ask(gateway, EnrichAsk::Letter { id }).await
    })
    .await
}

/// What a replay would do.
pub(super) async fn preview(
    State(app): State<App>,
    asked: Asked<ReplayAsked>,
    parts: Parts,
) -> Response {
    answered(async {
        let gateway = staff(&app, &parts)?;
        let ReplayAsked { reason, rate } = of(asked)?;
        let per_second = rated(rate)?;
        ask(gateway, EnrichAsk::Preview { reason, per_second }).await
    })
    .await
}

/// A replay begins.
pub(super) async fn replay(
    State(app): State<App>,
    asked: Asked<ReplayAsked>,
    parts: Parts,
) -> Response {
    answered(async {
        let gateway = admin(&app, &parts)?;
        let ReplayAsked { reason, rate } = of(asked)?;
        let per_second = rated(rate)?;
        ask(gateway, EnrichAsk::Replay { reason, per_second }).await
    })
    .await
}

/// A replay ends.
pub(super) async fn cancel(State(app): State<App>, parts: Parts) -> Response {
    answered(async { ask(admin(&app, &parts)?, EnrichAsk::CancelReplay).await }).await
}

/// What else is answered instead.
pub(super) type Instead = Box<Response>;

pub(super) async fn answered(
    answering: impl Future<Output = Result<EnrichAnswer, Instead>>,
) -> Response {
    match answering.await {
        Ok(answer) => shown(answer),
        Err(instead) => *instead,
    }
}

fn shown(answer: EnrichAnswer) -> Response {
    match answer {
        EnrichAnswer::Letters { letters, reasons, replay } => Json(LettersShown {
            letters: letters.into_iter().map(letter).collect(),
            reasons: by_name(reasons),
            replay: replay.map(ReplayShown::from),
        })
        .into_response(),
        EnrichAnswer::Letter { letter: one, text } => {
            let text = text.map(|text| text.as_str().to_owned());
            Json(OneShown { letter: letter(one), text }).into_response()
        }
        EnrichAnswer::Preview(preview) => Json(previewed(preview)).into_response(),
        EnrichAnswer::Replay(replay) => Json(ReplayShown::from(replay)).into_response(),
        EnrichAnswer::Why(why) => why::shown(*why),
        EnrichAnswer::Not(why) => *not(why),
    }
}

fn not(why: EnrichNot) -> Instead {
    match why {
        EnrichNot::NoService => {
            never(Code::NotFound, "messages are not enriched here: there is no `nlp`")
        }
        EnrichNot::NoSuchLetter => never(Code::NotFound, "there is no such letter, or no longer"),
        EnrichNot::NoSuchMessage => never(
            Code::NoSuchMessage,
            "there is no such message, or it was not found in time: ask for it by its conversation and place",
        ),
        EnrichNot::NoReplay => never(Code::NotFound, "no replay ran since the start"),
        EnrichNot::NothingAgain => never(
            Code::BadFrame,
            "`nlp_again_per_second` is 0: nothing that is replayed would be asked for",
        ),
        EnrichNot::Rate => bad_rate(),
        EnrichNot::Running => {
            let detail = "a replay runs already: wait for its end, or cancel it";
            let problem = Problem::never(About::default(), Code::Busy, detail);
            let retry = Retry::After(RUNNING_RETRY_MS);
            Box::new(gateway::respond(Problem { retry, ..problem }))
        }
    }
}

pub(super) fn never(code: Code, detail: impl Into<String>) -> Instead {
    Box::new(gateway::respond(Problem::never(About::default(), code, detail)))
}

fn bad_rate() -> Instead {
    let most = enrich::REPLAY_PER_S_MAX;
    never(Code::BadFrame, format!("rate: 1 to {most} letters a second"))
}

fn rated(rate: Option<u32>) -> Result<u32, Instead> {
    let rate = rate.unwrap_or(RATE);
    if (1..=enrich::REPLAY_PER_S_MAX).contains(&rate) { Ok(rate) } else { Err(bad_rate()) }
}

fn of<T>(asked: Asked<T>) -> Result<T, Instead> {
    asked.map(|Query(asked)| asked).map_err(|why| never(Code::BadFrame, why.body_text()))
}

fn letter_id(text: &str) -> Result<LetterId, Instead> {
    text.parse().map_err(|why: model::LetterIdError| never(Code::BadFrame, why.to_string()))
}

/// Whoever may look.
pub(super) fn staff<'a>(app: &'a App, parts: &Parts) -> Result<&'a Gateway, Instead> {
    let gateway = gateway_of(app)?;
    gateway.admit_staff(parts)?;
    Ok(gateway)
}

fn admin<'a>(app: &'a App, parts: &Parts) -> Result<&'a Gateway, Instead> {
    let gateway = gateway_of(app)?;
    gateway.admit_admin(parts)?;
    Ok(gateway)
}

fn gateway_of(app: &App) -> Result<&Gateway, Instead> {
    app.gateway.as_ref().ok_or_else(|| never(Code::NotFound, "a gateway is asked this"))
}

pub(super) async fn ask(gateway: &Gateway, ask: EnrichAsk) -> Result<EnrichAnswer, Instead> {
    let refused = |why: Refusal| gateway::respond(Problem::from((About::default(), why)));
    gateway.enriching(ask).await.map_err(|why| Box::new(refused(why)))
}

fn letter(letter: Letter) -> LetterShown {
    let is_open = letter.conversation.kind() == Kind::Open;
    LetterShown {
        id: letter.id.to_string(),
        at: letter.id.at.0,
        reason: letter.reason.text(),
        seq: is_open.then_some(letter.seq),
        sender: letter.sender.filter(|_| is_open),
        conversation: Some(letter.conversation).filter(|_| is_open),
    }
}

fn previewed(preview: Preview) -> PreviewShown {
    let letters: u64 = preview.reasons.iter().map(|(_, letters)| letters).sum();
    PreviewShown {
        letters,
        reasons: by_name(preview.reasons),
        oldest: preview.span.map(|(oldest, _)| oldest.0),
        newest: preview.span.map(|(_, newest)| newest.0),
        calls_least: letters,
        calls_most: letters * u64::from(preview.tries_max),
        rate: preview.per_second,
        seconds_least: preview.lasts_s,
    }
}

impl From<Replay> for ReplayShown {
    fn from(replay: Replay) -> Self {
        let Replay { reason, per_second, of, done, left, runs } = replay;
        Self { reason: reason.map(Reason::text), rate: per_second, of, done, left, runs }
    }
}

fn by_name(reasons: Vec<(Reason, u64)>) -> BTreeMap<&'static str, u64> {
    reasons.into_iter().map(|(reason, letters)| (reason.text(), letters)).collect()
}
