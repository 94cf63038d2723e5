//! A real NLP service over HTTP, as slow and as unreliable as it is told to be: what `lexicon` can
//! tell of a text (language, sentiment, topic, keywords, toxicity, urgency), and with the feature
//! `models` what a small model tells of its sentiment and topic.
//!
//! It knows nothing of the server that asks it. The latency of each answer and which requests fail,
//! and how, are drawn from a seed, in the order in which requests arrive; they can be changed while it
//! runs.
//!
//! # Invariants
//!
//! - The same text has the same analysis, as long as the service runs.
//! - An answer comes no sooner than its drawn latency after its request was read; the analysis is
//!   within it, where it takes no longer.
//! - What is bounded has a name: [`TEXT_MAX_BYTES`], [`TEXTS_MAX`], [`BODY_MAX_BYTES`],
//!   [`MODEL_MAX_BYTES`], [`IN_FLIGHT_MAX`], [`CONNECTIONS_MAX`], [`STREAMS_MAX`], [`LATENCY_MAX`],
//!   [`OUTAGES_MAX`], [`DRAIN_MAX`].

mod analysis;
mod answer;
mod fate;
mod faults;
mod http;
#[cfg(feature = "models")]
mod learned;
#[cfg(not(feature = "models"))]
#[path = "unlearned.rs"]
mod learned;
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
#[cfg(feature = "models")]
pub use learned::{Encoder, FEATURES, Head, PIECES_MAX, features, topic_of};
pub use options::{NlpArgs, Options, OptionsError, STREAMS_MAX, try_model};
pub use question::{BODY_MAX_BYTES, MODEL_MAX_BYTES, TEXT_MAX_BYTES, TEXTS_MAX};
pub use service::{CONNECTIONS_MAX, DRAIN_MAX, NlpError, Service, bind, serve};
