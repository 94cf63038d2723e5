//! What a request brings, or the problem that it does not: a body that comes whole and in time, and what
//! stands behind the `?`.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use model::Retry;
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::time::timeout;
use wire::Code;

use super::BODY_MAX_BYTES;
use super::problem::respond_with;
use crate::gateway::Shared;

/// A body, all of it.
pub(super) struct Whole(pub(super) Bytes);

impl FromRequest<Arc<Shared>> for Whole {
    type Rejection = Response;

    async fn from_request(request: Request, shared: &Arc<Shared>) -> Result<Self, Response> {
        let within = shared.options.body_timeout;
        match timeout(within, Bytes::from_request(request, shared)).await {
            Ok(Ok(body)) => Ok(Self(body)),
            Ok(Err(why)) if why.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                let detail = format!("the body is larger than {BODY_MAX_BYTES} bytes");
                Err(bad(why.status(), &detail))
            }
            Ok(Err(why)) => Err(bad(why.status(), &why.body_text())),
            Err(_) => {
                let seconds = within.as_secs_f32();
                let detail = format!("the body did not come within {seconds} s");
                Err(bad(StatusCode::REQUEST_TIMEOUT, &detail))
            }
        }
    }
}

/// The fields behind the `?`.
pub(super) struct Fields<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequestParts<Arc<Shared>> for Fields<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Response> {
        let fields = Query::from_request_parts(parts, shared).await;
        fields.map(|Query(fields)| Self(fields)).map_err(|why| bad(why.status(), &why.body_text()))
    }
}

/// A request that is none; of what did not come whole nothing more is read.
fn bad(status: StatusCode, detail: &str) -> Response {
    let fields = json!({ "code": Code::BadFrame.text(), "detail": detail, "retry": "never" });
    let mut response = respond_with(status, Retry::Never, fields);
    if [StatusCode::PAYLOAD_TOO_LARGE, StatusCode::REQUEST_TIMEOUT].contains(&status) {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
