//! Random talk, answers that come late and are replaced, and portions of any size.

use std::collections::{BTreeMap, BTreeSet};

use analytics::{Breadth, Cell, Change, Fold, Level, Rows, Scope, State, Window};
use model::{
    Body, ConversationId, Enrichment, InstanceId, Message, MessageId, Offset, Ordinal, PartitionId,
    Reason, RecordNo, Said, Seq, Understanding, Understood, UserId, Wall,
};
use proptest::prelude::*;

const MINUTE_MS: u64 = 60_000;

#[derive(Debug, Clone)]
struct Talk {
    conversation: u8,
    sender: u8,
    /// After the one before, in milliseconds.
    later: u64,
    /// What became of it: guesses, answers, giving up.
    stands: Vec<Understood>,
}

fn understanding() -> impl Strategy<Value = Understanding> {
    let topic = prop_oneof![Just(""), Just("billing"), Just("sports")];
    (topic, -1_000_000..=1_000_000_i32, 0..=1_000_000_u32, 0..=1_000_000_u32).prop_map(
        |(topic, sentiment_micros, toxicity_micros, urgency_micros)| Understanding {
            language: "eng".to_owned(),
            topic: topic.to_owned(),
            sentiment_micros,
            toxicity_micros,
            urgency_micros,
        },
    )
}

fn understood() -> impl Strategy<Value = Understood> {
    prop_oneof![
        understanding().prop_map(Understood::Full),
        understanding().prop_map(|guess| Understood::Degraded { why: Reason::Deadline, guess }),
        Just(Understood::Dead(Reason::Exhausted)),
        Just(Understood::Pending),
    ]
}

fn talk() -> impl Strategy<Value = Talk> {
    let stands = prop::collection::vec(understood(), 0..4);
    (0..3_u8, 0..3_u8, 0..50 * MINUTE_MS, stands).prop_map(
        |(conversation, sender, later, stands)| Talk { conversation, sender, later, stands },
    )
}

fn message(talk: &Talk) -> Message {
    Message {
        conversation: ConversationId::new(&format!("room-{}", talk.conversation)).unwrap(),
        seq: Seq(1),
        ordinal: Ordinal(1),
        sender: UserId::new(&format!("user-{}", talk.sender)).unwrap(),
        id: MessageId { instance: InstanceId(1), counter: 1 },
        content: Body::new("the cluster is down").unwrap().into(),
        lamport: 1,
        seen_seq: Seq(0),
        sent_at: Wall(1),
        received_at: Wall(0),
    }
}

fn enrichment(talk: &Talk, said_at: Wall, before: Understood, after: Understood) -> Enrichment {
    let Message { conversation, sender, .. } = message(talk);
    let target = Offset { partition: PartitionId::new(1).unwrap(), record: RecordNo(1) };
    let said = Some(Said { sender, at: said_at });
    Enrichment { conversation, seq: Seq(1), target, said, before, after }
}

/// Each message, then, after all of them, each change: all late.
fn fold(talks: &[Talk], portion: usize) -> BTreeMap<Window, BTreeMap<Box<str>, Cell>> {
    let mut all = BTreeMap::new();
    let (mut fold, mut count) = (Fold::default(), 0);
    let mut end = |fold: &mut Fold| {
        count += 1;
        if count % portion == 0 {
            put(&mut all, drain(fold));
        }
    };
    let mut at = Wall(1_700_000_000_000);
    let mut said = Vec::new();
    for talk in talks {
        at.0 += talk.later;
        fold.advance(at);
        fold.message(&message(talk), at, None);
        said.push(at);
        end(&mut fold);
    }
    for (talk, said_at) in talks.iter().zip(said) {
        let mut before = Understood::Pending;
        for after in &talk.stands {
            at.0 += 100;
            fold.advance(at);
            let was = State::of(&before);
            let enrichment = enrichment(talk, said_at, before, after.clone());
            fold.changed(&Change { enrichment: &enrichment, was, at });
            before = after.clone();
            end(&mut fold);
        }
    }
    put(&mut all, drain(&mut fold));
    all
}

/// All of it.
fn drain(fold: &mut Fold) -> BTreeMap<Window, Rows> {
    let mut windows = fold.drain(Breadth::Wide);
    windows.extend(fold.drain(Breadth::Deep));
    windows
}

fn put(all: &mut BTreeMap<Window, BTreeMap<Box<str>, Cell>>, drained: BTreeMap<Window, Rows>) {
    for (window, rows) in drained {
        for (name, (_, cell)) in rows {
            all.entry(window).or_default().entry(name).or_default().merge(&cell);
        }
    }
}

