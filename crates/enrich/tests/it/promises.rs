//! What is promised of a healthy service and of one that fails in part.

use enrich::Settings;
use model::Mono;

use crate::world::*;

#[test]
fn ten_thousand_a_second_are_answered_in_time_and_nearly_all_in_full() {
    let mut service = |dice: &mut Dice, _, _| (dice.lognormal(200 * MS, 0.25), good());
    let mut world = World::new(Settings::default(), &mut service);
    // The limit finds its way up meanwhile.
    world.arrive(10_000, 4 * SECOND);
    world.look_from_now();
    let before = world.messages();
    world.arrive(10_000, 6 * SECOND);
    world.run(SECOND);
    let messages = world.messages() - before;
    assert!(world.first_result_ms(990) < 400.0, "{}", world.first_result_ms(990));
    assert!(world.first_result_ms(1000) <= 410.0, "{}", world.first_result_ms(1000));
    let at_once = world.full_at_once() as f64 / messages as f64;
    assert!(at_once > 0.98, "{at_once}");
    let live = world.room.service(world.now);
    let extra = (live.hedges + live.retries) as f64 / live.calls as f64;
    assert!(extra < 0.11, "{extra} extra live calls");
    world.run(60 * SECOND);
    world.assert_conserved();
    let counts = world.room.counts();
    assert_eq!(counts.full, world.messages() as u64, "all of them in the end: {counts:?}");
}

#[test]
fn one_in_twenty_that_fails_after_the_full_latency_is_degraded_in_time_and_full_later() {
    let mut service = |dice: &mut Dice, _, _| {
        let took = dice.lognormal(200 * MS, 0.1);
        if dice.share() < 0.05 { (took, error()) } else { (took, good()) }
    };
    let mut world = World::new(Settings::default(), &mut service);
    world.arrive(2_000, 10 * SECOND);
    assert!(world.first_result_ms(990) <= 400.0, "{}", world.first_result_ms(990));
    let live = world.room.service(world.now);
    let extra = (live.hedges + live.retries) as f64 / live.calls as f64;
    assert!(extra < 0.11, "{extra} extra live calls");
    world.run(60 * SECOND);
    world.assert_conserved();
    let counts = world.room.counts();
    assert_eq!((counts.full, counts.degraded), (world.messages() as u64, 0), "{counts:?}");
}

#[test]
fn a_stall_of_two_seconds_is_forgotten_within_three() {
    let mut stalled_from = None;
    let mut service = |dice: &mut Dice, now: Mono, _| {
        let from = *stalled_from.get_or_insert(now + 5 * SECOND);
        let took = dice.lognormal(200 * MS, 0.25);
        // Who asks while it stands still waits for its end.
        let still = if now >= from && now < from + 2 * SECOND {
            (from + 2 * SECOND).since(now)
        } else {
            std::time::Duration::ZERO
        };
        (still + took, good())
    };
    let mut world = World::new(Settings::default(), &mut service);
    world.arrive(10_000, 5 * SECOND);
    let before = world.first_result_ms(950);
    world.arrive(10_000, 5 * SECOND);
    let counts = world.room.counts();
    assert!(counts.degraded > 1_000, "the stall was seen: {counts:?}");
    assert!(world.first_result_ms(999) <= 410.0, "{}", world.first_result_ms(999));
    world.look_from_now();
    world.arrive(10_000, 3 * SECOND);
    world.run(SECOND);
    let after = world.first_result_ms(950);
    assert!(after < 1.2 * before, "p95 {before} ms before, {after} after");
    world.run(120 * SECOND);
    world.assert_conserved();
    assert_eq!(world.room.counts().full, world.messages() as u64);
}

#[test]
fn an_outage_that_is_over_is_noticed_within_seconds_however_long_it_was() {
    let mut service = |dice: &mut Dice, now: Mono, _: u32| {
        let is_down = now < Mono(1_000_000_000_000) + 120 * SECOND;
        if is_down { (MS, error()) } else { (dice.lognormal(50 * MS, 0.25), good()) }
    };
    let mut world = World::new(Settings::default(), &mut service);
    world.arrive(50, 120 * SECOND);
    let calls = world.calls;
    assert!(calls < 300, "a probe every few seconds: {calls}");
    // The breaker's wait, and two seconds of letting calls through little by little.
    world.arrive(50, 8 * SECOND);
    world.look_from_now();
    world.arrive(50, 2 * SECOND);
    world.run(SECOND);
    assert!(world.full_at_once() >= 90, "{} of 100", world.full_at_once());
}

#[test]
fn a_service_of_one_place_is_asked_one_at_a_time() {
    let mut service = |_: &mut Dice, _, _| (20 * MS, good());
    let mut world = World::new(Settings { calls_max: 1, ..Settings::default() }, &mut service);
    world.arrive(20, 2 * SECOND);
    world.run(10 * SECOND);
    world.assert_conserved();
    assert_eq!((world.room.counts().full, world.in_flight_max), (40, 1));
}
