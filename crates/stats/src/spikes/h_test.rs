//! The H-test over a range of frequencies.

use std::f64::consts::TAU;

use crate::round::{place, whole};

/// How many harmonics of a frequency are looked at.
const HARMONICS: usize = 5;

/// The slowest frequency makes so many cycles from the first to the last event.
const CYCLES_MIN: f64 = 4.0;

/// The fastest makes so many cycles an event: with fewer than a third of its spikes, no period is found.
const CYCLES_PER_EVENT: f64 = 3.0;

/// Steps between two frequencies that the events tell apart: twice for each harmonic.
const STEPS_PER_CYCLE: f64 = 10.0;

/// The scan may find a multiple of the fundamental, up to this one: all harmonics of sharp spikes are as good.
const MULTIPLES: usize = 10;

/// A fundamental has at least this share of the best H.
const NEAR_BEST: f64 = 0.5;

/// A frequency is no fundamental when a multiple of it is so many times as strong in its first harmonic: the events lie
/// all around its circle. So is half the true frequency, which much jitter makes seem as good.
const SWAMPED: f64 = 4.0;

/// When a multiple is so many times as strong, it may be the true one.
const STRONGER: f64 = 2.0;

/// A period has to be as sure when events within this part of it are one.
const APART: f64 = 0.1;

/// Between two frequencies of the scan, a summit is sought in so many steps.
const FINER: i32 = 5;

/// The tail of H: the chance of more than H is `exp(-0.4 H)`.
const TAIL: f64 = 0.4;

/// What the scan found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Best {
    /// Cycles per unit of the positions.
    pub(super) frequency: f64,
    /// The chance of one as good at any of the frequencies.
    pub(super) p: f64,
    pub(super) is_multiple_possible: bool,
}

/// The power of each harmonic, `2/n · |Σ exp(2πi·k·f·x)|²`: about 2 by chance, 2n at most.
struct Power([f64; HARMONICS]);

/// The best frequency; `None` when all positions are the same.
pub(super) fn scan(positions: &[f64]) -> Option<Best> {
    let first = positions.iter().copied().fold(f64::INFINITY, f64::min);
    let last = positions.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let span = last - first;
    if span <= 0.0 {
        return None;
    }
    let cycles_max = CYCLES_PER_EVENT * positions.len() as f64;
    let steps = whole((cycles_max - CYCLES_MIN) * STEPS_PER_CYCLE);
    let frequency = |step: usize| (CYCLES_MIN + step as f64 / STEPS_PER_CYCLE) / span;
    let scores: Vec<f64> = (0..=place(steps as f64))
        .map(|step| Power::of(positions, first, frequency(step)).h())
        .collect();
    let at = (0..scores.len()).max_by(|&a, &b| scores[a].total_cmp(&scores[b]))?;
    let best = scores[at];
    let events = Events { positions, first, span };
    let spread = spread(positions, APART / frequency(at));
    let h = best.min(Power::of(&spread, first, frequency(at)).h());
    let p = (scores.len() as f64 * (-TAIL * h).exp()).min(1.0);
    let fundamental = events.fundamental(frequency(at), best);
    let is_multiple_possible = events.strongest_multiple(fundamental) > STRONGER;
    Some(Best { frequency: fundamental, p, is_multiple_possible })
}

/// The first of each group of positions that are not that far apart.
///
/// Slow phases are clumps, and clumps are in step with every low frequency. A period is one event a cycle, and loses
/// next to nothing here.
fn spread(positions: &[f64], apart: f64) -> Vec<f64> {
    let mut sorted = positions.to_vec();
    sorted.sort_by(f64::total_cmp);
    let mut last = f64::NEG_INFINITY;
    sorted.retain(|position| {
        let is_far = position - last >= apart;
        if is_far {
            last = *position;
        }
        is_far
    });
    sorted
}

struct Events<'a> {
    positions: &'a [f64],
    first: f64,
    span: f64,
}

impl Events<'_> {
    /// The lowest part of the best frequency that is as good, and that its own multiples do not swamp.
    fn fundamental(&self, best: f64, h: f64) -> f64 {
        (2..=MULTIPLES)
            .rev()
            .map(|part| self.summit(best / part as f64))
            .filter(|frequency| frequency * self.span >= CYCLES_MIN)
            .filter(|frequency| self.power(*frequency).h() >= NEAR_BEST * h)
            .find(|frequency| self.strongest_multiple(*frequency) < SWAMPED)
            .unwrap_or(best)
    }

    /// The best frequency within one step of the scan.
    fn summit(&self, near: f64) -> f64 {
        let step = 1.0 / STEPS_PER_CYCLE / self.span;
        let around = (-FINER..=FINER).map(|at| near + f64::from(at) / f64::from(FINER) * step);
        around.max_by(|a, b| self.power(*a).h().total_cmp(&self.power(*b).h())).unwrap_or(near)
    }

    /// How many times as strong as its own is the first harmonic of its strongest multiple.
    fn strongest_multiple(&self, frequency: f64) -> f64 {
        let first = |multiple: usize| self.power(frequency * multiple as f64).0[0];
        (2..=HARMONICS).map(first).fold(0.0, f64::max) / first(1)
    }

    fn power(&self, frequency: f64) -> Power {
        Power::of(self.positions, self.first, frequency)
    }
}

impl Power {
    fn of(positions: &[f64], origin: f64, frequency: f64) -> Self {
        let mut sums = [(0.0, 0.0); HARMONICS];
        for position in positions {
            let (sin, cos) = (TAU * ((position - origin) * frequency).fract()).sin_cos();
            let (mut re, mut im) = (1.0, 0.0);
            for sum in &mut sums {
                (re, im) = (re * cos - im * sin, re * sin + im * cos);
                sum.0 += re;
                sum.1 += im;
            }
        }
        let scale = 2.0 / positions.len() as f64;
        Self(sums.map(|(re, im)| scale * (re * re + im * im)))
    }

    /// The best of its partial sums, each more harmonic costing what chance would give.
    fn h(&self) -> f64 {
        let mut sum = 0.0;
        let mut best = 0.0_f64;
        for (before, power) in self.0.iter().enumerate() {
            sum += power;
            best = best.max(sum - 4.0 * before as f64);
        }
        best
    }
}
