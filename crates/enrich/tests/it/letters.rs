//! What was given up is listed by its reason, counted before it is asked for again, and asked for again at its rate.

use std::time::Duration;

use enrich::{Answer, Enricher, Failed, NoReplay, REPLAY_PER_S_MAX, Settings, Standing};
use model::{
    BatchNo, ConversationId, Enrichment, Fact, LetterId, Mono, Reason, Said, Seq, Understood,
    UserId, Wall,
};

use crate::world::{Dice, MS, SECOND, World, good, message, offset};

/// A message of the past that was given up.
fn dead(record: u64, why: Reason, said: Option<Wall>) -> Fact {
    Fact::Enriched(Box::new(Enrichment {
        conversation: ConversationId::new("c").unwrap(),
        seq: Seq(record),
        target: offset(record),
        said: said.map(|at| Said { sender: UserId::new("ann").unwrap(), at }),
        before: Understood::Pending,
        after: Understood::Dead(why),
    }))
}

/// A room whose past has these letters, one a second, the last record first.
fn with_letters(settings: Settings, whys: &[Reason]) -> Enricher {
    let mut room = Enricher::new(settings);
    let count = whys.len() as u64;
    let at = |record: u64| Wall(1_000 * (count - record));
    for record in 1..=count {
        room.handle_past(BatchNo(record), offset(record), &message(record, "ann", at(record)));
    }
    for (record, why) in (1..).zip(whys) {
        let fact = dead(record, *why, Some(at(record)));
        room.handle_past(BatchNo(count + record), offset(100 + record), &fact);
    }
    room.handle_end_of_past();
    room
}

fn records(room: &Enricher, reason: Option<Reason>, after: Option<LetterId>) -> Vec<u64> {
    room.letters(reason, after).map(|(id, _)| id.target.record.0).collect()
}

#[test]
fn letters_are_listed_by_their_reason_the_oldest_first_and_page_by_page() {
    use Reason::{Exhausted, Refused, Unreadable};
    let room = with_letters(Settings::default(), &[Refused, Exhausted, Refused, Unreadable]);
    assert_eq!(records(&room, None, None), [4, 3, 2, 1], "the last record is the oldest");
    assert_eq!(records(&room, Some(Refused), None), [3, 1]);
    assert_eq!(records(&room, Some(Reason::Budget), None), [0; 0]);
    let (second, letter) = room.letters(None, None).nth(1).unwrap();
    assert_eq!((letter.why, letter.seq), (Refused, Seq(3)));
    assert_eq!(records(&room, None, Some(second)), [2, 1], "a page goes on where one ended");
    assert_eq!(room.letter(second).map(|letter| letter.seq), Some(Seq(3)));
    let another = LetterId { at: Wall(second.at.0 + 1), ..second };
    assert_eq!(room.letter(another), None);
    let preview = room.preview(None, 1);
    assert_eq!(preview.reasons, [(Refused, 2), (Unreadable, 1), (Exhausted, 1)]);
    assert_eq!(preview.span, Some((Wall(0), Wall(3_000))));
    assert_eq!((preview.tries_max, preview.lasts), (20, 4 * SECOND));
    let preview = room.preview(Some(Exhausted), 1_000);
    assert_eq!((preview.reasons, preview.lasts), (vec![(Exhausted, 1)], SECOND));
    assert_eq!(room.preview(Some(Reason::Budget), 1).span, None);
}

#[test]
fn a_letter_of_which_nobody_knows_whose_it_is_stays_one_when_all_are_replayed() {
    let mut room = Enricher::new(Settings::default());
    room.handle_past(BatchNo(1), offset(1), &message(1, "ann", Wall(5)));
    room.handle_past(BatchNo(2), offset(2), &dead(1, Reason::Refused, None));
    room.handle_end_of_past();
    room.begin_replay(None, 1, Mono(0)).unwrap();
    room.handle_timeout(Mono(0));
    room.handle_timeout(Mono(0) + SECOND);
    let replay = room.replay().unwrap();
    assert_eq!((replay.done, replay.left, replay.runs), (0, 1, false));
    assert_eq!(records(&room, None, None), [1], "it is not lost");
    assert_eq!((room.counts().dead, room.counts().error()), (1, 0));
    assert_eq!(room.next_command(), None);
}

