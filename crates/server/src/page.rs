//! The pages: plain files of `web/`, inside the binary. Those of operators have a frame, which they share.

use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rust_embed::RustEmbed;

/// Only what the pages themselves are made of: no inline script, no other origin.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What pages of others import.
const SDK: &str = "sdk/";

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

/// What of the frame of operators' pages is another in each.
const FRAME: &str = "operators.html";
const PAGE: &str = "{page}";
const CONTENT: &str = "<!-- content -->";

/// A route for each page, and one for each file that is none.
pub(crate) fn router() -> Router {
    let pages = Router::new()
        .route("/", get(async || file("index.html")))
        .route("/status", get(async || framed("status")))
        .route("/dashboard", get(async || framed("dashboard")))
        .route("/openapi", get(async || file("openapi.html")));
    Files::iter().filter(|name| !name.ends_with(".html")).fold(pages, |router, name| {
        router.route(&format!("/{name}"), get(async move || file(&name)))
    })
}

/// A page of operators.
fn framed(page: &str) -> Response {
    let text =
        |name: &str| Files::get(name).map(|file| String::from_utf8_lossy(&file.data).into_owned());
    let Some((frame, content)) = text(FRAME).zip(text(&format!("{page}.html"))) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let page = frame.replace(PAGE, page).replace(CONTENT, &content);
    shown("text/html; charset=utf-8", page.into_bytes())
}

fn file(name: &str) -> Response {
    let Some(file) = Files::get(name) else { return StatusCode::NOT_FOUND.into_response() };
    let kind = match name.rsplit_once('.') {
        Some((_, "html")) => "text/html; charset=utf-8",
        Some((_, "js")) => "text/javascript; charset=utf-8",
        Some((_, "css")) => "text/css; charset=utf-8",
        Some((_, "json")) => "application/json",
        Some((_, "svg")) => "image/svg+xml",
        _ => "application/octet-stream",
    };
    let mut response = shown(kind, file.data.into_owned());
    if name.starts_with(SDK) {
        // It is made to be imported by pages of others, and holds no secret.
        let everyone = HeaderValue::from_static("*");
        response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, everyone);
    }
    response
}

fn shown(kind: &'static str, body: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (headers, body).into_response()
}

#[cfg(test)]
mod tests;
