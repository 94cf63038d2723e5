//! How a client comes in: connect, upgrade, hello, welcome.

use std::io;
use std::time::Duration;

use wire::{CloseCode, Code};

use super::Chat;
use super::answer::{Heard, heard};
use crate::measure::fault::{Failed, Fault};
use crate::measure::http1::BODY_START_MAX;
use crate::measure::socket::Dial;
use crate::websocket::{Ended, Upgrade, Websocket};

/// Why a client is not in.
#[derive(Debug)]
pub(super) enum Unwelcome {
    /// It was turned away, with the status that this has over HTTP and what was said.
    Refused {
        status: u16,
        said: String,
    },
    Failed(Failed),
}

/// Comes in, within so long.
pub(super) async fn enter(
    chat: &Chat,
    dial: &Dial,
    timeout: Duration,
    hello: &str,
) -> Result<Websocket, Unwelcome> {
    match tokio::time::timeout(timeout, enter_slowly(chat, dial, hello)).await {
        Ok(entered) => entered,
        Err(_) => {
            let fault = Fault::ConnectTimeout;
            Err(Unwelcome::Failed(Failed::new(fault, "not let in, and not turned away")))
        }
    }
}

async fn enter_slowly(chat: &Chat, dial: &Dial, hello: &str) -> Result<Websocket, Unwelcome> {
    let socket = dial.connect().await.map_err(|why| {
        let fault = Fault::of_connecting(&why);
        Unwelcome::Failed(Failed::new(fault, why))
    })?;
    let protocol = Some(wire::Encoding::Json.subprotocol());
    let asked = Upgrade { authority: &chat.authority, path: &chat.path, protocol };
    let mut socket = Websocket::upgrade(socket, asked).await?;
    socket.say([hello]).await?;
    let answered = socket.hear(|frame| match heard(frame) {
        Heard::Welcome => Some(Ok(())),
        Heard::Problem { status } | Heard::Answer { status, .. } => {
            Some(Err(Unwelcome::Refused { status, said: start_of(frame) }))
        }
        Heard::Other => None,
    });
    answered.await??;
    Ok(socket)
}

/// The first bytes of what was said.
pub(super) fn start_of(frame: &[u8]) -> String {
    String::from_utf8_lossy(&frame[..frame.len().min(BODY_START_MAX)]).into_owned()
}

impl From<Ended> for Unwelcome {
    fn from(why: Ended) -> Self {
        match why {
            Ended::Refused { status, text } => {
                Self::Refused { status, said: start_of(text.as_bytes()) }
            }
            Ended::Closed { code, ref reason } => {
                let said = format!("{code} {reason}");
                let refused = |status| Self::Refused { status, said };
                status_of(CloseCode(code)).map_or_else(|| Self::Failed(failed(why)), refused)
            }
            Ended::Io(_) | Ended::Malformed(_) => Self::Failed(failed(why)),
        }
    }
}

/// The status of a problem that closes the door.
fn status_of(code: CloseCode) -> Option<u16> {
    let code = match code {
        CloseCode::UNAUTHORIZED | CloseCode::STALE => Code::Unauthorized,
        CloseCode::TOO_BUSY => Code::Busy,
        CloseCode::FLOOD => Code::RateLimited,
        CloseCode::NO_HELLO | CloseCode::HELLO_LATE => Code::NoHello,
        _ => return None,
    };
    Some(code.status())
}

impl From<io::Error> for Unwelcome {
    fn from(why: io::Error) -> Self {
        Self::from(Ended::from(why))
    }
}

/// A connection that ended while something was asked.
pub(super) fn failed(why: Ended) -> Failed {
    let fault = match &why {
        Ended::Io(why) => Fault::of_talking(why),
        Ended::Closed { .. } => Fault::ClosedEarly,
        Ended::Refused { .. } | Ended::Malformed(_) => Fault::Malformed,
    };
    Failed::new(fault, why)
}
