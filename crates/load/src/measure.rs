//! Measures a server: requests at a rate or as fast as it answers, who was saturated, and the proof.
//!
//! A measurement is one [`run::Run`]: everything that was seen, in one file. Reports, comparisons and
//! verdicts are made of that alone, today or years later.
//!
//! # Invariants
//!
//! - What is due is never dropped: its time queues, and its latency counts from when it was due.
//! - Memory does not grow with the number of requests.

pub mod run;
