//! Poisson arrivals are a Poisson process: in number, in gaps, and in ramps.

use stats::schedule::{Plan, Poisson, Stage};

const SECOND: u64 = 1_000_000_000;

fn mean_and_variance(values: &[f64]) -> (f64, f64) {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let squares = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
    (mean, squares / values.len() as f64)
}

#[test]
fn gaps_are_exponential_and_counts_vary_as_much_as_their_mean() {
    let plan = Plan::steady(1_000.0, 100 * SECOND).unwrap();
    let due: Vec<u64> = Poisson::new(plan, 1).collect();
    assert!(due.is_sorted());
    let gaps: Vec<f64> = due.windows(2).map(|pair| (pair[1] - pair[0]) as f64 / 1e6).collect();
    let (mean, variance) = mean_and_variance(&gaps);
    assert!((mean - 1.0).abs() < 0.02 && (variance - 1.0).abs() < 0.05, "{mean} {variance}");
    let counts: Vec<f64> = (0..1_000)
        .map(|tenth| {
            let from = due.partition_point(|at| *at < tenth * SECOND / 10);
            let to = due.partition_point(|at| *at < (tenth + 1) * SECOND / 10);
            (to - from) as f64
        })
        .collect();
    let (mean, variance) = mean_and_variance(&counts);
    assert!(
        (mean - 100.0).abs() < 1.5 && (variance / mean - 1.0).abs() < 0.15,
        "{mean} {variance}"
    );
}

#[test]
fn the_rate_of_a_ramp_is_followed() {
    let plan = Plan::new(&[Stage { from: 0.0, to: 2_000.0, length_ns: 100 * SECOND }]).unwrap();
    let due: Vec<u64> = Poisson::new(plan, 2).collect();
    let share = |until: u64| due.partition_point(|at| *at < until * SECOND) as f64 / 100_000.0;
    for (until, area) in [(25, 0.0625), (50, 0.25), (75, 0.5625), (100, 1.0)] {
        assert!((share(until) - area).abs() < 0.01, "{until}: {}", share(until));
    }
}

#[test]
fn different_seeds_give_different_arrivals() {
    let plan = Plan::steady(1_000.0, SECOND).unwrap();
    let due = |seed| Poisson::new(plan.clone(), seed).collect::<Vec<_>>();
    assert_eq!(due(1), due(1));
    assert_ne!(due(1), due(2));
}
