//! Which message is to be sent to the outside service next, and what becomes of the answer.
//!
//! A pure room. It is shown the journal's facts in order and says which calls to make and which
//! facts to append. What it knows follows from the journal alone, so after a crash the calls whose
//! answers were not journaled are made again, and no others.
//!
//! # Invariants
//!
//! - A message is called for only while the journal has no answer for it, and never twice at once:
//!   at most one `Enriched` of a message is appended.
//! - At most [`Limits::outstanding_max`] messages are in hand: being called, waiting to be called
//!   again, or answered and not yet durable. Beyond that [`Enricher::room`] is 0, and the backlog
//!   stays where it is, in the journal.
//! - No message is given up: what fails is called again.

mod done;
mod enricher;

pub use enricher::{Answer, Command, Enricher, Gauges, Limits};
