use super::*;
use crate::report::sample;

/// Runs made in turns, at a rate that varies by a percent.
fn runs(count: u64, first: u64, rate: f64) -> Vec<Run> {
    let run = |n: u64| {
        let mut run = sample::healthy();
        run.id = format!("run-{first}-{n}");
        run.began_at_ms += n * 120_000 + first;
        run.totals.achieved_rate = rate * (1.0 + (n * 7 % 5) as f64 / 500.0);
        run
    };
    (0..count).map(run).collect()
}

fn compared(before: &[Run], after: &[Run]) -> Vec<Comparison> {
    stats::compare::compare(&metrics(before, after, &[]))
}

#[test]
fn less_throughput_is_a_regression_and_the_rest_is_no_difference() {
    let (before, after) = (runs(5, 0, 5_000.0), runs(5, 60_000, 4_400.0));
    let comparisons = compared(&before, &after);
    assert_eq!(exit_code(&comparisons), EXIT_REGRESSION);
    let told = told::text(&comparisons, &before, &after, &[]);
    assert!(told.starts_with("✘ Worse: rps."), "{told}");
    assert!(told.contains("-12.0 %"), "{told}");
    assert!(
        told.lines().any(|line| line.trim_start().starts_with("p99") && line.ends_with('~')),
        "{told}"
    );
    assert!(!told.contains("Not made in turns"), "{told}");
}

#[test]
fn more_throughput_passes_and_what_is_within_the_noise_is_no_difference() {
    let before = runs(5, 0, 5_000.0);
    assert_eq!(exit_code(&compared(&before, &runs(5, 60_000, 5_600.0))), 0);
    let nearly = compared(&before, &runs(5, 60_000, 4_900.0));
    assert_eq!((exit_code(&nearly), nearly[0].verdict), (0, Verdict::Same));
}

#[test]
fn too_few_runs_are_no_pass_and_a_pair_is_told_with_its_caution() {
    let (before, after) = (runs(4, 0, 5_000.0), runs(4, 60_000, 4_000.0));
    let comparisons = compared(&before, &after);
    assert_eq!(exit_code(&comparisons), EXIT_INVALID);
    let told = told::text(&compared(&before[..1], &after[..1]), &before[..1], &after[..1], &[]);
    assert!(told.contains("within-run only; cannot see run-to-run drift"), "{told}");
    assert!(told.starts_with("● Nothing can be told."), "{told}");
}

#[test]
fn runs_one_set_after_the_other_are_told_as_that() {
    let (before, after) = (runs(5, 0, 5_000.0), runs(5, 10_000_000, 5_000.0));
    let told = told::text(&compared(&before, &after), &before, &after, &[]);
    assert!(told.contains("Not made in turns"), "{told}");
}

#[test]
fn invalid_and_unlike_runs_are_refused_but_another_target_is_not() {
    let before = runs(5, 0, 5_000.0);
    let mut after = runs(5, 60_000, 5_000.0);
    after[1].plan.target = "http://127.0.0.1:8081/hello".to_owned();
    assert!(alike::doubts(&before, &after, &[]).is_empty());
    after[2].judgement = sample::starved().judgement;
    after[3].plan.workers = 9;
    after[4].host.kernel = "7".to_owned();
    let doubts = alike::doubts(&before, &after, &[]);
    assert_eq!(doubts.len(), 3, "{doubts:?}");
    assert!(doubts[0].contains("run-60000-2 is invalid"), "{doubts:?}");
    assert!(doubts[1].contains("another number of workers"), "{doubts:?}");
    assert!(doubts[2].contains("another kernel"), "{doubts:?}");
}

#[test]
fn the_noise_floor_is_measured_when_there_are_runs_for_it() {
    let (before, after) = (runs(5, 0, 5_000.0), runs(5, 60_000, 4_400.0));
    let again = runs(5, 30_000, 4_000.0);
    let noise = metrics(&before, &after, &again)[0].noise;
    assert!(noise > 0.15, "the same thing was 20 % apart: {noise}");
    let comparisons = stats::compare::compare(&metrics(&before, &after, &again));
    assert_eq!(comparisons[0].verdict, Verdict::Same, "12 % are within that");
}
