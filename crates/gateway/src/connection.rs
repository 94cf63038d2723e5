//! One WebSocket: one task that hears its client, answers, and writes what its subscriptions are due.
//!
//! This file waits (socket, timers, wake-ups); what it does is decided in `desk`, which does not.
//!
//! # Invariants
//!
//! - Frames are written in batches with one flush; a batch is bounded by [`BATCH_FRAMES_MAX`] and
//!   [`BATCH_BYTES_MAX`], answers apart, which are bounded by what may be in flight.
//! - A client with too much in flight is not read; one that does not read gives back the page it
//!   holds after a second, and is dropped after [`Options::write_timeout`](crate::Options).

mod acks;
mod desk;
mod lane;
mod subs;

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use access::Grant;
use axum::Error;
use axum::extract::ws::{CloseFrame, Message, WebSocket};
use futures_util::{FutureExt as _, SinkExt as _};
use model::{DeviceId, InstanceId, UserId};
use tokio::time::{Instant, Sleep, sleep_until, timeout};
use tokio_tungstenite::tungstenite::Error as SocketError;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tracing::{Span, debug};
use wire::{
    About, CloseCode, Code, Command, Encoding, Frame, Problem, busy_reason, decode_binary_command,
    decode_command,
};

pub(crate) use self::desk::Desk;
use crate::counters::{add, count};
use crate::door::NotAdmitted;
use crate::gateway::Shared;
use crate::words::Words;

/// Frames of one batch from subscriptions.
pub(crate) const BATCH_FRAMES_MAX: usize = 128;

/// Bytes after which a batch takes no more frames from subscriptions.
pub(crate) const BATCH_BYTES_MAX: usize = 64 * 1024;

/// Places for frames that a connection keeps after a large batch: most of the time most are idle.
const BATCH_KEPT: usize = 3;

/// Frames of a client that are heard before it is answered.
const HEAR_BATCH: usize = 64;

/// A write that takes longer gives back the page that waits behind it.
const GIVE_BACK_AFTER: Duration = Duration::from_secs(1);

/// Characters of the reason in a close frame: it holds 123 bytes (RFC 6455 §5.5).
const REASON_MAX_CHARS: usize = 30;

/// How long a client may take to answer a close frame.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// When to try again what found the owner lost.
const OWNER_LOST_RETRY_MS: u32 = 5_000;

/// How a connection ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// The client left.
    Gone,
    /// It did not read.
    Slow,
    /// It is told why.
    Close(CloseCode, String),
}

/// Who is there.
#[derive(Debug, Clone)]
pub(crate) struct Who {
    pub(crate) user: UserId,
    pub(crate) device: DeviceId,
    /// Of all its ids; `None` = of any.
    pub(crate) instance: Option<InstanceId>,
    /// What its token grants; `None` = everything (`--dev`).
    pub(crate) grant: Option<Arc<Grant>>,
    /// It is no visitor of one question: others see that its user is there.
    pub(crate) is_present: bool,
}

/// Why nobody was greeted.
enum NoHello {
    Ended(End),
    Told(Problem),
}

/// From the upgrade to the end.
pub(crate) async fn serve(
    shared: Arc<Shared>,
    number: u64,
    mut socket: WebSocket,
    encoding: Encoding,
) {
    let end = match greet(&shared, &mut socket, encoding).await {
        Ok(who) => {
            // What is said of this connection from here on says whose it is.
            let span = Span::current();
            span.record("user", who.user.as_str()).record("device", who.device.as_str());
            debug!(?encoding, "connected");
            converse(Desk::new(&shared, number, who, encoding), &shared, &mut socket).await
        }
        Err(end) => end,
    };
    debug!(?end, "connection ends");
    finish(&shared, socket, end).await;
}

