//! How fast the view is rebuilt: `cargo run --release -p history --example history_rebuild -- [messages]
//! [conversations] [body bytes] [messages a batch] [batches a call]`.
#![expect(clippy::print_stdout, reason = "it prints its figures")]

use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use history::{BatchIn, History, HistoryError, Item, Options};
use model::{
    BatchNo, Body, BodyKey, ConversationId, Fact, InstanceId, Message, MessageId, Offset, Ordinal,
    PartitionId, RecordNo, Seq, TenantId, UserId, Wall,
};

const AUTHORS: usize = 4;

struct Shape {
    messages: usize,
    conversations: usize,
    body_bytes: usize,
    batch_messages: usize,
    call_batches: usize,
}

type Batch = Vec<(Offset, Fact)>;

fn main() -> Result<(), Box<dyn Error>> {
    let mut numbers = std::env::args().skip(1).map(|number| number.parse::<usize>());
    let mut next = |default| numbers.next().unwrap_or(Ok(default));
    let shape = Shape {
        messages: next(1_000_000)?,
        conversations: next(10_000)?,
        body_bytes: next(100)?,
        batch_messages: next(20)?,
        call_batches: next(1_000)?,
    };
    let parent = tempfile::tempdir()?;
    let dir = parent.path().join("history");
    let history = History::open(&dir, Options::default())?;
    rebuild(&history, &shape)?;
    ask(&history, &shape)?;
    let stats = history.stats()?;
    println!("disk: {} MB, {} messages", stats.disk_bytes / 1_000_000, stats.messages_approx);
    drop(history);
    open_again(&dir)
}

/// Facts are made outside the measured time.
fn rebuild(history: &History, shape: &Shape) -> Result<(), Box<dyn Error>> {
    let mut maker = Maker::new(shape)?;
    let (mut took, mut cpu, mut slowest, mut calls) =
        (Duration::ZERO, Duration::ZERO, Duration::ZERO, 0);
    let (mut batch, mut made) = (0, 0);
    while made < shape.messages {
        let call: Vec<Batch> = (0..shape.call_batches)
            .map(|_| (0..shape.batch_messages).map(|_| maker.fact()).collect())
            .collect();
        made += shape.call_batches * shape.batch_messages;
        let items: Vec<Item<'_>> = call
            .iter()
            .map(|facts| {
                batch += 1;
                Item::Batch(BatchIn { batch: BatchNo(batch), stamp: Wall(batch), facts })
            })
            .collect();
        let (start, cpu_before) = (Instant::now(), cpu_of_caller()?);
        history.apply(&items, &BodyKey([7; 16]))?;
        let call_took = start.elapsed();
        cpu += cpu_of_caller()? - cpu_before;
        took += call_took;
        slowest = slowest.max(call_took);
        calls += 1;
    }
    let start = Instant::now();
    history.persist()?;
    println!(
        "apply: {made} messages in {took:.2?} = {:.0}/s; {calls} calls, slowest {slowest:.1?}; persist {:.1?}",
        made as f64 / took.as_secs_f64(),
        start.elapsed()
    );
    println!(
        "CPU: {cpu:.2?} of the caller = {:.0}/s, {:.2?} of the process (making the facts included)",
        made as f64 / cpu.as_secs_f64(),
        cpu_of_process()?
    );
    Ok(())
}

type Question<'a> = &'a dyn Fn(&ConversationId) -> Result<(), HistoryError>;

fn ask(history: &History, shape: &Shape) -> Result<(), Box<dyn Error>> {
    const ASKED: u32 = 10_000;
    let maker = Maker::new(shape)?;
    let mut picks = maker.conversations.iter().cycle().step_by(7);
    let mut timed = |name: &str, question: Question<'_>| {
        let start = Instant::now();
        for conversation in picks.by_ref().take(ASKED as usize) {
            question(conversation)?;
        }
        println!("{name}: {:.1?} each", start.elapsed() / ASKED);
        Ok::<_, HistoryError>(())
    };
    let author = |number: usize| (&maker.authors[number], InstanceId(number as u64));
    timed("head", &|conversation| history.head(conversation).map(drop))?;
    timed("author_highest", &|conversation| {
        let (sender, instance) = author(0);
        history.author_highest(conversation, sender, instance).map(drop)
    })?;
    timed("find", &|conversation| {
        let (sender, instance) = author(1);
        history.find(conversation, sender, MessageId { instance, counter: 9 }).map(drop)
    })?;
    timed("read 50", &|conversation| {
        history.read(conversation, Seq(20), 50, Seq(1_000)).map(drop)
    })?;
    Ok(())
}

fn open_again(dir: &Path) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let history = History::open(dir, Options::default())?;
    println!("open again: {:.1?}, at batch {}", start.elapsed(), history.cursor()?.batch);
    Ok(())
}

/// Nanoseconds on a CPU, as the kernel's scheduler counts them (Documentation/scheduler/sched-stats).
fn cpu_of_caller() -> Result<Duration, Box<dyn Error>> {
    cpu_of_thread(Path::new("/proc/thread-self"))
}

fn cpu_of_process() -> Result<Duration, Box<dyn Error>> {
    let threads = std::fs::read_dir("/proc/self/task")?;
    threads.map(|thread| cpu_of_thread(&thread?.path())).sum()
}

fn cpu_of_thread(thread: &Path) -> Result<Duration, Box<dyn Error>> {
    let stat = std::fs::read_to_string(thread.join("schedstat"))?;
    let nanos = stat.split_whitespace().next().ok_or("schedstat is empty")?;
    Ok(Duration::from_nanos(nanos.parse()?))
}

struct Maker {
    conversations: Vec<ConversationId>,
    authors: Vec<UserId>,
    said: Vec<u64>,
    records: Vec<u64>,
    body: Body,
    dice: u64,
}

impl Maker {
    fn new(shape: &Shape) -> Result<Self, Box<dyn Error>> {
        let names = 0..shape.conversations;
        Ok(Self {
            conversations: names
                .map(|name| ConversationId::new(&format!("room-{name:06}")))
                .collect::<Result<_, _>>()?,
            authors: (0..AUTHORS)
                .map(|author| UserId::new(&format!("user-{author:04}")))
                .collect::<Result<_, _>>()?,
            said: vec![0; shape.conversations],
            records: vec![0; 256],
            body: Body::new(&"b".repeat(shape.body_bytes))?,
            dice: 1,
        })
    }

    fn fact(&mut self) -> (Offset, Fact) {
        self.dice = self.dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let pick = (self.dice >> 33) as usize % self.conversations.len();
        let conversation = self.conversations[pick].clone();
        self.said[pick] += 1;
        let author = (self.dice >> 20) as usize % AUTHORS;
        let partition = PartitionId::of(TenantId::DEFAULT, &conversation);
        self.records[partition.index()] += 1;
        let message = Message {
            conversation,
            seq: Seq(self.said[pick]),
            ordinal: Ordinal(self.said[pick]),
            sender: self.authors[author].clone(),
            id: MessageId { instance: InstanceId(author as u64), counter: self.said[pick] },
            content: self.body.clone().into(),
            lamport: self.said[pick],
            seen_seq: Seq(self.said[pick] - 1),
            sent_at: Wall(1_700_000_000_000),
            received_at: Wall(0),
        };
        let record = RecordNo(self.records[partition.index()]);
        (Offset { partition, record }, Fact::Message(message))
    }
}
