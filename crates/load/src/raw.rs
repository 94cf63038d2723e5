//! A connection with nobody sensible behind it: it says what it is told to, in whatever order.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use client::Tap;
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::header::{HeaderValue, SEC_WEBSOCKET_PROTOCOL};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// How long it waits for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// An open WebSocket whose frames a tap sees.
pub(crate) struct Raw<'a, T: Tap> {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    connection: u64,
    tap: &'a mut T,
}

impl<'a, T: Tap> Raw<'a, T> {
    /// Connects, says `hello`, and hears `welcome`.
    pub(crate) async fn open(
        url: &str,
        hello: &str,
        connection: u64,
        tap: &'a mut T,
    ) -> Result<Self> {
        let mut request = url.into_client_request()?;
        let protocol = HeaderValue::from_static(wire::Encoding::Json.subprotocol());
        request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, protocol);
        let (stream, _) = timeout(PATIENCE, connect_async(request)).await??;
        tap.opened(connection, url);
        let mut raw = Self { stream, connection, tap };
        raw.say(hello).await?;
        let welcome = raw.hear().await?;
        if !welcome.contains("\"welcome\"") {
            bail!("{url} did not welcome: {welcome}");
        }
        Ok(raw)
    }

    pub(crate) async fn say(&mut self, frame: &str) -> Result<()> {
        self.tap.outgoing(self.connection, frame);
        Ok(timeout(PATIENCE, self.stream.send(Message::text(frame))).await??)
    }

    /// The next frame.
    pub(crate) async fn hear(&mut self) -> Result<String> {
        loop {
            let message =
                timeout(PATIENCE, self.stream.next()).await?.context("it was closed")??;
            if let Message::Text(text) = message {
                self.tap.incoming(self.connection, &text);
                return Ok(text.as_str().to_owned());
            }
        }
    }
}

impl<T: Tap> Drop for Raw<'_, T> {
    /// The socket goes without farewell.
    fn drop(&mut self) {
        self.tap.closed(self.connection, "dropped");
    }
}
