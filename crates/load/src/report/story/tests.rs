use super::*;
use crate::report::sample;

#[test]
fn invalid_counts_more_than_a_missed_objective_and_that_more_than_nothing() {
    let healthy = sample::healthy();
    let mut missed = sample::healthy();
    missed.slos[0].passed = false;
    let mut starved = sample::starved();
    starved.slos[0].passed = false;
    let mut interrupted = missed.clone();
    interrupted.totals.was_interrupted = true;
    let codes = [&healthy, &missed, &interrupted, &starved].map(exit_code);
    assert_eq!(codes, [0, EXIT_SLO, EXIT_INTERRUPTED, EXIT_INVALID]);
    let all = format!("{:?}", exit_code_of(&[healthy.clone(), interrupted, starved.clone()]));
    assert_eq!(all, format!("{:?}", ExitCode::from(EXIT_INVALID)));
    assert_eq!([&healthy, &missed, &starved].map(mood), [Mood::Good, Mood::Bad, Mood::Bad]);
}

#[test]
fn every_audit_of_a_quiet_run_is_passed_and_each_doubt_is_told() {
    let doubtful = |run: &Run| {
        let audits = audits(run).into_iter().filter(|audit| audit.outcome == Outcome::Doubtful);
        audits.map(|audit| audit.name).collect::<Vec<_>>()
    };
    assert!(doubtful(&sample::healthy()).is_empty());
    assert_eq!(
        doubtful(&sample::starved()),
        [
            "Requests were sent when they were due (slip p99)",
            "Its threads ran when they were ready",
            "It never stood still",
        ]
    );
}

#[test]
fn each_audit_can_fail() {
    let mut run = sample::starved();
    let worst = &mut run.seconds[30].client;
    (worst.cpu_of_process, worst.steal, worst.throttled) = (1.9, 0.2, 0.1);
    worst.open_files = run.host.open_files_max;
    run.totals.achieved_connections = 40;
    run.histograms.response = Distribution::new();
    let passed: Vec<_> =
        audits(&run).into_iter().filter(|audit| audit.outcome == Outcome::Passed).collect();
    assert!(passed.is_empty(), "{passed:?}");
}

#[test]
fn what_happened_in_the_warm_up_is_no_doubt() {
    let mut run = sample::healthy();
    run.seconds[1].client.watchdog_gap_ms = 900.0;
    assert!(
        audits(&run).iter().all(|audit| audit.outcome == Outcome::Passed),
        "second 2 is warm-up"
    );
    run.seconds[2].client.watchdog_gap_ms = 900.0;
    assert!(audits(&run).iter().any(|audit| audit.outcome == Outcome::Doubtful));
}

#[test]
fn an_objective_without_data_is_told_as_missed() {
    let slo = stats::slo::parse("p99<300ms").unwrap().judge(&stats::slo::Figures::default());
    assert_eq!(judged(&slo), "p99<300ms: no data, so it is missed");
}

#[test]
fn a_target_with_what_a_shell_would_read_is_not_put_into_a_command() {
    let mut run = sample::healthy();
    run.plan.target = "http://a/'; rm -rf ~ #".to_owned();
    assert_eq!(next_command(&run).as_deref(), Some("hubbub load ladder 'URL'"));
}
