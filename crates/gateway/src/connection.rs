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
mod socket;
mod subs;

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use access::Grant;
use futures_util::FutureExt as _;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use model::{DeviceId, InstanceId, UserId};
use tokio::time::{Instant, Sleep, sleep_until, timeout};
use tracing::{Instrument as _, Span, debug};
use wire::{
    About, CloseCode, Code, Command, Encoding, Frame, Problem, busy_reason, decode_binary_command,
    decode_command,
};

pub(crate) use self::desk::Desk;
use self::socket::Lost;
use crate::counters::{add, count};
use crate::door::NotAdmitted;
use crate::framing::{Broken, Heard};
use crate::gateway::Shared;
use crate::words::Words;

/// Frames of one batch from subscriptions.
pub(crate) const BATCH_FRAMES_MAX: usize = 128;

/// Bytes after which a batch takes no more frames from subscriptions.
pub(crate) const BATCH_BYTES_MAX: usize = 64 * 1024;

/// Frames of a client that are heard before it is answered.
const HEAR_BATCH: usize = 256;

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
    /// They may not come in, or not so.
    NotAdmitted(CloseCode, Problem),
}

/// Of a client.
type Socket = socket::Socket<TokioIo<Upgraded>>;

/// From the upgrade to the end. What is needed at its begin and its end only is boxed: a connection
/// lives in between.
pub(crate) async fn serve(
    shared: Arc<Shared>,
    number: u64,
    upgraded: Upgraded,
    encoding: Encoding,
    span: Span,
) {
    let mut socket = Socket::new(TokioIo::new(upgraded));
    let greeted = Box::pin(greet(&shared, &mut socket, encoding).instrument(span.clone())).await;
    let end = match greeted {
        Ok(who) => {
            // What is said of this connection from here on says whose it is.
            span.record("user", who.user.as_str()).record("device", who.device.as_str());
            debug!(parent: &span, ?encoding, "connected");
            let mut desk = Box::new(Desk::new(&shared, number, *who, encoding));
            // It says nothing to the log, and entering a span costs a delivery a tenth of its time.
            converse(&mut desk, &shared, &mut socket).await
        }
        Err(end) => end,
    };
    debug!(parent: &span, ?end, "connection ends");
    Box::pin(finish(&shared, &mut socket, end).instrument(span)).await;
}

/// Hears `hello` and answers it.
async fn greet(shared: &Shared, socket: &mut Socket, encoding: Encoding) -> Result<Box<Who>, End> {
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
        Ok(Err(NoHello::NotAdmitted(code, problem))) => {
            count(&shared.counts.unauthorized_total);
            let reason = problem.detail.chars().take(REASON_MAX_CHARS).collect();
            let refusal = message(&Frame::Problem(problem));
            let written = timeout(CLOSE_TIMEOUT, socket.send(refusal)).await;
            debug!(?written, "told that it is not admitted");
            return Err(End::Close(code, reason));
        }
        Err(_) => {
            let seconds = shared.options.hello_timeout.as_secs();
            let reason = format!("no hello within {seconds} s");
            return Err(End::Close(CloseCode::HELLO_LATE, reason));
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
        Ok(Ok(())) => Ok(Box::new(who)),
        Ok(Err(_)) => Err(End::Gone),
        Err(_) => Err(End::Slow),
    }
}

/// The first frame.
async fn hello(
    shared: &Shared,
    socket: &mut Socket,
    encoding: Encoding,
) -> Result<(Option<u64>, Who), NoHello> {
    loop {
        while let Some(heard) = socket.next()? {
            let said = match (heard, encoding) {
                (Heard::Text(text), Encoding::Json) => decode_command(text),
                (Heard::Binary(bytes), Encoding::MessagePack) => decode_binary_command(bytes),
                (Heard::Binary(_), Encoding::Json) => {
                    Err(no_hello("the first frame is binary: say hello, as text"))
                }
                (Heard::Text(_), Encoding::MessagePack) => {
                    Err(no_hello("the first frame is text: say hello, as binary"))
                }
                (Heard::Ping(_) | Heard::Pong, _) => continue,
                (Heard::Close(_), _) => return Err(NoHello::Ended(End::Gone)),
            };
            return admit(shared, said);
        }
        socket.flush().await.map_err(|_| NoHello::Ended(End::Gone))?;
        socket.come().await?;
    }
}

impl From<Lost> for NoHello {
    fn from(lost: Lost) -> Self {
        Self::Ended(lost.into())
    }
}

/// What becomes of a connection that cannot be read: the client is told, if it is its doing and it is
/// still there (RFC 6455 §7.1.7).
impl From<Lost> for End {
    fn from(lost: Lost) -> Self {
        let Lost::Broken(broken) = lost else { return Self::Gone };
        let code = match broken {
            Broken::TooLarge => CloseCode::TOO_LARGE,
            Broken::NotUtf8 => CloseCode::NOT_UTF8,
            Broken::Protocol(_) => CloseCode::PROTOCOL,
        };
        Self::Close(code, broken.to_string())
    }
}

fn no_hello(detail: &str) -> Problem {
    Problem::never(About::default(), Code::NoHello, detail)
}

