use model::{InstanceId, Message, MessageId, Ordinal, PartitionId, RecordNo, UserId, Wall};
use proptest::prelude::*;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn enricher(outstanding_max: usize) -> Enricher {
    Enricher::new(Limits { outstanding_max, retry_after: SECOND })
}

fn offset(record: u64) -> Offset {
    Offset { partition: PartitionId::new(7).unwrap(), record: RecordNo(record) }
}

fn message(record: u64) -> Fact {
    Fact::Message(Message {
        conversation: ConversationId::new("c").unwrap(),
        seq: Seq(record),
        ordinal: Ordinal(record),
        sender: UserId::new("ann").unwrap(),
        id: MessageId { instance: InstanceId(1), counter: record },
        content: Body::new("hello").unwrap().into(),
        lamport: record,
        seen_seq: Seq(0),
        sent_at: Wall(0),
        received_at: Wall(0),
    })
}

fn good() -> Understanding {
    Understanding {
        language: "eng".to_owned(),
        sentiment_micros: 500_000,
        ..Understanding::default()
    }
}

fn commands(enricher: &mut Enricher) -> Vec<Command> {
    std::iter::from_fn(|| enricher.next_command()).collect()
}

fn enriched(command: &Command) -> Offset {
    let Command::Append { fact: Fact::Enriched(enrichment), .. } = command else {
        panic!("{command:?} is no enrichment")
    };
    enrichment.target
}

#[test]
fn a_message_is_called_for_once_and_its_answer_appended_once() {
    let mut room = enricher(10);
    room.handle_fact(offset(1), &message(1));
    room.handle_fact(offset(1), &message(1));
    let called = commands(&mut room);
    assert!(matches!(&called[..], [Command::Call { target, .. }] if *target == offset(1)));
    room.handle_answer(offset(1), Answer::Got(good()), Mono(0));
    assert_eq!(commands(&mut room).iter().map(enriched).collect::<Vec<_>>(), [offset(1)]);
    room.handle_durable(1);
    room.handle_fact(offset(1), &message(1));
    assert_eq!(commands(&mut room), []);
    assert_eq!(room.gauges().enriched, 1);
}

#[test]
fn what_the_journal_has_an_answer_for_is_not_called_again() {
    let mut room = enricher(10);
    room.handle_past(&Fact::Enriched(Box::new(Enrichment {
        conversation: ConversationId::new("c").unwrap(),
        seq: Seq(1),
        target: offset(1),
        said: None,
        before: Understood::Pending,
        after: Understood::Full(good()),
    })));
    room.handle_fact(offset(1), &message(1));
    room.handle_fact(offset(2), &message(2));
    assert!(
        matches!(&commands(&mut room)[..], [Command::Call { target, .. }] if *target == offset(2))
    );
}

#[test]
fn what_failed_is_called_again_later_and_keeps_its_place() {
    let mut room = enricher(1);
    room.handle_fact(offset(1), &message(1));
    commands(&mut room);
    room.handle_answer(offset(1), Answer::Failed, Mono(0));
    assert_eq!((room.room(), room.poll_timeout()), (0, Some(Mono(0) + SECOND)));
    room.handle_timeout(Mono(0) + SECOND / 2);
    assert_eq!(commands(&mut room), []);
    room.handle_timeout(Mono(0) + SECOND);
    assert!(matches!(&commands(&mut room)[..], [Command::Call { .. }]));
    assert_eq!(room.room(), 0);
}

#[test]
fn there_is_room_up_to_the_bound_and_not_above() {
    let mut room = enricher(2);
    room.handle_fact(offset(1), &message(1));
    assert_eq!(room.room(), 1);
    room.handle_fact(offset(2), &message(2));
    assert_eq!(room.room(), 0);
}

#[test]
fn a_full_disk_keeps_the_answers_and_hands_them_over_again() {
    let mut room = enricher(10);
    for record in 1..=2 {
        room.handle_fact(offset(record), &message(record));
    }
    commands(&mut room);
    room.handle_answer(offset(1), Answer::Got(good()), Mono(0));
    room.handle_answer(offset(2), Answer::Got(good()), Mono(0));
    commands(&mut room);
    room.handle_append_refused(0, Mono(5));
    room.handle_append_refused(0, Mono(5));
    room.handle_timeout(Mono(5) + SECOND);
    let again = commands(&mut room);
    assert_eq!(again.iter().map(enriched).collect::<Vec<_>>(), [offset(1), offset(2)]);
    assert!(again.iter().all(|c| matches!(c, Command::Append { generation: 1, .. })));
}

proptest! {
    #[test]
    fn every_message_ends_with_exactly_one_durable_answer(
        steps in prop::collection::vec((0_u8..6, any::<prop::sample::Index>()), 1..300),
    ) {
        let mut room = enricher(5);
        let (mut now, mut told, mut calls, mut appended) = (Mono(0), 0, Vec::new(), VecDeque::new());
        let mut answers = BTreeMap::<Offset, u32>::new();
        let mut step = |kind: u8, pick: usize| {
            match kind {
                0 if told < 20 && room.room() > 0 => {
                    told += 1;
                    room.handle_fact(offset(told), &message(told));
                }
                1 | 2 if !calls.is_empty() => {
                    let target = calls.swap_remove(pick % calls.len());
                    let answer = if kind == 1 { Answer::Got(good()) } else { Answer::Failed };
                    room.handle_answer(target, answer, now);
                }
                3 if !appended.is_empty() => {
                    let count = 1 + pick % appended.len();
                    room.handle_durable(count);
                    for target in appended.drain(..count) {
                        *answers.entry(target).or_default() += 1;
                    }
                }
                4 => {
                    now = now + SECOND;
                    room.handle_timeout(now);
                }
                5 => {
                    let generation = room.generation;
                    room.handle_append_refused(generation, now);
                    appended.clear();
                }
                _ => {}
            }
            for command in std::iter::from_fn(|| room.next_command()) {
                match command {
                    Command::Call { target, .. } => {
                        assert!(!calls.contains(&target), "two calls at once");
                        calls.push(target);
                    }
                    Command::Append { .. } => appended.push_back(enriched(&command)),
                }
            }
        };
        for (kind, pick) in steps {
            step(kind, pick.index(1000));
        }
        // Enough of everything for it to end.
        for _ in 0..60 {
            for kind in [0, 1, 4, 3] {
                step(kind, 0);
            }
        }
        prop_assert_eq!(answers.len(), 20);
        prop_assert!(answers.values().all(|&count| count == 1), "{:?}", answers);
    }
}
