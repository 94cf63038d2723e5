//! How often someone may ask: a rate with a burst, as the generic cell rate algorithm has it (ITU-T
//! I.371, annex A, virtual scheduling). One number of state, so that it can stand in every connection.

use std::collections::HashMap;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use model::UserId;

/// Users whose rate is remembered. Beyond it, while nobody can be forgotten, newcomers share one.
const RATES_MAX: usize = 65_536;

/// Those that can be forgotten are looked for at most so often, nanoseconds.
const SWEEP_EVERY_NS: u64 = 1_000_000_000;

/// A limit: so many a second on average, and so many at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// A second; 0 = as many as one likes.
    pub per_second: u32,
    /// At once, after a quiet time.
    pub burst: u32,
}

/// What was asked of one limit. Shared by those it is for.
#[derive(Debug, Default)]
pub(crate) struct Rate {
    /// When the next would be due, were all evenly spaced: nanoseconds of whatever clock asks.
    due: AtomicU64,
}

impl Rate {
    /// One more, now (nanoseconds of a clock that never goes back).
    ///
    /// # Errors
    /// How long to wait.
    pub(crate) fn take(&self, limit: RateLimit, now: u64) -> Result<(), Duration> {
        self.take_all(limit, 1, now)
    }

    /// So many more, all of them or none. More than the burst go through after a quiet time, and are
    /// made up for by a longer wait.
    ///
    /// # Errors
    /// How long to wait.
    pub(crate) fn take_all(&self, limit: RateLimit, many: u32, now: u64) -> Result<(), Duration> {
        if limit.per_second == 0 {
            return Ok(());
        }
        let spacing = 1_000_000_000 / u64::from(limit.per_second);
        let burst = limit.burst.max(1);
        let ahead_max = spacing * u64::from(burst - many.clamp(1, burst));
        let step = |due: u64| {
            let from = due.max(now);
            (from - now <= ahead_max).then_some(from + spacing * u64::from(many))
        };
        match self.due.fetch_update(Relaxed, Relaxed, step) {
            Ok(_) => Ok(()),
            Err(due) => Err(Duration::from_nanos((due - now).saturating_sub(ahead_max))),
        }
    }

    /// Whether it says the same as one that was never asked.
    fn is_rested(&self, now: u64) -> bool {
        self.due.load(Relaxed) <= now
    }
}

/// What each user asks, over all their connections and requests: it outlives them, or a new one would
/// be a new burst.
#[derive(Debug, Default)]
pub(crate) struct Rates {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    by_user: HashMap<UserId, Arc<Rate>>,
    /// Of those for whom there was no room.
    shared: Arc<Rate>,
    swept: u64,
}

impl Rates {
    /// This user's, now (as for [`Rate::take`]).
    pub(crate) fn of(&self, user: &UserId, now: u64) -> Arc<Rate> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(rate) = state.by_user.get(user) {
            return Arc::clone(rate);
        }
        let sweep_at = state.swept.saturating_add(SWEEP_EVERY_NS);
        if state.by_user.len() >= RATES_MAX && now >= sweep_at {
            state.swept = now;
            state.by_user.retain(|_, rate| Arc::strong_count(rate) > 1 || !rate.is_rested(now));
        }
        if state.by_user.len() >= RATES_MAX {
            return Arc::clone(&state.shared);
        }
        Arc::clone(state.by_user.entry(user.clone()).or_default())
    }
}

#[cfg(test)]
mod tests;
