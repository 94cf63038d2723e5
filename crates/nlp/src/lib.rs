//! A real NLP service over HTTP, as slow and as unreliable as it is told to be: what `lexicon` can
//! tell of a text (language, sentiment, topic, keywords, toxicity, urgency).
//!
//! It knows nothing of the server that asks it. The latency of each answer and which requests fail
//! are drawn from a seed, in the order in which requests arrive.
//!
//! # Invariants
//!
//! - The same text has the same analysis, always.
//! - An answer comes no sooner than its drawn latency after its request was read; the analysis is
//!   within it.
//! - What is bounded has a name: [`TEXT_MAX_BYTES`], [`TEXTS_MAX`], [`BODY_MAX_BYTES`],
//!   [`IN_FLIGHT_MAX`], [`LATENCY_MAX`].

mod analysis;
mod dice;
mod http;
mod metrics;
mod options;
mod problem;
mod service;

pub use analysis::{Analysis, analyze};
pub use dice::LATENCY_MAX;
pub use http::{BODY_MAX_BYTES, IN_FLIGHT_MAX, TEXT_MAX_BYTES, TEXTS_MAX};
pub use options::{Latency, NlpArgs, Options, OptionsError};
pub use service::{NlpError, Service, bind, serve};
