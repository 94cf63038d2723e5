//! How many different ones: exact up to [`EXACT_MAX`], then a HyperLogLog of 2,048 registers, which errs
//! by 2.3 % (one standard deviation).
//!
//! What is kept depends on the set of what was added, never on its order. The estimator is Ertl's
//! (<https://arxiv.org/abs/1702.01284>, algorithm 6): additions, multiplications and roots only, so that
//! each machine gets the same.
#![expect(clippy::cast_possible_truncation, reason = "a rank and a half of a hash fit")]

use std::hash::BuildHasher;

use model::SeededState;

/// So many are counted exactly.
const EXACT_MAX: usize = 256;

/// Registers, as a power of two.
const PRECISION: u32 = 11;
const REGISTERS: usize = 1 << PRECISION;

/// Bits of a hash that are left for the rank; a rank is at most one more.
const RANK_BITS: u32 = u32::BITS - PRECISION;

/// Fixed: a rebuild has to find the same. Who knows it can forge names that are counted wrong.
const SEED: SeededState = SeededState(0x6875_6262_7562, 0x6469_7374);

/// Counts different names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Distinct {
    /// Sorted hashes, while they are few.
    few: Vec<u32>,
    /// Empty while they are few.
    registers: Vec<u8>,
}

impl Distinct {
    /// What [`add`](Self::add) takes: half a 64-bit hash.
    pub fn hash(name: &str) -> u32 {
        (SEED.hash_one(name) >> 32) as u32
    }

    /// Counts a name, by its [hash](Self::hash), if it is new.
    pub fn add(&mut self, hash: u32) {
        if !self.registers.is_empty() {
            return raise(&mut self.registers, hash);
        }
        if let Err(place) = self.few.binary_search(&hash) {
            self.few.insert(place, hash);
            if self.few.len() > EXACT_MAX {
                self.registers = vec![0; REGISTERS];
                for hash in std::mem::take(&mut self.few) {
                    raise(&mut self.registers, hash);
                }
            }
        }
    }

    /// Counts what the other counted.
    pub fn merge(&mut self, other: &Self) {
        if !other.registers.is_empty() {
            if self.registers.is_empty() {
                self.registers = vec![0; REGISTERS];
            }
            for (mine, theirs) in self.registers.iter_mut().zip(&other.registers) {
                *mine = (*mine).max(*theirs);
            }
            for hash in std::mem::take(&mut self.few) {
                raise(&mut self.registers, hash);
            }
        }
        for hash in &other.few {
            self.add(*hash);
        }
    }

    /// How many.
    pub fn count(&self) -> u64 {
        if self.registers.is_empty() { self.few.len() as u64 } else { estimate(&self.registers) }
    }

    /// As it is stored: hashes, four bytes each, little-endian; or a byte for each register.
    pub fn to_bytes(&self) -> Vec<u8> {
        if self.registers.is_empty() {
            self.few.iter().flat_map(|hash| hash.to_le_bytes()).collect()
        } else {
            self.registers.clone()
        }
    }

    /// `None` for bytes that [`to_bytes`](Self::to_bytes) does not make.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        if bytes.len() == REGISTERS {
            let sound = bytes.iter().all(|rank| u32::from(*rank) <= RANK_BITS + 1);
            return sound.then(|| Self { few: Vec::new(), registers: bytes.to_vec() });
        }
        let (hashes, rest) = bytes.as_chunks::<4>();
        let few: Vec<u32> = hashes.iter().map(|hash| u32::from_le_bytes(*hash)).collect();
        let sound = rest.is_empty() && few.len() <= EXACT_MAX && few.is_sorted_by(|a, b| a < b);
        sound.then_some(Self { few, registers: Vec::new() })
    }
}

fn raise(registers: &mut [u8], hash: u32) {
    let rest = hash << PRECISION;
    let rank = (rest.leading_zeros().min(RANK_BITS) + 1) as u8;
    let register = &mut registers[(hash >> RANK_BITS) as usize];
    *register = rank.max(*register);
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an estimate, above zero and far below 2^53"
)]
fn estimate(registers: &[u8]) -> u64 {
    let mut with_rank = [0_u32; RANK_BITS as usize + 2];
    for rank in registers {
        with_rank[usize::from(*rank)] += 1;
    }
    let m = REGISTERS as f64;
    let share = |rank: u32| f64::from(with_rank[rank as usize]) / m;
    let mut z = m * tau(1.0 - share(RANK_BITS + 1));
    for rank in (1..=RANK_BITS).rev() {
        z = 0.5 * (z + f64::from(with_rank[rank as usize]));
    }
    z += m * sigma(share(0));
    (0.5 / std::f64::consts::LN_2 * m * m / z).round() as u64
}

fn sigma(mut x: f64) -> f64 {
    let (mut y, mut z) = (1.0, x);
    loop {
        x *= x;
        let before = z;
        z += x * y;
        y += y;
        if z <= before {
            return z;
        }
    }
}

fn tau(mut x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return 0.0;
    }
    let (mut y, mut z) = (1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = z;
        y *= 0.5;
        z -= (1.0 - x) * (1.0 - x) * y;
        if z >= before {
            return z / 3.0;
        }
    }
}

#[cfg(test)]
mod tests;
