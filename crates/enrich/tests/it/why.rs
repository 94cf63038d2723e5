//! Every attempt, wait and result of a message can be told, and how it stands.

use enrich::{Answer, Decided, Failed, Failure, Kind, Protection, Settings, Standing, What};
use model::{InstanceId, MessageId, Mono, Reason};

use crate::world::{Dice, MS, SECOND, World, error, good, offset};

fn whats(world: &World<'_>, record: u64) -> Vec<What> {
    world.room.steps(offset(record)).map(|step| step.what).collect()
}

#[test]
fn a_message_that_is_answered_says_so_and_when() {
    let mut service = |_: &mut Dice, _: Mono, _: u32| (50 * MS, good());
    let settings = Settings { without: [Protection::Hedge].into(), ..Settings::default() };
    let mut world = World::new(settings, &mut service);
    world.arrive(2, SECOND);
    world.run(SECOND);
    let id = MessageId { instance: InstanceId(1), counter: 2 };
    assert_eq!(world.room.target_of(id), Some(offset(2)));
    let steps: Vec<_> = world.room.steps(offset(2)).collect();
    let [arrived, called, answered, decided, durable] = steps[..] else { panic!("{steps:?}") };
    assert!(matches!(arrived.what, What::Arrived(_)));
    let What::Called { number: 1, kind: Kind::First, breaker: 0, in_flight: 1, limit } =
        called.what
    else {
        panic!("{called:?}")
    };
    assert!(limit > 1);
    assert_eq!(answered.what, What::Answered { number: 1, won: false });
    assert_eq!(answered.at.since(called.at), 50 * MS);
    assert_eq!(durable.at.since(decided.at), 3 * MS);
    assert_eq!(decided.what, What::Decided(Decided::Full));
    assert_eq!(durable.what, What::Durable);
    assert_eq!(world.room.standing(offset(2)), Standing::Full);
    assert_eq!(world.room.standing(offset(3)), Standing::Unknown);
}

#[test]
fn a_hedge_that_wins_a_retry_and_a_guess_are_told() {
    // The first call of a message is slow; of the last one, every call fails.
    let mut calls = std::collections::BTreeMap::<u64, u32>::new();
    let mut service = |dice: &mut Dice, _: Mono, _: u32| {
        let nth = calls.entry(dice.record).or_default();
        *nth += 1;
        match (dice.record, *nth) {
            (501, 1) => (2 * SECOND, good()),
            (502, _) => (10 * MS, error()),
            _ => (dice.lognormal(100 * MS, 0.25), good()),
        }
    };
    let settings = Settings { again_per_s: 0, ..Settings::default() };
    let mut world = World::new(settings, &mut service);
    world.arrive(100, 5 * SECOND);
    world.arrive(2, SECOND);
    world.run(3 * SECOND);
    let hedged = whats(&world, 501);
    assert!(hedged.contains(&What::Answered { number: 2, won: true }), "{hedged:?}");
    let is_hedge = |what: &What| matches!(what, What::Called { number: 2, kind: Kind::Hedge, .. });
    assert!(hedged.iter().any(is_hedge), "{hedged:?}");
    assert_eq!(hedged.last(), Some(&What::Answered { number: 1, won: false }), "{hedged:?}");
    let failed = whats(&world, 502);
    let is_retry = |what: &What| matches!(what, What::Called { number: 2, kind: Kind::Retry, .. });
    assert!(failed.iter().any(is_retry), "{failed:?}");
    for number in [1, 2] {
        assert!(failed.contains(&What::Failed { number, how: Failure::Error }), "{failed:?}");
    }
    assert!(failed.contains(&What::Decided(Decided::Degraded(Reason::Failed))), "{failed:?}");
    let later = Standing::Later { result: Decided::Degraded(Reason::Failed), sweeps: 0 };
    assert_eq!(world.room.standing(offset(502)), later);
}

