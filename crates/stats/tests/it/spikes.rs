//! Twenty spikes of a known period in 20,000 requests of log-normal latency, disturbed in known ways.

use stats::spikes::{Axis, Period, Sample, find, find_among};

use crate::truth::{Truth, whole};

const REQUESTS: u64 = 20_000;
const PERIOD: f64 = 1_000.0;
const RUNS: u64 = 60;

/// How the spikes are disturbed.
#[derive(Clone, Copy, Default)]
struct Disturbed {
    /// Each is up to this part of the period away from its place.
    jitter: f64,
    /// Of each 100, so many are not there.
    missing: u64,
    /// So many more stand anywhere.
    foreign: u64,
}

/// Requests at gaps that vary, so that requests and seconds are not the same axis.
fn requests(truth: &mut Truth, spikes: &[u64]) -> Vec<Sample> {
    let mut at = 0.0;
    (0..REQUESTS)
        .map(|index| {
            at += -truth.unit().ln() * 1e6;
            let slow = if spikes.contains(&index) { 20.0 } else { 1.0 };
            let latency = 5e6 * truth.factor(0.3) * slow;
            Sample { index, at_ns: whole(at), latency_ns: whole(latency) }
        })
        .collect()
}

fn spikes(truth: &mut Truth, disturbed: Disturbed) -> Vec<u64> {
    let mut spikes = Vec::new();
    for cycle in 0..20 {
        let away = disturbed.jitter * truth.between(-1.0, 1.0);
        if truth.below(100) >= disturbed.missing {
            spikes.push(whole((f64::from(cycle) + 0.5 + away) * PERIOD));
        }
    }
    spikes.extend((0..disturbed.foreign).map(|_| truth.below(REQUESTS)));
    spikes
}

fn by_index(seed: u64, disturbed: Disturbed) -> Option<Period> {
    let truth = &mut Truth::new(seed);
    let spikes = spikes(truth, disturbed);
    find(&requests(truth, &spikes)).into_iter().find(|period| period.axis == Axis::Index)
}

/// How often the period was found right, found at all, and found as a multiple that says it may be one.
fn found(disturbed: Disturbed) -> (usize, usize, usize) {
    let periods: Vec<Period> = (0..RUNS).filter_map(|seed| by_index(seed, disturbed)).collect();
    let right = |period: &&Period| (period.period / PERIOD - 1.0).abs() < 0.01;
    let multiple = periods.iter().filter(|period| period.is_multiple_possible).count();
    (periods.iter().filter(right).count(), periods.len(), multiple)
}

#[test]
fn an_exact_period_is_found_every_time() {
    let (right, all, _) = found(Disturbed::default());
    assert_eq!((right, all), (60, 60));
    let period = by_index(1, Disturbed::default()).unwrap();
    assert!((period.period - PERIOD).abs() < 1e-6 && period.count >= 18, "{period:?}");
    assert!(period.p < 1e-6 && period.likely_causes().contains("keepalive"), "{period:?}");
}

#[test]
fn a_period_with_jitter_of_five_percent_is_found_every_time() {
    let (right, all, _) = found(Disturbed { jitter: 0.05, ..Disturbed::default() });
    assert_eq!((right, all), (60, 60));
}

#[test]
fn a_period_of_which_a_third_is_missing_is_found_every_time() {
    let (right, all, _) = found(Disturbed { missing: 30, ..Disturbed::default() });
    assert_eq!((right, all), (60, 60));
}

#[test]
fn a_period_among_as_many_foreign_spikes_is_found_nearly_every_time() {
    let (right, _, _) = found(Disturbed { foreign: 20, ..Disturbed::default() });
    assert!(right >= 50, "{right}");
}

#[test]
fn much_jitter_is_nearly_always_noticed_and_the_period_is_right_or_said_to_be_a_multiple() {
    let disturbed = Disturbed { jitter: 0.1, ..Disturbed::default() };
    let (right, all, multiple) = found(disturbed);
    assert!(all >= 55, "{all} of 60");
    assert!(right + multiple >= all, "{right} {multiple} {all}");
}

#[test]
fn spikes_without_a_period_are_hardly_ever_said_to_have_one() {
    for foreign in [5, 20, 60] {
        let alarms = (0..180).filter(|seed| {
            let truth = &mut Truth::new(1_000 * foreign + seed);
            let spikes: Vec<u64> = (0..foreign).map(|_| truth.below(REQUESTS)).collect();
            !find_among(&slow(&spikes)).is_empty()
        });
        let alarms = alarms.count();
        assert!(alarms <= 4, "{foreign} spikes: {alarms} of 180");
    }
}

/// Slow requests at these places, at a steady rate, without the quick ones between.
fn slow(places: &[u64]) -> Vec<Sample> {
    let sample = |index: &u64| Sample { index: *index, at_ns: index * 1_000_000, latency_ns: 1 };
    places.iter().map(sample).collect()
}

/// Slow phases, each of some slow requests near each other but too far apart to be one event, and some anywhere.
fn clumps(truth: &mut Truth, clumps: u64, size: u64, foreign: u64) -> Vec<u64> {
    let mut spikes: Vec<u64> = (0..foreign).map(|_| truth.below(REQUESTS)).collect();
    for _ in 0..clumps {
        let from = truth.below(REQUESTS - 1_000);
        spikes.extend((0..size).map(|_| from + truth.below(1_000)));
    }
    spikes
}

#[test]
fn slow_phases_without_a_period_are_hardly_ever_said_to_have_one() {
    for (count, size, foreign) in [(1, 20, 5), (1, 20, 30), (3, 10, 10), (6, 8, 0)] {
        let alarms = (0..100).filter(|seed| {
            let truth = &mut Truth::new(*seed);
            !find_among(&slow(&clumps(truth, count, size, foreign))).is_empty()
        });
        let alarms = alarms.count();
        assert!(alarms <= 3, "{count} of {size} and {foreign}: {alarms} of 100");
    }
}

#[test]
fn a_period_in_seconds_is_told_from_one_in_requests() {
    for seed in 0..20 {
        let truth = &mut Truth::new(seed);
        let mut all = requests(truth, &[]);
        // Once a second, whichever request is there.
        for second in 1..18 {
            if let Some(hit) = all.iter_mut().find(|sample| sample.at_ns >= second * 1_000_000_000)
            {
                hit.latency_ns *= 20;
            }
        }
        let best = find(&all)[0];
        assert_eq!(best.axis, Axis::Time, "seed {seed}: {best:?}");
        assert!((best.period - 1.0).abs() < 0.01, "seed {seed}: {best:?}");
    }
}
