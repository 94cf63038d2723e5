use std::time::Duration;

use stats::slo::parse;

use super::*;
use crate::measure::command::Nobody;
use crate::measure::queue::Job;
use crate::measure::tally::Stamps;

/// So many answers, each after so many ms.
fn tally(count: u64, took_ms: u64) -> Tally {
    let mut tally = Tally::default();
    for index in 0..count {
        let job = Job { index, due_ns: 0, picked_ns: 0 };
        let done_ns = took_ms * 1_000_000;
        let stamps = Stamps { job, sent_ns: 0, first_byte_ns: done_ns, done_ns };
        tally.answer(&stamps, 200, b"", u64::MAX);
    }
    tally
}

/// What ended ten seconds of which the first is warm-up, each with one answer after so many ms; 0 is none.
fn aborted(slo: &str, answers: [u64; 10]) -> Option<Aborted> {
    let slos = [parse(slo).expect("an objective")];
    let mut nobody = Nobody;
    let mut abort = Abort::of(&slos, 1.0, 9.0, &mut nobody);
    for (second, took_ms) in (1_u32..).zip(answers) {
        let at_s = f64::from(second) + 0.004;
        let counted = tally(u64::from(took_ms > 0), took_ms);
        abort.second(&Second { at_s, ..Second::default() }, &counted, &Tally::default());
    }
    abort.aborted()
}

fn at(slo: &str, answers: [u64; 10]) -> Option<u64> {
    aborted(slo, answers).map(|aborted| Duration::from_secs_f64(aborted.at_s).as_secs())
}

#[test]
fn an_objective_ends_it_once_it_has_been_broken_for_as_long_as_it_says_and_no_second_kept_it() {
    let slow = [5, 5, 90, 90, 90, 5, 90, 90, 90, 90];
    assert_eq!(at("max<50ms abort", slow), Some(3), "at once");
    assert_eq!(at("max<50ms abort 3s", slow), Some(5));
    assert_eq!(at("max<50ms abort 3200ms", slow), None, "the sixth kept it");
    assert_eq!(at("max<50ms", slow), None, "it does not say so");
    assert_eq!(at("max<50ms abort", [90, 5, 5, 5, 5, 5, 5, 5, 5, 5]), None, "in the warm-up");
    assert_eq!(at("max<50ms abort", [5, 5, 5, 5, 5, 5, 5, 5, 5, 90]), None, "after the end");
    let told = aborted("max<50ms abort 3s", slow).expect("it is").told();
    assert_eq!(told, "ended after 5 s, for max<50ms abort 3s had been broken for 3 s");
}

#[test]
fn a_second_without_an_answer_says_nothing_of_latencies_and_all_of_throughput() {
    let none = [5, 0, 0, 90, 0, 0, 90, 5, 5, 5];
    assert_eq!(at("max<50ms abort 3s", none), Some(7), "broken from the fourth on");
    assert_eq!(at("max<50ms abort 3s", [5, 0, 0, 0, 0, 0, 0, 0, 0, 0]), None);
    assert_eq!(at("rps>0.5 abort 2s", none), Some(3));
}

#[test]
fn an_objective_that_ended_a_run_is_missed_whatever_it_was_over_the_whole() {
    let slow = [5, 5, 90, 90, 90, 90, 90, 90, 90, 90];
    let aborted = aborted("max<50ms abort", slow).expect("it is broken");
    let objectives = ["max<50ms abort", "max<50ms"].map(|text| parse(text).expect("an objective"));
    let fast = tally(9, 5);
    let mut judged = objectives.map(|slo| slo.judge(&figures(&fast, 9.0)));
    assert!(judged.iter().all(|judged| judged.passed));
    aborted.replace(&mut judged);
    assert_eq!(judged.each_ref().map(|judged| judged.passed), [false, true]);
    assert!(judged[0].measured.is_some_and(|ms| ms >= 90.0), "the figure that broke it");
}
