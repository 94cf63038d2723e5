//! Measures a server: requests at a rate or as fast as it answers, who was saturated, and the proof.
//!
//! A measurement is one [`run::Run`]: everything that was seen, in one file. Reports, comparisons and
//! verdicts are made of that alone, today or years later.
//!
//! # Invariants
//!
//! - What is due is never dropped: its time queues, and its latency counts from when it was due.
//! - Memory does not grow with the number of requests.

mod abort;
mod args;
mod assemble;
mod chat;
mod clock;
mod command;
mod demo;
mod desk;
mod engine;
mod evidence;
mod fault;
mod health;
mod http1;
mod ladder;
mod line;
mod pacer;
mod part;
mod plan;
mod queue;
mod refusal;
mod request;
pub mod run;
mod selftest;
mod server;
mod shown;
pub(crate) mod socket;
mod spread;
mod stream;
mod summary;
mod tally;
pub(crate) mod target;
pub(crate) mod tls;
mod worker;

pub use args::{RunArgs, TargetArgs};
pub use command::run as measure;
pub use demo::{DemoArgs, demo};
pub(crate) use health::open_files_max;
pub use ladder::{LadderArgs, ladder};
pub(crate) use plan::duration;
pub(crate) use refusal::EXIT_INVALID;
pub use refusal::{EXIT_USAGE, Refusal};
pub use selftest::{SelftestArgs, selftest};
