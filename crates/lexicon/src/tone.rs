//! How rude a text is, and how urgent: each word of a list adds its weight, and the sum tends to one.

use std::sync::LazyLock;

use crate::table::Table;

/// One, in millionths.
const ONE: u64 = 1_000_000;

static TOXIC: LazyLock<Table<u64>> = LazyLock::new(|| weights(include_str!("../lists/toxic.txt")));

static URGENT: LazyLock<Table<u64>> =
    LazyLock::new(|| weights(include_str!("../lists/urgent.txt")));

/// Millionths, 0 to 1,000,000.
pub(crate) fn toxicity_micros(terms: &[String]) -> u32 {
    together(&TOXIC.hits(terms))
}

/// Millionths, 0 to 1,000,000.
pub(crate) fn urgency_micros(terms: &[String]) -> u32 {
    together(&URGENT.hits(terms))
}

/// Lists write thousandths.
fn weights(list: &'static str) -> Table<u64> {
    Table::read(list, |_, weight| {
        weight.parse::<u64>().expect("the lists are ours, and a test reads them") * 1_000
    })
}

/// As of independent chances: what is left after each weight took its part.
fn together(weights: &[u64]) -> u32 {
    let left = weights.iter().fold(ONE, |left, weight| left * (ONE - weight) / ONE);
    u32::try_from(ONE - left).expect("at most a million")
}

#[cfg(test)]
mod tests;
