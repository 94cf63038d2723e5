//! What is answered when there is no analysis: RFC 9457 problem+json, with a code that programs read
//! and when to ask again.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::http::{BODY_MAX_BYTES, IN_FLIGHT_MAX, TEXT_MAX_BYTES, TEXTS_MAX};
use crate::metrics::Ended;

/// After how many seconds to ask again when too many ask at once.
const BUSY_AFTER_S: u32 = 1;

/// Why there is no analysis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Problem {
    NotJson { why: String },
    Neither,
    Empty,
    TooLong { bytes: usize },
    TooMany { texts: usize },
    BodyTooLarge,
    BodyBroken,
    Busy,
    Failed,
    NoSuchPage,
    WrongMethod,
}

impl Problem {
    fn status_and_code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::NotJson { .. } => (StatusCode::BAD_REQUEST, "bad_json"),
            Self::Neither => (StatusCode::BAD_REQUEST, "text_or_texts"),
            Self::Empty => (StatusCode::BAD_REQUEST, "no_texts"),
            Self::TooLong { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "text_too_long"),
            Self::TooMany { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "too_many_texts"),
            Self::BodyTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large"),
            Self::BodyBroken => (StatusCode::BAD_REQUEST, "body_broken"),
            Self::Busy => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
            Self::Failed => (StatusCode::INTERNAL_SERVER_ERROR, "injected_failure"),
            Self::NoSuchPage => (StatusCode::NOT_FOUND, "no_such_page"),
            Self::WrongMethod => (StatusCode::METHOD_NOT_ALLOWED, "wrong_method"),
        }
    }

    fn detail(&self) -> String {
        const SHAPE: &str = r#"{"text": "…"} or {"texts": ["…", …]}"#;
        match self {
            Self::NotJson { why } => {
                format!("the body is not what it should be ({why}): send {SHAPE}")
            }
            Self::Neither => {
                format!("either `text` or `texts`, not both and not neither: send {SHAPE}")
            }
            Self::Empty => format!("`texts` is empty: give 1 to {TEXTS_MAX}"),
            Self::TooLong { bytes } => {
                format!("a text has {bytes} bytes: the most is {TEXT_MAX_BYTES}; send it in parts")
            }
            Self::TooMany { texts } => {
                format!("{texts} texts: the most is {TEXTS_MAX}; ask several times")
            }
            Self::BodyTooLarge => {
                format!("the body is too large: the most is {BODY_MAX_BYTES} bytes")
            }
            Self::BodyBroken => "the body ended before it was whole: send it again".to_owned(),
            Self::Busy => {
                format!("{IN_FLIGHT_MAX} requests are in flight: ask again in {BUSY_AFTER_S} s")
            }
            Self::Failed => "this request was drawn to fail: ask again".to_owned(),
            Self::NoSuchPage => {
                "there are POST /v1/analyze, GET /healthz and GET /metrics".to_owned()
            }
            Self::WrongMethod => "POST /v1/analyze, GET the others".to_owned(),
        }
    }

    /// When asking again can help.
    fn retry(&self) -> &'static str {
        match self {
            Self::Busy => "after",
            Self::Failed | Self::BodyBroken => "now",
            Self::NotJson { .. }
            | Self::Neither
            | Self::Empty
            | Self::TooLong { .. }
            | Self::TooMany { .. }
            | Self::BodyTooLarge
            | Self::NoSuchPage
            | Self::WrongMethod => "never",
        }
    }

    /// As which ending it counts.
    pub(crate) fn ended(&self) -> Ended {
        match self {
            Self::Busy => Ended::Busy,
            Self::Failed => Ended::Failed,
            Self::NotJson { .. }
            | Self::Neither
            | Self::Empty
            | Self::TooLong { .. }
            | Self::TooMany { .. }
            | Self::BodyTooLarge
            | Self::BodyBroken
            | Self::NoSuchPage
            | Self::WrongMethod => Ended::Refused,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, code) = self.status_and_code();
        let body = json!({
            "type": "about:blank",
            "title": status.canonical_reason().unwrap_or("problem"),
            "status": status.as_u16(),
            "code": code,
            "detail": self.detail(),
            "retry": self.retry(),
        });
        let kind = [(header::CONTENT_TYPE, "application/problem+json")];
        let mut response = (status, kind, body.to_string()).into_response();
        if self == Self::Busy {
            response.headers_mut().insert(header::RETRY_AFTER, BUSY_AFTER_S.into());
        }
        response
    }
}
