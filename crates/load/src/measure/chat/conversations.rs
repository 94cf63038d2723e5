//! Where messages are said: many conversations, all as often as each other or by a power law.
//!
//! People are not spread evenly: a few conversations carry much, and most hardly anything. Of conversation `k` (from 1)
//! is `k^-s`; `s` is the one at which the given part of them carries the given part of all.

use model::{ConversationId, NameError};

use crate::measure::run::Busiest;

/// Terms of a sum that are added one by one; the rest is an integral, exact to a millionth.
const TERMS: u32 = 100;

/// The steepest law: the first of a million carries all but a thousandth.
const EXPONENT_MAX: f64 = 10.0;

/// Halvings of the exponent's interval: it is exact to 10^-9.
const HALVINGS: u32 = 34;

/// Conversations of a load.
#[derive(Debug, Clone)]
pub(crate) struct Conversations {
    name: String,
    count: u32,
    /// What the first, the first two, … carry, of all; nothing if each carries as much.
    carried: Option<Vec<f64>>,
}

impl Conversations {
    /// So many, named NAME-0, NAME-1, …; the first ones are the busiest.
    pub(crate) fn new(name: &str, count: u32, busiest: Option<Busiest>) -> Result<Self, NameError> {
        named(name, count.saturating_sub(1))?;
        let carried = busiest.map(|busiest| carried(count, exponent(count, busiest)));
        Ok(Self { name: name.to_owned(), count, carried })
    }

    /// One of them; which follows from `random`.
    pub(crate) fn pick(&self, random: u64) -> ConversationId {
        self.named(self.picked(random))
    }

    pub(crate) fn named(&self, number: u32) -> ConversationId {
        named(&self.name, number).expect("the longest name was tried")
    }

    fn picked(&self, random: u64) -> u32 {
        let number = match &self.carried {
            None => random % u64::from(self.count.max(1)),
            Some(carried) => {
                // As many bits as a double has, from 0 to below 1.
                let at = (random >> 11) as f64 / (1_u64 << 53) as f64;
                carried.partition_point(|&carried| carried <= at) as u64
            }
        };
        u32::try_from(number).unwrap_or(u32::MAX).min(self.count.saturating_sub(1))
    }
}

fn named(name: &str, number: u32) -> Result<ConversationId, NameError> {
    ConversationId::new(&format!("{name}-{number}"))
}

/// Of which power the law is.
fn exponent(count: u32, busiest: Busiest) -> f64 {
    let first = (f64::from(count) * busiest.share).round();
    let carry = |exponent| sum(first, exponent) / sum(f64::from(count), exponent);
    let (mut low, mut high) = (0.0, EXPONENT_MAX);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if carry(middle) < busiest.carry { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}

/// Of `k^-exponent`, from 1 to `last`.
fn sum(last: f64, exponent: f64) -> f64 {
    let terms = (1..=TERMS).map(f64::from).take_while(|&k| k <= last);
    let begun: f64 = terms.map(|k| k.powf(-exponent)).sum();
    let (from, to) = (f64::from(TERMS) + 0.5, last + 0.5);
    if to <= from {
        return begun;
    }
    let power = 1.0 - exponent;
    let rest = if power.abs() < 1e-9 {
        (to / from).ln()
    } else {
        (to.powf(power) - from.powf(power)) / power
    };
    begun + rest
}

fn carried(count: u32, exponent: f64) -> Vec<f64> {
    let mut carried = Vec::new();
    let mut all = 0.0;
    for k in 1..=count {
        all += f64::from(k).powf(-exponent);
        carried.push(all);
    }
    carried.iter_mut().for_each(|part| *part /= all);
    carried
}

#[cfg(test)]
mod tests;