#[test]
fn a_wait_a_sweep_and_a_death_are_told() {
    let mut service = |dice: &mut Dice, _: Mono, _: u32| {
        (100 * MS, if dice.record == 20 { Answer::Failed(Failed::Refused) } else { good() })
    };
    let settings = Settings { calls_max: 10, ..Settings::default() };
    let mut world = World::new(settings, &mut service);
    world.arrive(5_000, 20 * MS);
    assert!(matches!(world.room.standing(offset(50)), Standing::InHand { waits: true, .. }));
    world.run(60 * SECOND);
    let dead = whats(&world, 20);
    assert!(matches!(dead[1], What::Waits(_)), "{dead:?}");
    assert!(dead.contains(&What::Decided(Decided::Dead(Reason::Refused))), "{dead:?}");
    assert_eq!(world.room.standing(offset(20)), Standing::Dead(Reason::Refused));
    let last = whats(&world, 100);
    assert!(last.contains(&What::Decided(Decided::Degraded(Reason::Overload))), "{last:?}");
    assert!(last.iter().any(|what| matches!(what, What::Swept(_))), "{last:?}");
}

#[test]
fn a_call_that_was_not_sent_is_told_with_its_reason() {
    for why in [Reason::RateLimit, Reason::Breaker, Reason::Failed] {
        let mut service = |_: &mut Dice, _: Mono, _: u32| (MS, Answer::Withheld(why));
        let mut world = World::new(Settings::default(), &mut service);
        world.arrive(1, SECOND);
        world.run(SECOND);
        let told = whats(&world, 1);
        assert!(matches!(told[1], What::Called { number: 1, kind: Kind::First, .. }), "{told:?}");
        assert_eq!(told[2], What::Withheld { number: 1, why });
        assert_eq!(told[3], What::Decided(Decided::Degraded(why)));
        // Each try of a sweep too, though it counts as none.
        let tries = told.iter().filter(|what| matches!(what, What::Swept(1))).count();
        let withheld = told.iter().filter(|what| matches!(what, What::Withheld { .. })).count();
        assert!(tries > 0 && withheld == tries + 1, "{told:?}");
    }
}

#[test]
fn a_hedge_that_was_not_sent_is_told_while_the_first_call_is_out() {
    let mut calls = std::collections::BTreeMap::<u64, u32>::new();
    let mut service = |dice: &mut Dice, _: Mono, _: u32| {
        let nth = calls.entry(dice.record).or_default();
        *nth += 1;
        match (dice.record, *nth) {
            (501, 1) => (300 * MS, good()),
            (501, _) => (MS, Answer::Withheld(Reason::RateLimit)),
            _ => (dice.lognormal(100 * MS, 0.25), good()),
        }
    };
    let mut world = World::new(Settings::default(), &mut service);
    world.arrive(100, 5 * SECOND);
    world.arrive(1, SECOND);
    world.run(SECOND);
    let told = whats(&world, 501);
    let withheld = What::Withheld { number: 2, why: Reason::RateLimit };
    assert!(told.contains(&withheld), "{told:?}");
    assert!(told.contains(&What::Decided(Decided::Full)), "{told:?}");
}

#[test]
fn a_message_that_is_not_called_for_says_why() {
    // All fails, so the breaker opens; no limit is found meanwhile.
    let mut down = |_: &mut Dice, _: Mono, _: u32| (MS, error());
    let settings = Settings { without: [Protection::Limit].into(), ..Settings::default() };
    let mut world = World::new(settings, &mut down);
    world.arrive(100, 5 * SECOND);
    let told = whats(&world, 400);
    let breaker = [
        What::NotCalled(Reason::Breaker),
        What::Decided(Decided::Degraded(Reason::Breaker)),
        What::Durable,
    ];
    assert_eq!(told[1..4], breaker, "{told:?}");
    // Four places, which are taken: the one that waits has a guess when its time is up, and of a crowd those who have
    // waited for too long have it sooner.
    let mut slow = |_: &mut Dice, _: Mono, _: u32| (10 * SECOND, good());
    let few = || Settings { calls_max: 4, ..Settings::default() };
    let mut world = World::new(few(), &mut slow);
    world.arrive(5, SECOND);
    world.run(SECOND);
    let told = whats(&world, 5);
    assert!(matches!(told[1], What::Waits(0)), "{told:?}");
    let end = [
        What::NotCalled(Reason::Limit),
        What::Decided(Decided::Degraded(Reason::Limit)),
        What::Durable,
    ];
    assert_eq!(told[2..], end, "{told:?}");
    let mut world = World::new(Settings { in_hand_max: 10, ..few() }, &mut slow);
    world.arrive(5_000, 20 * MS);
    world.run(SECOND);
    let is_overload = |record| whats(&world, record).contains(&What::NotCalled(Reason::Overload));
    assert!((1..=100).any(is_overload));
}
