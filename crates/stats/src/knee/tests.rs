//! Hinges without noise, and the edges.

use super::*;

fn ladder(steps: &[(f64, f64)]) -> Vec<Point> {
    steps
        .iter()
        .map(|&(concurrency, throughput)| Point { concurrency, batches: vec![throughput; 5] })
        .collect()
}

fn close(a: f64, b: f64) -> bool {
    (a / b - 1.0).abs() < 1e-9
}

#[test]
fn a_hinge_without_noise_is_found_wherever_it_lies() {
    for truth in [10.0, 11.0, 80.0, 100.0, 999.0] {
        let steps = [10.0, 100.0, 1_000.0, 5_000.0].map(|n: f64| (n, 7.0 * n.min(truth)));
        let knee = hinge(&ladder(&steps), 1).unwrap();
        assert!(close(knee.at, truth) && close(knee.rate, 7.0), "{truth}: {knee:?}");
        assert!(close(knee.plateau, 7.0 * truth) && knee.misfit < 1e-9 && knee.is_reached);
        assert!(close(knee.low, knee.at) && close(knee.high, knee.at), "no noise, no width");
    }
}

#[test]
fn what_falls_after_the_highest_does_not_move_the_knee() {
    let knee =
        hinge(&ladder(&[(10.0, 10.0), (50.0, 50.0), (100.0, 80.0), (1e3, 60.0), (5e3, 30.0)]), 1);
    let knee = knee.unwrap();
    assert!(close(knee.at, 80.0), "{knee:?}");
    assert!(close(knee.plateau, 45.0), "all steps from 120 on");
}

#[test]
fn a_step_belongs_to_the_plateau_until_it_has_fallen() {
    let last = |share: f64| {
        let steps = [(10.0, 10.0), (100.0, 80.0), (1_000.0, 80.0 * share)];
        hinge(&ladder(&steps), 1).unwrap().at
    };
    assert!(close(last(FALLEN + 0.001), 80.0 * (FALLEN + 0.001_f64).sqrt()), "the mean of both");
    assert!(close(last(FALLEN - 0.001), 80.0));
}

#[test]
fn a_ladder_that_only_rises_has_not_reached_its_knee() {
    let knee = hinge(&ladder(&[(10.0, 10.0), (100.0, 100.0), (1_000.0, 1_000.0)]), 1).unwrap();
    assert!(
        !knee.is_reached && close(knee.at, 1_000.0) && close(knee.plateau, 1_000.0),
        "{knee:?}"
    );
}

#[test]
fn fewer_than_three_steps_with_throughput_are_refused() {
    let mut steps = ladder(&[(10.0, 10.0), (100.0, 50.0), (1_000.0, 50.0)]);
    assert!(hinge(&steps, 1).is_ok());
    steps[0].batches.truncate(BATCHES_MIN);
    assert!(hinge(&steps, 1).is_ok());
    steps[0].batches.truncate(BATCHES_MIN - 1);
    assert_eq!(hinge(&steps, 1), Err(TooFew { steps: 2 }));
    steps[0].batches = vec![0.0; 5];
    assert_eq!(hinge(&steps, 1), Err(TooFew { steps: 2 }));
    steps[1].batches.clear();
    steps[2].concurrency = f64::NAN;
    assert_eq!(hinge(&steps, 1), Err(TooFew { steps: 0 }));
}

#[test]
fn extra_steps_stand_around_the_knee_and_not_where_one_was_done() {
    let done = ladder(&[(10.0, 10.0), (100.0, 80.0), (1_000.0, 80.0)]);
    let knee = hinge(&done, 1).unwrap();
    assert_eq!(extra_steps(&knee, &done), [57, 80, 113]);
    let done = ladder(&[(10.0, 10.0), (85.0, 80.0), (1_000.0, 80.0)]);
    assert_eq!(extra_steps(&knee, &done), [57, 113]);
    let one = Knee { at: 1.0, ..knee };
    assert_eq!(extra_steps(&one, &[]), [1], "rounded to the same, asked once");
}

#[test]
fn the_same_seed_gives_the_same_interval() {
    let noisy: Vec<Point> = [10.0, 100.0, 1_000.0]
        .map(|n: f64| Point {
            concurrency: n,
            batches: vec![n.min(80.0), 1.1 * n.min(80.0), 0.9 * n.min(80.0)],
        })
        .into();
    assert_eq!(hinge(&noisy, 1), hinge(&noisy, 1));
    assert_ne!(hinge(&noisy, 1), hinge(&noisy, 2));
}
