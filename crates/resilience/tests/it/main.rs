//! What each policy is good for: an outside service in virtual time, with the policy and without.

mod breaker;
mod dice;
mod limiter;
mod rivals;
mod service;
