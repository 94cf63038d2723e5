//! The pages: plain files of `web/`, inside the binary.

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rust_embed::RustEmbed;

/// Only what the pages themselves are made of: no inline script, no other origin.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

#[derive(RustEmbed)]
#[folder = "../../web"]
#[include = "*.html"]
#[include = "*.js"]
#[include = "*.css"]
#[include = "*.svg"]
#[include = "openapi.json"]
#[exclude = "tests/*"]
#[exclude = "node_modules/*"]
struct Files;

/// A route for each file, and one for each page.
pub(crate) fn router() -> Router {
    let pages = Router::new()
        .route("/", get(async || file("index.html")))
        .route("/status", get(async || file("status.html")))
        .route("/dashboard", get(async || file("dashboard.html")))
        .route("/openapi", get(async || file("openapi.html")));
    Files::iter().fold(pages, |router, name| {
        router.route(&format!("/{name}"), get(async move || file(&name)))
    })
}

fn file(name: &str) -> Response {
    let Some(file) = Files::get(name) else {
        return axum::http::StatusCode::NOT_FOUND.into_response();
    };
    let kind = match name.rsplit_once('.') {
        Some((_, "html")) => "text/html; charset=utf-8",
        Some((_, "js")) => "text/javascript; charset=utf-8",
        Some((_, "css")) => "text/css; charset=utf-8",
        Some((_, "json")) => "application/json",
        Some((_, "svg")) => "image/svg+xml",
        _ => "application/octet-stream",
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (headers, file.data.into_owned()).into_response()
}
