//! What is talked about: the words that were said most of late.
//!
//! Misra and Gries's summary, thinned half at a time (Anderson et al.,
//! <https://arxiv.org/abs/1705.07001>), with weights that halve in an hour: of `w` words of late, one
//! that was said `w / 1,024` times or more is surely in it, and each is told at most so much too low.
//!
//! A word is kept by its hash alone until [`TERM_SENDERS_MIN`] different people have said it: what only
//! one said, and may want erased, is never written down.
#![expect(
    clippy::cast_possible_truncation,
    reason = "counts of senders and bytes of words fit, and a shrunk weight does"
)]

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::hash::BuildHasher;

use model::{SeededState, Wall};

use crate::words;

/// Words that are kept at most.
pub const TERMS_MAX: usize = 2_048;

/// Different senders after whom a word is written down.
pub const TERM_SENDERS_MIN: usize = 3;

/// Of the weight of one word said now.
const ONCE: u64 = 256;

/// Weights shrink by 57/64 every ten minutes: by half (0.499) in an hour.
const STEP_MS: u64 = 10 * 60 * 1000;
const SHRINK: (u64, u64) = (57, 64);

/// Steps after which nothing is left of any weight: (57/64)^400 × 2^64 < 1.
const STEPS_MAX: u64 = 400;

const SEED: SeededState = SeededState(0x6875_6262_7562, 0x7465_726d);

/// The words said most of late.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terms {
    step: u64,
    terms: BTreeMap<u64, Term>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Term {
    weight: u64,
    /// Sorted hashes of who said it, until they are enough; then none.
    senders: Vec<u32>,
    /// Once they are.
    text: Option<Box<str>>,
}

impl Terms {
    /// Time has come so far. Call it before [`said`](Self::said).
    pub fn advance(&mut self, at: Wall) {
        let step = at.0 / STEP_MS;
        for _ in 0..step.saturating_sub(self.step).min(STEPS_MAX) {
            self.terms.retain(|_, term| {
                term.weight = scaled(term.weight);
                term.weight > 0
            });
        }
        self.step = step.max(self.step);
    }

    /// Someone (a [hash](crate::Distinct::hash) of them) said this. A word counts once in a message.
    pub fn said(&mut self, text: &str, sender: u32) {
        let mut seen = [0; words::WORDS_MAX];
        let mut count = 0;
        words::each(text, |word| {
            let hash = SEED.hash_one(word);
            if !seen[..count].contains(&hash) {
                seen[count] = hash;
                count += 1;
                self.count(hash, word, sender);
            }
        });
    }

    /// The words that enough have said, the heaviest first, with how often they were said of late, in
    /// thousandths.
    pub fn top(&self) -> Vec<(&str, u64)> {
        let known =
            self.terms.values().filter_map(|term| Some((term.text.as_deref()?, term.weight)));
        let mut top: Vec<(&str, u64)> = known.collect();
        top.sort_unstable_by(|(a, more), (b, less)| less.cmp(more).then(a.cmp(b)));
        top.into_iter().map(|(word, weight)| (word, weight * 1_000 / ONCE)).collect()
    }

    /// As it is stored: the step, then each word: hash and weight, eight bytes each, how many senders, a
    /// byte, and them, four bytes each; then the length of the text, a byte, and the text. Little-endian.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.step.to_le_bytes().to_vec();
        for (hash, Term { weight, senders, text }) in &self.terms {
            bytes.extend(hash.to_le_bytes());
            bytes.extend(weight.to_le_bytes());
            bytes.push(senders.len() as u8);
            bytes.extend(senders.iter().flat_map(|sender| sender.to_le_bytes()));
            let text = text.as_deref().unwrap_or_default();
            bytes.push(text.len() as u8);
            bytes.extend(text.as_bytes());
        }
        bytes
    }

    /// `None` for bytes that [`to_bytes`](Self::to_bytes) does not make.
    pub fn from_bytes(mut bytes: &[u8]) -> Option<Self> {
        let bytes = &mut bytes;
        let mut read = Self { step: number(bytes)?, terms: BTreeMap::new() };
        while !bytes.is_empty() {
            let (hash, weight) = (number(bytes)?, number(bytes)?);
            let (senders, _) = part(bytes, 4)?.as_chunks::<4>();
            let text = std::str::from_utf8(part(bytes, 1)?).ok()?;
            let term = Term {
                weight,
                senders: senders.iter().map(|sender| u32::from_le_bytes(*sender)).collect(),
                text: (!text.is_empty()).then(|| text.into()),
            };
            read.terms.insert(hash, term);
        }
        (read.terms.len() <= TERMS_MAX).then_some(read)
    }

    fn count(&mut self, hash: u64, word: &str, sender: u32) {
        match self.terms.entry(hash) {
            Entry::Occupied(mut known) => known.get_mut().count(word, sender),
            Entry::Vacant(new) => {
                new.insert(Term::default()).count(word, sender);
                if self.terms.len() > TERMS_MAX {
                    self.thin();
                }
            }
        }
    }

    /// Takes the weight of the one in the middle off all, and forgets who has nothing left.
    fn thin(&mut self) {
        let mut weights: Vec<u64> = self.terms.values().map(|term| term.weight).collect();
        let (_, middle, _) = weights.select_nth_unstable(TERMS_MAX / 2);
        let middle = *middle;
        self.terms.retain(|_, term| {
            term.weight = term.weight.saturating_sub(middle);
            term.weight > 0
        });
    }
}

impl Term {
    fn count(&mut self, word: &str, sender: u32) {
        self.weight = self.weight.saturating_add(ONCE);
        if self.text.is_some() {
            return;
        }
        if let Err(place) = self.senders.binary_search(&sender) {
            self.senders.insert(place, sender);
            if self.senders.len() == TERM_SENDERS_MIN {
                self.senders = Vec::new();
                self.text = Some(word.into());
            }
        }
    }
}

fn scaled(weight: u64) -> u64 {
    let (part, whole) = SHRINK;
    (u128::from(weight) * u128::from(part) / u128::from(whole)) as u64
}

fn number(bytes: &mut &[u8]) -> Option<u64> {
    let (number, rest) = bytes.split_first_chunk::<8>()?;
    *bytes = rest;
    Some(u64::from_le_bytes(*number))
}

/// A count, a byte, and so many of so many bytes each.
fn part<'a>(bytes: &mut &'a [u8], each: usize) -> Option<&'a [u8]> {
    let (count, rest) = bytes.split_first()?;
    let (part, rest) = rest.split_at_checked(usize::from(*count) * each)?;
    *bytes = rest;
    Some(part)
}

#[cfg(test)]
mod tests;
