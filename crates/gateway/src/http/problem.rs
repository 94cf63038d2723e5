//! A problem over HTTP: RFC 9457, with RFC 9110's `Retry-After`.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::Retry;
use serde_json::{Value, json};
use wire::{Code, Frame, Problem};

/// The status of a code.
pub(crate) fn status_of(code: Code) -> StatusCode {
    StatusCode::from_u16(code.status()).expect("each is one of RFC 9110")
}

/// The response to a question that is answered by a problem.
pub fn respond(problem: Problem) -> Response {
    let status = status_of(problem.code);
    let retry = problem.retry;
    let fields: Value =
        serde_json::from_str(&Frame::Problem(problem).encode()).unwrap_or(Value::Null);
    respond_with(status, retry, fields)
}

/// The response of a `problem` frame's fields.
pub(crate) fn respond_with(status: StatusCode, retry: Retry, fields: Value) -> Response {
    let mut body = json!({
        "type": "about:blank",
        "title": status.canonical_reason().unwrap_or("Problem"),
        "status": status.as_u16(),
    });
    if let (Some(body), Value::Object(fields)) = (body.as_object_mut(), fields) {
        body.extend(fields.into_iter().filter(|(name, _)| name != "type"));
    }
    let kind = [(header::CONTENT_TYPE, "application/problem+json")];
    let mut response = (status, kind, body.to_string()).into_response();
    let seconds = match retry {
        Retry::Now => Some(0),
        Retry::After(ms) => Some(ms.div_ceil(1000)),
        Retry::Never => None,
    };
    if let Some(seconds) = seconds {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if status == StatusCode::UNAUTHORIZED {
        let scheme = HeaderValue::from_static("Bearer");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
    }
    response
}

#[cfg(test)]
mod tests;
