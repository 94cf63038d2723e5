//! Due times that are known, and the bounds of plans.

use super::*;

const SECOND: u64 = 1_000_000_000;

fn steady(rate: f64, seconds: u64) -> Uniform {
    Uniform::new(Plan::steady(rate, seconds * SECOND).unwrap())
}

#[test]
fn uniform_due_times_are_i_over_rate_to_the_nanosecond_also_after_a_day() {
    for rate in [1_u64, 3, 7, 1_000, 50_000, 999_983] {
        for i in [0, 1, 2, 3, 10, rate * 3_600 + 1, rate * 86_399] {
            let exact = (u128::from(i) * 1_000_000_000 + u128::from(rate) / 2) / u128::from(rate);
            let due = steady(rate as f64, 86_400).nth(usize::try_from(i).unwrap());
            assert_eq!(due.map(u128::from), Some(exact), "request {i} at {rate}/s");
        }
    }
}

#[test]
fn as_many_are_due_as_the_rate_says_and_the_end_is_not_part_of_it() {
    assert_eq!(steady(1_000.0, 8).count(), 8_000);
    assert_eq!(steady(0.3, 10).count(), 3);
    assert_eq!(steady(0.25, 10).collect::<Vec<_>>(), [0, 4 * SECOND, 8 * SECOND]);
}

#[test]
fn stages_follow_each_other_and_a_pause_has_no_requests() {
    let stages = [(10.0, 1), (0.0, 5), (100.0, 1)].map(|(rate, s)| Stage::steady(rate, s * SECOND));
    let plan = Plan::new(&stages).unwrap();
    assert_eq!(plan.length_ns(), 7 * SECOND);
    assert!((plan.total() - 110.0).abs() < 1e-9);
    let due: Vec<u64> = Uniform::new(plan).collect();
    assert_eq!(due.len(), 110);
    assert_eq!((due[9], due[10], due[11]), (SECOND * 9 / 10, 6 * SECOND, 6_010_000_000));
}

#[test]
fn a_ramp_has_the_area_of_its_triangle_and_ends_at_its_rate() {
    for (from, to) in [(0.0, 1_000.0), (1_000.0, 0.0)] {
        let plan = Plan::new(&[Stage { from, to, length_ns: 10 * SECOND }]).unwrap();
        let due: Vec<u64> = Uniform::new(plan).collect();
        assert_eq!(due.len(), 5_000);
        assert!(due.is_sorted() && *due.last().unwrap() < 10 * SECOND);
        let first_half = due.iter().filter(|at| **at < 5 * SECOND).count();
        assert_eq!(first_half, if from < to { 1_250 } else { 3_750 });
    }
}

#[test]
fn workers_that_stride_walk_the_same_times() {
    let plan = Plan::steady(1_000.0, SECOND).unwrap();
    let whole: Vec<u64> = Uniform::new(plan.clone()).collect();
    let poisson: Vec<u64> = Poisson::new(plan.clone(), 1).collect();
    for worker in 0..3 {
        let stride =
            |due: &[u64]| -> Vec<u64> { due.iter().copied().skip(worker).step_by(3).collect() };
        let uniform = Uniform::new(plan.clone()).skip(worker).step_by(3);
        assert_eq!(uniform.collect::<Vec<_>>(), stride(&whole));
        let own = Poisson::new(plan.clone(), 1).skip(worker).step_by(3);
        assert_eq!(own.collect::<Vec<_>>(), stride(&poisson));
    }
}

#[test]
fn a_saved_seed_gives_the_arrivals_it_gave() {
    let plan = Plan::steady(1_000.0, SECOND).unwrap();
    let due: Vec<u64> = Poisson::new(plan, 7).take(4).collect();
    assert_eq!(due, [7_587_077, 9_050_988, 9_154_582, 9_334_890]);
}

#[test]
fn a_plan_is_refused_beyond_each_of_its_bounds() {
    let stage = Stage::steady(1.0, SECOND);
    assert!(Plan::new(&vec![stage; STAGES_MAX]).is_ok());
    assert_eq!(
        Plan::new(&vec![stage; STAGES_MAX + 1]).unwrap_err(),
        BadPlan::Stages(STAGES_MAX + 1)
    );
    assert!(Plan::steady(RATE_MAX, SECOND).is_ok());
    assert_eq!(Plan::steady(RATE_MAX * 2.0, SECOND).unwrap_err(), BadPlan::Rate(RATE_MAX * 2.0));
    assert_eq!(Plan::steady(-1.0, SECOND).unwrap_err(), BadPlan::Rate(-1.0));
    assert!(matches!(Plan::steady(f64::NAN, SECOND), Err(BadPlan::Rate(_))));
    assert!(Plan::steady(1.0, LENGTH_MAX_NS).is_ok());
    assert_eq!(Plan::steady(1.0, LENGTH_MAX_NS + 1).unwrap_err(), BadPlan::Length);
    assert_eq!(Plan::steady(0.0, SECOND).unwrap_err(), BadPlan::Nothing);
    assert_eq!(Plan::new(&[]).unwrap_err(), BadPlan::Nothing);
}
