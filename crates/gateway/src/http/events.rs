//! A conversation as a stream of server-sent events (WHATWG HTML, §9.2): for followers that have no
//! WebSocket. Each event has its position as id, so a follower that comes back goes on from there.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use axum::Extension;
use axum::extract::ws::Utf8Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};
use wire::{About, Code, Command, Encoding, Problem, decode_command};

use super::connect::too_busy;
use super::extract::Fields;
use super::problem::respond;
use super::{Caller, Peer};
use crate::connection::Desk;
use crate::counters::count;
use crate::gateway::{Place, Shared};
use crate::words::Words;

/// A comment goes out so often where nothing else does.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// From where.
#[derive(Deserialize)]
pub(super) struct Asked {
    from: Option<String>,
    last: Option<u64>,
}

/// One follower: a desk that has one subscription.
struct Follower {
    desk: Desk,
    /// Read from the desk and not yet given.
    frames: VecDeque<Utf8Bytes>,
    is_over: bool,
    /// The last thing to say, once it is over.
    farewell: Option<Event>,
    shared: Arc<Shared>,
    _place: Place,
}

/// The stream of a conversation.
pub(super) async fn follow(
    State(shared): State<Arc<Shared>>,
    Path(conversation): Path<String>,
    peer: Option<Extension<Peer>>,
    caller: Caller,
    Fields(asked): Fields<Asked>,
    headers: HeaderMap,
) -> Response {
    let subscribe = match subscribe(&conversation, &asked, &headers) {
        Ok(subscribe) => subscribe,
        Err(problem) => return respond(problem),
    };
    if let Err(refused) = caller.asks(&shared, 1) {
        return refused.into_response();
    }
    let peer = peer.map(|Extension(Peer(address))| address);
    let Some(place) = Place::take(&shared, peer) else {
        count(&shared.counts.connections_refused_total);
        return too_busy(&shared);
    };
    let number = shared.counts.connections_total.fetch_add(1, Relaxed);
    let mut desk = Desk::new(&shared, number, caller.who(), Encoding::Json);
    desk.handle_command(subscribe);
    let frames = VecDeque::new();
    let follower = Follower { desk, frames, is_over: false, farewell: None, shared, _place: place };
    Sse::new(events(follower)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response()
}

fn subscribe(name: &str, asked: &Asked, headers: &HeaderMap) -> Result<Command, Problem> {
    let position = headers.get("last-event-id").map(position).transpose()?;
    let from = match (position, asked.from.as_deref(), asked.last) {
        (Some((epoch, seq)), _, _) => json!({ "after": { "epoch": epoch, "seq": seq } }),
        (None, Some(word), _) => json!(word),
        (None, None, last) => json!({ "last": last.unwrap_or(0) }),
    };
    decode_command(&json!({ "type": "subscribe", "conversation": name, "from": from }).to_string())
}

/// Where a follower was. One that cannot be read is refused: going on from now would pass over what came
/// meanwhile, and nobody would be told.
fn position(id: &HeaderValue) -> Result<(u64, u64), Problem> {
    let read = || {
        let (epoch, seq) = id.to_str().ok()?.split_once('-')?;
        Some((epoch.parse().ok()?, seq.parse().ok()?))
    };
    read().ok_or_else(|| {
        let detail = "Last-Event-ID is no id of an event, <epoch>-<seq>: leave it out";
        Problem::never(About::default(), Code::BadFrame, detail)
    })
}

fn events(follower: Follower) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(follower, async |mut follower| {
        let event = follower.next().await?;
        Some((Ok(event), follower))
    })
}

impl Follower {
    async fn next(&mut self) -> Option<Event> {
        loop {
            while let Some(frame) = self.frames.pop_front() {
                if let Some(event) = self.event(&frame) {
                    return Some(event);
                }
            }
            if self.is_over {
                return self.farewell.take();
            }
            self.wait().await;
        }
    }

    async fn wait(&mut self) {
        let mut batch = Vec::new();
        self.desk.collect(&mut batch);
        self.desk.ask_page();
        self.desk.heard(Instant::now()); // A follower says nothing, ever.
        if !batch.is_empty() {
            self.frames.extend(batch.into_iter().map(Words::into_text));
            return;
        }
        if self.desk.has_more() {
            return;
        }
        if self.desk.ended().is_some() {
            self.is_over = true;
            return;
        }
        let mailbox = Arc::clone(self.desk.mailbox());
        let deadline = self.desk.deadline();
        let mut closing = self.shared.closing.subscribe();
        tokio::select! {
            () = mailbox.filled() => {}
            () = self.desk.page_permit() => {}
            _ = closing.wait_for(|closing| *closing) => self.go(),
            () = sleep_until(deadline) => self.desk.handle_timeout(Instant::now()),
        }
    }

    /// It is told to come back, and when: what it missed comes then.
    fn go(&mut self) {
        self.is_over = true;
        let after = Duration::from_millis(self.shared.come_back_ms().into());
        self.farewell = Some(Event::default().retry(after));
    }

    /// What a frame is to a follower.
    fn event(&mut self, frame: &str) -> Option<Event> {
        let value: Value = serde_json::from_str(frame).ok()?;
        let kind = value["type"].as_str()?;
        let event = Event::default().event(kind).data(frame);
        match kind {
            "message" => {
                let (epoch, seq) = (value["epoch"].as_u64()?, value["seq"].as_u64()?);
                Some(event.id(format!("{epoch}-{seq}")))
            }
            "subscribed" => Some(event),
            "problem" | "unsubscribed" => {
                self.is_over = true;
                self.frames.clear();
                Some(event)
            }
            _ => None,
        }
    }
}
