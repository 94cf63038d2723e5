//! One connection: says what it is handed by the desk, as much at once as it has seats, and hears the answers.
//!
//! All of it is one future that is polled: thousands of them wait without a task, a buffer or a timer besides their one.
//!
//! # Invariants
//!
//! - What a request waits for is bounded by its timeout; an answer that comes later is nobody's.
//! - A connection that is lost is opened again by the first request that needs it. What was said on the old one has
//!   failed: nobody knows whether it was done.

mod slots;
mod visit;

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio::time::Sleep;

use super::Chat;
use super::answer::{DONE, Heard, heard};
use super::door::{Unwelcome, enter, failed};
use super::voice::Voice;
use crate::measure::clock::{Clock, nanos};
use crate::measure::fault::{Failed, Fault};
use crate::measure::line::Shared;
use crate::measure::queue::Job;
use crate::measure::run::Act;
use crate::websocket::{Ended, Websocket};
use slots::{Asked, Slots};
use visit::{Visit, visit};

/// Less than the server's heartbeat (25 s): who says nothing for three of them is closed.
pub(super) const PING_EVERY: Duration = Duration::from_secs(20);

/// A sign of life, which has no reference.
pub(super) const PING: &str = r#"{"type":"ping"}"#;

/// A connection.
pub(super) struct Talker {
    shared: Shared,
    chat: Arc<Chat>,
    clock: Clock,
    voice: Voice,
    first_seat: usize,
    slots: Slots,
    link: Link,
    /// Those who come in on connections of their own, and how many have.
    visits: FuturesUnordered<Visit>,
    visited: u32,
    /// Rings at or before the first of what is waited for: it is set anew when it rings.
    alarm: Pin<Box<Sleep>>,
    alarm_ns: u64,
    /// When something was said last.
    said_ns: u64,
    /// The desk had nothing, and seats were free: what comes next has only waited for the generator.
    has_waited: bool,
    /// There is nothing more to do.
    is_over: bool,
}

/// What it speaks through.
enum Link {
    Closed,
    Opening(Pin<Box<dyn Future<Output = Result<Websocket, Unwelcome>> + Send>>),
    Open(Box<Websocket>),
}

impl Talker {
    /// With so many seats of the desk, from the first one on.
    pub(super) fn new(
        (shared, chat): (Shared, Arc<Chat>),
        voice: Voice,
        (first_seat, seats): (usize, u32),
        socket: Option<Websocket>,
        clock: Clock,
    ) -> Self {
        let link = socket.map_or(Link::Closed, |socket| Link::Open(Box::new(socket)));
        let alarm_ns = nanos(PING_EVERY);
        let alarm = Box::pin(tokio::time::sleep(PING_EVERY));
        Self {
            shared,
            chat,
            clock,
            voice,
            first_seat,
            slots: Slots::new(seats),
            link,
            visits: FuturesUnordered::new(),
            visited: 0,
            alarm,
            alarm_ns,
            said_ns: 0,
            has_waited: false,
            is_over: false,
        }
    }

