//! Not more than a service's rate limits allow: requests and tokens a minute.
//!
//! Two leaky buckets by the generic cell rate algorithm (ITU-T I.371): one moment each, the theoretical arrival time,
//! says how full it is. Over any span no more than `rate * span + burst` is granted. A call reserves an estimate of
//! its tokens, and what it did not use is given back. What the service says of its own count is believed when it is
//! less than ours: others may use the same key.

use std::time::Duration;

use model::Mono;

use crate::backoff::believed;
use crate::headers::{Quota, Told};
use crate::round::nanos;

const MINUTE_NS: u128 = 60_000_000_000;

/// How much, how often.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    /// So many a minute in the long run; at least 1.
    pub per_minute: u64,
    /// So many at once.
    pub burst: u64,
}

/// May a call be sent?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permit {
    /// Yes, and it is paid for.
    Granted,
    /// Not before so long; nothing is paid for.
    After(Duration),
    /// It is more than is ever granted at once.
    Never,
}

/// The rate limits of one key of a service.
#[derive(Debug, Clone)]
pub struct Buckets {
    requests: Gcra,
    tokens: Gcra,
    /// The service said: not before.
    frozen: Mono,
}

impl Buckets {
    /// Both full.
    pub fn new(requests: Rate, tokens: Rate) -> Self {
        Self { requests: Gcra::new(requests), tokens: Gcra::new(tokens), frozen: Mono(0) }
    }

    /// Asks for one call of so many tokens by estimate; both buckets grant it or neither.
    #[must_use]
    pub fn reserve(&mut self, now: Mono, tokens: u64) -> Permit {
        if !self.requests.ever(1) || !self.tokens.ever(tokens) {
            return Permit::Never;
        }
        let wait = self.requests.wait(now, 1).max(self.tokens.wait(now, tokens));
        let wait = wait.max(self.frozen.since(now));
        if !wait.is_zero() {
            return Permit::After(wait);
        }
        self.requests.take(now, 1);
        self.tokens.take(now, tokens);
        Permit::Granted
    }

    /// A call has ended and used so many tokens; the difference to the estimate is given back, or taken.
    pub fn settle(&mut self, now: Mono, reserved: u64, used: u64) {
        if used > reserved {
            self.tokens.take(now, used - reserved);
        } else {
            self.tokens.give_back(reserved - used);
        }
    }

    /// What the service said with an answer. It only ever lowers what is left.
    pub fn reconcile(&mut self, now: Mono, told: &Told) {
        let mut wait = believed(told.retry_after);
        for (bucket, quota) in
            [(&mut self.requests, told.requests), (&mut self.tokens, told.tokens)]
        {
            let Quota { remaining, reset } = quota;
            if let Some(remaining) = remaining {
                bucket.lower(now, remaining);
            }
            if remaining == Some(0) {
                wait = wait.max(believed(reset));
            }
        }
        if let Some(wait) = wait {
            self.frozen = self.frozen.max(now + wait);
        }
    }
}

/// One bucket.
#[derive(Debug, Clone)]
struct Gcra {
    rate: Rate,
    /// The theoretical arrival time: when it will be full again.
    full_at: Mono,
}

impl Gcra {
    fn new(rate: Rate) -> Self {
        Self { rate: Rate { per_minute: rate.per_minute.max(1), ..rate }, full_at: Mono(0) }
    }

    /// How long so many take to come back, rounded up: never a little more than the rate.
    fn span(&self, count: u64) -> Duration {
        let ns = (u128::from(count) * MINUTE_NS).div_ceil(u128::from(self.rate.per_minute));
        Duration::from_nanos(u64::try_from(ns).unwrap_or(u64::MAX))
    }

    fn ever(&self, count: u64) -> bool {
        count <= self.rate.burst
    }

    /// Until so many are there.
    fn wait(&self, now: Mono, count: u64) -> Duration {
        (self.full_at + self.span(count)).since(now + self.span(self.rate.burst))
    }

    fn take(&mut self, now: Mono, count: u64) {
        self.full_at = self.full_at.max(now) + self.span(count);
    }

    fn give_back(&mut self, count: u64) {
        self.full_at = Mono(self.full_at.0.saturating_sub(nanos(self.span(count))));
    }

    /// No more than `remaining` are left.
    fn lower(&mut self, now: Mono, remaining: u64) {
        let missing = self.rate.burst.saturating_sub(remaining);
        self.full_at = self.full_at.max(now + self.span(missing));
    }
}

#[cfg(test)]
mod tests;
