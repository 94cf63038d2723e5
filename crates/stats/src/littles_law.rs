//! Little's law: how many are in flight (J. D. C. Little, Operations Research 9, 1961: L = λ·W).
//!
//! It holds for whatever is stationary, without any distribution, so it needs no test of fit, and a figure that
//! contradicts it was measured wrongly.

use crate::round::whole;

/// How many requests are in flight on average, at a throughput in requests a second and a mean response in seconds.
#[must_use]
pub fn in_flight(throughput: f64, response_s: f64) -> f64 {
    throughput * response_s
}

/// How many connections, of one request at a time, a rate in requests a second needs if each is held for `service_s`
/// seconds. With the 99th percentile of service it leaves room for slow ones. At least 1.
#[must_use]
pub fn connections(rate: f64, service_s: f64) -> u64 {
    whole((rate * service_s).ceil()).max(1)
}

#[cfg(test)]
mod tests;
