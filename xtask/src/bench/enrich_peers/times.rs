//! When each message was due and when its answer was safe, as a worker wrote it down.

use std::collections::BTreeSet;

/// Of all workers.
#[derive(Debug, Default)]
pub(super) struct Times {
    indices: BTreeSet<u64>,
    took_us: Vec<u64>,
}

impl Times {
    /// Adds what a worker wrote: number, due, written; a line that was cut off is none.
    pub(super) fn add(&mut self, text: &str, first: u64) {
        for line in text.lines() {
            let mut numbers = line.split('\t').map(str::parse::<u64>);
            let (Some(Ok(index)), Some(Ok(due)), Some(Ok(written))) =
                (numbers.next(), numbers.next(), numbers.next())
            else {
                continue;
            };
            if index >= first && self.indices.insert(index) {
                self.took_us.push(written.saturating_sub(due));
            }
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.indices.len() as u64
    }

    /// In ms; infinite of nothing.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a place in a list, and microseconds of minutes"
    )]
    pub(super) fn percentile_ms(&mut self, share: f64) -> f64 {
        self.took_us.sort_unstable();
        let place = (share * self.took_us.len() as f64).ceil() as usize;
        self.took_us.get(place.max(1) - 1).map_or(f64::INFINITY, |&took| took as f64 / 1e3)
    }
}

#[test]
fn times_are_counted_once_and_without_the_warm_up() {
    let mut times = Times::default();
    times.add("0\t0\t9000000\n10\t1000\t2000\n11\t1000\t4000\n11\t1000\t9000\n12\t10", 10);
    assert_eq!(times.count(), 2);
    assert_eq!([0.5, 0.99].map(|share| times.percentile_ms(share)), [1.0, 3.0]);
    assert_eq!(Times::default().percentile_ms(0.5), f64::INFINITY);
}
