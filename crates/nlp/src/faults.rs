//! How slow and how unreliable the service is: what `GET` and `PUT /v1/faults` and `--faults FILE`
//! speak of. `docs/nlp.md` says it field by field.
//!
//! What is left out has its default, and the default of all faults is none.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// No answer takes longer.
pub const LATENCY_MAX: Duration = Duration::from_secs(60);

/// Windows of outage.
pub const OUTAGES_MAX: usize = 64;

/// The most that sigma may be: at 2, one answer in 40 takes 50 medians.
const SIGMA_MAX: f64 = 2.0;

/// The longest stall, outage, or time from one outage to the next, milliseconds: a day.
const SPAN_MAX_MS: u64 = 86_400_000;

/// The longest time from byte to byte, and the longest `Retry-After`, milliseconds.
const DRIP_MAX_MS: u64 = 10_000;
const RETRY_AFTER_MAX_MS: u64 = 3_600_000;

/// The most requests a second of a limit.
const PER_S_MAX: u32 = 1_000_000;

/// How slow and how unreliable it is. Shares are of the requests, 0 to 1; each request has one fault
/// at most, so they add up to 1 at most.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// Where the dice begin.
    pub seed: u64,
    /// How long answers take.
    pub latency: Latency,
    /// Answered 500 at once.
    pub fail_fast_share: f64,
    /// Answered 500 after the full latency.
    pub fail_slow_share: f64,
    /// Answered 429.
    pub too_many: TooMany,
    /// Not answered at all.
    pub hang_share: f64,
    /// Answered byte after byte.
    pub drip: Drip,
    /// Cut off in the midst of the body.
    pub reset_share: f64,
    /// Answered 200 with a body that is no analysis.
    pub wrong_json_share: f64,
    /// Of the texts of a request with several, each for itself: has no analysis.
    pub item_fail_share: f64,
    /// After so many requests a connection is told to go (GOAWAY, `Connection: close`); 0 = never.
    pub goaway_every: u32,
    /// Nothing is answered for a while.
    pub stall: Stall,
    /// When everything is answered 503 at once.
    pub outages: Vec<Outage>,
}

/// How long answers take.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "distribution", rename_all = "lowercase", deny_unknown_fields)]
pub enum Latency {
    /// As measured latencies often are.
    LogNormal {
        /// Its mean, milliseconds, 0 to 60,000; 0 = at once.
        mean_ms: f64,
        /// The standard deviation of its logarithm, 0 to 2; 0 = always the mean.
        sigma: f64,
    },
    /// Always the same.
    Fixed {
        /// Milliseconds, 0 to 60,000; 0 = at once.
        ms: f64,
    },
}

/// When it is answered 429.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TooMany {
    /// Whatever the rate.
    pub share: f64,
    /// Requests a second above which the others are refused, after a burst of as many; 0 = no limit.
    pub per_s: u32,
    /// What such an answer says of when to come back, milliseconds.
    pub retry_after_ms: u64,
}

/// Answers byte after byte.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Drip {
    /// Of the requests.
    pub share: f64,
    /// From byte to byte, milliseconds, 1 to 10,000.
    pub ms_per_byte: u64,
}

/// Nothing is answered for a while; then all at once, as after a pause of the process.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Stall {
    /// From when the faults are set, milliseconds; 0 = no stall.
    pub for_ms: u64,
}

/// A window in which everything is answered 503 at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outage {
    /// Its begin, milliseconds after the faults are set.
    pub from_ms: u64,
    /// How long it lasts, milliseconds.
    pub for_ms: u64,
    /// From one begin to the next, milliseconds; 0 = only once.
    #[serde(default)]
    pub every_ms: u64,
}

/// Which field is wrong.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum FaultsError {
    /// A number that is out of its range.
    #[error("`{field}` is {found}: give {least} to {most}")]
    Range {
        /// As it is written.
        field: &'static str,
        /// What was given.
        found: f64,
        /// The least.
        least: f64,
        /// The most.
        most: f64,
    },
    /// The shares are more than all requests.
    #[error(
        "the shares of requests add up to {found}: each request has one fault at most, so give 1 at most"
    )]
    Shares {
        /// Their sum.
        found: f64,
    },
    /// An outage that begins anew before it ended.
    #[error(
        "an outage of {for_ms} ms comes every {every_ms} ms: let `every_ms` be longer than `for_ms`, or 0"
    )]
    Overlap {
        /// How long it lasts.
        for_ms: u64,
        /// From begin to begin.
        every_ms: u64,
    },
    /// More windows than are kept.
    #[error(
        "{found} outages: give {OUTAGES_MAX} at most; one with `every_ms` comes again by itself"
    )]
    Outages {
        /// How many.
        found: usize,
    },
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            seed: 1,
            latency: Latency::default(),
            fail_fast_share: 0.0,
            fail_slow_share: 0.0,
            too_many: TooMany::default(),
            hang_share: 0.0,
            drip: Drip::default(),
            reset_share: 0.0,
            wrong_json_share: 0.0,
            item_fail_share: 0.0,
            goaway_every: 0,
            stall: Stall::default(),
            outages: Vec::new(),
        }
    }
}