#[test]
fn a_replay_keeps_to_its_rate_and_what_it_had_not_come_to_when_it_is_cancelled_stays_dead() {
    let mut cured = false;
    let mut service = |_: &mut Dice, now: Mono, _: u32| {
        cured |= now > Mono(1_000_000_000_000) + 20 * SECOND;
        (50 * MS, if cured { good() } else { Answer::Failed(Failed::Refused) })
    };
    let mut world = World::new(Settings::default(), &mut service);
    world.arrive(100, 2 * SECOND);
    world.run(20 * SECOND);
    assert_eq!(world.room.counts().dead, 200);
    world.room.begin_replay(Some(Reason::Refused), 20, world.now).unwrap();
    assert_eq!(world.room.begin_replay(None, 1, world.now), Err(NoReplay::Running));
    world.run(Duration::from_millis(2_990));
    let replay = world.room.replay().unwrap();
    assert_eq!((replay.of, replay.done, replay.left, replay.runs), (200, 60, 0, true));
    assert!(world.room.cancel_replay());
    assert!(!world.room.cancel_replay(), "it is cancelled once");
    world.run(60 * SECOND);
    world.assert_conserved();
    let counts = world.room.counts();
    assert_eq!((counts.full, counts.dead, counts.pending), (60, 140, 0), "{counts:?}");
    // The oldest were taken.
    assert_eq!(records(&world.room, None, None).first(), Some(&61));
    world.room.begin_replay(None, REPLAY_PER_S_MAX, world.now).unwrap();
    world.run(60 * SECOND);
    world.assert_conserved();
    assert_eq!(world.room.counts().full, 200);
    assert!(world.room.replay().is_some_and(|replay| replay.done == 140 && !replay.runs));
}

#[test]
fn what_is_given_up_again_is_not_replayed_again() {
    let mut service = |_: &mut Dice, _: Mono, _: u32| (5 * MS, Answer::Failed(Failed::Refused));
    let mut world = World::new(Settings::default(), &mut service);
    world.arrive(10, SECOND);
    world.run(10 * SECOND);
    let calls = world.calls;
    world.room.begin_replay(None, 1, world.now).unwrap();
    world.run(120 * SECOND);
    world.assert_conserved();
    let replay = world.room.replay().unwrap();
    assert_eq!((replay.of, replay.done, replay.runs), (10, 10, false));
    assert_eq!((world.calls - calls, world.room.counts().dead), (10, 10));
}

#[test]
fn a_rate_has_its_bounds_and_nothing_is_replayed_that_nobody_would_ask_for() {
    let refused = [Reason::Refused];
    let begun = |settings: Settings, per_s| {
        with_letters(settings, &refused).begin_replay(None, per_s, Mono(0))
    };
    assert_eq!(begun(Settings::default(), 0), Err(NoReplay::Rate));
    assert_eq!(begun(Settings::default(), 1), Ok(()));
    assert_eq!(begun(Settings::default(), REPLAY_PER_S_MAX), Ok(()));
    assert_eq!(begun(Settings::default(), REPLAY_PER_S_MAX + 1), Err(NoReplay::Rate));
    let never = Settings { again_per_s: 0, ..Settings::default() };
    assert_eq!(begun(never, 1), Err(NoReplay::NothingAgain));
}

#[test]
fn a_replay_waits_while_there_is_no_room_or_too_much_waits_already() {
    let replayed = |settings| {
        let mut room = with_letters(settings, &[Reason::Refused, Reason::Refused]);
        room.begin_replay(None, 100, Mono(0)).unwrap();
        for ms in 0..500 {
            room.handle_timeout(Mono(0) + ms * MS);
        }
        room.replay().map(|replay| replay.done)
    };
    let one = Settings { in_hand_max: 1, ..Settings::default() };
    assert_eq!(replayed(one), Some(1), "the first is not durable, so it is in hand");
    let full = Settings { backlog_max: 0, ..Settings::default() };
    assert_eq!(replayed(full), Some(0));
    assert_eq!(replayed(Settings::default()), Some(2));
}

