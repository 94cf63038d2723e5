//! Is it real: what figures of a load run say, and how sure they are.
//!
//! Pure: numbers in, numbers and words out. What is random takes a seed, what needs the time is told it. Nothing here
//! measures; `load` does. Each method names its source, and is proved on simulated truth in `tests/it`.
//!
//! - [`schedule`]: when requests are due, in an open loop.
//! - [`histogram`], [`quantile`]: latencies in constant memory; how sure a quantile is.
//! - [`warm_up`]: what of a series is not steady yet.
//! - [`littles_law`]: how many are in flight.
//! - [`knee`], [`usl`]: where throughput ends to grow, and why.
//! - [`spikes`]: whether slow requests come periodically.
//! - [`verdict`]: who was at the limit: the client, the server, or what is between.
//! - [`slo`]: did it keep what was asked.
//! - [`compare`]: is one set of runs different from another.

pub mod compare;
mod dice;
pub mod histogram;
pub mod knee;
pub mod littles_law;
pub mod quantile;
mod round;
pub mod schedule;
pub mod slo;
pub mod spikes;
pub mod usl;
pub mod verdict;
pub mod warm_up;
