//! Intervals of quantiles have the truth as often as they say, also when latencies are alike.

use stats::histogram::latencies;
use stats::quantile::{design_effect, estimate};

use crate::truth::{Truth, whole};

const VALUES: usize = 2_000;
const RUNS: u64 = 200;

/// How often the interval of the median, and that of the 90th percentile, has the truth, with and without regard to
/// what is alike.
fn covered(alike: f64, regarded: bool) -> [usize; 2] {
    let mut hits = [0; 2];
    // Of the standard normal distribution.
    let truths = [(0.5, 0.0), (0.9, 1.281_551_6_f64)];
    for seed in 0..RUNS {
        let series = Truth::new(seed).series(VALUES, alike);
        let micros = |value: f64| 10_000.0 * (0.3 * value).exp();
        let mut all = latencies();
        series.iter().for_each(|value| all.saturating_record(whole(micros(*value))));
        for (hit, (quantile, truth)) in hits.iter_mut().zip(truths) {
            let above: Vec<f64> = series.iter().map(|value| f64::from(*value > truth)).collect();
            let effect = if regarded { design_effect(&above) } else { 1.0 };
            let interval = estimate(&all, quantile, effect).expect("not empty");
            let (low, high) =
                [interval.low_us, interval.high_us].map(|end| end.expect("enough") as f64).into();
            // A histogram of three digits is 0.1 % off at most.
            *hit += usize::from((0.999 * low..=1.001 * high).contains(&micros(truth)));
        }
    }
    hits
}

#[test]
fn of_independent_latencies_nineteen_of_twenty_intervals_have_the_truth() {
    assert!(covered(0.0, false).iter().all(|hits| (184..=200).contains(hits)));
}

#[test]
fn latencies_that_are_alike_need_the_design_effect() {
    let naive = covered(0.8, false);
    assert!(naive.iter().all(|hits| *hits < 160), "{naive:?}");
    let regarded = covered(0.8, true);
    assert!(regarded.iter().all(|hits| *hits >= 180), "{regarded:?}");
}

#[test]
fn the_design_effect_of_a_known_series_is_known() {
    for (alike, truth) in [(0.0, 1.0), (0.5, 3.0), (0.8, 9.0)] {
        let effects = (0..20).map(|seed| design_effect(&Truth::new(seed).series(VALUES, alike)));
        let mean = effects.sum::<f64>() / 20.0;
        assert!((mean / truth - 1.0).abs() < 0.25, "{alike}: {mean}");
    }
}
