//! A journal that has no room, a room that is full, and restarts.

use std::time::Duration;

use enrich::{Answer, Answered, Command, Enricher, Settings};
use model::{
    BatchNo, Body, ConversationId, Enrichment, Fact, Mono, Reason, Seq, Understanding, Understood,
    Wall,
};
use proptest::prelude::*;

use crate::world::*;

fn commands(room: &mut Enricher) -> Vec<Command> {
    std::iter::from_fn(|| room.next_command()).collect()
}

fn told(room: &mut Enricher, record: u64) {
    room.handle_fact(
        BatchNo(record),
        offset(record),
        &message(record, "ann", Wall(0)),
        Mono(0),
        Wall(0),
    );
}

#[test]
fn there_is_room_up_to_the_bound_and_not_above() {
    let mut room = Enricher::new(Settings { in_hand_max: 2, ..Settings::default() });
    told(&mut room, 1);
    assert_eq!(room.room(), 1);
    told(&mut room, 2);
    assert_eq!(room.room(), 0);
}

#[test]
fn a_message_that_is_shown_twice_is_called_for_once() {
    let mut room = Enricher::new(Settings::default());
    told(&mut room, 1);
    told(&mut room, 1);
    assert_eq!(commands(&mut room).len(), 1);
}

#[test]
fn a_full_disk_keeps_the_answers_and_hands_them_over_again() {
    let mut room = Enricher::new(Settings::default());
    for record in 1..=2 {
        told(&mut room, record);
    }
    for command in commands(&mut room) {
        let Command::Call { target, number, sent, .. } = command else { panic!("{command:?}") };
        let answered = Answered { target, number, sent, came: Mono(5), answer: good() };
        room.handle_answer(answered, Mono(5));
    }
    assert_eq!(commands(&mut room).len(), 2);
    room.handle_append_refused(0, Mono(5));
    room.handle_append_refused(0, Mono(5));
    room.handle_timeout(Mono(5) + SECOND);
    let again = commands(&mut room);
    assert_eq!(again.len(), 2);
    for command in &again {
        let Command::Append { generation: 1, fact: Fact::Enriched(enrichment) } = command else {
            panic!("{command:?}")
        };
        assert_eq!(enrichment.before, Understood::Pending);
    }
    room.handle_durable(2, Mono(5) + SECOND);
    assert_eq!((room.counts().full, room.counts().error()), (2, 0));
}

/// A message of the past with nothing but a guess.
fn guessed(room: &mut Enricher, record: u64) {
    let fact = message(record, "ann", Wall(0));
    let Fact::Message(message) = &fact else { panic!("{fact:?}") };
    let after = Understood::Degraded { why: Reason::Breaker, guess: Understanding::default() };
    let guess = Fact::Enriched(Box::new(Enrichment {
        conversation: message.conversation.clone(),
        seq: message.seq,
        target: offset(record),
        said: None,
        before: Understood::Pending,
        after,
    }));
    room.handle_past(BatchNo(record), offset(record), &fact);
    room.handle_past(BatchNo(record), offset(100 + record), &guess);
}

#[test]
fn guesses_of_the_past_are_not_counted_again_and_those_of_now_are() {
    let mut room = Enricher::new(Settings::default());
    (1..=3).for_each(|record| guessed(&mut room, record));
    room.handle_end_of_past();
    let counts = room.counts();
    assert_eq!((counts.received, counts.degraded, counts.guessed), (3, 3, 0), "{counts:?}");
    // It is read so late that there is only time for a guess.
    let late = Wall(60_000);
    room.handle_fact(BatchNo(4), offset(4), &message(4, "ann", Wall(0)), Mono(0), late);
    let appended = commands(&mut room).len();
    room.handle_durable(appended, Mono(0));
    let counts = room.counts();
    assert_eq!((counts.degraded, counts.guessed, counts.error()), (4, 1, 0), "{counts:?}");
}

#[test]
fn a_text_that_is_gone_when_it_would_be_asked_again_is_waited_for_no_longer() {
    let mut room = Enricher::new(Settings::default());
    for record in 1..=3 {
        guessed(&mut room, record);
    }
    room.handle_end_of_past();
    assert_eq!((room.counts().degraded, room.sizes()[2]), (3, 3));
    assert_eq!(room.begin_sweep(Mono(0)), Some(BatchNo(0)));
    // The second was deleted meanwhile; the third is called for when it is already on its way out.
    for record in [1, 3] {
        let fact = message(record, "ann", Wall(0));
        assert!(room.handle_swept(BatchNo(record), offset(record), &fact, Mono(0)));
    }
    for command in commands(&mut room) {
        let Command::Call { target, number, sent, .. } = command else { panic!("{command:?}") };
        let answer = if target == offset(1) { good() } else { error() };
        room.handle_answer(Answered { target, number, sent, came: Mono(5), answer }, Mono(5));
    }
    room.handle_sweep_end(Mono(10));
    let counts = room.counts();
    assert_eq!((counts.gone, counts.degraded, counts.error()), (1, 2, 0), "{counts:?}");
    assert_eq!(room.sizes()[2], 1, "one is answered and not durable, one is asked again");
}

