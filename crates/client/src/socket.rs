//! One WebSocket, from the try to connect to its end, polled from one place: nothing here decides.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use session::Lost;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::http::header::RETRY_AFTER;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};
use wire::{CloseCode, PAGE_FRAME_MAX_BYTES, retry_after_of, retry_after_of_header};

use crate::Gateway;

/// Bytes of the read buffer and, before it writes on its own, of the write buffer: a process may
/// hold thousands of clients.
const BUFFER_BYTES: usize = 16 * 1024;

/// Bytes that may wait to be written; more than the frames that a session has in flight by default,
/// each of the largest size. Beyond it the connection counts as broken.
const WRITE_MAX_BYTES: usize = 8 * 1024 * 1024;

/// How long a farewell may take.
const CLOSE_WITHIN: Duration = Duration::from_secs(1);

type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

#[derive(Default)]
pub(crate) enum Socket {
    #[default]
    None,
    Connecting(Pin<Box<dyn Future<Output = Result<Stream, Error>> + Send>>),
    Open(Box<Stream>),
}

/// What happened on it.
pub(crate) enum Step {
    Connected,
    Text(Utf8Bytes),
    /// Something that is no frame of the protocol, and a sign of life.
    Alive,
    Lost {
        lost: Lost,
        why: String,
    },
}

impl Socket {
    /// A try to connect.
    pub(crate) fn connect(gateway: &Gateway) -> Self {
        let request = gateway.request();
        let config = WebSocketConfig::default()
            .read_buffer_size(BUFFER_BYTES)
            .write_buffer_size(BUFFER_BYTES)
            .max_write_buffer_size(WRITE_MAX_BYTES)
            .max_message_size(Some(PAGE_FRAME_MAX_BYTES))
            .max_frame_size(Some(PAGE_FRAME_MAX_BYTES));
        Self::Connecting(Box::pin(async move {
            // Nagle's algorithm would hold back a frame until the one before it is acknowledged.
            let disable_nagle = true;
            let (stream, _) =
                connect_async_with_config(request?, Some(config), disable_nagle).await?;
            Ok(stream)
        }))
    }

    /// Hands over a frame; it is written by the next [`Self::step`]. It may be handed over while the
    /// socket is not ready: the session bounds what is in flight, [`WRITE_MAX_BYTES`] the rest.
    pub(crate) fn send(&mut self, frame: String) -> Result<(), String> {
        match self {
            Self::Open(stream) => {
                stream.start_send_unpin(Message::text(frame)).map_err(|why| why.to_string())
            }
            Self::None | Self::Connecting(_) => Err("there is no connection".to_owned()),
        }
    }

    /// The next thing that happens. Writes what waits to be written; reads only if asked to. May be
    /// dropped and called again.
    pub(crate) async fn step(&mut self, reading: bool) -> Step {
        poll_fn(|cx| self.poll_step(reading, cx)).await
    }

    /// Drops the connection without a farewell: a reset, as when a machine vanishes from the network
    /// and comes back without its memory.
    pub(crate) fn cut(&mut self) {
        if let Self::Open(stream) = std::mem::take(self)
            && let MaybeTlsStream::Plain(stream) = stream.get_ref()
        {
            // If it cannot be set, the socket is broken already.
            let _ = stream.set_zero_linger();
        }
    }

    /// Says farewell, and hears the server out: dropping a socket with unread bytes resets it, and
    /// the last frames with it.
    pub(crate) async fn close(&mut self, mut heard: impl FnMut(&str)) {
        let Self::Open(mut stream) = std::mem::take(self) else { return };
        let farewell = async {
            WebSocketStream::close(&mut stream, None).await?;
            loop {
                match stream.next().await.transpose()? {
                    Some(Message::Text(text)) => heard(&text),
                    Some(Message::Close(_)) | None => return Ok::<_, Error>(()),
                    Some(
                        Message::Binary(_)
                        | Message::Ping(_)
                        | Message::Pong(_)
                        | Message::Frame(_),
                    ) => {}
                }
            }
        };
        // Late or broken, it is dropped either way.
        let _ = tokio::time::timeout(CLOSE_WITHIN, farewell).await;
    }

    fn poll_step(&mut self, reading: bool, cx: &mut Context<'_>) -> Poll<Step> {
        match self {
            Self::None => Poll::Pending,
            Self::Connecting(connecting) => match connecting.as_mut().poll(cx) {
                Poll::Pending => Poll::Pending,
                Poll::Ready(Ok(stream)) => {
                    *self = Self::Open(Box::new(stream));
                    Poll::Ready(Step::Connected)
                }
                Poll::Ready(Err(why)) => Poll::Ready(broken(&why)),
            },
            Self::Open(stream) => poll_open(stream, reading, cx),
        }
    }
}

fn poll_open(stream: &mut Stream, reading: bool, cx: &mut Context<'_>) -> Poll<Step> {
    let flushed = stream.poll_flush_unpin(cx);
    // What the server said last tells more than that nothing can be written any more.
    let unwritable = matches!(flushed, Poll::Ready(Err(_)));
    if reading || unwritable {
        match stream.poll_next_unpin(cx) {
            Poll::Ready(Some(Ok(message))) => return Poll::Ready(came(message, stream, cx)),
            Poll::Ready(Some(Err(why))) => return Poll::Ready(broken(&why)),
            Poll::Ready(None) => return Poll::Ready(lost("it ended without a farewell")),
            Poll::Pending => {}
        }
    }
    match flushed {
        Poll::Ready(Err(why)) => Poll::Ready(broken(&why)),
        Poll::Ready(Ok(())) | Poll::Pending => Poll::Pending,
    }
}

fn came(message: Message, stream: &mut Stream, cx: &mut Context<'_>) -> Step {
    match message {
        Message::Text(text) => Step::Text(text),
        Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => Step::Alive,
        Message::Close(frame) => {
            // The answer to the farewell is queued; it goes out if it can at once.
            let _ = stream.poll_flush_unpin(cx);
            closed(frame)
        }
    }
}

fn closed(frame: Option<CloseFrame>) -> Step {
    let Some(CloseFrame { code, reason }) = frame else { return lost("closed, without a code") };
    let code = CloseCode(u16::from(code));
    let why = format!("closed by the server: {} {reason}", code.0);
    let says_when = matches!(code, CloseCode::TOO_BUSY | CloseCode::GOING_AWAY);
    let retry_after_ms = retry_after_of(&reason).filter(|_| says_when);
    Step::Lost { lost: Lost::Closed { code, retry_after_ms }, why }
}

/// What was said instead of an upgrade, if it was that.
fn broken(why: &Error) -> Step {
    let Error::Http(answer) = why else { return lost(&why.to_string()) };
    let retry_after = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let retry_after_ms = retry_after.and_then(retry_after_of_header);
    Step::Lost { lost: Lost::Refused { retry_after_ms }, why: why.to_string() }
}

fn lost(why: &str) -> Step {
    Step::Lost { lost: Lost::Broken, why: why.to_owned() }
}
