//! Series whose warm-up is known, and the bounds.

use super::*;
use crate::dice::Dice;

fn noisy(length: usize, seed: u64, truth: impl Fn(usize) -> f64) -> Vec<f64> {
    let mut dice = Dice::new(seed);
    (0..length).map(|at| truth(at) + dice.unit() - 0.5).collect()
}

#[test]
fn a_warm_up_is_cut_and_little_else() {
    for seed in 0..50 {
        let ramp = |at: usize| 20.0 * (-(at as f64) / 20.0).exp();
        let cut = steady_from(&noisy(500, seed, ramp)).unwrap();
        assert!((50..=200).contains(&cut), "seed {seed}: {cut}");
        let step = |at: usize| if at < 100 { 5.0 } else { 10.0 };
        let cut = steady_from(&noisy(500, seed, step)).unwrap();
        assert!((100..=250).contains(&cut), "seed {seed}: {cut}");
    }
}

#[test]
fn of_a_series_that_is_steady_most_is_kept() {
    let cuts = (0..200).map(|seed| steady_from(&noisy(500, seed, |_| 10.0)));
    let kept = cuts.filter(|cut| cut.is_ok_and(|cut| cut <= 100)).count();
    assert!(kept >= 160, "{kept} of 200");
}

#[test]
fn what_drifts_to_the_end_is_never_steady() {
    for seed in 0..50 {
        let drifting = noisy(200, seed, |at| at as f64);
        assert_eq!(steady_from(&drifting), Err(Unsteady::Never), "seed {seed}");
    }
}

#[test]
fn fifty_values_are_the_least() {
    assert_eq!(steady_from(&[1.0; 49]), Err(Unsteady::TooFew(49)));
    assert_eq!(steady_from(&[1.0; 50]), Ok(0));
}
