//! Each protection, switched off, is worse: shown by counts.

use std::time::Duration;

use enrich::{Protection, Settings};

use crate::world::*;

fn without(protection: Option<Protection>) -> Settings {
    Settings { without: protection.into_iter().collect(), ..Settings::default() }
}

#[test]
fn without_the_breaker_a_dead_service_is_asked_for_every_message() {
    let calls = |off: Option<Protection>| {
        let mut service = |_: &mut Dice, _, _| (5 * MS, error());
        let mut settings = without(off);
        settings.without.insert(Protection::Limit);
        let mut world = World::new(settings, &mut service);
        world.arrive(2_000, 5 * SECOND);
        world.assert_conserved();
        world.calls
    };
    let (with, off) = (calls(None), calls(Some(Protection::Breaker)));
    assert!(off >= 10_000 && with * 10 < off, "{with} calls with it, {off} without");
}

#[test]
fn without_the_budget_failures_double_the_calls() {
    let extra = |off: Option<Protection>| {
        // A third fails at once, with time enough for a second call; neither breaker nor limit look.
        let mut service = |dice: &mut Dice, _, _| {
            let took = dice.lognormal(100 * MS, 0.1);
            if dice.share() < 0.33 { (5 * MS, error()) } else { (took, good()) }
        };
        let mut settings = without(off);
        settings.without.extend([Protection::Breaker, Protection::Limit]);
        let mut world = World::new(settings, &mut service);
        world.arrive(1_000, 10 * SECOND);
        let live = world.room.service(world.now);
        (live.hedges + live.retries) as f64 / live.calls as f64
    };
    let (with, off) = (extra(None), extra(Some(Protection::Budget)));
    assert!(with < 0.13 && off > 0.3, "{with} with it, {off} without");
}

#[test]
fn without_the_limit_a_service_with_few_places_is_buried() {
    // 500 places: what is beyond waits for them.
    let worst = |off: Option<Protection>| {
        let mut worst = Duration::ZERO;
        let mut service = |dice: &mut Dice, _, in_flight: u32| {
            let took =
                dice.lognormal(200 * MS, 0.1).mul_f64((f64::from(in_flight) / 500.0).max(1.0));
            worst = worst.max(took);
            (took, good())
        };
        let mut world = World::new(without(off), &mut service);
        world.arrive(10_000, 5 * SECOND);
        world.assert_conserved();
        worst
    };
    let (with, off) = (worst(None), worst(Some(Protection::Limit)));
    assert!(with * 2 < off, "{with:?} with it, {off:?} without");
}

#[test]
fn without_hedges_a_slow_call_in_a_hundred_is_a_guess() {
    let degraded = |off: Option<Protection>| {
        let mut service = |dice: &mut Dice, _, _| {
            let slow = dice.share() < 0.02;
            (if slow { 900 * MS } else { dice.lognormal(100 * MS, 0.1) }, good())
        };
        let mut world = World::new(without(off), &mut service);
        // The limit finds its way.
        world.arrive(2_000, 2 * SECOND);
        world.run(SECOND);
        world.look_from_now();
        world.arrive(2_000, 5 * SECOND);
        world.run(SECOND);
        10_000 - world.full_at_once()
    };
    let (with, off) = (degraded(None), degraded(Some(Protection::Hedge)));
    assert!(off > 100 && with * 4 < off, "{with} with them, {off} without");
}

#[test]
fn without_the_deadline_a_slow_call_is_waited_for() {
    let worst = |off: Option<Protection>| {
        let mut service = |dice: &mut Dice, _, _| {
            let slow = dice.share() < 0.05;
            (if slow { 2 * SECOND } else { dice.lognormal(100 * MS, 0.1) }, good())
        };
        let mut world = World::new(without(off), &mut service);
        world.arrive(1_000, 5 * SECOND);
        world.run(5 * SECOND);
        world.first_result_ms(999)
    };
    let (with, off) = (worst(None), worst(Some(Protection::Deadline)));
    assert!(with <= 410.0 && off > 1_500.0, "{with} ms with it, {off} without");
}

#[test]
fn without_turns_who_sends_little_waits_for_who_floods() {
    // 200 places are a thousand calls a second; one sends two thousand, another five.
    let in_time = |off: Option<Protection>| {
        let mut service = |dice: &mut Dice, _, _| (dice.lognormal(200 * MS, 0.05), good());
        let settings = Settings { calls_max: 200, ..without(off) };
        let mut world = World::new(settings, &mut service);
        world.arrive_from("flood", 2_000, SECOND);
        world.look_from_now();
        world.arrive_beside(&[("flood", 2_000), ("ann", 5)], 5 * SECOND);
        world.run(SECOND);
        world.assert_conserved();
        world.full_at_once_of("ann")
    };
    let (with, off) = (in_time(None), in_time(Some(Protection::Fairness)));
    assert!(with >= 24 && off * 2 < with, "{with} of 25 with them, {off} without");
}
