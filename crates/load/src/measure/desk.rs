//! Where the connections of one worker get their requests, and hand in what became of them.
//!
//! A desk belongs to one worker; its lock is taken by others once a second, when the collector swaps the tally.
//!
//! # Invariants
//!
//! - A request is handed to one connection, once, and comes back once; what has not come back is in flight.
//! - Connections that wait are woken in the order they came, one for each request.
//! - A tally is of the warm-up or of what is measured, never of both, whenever the collector comes for it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Poll, Waker};

use super::fault::{Failed, Fault};
use super::queue::{Job, Queue};
use super::run::Reach;
use super::tally::{Stamps, Tally};

/// Where requests come from.
pub(crate) enum Source {
    /// They are due whatever became of the last.
    Open(Queue),
    /// Each connection asks for the next.
    Closed(Closed),
}

/// The source of a closed loop.
pub(crate) struct Closed {
    /// Numbers given out by all workers.
    issued: Arc<AtomicU64>,
    /// Requests of all workers; `u64::MAX` for any number.
    most: u64,
    /// Nothing is begun from then on.
    until_ns: u64,
    /// The number of the first among those of all processes, and from one to the next.
    first: u64,
    stride: u64,
    is_exhausted: bool,
}

/// Of one worker.
pub(crate) struct Desk {
    source: Source,
    idle: VecDeque<usize>,
    seats: Vec<Seat>,
    is_over: bool,
    pub(crate) tally: Tally,
    pub(crate) warm_up: WarmUp,
    /// What takes longer is kept as a spike.
    pub(crate) spike_ns: u64,
    /// All that became due, and all of it that came back, warm-up included.
    pub(crate) offered: u64,
    pub(crate) returned: u64,
    /// What listeners heard of what was due from then on.
    pub(crate) reach: Reach,
    reach_from_ns: u64,
    /// Connections that are open.
    pub(crate) open: u32,
    pub(crate) open_most: u32,
}

/// What lies at hand for the end of the warm-up.
#[derive(Debug, Default)]
pub(crate) struct WarmUp {
    /// For what is due from then on; nothing if there is no warm-up, or once it is over.
    next: Option<Box<Tally>>,
    /// What was counted until then, and not yet taken.
    pub(crate) over: Option<Tally>,
}

/// Of one connection.
#[derive(Debug, Default)]
struct Seat {
    waker: Option<Waker>,
    is_idle: bool,
    /// What it is at.
    job: Option<(Job, u64)>,
}

impl Desk {
    pub(crate) fn new(source: Source, connections: usize) -> Self {
        Self {
            source,
            idle: VecDeque::with_capacity(connections),
            seats: std::iter::repeat_with(Seat::default).take(connections).collect(),
            is_over: false,
            tally: Tally::default(),
            warm_up: WarmUp::default(),
            spike_ns: u64::MAX,
            offered: 0,
            returned: 0,
            reach: Reach::default(),
            reach_from_ns: 0,
            open: 0,
            open_most: 0,
        }
    }

    /// What is due before that counts for nothing.
    pub(crate) fn with_warm_up(mut self, until_ns: u64) -> Self {
        self.reach_from_ns = until_ns;
        if until_ns > 0 {
            let mut next = Box::<Tally>::default();
            next.counts.from_ns = until_ns;
            self.warm_up.next = Some(next);
        }
        self
    }

    /// The next request for the connection at that seat; nothing once all is done. `has_waited`: the connection was
    /// idle, so that all the time until now is the generator's own lateness.
    pub(crate) fn poll_job(
        &mut self,
        seat: usize,
        now_ns: u64,
        has_waited: bool,
        waker: &Waker,
    ) -> Poll<Option<Job>> {
        if let Some(mut job) = self.next(now_ns) {
            if has_waited {
                job.picked_ns = now_ns;
            }
            let is_open = matches!(self.source, Source::Open(_));
            self.tally.start(&job, now_ns, is_open);
            self.seats[seat].job = Some((job, now_ns));
            return Poll::Ready(Some(job));
        }
        if self.is_over || self.is_exhausted() {
            return Poll::Ready(None);
        }
        let Seat { waker: kept, is_idle, .. } = &mut self.seats[seat];
        match kept {
            Some(kept) => kept.clone_from(waker),
            None => *kept = Some(waker.clone()),
        }
        if !*is_idle {
            *is_idle = true;
            self.idle.push_back(seat);
        }
        Poll::Pending
    }

    /// Notices what is due, wakes as many connections as can take it, and tells when the next is due: nothing once
    /// there is no more.
    pub(crate) fn pace(&mut self, now_ns: u64) -> Option<u64> {
        self.notice(now_ns);
        let Source::Open(queue) = &mut self.source else { return None };
        let next = queue.next_due_ns();
        for _ in 0..queue.waiting() {
            let Some(seat) = self.idle.pop_front() else { break };
            self.seats[seat].is_idle = false;
            if let Some(waker) = &self.seats[seat].waker {
                waker.wake_by_ref();
            }
        }
        if self.is_exhausted() {
            self.wake_all();
        }
        next
    }

    /// Whether anybody still waited for it.
    pub(crate) fn answered(
        &mut self,
        seat: usize,
        stamps: &Stamps,
        status: u16,
        body: &[u8],
    ) -> bool {
        let was_out = self.give_back(seat);
        if was_out {
            self.tally.answer(stamps, status, body, self.spike_ns);
        }
        was_out
    }

