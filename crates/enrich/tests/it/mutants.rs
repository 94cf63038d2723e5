//! The checker is under test: each promise the room can break on purpose must be caught.

use check::Kind;
use enrich::Settings;
use model::Mutant;

use crate::world::*;

/// What the checker finds after a restart in the midst of it, by a room with this mutant.
fn found(mutant: Option<Mutant>, kind: Kind) -> u64 {
    let mut service = |dice: &mut Dice, _, _| (dice.lognormal(200 * MS, 0.3), good());
    let settings = || Settings { mutant, ..Settings::default() };
    let mut world = World::new(settings(), &mut service);
    world.arrive(100, SECOND);
    world.restart(settings());
    world.arrive(100, SECOND);
    world.run(60 * SECOND);
    world.judged().total(kind)
}

#[test]
fn a_room_that_is_right_is_not_accused() {
    for mutant in [None, Some(Mutant::GuessKept), Some(Mutant::NoSync)] {
        assert_eq!(found(mutant, Kind::BrokenResult), 0);
        assert_eq!(found(mutant, Kind::Unresolved), 0);
    }
}

#[test]
fn asking_twice_is_caught() {
    assert!(found(Some(Mutant::AskedTwice), Kind::BrokenResult) > 0);
}

#[test]
fn forgetting_what_is_pending_is_caught() {
    assert!(found(Some(Mutant::PendingForgotten), Kind::Unresolved) > 0);
}
