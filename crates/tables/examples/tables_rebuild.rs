//! How fast the view is rebuilt: `cargo run --release -p tables --example tables_rebuild -- [messages]
//! [conversations] [messages a batch] [batches a call] [enriched percent] [authors]`. An enriched message
//! has its answer 2,000 facts later in the journal. 10,000 messages a second by their stamps, of eight words.
#![expect(clippy::print_stdout, reason = "it prints its figures")]

use std::collections::VecDeque;
use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use model::{
    BatchNo, Body, ConversationId, Enrichment, Fact, InstanceId, Message, MessageId, Offset,
    Ordinal, PartitionId, RecordNo, Said, Seq, TenantId, Understanding, Understood, UserId, Wall,
};
use tables::{BatchIn, Item, Tables};

const IN_FLIGHT: usize = 2_000;

const WORDS: &str = "the cluster is down again and nobody knows why kafka says no leader for partition while \
    grafana shows memory climbing since deploy rollback helped yesterday please look at latency graph today";

struct Shape {
    messages: usize,
    conversations: usize,
    batch_messages: usize,
    call_batches: usize,
    enriched_percent: u64,
    authors: usize,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut numbers = std::env::args().skip(1).map(|number| number.parse::<usize>());
    let mut next = |default| numbers.next().unwrap_or(Ok(default));
    let shape = Shape {
        messages: next(1_000_000)?,
        conversations: next(10_000)?,
        batch_messages: next(20)?,
        call_batches: next(1_000)?,
        enriched_percent: next(100)? as u64,
        authors: next(4)?,
    };
    let parent = tempfile::tempdir()?;
    let file = parent.path().join("tables.sqlite");
    rebuild(&file, &shape)?;
    ask(&file, &shape)
}

/// Facts are made outside the measured time.
fn rebuild(file: &Path, shape: &Shape) -> Result<(), Box<dyn Error>> {
    let mut tables = Tables::open(file)?;
    let mut maker = Maker::new(shape)?;
    let (mut took, mut slowest, mut calls) = (Duration::ZERO, Duration::ZERO, 0_u32);
    let (mut batch, mut made) = (0, 0);
    while made < shape.messages {
        let call: Vec<Vec<(Offset, Fact)>> =
            (0..shape.call_batches).map(|_| maker.batch(shape)).collect();
        made += shape.call_batches * shape.batch_messages;
        let items: Vec<Item<'_>> = call
            .iter()
            .map(|facts| {
                batch += 1;
                Item::Batch(BatchIn { batch: BatchNo(batch), stamp: stamp(batch, shape), facts })
            })
            .collect();
        let start = Instant::now();
        tables.apply(&items)?;
        let call_took = start.elapsed();
        took += call_took;
        slowest = slowest.max(call_took);
        calls += 1;
    }
    let answers = made as u64 * shape.enriched_percent / 100;
    println!(
        "apply: {made} messages and about {answers} answers in {took:.2?} = {:.0} messages/s; {calls} calls, slowest {slowest:.1?}",
        made as f64 / took.as_secs_f64(),
    );
    Ok(())
}

/// In milliseconds, at 10,000 messages a second.
fn stamp(batch: u64, shape: &Shape) -> Wall {
    Wall(1_700_000_000_000 + batch * shape.batch_messages as u64 / 10)
}

fn ask(file: &Path, shape: &Shape) -> Result<(), Box<dyn Error>> {
    const ASKED: u32 = 1_000;
    println!("file: {:.1} MB", file.metadata()?.len() as f64 / 1e6);
    let start = Instant::now();
    drop(Tables::open(file)?);
    println!("opened again, looked over: {:.1?}", start.elapsed());
    let reader = Tables::reader(file)?;
    let names = Maker::new(shape)?.conversations;
    let start = Instant::now();
    for name in names.iter().cycle().step_by(7).take(ASKED as usize) {
        reader.rows(Some(name), None, 1)?;
    }
    println!("a row: {:.1?} each", start.elapsed() / ASKED);
    let start = Instant::now();
    for name in names.iter().cycle().step_by(7).take(ASKED as usize) {
        reader.rows(None, Some(name), 200)?;
    }
    println!("a page of 200: {:.1?} each", start.elapsed() / ASKED);
    Ok(())
}