impl Default for Latency {
    fn default() -> Self {
        Self::LogNormal { mean_ms: 200.0, sigma: 0.25 }
    }
}

impl Default for TooMany {
    fn default() -> Self {
        Self { share: 0.0, per_s: 0, retry_after_ms: 1_000 }
    }
}

impl Default for Drip {
    fn default() -> Self {
        Self { share: 0.0, ms_per_byte: 10 }
    }
}

impl Faults {
    /// Whether they make sense.
    ///
    /// # Errors
    /// [`FaultsError`]: the first that does not.
    pub fn check(&self) -> Result<(), FaultsError> {
        self.latency.check()?;
        let shares = self.shares();
        for (field, share) in shares {
            within(field, share, 0.0, 1.0)?;
        }
        within("item_fail_share", self.item_fail_share, 0.0, 1.0)?;
        let sum: f64 = shares.iter().map(|(_, share)| share).sum();
        // Ten tenths are a little more than one.
        if sum > 1.0 + 1e-9 {
            return Err(FaultsError::Shares { found: sum });
        }
        let TooMany { per_s, retry_after_ms, .. } = self.too_many;
        within("too_many.per_s", f64::from(per_s), 0.0, f64::from(PER_S_MAX))?;
        span("too_many.retry_after_ms", retry_after_ms, 0, RETRY_AFTER_MAX_MS)?;
        span("drip.ms_per_byte", self.drip.ms_per_byte, 1, DRIP_MAX_MS)?;
        span("stall.for_ms", self.stall.for_ms, 0, SPAN_MAX_MS)?;
        if self.outages.len() > OUTAGES_MAX {
            return Err(FaultsError::Outages { found: self.outages.len() });
        }
        self.outages.iter().try_for_each(Outage::check)
    }

    /// Those of which a request has one at most, in the order in which the dice know them.
    pub(crate) fn shares(&self) -> [(&'static str, f64); 7] {
        [
            ("fail_fast_share", self.fail_fast_share),
            ("fail_slow_share", self.fail_slow_share),
            ("too_many.share", self.too_many.share),
            ("hang_share", self.hang_share),
            ("drip.share", self.drip.share),
            ("reset_share", self.reset_share),
            ("wrong_json_share", self.wrong_json_share),
        ]
    }
}

impl Latency {
    fn check(&self) -> Result<(), FaultsError> {
        let most = LATENCY_MAX.as_secs_f64() * 1e3;
        match *self {
            Self::LogNormal { mean_ms, sigma } => {
                within("latency.mean_ms", mean_ms, 0.0, most)?;
                within("latency.sigma", sigma, 0.0, SIGMA_MAX)
            }
            Self::Fixed { ms } => within("latency.ms", ms, 0.0, most),
        }
    }
}

impl Outage {
    fn check(&self) -> Result<(), FaultsError> {
        let Self { from_ms, for_ms, every_ms } = *self;
        span("outages.from_ms", from_ms, 0, SPAN_MAX_MS)?;
        span("outages.for_ms", for_ms, 1, SPAN_MAX_MS)?;
        span("outages.every_ms", every_ms, 0, SPAN_MAX_MS)?;
        match every_ms {
            1.. if every_ms <= for_ms => Err(FaultsError::Overlap { for_ms, every_ms }),
            _ => Ok(()),
        }
    }

    /// Whether it is now, so long after the faults were set.
    pub(crate) fn is_at(&self, elapsed_ms: u64) -> bool {
        let Some(since) = elapsed_ms.checked_sub(self.from_ms) else { return false };
        let since = if self.every_ms == 0 { since } else { since % self.every_ms };
        since < self.for_ms
    }
}

fn span(field: &'static str, found: u64, least: u64, most: u64) -> Result<(), FaultsError> {
    within(field, found as f64, least as f64, most as f64)
}

/// NaN is in no range.
fn within(field: &'static str, found: f64, least: f64, most: f64) -> Result<(), FaultsError> {
    match (least..=most).contains(&found) {
        true => Ok(()),
        false => Err(FaultsError::Range { field, found, least, most }),
    }
}

#[cfg(test)]
mod tests;
