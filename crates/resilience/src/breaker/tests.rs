use super::*;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn at(ms: u64) -> Mono {
    Mono(ms * 1_000_000)
}

fn breaker() -> Breaker {
    Breaker::new(BreakerSettings::default())
}

#[test]
fn failures_in_a_row_trip_it_and_an_answer_between_begins_anew() {
    let mut breaker = breaker();
    for _ in 0..2 {
        for _ in 0..4 {
            breaker.failure(at(0), Failure::Error, None);
        }
        assert_eq!(breaker.state(), BreakerState::Closed);
        breaker.success(at(0), ms(200));
    }
    for _ in 0..5 {
        breaker.failure(at(0), Failure::Error, None);
    }
    assert_eq!(breaker.state(), BreakerState::Open);
}
