//! How fast the journal is: append, open, follow, beside a raw loop of write and fdatasync.
//!
//! `cargo run --release -p journal --example journal_speed -- DIR [MESSAGES] [PER_BATCH] [APPENDS]`: MESSAGES of
//! about 200 bytes without waiting for the disk (a shadow of no worth: sync does nothing), then opened and
//! followed; then APPENDS batches of 20 with real syncs.
#![expect(clippy::print_stdout, reason = "it prints what it measured")]

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use journal::{Batch, Disk, DiskFile, Journal, Options, RealDisk, Start};
use model::{
    BatchNo, Body, ConversationId, Fact, InstanceId, Message, MessageId, Ordinal, RecordNo, Seq,
    Term, UserId, Wall,
};

/// The real disk, but a sync does nothing: only to fill it quickly.
struct Hasty(RealDisk);
struct HastyFile(Arc<dyn DiskFile>);

impl Disk for Hasty {
    fn list(&self) -> io::Result<Vec<String>> {
        self.0.list()
    }
    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        Ok(Arc::new(HastyFile(self.0.open(name)?)))
    }
    fn create(&self, name: &str, bytes: u64) -> io::Result<Arc<dyn DiskFile>> {
        Ok(Arc::new(HastyFile(self.0.create(name, bytes)?)))
    }
    fn remove(&self, name: &str) -> io::Result<()> {
        self.0.remove(name)
    }
    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.0.rename(from, to)
    }
    fn sync_names(&self) -> io::Result<()> {
        Ok(())
    }
}

impl DiskFile for HastyFile {
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }
    fn read_at(&self, at: u64, buf: &mut [u8]) -> io::Result<usize> {
        self.0.read_at(at, buf)
    }
    fn write_at(&self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.0.write_at(at, bytes)
    }
    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn main() -> Outcome {
    let args: Vec<String> = std::env::args().collect();
    let number = |index: usize, or: u64| args.get(index).map_or(Ok(or), |text| text.parse::<u64>());
    let dir = args.get(1).ok_or("give a directory")?;
    let (messages, per_batch, appends) = (number(2, 1_000_000)?, number(3, 20)?, number(4, 2000)?);
    fill(Path::new(dir), messages, per_batch)?;
    read(Path::new(dir))?;
    append(Path::new(dir), appends)?;
    raw(Path::new(dir), appends)
}

fn open(disk: Arc<dyn Disk>) -> Result<(Journal, BatchNo), Box<dyn std::error::Error>> {
    let mut salt = || 42;
    let (known, known_batch) = (&[RecordNo(0); 256], BatchNo(0));
    let start = Start { now: Wall(1), term: Term(1), known, known_batch, salt: &mut salt };
    let (journal, recovery) = Journal::open(disk, Options::default(), start)?;
    Ok((journal, recovery.last_batch))
}

fn facts(from: u64, count: u64) -> Result<Vec<Fact>, Box<dyn std::error::Error>> {
    let body = Body::new(&"x".repeat(100))?;
    let mut facts = Vec::new();
    for number in from..from + count {
        facts.push(Fact::Message(Message {
            conversation: ConversationId::new(&format!("chat-{:05}", number % 10_000))?,
            seq: Seq(number / 10_000 + 1),
            ordinal: Ordinal(number / 10_000 + 1),
            sender: UserId::new(&format!("user-{:04}", number % 7919))?,
            id: MessageId { instance: InstanceId(number % 7919), counter: number + 1 },
            content: body.clone().into(),
            lamport: number + 1,
            seen_seq: Seq(0),
            sent_at: Wall(1),
            received_at: Wall(0),
        }));
    }
    Ok(facts)
}

fn fill(dir: &Path, messages: u64, per_batch: u64) -> Outcome {
    let (mut journal, last) = open(Arc::new(Hasty(RealDisk::open(dir)?)))?;
    if last > BatchNo(0) {
        return Ok(());
    }
    let mut spent = Duration::ZERO;
    for from in (0..messages).step_by(usize::try_from(per_batch)?) {
        let facts = facts(from, per_batch)?;
        let start = Instant::now();
        journal.append(&facts, Wall(1))?;
        spent += start.elapsed();
    }
    let stats = journal.reader().stats();
    println!(
        "append without sync: {messages} messages in batches of {per_batch}, {} MB, {:.2} s (segments made included)",
        stats.bytes / 1_000_000,
        spent.as_secs_f64()
    );
    Ok(())
}

fn read(dir: &Path) -> Outcome {
    for _ in 0..3 {
        let start = Instant::now();
        let (journal, last) = open(Arc::new(RealDisk::open(dir)?))?;
        let opened = start.elapsed();
        let start = Instant::now();
        let mut follower = journal.reader().follow(BatchNo(0));
        let mut facts = 0;
        while let Some(batch) = follower.next_batch()? {
            if let Batch::Facts(view) = batch {
                facts += view.facts.len();
            }
        }
        let followed = start.elapsed();
        let start = Instant::now();
        let mut tail = journal.reader().follow(BatchNo(last.0 - 1));
        let found = tail.next_batch()?.is_some();
        println!(
            "open (every CRC, every record number): {:.3} s; follow (all {facts} facts decoded): {:.3} s; find the last batch: {:.3} s ({found})",
            opened.as_secs_f64(),
            followed.as_secs_f64(),
            start.elapsed().as_secs_f64()
        );
    }
    Ok(())
}

fn print(what: &str, mut each: Vec<Duration>, records: u64) {
    each.sort();
    let total: Duration = each.iter().sum();
    let at = |percent: usize| each[(each.len() - 1) * percent / 100].as_micros();
    let rate = (records * each.len() as u64) as f64 / total.as_secs_f64();
    println!(
        "{what}: {rate:.0} records/s; p50 {} us, p99 {} us, max {} us",
        at(50),
        at(99),
        at(100)
    );
}

fn append(dir: &Path, appends: u64) -> Outcome {
    let (mut journal, _) = open(Arc::new(RealDisk::open(dir)?))?;
    journal.preparer().prepare()?;
    let mut each = Vec::new();
    for number in 0..appends {
        let facts = facts(number * 20, 20)?;
        let start = Instant::now();
        journal.append(&facts, Wall(1))?;
        each.push(start.elapsed());
    }
    print("append with sync, 20 a batch", each, 20);
    Ok(())
}

fn raw(dir: &Path, writes: u64) -> Outcome {
    let disk = RealDisk::open(dir)?;
    let file = disk.create("raw", 64 * 1024 * 1024)?;
    let bytes = vec![7; 4096];
    let mut each = Vec::new();
    for number in 0..writes {
        let start = Instant::now();
        file.write_at(number % 16_000 * 4096, &bytes)?;
        file.sync()?;
        each.push(start.elapsed());
    }
    disk.remove("raw")?;
    print("raw write of 4096 bytes + fdatasync into zeros", each, 20);
    Ok(())
}
