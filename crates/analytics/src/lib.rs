//! How many, how often, who most: facts become rows of windows of event time.
//!
//! A message counts in the window of its journal stamp, and what is understood of it later counts
//! there, too, however late it comes, for as long as the window is kept ([`Level`]). The watermark is
//! the highest stamp seen.
//!
//! # Invariants
//!
//! - All is integers, and all that is kept is the same whatever the order in which it is merged: who
//!   folds the same facts in other portions gets rows that are equal to the bit.
//! - A guess that an answer replaces leaves no trace: the row is as if only the answer had come.
//! - Nothing grows without a bound: sketches have a size, and a window has at most
//!   [`NAMES_MAX`] names; who comes later is counted under [`OTHER`].
//!
//! Why own sketches: `docs/adr/0013-sketches-of-our-own.md`.

mod cell;
mod distinct;
mod fold;
mod quantiles;
mod terms;
mod turn;
mod window;
mod words;

pub use cell::{Cell, State};
pub use distinct::Distinct;
pub use fold::{Change, Fold, Rows};
pub use quantiles::Quantiles;
pub use terms::{TERM_SENDERS_MIN, TERMS_MAX, Terms};
pub use turn::{RESPONSE_MAX_MS, Turn};
pub use window::{Breadth, Level, NAMES_MAX, OTHER, Scope, Window};
