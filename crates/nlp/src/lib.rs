//! A real NLP service over HTTP, as slow and as unreliable as it is told to be: what `lexicon` can
//! tell of a text (language, sentiment, topic, keywords, toxicity, urgency).
//!
//! It knows nothing of the server that asks it. The latency of each answer and which requests fail,
//! and how, are drawn from a seed, in the order in which requests arrive; they can be changed while it
//! runs.
//!
//! # Invariants
//!
//! - The same text has the same analysis, always.
//! - An answer comes no sooner than its drawn latency after its request was read; the analysis is
//!   within it.
//! - What is bounded has a name: [`TEXT_MAX_BYTES`], [`TEXTS_MAX`], [`BODY_MAX_BYTES`],
//!   [`MODEL_MAX_BYTES`], [`IN_FLIGHT_MAX`], [`CONNECTIONS_MAX`], [`STREAMS_MAX`], [`LATENCY_MAX`],
//!   [`OUTAGES_MAX`], [`DRAIN_MAX`].

mod analysis;
mod answer;
mod fate;
mod faults;
mod http;
mod metrics;
mod options;
mod problem;
mod question;
mod reply;
mod service;

pub use analysis::{Analysis, analyze};
pub use faults::{
    Drip, Faults, FaultsError, LATENCY_MAX, Latency, OUTAGES_MAX, Outage, Stall, TooMany,
};
pub use http::IN_FLIGHT_MAX;
pub use options::{NlpArgs, Options, OptionsError, STREAMS_MAX};
pub use question::{BODY_MAX_BYTES, MODEL_MAX_BYTES, TEXT_MAX_BYTES, TEXTS_MAX};
pub use service::{CONNECTIONS_MAX, DRAIN_MAX, NlpError, Service, bind, serve};
