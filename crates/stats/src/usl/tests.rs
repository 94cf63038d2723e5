//! Laws without noise, and the edges.

use super::*;

fn ladder(steps: &[f64], law: impl Fn(f64) -> f64) -> Vec<Point> {
    steps.iter().map(|&n| Point { concurrency: n, batches: vec![law(n); 3] }).collect()
}

const STEPS: [f64; 8] = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0];

fn law(lambda: f64, sigma: f64, kappa: f64) -> Usl {
    Usl { lambda, sigma, kappa, peak: None, misfit: 0.0 }
}

#[test]
fn a_law_without_noise_is_found_with_its_peak_and_its_reason() {
    let cases = [
        (0.02, 0.0001, Some(98.99), Reason::Contention),
        (0.02, 0.0, None, Reason::Contention),
        (0.0, 0.001, Some(31.62), Reason::Coherency),
        (0.0, 0.0, None, Reason::Nothing),
    ];
    for (sigma, kappa, peak, reason) in cases {
        let fitted = fit(&ladder(&STEPS, |n| law(700.0, sigma, kappa).throughput(n))).unwrap();
        assert!((fitted.lambda / 700.0 - 1.0).abs() < 1e-6, "{fitted:?}");
        assert!((fitted.sigma - sigma).abs() < 1e-6 && (fitted.kappa - kappa).abs() < 1e-8);
        assert_eq!(fitted.reason(200.0), reason, "{fitted:?}");
        match peak {
            Some(peak) => assert!((fitted.peak.unwrap() / peak - 1.0).abs() < 1e-3, "{fitted:?}"),
            None => assert!(fitted.peak.is_none_or(|peak| peak > 1e4), "{fitted:?}"),
        }
    }
}

#[test]
fn fewer_than_six_steps_are_refused() {
    assert!(fit(&ladder(&STEPS[..6], |n| n)).is_ok());
    assert_eq!(fit(&ladder(&STEPS[..5], |n| n)), Err(TooFew { steps: 5 }));
    let mut dead = ladder(&STEPS[..6], |n| n);
    dead[0].batches = vec![0.0];
    assert_eq!(fit(&dead), Err(TooFew { steps: 5 }));
}

#[test]
fn more_than_proportional_growth_has_no_negative_costs() {
    let fitted = fit(&ladder(&STEPS, |n| n.powf(1.2))).unwrap();
    assert!(fitted.sigma >= 0.0 && fitted.kappa >= 0.0, "{fitted:?}");
    assert!(fitted.misfit > 0.1, "and it is told that this is no such law: {fitted:?}");
}
