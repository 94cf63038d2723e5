//! Where to connect to.

use thiserror::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::http::header::{HeaderValue, SEC_WEBSOCKET_PROTOCOL};

/// A door to the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gateway {
    name: String,
    url: String,
}

/// Nothing can be reached under this URL.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{url:?} is no URL of a gateway: {why}; give ws://HOST:PORT/v1/ws")]
pub struct BadGateway {
    url: String,
    why: String,
}

impl Gateway {
    /// A gateway under a name for histories and a `ws://` URL.
    ///
    /// # Errors
    /// [`BadGateway`] when it is no such URL.
    pub fn new(name: impl Into<String>, url: impl Into<String>) -> Result<Self, BadGateway> {
        let gateway = Self { name: name.into(), url: url.into() };
        let bad = |why: String| BadGateway { url: gateway.url.clone(), why };
        let request = gateway.request().map_err(|why| bad(why.to_string()))?;
        match (request.uri().scheme_str(), request.uri().host()) {
            (Some("ws"), Some(host)) if !host.is_empty() => Ok(gateway),
            (scheme, _) => Err(bad(format!("its scheme is {:?}", scheme.unwrap_or("")))),
        }
    }

    /// The gateway at `HOST:PORT`, named so.
    ///
    /// # Errors
    /// [`BadGateway`] when it is no such address.
    pub fn at(address: impl std::fmt::Display) -> Result<Self, BadGateway> {
        Self::new(address.to_string(), format!("ws://{address}{}", wire::PATH))
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A new request for a WebSocket, with a new key.
    pub(crate) fn request(&self) -> Result<Request, tokio_tungstenite::tungstenite::Error> {
        let mut request = self.url.as_str().into_client_request()?;
        let protocol = HeaderValue::from_static(wire::Encoding::Json.subprotocol());
        request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, protocol);
        Ok(request)
    }
}
