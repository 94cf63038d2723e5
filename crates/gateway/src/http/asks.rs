//! Commands over HTTP, one or many, answered by the frames that a socket would have given.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use model::{InstanceId, Retry};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use siphasher::sip::SipHasher24;
use wire::{About, Code, Command, Problem, decode_command};

use super::Caller;
use super::extract::{Fields, Whole};
use super::problem::{respond, respond_with, status_of};
use crate::clock;
use crate::gateway::Shared;
use crate::guest;

/// Commands of one request.
pub const COMMANDS_MAX: usize = 100;

/// Says which request it is, when it comes again.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// Commands that carry a stamp.
const STAMPED: [&str; 7] = ["send", "edit", "delete", "react", "create", "member", "describe"];

/// Many commands.
pub(super) async fn commands(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    headers: HeaderMap,
    Whole(body): Whole,
) -> Response {
    let Ok(Value::Array(asked)) = serde_json::from_slice::<Value>(&body) else {
        return bad("the body is no JSON array of commands");
    };
    if asked.is_empty() || asked.len() > COMMANDS_MAX {
        let count = asked.len();
        return bad(&format!("the body has {count} commands: give 1 to {COMMANDS_MAX}"));
    }
    let many = u32::try_from(asked.len()).unwrap_or(u32::MAX);
    if let Err(refused) = caller.asks(&shared, many) {
        return refused.into_response();
    }
    let stamp = Stamp::of(&shared, &caller, &headers);
    let commands = asked.into_iter().enumerate().map(|(at, value)| stamp.command(value, at));
    let (traced_by, commands) = (caller.traced_by, commands.collect());
    Json(guest::ask(&shared, caller.who(), traced_by, commands).await).into_response()
}

/// What one says.
#[derive(Deserialize)]
pub(super) struct Said {
    body: String,
    reply_to: Option<u64>,
    id: Option<String>,
}

/// One message.
pub(super) async fn say(
    State(shared): State<Arc<Shared>>,
    Path(conversation): Path<String>,
    caller: Caller,
    headers: HeaderMap,
    Whole(body): Whole,
) -> Response {
    let Ok(Said { body, reply_to, id }) = serde_json::from_slice(&body) else {
        return bad(r#"the body is no JSON object {"body": "…", "reply_to"?: n, "id"?: "…"}"#);
    };
    let stamp = Stamp::of(&shared, &caller, &headers);
    let mut value =
        json!({ "type": "send", "conversation": conversation, "body": body, "reply_to": reply_to });
    if let Some(id) = id {
        value["id"] = id.into();
    }
    one(&shared, caller, stamp.command(value, 0)).await
}

/// Which page.
#[derive(Deserialize)]
pub(super) struct PageAsked {
    from: Option<String>,
    limit: Option<u32>,
}

/// One page.
pub(super) async fn read(
    State(shared): State<Arc<Shared>>,
    Path(conversation): Path<String>,
    caller: Caller,
    Fields(PageAsked { from, limit }): Fields<PageAsked>,
) -> Response {
    let from = match from.as_deref() {
        None | Some("latest") => json!("latest"),
        Some(text) => text.parse::<u64>().map_or_else(|_| json!(text), |seq| json!(seq)),
    };
    let limit = limit.unwrap_or(50);
    let value =
        json!({ "type": "read", "conversation": conversation, "from": from, "limit": limit });
    one(&shared, caller, decode_command(&value.to_string())).await
}

async fn one(shared: &Arc<Shared>, caller: Caller, command: Result<Command, Problem>) -> Response {
    if let Err(refused) = caller.asks(shared, 1) {
        return refused.into_response();
    }
    let traced_by = caller.traced_by;
    let answers = guest::ask(shared, caller.who(), traced_by, vec![command]).await;
    let answer = answers.into_iter().next().unwrap_or(Value::Null);
    if answer.is_null() {
        let fields = json!({ "code": "outcome_unknown", "retry": "now",
            "detail": "there was no answer in time: ask again, with the same id or Idempotency-Key" });
        return respond_with(StatusCode::SERVICE_UNAVAILABLE, Retry::Now, fields);
    }
    if answer["type"] != "problem" {
        return Json(answer).into_response();
    }
    let code = answer["code"].as_str().unwrap_or_default().parse().unwrap_or(Code::Other);
    let after = answer["retry_after_ms"].as_u64().and_then(|ms| u32::try_from(ms).ok());
    let retry = match (answer["retry"].as_str(), after) {
        (Some("now"), _) => Retry::Now,
        (Some("after"), Some(ms)) => Retry::After(ms),
        _ => Retry::Never,
    };
    respond_with(status_of(code), retry, answer)
}

fn bad(detail: &str) -> Response {
    respond(Problem::never(About::default(), Code::BadFrame, detail))
}

/// What commands are given that have no stamp of their own.
struct Stamp {
    instance: InstanceId,
    sent_at: u64,
}

impl Stamp {
    /// The instance is drawn, unless the request names itself: then it is the same when the request
    /// comes again, so its commands are, too.
    fn of(shared: &Shared, caller: &Caller, headers: &HeaderMap) -> Self {
        let key = headers.get(IDEMPOTENCY_KEY).map(|key| {
            let named = [caller.user.as_str().as_bytes(), &[0], key.as_bytes()].concat();
            SipHasher24::new().hash(&named)
        });
        let instance = key.unwrap_or_else(|| shared.options.door.random());
        Self { instance: InstanceId(instance), sent_at: clock::wall().0 }
    }

    fn command(&self, value: Value, at: usize) -> Result<Command, Problem> {
        let bad = |detail: &str| Problem::never(About::default(), Code::BadFrame, detail);
        let Value::Object(mut fields) = value else {
            return Err(bad("a command is no JSON object"));
        };
        let kind = fields.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
        if STAMPED.contains(&kind.as_str()) {
            self.fill(&mut fields, at);
        } else if !["read", "list", "members"].contains(&kind.as_str()) {
            let detail = format!("a command of type {kind:?} needs a socket, or is none");
            return Err(bad(&detail));
        }
        decode_command(&Value::Object(fields).to_string())
    }

    fn fill(&self, fields: &mut Map<String, Value>, at: usize) {
        let mut absent = |name: &str, value: Value| {
            if fields.get(name).is_none_or(Value::is_null) {
                fields.insert(name.to_owned(), value);
            }
        };
        absent("id", format!("{}-{}", self.instance, at + 1).into());
        absent("lamport", 0.into());
        absent("seen_seq", 0.into());
        absent("sent_at", self.sent_at.into());
    }
}
