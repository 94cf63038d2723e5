//! Simulated truth: what is known to be so has to be found, and what is not so must not be. Every run has its seed.

mod compare;
mod knee;
mod quantile;
mod schedule;
mod spikes;
mod truth;
mod usl;
