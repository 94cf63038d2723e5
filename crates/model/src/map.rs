//! The one hash map that rooms may use: its hasher is seeded from outside, so a run with the same
//! seed walks it in the same order.
#![expect(clippy::disallowed_types, reason = "this is the seeded map that the fence points to")]

use std::collections::HashMap;
use std::hash::BuildHasher;

use siphasher::sip::SipHasher13;

/// A hash map whose order depends only on its seed and what was done to it.
pub type SeededMap<K, V> = HashMap<K, V, SeededState>;

/// The seed of a [`SeededMap`]: secret in production (hash flooding), fixed in tests.
#[derive(Debug, Clone, Copy)]
pub struct SeededState(pub u64, pub u64);

impl BuildHasher for SeededState {
    type Hasher = SipHasher13;
    fn build_hasher(&self) -> SipHasher13 {
        SipHasher13::new_with_keys(self.0, self.1)
    }
}
