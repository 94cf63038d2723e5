//! Which pages in a browser may ask this server: its own, and those of origins (RFC 6454) that are allowed. Any page may
//! open a WebSocket to any server (RFC 6455 §10.2) and post to it; what others allow their pages to read is said with the
//! headers of the Fetch standard ("CORS protocol").

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use gateway::respond;
use wire::{About, Code, Problem};

/// So many characters of an origin are said back.
const SHOWN_MAX: usize = 80;

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST");
const HEADERS: HeaderValue = HeaderValue::from_static(
    "authorization, content-type, hubbub-user, idempotency-key, last-event-id, traceparent",
);
const EXPOSED: HeaderValue = HeaderValue::from_static("retry-after");
/// Seconds for which a browser need not ask again.
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");

/// The origins that are allowed, besides the server's own.
#[derive(Debug)]
pub(crate) struct Origins {
    named: Vec<String>,
    /// All of this machine, too.
    of_this_machine: bool,
}

impl Origins {
    /// These, `*` being all; and with `of_this_machine` those of loopback addresses, at any port.
    pub(crate) const fn new(named: Vec<String>, of_this_machine: bool) -> Self {
        Self { named, of_this_machine }
    }

    /// Whether a page of this origin may ask the server that it calls `host`.
    fn allow(&self, origin: &str, host: Option<&str>) -> bool {
        let authority = origin.split_once("://").map(|(_, authority)| authority);
        (authority.is_some() && authority == host)
            || self.named.iter().any(|known| known == origin || known == "*")
            || (self.of_this_machine && authority.is_some_and(is_of_this_machine))
    }

    /// The origin of the page that asks, if it is one; and what it may.
    fn judge(&self, headers: &HeaderMap) -> Option<(HeaderValue, bool)> {
        let origin = headers.get(header::ORIGIN)?;
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let allowed = origin.to_str().is_ok_and(|origin| self.allow(origin, host));
        Some((origin.clone(), allowed))
    }
}

fn is_of_this_machine(authority: &str) -> bool {
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The same routes; pages that may not ask are answered 403, and those that may can read the answers.
pub(crate) fn guarded(routes: Router, origins: Arc<Origins>) -> Router {
    routes.layer(from_fn_with_state(origins, guard))
}

async fn guard(State(origins): State<Arc<Origins>>, request: Request, next: Next) -> Response {
    let Some((origin, allowed)) = origins.judge(request.headers()) else {
        return next.run(request).await;
    };
    if !allowed {
        let shown: String =
            String::from_utf8_lossy(origin.as_bytes()).chars().take(SHOWN_MAX).collect();
        let detail = format!("pages of {shown} may not ask here: add it to `origins`");
        return respond(Problem::never(About::default(), Code::Forbidden, detail));
    }
    let asks_first = request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = if asks_first {
        let may = [
            (header::ACCESS_CONTROL_ALLOW_METHODS, METHODS),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS),
            (header::ACCESS_CONTROL_MAX_AGE, MAX_AGE),
        ];
        (StatusCode::NO_CONTENT, may).into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ones_own_pages_may_and_others_when_they_are_named() {
        let origins = Origins::new(vec!["https://chat.example".to_owned()], false);
        let host = Some("127.0.0.1:8080");
        assert!(origins.allow("http://127.0.0.1:8080", host));
        assert!(origins.allow("https://chat.example", host));
        for foreign in [
            "null",
            "",
            "https://evil.example",
            "https://chat.example.evil",
            "https://chat.example:444",
            "http://127.0.0.1:9000",
            "http://localhost:8080",
        ] {
            assert!(!origins.allow(foreign, host), "{foreign}");
        }
        assert!(!origins.allow("null", None), "nothing is nobody's own");
        assert!(Origins::new(vec!["*".to_owned()], false).allow("https://evil.example", host));
    }

    #[test]
    fn pages_of_this_machine_may_where_that_is_allowed() {
        let origins = Origins::new(Vec::new(), true);
        for near in [
            "http://localhost",
            "http://localhost:9000",
            "https://localhost:9000",
            "http://127.0.0.1:9000",
            "http://127.8.8.8",
            "http://[::1]:9000",
            "http://[::1]",
        ] {
            assert!(origins.allow(near, None), "{near}");
        }
        for far in [
            "null",
            "file://",
            "http://localhost.evil.example",
            "http://evil.example:80",
            "http://127.0.0.1.evil.example:9000",
            "http://192.168.0.1",
            "http://[2001:db8::1]:9000",
            "http://localhost:80:evil",
        ] {
            assert!(!origins.allow(far, None), "{far}");
        }
    }
}