    /// Whether anybody still waited for it.
    pub(crate) fn failed(&mut self, seat: usize, stamps: &Stamps, failed: &Failed) -> bool {
        let was_out = self.give_back(seat);
        if was_out {
            self.tally.fail(stamps, failed.fault, &failed.detail);
        }
        was_out
    }

    /// So many should hear what was due then.
    pub(crate) fn expect(&mut self, due_ns: u64, listeners: u32) {
        if due_ns >= self.reach_from_ns {
            self.reach.expected += u64::from(listeners);
        }
    }

    /// Somebody heard what was due then.
    pub(crate) fn heard(&mut self, due_ns: u64, now_ns: u64) {
        if due_ns >= self.reach_from_ns {
            self.reach.heard += 1;
        }
        self.warm_up.pass(&mut self.tally, due_ns);
        self.tally.deliver(due_ns, now_ns);
    }

    /// A connection that listens has ended.
    pub(crate) fn lost_listener(&mut self, why: &str) {
        self.reach.lost += 1;
        self.tally.note_failure(&format!("a connection that listens: {why}"));
    }

    pub(crate) fn opened(&mut self) {
        self.open += 1;
        self.open_most = self.open_most.max(self.open);
        self.tally.counts.connects += 1;
    }

    pub(crate) fn closed(&mut self) {
        self.open -= 1;
    }

    /// Nothing new becomes due; what is due is still made.
    pub(crate) fn end(&mut self) {
        match &mut self.source {
            Source::Open(queue) => queue.end(),
            Source::Closed(closed) => closed.until_ns = 0,
        }
        self.wake_all();
    }

    /// Nothing is begun any more; what was not answered has failed.
    pub(crate) fn close(&mut self, now_ns: u64) {
        self.end();
        self.is_over = true;
        self.notice(now_ns);
        for seat in 0..self.seats.len() {
            if let Some((job, sent_ns)) = self.seats[seat].job {
                let stamps = Stamps { job, sent_ns, first_byte_ns: now_ns, done_ns: now_ns };
                let fault = Fault::NotAnswered;
                self.failed(seat, &stamps, &Failed::new(fault, fault.name()));
            }
        }
        if let Source::Open(queue) = &mut self.source {
            while let Some(job) = queue.take() {
                self.tally.never_started(job.due_ns, now_ns);
                self.returned += 1;
            }
        }
        self.wake_all();
    }

    /// Whether all that was due came back and no more will be.
    pub(crate) fn is_done(&mut self) -> bool {
        self.is_exhausted() && self.returned == self.offered
    }

    fn next(&mut self, now_ns: u64) -> Option<Job> {
        self.notice(now_ns);
        match &mut self.source {
            Source::Open(queue) => queue.take(),
            Source::Closed(closed) => {
                let index = closed.next(now_ns)?;
                self.offered += 1;
                self.warm_up.pass(&mut self.tally, now_ns);
                self.tally.offer(now_ns);
                Some(Job { index, due_ns: now_ns, picked_ns: now_ns })
            }
        }
    }

    fn notice(&mut self, now_ns: u64) {
        let Source::Open(queue) = &mut self.source else { return };
        let (tally, warm_up, offered) = (&mut self.tally, &mut self.warm_up, &mut self.offered);
        queue.notice(now_ns, |due_ns| {
            *offered += 1;
            warm_up.pass(tally, due_ns);
            tally.offer(due_ns);
        });
    }

    /// Whether no request will be handed out any more.
    fn is_exhausted(&mut self) -> bool {
        match &mut self.source {
            Source::Open(queue) => queue.waiting() == 0 && queue.next_due_ns().is_none(),
            Source::Closed(closed) => closed.is_exhausted,
        }
    }

    /// False if it came back already: the desk closed meanwhile.
    fn give_back(&mut self, seat: usize) -> bool {
        let was_out = self.seats[seat].job.take().is_some();
        self.returned += u64::from(was_out);
        was_out
    }

    fn wake_all(&mut self) {
        self.idle.clear();
        for seat in &mut self.seats {
            seat.is_idle = false;
            if let Some(waker) = &seat.waker {
                waker.wake_by_ref();
            }
        }
    }
}

impl WarmUp {
    /// Puts the tally aside if what is due then is the first after the warm-up.
    fn pass(&mut self, tally: &mut Tally, due_ns: u64) {
        if let Some(next) = self.next.take_if(|next| due_ns >= next.counts.from_ns) {
            self.over = Some(std::mem::replace(tally, *next));
        }
    }
}

impl Closed {
    /// `most` requests of all workers together, or until a time.
    pub(crate) fn new(issued: Arc<AtomicU64>, most: u64, until_ns: u64) -> Self {
        Self { issued, most, until_ns, first: 0, stride: 1, is_exhausted: false }
    }

    /// Numbers that other processes leave free.
    pub(crate) fn numbered(self, first: u64, stride: u64) -> Self {
        Self { first, stride, ..self }
    }

    fn next(&mut self, now_ns: u64) -> Option<u64> {
        if now_ns < self.until_ns {
            let index = self.issued.fetch_add(1, Ordering::Relaxed);
            if index < self.most {
                return Some(self.first + self.stride * index);
            }
        }
        self.is_exhausted = true;
        None
    }
}

#[cfg(test)]
mod tests;
