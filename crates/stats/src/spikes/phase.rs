//! A period to more digits than the scan has: a line through the events, by the number of their cycle.

use std::f64::consts::TAU;

/// At first, an event follows a period when it is not farther from its place than this part of it ...
const FOLLOWS: f64 = 0.25;

/// ... and then when it is not farther than so many times the median of those that follow.
const TIMES_MEDIAN: f64 = 4.0;

/// Nearer than this part of the period is exact: so many digits has a `f64`.
const EXACT: f64 = 1e-9;

/// How often the line is drawn anew through the events that follow it.
const ROUNDS: usize = 6;

/// `position = offset + period · cycle`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    pub(super) period: f64,
    /// How many events follow it.
    pub(super) count: u64,
    offset: f64,
}

/// The line nearest to a frequency.
pub(super) fn refine(positions: &[f64], frequency: f64) -> Line {
    let period = 1.0 / frequency;
    let mut line = Line { period, count: 0, offset: offset(positions, frequency) };
    for _ in 0..ROUNDS {
        line = line.redrawn(positions);
    }
    line
}

/// Where in the period the events lie: the mean direction on its circle.
fn offset(positions: &[f64], frequency: f64) -> f64 {
    let origin = positions.first().copied().unwrap_or(0.0);
    let angles = positions.iter().map(|position| TAU * ((position - origin) * frequency).fract());
    let (sin, cos) =
        angles.fold((0.0, 0.0), |(sin, cos), angle| (sin + angle.sin(), cos + angle.cos()));
    origin + sin.atan2(cos) / TAU / frequency
}

impl Line {
    /// Least squares through the events that follow it.
    fn redrawn(self, positions: &[f64]) -> Self {
        let following = self.following(positions);
        let count = following.len() as f64;
        let mean = |pick: fn(&Event) -> f64| following.iter().map(pick).sum::<f64>() / count;
        let (cycle, position) = (mean(|event| event.cycle), mean(|event| event.position));
        let sum = |term: &dyn Fn(&Event) -> f64| following.iter().map(term).sum::<f64>();
        let across = sum(&|event| (event.cycle - cycle).powi(2));
        let along = sum(&|event| (event.cycle - cycle) * (event.position - position));
        if across <= 0.0 {
            return self;
        }
        let period = along / across;
        Self { period, count: following.len() as u64, offset: position - period * cycle }
    }

    fn following(&self, positions: &[f64]) -> Vec<Event> {
        let mut near: Vec<Event> = positions
            .iter()
            .map(|position| self.event(*position))
            .filter(|event| event.away <= FOLLOWS)
            .collect();
        near.sort_by(|a, b| a.away.total_cmp(&b.away));
        let median = near.get(near.len() / 2).map_or(0.0, |event| event.away);
        let nearest = (TIMES_MEDIAN * median).max(EXACT);
        near.retain(|event| event.away <= nearest);
        near
    }

    fn event(&self, position: f64) -> Event {
        let cycles = (position - self.offset) / self.period;
        let cycle = cycles.round();
        Event { cycle, position, away: (cycles - cycle).abs() }
    }
}

struct Event {
    cycle: f64,
    position: f64,
    /// How far from its place, as a part of the period.
    away: f64,
}
