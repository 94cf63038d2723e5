use super::*;
use crate::faults::{Drip, Outage, Stall, TooMany};

fn faults(latency: Latency) -> Faults {
    Faults { latency, ..Faults::default() }
}

fn lognormal(mean_ms: f64, sigma: f64) -> Faults {
    faults(Latency::LogNormal { mean_ms, sigma })
}

/// All at one moment.
fn fates(faults: Faults, count: usize) -> Vec<Fate> {
    let now = Instant::now();
    let mut fates = Fates::new(faults, now);
    (0..count).map(|_| fates.next(now)).collect()
}

#[test]
fn the_same_seed_falls_the_same_way_and_another_does_not() {
    let of = |seed| fates(Faults { seed, fail_fast_share: 0.5, ..Faults::default() }, 50);
    assert_eq!(of(7), of(7));
    assert_ne!(of(7), of(8));
}

#[test]
fn the_mean_and_the_spread_are_as_asked() {
    const COUNT: u32 = 20_000;
    let fates = fates(lognormal(200.0, 0.25), COUNT as usize);
    let logs: Vec<f64> = fates.iter().map(|fate| fate.latency.as_secs_f64().ln()).collect();
    let mean = fates.iter().map(|fate| fate.latency.as_secs_f64()).sum::<f64>() / f64::from(COUNT);
    let mu = logs.iter().sum::<f64>() / f64::from(COUNT);
    let variance = logs.iter().map(|log| (log - mu).powi(2)).sum::<f64>() / f64::from(COUNT);
    // Five standard errors of each.
    assert!((mean - 0.2).abs() < 0.002, "mean {mean}");
    assert!((variance.sqrt() - 0.25).abs() < 0.007, "sigma {}", variance.sqrt());
}

#[test]
fn without_spread_every_answer_takes_the_mean_and_at_zero_none() {
    let took = |faults| fates(faults, 20).into_iter().map(|fate| fate.latency);
    assert!(took(lognormal(5.0, 0.0)).all(|latency| latency == Duration::from_millis(5)));
    assert!(took(lognormal(0.0, 2.0)).all(|latency| latency.is_zero()));
    assert!(took(faults(Latency::Fixed { ms: 7.0 })).all(|took| took == Duration::from_millis(7)));
}

#[test]
fn no_answer_takes_longer_than_the_most() {
    let fates = fates(lognormal(60_000.0, 2.0), 2_000);
    assert!(fates.iter().any(|fate| fate.latency == LATENCY_MAX));
    assert!(fates.iter().all(|fate| fate.latency <= LATENCY_MAX));
}

#[test]
fn each_fault_has_its_share_and_a_request_has_one() {
    let some = Faults {
        fail_fast_share: 0.1,
        fail_slow_share: 0.1,
        too_many: TooMany { share: 0.1, ..TooMany::default() },
        hang_share: 0.1,
        drip: Drip { share: 0.1, ..Drip::default() },
        reset_share: 0.1,
        wrong_json_share: 0.1,
        ..Faults::default()
    };
    let fates = fates(some, 10_000);
    for fault in DRAWN.map(Some).into_iter() {
        let count = fates.iter().filter(|fate| fate.fault == fault).count();
        // Five standard deviations.
        assert!((850..=1_150).contains(&count), "{fault:?}: {count}");
    }
    let none = fates.iter().filter(|fate| fate.fault.is_none()).count();
    assert!((2_770..=3_230).contains(&none), "{none}");
}

#[test]
fn all_or_none_have_a_fault_at_the_edges_of_its_share() {
    let of = |wrong_json_share| fates(Faults { wrong_json_share, ..Faults::default() }, 500);
    assert!(of(1.0).iter().all(|fate| fate.fault == Some(Fault::WrongJson)));
    assert!(of(0.0).iter().all(|fate| fate.fault.is_none()));
}

#[test]
fn a_limit_lets_a_second_through_at_once_and_then_its_rate() {
    let too_many = TooMany { per_s: 10, ..TooMany::default() };
    let begin = Instant::now();
    let mut fates = Fates::new(Faults { too_many, ..Faults::default() }, begin);
    let mut admitted = |at_ms: u64, count: usize| {
        let now = begin + Duration::from_millis(at_ms);
        let fates: Vec<Fate> = (0..count).map(|_| fates.next(now)).collect();
        let left = fates.last().and_then(|fate| fate.quota).map(|quota| quota.remaining);
        (fates.iter().filter(|fate| fate.fault.is_none()).count(), left)
    };
    assert_eq!(admitted(0, 4), (4, Some(6)));
    assert_eq!(admitted(0, 20), (6, Some(0)));
    assert_eq!(admitted(40, 5), (0, Some(0)));
    assert_eq!(admitted(200, 5), (2, Some(0)));
    assert_eq!(admitted(60_000, 50), (10, Some(0)), "no more than a second is saved");
}

#[test]
fn an_outage_is_within_its_window_and_comes_again_if_asked() {
    let at = |outage: Outage, ms| {
        let begin = Instant::now();
        let faults = Faults { outages: vec![outage], fail_fast_share: 1.0, ..Faults::default() };
        Fates::new(faults, begin).next(begin + Duration::from_millis(ms)).fault
    };
    let (out, other) = (Some(Fault::Outage), Some(Fault::FailFast));
    let once = Outage { from_ms: 100, for_ms: 50, every_ms: 0 };
    for (ms, fault) in
        [(0, other), (99, other), (100, out), (149, out), (150, other), (1_100, other)]
    {
        assert_eq!(at(once, ms), fault, "{ms}");
    }
    let again = Outage { every_ms: 1_000, ..once };
    for (ms, fault) in
        [(99, other), (149, out), (150, other), (1_100, out), (7_149, out), (7_150, other)]
    {
        assert_eq!(at(again, ms), fault, "{ms}");
    }
}

#[test]
fn a_stall_ends_by_itself_and_says_what_is_left() {
    let begin = Instant::now();
    let fates = Fates::new(Faults { stall: Stall { for_ms: 80 }, ..Faults::default() }, begin);
    let at = |ms| begin + Duration::from_millis(ms);
    assert_eq!(fates.stalled_until(at(0)), Some(at(80)));
    assert_eq!(fates.faults(at(30)).stall.for_ms, 50);
    assert_eq!(fates.stalled_until(at(80)), None);
    assert_eq!(fates.faults(at(80)).stall.for_ms, 0);
}
