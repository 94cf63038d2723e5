use super::*;

fn options(mean_ms: f64, sigma: f64, fail_share: f64, seed: u64) -> Options {
    let latency = Latency { mean_ms, sigma };
    Options { listen: ([127, 0, 0, 1], 0).into(), latency, fail_share, seed, models: true }
}

fn fates(options: &Options, count: usize) -> Vec<Fate> {
    let mut dice = Dice::new(options);
    (0..count).map(|_| dice.next()).collect()
}

#[test]
fn the_same_seed_falls_the_same_way_and_another_does_not() {
    let options = |seed| options(200.0, 0.25, 0.5, seed);
    assert_eq!(fates(&options(7), 50), fates(&options(7), 50));
    assert_ne!(fates(&options(7), 50), fates(&options(8), 50));
}

#[test]
fn the_mean_and_the_spread_are_as_asked() {
    const COUNT: u32 = 20_000;
    let fates = fates(&options(200.0, 0.25, 0.1, 1), COUNT as usize);
    let logs: Vec<f64> = fates.iter().map(|fate| fate.latency.as_secs_f64().ln()).collect();
    let mean = fates.iter().map(|fate| fate.latency.as_secs_f64()).sum::<f64>() / f64::from(COUNT);
    let mu = logs.iter().sum::<f64>() / f64::from(COUNT);
    let variance = logs.iter().map(|log| (log - mu).powi(2)).sum::<f64>() / f64::from(COUNT);
    // Five standard errors of each.
    assert!((mean - 0.2).abs() < 0.002, "mean {mean}");
    assert!((variance.sqrt() - 0.25).abs() < 0.007, "sigma {}", variance.sqrt());
    let failed = fates.iter().filter(|fate| fate.fails).count();
    assert!((1_790..=2_210).contains(&failed), "{failed} of {COUNT} failed");
}

#[test]
fn without_spread_every_answer_takes_the_mean_and_at_zero_none() {
    let took = |mean_ms, sigma| fates(&options(mean_ms, sigma, 0.0, 3), 20);
    assert!(took(5.0, 0.0).iter().all(|fate| fate.latency == Duration::from_millis(5)));
    assert!(took(0.0, 2.0).iter().all(|fate| fate.latency == Duration::ZERO));
}

#[test]
fn all_or_none_fail_at_the_edges_of_the_share() {
    assert!(fates(&options(1.0, 0.1, 1.0, 5), 500).iter().all(|fate| fate.fails));
    assert!(!fates(&options(1.0, 0.1, 0.0, 5), 500).iter().any(|fate| fate.fails));
}

#[test]
fn no_answer_takes_longer_than_the_most() {
    let fates = fates(&options(60_000.0, 2.0, 0.0, 1), 2_000);
    assert!(fates.iter().any(|fate| fate.latency == LATENCY_MAX));
    assert!(fates.iter().all(|fate| fate.latency <= LATENCY_MAX));
}
