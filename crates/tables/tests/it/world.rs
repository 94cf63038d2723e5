//! A view in a file of its own, and the journal that feeds it.

use std::path::PathBuf;

use model::{
    BatchNo, Body, ConversationId, CursorMove, DeviceId, Enrichment, Epoch, EpochStart, Fact,
    InstanceId, Message, MessageId, Offset, Ordinal, PartitionId, Reason, RecordNo, Said, Seq,
    TenantId, Understanding, Understood, UserId, Wall,
};
use rusqlite::Connection;
use rusqlite::types::Value;
use tables::{ApplyError, BatchIn, Item, Row, Tables};
use tempfile::TempDir;

pub(crate) type Facts = Vec<(Offset, Fact)>;

pub(crate) struct Place {
    pub(crate) file: PathBuf,
    parent: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        // In memory where there is such a place: no test here is about what a disk keeps.
        let parent = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        Self { file: parent.path().join("tables.sqlite"), parent }
    }

    pub(crate) fn open(&self) -> Tables {
        Tables::open(&self.file).unwrap()
    }

    /// What a query answers, in words.
    pub(crate) fn ask(&self, sql: &str) -> Vec<String> {
        let file = Connection::open(&self.file).unwrap();
        let mut select = file.prepare(sql).unwrap();
        let columns = select.column_count();
        let text = |value: Value| match value {
            Value::Null => "-".to_owned(),
            Value::Integer(number) => number.to_string(),
            Value::Real(number) => number.to_string(),
            Value::Text(text) => text,
            Value::Blob(bytes) => format!("{} bytes", bytes.len()),
        };
        let rows = select.query_map([], |row| (0..columns).map(|at| row.get(at)).collect());
        let rows = rows.unwrap().map(|row: Result<Vec<Value>, _>| row.unwrap());
        rows.map(|row| row.into_iter().map(text).collect::<Vec<_>>().join(" ")).collect()
    }

    pub(crate) fn dir(&self) -> &std::path::Path {
        self.parent.path()
    }

    /// Everything in all tables, as SQLite has it.
    pub(crate) fn dump(&self) -> Vec<(String, Vec<Value>)> {
        let file = Connection::open(&self.file).unwrap();
        let mut out = Vec::new();
        for (table, columns) in [
            ("conversations", 10),
            ("speakers", 3),
            ("understood", 3),
            ("windows", 19),
            ("window_names", 4),
            ("meta", 2),
        ] {
            let order = if columns > 3 && table != "conversations" { "1, 2, 3, 4" } else { "1, 2" };
            let mut select =
                file.prepare(&format!("SELECT * FROM {table} ORDER BY {order}")).unwrap();
            assert_eq!(select.column_count(), columns, "{table}");
            let rows = select.query_map([], |row| (0..columns).map(|at| row.get(at)).collect());
            out.extend(rows.unwrap().map(|row| (table.to_owned(), row.unwrap())));
        }
        out
    }
}

pub(crate) fn room(name: &str) -> ConversationId {
    ConversationId::new(name).unwrap()
}

pub(crate) fn message(conversation: &str, sender: &str) -> Fact {
    says(conversation, sender, "hello")
}

pub(crate) fn says(conversation: &str, sender: &str, text: &str) -> Fact {
    Fact::Message(Message {
        conversation: room(conversation),
        seq: Seq(1),
        ordinal: Ordinal(1),
        sender: UserId::new(sender).unwrap(),
        id: MessageId { instance: InstanceId(1), counter: 1 },
        content: Body::new(text).unwrap().into(),
        lamport: 1,
        seen_seq: Seq(0),
        sent_at: Wall(1),
        received_at: Wall(0),
    })
}

/// An answer about the record with this number in the conversation's partition.
pub(crate) fn enriched(conversation: &str, record: u64, sentiment_micros: i32) -> Fact {
    changed(conversation, record, Understood::Pending, full(sentiment_micros))
}

/// What is understood of the record with this number in the conversation's partition has changed.
pub(crate) fn changed(
    conversation: &str,
    record: u64,
    before: Understood,
    after: Understood,
) -> Fact {
    let conversation = room(conversation);
    let target = Offset { partition: partition(&conversation), record: RecordNo(record) };
    let change = Enrichment { conversation, seq: Seq(1), target, said: None, before, after };
    Fact::Enriched(Box::new(change))
}

pub(crate) fn full(sentiment_micros: i32) -> Understood {
    Understood::Full(understanding(sentiment_micros))
}

pub(crate) fn degraded(sentiment_micros: i32) -> Understood {
    Understood::Degraded { why: Reason::Deadline, guess: understanding(sentiment_micros) }
}

fn understanding(sentiment_micros: i32) -> Understanding {
    Understanding { language: "eng".to_owned(), sentiment_micros, ..Understanding::default() }
}

pub(crate) fn moved(conversation: &str) -> Fact {
    Fact::Cursors(vec![CursorMove {
        conversation: room(conversation),
        user: UserId::new("ann").unwrap(),
        device: DeviceId::new("d").unwrap(),
        seq: Seq(1),
    }])
}

pub(crate) fn epoch_started(partition: u16) -> Fact {
    Fact::EpochStarted(EpochStart {
        partition: PartitionId::new(partition).unwrap(),
        epoch: Epoch(2),
        missing_from: RecordNo(1),
        missing_to: RecordNo(7),
    })
}

pub(crate) fn partition(conversation: &ConversationId) -> PartitionId {
    PartitionId::of(TenantId::DEFAULT, conversation)
}

/// What the service understood of the record with this number, said by `sender` at `at`.
pub(crate) fn answered(
    (conversation, sender): (&str, &str),
    record: u64,
    at: u64,
    (before, after): (Understood, Understood),
) -> Fact {
    let Fact::Enriched(mut change) = changed(conversation, record, before, after) else {
        panic!("it is a change")
    };
    change.said = Some(Said { sender: UserId::new(sender).unwrap(), at: Wall(at) });
    Fact::Enriched(change)
}

/// A batch that was stamped so.
pub(crate) fn stamped(number: u64, stamp: u64, facts: &Facts) -> Item<'_> {
    Item::Batch(BatchIn { batch: BatchNo(number), stamp: Wall(stamp), facts })
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

/// Applies the batches one after the other, from number `first` on, in one call, and makes them durable.
pub(crate) fn apply(tables: &mut Tables, first: u64, batches: &[Facts]) -> Result<(), ApplyError> {
    let items: Vec<_> = (first..).zip(batches).map(|(at, facts)| batch(at, facts)).collect();
    tables.apply(&items)?;
    Ok(tables.persist()?)
}

pub(crate) fn all(tables: &Tables) -> Vec<Row> {
    tables.rows(None, None, u32::MAX).unwrap()
}

/// A row in short: name, messages, speakers, enriched, sum, last.
pub(crate) fn row(
    name: &str,
    [messages, speakers, enriched]: [u64; 3],
    sentiment_sum_micros: i64,
    last_at: u64,
) -> Row {
    Row {
        conversation: room(name),
        messages,
        speakers,
        enriched,
        degraded: 0,
        dead: 0,
        sentiment_sum_micros,
        last_at: Wall(last_at),
    }
}
