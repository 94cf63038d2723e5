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
//! - [`Buckets`], fed by [`Told`]: whether a rate limit of the service leaves room for a call.
//! - [`choose`]: which of several endpoints is asked.
//! - [`Codel`]: who has waited too long to be served.
//! - [`FairQueue`]: who of many is served next.
//! - [`hedge`]: when to send a second call beside a slow first.

mod backoff;
mod breaker;
mod bucket;
mod budget;
mod choice;
mod codel;
mod dice;
mod fair_queue;
mod headers;
pub mod hedge;
mod histogram;
mod limiter;
mod quantile;
mod round;
mod slots;

pub use backoff::{Backoff, RETRY_AFTER_MAX};
pub use breaker::{Breaker, BreakerSettings, BreakerState, Failure, Manual, Verdict};
pub use bucket::{Buckets, Permit, Rate};
pub use budget::{Budget, BudgetSettings};
pub use choice::{PeakEwma, choose};
pub use codel::Codel;
pub use fair_queue::{Class, End, FairQueue, FairQueueSettings, Item, RESERVED_PERCENT, Refusal};
pub use headers::{Quota, Told};
pub use limiter::{Limiter, LimiterSettings, Outcome};
pub use quantile::Quantiles;