/// Counts one row by looking at every message.
fn naive(talks: &[Talk], window: Window, name: &str) -> Cell {
    let mut cell = Cell::default();
    let mut at = Wall(1_700_000_000_000);
    let mut senders = BTreeSet::new();
    for talk in talks {
        at.0 += talk.later;
        let Message { conversation, sender, .. } = message(talk);
        let last = talk.stands.last().unwrap_or(&Understood::Pending);
        let topic = last.understanding().map(|understanding| understanding.topic.as_str());
        let is_in = match window.scope {
            Scope::Overall => true,
            Scope::Topic => topic == Some(name),
            Scope::Conversation => conversation.as_str() == name,
            Scope::Sender => sender.as_str() == name,
        };
        if !is_in || window.level.start(at) != window.start {
            continue;
        }
        cell.messages += 1;
        senders.insert(if window.scope == Scope::Sender {
            conversation.to_string()
        } else {
            sender.to_string()
        });
        match last {
            Understood::Pending => {}
            Understood::Full(_) => cell.full += 1,
            Understood::Degraded { .. } => cell.degraded += 1,
            Understood::Dead(_) => cell.dead += 1,
        }
        if let Some(understood) = last.understanding() {
            cell.sentiment_sum_micros += i64::from(understood.sentiment_micros);
            cell.toxicity_sum_micros += i64::from(understood.toxicity_micros);
            cell.urgency_sum_micros += i64::from(understood.urgency_micros);
        }
    }
    for sender in senders {
        cell.distinct.add(analytics::Distinct::hash(&sender));
    }
    cell
}

proptest! {
    #[test]
    fn each_row_counts_what_looking_at_every_message_counts(
        talks in prop::collection::vec(talk(), 1..40),
    ) {
        let rows = fold(&talks, 7);
        let mut messages = BTreeMap::new();
        for (window, names) in &rows {
            for (name, cell) in names {
                let mut naive = naive(&talks, *window, name);
                if window.scope == Scope::Topic {
                    naive.distinct = cell.distinct.clone();
                } else {
                    *messages.entry((window.scope, window.level)).or_insert(0) += cell.messages;
                }
                naive.latency = cell.latency.clone();
                prop_assert_eq!(cell, &naive, "{:?} {}", window, name);
            }
        }
        prop_assert_eq!(messages.len(), 7);
        prop_assert!(messages.values().all(|sum| *sum == talks.len() as i64), "{:?}", messages);
    }

    #[test]
    fn folded_in_portions_of_another_size_it_is_equal_to_the_bit(
        talks in prop::collection::vec(talk(), 1..40),
        portion in 1..50_usize,
    ) {
        prop_assert_eq!(fold(&talks, 1), fold(&talks, portion));
    }

    #[test]
    fn a_guess_that_is_replaced_leaves_no_trace(
        mut talks in prop::collection::vec(talk(), 1..20),
        guess in understanding(),
        answer in understanding(),
    ) {
        // All are answered at the same time, so that the answers take as long.
        let with = |talks: &mut Vec<Talk>, first: Understood| {
            for talk in talks.iter_mut() {
                talk.stands = vec![first.clone(), Understood::Full(answer.clone())];
            }
            fold(talks, 5)
        };
        let mut guessed = with(&mut talks, Understood::Degraded { why: Reason::Deadline, guess });
        let mut waited = with(&mut talks, Understood::Pending);
        // What is left of a guess's topic is a row of nothing.
        for rows in [&mut guessed, &mut waited] {
            for names in rows.values_mut() {
                names.retain(|_, cell| *cell != Cell::default());
            }
            rows.retain(|_, names| !names.is_empty());
        }
        prop_assert_eq!(guessed, waited);
    }
}

#[test]
fn how_long_an_answer_took_counts_once_it_is_full() {
    let talk = Talk { conversation: 1, sender: 1, later: 0, stands: Vec::new() };
    let (said_at, mut fold) = (Wall(1_700_000_000_000), Fold::default());
    let full = Understood::Full(Understanding::default());
    let guess = Understood::Degraded { why: Reason::Deadline, guess: Understanding::default() };
    let changes = [
        (Understood::Pending, State::Pending, guess.clone(), 390),
        (guess, State::Degraded, full.clone(), 5_000),
        (full.clone(), State::Full, full, 9_000),
    ];
    for (before, was, after, later) in changes {
        let enrichment = enrichment(&talk, said_at, before, after);
        fold.changed(&Change { enrichment: &enrichment, was, at: Wall(said_at.0 + later) });
    }
    let minute =
        Window { level: Level::Minute, scope: Scope::Overall, start: Level::Minute.start(said_at) };
    let latency = &fold.drain(Breadth::Wide)[&minute][""].1.latency;
    assert_eq!(latency.count(), 1);
    assert!(latency.percentile(50).unwrap().abs_diff(5_000) < 80);
}

#[test]
fn what_comes_after_the_last_row_of_its_message_has_gone_is_late() {
    let talk = Talk { conversation: 1, sender: 1, later: 0, stands: Vec::new() };
    let said_at = Wall(Level::Day.start(Wall(1_700_000_000_000)));
    let kept = Scope::Overall.kept_ms(Level::Day);
    let dead = Understood::Dead(Reason::Exhausted);
    let enrichment = enrichment(&talk, said_at, Understood::Pending, dead);
    let day = Level::Day.length_ms();
    for (watermark, late) in [(said_at.0 + kept + day - 1, 0), (said_at.0 + kept + day, 1)] {
        let mut fold = Fold::default();
        let at = Wall(watermark);
        fold.advance(at);
        fold.changed(&Change { enrichment: &enrichment, was: State::Pending, at });
        assert_eq!(fold.late(), late);
        let levels: Vec<_> =
            drain(&mut fold).into_keys().map(|window| (window.level, window.scope)).collect();
        let left = if late == 0 { vec![(Level::Day, Scope::Overall)] } else { Vec::new() };
        assert_eq!(levels, left);
    }
}
