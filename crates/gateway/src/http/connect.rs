//! The way in: a ticket for a browser, and the handshake of a WebSocket.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use access::Grant;
use axum::Extension;
use axum::Json;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hyper::upgrade::OnUpgrade;
use model::Retry;
use serde_json::json;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tracing::field::Empty;
use tracing::{debug, debug_span};
use wire::{Code, Encoding};

use super::problem::respond_with;
use super::{Caller, Peer};
use crate::connection::serve;
use crate::counters::count;
use crate::gateway::{Place, Shared};

/// When to try again what found too many connections.
const CONNECTIONS_RETRY_MS: u32 = 5_000;

/// How long a ticket opens a connection.
const TICKET_LIFE_MS: u64 = 30_000;

/// A ticket, and what a client needs to know before it connects; or why not, which a browser cannot
/// read from a refused handshake.
pub(super) async fn ticket(State(shared): State<Arc<Shared>>, caller: Caller) -> Response {
    if let Err(refused) = caller.asks(&shared, 1) {
        return refused.into_response();
    }
    if !shared.has_place() {
        count(&shared.counts.connections_refused_total);
        return too_busy(&shared);
    }
    let grant = match caller.grant {
        Some(grant) => (*grant).clone(),
        None => Grant::unverified(caller.user),
    };
    Json(json!({
        "ticket": shared.options.door.ticket(grant),
        "expires_in_ms": TICKET_LIFE_MS,
        "path": wire::PATH,
        "reconnect": {
            "steps_ms": [1_000, 2_000, 4_000, 8_000],
            "ceiling_ms": 60_000,
            "ceiling_spread_ms": 10_000,
        },
    }))
    .into_response()
}

/// A handshake: taken if there is a place; else 503.
pub(super) async fn upgrade(
    State(shared): State<Arc<Shared>>,
    peer: Option<Extension<Peer>>,
    handshake: Handshake,
) -> Response {
    let peer = peer.map(|Extension(Peer(address))| address);
    let Some(place) = Place::take(&shared, peer) else {
        count(&shared.counts.connections_refused_total);
        return too_busy(&shared);
    };
    let number = shared.counts.connections_total.fetch_add(1, Relaxed);
    let span = debug_span!("connection", number, user = Empty, device = Empty);
    tokio::spawn(async move {
        match handshake.upgraded.await {
            Ok(upgraded) => {
                let encoding = handshake.encoding.unwrap_or_default();
                serve(Arc::clone(place.shared()), number, upgraded, encoding, span).await;
            }
            Err(why) => debug!(parent: &span, %why, "a handshake came to nothing"),
        }
        drop(place);
    });
    let mut answer = StatusCode::SWITCHING_PROTOCOLS.into_response();
    let headers = answer.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, handshake.accept);
    if let Some(encoding) = handshake.encoding {
        let ours = HeaderValue::from_static(encoding.subprotocol());
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, ours);
    }
    answer
}

/// What a handshake brings (RFC 6455, 4.2.1). Its socket is ours then, not axum's: see `framing`.
pub(super) struct Handshake {
    upgraded: OnUpgrade,
    accept: HeaderValue,
    /// That of the first sub-protocol that the client names and that is spoken here.
    encoding: Option<Encoding>,
}

impl<S: Send + Sync> FromRequestParts<S> for Handshake {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let upgraded = parts.extensions.get::<OnUpgrade>().cloned();
        // It judges the request, and says what is wrong with it.
        match WebSocketUpgrade::from_request_parts(parts, state).await {
            Ok(_) => {}
            Err(why @ WebSocketUpgradeRejection::WebSocketKeyHeaderMissing(_)) => {
                return Err(no_handshake(StatusCode::BAD_REQUEST, &why.body_text()));
            }
            Err(why) => return Err(no_handshake(StatusCode::UPGRADE_REQUIRED, &why.body_text())),
        }
        let headers = &parts.headers;
        let accept = key(headers).and_then(|key| derive_accept_key(key).try_into().ok());
        let (Some(upgraded), Some(accept)) = (upgraded, accept) else {
            let detail = "Sec-WebSocket-Key is not 16 bytes in base64";
            return Err(no_handshake(StatusCode::BAD_REQUEST, detail));
        };
        Ok(Self { upgraded, accept, encoding: encoding(headers) })
    }
}

/// The encoding of the first sub-protocol that the client names and that is spoken here.
fn encoding(headers: &HeaderMap) -> Option<Encoding> {
    let named = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).into_iter();
    let mut named = named.filter_map(|value| value.to_str().ok()).flat_map(|all| all.split(','));
    named.find_map(|name| Encoding::of_subprotocol(name.trim()))
}

/// The key, if it is what RFC 6455 §4.1 wants: 16 bytes in base64.
fn key(headers: &HeaderMap) -> Option<&[u8]> {
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || [b'+', b'/'].contains(byte);
    let key = headers.get(header::SEC_WEBSOCKET_KEY)?.as_bytes();
    let digits = key.strip_suffix(b"==")?;
    (digits.len() == 22 && digits.iter().all(is_base64)).then_some(key)
}

/// It is no handshake that is understood here; 426 says which one would be (RFC 6455 §4.4).
fn no_handshake(status: StatusCode, detail: &str) -> Response {
    let fields = json!({ "code": Code::BadFrame.text(), "detail": detail, "retry": "never" });
    let mut response = respond_with(status, Retry::Never, fields);
    if status == StatusCode::UPGRADE_REQUIRED {
        let headers = response.headers_mut();
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    }
    response
}

/// The response to who finds no place, or a server that is going away.
pub(super) fn too_busy(shared: &Shared) -> Response {
    let (after_ms, detail) = if *shared.closing.borrow() {
        (shared.come_back_ms(), "this server is going away: connect again".to_owned())
    } else {
        let most = shared.options.connections_max;
        let detail =
            format!("all places for connections are taken ({most} in all): connect again later");
        (CONNECTIONS_RETRY_MS, detail)
    };
    let fields = json!({
        "code": "busy",
        "detail": detail,
        "retry": "after",
        "retry_after_ms": after_ms,
    });
    respond_with(StatusCode::SERVICE_UNAVAILABLE, Retry::After(after_ms), fields)
}
