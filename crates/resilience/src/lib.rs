//! When to ask an outside service again, when to stop, and how many at once.
//!
//! Pure: each policy is told the time and handed its dice, keeps its state in constant memory, and answers in
//! O(1) or O(log n) without allocating. Nothing here waits, sends or measures; the shell does. Each policy names
//! its source, and each has a test that counts, in virtual time, how much worse it is without it.
//!
//! - [`Backoff`]: how long to wait before the next try.
//! - [`Budget`]: whether a call more than the first may be made at all: retries and hedges together.
//! - [`Breaker`]: whether an endpoint is asked at all.
//! - [`Limiter`]: how many calls may be in flight.
//! - [`Quantiles`]: how long calls take now.
//! - [`hedge`]: when to send a second call beside a slow first.

mod backoff;
mod breaker;
mod budget;
mod dice;
pub mod hedge;
mod histogram;
mod limiter;
mod quantile;
mod round;
mod slots;

pub use backoff::{Backoff, RETRY_AFTER_MAX};
pub use breaker::{Breaker, BreakerSettings, BreakerState, Failure, Manual, Verdict};
pub use budget::{Budget, BudgetSettings};
pub use limiter::{Limiter, LimiterSettings, Outcome};
pub use quantile::Quantiles;