    /// Asks until there is nothing more to ask.
    pub(super) async fn run(mut self) {
        poll_fn(|cx| self.poll(cx)).await;
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            self.take_jobs(cx);
            let has_opened = self.poll_opening(cx);
            let has_left = self.poll_visits(cx);
            let has_heard = self.poll_talk(cx);
            if !has_opened && !has_left && !has_heard && !self.poll_alarm(cx) {
                break;
            }
        }
        if self.is_over && self.slots.are_free() { self.hang_up(cx) } else { Poll::Pending }
    }

    /// Takes requests as long as there are some and seats are free.
    fn take_jobs(&mut self, cx: &mut Context<'_>) {
        while !self.is_over {
            let Some(slot) = self.slots.next_free() else {
                self.has_waited = false;
                return;
            };
            let now_ns = self.clock.now_ns();
            let seat = self.first_seat + slot;
            let job = self.shared.desk().poll_job(seat, now_ns, self.has_waited, cx.waker());
            match job {
                Poll::Pending => {
                    self.has_waited = true;
                    return;
                }
                Poll::Ready(None) => self.is_over = true,
                Poll::Ready(Some(job)) => self.begin(job, now_ns),
            }
        }
    }

    fn begin(&mut self, job: Job, sent_ns: u64) {
        let act = self.chat.act(job.index);
        let slot = self.slots.begin(Asked { job, sent_ns, act, is_said: false });
        let deadline_ns = sent_ns + nanos(self.shared.timeout);
        if deadline_ns < self.alarm_ns {
            self.set_alarm(deadline_ns);
        }
        if act == Act::Connect {
            return self.visit(slot);
        }
        match &mut self.link {
            Link::Open(_) => self.say(slot),
            Link::Opening(_) => {}
            Link::Closed => {
                let (chat, dial) = (Arc::clone(&self.chat), self.shared.dial.clone());
                let timeout = self.shared.timeout;
                let hello = self.voice.hello(&chat);
                let opening = async move { enter(&chat, &dial, timeout, &hello).await };
                self.link = Link::Opening(Box::pin(opening));
            }
        }
    }

    /// Says what is asked in a slot, with the next flush.
    fn say(&mut self, slot: usize) {
        let Link::Open(socket) = &mut self.link else { return };
        let reference = self.slots.reference(slot);
        let Some(asked) = self.slots.asked(slot) else { return };
        asked.is_said = true;
        self.said_ns = asked.sent_ns;
        if let Some(text) = self.voice.ask(&self.chat, asked.act, &asked.job, reference) {
            socket.put(&text);
        }
    }

    /// Sends someone in on a connection of their own.
    fn visit(&mut self, slot: usize) {
        self.visited += 1;
        let hello = self.voice.visitor(self.visited).hello(&self.chat);
        let reference = self.slots.reference(slot);
        let both = (self.shared.clone(), Arc::clone(&self.chat));
        self.visits.push(Box::pin(visit(both, hello, reference)));
    }

    /// Whether someone came in and left, or was turned away.
    fn poll_visits(&mut self, cx: &mut Context<'_>) -> bool {
        if self.visits.is_empty() {
            return false;
        }
        let Poll::Ready(Some((reference, came_in))) = self.visits.poll_next_unpin(cx) else {
            return false;
        };
        // Nobody waits for one whose time was up.
        let Some(slot) = self.slots.slot_of(reference) else { return true };
        match came_in {
            Ok(()) => self.hand_in(slot, DONE, &[]),
            Err(why) => self.turned_away(slot, &why),
        }
        true
    }

    /// Whether an attempt to open the connection has come to its end.
    fn poll_opening(&mut self, cx: &mut Context<'_>) -> bool {
        let Link::Opening(opening) = &mut self.link else { return false };
        let Poll::Ready(opened) = opening.as_mut().poll(cx) else { return false };
        match opened {
            Ok(socket) => {
                self.link = Link::Open(Box::new(socket));
                self.shared.desk().opened();
                self.slots.unsaid().into_iter().for_each(|slot| self.say(slot));
            }
            Err(why) => {
                self.link = Link::Closed;
                self.slots
                    .of_connection()
                    .into_iter()
                    .for_each(|slot| self.turned_away(slot, &why));
            }
        }
        true
    }

    /// Writes what was said, and hears what has come; whether something has.
    fn poll_talk(&mut self, cx: &mut Context<'_>) -> bool {
        let Self { link, shared, chat, slots, first_seat, clock, .. } = self;
        let Link::Open(socket) = link else { return false };
        let written = socket.poll_flush(cx);
        let now_ns = clock.now_ns();
        let mut each = |frame: &[u8]| {
            let Heard::Answer { reference, status } = heard(frame) else { return };
            let Some((slot, asked)) = slots.answered(reference) else { return };
            let said = if status < 400 { &[][..] } else { frame };
            settle((shared, chat), *first_seat + slot, &asked, now_ns, Ok((status, said)));
        };
        let read = socket.poll_read(cx, &mut each);
        let ended = match (read, written) {
            (Poll::Ready(Ok(bytes)), _) => {
                self.shared.desk().tally.counts.bytes_in += bytes as u64;
                return true;
            }
            (Poll::Ready(Err(why)), _) => why,
            (Poll::Pending, Poll::Ready(Err(why))) => Ended::Io(why),
            (Poll::Pending, Poll::Ready(Ok(())) | Poll::Pending) => return false,
        };
        self.lost(ended);
        true
    }

    fn lost(&mut self, why: Ended) {
        self.link = Link::Closed;
        self.shared.desk().closed();
        let failed = failed(why);
        self.slots.of_connection().into_iter().for_each(|slot| self.fail(slot, &failed));
    }

    /// Whether time was up for something.
    fn poll_alarm(&mut self, cx: &mut Context<'_>) -> bool {
        if self.alarm.as_mut().poll(cx).is_pending() {
            return false;
        }
        let now_ns = self.clock.now_ns();
        let timeout_ns = nanos(self.shared.timeout);
        let fault = Fault::Timeout;
        for slot in self.slots.said_by(now_ns.saturating_sub(timeout_ns)) {
            self.fail(slot, &Failed::new(fault, fault.name()));
        }
        let ping_ns = nanos(PING_EVERY);
        if let Link::Open(socket) = &mut self.link
            && now_ns >= self.said_ns + ping_ns
        {
            self.said_ns = now_ns;
            socket.put(PING);
        }
        let deadline_ns = self.slots.oldest_ns().map_or(u64::MAX, |ns| ns + timeout_ns);
        self.set_alarm(deadline_ns.min(self.said_ns + ping_ns).max(now_ns + 1));
        true
    }

    fn set_alarm(&mut self, at_ns: u64) {
        self.alarm_ns = at_ns;
        let at = self.clock.beginning() + Duration::from_nanos(at_ns);
        self.alarm.as_mut().reset(at.into());
    }

    fn turned_away(&mut self, slot: usize, why: &Unwelcome) {
        match why {
            Unwelcome::Failed(failed) => self.fail(slot, failed),
            Unwelcome::Refused { status, said } => self.hand_in(slot, *status, said.as_bytes()),
        }
    }

    fn hand_in(&mut self, slot: usize, status: u16, said: &[u8]) {
        self.end(slot, Ok((status, said)));
    }

    fn fail(&mut self, slot: usize, failed: &Failed) {
        self.end(slot, Err(failed));
    }

    fn end(&mut self, slot: usize, ended: Result<(u16, &[u8]), &Failed>) {
        let Some(asked) = self.slots.end(slot) else { return };
        let (both, now_ns) = ((&self.shared, &*self.chat), self.clock.now_ns());
        settle(both, self.first_seat + slot, &asked, now_ns, ended);
    }

    /// Says farewell, if it can be said at once.
    fn hang_up(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Link::Open(socket) = &mut self.link {
            socket.put_close();
            // Whether it is heard changes nothing.
            let _ = socket.poll_flush(cx);
            self.shared.desk().closed();
        }
        self.link = Link::Closed;
        Poll::Ready(())
    }
}

/// Tells the desk what became of a request.
fn settle(
    (shared, chat): (&Shared, &Chat),
    seat: usize,
    asked: &Asked,
    now_ns: u64,
    ended: Result<(u16, &[u8]), &Failed>,
) {
    let stamps = asked.stamps(now_ns);
    let mut desk = shared.desk();
    let (was_waited_for, is_done) = match ended {
        Ok((status, said)) => (desk.answered(seat, &stamps, status, said), status < 400),
        Err(failed) => (desk.failed(seat, &stamps, failed), false),
    };
    if !was_waited_for {
        return;
    }
    let due_ns = asked.job.due_ns;
    if chat.is_mixture() {
        desk.tally.count_act(asked.act, due_ns, is_done.then_some(now_ns));
    }
    if is_done && asked.act == Act::Send {
        desk.expect(due_ns, chat.wanted.listeners);
    }
}
