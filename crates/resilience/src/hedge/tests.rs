use model::Mono;

use super::*;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// 100 calls, `slow` of them of 1 s and the others of `usual_ms`.
fn latencies(usual_ms: u64, slow: u64) -> Quantiles {
    let mut quantiles = Quantiles::new();
    for call in 0..100 {
        quantiles.record(Mono(0), ms(if call < slow { 1_000 } else { usual_ms }));
    }
    quantiles
}

fn near(told: Option<Duration>, truth_ms: u64) {
    let told = told.unwrap().as_secs_f64() * 1_000.0;
    assert!((told - truth_ms as f64).abs() <= 0.02 * truth_ms as f64, "{told} for {truth_ms}");
}

#[test]
fn nothing_known_nothing_sent() {
    assert_eq!(delay(&Quantiles::new(), ms(400), ms(5)), None);
}

#[test]
fn it_waits_as_long_as_all_but_the_slowest_take() {
    near(delay(&latencies(100, 3), ms(400), ms(5)), 100);
    assert_eq!(delay(&latencies(0, 3), ms(400), ms(5)), Some(DELAY_MIN));
}

#[test]
fn it_is_sent_while_there_is_time_for_an_answer() {
    near(delay(&latencies(100, 8), ms(400), ms(5)), 295);
}

#[test]
fn it_is_not_sent_when_it_would_come_too_late_or_for_too_many() {
    assert_eq!(delay(&latencies(100, 3), ms(100), ms(5)), None);
    assert_eq!(delay(&latencies(100, 15), ms(400), ms(5)), None, "15 % would be sent twice");
    assert_eq!(delay(&latencies(200, 3), ms(400), ms(5)), None, "all would be sent twice");
}
