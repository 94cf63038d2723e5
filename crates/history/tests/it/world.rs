//! A view in a directory of its own, and the journal that feeds it.

use std::path::PathBuf;

use history::{ApplyError, BatchIn, History, Item, Options};
use model::{
    BatchNo, Body, BodyKey, ConversationId, CursorMove, DeviceId, Enrichment, Epoch, EpochStart,
    Fact, InstanceId, Message, MessageId, Offset, Ordinal, PartitionId, RecordNo, Seq, TenantId,
    Understanding, Understood, UserId, Wall,
};
use tempfile::TempDir;

pub(crate) const KEY: BodyKey = BodyKey([5; 16]);
pub(crate) const OPTIONS: Options = Options { cache_bytes: 1024 * 1024 };

pub(crate) type Facts = Vec<(Offset, Fact)>;

pub(crate) struct Place {
    pub(crate) dir: PathBuf,
    _parent: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        // In memory where there is such a place: no test here is about what a disk keeps, and each
        // view syncs a dozen times while it is made.
        let parent = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        Self { dir: parent.path().join("history"), _parent: parent }
    }

    pub(crate) fn open(&self) -> History {
        History::open(&self.dir, OPTIONS).unwrap()
    }
}

pub(crate) fn room(name: &str) -> ConversationId {
    ConversationId::new(name).unwrap()
}

pub(crate) fn user(name: &str) -> UserId {
    UserId::new(name).unwrap()
}

pub(crate) fn device(name: &str) -> DeviceId {
    DeviceId::new(name).unwrap()
}

pub(crate) fn id(instance: u64, counter: u64) -> MessageId {
    MessageId { instance: InstanceId(instance), counter }
}

/// The message at `seq`, when nothing was ever lost; its id says the same.
pub(crate) fn message(conversation: &str, seq: u64, sender: &str, body: &str) -> Message {
    Message {
        conversation: room(conversation),
        seq: Seq(seq),
        ordinal: Ordinal(seq),
        sender: user(sender),
        id: id(1, seq),
        content: Body::new(body).unwrap().into(),
        lamport: seq,
        seen_seq: Seq(seq.saturating_sub(1)),
        sent_at: Wall(seq),
        received_at: Wall(0),
    }
}

pub(crate) fn said(conversation: &str, seq: u64) -> Fact {
    Fact::Message(message(conversation, seq, "ann", "hello"))
}

pub(crate) fn moved(conversation: &str, who: &str, on: &str, seq: u64) -> Fact {
    Fact::Cursors(vec![CursorMove {
        conversation: room(conversation),
        user: user(who),
        device: device(on),
        seq: Seq(seq),
    }])
}

pub(crate) fn enriched(conversation: &str, seq: u64, record: u64) -> Fact {
    let conversation = room(conversation);
    let partition = PartitionId::of(TenantId::DEFAULT, &conversation);
    let target = Offset { partition, record: RecordNo(record) };
    let understanding = Understanding {
        language: "eng".to_owned(),
        sentiment_micros: 1,
        ..Understanding::default()
    };
    let (before, after) = (Understood::Pending, Understood::Full(understanding));
    Fact::Enriched(Box::new(Enrichment {
        conversation,
        seq: Seq(seq),
        target,
        said: None,
        before,
        after,
    }))
}

pub(crate) fn epoch_started(partition: u16, missing_from: u64, missing_to: u64) -> Fact {
    Fact::EpochStarted(EpochStart {
        partition: PartitionId::new(partition).unwrap(),
        epoch: Epoch(2),
        missing_from: RecordNo(missing_from),
        missing_to: RecordNo(missing_to),
    })
}

/// Gives facts their offsets, as the journal does.
pub(crate) struct Journal {
    pub(crate) records: Box<[RecordNo; 256]>,
}

impl Journal {
    pub(crate) fn new() -> Self {
        Self { records: Box::new([RecordNo(0); 256]) }
    }

    pub(crate) fn place(&mut self, facts: impl IntoIterator<Item = Fact>) -> Facts {
        facts
            .into_iter()
            .map(|fact| {
                let partition = fact.partition().unwrap();
                let record = &mut self.records[partition.index()];
                *record = record.next();
                (Offset { partition, record: *record }, fact)
            })
            .collect()
    }
}

pub(crate) fn batch(number: u64, facts: &Facts) -> Item<'_> {
    Item::Batch(BatchIn { batch: BatchNo(number), stamp: Wall(number * 1_000), facts })
}

/// Applies the batches one after the other, from number `first` on, in one call.
pub(crate) fn apply(history: &History, first: u64, batches: &[Facts]) -> Result<(), ApplyError> {
    let items: Vec<_> = (first..).zip(batches).map(|(at, facts)| batch(at, facts)).collect();
    history.apply(&items, &KEY)
}

/// Applies one batch of facts whose offsets do not matter.
pub(crate) fn feed(history: &History, number: u64, facts: impl IntoIterator<Item = Fact>) {
    apply(history, number, &[Journal::new().place(facts)]).unwrap();
}

pub(crate) fn seqs(history: &History, conversation: &str, from: u64, up_to: u64) -> Vec<u64> {
    let page = history.read(&room(conversation), Seq(from), u32::MAX, Seq(up_to)).unwrap();
    page.iter().map(|message| message.seq.0).collect()
}
