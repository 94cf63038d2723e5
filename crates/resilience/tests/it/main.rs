//! What each policy is good for: an outside service in virtual time, with the policy and without.

mod breaker;
mod choosing;
mod dice;
mod fairness;
mod hedging;
mod limiter;
mod rivals;
mod service;
mod sloughing;
