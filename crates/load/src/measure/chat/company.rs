//! All clients of one worker: how they come in, and what they begin with.

use std::sync::Arc;

use futures_util::stream::{self, FuturesUnordered, StreamExt as _};
use tokio::task::JoinSet;

use super::Chat;
use super::door::{Unwelcome, enter};
use super::listener::{Listener, attend};
use super::talker::Talker;
use super::voice::Voice;
use crate::measure::clock::Clock;
use crate::measure::fault::{Failed, Fault};
use crate::measure::line::Shared;
use crate::measure::worker::Opened;
use crate::websocket::Websocket;

/// Clients of one worker that come in at the same time, before the run.
const ENTERING_MAX: usize = 64;

/// Clients of one worker.
pub(crate) struct Company {
    chat: Arc<Chat>,
    talkers: Vec<(Voice, Option<Websocket>)>,
    listeners: Vec<Websocket>,
}

impl Company {
    /// Lets all in. One that is turned away tries again with its first request.
    pub(crate) async fn open(
        shared: &Shared,
        chat: &Arc<Chat>,
        connections: usize,
    ) -> (Self, Opened) {
        let voice = |seat| Voice::new(shared.share.number(seat), 0);
        let mut talkers: Vec<_> = (0..connections).map(|seat| (voice(seat), None)).collect();
        let mut first_failure = None;
        let mut entering = FuturesUnordered::new();
        // Those that only come and go need no connection to stay on.
        let mut seats = 0..if chat.is_only_connect() { 0 } else { connections };
        loop {
            while entering.len() < ENTERING_MAX {
                let Some(seat) = seats.next() else { break };
                let hello = talkers[seat].0.hello(chat);
                let entered =
                    async move { enter(chat, &shared.dial, shared.timeout, &hello).await };
                entering.push(async move { (seat, entered.await) });
            }
            match entering.next().await {
                Some((seat, Ok(socket))) => {
                    shared.desk().opened();
                    talkers[seat].1 = Some(socket);
                }
                Some((_, Err(why))) => first_failure = first_failure.or(Some(why.into())),
                None => break,
            }
        }
        drop(entering);
        let (listeners, no_listener) = attended(shared, chat).await;
        let company = Self { chat: Arc::clone(chat), talkers, listeners };
        (company, Opened { first_failure, no_listener })
    }

    /// They begin.
    pub(crate) fn begin(self, shared: &Shared, clock: Clock, lines: &mut JoinSet<()>) {
        let seats = shared.streams.unwrap_or(1);
        let step = usize::try_from(seats).unwrap_or(1);
        for (number, (voice, socket)) in self.talkers.into_iter().enumerate() {
            let both = (shared.clone(), Arc::clone(&self.chat));
            let talker = Talker::new(both, voice, (number * step, seats), socket, clock);
            lines.spawn(talker.run());
        }
        for socket in self.listeners {
            let both = (shared.clone(), Arc::clone(&self.chat));
            lines.spawn(Listener::new(both, socket, clock).run());
        }
    }
}

/// Those who listen; and why one does not.
async fn attended(shared: &Shared, chat: &Chat) -> (Vec<Websocket>, Option<Failed>) {
    let own = 0..shared.share.of(chat.listening());
    let attending = stream::iter(own.map(|own| attend(shared, chat, shared.share.number(own))));
    let attended: Vec<_> = attending.buffer_unordered(ENTERING_MAX).collect().await;
    let mut no_listener = None;
    let mut listeners = Vec::new();
    for attended in attended {
        match attended {
            Ok(socket) => listeners.push(socket),
            Err(why) => no_listener = no_listener.or(Some(why.into())),
        }
    }
    (listeners, no_listener)
}

impl From<Unwelcome> for Failed {
    fn from(why: Unwelcome) -> Self {
        match why {
            Unwelcome::Failed(failed) => failed,
            Unwelcome::Refused { status, said } => {
                Self::new(Fault::Connect, format!("turned away with {status}: {said}"))
            }
        }
    }
}
