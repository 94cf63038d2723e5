//! A message's live stay: a call, a second one, or a guess when time is up.

use std::time::Duration;

use model::{Mono, Offset, Reason, Understood};

use super::{Command, Failed, Timer};
use crate::Enricher;
use crate::Protection;
use crate::service::{Kind, Suppressed};
use crate::trace::What;
use crate::waiting::Next;

/// Calls of one message in its live stay: the first, and one beside or after it.
const CALLS_MAX: u8 = 2;

impl Enricher {
    /// A first call, or a place in the queue, or a guess.
    pub(super) fn start(&mut self, target: Offset, now: Mono) {
        if !self.waiting.is_empty() && !self.service.has_room() {
            self.wait(target, now);
            return;
        }
        match self.service.place(now, Kind::First) {
            Ok(()) => self.first_call(target, now),
            Err(Reason::Breaker) => self.not_called(target, Reason::Breaker),
            Err(_) => self.wait(target, now),
        }
    }

    fn wait(&mut self, target: Offset, now: Mono) {
        let Some(message) = self.in_hand.get_mut(&target) else { return };
        message.is_queued = self.waiting.push(target, &message.said.sender, now);
        if message.is_queued {
            let others = self.waiting.len().saturating_sub(1);
            let others = u32::try_from(others).unwrap_or(u32::MAX);
            self.trace.add(target, What::Waits(others));
        } else {
            self.not_called(target, Reason::Overload);
        }
    }

    /// Those that wait, as many as there are places, and those that have waited for too long.
    pub(super) fn start_queued(&mut self, now: Mono) {
        while let Some(next) = self.waiting.next(now, self.service.has_room()) {
            let (Next::Served(target) | Next::Sloughed(target)) = next;
            let Some(message) = self.in_hand.get_mut(&target) else { continue };
            message.is_queued = false;
            match next {
                _ if !message.is_live() => self.release(target),
                Next::Sloughed(_) => self.not_called(target, Reason::Overload),
                // The breaker may let it go; there is a place.
                Next::Served(_) => self.start(target, now),
            }
        }
    }

    fn first_call(&mut self, target: Offset, now: Mono) {
        let Some(message) = self.in_hand.get(&target) else { return };
        let left = message.deadline.since(now);
        if let Some(after) = self.service.hedge_after(left, Duration::ZERO) {
            self.timers.insert((now + after, Timer::Hedge, target));
        }
        self.call(target, Kind::First, now);
    }

    pub(super) fn call(&mut self, target: Offset, kind: Kind, now: Mono) {
        let Some(message) = self.in_hand.get_mut(&target) else { return };
        let Some(text) = message.text.clone() else { return };
        message.calls += 1;
        message.called += 1;
        let number = message.called;
        self.trace.add(target, self.service.called(number, kind));
        self.commands.push_back(Command::Call { target, number, sent: now, text });
    }

    /// The first call is slow.
    pub(super) fn hedge(&mut self, target: Offset, now: Mono) {
        let Some(message) = self.in_hand.get(&target) else { return };
        if message.is_live() && message.calls == 1 && message.called < CALLS_MAX {
            match self.service.second(now, Kind::Hedge) {
                Ok(()) => self.call(target, Kind::Hedge, now),
                Err(why) => self.trace.add(target, What::Suppressed(why)),
            }
        }
    }

    /// There is no answer in time.
    pub(super) fn handle_deadline(&mut self, target: Offset) {
        let Some(message) = self.in_hand.get(&target) else { return };
        if message.is_live() {
            if message.calls > 0 {
                self.degrade(target, Reason::Deadline);
            } else {
                self.not_called(target, Reason::Limit);
            }
        }
    }

    pub(super) fn handle_failed(&mut self, target: Offset, how: Failed, now: Mono) {
        if how == Failed::Refused {
            self.append(target, Understood::Dead(Reason::Refused));
            return;
        }
        let Some(message) = self.in_hand.get(&target) else { return };
        if message.is_live() {
            if message.calls == 0 {
                self.after_failure(target, how, now);
            }
        } else if message.sweeps >= self.settings.tries_max && message.calls == 0 {
            let unreadable = how == Failed::Unreadable;
            let why = if unreadable { Reason::Unreadable } else { Reason::Exhausted };
            self.append(target, Understood::Dead(why));
        }
    }

    /// Its call was not sent: a guess now, and it was no try. Or another's was refused, who said the same.
    pub(super) fn handle_withheld(&mut self, target: Offset, why: Reason, now: Mono) {
        if why == Reason::Refused {
            self.append(target, Understood::Dead(why));
            return;
        }
        let Some(message) = self.in_hand.get_mut(&target) else { return };
        if message.is_live() {
            if message.calls == 0 {
                self.degrade(target, why);
            }
        } else if message.sweeps > 0 && message.is_settled() {
            message.sweeps -= 1;
            self.sweep.rest(now);
            self.leave(target);
        }
    }

    /// Its first call failed, and there is time left: a second at once, or a guess.
    fn after_failure(&mut self, target: Offset, how: Failed, now: Mono) {
        let Some(message) = self.in_hand.get(&target) else { return };
        let left = message.deadline.since(now);
        let has_deadline = self.service.has(Protection::Deadline);
        let why = match how {
            Failed::Throttled { .. } => Reason::RateLimit,
            Failed::Unreadable => Reason::Unreadable,
            Failed::Error | Failed::Refused => Reason::Failed,
        };
        if has_deadline && (message.called >= CALLS_MAX || !self.service.is_enough(left)) {
            self.service.suppress(Suppressed::Time);
            self.trace.add(target, What::Suppressed(Suppressed::Time));
            self.degrade(target, why);
            return;
        }
        match self.service.second(now, Kind::Retry) {
            Ok(()) => self.call(target, Kind::Retry, now),
            Err(suppressed) => {
                self.trace.add(target, What::Suppressed(suppressed));
                let is_budget = suppressed == Suppressed::Budget;
                self.degrade(target, if is_budget { Reason::Budget } else { why });
            }
        }
    }

    /// There is no call, so there is a guess.
    pub(super) fn not_called(&mut self, target: Offset, why: Reason) {
        self.trace.add(target, What::NotCalled(why));
        self.degrade(target, why);
    }

    /// Our own guess, for the time being.
    pub(super) fn degrade(&mut self, target: Offset, why: Reason) {
        let text = self.in_hand.get(&target).and_then(|message| message.text.as_ref());
        let Some(text) = text else { return };
        let guess = lexicon::guess(text.as_str());
        self.append(target, Understood::Degraded { why, guess });
    }
}
