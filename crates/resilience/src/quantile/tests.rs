use super::*;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn at(ms: u64) -> Mono {
    Mono(ms * 1_000_000)
}

fn near(told: Option<Duration>, truth: Duration) {
    let told = told.unwrap().as_secs_f64();
    assert!(
        (told - truth.as_secs_f64()).abs() <= 0.01 * truth.as_secs_f64(),
        "{told} for {truth:?}"
    );
}

#[test]
fn empty_it_says_none() {
    assert_eq!(Quantiles::new().at(0.5), None);
}

#[test]
fn the_four_quantiles_of_a_second_are_told_within_one_percent() {
    let mut quantiles = Quantiles::new();
    for sample in 1..=1_000 {
        quantiles.record(at(sample), ms(sample));
    }
    for (q, truth) in [(0.5, 500), (0.9, 900), (0.95, 950), (0.99, 990)] {
        near(quantiles.at(q), ms(truth));
    }
}

#[test]
fn what_is_two_turns_old_is_forgotten() {
    let mut quantiles = Quantiles::new();
    for sample in 0..3_500 {
        quantiles.record(at(sample), ms(if sample < 1_000 { 400 } else { 100 }));
    }
    near(quantiles.at(1.0), ms(100));
}

#[test]
fn while_calls_are_few_it_remembers_longer() {
    let mut quantiles = Quantiles::new();
    quantiles.record(at(10_000), ms(400));
    quantiles.record(at(19_000), ms(100));
    near(quantiles.at(1.0), ms(400));
    quantiles.record(at(29_000), ms(100));
    near(quantiles.at(1.0), ms(400));
    quantiles.record(at(39_000), ms(100));
    near(quantiles.at(1.0), ms(100));
}

#[test]
fn after_a_silence_only_what_is_new_counts() {
    let mut quantiles = Quantiles::new();
    quantiles.record(at(0), ms(400));
    quantiles.record(at(20_000), ms(100));
    near(quantiles.at(1.0), ms(100));
}
