//! What is answered when there is no analysis: RFC 9457 problem+json, with a code that programs read
//! and when to ask again. Who speaks OpenAI's form is answered in that.

use hyper::StatusCode;
use hyper::body::Bytes;
use serde_json::json;

use crate::answer::written;
use crate::http::IN_FLIGHT_MAX;
use crate::metrics::Ended;
use crate::question::{BODY_MAX_BYTES, MODEL_MAX_BYTES, TEXT_MAX_BYTES, TEXTS_MAX};

/// After how many milliseconds to ask again when too many ask at once.
const BUSY_AFTER_MS: u64 = 1_000;

/// Why there is no analysis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Problem {
    NotJson { why: String },
    Neither,
    Empty,
    TooLong { bytes: usize },
    TooMany { texts: usize },
    NoUser,
    NoStream,
    ModelTooLong { bytes: usize },
    BadFaults { why: String },
    NotLoopback,
    BodyTooLarge,
    BodyBroken,
    Busy,
    Failed,
    Limited { after_ms: u64 },
    Outage,
    NoSuchPage,
    WrongMethod,
}

impl Problem {
    pub(crate) fn status_and_code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::NotJson { .. } => (StatusCode::BAD_REQUEST, "bad_json"),
            Self::Neither => (StatusCode::BAD_REQUEST, "text_or_texts"),
            Self::Empty => (StatusCode::BAD_REQUEST, "no_texts"),
            Self::TooLong { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "text_too_long"),
            Self::TooMany { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "too_many_texts"),
            Self::NoUser => (StatusCode::BAD_REQUEST, "no_user_message"),
            Self::NoStream => (StatusCode::BAD_REQUEST, "no_stream"),
            Self::ModelTooLong { .. } => (StatusCode::BAD_REQUEST, "model_too_long"),
            Self::BadFaults { .. } => (StatusCode::BAD_REQUEST, "bad_faults"),
            Self::NotLoopback => (StatusCode::FORBIDDEN, "not_loopback"),
            Self::BodyTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large"),
            Self::BodyBroken => (StatusCode::BAD_REQUEST, "body_broken"),
            Self::Busy => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
            Self::Failed => (StatusCode::INTERNAL_SERVER_ERROR, "injected_failure"),
            Self::Limited { .. } => (StatusCode::TOO_MANY_REQUESTS, "too_many_requests"),
            Self::Outage => (StatusCode::SERVICE_UNAVAILABLE, "outage"),
            Self::NoSuchPage => (StatusCode::NOT_FOUND, "no_such_page"),
            Self::WrongMethod => (StatusCode::METHOD_NOT_ALLOWED, "wrong_method"),
        }
    }

    pub(crate) fn detail(&self) -> String {
        match self {
            Self::NotJson { why } => {
                format!("the body is not what it should be ({why}): /openapi.json says how it is")
            }
            Self::Neither => "either `text` or `texts`, not both and not neither".to_owned(),
            Self::Empty => format!("`texts` is empty: give 1 to {TEXTS_MAX}"),
            Self::TooLong { bytes } => {
                format!("a text has {bytes} bytes: the most is {TEXT_MAX_BYTES}; send it in parts")
            }
            Self::TooMany { texts } => {
                format!("{texts} texts: the most is {TEXTS_MAX}; ask several times")
            }
            Self::NoUser => "`messages` has none with the role `user`: give one".to_owned(),
            Self::NoStream => "`stream` is not served: leave it out".to_owned(),
            Self::ModelTooLong { bytes } => {
                format!("`model` has {bytes} bytes: the most is {MODEL_MAX_BYTES}")
            }
            Self::BadFaults { why } => format!("{why}; nothing was changed"),
            Self::NotLoopback => {
                "faults are changed from the machine itself: ask from a loopback address".to_owned()
            }
            Self::BodyTooLarge => {
                format!("the body is too large: the most is {BODY_MAX_BYTES} bytes")
            }
            Self::BodyBroken => "the body ended before it was whole: send it again".to_owned(),
            Self::Busy => {
                format!("{IN_FLIGHT_MAX} requests are in flight: ask again in {BUSY_AFTER_MS} ms")
            }
            Self::Failed => "this was drawn to fail: ask again".to_owned(),
            Self::Limited { after_ms } => {
                format!("too many requests, as was asked for: ask again in {after_ms} ms")
            }
            Self::Outage => "an outage, as was asked for: ask again later".to_owned(),
            Self::NoSuchPage => "/openapi.json says which pages there are".to_owned(),
            Self::WrongMethod => "/openapi.json says which methods a page has".to_owned(),
        }
    }

    /// When asking again can help.
    pub(crate) fn retry(&self) -> &'static str {
        match self {
            Self::Busy | Self::Limited { .. } | Self::Outage => "after",
            Self::Failed | Self::BodyBroken => "now",
            Self::NotJson { .. }
            | Self::Neither
            | Self::Empty
            | Self::TooLong { .. }
            | Self::TooMany { .. }
            | Self::NoUser
            | Self::NoStream
            | Self::ModelTooLong { .. }
            | Self::BadFaults { .. }
            | Self::NotLoopback
            | Self::BodyTooLarge
            | Self::NoSuchPage
            | Self::WrongMethod => "never",
        }
    }

    /// When to come back, if that is known.
    pub(crate) fn retry_after_ms(&self) -> Option<u64> {
        if let Self::Limited { after_ms } = self {
            Some(*after_ms)
        } else {
            (*self == Self::Busy).then_some(BUSY_AFTER_MS)
        }
    }

    /// As which ending it counts.
    pub(crate) fn ended(&self) -> Ended {
        match self.status_and_code().0 {
            StatusCode::TOO_MANY_REQUESTS => Ended::Limited,
            StatusCode::INTERNAL_SERVER_ERROR => Ended::Failed,
            StatusCode::SERVICE_UNAVAILABLE if *self == Self::Busy => Ended::Busy,
            StatusCode::SERVICE_UNAVAILABLE => Ended::Failed,
            _ => Ended::Refused,
        }
    }

    /// RFC 9457.
    pub(crate) fn body(&self) -> Bytes {
        let (status, code) = self.status_and_code();
        written(&json!({
            "type": "about:blank",
            "title": status.canonical_reason().unwrap_or("problem"),
            "status": status.as_u16(),
            "code": code,
            "detail": self.detail(),
            "retry": self.retry(),
        }))
    }

    /// As OpenAI's service says it.
    pub(crate) fn openai_body(&self) -> Bytes {
        let (status, code) = self.status_and_code();
        let kind = match status {
            StatusCode::TOO_MANY_REQUESTS => "requests",
            status if status.is_server_error() => "server_error",
            _ => "invalid_request_error",
        };
        written(&json!({
            "error": { "message": self.detail(), "type": kind, "param": null, "code": code },
        }))
    }
}
