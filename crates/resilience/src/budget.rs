//! One budget for every call that is not the first for its event: retries and hedges together.
//!
//! Each first call deposits a share of a call, each second one withdraws a whole one; both are forgotten after
//! 10 s. A reserve lets a quiet service retry too. Over any window of the budget
//! `withdrawals <= ratio * deposits + reserve`, so an outage cannot multiply the load on what is down
//! (Finagle's `RetryBudget`, tower's `TpsBudget`). Shares are parts of a million, so no ratio is rounded to `1/n`.
//!
//! An exhausted budget says no to the second call and does nothing to the first.

use std::time::Duration;

use model::Mono;

use crate::slots::Slots;

/// What a withdrawal costs.
const CALL_PPM: i64 = 1_000_000;
const SLOT: Duration = Duration::from_secs(1);
const SLOTS: usize = 10;

/// How many second calls there may be.
#[derive(Debug, Clone, Copy)]
pub struct BudgetSettings {
    /// For each first call, in millionths of a call.
    pub ratio_ppm: u32,
    /// Besides, for each second of the window.
    pub reserve_per_s: u32,
}

impl Default for BudgetSettings {
    /// 10 % of calls and 10 a second.
    fn default() -> Self {
        Self { ratio_ppm: 100_000, reserve_per_s: 10 }
    }
}

/// A budget of second calls over the last 10 s.
#[derive(Debug, Clone)]
pub struct Budget {
    ratio_ppm: i64,
    reserve_ppm: i64,
    /// Deposits less withdrawals, in millionths of a call.
    balance_ppm: Slots<i64, SLOTS>,
}

impl Budget {
    /// One with its reserve full.
    pub fn new(settings: BudgetSettings) -> Self {
        Self {
            ratio_ppm: i64::from(settings.ratio_ppm),
            reserve_ppm: i64::from(settings.reserve_per_s) * CALL_PPM * SLOTS as i64,
            balance_ppm: Slots::new(SLOT),
        }
    }

    /// A first call is sent.
    pub fn deposit(&mut self, now: Mono) {
        *self.balance_ppm.at(now) += self.ratio_ppm;
    }

    /// May a second call be sent? If so, it is paid for.
    #[must_use]
    pub fn withdraw(&mut self, now: Mono) -> bool {
        let enough = self.left_ppm(now) >= CALL_PPM;
        if enough {
            *self.balance_ppm.at(now) -= CALL_PPM;
        }
        enough
    }

    /// How many second calls could be sent at once now.
    pub fn left(&mut self, now: Mono) -> u64 {
        u64::try_from(self.left_ppm(now) / CALL_PPM).unwrap_or(0)
    }

    fn left_ppm(&mut self, now: Mono) -> i64 {
        self.reserve_ppm + self.balance_ppm.all(now).iter().sum::<i64>()
    }
}

#[cfg(test)]
mod tests;