/// Hears `hello` and answers it.
async fn greet(shared: &Shared, socket: &mut WebSocket, encoding: Encoding) -> Result<Who, End> {
    let mut closing = shared.closing.subscribe();
    let hello = tokio::select! {
        hello = timeout(shared.options.hello_timeout, hello(shared, socket, encoding)) => hello,
        _ = closing.wait_for(|closing| *closing) => {
            return Err(End::Close(CloseCode::GOING_AWAY, shared.farewell()));
        }
    };
    let no_hello = |reason: String| End::Close(CloseCode::NO_HELLO, reason);
    let message = |frame: &Frame| Words::of(frame, encoding).into_message(encoding);
    let (reference, who) = match hello {
        Ok(Err(NoHello::Told(problem))) if problem.code == Code::Unauthorized => {
            count(&shared.counts.unauthorized_total);
            let reason = problem.detail.chars().take(REASON_MAX_CHARS).collect();
            let refusal = message(&Frame::Problem(problem));
            let written = timeout(CLOSE_TIMEOUT, socket.send(refusal)).await;
            debug!(?written, "told that it is not admitted");
            return Err(End::Close(CloseCode::UNAUTHORIZED, reason));
        }
        Err(_) => {
            let seconds = shared.options.hello_timeout.as_secs();
            return Err(no_hello(format!("no hello within {seconds} s")));
        }
        Ok(Err(NoHello::Ended(end))) => return Err(end),
        Ok(Err(NoHello::Told(problem))) => {
            count(&shared.counts.bad_frames_total);
            let refusal = message(&Frame::Problem(problem));
            let written = timeout(CLOSE_TIMEOUT, socket.send(refusal)).await;
            debug!(?written, "told that there was no hello");
            return Err(no_hello("the first frame was no hello".to_owned()));
        }
        Ok(Ok(hello)) => hello,
    };
    if shared.owner.lost_for().is_some_and(|away| away > shared.options.owner_lost_max) {
        count(&shared.counts.connections_refused_total);
        return Err(End::Close(CloseCode::TOO_BUSY, busy_reason(OWNER_LOST_RETRY_MS)));
    }
    let heartbeat_ms = u32::try_from(shared.options.heartbeat.as_millis()).unwrap_or(u32::MAX);
    let expires_at = who.grant.as_ref().map(|grant| grant.expires_at());
    let welcome = message(&Frame::Welcome { reference, heartbeat_ms, expires_at });
    match timeout(shared.options.write_timeout, socket.send(welcome)).await {
        Ok(Ok(())) => Ok(who),
        Ok(Err(_)) => Err(End::Gone),
        Err(_) => Err(End::Slow),
    }
}

/// The first frame.
async fn hello(
    shared: &Shared,
    socket: &mut WebSocket,
    encoding: Encoding,
) -> Result<(Option<u64>, Who), NoHello> {
    let told = |about, code, detail: &str| NoHello::Told(Problem::never(about, code, detail));
    let no_hello = |detail| told(About::default(), Code::NoHello, detail);
    loop {
        let command = match (socket.recv().await, encoding) {
            (Some(Ok(Message::Text(text))), Encoding::Json) => decode_command(&text),
            (Some(Ok(Message::Binary(bytes))), Encoding::MessagePack) => {
                decode_binary_command(&bytes)
            }
            (Some(Ok(Message::Ping(_) | Message::Pong(_))), _) => continue,
            (Some(Ok(Message::Binary(_))), Encoding::Json) => {
                return Err(no_hello("the first frame is binary: say hello, as text"));
            }
            (Some(Ok(Message::Text(_))), Encoding::MessagePack) => {
                return Err(no_hello("the first frame is text: say hello, as binary"));
            }
            (Some(Ok(Message::Close(_))) | None, _) => return Err(NoHello::Ended(End::Gone)),
            (Some(Err(error)), _) => return Err(NoHello::Ended(broken(error))),
        };
        return match command {
            Ok(Command::Hello { reference, user, device, instance, proof }) if device.is_free() => {
                match shared.options.door.enter(&user, &device, proof.as_ref()) {
                    Ok(grant) => {
                        let instance = Some(instance);
                        Ok((reference, Who { user, device, instance, grant, is_present: true }))
                    }
                    Err(NotAdmitted { detail, retry }) => {
                        let about = About { reference, ..About::default() };
                        let problem = Problem::never(about, Code::Unauthorized, detail);
                        Err(NoHello::Told(Problem { retry, ..problem }))
                    }
                }
            }
            Ok(Command::Hello { reference, device, .. }) => {
                let about = About { reference, ..About::default() };
                let detail =
                    format!("`device` is {device}: a device's name does not begin with a colon");
                Err(told(about, Code::BadFrame, &detail))
            }
            Ok(_) => Err(no_hello("the first frame is no hello: say it first")),
            Err(problem) => Err(NoHello::Told(problem)),
        };
    }
}

/// From `welcome` to the end.
async fn converse(mut desk: Desk, shared: &Shared, socket: &mut WebSocket) -> End {
    let mut closing = shared.closing.subscribe();
    let mut timer = Box::pin(sleep_until(desk.deadline()));
    let mailbox = Arc::clone(desk.mailbox());
    let mut batch = Vec::new();
    loop {
        desk.collect(&mut batch);
        let wrote = !batch.is_empty();
        if wrote && let Err(end) = write(&mut desk, shared, socket, &mut batch).await {
            return end;
        }
        batch.shrink_to(BATCH_KEPT);
        desk.ask_page();
        if let Some(end) = desk.ended() {
            return end;
        }
        set(&mut timer, desk.deadline());
        tokio::select! {
            biased;
            _ = closing.wait_for(|closing| *closing), if !desk.is_draining() => desk.drain(),
            heard = socket.recv(), if desk.has_room() => {
                if let Err(end) = hear(&mut desk, shared, socket, heard) {
                    return end;
                }
            }
            () = mailbox.filled() => {}
            () = desk.page_permit() => {}
            () = &mut timer => desk.handle_timeout(Instant::now()),
            () = std::future::ready(()), if wrote || desk.has_more() => {}
        }
    }
}

