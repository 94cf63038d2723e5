//! The way in: a ticket for a browser, and the handshake of a WebSocket.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use access::Grant;
use axum::Extension;
use axum::Json;
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::Retry;
use serde_json::json;
use tracing::field::Empty;
use tracing::{Instrument as _, info_span};
use wire::{About, Code, Encoding, Problem};

use super::problem::{respond, respond_with};
use super::{Caller, Peer};
use crate::connection::serve;
use crate::counters::count;
use crate::gateway::{Place, Shared};

/// Bytes that one read of a socket asks for: most frames are small, and every connection has one.
const READ_BUFFER_BYTES: usize = 2048;

/// Bytes of frames that go into one write of a socket. A write costs the kernel as much as copying
/// dozens of frames; what a connection once needed it keeps, so not the whole of a batch.
const WRITE_BUFFER_BYTES: usize = 16 * 1024;

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

/// A handshake: taken if its page may, and if there is a place; else 403 or 503.
pub(super) async fn upgrade(
    State(shared): State<Arc<Shared>>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    ws: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let ws = match ws {
        Ok(ws) if has_key(&headers) => ws,
        Ok(_) => {
            return no_handshake(
                StatusCode::BAD_REQUEST,
                "Sec-WebSocket-Key is not 16 bytes in base64",
            );
        }
        Err(why @ WebSocketUpgradeRejection::WebSocketKeyHeaderMissing(_)) => {
            return no_handshake(StatusCode::BAD_REQUEST, &why.body_text());
        }
        Err(why) => return no_handshake(StatusCode::UPGRADE_REQUIRED, &why.body_text()),
    };
    if let Some(origin) = foreign_origin(&shared, &headers) {
        let detail = format!("pages of {origin} may not connect here: add it to `origins`");
        return respond(Problem::never(About::default(), Code::Forbidden, detail));
    }
    let peer = peer.map(|Extension(Peer(address))| address);
    let Some(place) = Place::take(&shared, peer) else {
        count(&shared.counts.connections_refused_total);
        return too_busy(&shared);
    };
    let number = shared.counts.connections_total.fetch_add(1, Relaxed);
    let asked = encoding(&headers);
    ws.read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .max_message_size(wire::FRAME_MAX_BYTES)
        .max_frame_size(wire::FRAME_MAX_BYTES)
        .protocols(asked.map(Encoding::subprotocol))
        .on_upgrade(move |socket| {
            // Boxed: axum keeps it by value, and it is as large as its largest wait.
            let span = info_span!("connection", number, user = Empty, device = Empty);
            Box::pin(async move {
                let encoding = asked.unwrap_or_default();
                serve(Arc::clone(place.shared()), number, socket, encoding).await;
                drop(place);
            })
            .instrument(span)
        })
}

/// The encoding of the first sub-protocol that the client names and that is spoken here.
fn encoding(headers: &HeaderMap) -> Option<Encoding> {
    let named = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).into_iter();
    let mut named = named.filter_map(|value| value.to_str().ok()).flat_map(|all| all.split(','));
    named.find_map(|name| Encoding::of_subprotocol(name.trim()))
}

/// Whether the key is what RFC 6455 §4.1 wants: 16 bytes in base64.
fn has_key(headers: &HeaderMap) -> bool {
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || [b'+', b'/'].contains(byte);
    let key = headers.get(header::SEC_WEBSOCKET_KEY).map(HeaderValue::as_bytes);
    key.and_then(|key| key.strip_suffix(b"=="))
        .is_some_and(|key| key.len() == 22 && key.iter().all(is_base64))
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

/// The origin of a page that is not this server's own and was not allowed: any page in a browser may
/// open a WebSocket to any server (RFC 6455 §10.2).
fn foreign_origin(shared: &Shared, headers: &HeaderMap) -> Option<String> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let origin = text(header::ORIGIN)?;
    let own = text(header::HOST).is_some_and(|host| {
        origin.split_once("://").is_some_and(|(_, authority)| authority == host)
    });
    let allowed = own || shared.options.origins.iter().any(|known| known == origin || known == "*");
    (!allowed).then(|| origin.chars().take(80).collect())
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
