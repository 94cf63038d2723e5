//! What the latencies of a run with one stop are, exactly, and whether a run says so.

use std::time::Duration;

use crate::measure::run::Distribution;

/// How far a figure may be from the truth: what came due in the stop takes some time to be answered, and signals are
/// late on a busy machine.
pub(super) const TOLERANCE: Duration = Duration::from_millis(75);

/// Of a stop in a run at an even rate.
pub(super) struct Truth {
    stopped: Duration,
    length: Duration,
}

impl Truth {
    pub(super) fn of(stopped: Duration, length: Duration) -> Self {
        Self { stopped, length }
    }

    /// A share `1 - q` of all requests took longer: they came due in the first part of the stop.
    fn at(&self, quantile: f64) -> Duration {
        self.stopped.saturating_sub(self.length.mul_f64(1.0 - quantile))
    }

    /// Whether latencies are as they should be, and both in one line.
    pub(super) fn compare(&self, response: &Distribution) -> (bool, String) {
        let mut are_right = true;
        let mut shown = Vec::new();
        for (name, quantile) in [("p90", 0.9), ("p95", 0.95), ("p99", 0.99), ("max", 1.0)] {
            let (is, should) = (Duration::from_micros(response.at_us(quantile)), self.at(quantile));
            are_right &= is.abs_diff(should) <= TOLERANCE;
            shown.push(format!("{name} {} ms (truth {})", is.as_millis(), should.as_millis()));
        }
        (are_right, format!("{}, ± {} ms", shown.join(", "), TOLERANCE.as_millis()))
    }
}

#[test]
fn a_stop_of_a_second_in_eight_is_known_exactly() {
    let truth = Truth::of(Duration::from_secs(1), Duration::from_secs(8));
    let at = |quantile| truth.at(quantile).as_secs_f64();
    for (quantile, right) in [(0.9, 0.2), (0.95, 0.6), (0.99, 0.92), (1.0, 1.0), (0.5, 0.0)] {
        assert!((at(quantile) - right).abs() < 1e-6, "{quantile}");
    }
    let mut exact = Distribution::new();
    let mut cut = Distribution::new();
    for k in 0..8_000_u64 {
        let waited_us = if k < 1_000 { (1_000 - k) * 1_000 } else { 500 };
        exact.record_us(waited_us);
        cut.record_us(if k == 0 { 1_000_000 } else { 500 });
    }
    assert!(truth.compare(&exact).0);
    assert!(!truth.compare(&cut).0, "a tool that leaves out what came due in the stop");
}
