//! Laws seen through noise of 4 %.

use stats::knee::Point;
use stats::usl::{Reason, fit};

use crate::truth::{Truth, quantile};

const STEPS: [f64; 12] =
    [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0, 2_000.0, 5_000.0];

fn ladder(sigma: f64, kappa: f64, truth: &mut Truth) -> Vec<Point> {
    let mut point = |n: f64| {
        let throughput = 1_000.0 * n / (1.0 + sigma * (n - 1.0) + kappa * n * (n - 1.0));
        Point { concurrency: n, batches: vec![throughput * truth.factor(0.04)] }
    };
    STEPS.iter().map(|n| point(*n)).collect()
}

#[test]
fn contention_coherency_and_the_peak_are_found_through_noise() {
    let (sigma, kappa) = (0.02, 0.000_02_f64);
    let peak = ((1.0_f64 - sigma) / kappa).sqrt();
    let fits: Vec<_> =
        (0..200).map(|seed| fit(&ladder(sigma, kappa, &mut Truth::new(seed))).unwrap()).collect();
    let within = |pick: &dyn Fn(usize) -> f64, truth: f64, share: f64| {
        let mut values: Vec<f64> = (0..fits.len()).map(pick).collect();
        let (low, high) =
            (quantile(&mut values, 0.05) / truth, quantile(&mut values, 0.95) / truth);
        assert!(low >= 1.0 - share && high <= 1.0 + share, "{low} to {high} of {truth}");
    };
    within(&|at| fits[at].lambda, 1_000.0, 0.1);
    within(&|at| fits[at].sigma, sigma, 0.25);
    within(&|at| fits[at].kappa, kappa, 0.25);
    within(&|at| fits[at].peak.unwrap(), peak, 0.1);
    assert!(fits.iter().all(|fit| fit.misfit < 0.08));
}

#[test]
fn what_has_only_contention_is_not_said_to_fall() {
    for seed in 0..200 {
        let fitted = fit(&ladder(0.05, 0.0, &mut Truth::new(seed))).unwrap();
        assert_eq!(fitted.reason(1_000.0), Reason::Contention, "seed {seed}: {fitted:?}");
        assert!(fitted.peak.is_none_or(|peak| peak > 500.0), "seed {seed}: {fitted:?}");
    }
}