/// Who says hello so, if they may come in.
fn admit(shared: &Shared, said: Result<Command, Problem>) -> Result<(Option<u64>, Who), NoHello> {
    let told = |problem| Err(NoHello::Told(problem));
    match said {
        Ok(Command::Hello { reference, user, device, instance, proof }) if device.is_free() => {
            match shared.options.door.enter(&user, &device, proof.as_ref()) {
                Ok(grant) => {
                    // One name in memory, not two.
                    let user = grant.as_ref().map_or(user, |grant| grant.user().clone());
                    let instance = Some(instance);
                    Ok((reference, Who { user, device, instance, grant, is_present: true }))
                }
                Err(NotAdmitted { detail, retry, is_stale }) => {
                    let about = About { reference, ..About::default() };
                    let problem = Problem::never(about, Code::Unauthorized, detail);
                    let code = if is_stale { CloseCode::STALE } else { CloseCode::UNAUTHORIZED };
                    Err(NoHello::NotAdmitted(code, Problem { retry, ..problem }))
                }
            }
        }
        Ok(Command::Hello { reference, device, .. }) => {
            let about = About { reference, ..About::default() };
            let detail =
                format!("`device` is {device}: a device's name does not begin with a colon");
            told(Problem::never(about, Code::BadFrame, detail))
        }
        Ok(_) => told(no_hello("the first frame is no hello: say it first")),
        Err(problem) => told(problem),
    }
}

/// From `welcome` to the end.
async fn converse(desk: &mut Desk, shared: &Shared, socket: &mut Socket) -> End {
    let mut closing = shared.closing.subscribe();
    // Waited for all along: all connections stand in one line for it.
    let mut closing = pin!(closing.wait_for(|closing| *closing));
    let mut timer = Box::pin(sleep_until(desk.deadline()));
    let mailbox = Arc::clone(desk.mailbox());
    // Something has come that is not heard yet; perhaps with the greeting.
    let mut unheard = true;
    loop {
        if unheard && desk.has_room() {
            match hear(desk, shared, socket) {
                Ok(more) => unheard = more,
                Err(end) => return end,
            }
        }
        let mut batch = Vec::new();
        desk.collect(&mut batch);
        let has_words = !batch.is_empty() || socket.has_words();
        if has_words && let Err(end) = write(desk, shared, socket, batch).await {
            return end;
        }
        desk.ask_page();
        if let Some(end) = desk.ended() {
            return end;
        }
        set(&mut timer, desk.deadline());
        tokio::select! {
            biased;
            _ = &mut closing, if !desk.is_draining() => desk.drain(),
            came = socket.come(), if !unheard && desk.has_room() => match came {
                Ok(()) => unheard = true,
                Err(_) => return End::Gone,
            },
            () = mailbox.filled() => {}
            () = desk.page_permit() => {}
            () = &mut timer => desk.handle_timeout(Instant::now()),
            () = std::future::ready(()), if desk.has_more() || unheard && desk.has_room() => {}
        }
    }
}

/// A timer that is early is harmless and saves setting it with every frame: it is set again when it
/// has gone off.
fn set(timer: &mut Pin<Box<Sleep>>, deadline: Instant) {
    if deadline < timer.deadline() || timer.is_elapsed() {
        timer.as_mut().reset(deadline);
    }
}

/// Hears what has come. True = there may be more of it.
fn hear(desk: &mut Desk, shared: &Shared, socket: &mut Socket) -> Result<bool, End> {
    let now = Instant::now();
    let mut heard = 0;
    let mut more = false;
    while heard < HEAR_BATCH && desk.has_room() {
        more = true;
        match socket.next() {
            Ok(Some(Heard::Text(text))) => desk.handle_text(text),
            Ok(Some(Heard::Binary(bytes))) => desk.handle_binary(bytes),
            Ok(Some(Heard::Ping(_) | Heard::Pong)) => desk.handle_control(),
            Ok(Some(Heard::Close(_))) => return Err(End::Gone),
            Err(lost) => return Err(lost.into()),
            Ok(None) => {
                more = false;
                break;
            }
        }
        heard += 1;
    }
    if heard > 0 {
        add(&shared.counts.frames_in_total, heard as u64);
        desk.heard(now);
        desk.handle_acks(now);
    }
    Ok(more)
}

/// Writes a batch and flushes once.
async fn write(
    desk: &mut Desk,
    shared: &Shared,
    socket: &mut Socket,
    batch: Vec<Words>,
) -> Result<(), End> {
    let frames = batch.len() as u64;
    let encoding = desk.encoding();
    batch.into_iter().for_each(|words| socket.put(words.into_message(encoding)));
    let written = match socket.flush().now_or_never() {
        Some(written) => written.map_err(|_| End::Gone),
        None => Box::pin(write_slowly(desk, shared, socket)).await,
    };
    add(&shared.counts.frames_out_total, frames);
    written
}

/// Waits for a client that does not read at once.
async fn write_slowly(desk: &mut Desk, shared: &Shared, socket: &mut Socket) -> Result<(), End> {
    let patience = shared.options.write_timeout;
    let soon = GIVE_BACK_AFTER.min(patience / 2);
    if let Ok(written) = timeout(soon, socket.flush()).await {
        return written.map_err(|_| End::Gone);
    }
    desk.give_back();
    match timeout(patience - soon, socket.flush()).await {
        Ok(written) => written.map_err(|_| End::Gone),
        Err(_) => {
            count(&shared.counts.slow_readers_total);
            Err(End::Slow)
        }
    }
}

/// Says why, and gives the client time to hear it.
async fn finish(shared: &Shared, socket: &mut Socket, end: End) {
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
            let closed = timeout(CLOSE_TIMEOUT, socket.close(code.0, &reason)).await;
            debug!(?closed, "told why it ends");
        }
    }
}
