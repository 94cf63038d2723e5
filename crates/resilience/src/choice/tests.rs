use super::*;

fn at(ms: u64) -> Mono {
    Mono(ms * 1_000_000)
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn near(value: f64, truth: f64) {
    assert!((value - truth).abs() < 0.01 * truth, "{value} for {truth}");
}

#[test]
fn of_none_there_is_none_and_of_one_that_one() {
    assert_eq!(choose(&[], at(0), 7), None);
    assert_eq!(choose(&[PeakEwma::new(at(0))], at(0), u64::MAX), Some(0));
}

#[test]
fn both_are_never_the_same_so_the_worst_of_all_is_never_chosen() {
    let mut endpoints = [PeakEwma::new(at(0)); 4];
    endpoints[2].begin();
    for dice in (0..10_000).map(|step| step * (u64::MAX / 10_000)) {
        assert_ne!(choose(&endpoints, at(0), dice.rotate_left(17)), Some(2));
    }
}

#[test]
fn a_longer_answer_counts_at_once_and_a_shorter_one_little_by_little() {
    let mut endpoint = PeakEwma::new(at(0));
    endpoint.success(at(0), ms(2_000));
    near(endpoint.cost(at(0)), 2.0);
    endpoint.success(at(0), ms(100));
    near(endpoint.cost(at(0)), 2.0);
    endpoint.success(at(10_000), ms(100));
    near(endpoint.cost(at(10_000)), 2.0 * (-1.0_f64).exp() + 0.1 * (1.0 - (-1.0_f64).exp()));
}

#[test]
fn the_first_answer_is_believed_whatever_was_guessed_before() {
    let mut endpoint = PeakEwma::new(at(0));
    near(endpoint.cost(at(0)), 1.0);
    endpoint.success(at(20), ms(20));
    near(endpoint.cost(at(20)), 0.02);
}

#[test]
fn calls_in_flight_count_and_those_given_up_do_not() {
    let mut endpoint = PeakEwma::new(at(0));
    endpoint.begin();
    endpoint.begin();
    near(endpoint.cost(at(0)), 3.0);
    endpoint.cancel();
    near(endpoint.cost(at(0)), 2.0);
}

#[test]
fn a_failure_counts_as_a_long_answer_or_as_long_as_it_asked_for_within_reason() {
    for (latency, asked_s, counts_s) in
        [(5, None, 5.0), (7_000, None, 7.0), (5, Some(30), 30.0), (5, Some(301), 300.0)]
    {
        let mut endpoint = PeakEwma::new(at(0));
        endpoint.begin();
        endpoint.failure(at(0), ms(latency), asked_s.map(Duration::from_secs));
        near(endpoint.cost(at(0)), counts_s * 2.0);
        let third = (-1.0_f64).exp();
        near(endpoint.cost(at(10_000)), counts_s * third * (1.0 + third));
    }
}