fn set(timer: &mut Pin<Box<Sleep>>, deadline: Instant) {
    if timer.deadline() != deadline {
        timer.as_mut().reset(deadline);
    }
}

/// Hears one frame, and those that have come with it.
fn hear(
    desk: &mut Desk,
    shared: &Shared,
    socket: &mut WebSocket,
    first: Option<Result<Message, Error>>,
) -> Result<(), End> {
    let now = Instant::now();
    let mut next = Some(first);
    let mut heard = 0;
    while let Some(frame) = next {
        count(&shared.counts.frames_in_total);
        desk.heard(now);
        match frame {
            Some(Ok(Message::Text(text))) => desk.handle_text(&text),
            Some(Ok(Message::Binary(bytes))) => desk.handle_binary(&bytes),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => desk.handle_control(),
            Some(Ok(Message::Close(_))) | None => return Err(End::Gone),
            Some(Err(error)) => return Err(broken(error)),
        }
        heard += 1;
        let more = heard < HEAR_BATCH && desk.has_room();
        next = if more { socket.recv().now_or_never() } else { None };
    }
    desk.handle_acks(now);
    Ok(())
}

/// What becomes of a connection that cannot be read: the client is told, if it is its doing and it is
/// still there (RFC 6455 §7.1.7).
fn broken(error: Error) -> End {
    let error = error.into_inner();
    match error.downcast_ref::<SocketError>() {
        Some(SocketError::Capacity(_)) => {
            let reason = format!("a frame larger than {} bytes", wire::FRAME_MAX_BYTES);
            End::Close(CloseCode::TOO_LARGE, reason)
        }
        Some(SocketError::Utf8(_)) => {
            End::Close(CloseCode::NOT_UTF8, "a text that is not UTF-8".to_owned())
        }
        Some(SocketError::Protocol(ProtocolError::ResetWithoutClosingHandshake)) => End::Gone,
        Some(SocketError::Protocol(why)) => End::Close(
            CloseCode::PROTOCOL,
            why.to_string().chars().take(REASON_MAX_CHARS).collect(),
        ),
        Some(_) | None => End::Gone,
    }
}

/// Writes a batch and flushes once.
async fn write(
    desk: &mut Desk,
    shared: &Shared,
    socket: &mut WebSocket,
    batch: &mut Vec<Words>,
) -> Result<(), End> {
    let frames = batch.len() as u64;
    let patience = shared.options.write_timeout;
    let encoding = desk.encoding();
    let writing = async {
        for words in batch.drain(..) {
            socket.feed(words.into_message(encoding)).await?;
        }
        socket.flush().await
    };
    tokio::pin!(writing);
    let soon = GIVE_BACK_AFTER.min(patience / 2);
    let written = match timeout(soon, &mut writing).await {
        Ok(written) => written,
        Err(_) => {
            desk.give_back();
            let Ok(written) = timeout(patience - soon, &mut writing).await else {
                count(&shared.counts.slow_readers_total);
                return Err(End::Slow);
            };
            written
        }
    };
    add(&shared.counts.frames_out_total, frames);
    written.map_err(|_| End::Gone)
}

/// Says why, and gives the client time to hear it.
async fn finish(shared: &Shared, mut socket: WebSocket, end: End) {
    match end {
        End::Slow => {}
        End::Gone => {
            // The answer to the client's own close frame.
            drop(timeout(CLOSE_TIMEOUT, socket.flush()).await);
        }
        End::Close(code, reason) => {
            if code == CloseCode::SILENT {
                count(&shared.counts.silent_total);
            }
            let close = Message::Close(Some(CloseFrame { code: code.0, reason: reason.into() }));
            drop(timeout(CLOSE_TIMEOUT, say_goodbye(&mut socket, close)).await);
        }
    }
}

/// Reads on until the client has closed, too: bytes that nobody read would cut the close frame off.
async fn say_goodbye(socket: &mut WebSocket, close: Message) {
    if socket.send(close).await.is_ok() {
        while let Some(Ok(_)) = socket.recv().await {}
        // After a frame that was too large nothing can be read: let the client read first.
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
