//! What the NLP service costs, and what is saved: for `/v1/status` and `/metrics`.

use serde::Serialize;

use crate::config::Prices;
use crate::owner::enrich_drive::EnrichGauges;

/// Calls, tokens and money.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Spending {
    /// Requests that were sent.
    pub(crate) requests: u64,
    /// Texts in them.
    pub(crate) texts: u64,
    pub(crate) tokens: u64,
    /// In the unit of the prices; 0 where there are none.
    pub(crate) cost: f64,
    /// Calls that were not made: the answer was known or on its way.
    pub(crate) saved_calls: u64,
    pub(crate) saved_tokens: u64,
    pub(crate) saved_cost: f64,
    /// Calls that were held back, for the service's limits.
    pub(crate) withheld: u64,
}

impl Spending {
    pub(crate) fn of(now: &EnrichGauges, prices: &Prices) -> Self {
        let sent = now.endpoints.iter();
        let (requests, failures) = sent.fold((0, 0), |(requests, failures), endpoint| {
            (requests + endpoint.requests, failures + endpoint.failures)
        });
        let gauges = &now.dispatch;
        let saved_calls = gauges.saved.iter().sum();
        Self {
            requests,
            texts: gauges.texts,
            tokens: gauges.tokens,
            cost: cost(requests - failures, gauges.tokens, prices),
            saved_calls,
            saved_tokens: gauges.saved_tokens,
            saved_cost: cost(saved_calls, gauges.saved_tokens, prices),
            withheld: gauges.withheld[0],
        }
    }
}

/// Of so many answered calls, and so many tokens.
#[expect(clippy::cast_precision_loss, reason = "money for people")]
fn cost(calls: u64, tokens: u64, prices: &Prices) -> f64 {
    calls as f64 * prices.per_call + tokens as f64 / 1e6 * prices.per_million_tokens
}

#[cfg(test)]
mod tests;
