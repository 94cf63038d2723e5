//! What was said, in what order, surely.
//!
//! The journal holds what cannot be recomputed: [`Fact`](model::Fact)s, in batches. A batch is one
//! write and one sync; it is acknowledged, and seen by any [`Reader`], only after the sync. The
//! bytes are in `docs/formats.md`.
//!
//! # Invariants
//!
//! - At most one batch is unsynced, so a power cut takes at most what nobody was told of.
//! - A failed write or sync poisons: nothing is written after it, and it is never retried.
//! - A full disk refuses, changes nothing, and is over when there is room again.
//! - Opening never refuses a directory for damage: what can be read is read, what cannot is named.
//! - A decoder allocates no more than the bytes it was given justify, and never panics.

mod batch;
pub mod disk;
mod fold;
mod journal;
mod layout;
mod limits;
mod onlooker;
mod read;
mod record;
mod recovery;
mod scan;
mod segment;
#[cfg(any(test, feature = "shadow"))]
pub mod shadow;
mod shared;
mod spare;
mod thin;

pub use disk::{Disk, DiskFile, RealDisk};
pub use journal::{AppendError, Appended, Journal};
pub use limits::{
    BATCH_MAX_BYTES, FACT_MAX_BYTES, Options, OptionsError, RECORDS_PER_BATCH_MAX,
    SEGMENT_MIN_BYTES, THINNED_BATCH_MAX_BYTES,
};
pub use onlooker::{OnlookError, Onlooker, Seen, Stretch};
pub use read::{Batch, BatchView, Follower, HoleView, ReadError};
pub use recovery::{Cut, Damage, DamageKind, Missing, OpenError, Recovery, Start};
pub use shared::{Reader, Stats};
pub use spare::Preparer;
pub use thin::{Sealed, ThinError, Thinned, Thinner, Verdict};
