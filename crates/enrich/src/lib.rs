//! Which message is sent to the outside service next, and what becomes of the answer.
//!
//! A pure room. It is shown the journal's facts in order and says which calls to make and which
//! facts to append. What it knows follows from the journal alone, so after a crash the calls whose
//! answers were not journaled are made again, and no others.
//!
//! Two phases, so that an answer *in time* and an answer *at all* can both be promised. Until its
//! [deadline](Settings::deadline) a message is called for: once, a second time when the first call fails
//! early or is slow and the [budget](resilience::Budget) allows it. What has no answer then gets our own
//! [guess](lexicon::guess) and is [degraded](model::Understood::Degraded): that is a fact, not a loss.
//! Who waits for a place within the concurrency limit waits in turns between senders, and when the queue stands for
//! longer than it should, the oldest get their guess at once. A call that is still out is not cancelled, its late answer replaces the guess; and what stays degraded is
//! swept again later, until it is full or dead.
//!
//! # Invariants
//!
//! - Conservation: `received = full + degraded + dead + pending + gone`, see [`Counts`].
//! - Each fact carries what it replaces, as the journal has it: folds need to look up nothing.
//! - A message that is full is never called for again.
//! - What is private stays here: of a conversation that is closed nothing is called for or counted, of others the
//!   text leaves as [`Privacy`] allows.
//! - At most [`Settings::in_hand_max`] messages are in hand. Beyond that [`Enricher::room`] is 0, and the
//!   backlog stays where it is, in the journal.
//! - At most [`Settings::letters_max`] dead letters are kept; those beyond are a bit each, and come back from the
//!   journal when there is room.
//! - Calls beyond the first of a message are paid from one budget; re-enrichment keeps to a rate of its own.

mod dead;
mod dice;
mod dispatch;
mod done;
mod enricher;
mod in_hand;
mod ledger;
mod mutants;
mod privacy;
mod service;
mod settings;
mod sweep;
mod trace;
mod waiting;

pub use dead::{LETTERS_MAX, Letter};
pub use dispatch::{
    Call, Dispatch, DispatchGauges, DispatchSettings, EndpointGauges, Order, Reply,
};
pub use enricher::{
    Answer, Answered, Command, Enricher, Failed, NoReplay, Preview, REPLAY_PER_S_MAX, Replay,
    Standing,
};
pub use ledger::Counts;
pub use privacy::{NoPrivacy, Privacy};
pub use service::{Kind, ServiceGauges, Suppressed};
pub use settings::{Protection, Settings};
pub use trace::{Decided, Failure, STEPS_MAX, Step, What};
