//! One connection that listens: which messages came, and how late.
//!
//! A message says when it was due, and of which load it is; what others say there is heard and not counted.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use model::ConversationId;
use tokio::time::{Instant, Sleep};
use wire::{Command, SubscribeFrom};

use super::Chat;
use super::answer::{DONE, Heard, heard};
use super::door::{Unwelcome, enter, start_of};
use super::talker::{PING, PING_EVERY};
use super::voice::Voice;
use crate::measure::clock::Clock;
use crate::measure::fault::{Failed, Fault};
use crate::measure::line::Shared;
use crate::websocket::{Ended, Websocket};

/// A connection that listens.
pub(super) struct Listener {
    shared: Shared,
    chat: Arc<Chat>,
    clock: Clock,
    socket: Websocket,
    ping: Pin<Box<Sleep>>,
}

/// Comes in as the listener of this number, and follows what is its to hear.
pub(super) async fn attend(
    shared: &Shared,
    chat: &Chat,
    number: u32,
) -> Result<Websocket, Unwelcome> {
    let voice = Voice::new(shared.share.connections.saturating_add(number), 0);
    let hello = voice.hello(chat);
    let mut socket = enter(chat, &shared.dial, shared.timeout, &hello).await?;
    let following = tokio::time::timeout(shared.timeout, follow(&mut socket, chat, number));
    following.await.map_err(|_| {
        let fault = Fault::Timeout;
        Unwelcome::Failed(Failed::new(fault, "no answer to `subscribe`"))
    })??;
    Ok(socket)
}

async fn follow(socket: &mut Websocket, chat: &Chat, number: u32) -> Result<(), Unwelcome> {
    let subscribing = (1..).zip(followed(chat, number));
    let subscribing = subscribing.map(|(reference, to)| subscribe(to, reference));
    let subscribing: Vec<String> = subscribing.collect();
    let waits_for = subscribing.len();
    if waits_for == 0 {
        return Ok(());
    }
    socket.say(subscribing.iter().map(String::as_str)).await?;
    let mut answered = 0;
    let all = socket.hear(|frame| match heard(frame) {
        Heard::Answer { status: DONE, .. } => {
            answered += 1;
            (answered == waits_for).then_some(Ok(()))
        }
        Heard::Answer { status, .. } | Heard::Problem { status } => {
            Some(Err(Unwelcome::Refused { status, said: start_of(frame) }))
        }
        Heard::Welcome | Heard::Other => None,
    });
    all.await?
}

/// Which conversations are its to hear: listeners are dealt out as cards are.
fn followed(chat: &Chat, number: u32) -> impl Iterator<Item = ConversationId> {
    let each = chat.wanted.listeners.max(1);
    let step = usize::try_from(chat.listening()).unwrap_or(usize::MAX).max(1);
    let all = u64::from(chat.wanted.conversations) * u64::from(chat.wanted.listeners);
    let own = (u64::from(number)..all).step_by(step);
    own.map(move |card| {
        let conversation = u32::try_from(card / u64::from(each)).unwrap_or(u32::MAX);
        chat.conversations.named(conversation)
    })
}

fn subscribe(conversation: ConversationId, reference: u64) -> String {
    let (reference, from) = (Some(reference), SubscribeFrom::Last(0));
    Command::Subscribe { reference, conversation, from }.encode()
}

impl Listener {
    pub(super) fn new(
        (shared, chat): (Shared, Arc<Chat>),
        socket: Websocket,
        clock: Clock,
    ) -> Self {
        let ping = Box::pin(tokio::time::sleep(PING_EVERY));
        Self { shared, chat, clock, socket, ping }
    }

    /// Listens until the connection ends.
    pub(super) async fn run(mut self) {
        let ended = poll_fn(|cx| self.poll(cx)).await;
        self.shared.desk().lost_listener(&ended.to_string());
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Ended> {
        while self.ping.as_mut().poll(cx).is_ready() {
            self.socket.put(PING);
            self.ping.as_mut().reset(Instant::now() + PING_EVERY);
        }
        loop {
            if let Poll::Ready(Err(why)) = self.socket.poll_flush(cx) {
                return Poll::Ready(why.into());
            }
            let (shared, chat, now_ns) = (&self.shared, &self.chat, self.clock.now_ns());
            let mut each = |frame: &[u8]| {
                chat.stamps.each(frame, |stamp| {
                    if stamp.number == chat.tag() {
                        shared.desk().heard(stamp.due_micros * 1_000, now_ns);
                    }
                });
            };
            match self.socket.poll_read(cx, &mut each) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Err(why)) => return Poll::Ready(why),
                Poll::Ready(Ok(_)) => {}
            }
        }
    }
}
