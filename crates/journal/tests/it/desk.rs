//! What the tests share: small journals, messages with a number in them, reading all back.

use std::sync::Arc;

use journal::{
    Appended, Batch, BatchView, Disk, Journal, OpenError, Options, Recovery, SEGMENT_MIN_BYTES,
    Start,
};
use model::{
    BatchNo, Body, ConversationId, Fact, InstanceId, Message, MessageId, Offset, Ordinal, RecordNo,
    Seq, Term, UserId, Wall,
};

pub(crate) const NOW: Wall = Wall(1_700_000_000_000);
pub(crate) const NONE_KNOWN: [RecordNo; 256] = [RecordNo(0); 256];

pub(crate) fn small() -> Options {
    let options = Options { segment_bytes: SEGMENT_MIN_BYTES, ..Options::default() };
    Options { batch_max_bytes: 60_000, ..options }
}

pub(crate) fn open_known(
    disk: &Arc<dyn Disk>,
    options: Options,
    known: &[RecordNo; 256],
    known_batch: u64,
) -> Result<(Journal, Recovery), OpenError> {
    let mut salt = 0x5A17_u64;
    let mut dice = || {
        salt = salt.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        salt
    };
    let known_batch = BatchNo(known_batch);
    let start = Start { now: NOW, term: Term(1), known, known_batch, salt: &mut dice };
    Journal::open(Arc::clone(disk), options, start)
}

pub(crate) fn open(disk: &Arc<dyn Disk>) -> (Journal, Recovery) {
    open_known(disk, small(), &NONE_KNOWN, 0).unwrap()
}

/// A message of which everything follows from its number; its body has about `bytes` bytes.
pub(crate) fn message(number: u64, bytes: usize) -> Fact {
    Fact::Message(Message {
        conversation: ConversationId::new(&format!("c{}", number % 7)).unwrap(),
        seq: Seq(number),
        ordinal: Ordinal(number),
        sender: UserId::new("ann").unwrap(),
        id: MessageId { instance: InstanceId(1), counter: number },
        content: Body::new(&format!("{number} {}", "x".repeat(bytes))).unwrap().into(),
        lamport: number,
        seen_seq: Seq(0),
        sent_at: Wall(5),
        received_at: Wall(0),
    })
}

pub(crate) fn messages(from: u64, count: u64, bytes: usize) -> Vec<Fact> {
    (from..from + count).map(|number| message(number, bytes)).collect()
}

/// What a follower gives for a batch that was appended.
pub(crate) fn as_read(appended: &Appended, facts: &[Fact]) -> BatchView {
    let facts = appended.offsets.iter().copied().zip(facts.iter().cloned());
    let stamped = |(offset, fact): (Offset, Fact)| match fact {
        Fact::Message(m) => (offset, Fact::Message(Message { received_at: appended.stamp, ..m })),
        Fact::Cursors(_) | Fact::Enriched(_) | Fact::EpochStarted(_) | Fact::Remnant(_) => {
            (offset, fact)
        }
    };
    BatchView {
        batch: appended.batch,
        term: Term(1),
        stamp: appended.stamp,
        facts: facts.map(stamped).collect(),
    }
}

pub(crate) fn append(journal: &mut Journal, facts: &[Fact]) -> BatchView {
    as_read(&journal.append(facts, NOW).unwrap(), facts)
}

pub(crate) fn read_all(journal: &Journal) -> Vec<Batch> {
    let mut follower = journal.reader().follow(BatchNo(0));
    std::iter::from_fn(|| follower.next_batch().unwrap()).collect()
}

/// The batches of facts, holes and new epochs left out.
pub(crate) fn read_messages(journal: &Journal) -> Vec<BatchView> {
    let mut views = Vec::new();
    for batch in read_all(journal) {
        if let Batch::Facts(view) = batch
            && view.facts.iter().all(|(_, fact)| matches!(fact, Fact::Message(_)))
        {
            views.push(view);
        }
    }
    views
}