#[test]
fn beyond_the_bound_letters_are_counted_and_come_back_when_there_is_room() {
    use Reason::{Exhausted, Refused};
    let mut cured = false;
    let mut service = |dice: &mut Dice, now: Mono, _: u32| {
        cured |= now > Mono(1_000_000_000_000) + 20 * SECOND;
        let is_first = dice.record <= 4;
        (50 * MS, if cured && is_first { good() } else { Answer::Failed(Failed::Refused) })
    };
    let settings = Settings { letters_max: 4, ..Settings::default() };
    let mut world = World::new(settings, &mut service);
    world.arrive(4, SECOND);
    world.run(20 * SECOND);
    assert_eq!(records(&world.room, None, None), [1, 2, 3, 4], "at the edge all are kept");
    world.arrive(3, SECOND);
    world.run(20 * SECOND);
    assert_eq!(records(&world.room, None, None), [1, 2, 3, 4]);
    assert_eq!(world.room.preview(None, 1).reasons, [(Refused, 7)], "none is lost");
    assert_eq!(world.room.preview(Some(Exhausted), 1).reasons, []);
    assert_eq!(world.room.standing(offset(6)), Standing::Dead(Refused));
    // A replay takes those that are kept; then the others have room.
    world.room.begin_replay(None, REPLAY_PER_S_MAX, world.now).unwrap();
    assert_eq!(world.room.replay().unwrap().of, 4);
    world.run(120 * SECOND);
    world.assert_conserved();
    assert_eq!((world.room.counts().full, world.room.counts().dead), (4, 3));
    assert_eq!(records(&world.room, None, None), [5, 6, 7]);
    let (id, letter) = world.room.letters(None, None).next().unwrap();
    let said = letter.said.as_ref().map(|said| (said.sender.as_str(), said.at));
    assert_eq!((letter.seq, letter.why, said), (Seq(5), Refused, Some(("ann", id.at))));
}

#[test]
fn letters_beyond_the_bound_outlive_a_restart_and_a_replay_of_another_life() {
    let settings = || Settings { letters_max: 1, ..Settings::default() };
    let mut service = |_: &mut Dice, now: Mono, _: u32| {
        let cured = now > Mono(1_000_000_000_000) + 20 * SECOND;
        (5 * MS, if cured { good() } else { Answer::Failed(Failed::Refused) })
    };
    let mut world = World::new(settings(), &mut service);
    world.arrive(3, SECOND);
    world.run(20 * SECOND);
    for round in 1..=3 {
        // Whatever is read again, nobody asks for a letter that is only counted.
        let calls = world.calls;
        world.restart(settings());
        world.run(120 * SECOND);
        assert_eq!((world.calls, world.room.counts().dead), (calls, 4 - round));
        world.room.begin_replay(None, 1, world.now).unwrap();
        world.run(120 * SECOND);
        world.assert_conserved();
        assert_eq!((world.room.counts().full, world.room.counts().dead), (round, 3 - round));
    }
}

#[test]
fn a_letter_beyond_the_bound_whose_message_has_gone_is_waited_for_no_longer() {
    let mut room = with_letters(
        Settings { letters_max: 1, ..Settings::default() },
        &[Reason::Refused, Reason::Refused, Reason::Exhausted],
    );
    assert_eq!(room.begin_sweep(Mono(0)), None, "there is no room for another");
    room.begin_replay(None, 1, Mono(0)).unwrap();
    room.handle_timeout(Mono(0));
    assert_eq!(room.begin_sweep(Mono(0)), None, "a replay that runs is joined by no other letter");
    room.handle_timeout(Mono(0) + SECOND);
    assert_eq!(room.begin_sweep(Mono(0)), Some(BatchNo(1)));
    // The second is there, the third is not any more.
    let fact = message(2, "ann", Wall(1_000));
    assert!(!room.handle_swept(BatchNo(2), offset(2), &fact, Mono(0)));
    room.handle_sweep_end(Mono(0));
    assert_eq!(records(&room, None, None), [2]);
    let counts = room.counts();
    assert_eq!((counts.dead, counts.gone, counts.error()), (2, 1, 0), "{counts:?}");
}