#[test]
fn past_the_backlogs_bound_senders_are_told() {
    let settings = Settings { backlog_max: 100, ..Settings::default() };
    let mut service = |_: &mut Dice, _, _| (5 * MS, error());
    let mut world = World::new(settings, &mut service);
    world.arrive(99, SECOND);
    assert!(!world.room.is_full());
    world.arrive(200, SECOND);
    world.run(SECOND);
    assert!(world.room.is_full());
}

#[test]
fn the_limit_that_was_found_is_there_to_begin_with() {
    let mut service = |dice: &mut Dice, _, _| (dice.lognormal(200 * MS, 0.1), good());
    let mut world = World::new(Settings::default(), &mut service);
    world.arrive(10_000, 5 * SECOND);
    let found = world.room.last_good_limit().expect("it was found");
    assert!((1_500..=4_000).contains(&found), "{found}");
    let mut room = Enricher::new(Settings { calls_before: Some(found), ..Settings::default() });
    assert!(room.service(Mono(0)).limit >= found / 2);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn whenever_it_is_restarted_every_message_ends_with_one_result(
        seed in 1_u64.., failing in 0.0..0.6_f64, stops in prop::collection::vec(50_u64..900, 1..5),
    ) {
        let mut own = Dice::new(seed);
        let mut heals = false;
        let heal = std::cell::Cell::new(false);
        let mut service = |dice: &mut Dice, _, _| {
            heals |= heal.get();
            let took = dice.lognormal(150 * MS, 0.5);
            if !heals && own.share() < failing { (took, error()) } else { (took, good()) }
        };
        let settings = || Settings { tries_max: 200, again_after: 100 * MS, ..Settings::default() };
        let mut world = World::new(settings(), &mut service);
        for stop in stops {
            world.arrive(200, Duration::from_millis(stop));
            world.restart(settings());
        }
        heal.set(true);
        world.run(300 * SECOND);
        world.assert_conserved();
        let counts = world.room.counts();
        prop_assert_eq!(counts.full, world.messages() as u64, "{:?}", counts);
    }
}

#[test]
fn what_may_not_leave_is_taken_out_of_the_first_call_and_of_those_of_a_sweep() {
    let privacy = "c emails".parse().unwrap();
    let mut room = Enricher::new(Settings { privacy, ..Settings::default() });
    let Fact::Message(mut message) = message(1, "ann", Wall(0)) else { unreachable!() };
    message.content = Body::new("write to ann@example.org").unwrap().into();
    let fact = Fact::Message(message);
    room.handle_fact(BatchNo(1), offset(1), &fact, Mono(0), Wall(0));
    let mut texts = Vec::new();
    let mut now = Mono(0);
    while texts.len() < 2 {
        for command in commands(&mut room) {
            match command {
                Command::Call { target, number, sent, text } => {
                    texts.push(text.as_str().to_owned());
                    let answer = Answer::Withheld(Reason::RateLimit);
                    room.handle_answer(Answered { target, number, sent, came: now, answer }, now);
                }
                Command::Append { .. } => room.handle_durable(1, now),
            }
        }
        now = now + SECOND;
        if room.begin_sweep(now).is_some() {
            assert!(room.handle_swept(BatchNo(1), offset(1), &fact, now));
            room.handle_sweep_end(now);
        }
    }
    assert_eq!(texts, ["write to [email]"; 2]);
}

#[test]
fn of_a_closed_conversation_nothing_leaves_and_of_others_what_may() {
    let settings =
        |rules: &str| Settings { privacy: rules.parse().unwrap(), ..Settings::default() };
    let wall = Wall(1_000_000);
    let fact = message(1, "ann", wall);
    let called = |room: &mut Enricher| {
        std::iter::from_fn(|| room.next_command()).find_map(|command| match command {
            Command::Call { text, .. } => Some(text.as_str().to_owned()),
            Command::Append { .. } => None,
        })
    };
    let mut open = Enricher::new(settings("x never, c names"));
    open.handle_fact(BatchNo(1), offset(1), &fact, Mono(5), wall);
    assert_eq!(called(&mut open), Some("hello, this is good".to_owned()));
    assert_eq!((open.counts().received, open.counts().private), (1, 0));
    let mut closed = Enricher::new(settings("c never"));
    closed.handle_fact(BatchNo(1), offset(1), &fact, Mono(5), wall);
    assert_eq!(called(&mut closed), None);
    assert_eq!((closed.counts().received, closed.counts().private), (0, 1));
    // It was open in the life before, and had a guess: nothing of it is asked again.
    let guess = Understanding::default();
    let enrichment = Enrichment {
        conversation: ConversationId::new("c").unwrap(),
        seq: Seq(1),
        target: offset(1),
        said: None,
        before: Understood::Pending,
        after: Understood::Degraded { why: Reason::Failed, guess },
    };
    let mut later = Enricher::new(settings("c never"));
    later.handle_past(BatchNo(1), offset(1), &fact);
    later.handle_past(BatchNo(2), offset(2), &Fact::Enriched(Box::new(enrichment)));
    later.handle_end_of_past();
    assert_eq!(
        (later.counts().received, later.counts().private, later.counts().error()),
        (0, 1, 0)
    );
    assert_eq!(later.begin_sweep(Mono(1_000_000_000_000)), None);
    assert!(!later.handle_swept(BatchNo(1), offset(1), &fact, Mono(1_000_000_000_000)));
}
