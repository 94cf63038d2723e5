//! Failures: each kind becomes a degraded message, a dead one, or nothing at all, and never a lost one.

use std::time::Duration;

use enrich::{Answer, Failed, Settings};
use model::{Reason, Understood};

use crate::world::*;

fn reasons(world: &World<'_>) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = world
        .told
        .values()
        .flatten()
        .filter_map(|(_, standing)| match standing {
            Understood::Degraded { why, .. } | Understood::Dead(why) => Some(*why),
            Understood::Pending | Understood::Full(_) => None,
        })
        .collect();
    reasons.sort();
    reasons.dedup();
    reasons
}

#[test]
fn of_a_service_that_fails_always_calls_stay_near_none_and_all_is_degraded_in_time() {
    let mut service = |_: &mut Dice, _, _| (5 * MS, error());
    let mut world = World::new(Settings::default(), &mut service);
    world.arrive(1_000, 10 * SECOND);
    world.run(SECOND);
    world.assert_conserved();
    let live = world.room.service(world.now);
    let made = (live.calls + live.hedges + live.retries) as f64;
    assert!(made <= 1.1 * world.messages() as f64, "{made}");
    assert!(live.opened > 0 && made < 500.0, "the breaker spares it: {made} calls");
    assert_eq!(world.room.counts().degraded, world.messages() as u64);
    assert!(world.first_result_ms(1000) < 50.0, "nobody waits for what will not come");
    assert!(reasons(&world).contains(&Reason::Breaker));
}

#[test]
fn an_outage_is_made_good_after_it() {
    let mut from = None;
    let mut service = |dice: &mut Dice, now: model::Mono, _| {
        let from = *from.get_or_insert(now + 2 * SECOND);
        if now >= from && now < from + 20 * SECOND {
            (5 * MS, error())
        } else {
            (dice.lognormal(200 * MS, 0.25), good())
        }
    };
    let mut world = World::new(Settings::default(), &mut service);
    world.arrive(300, 22 * SECOND);
    assert!(world.room.counts().degraded > 5_000);
    world.arrive(300, 5 * SECOND);
    world.run(150 * SECOND);
    world.assert_conserved();
    assert_eq!(world.room.counts().full, world.messages() as u64);
}

#[test]
fn what_is_refused_for_good_is_dead_at_once_and_lives_when_it_is_replayed() {
    let mut refuses = true;
    let mut service = |_: &mut Dice, _, _| {
        let answer = if refuses { Answer::Failed(Failed::Refused) } else { good() };
        refuses = false;
        (50 * MS, answer)
    };
    let mut world = World::new(Settings::default(), &mut service);
    world.arrive(2, SECOND);
    world.run(SECOND);
    let letters: Vec<_> =
        world.room.letters(None, None).map(|(id, letter)| (id.target, letter.why)).collect();
    assert_eq!(letters, [(offset(1), Reason::Refused)]);
    assert_eq!(world.room.counts().dead, 1);
    world.room.begin_replay(None, 1, world.now).unwrap();
    world.run(5 * SECOND);
    world.assert_conserved();
    assert_eq!(world.room.letters(None, None).count(), 0);
    let told = &world.told[&offset(1)];
    assert!(matches!(
        told.iter().map(|(_, standing)| standing).collect::<Vec<_>>()[..],
        [Understood::Dead(Reason::Refused), Understood::Pending, Understood::Full(_)]
    ));
}

#[test]
fn what_never_succeeds_is_dead_after_its_last_try_and_its_neighbours_are_full() {
    let settings = Settings { tries_max: 3, ..Settings::default() };
    for (how, why) in [(Failed::Error, Reason::Exhausted), (Failed::Unreadable, Reason::Unreadable)]
    {
        let mut service = |dice: &mut Dice, _, _| {
            (50 * MS, if dice.record == 7 { Answer::Failed(how) } else { good() })
        };
        let mut world = World::new(settings.clone(), &mut service);
        world.arrive(99, SECOND);
        world.run(600 * SECOND);
        world.assert_conserved();
        let counts = world.room.counts();
        assert_eq!((counts.full, counts.dead), (98, 1), "{counts:?}");
        let letters: Vec<_> =
            world.room.letters(None, None).map(|(id, letter)| (id.target, letter.why)).collect();
        assert_eq!(letters, [(offset(7), why)]);
    }
}

#[test]
fn a_throttled_service_is_left_alone_until_it_said() {
    let mut told_at = None;
    let mut early = 0;
    let mut service = |dice: &mut Dice, now: model::Mono, _| {
        let from = *told_at.get_or_insert(now + SECOND);
        let throttled = now >= from && now < from + 10 * SECOND;
        if throttled {
            early += 1;
            let retry_after = Some((from + 10 * SECOND).since(now));
            return (5 * MS, Answer::Failed(Failed::Throttled { retry_after }));
        }
        (dice.lognormal(200 * MS, 0.25), good())
    };
    let mut world = World::new(Settings::default(), &mut service);
    world.arrive(500, 11 * SECOND);
    world.run(120 * SECOND);
    world.assert_conserved();
    assert_eq!(world.room.counts().full, world.messages() as u64);
    assert!(early < 500, "{early} calls while it takes none");
}

#[test]
fn what_is_withheld_is_a_guess_at_once_and_neither_a_sample_nor_a_try() {
    let mut from = None;
    let mut service = |_: &mut Dice, now: model::Mono, _| {
        // Longer than all tries of a message would take.
        let until = *from.get_or_insert(now + 60 * SECOND);
        if now < until {
            (Duration::ZERO, Answer::Withheld(Reason::RateLimit))
        } else {
            (100 * MS, good())
        }
    };
    let settings = Settings { tries_max: 2, ..Settings::default() };
    let mut world = World::new(settings, &mut service);
    world.arrive(100, SECOND);
    world.run(50 * SECOND);
    world.assert_conserved();
    let counts = world.room.counts();
    assert_eq!((counts.degraded, counts.dead), (world.messages() as u64, 0));
    assert_eq!(reasons(&world), [Reason::RateLimit]);
    assert!(world.first_result_ms(1000) < 50.0, "nobody waits for what is not sent");
    let service = world.room.service(world.now);
    assert_eq!((service.failures, service.opened, service.in_flight), (0, 0, 0));
    assert_eq!(service.latency_s, [0.0, 0.0], "nothing was answered");
    world.run(120 * SECOND);
    world.assert_conserved();
    assert_eq!(world.room.counts().full, world.messages() as u64);
}

#[test]
fn an_answer_that_another_got_is_full_and_no_sample() {
    let mut service = |dice: &mut Dice, _, _| {
        let Answer::Got(answer) = good() else { unreachable!("it is good") };
        let refused = dice.record.is_multiple_of(10);
        (MS, if refused { Answer::Withheld(Reason::Refused) } else { Answer::Had(answer) })
    };
    let mut world = World::new(Settings::default(), &mut service);
    world.arrive(1_000, SECOND);
    world.run(SECOND);
    world.assert_conserved();
    let counts = world.room.counts();
    let all = world.messages() as u64;
    assert_eq!((counts.full, counts.dead), (all - all / 10, all / 10), "{counts:?}");
    let service = world.room.service(world.now);
    assert_eq!((service.in_flight, service.latency_s), (0, [0.0, 0.0]));
}