struct Maker {
    conversations: Vec<ConversationId>,
    authors: Vec<UserId>,
    said: Vec<u64>,
    records: Vec<u64>,
    words: Vec<&'static str>,
    dice: u64,
    batches: u64,
    unanswered: VecDeque<(ConversationId, Offset, Said)>,
}

impl Maker {
    fn new(shape: &Shape) -> Result<Self, Box<dyn Error>> {
        let names = 0..shape.conversations;
        Ok(Self {
            conversations: names
                .map(|name| ConversationId::new(&format!("room-{name:06}")))
                .collect::<Result<_, _>>()?,
            authors: (0..shape.authors)
                .map(|author| UserId::new(&format!("user-{author:05}")))
                .collect::<Result<_, _>>()?,
            said: vec![0; shape.conversations],
            records: vec![0; 256],
            words: WORDS.split_whitespace().collect(),
            dice: 1,
            batches: 0,
            unanswered: VecDeque::new(),
        })
    }

    fn batch(&mut self, shape: &Shape) -> Vec<(Offset, Fact)> {
        let mut facts = Vec::with_capacity(2 * shape.batch_messages);
        self.batches += 1;
        let at = stamp(self.batches, shape);
        for _ in 0..shape.batch_messages {
            facts.push(self.message(shape, at));
            if self.unanswered.len() > IN_FLIGHT
                && let Some((conversation, target, said)) = self.unanswered.pop_front()
            {
                facts.push(self.answer(conversation, target, said));
            }
        }
        facts
    }

    fn message(&mut self, shape: &Shape, at: Wall) -> (Offset, Fact) {
        self.dice = self.dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let pick = (self.dice >> 33) as usize % self.conversations.len();
        let conversation = self.conversations[pick].clone();
        self.said[pick] += 1;
        let author = (self.dice >> 20) as usize % shape.authors;
        let offset = self.next(PartitionId::of(TenantId::DEFAULT, &conversation));
        if (self.dice >> 40) % 100 < shape.enriched_percent {
            let said = Said { sender: self.authors[author].clone(), at };
            self.unanswered.push_back((conversation.clone(), offset, said));
        }
        let word = |turn: u32| {
            self.words[(self.dice.rotate_left(8 * turn) >> 7) as usize % self.words.len()]
        };
        let text = (0..8).map(word).collect::<Vec<_>>().join(" ");
        let message = Message {
            conversation,
            seq: Seq(self.said[pick]),
            ordinal: Ordinal(self.said[pick]),
            sender: self.authors[author].clone(),
            id: MessageId { instance: InstanceId(author as u64), counter: self.said[pick] },
            content: Body::new(&text).unwrap_or_else(|why| panic!("{why}")).into(),
            lamport: self.said[pick],
            seen_seq: Seq(self.said[pick] - 1),
            sent_at: Wall(1_700_000_000_000),
            received_at: Wall(0),
        };
        (offset, Fact::Message(message))
    }

    fn answer(
        &mut self,
        conversation: ConversationId,
        target: Offset,
        said: Said,
    ) -> (Offset, Fact) {
        let understanding = Understanding {
            language: "eng".to_owned(),
            sentiment_micros: 421_500,
            topic: "sports".to_owned(),
            ..Understanding::default()
        };
        let (before, after) = (Understood::Pending, Understood::Full(understanding));
        let answer =
            Enrichment { conversation, seq: Seq(1), target, said: Some(said), before, after };
        (self.next(target.partition), Fact::Enriched(answer.into()))
    }

    fn next(&mut self, partition: PartitionId) -> Offset {
        let record = &mut self.records[partition.index()];
        *record += 1;
        Offset { partition, record: RecordNo(*record) }
    }
}
