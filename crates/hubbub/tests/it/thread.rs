//! The thin thread: every message goes out to the NLP service once, its answer is a fact, its row
//! counts it; and killing either side meanwhile changes nothing of that.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use journal::{Batch, Journal, RealDisk};
use model::{BatchNo, Fact, Kind, RecordNo, Term, Understood, Wall};
use serde_json::Value;
use tokio::time::sleep;

use crate::house::{House, PATIENCE, SMALL, address, hubbub};

/// What a row must say.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counted {
    messages: u64,
    speakers: u64,
    enriched: u64,
}

/// What the journal itself says, read without the server: for each conversation what its row must
/// be. Panics if a fact of what is understood does not begin where the one before it ended.
fn journal_says(folder: &Path) -> BTreeMap<String, Counted> {
    let disk = RealDisk::open(&folder.join("data/journal")).unwrap();
    let start = journal::Start {
        now: Wall(0),
        term: Term(1),
        known: &[RecordNo(0); 256],
        known_batch: BatchNo(0),
        salt: &mut || 7,
    };
    let mut options = journal::Options::default();
    (options.segment_bytes, options.batch_max_bytes) = (512 << 10, 256 << 10);
    let (journal, recovery) = Journal::open(Arc::new(disk), options, start).unwrap();
    assert!(recovery.damage.is_empty(), "{:?}", recovery.damage);
    let mut follower = journal.reader().follow(BatchNo(0));
    let mut counted = BTreeMap::<String, Counted>::new();
    let (mut speakers, mut standing) = (BTreeSet::new(), BTreeMap::new());
    while let Some(Batch::Facts(batch)) = follower.next_batch().unwrap() {
        for (_, fact) in batch.facts {
            match fact {
                Fact::Message(message)
                    if message.conversation.kind() == Kind::Open && message.content.is_text() =>
                {
                    let row = counted.entry(message.conversation.to_string()).or_default();
                    row.messages += 1;
                    row.speakers +=
                        u64::from(speakers.insert((message.conversation, message.sender)));
                }
                Fact::Enriched(enriched) => {
                    let now = (enriched.conversation.clone(), enriched.after.clone());
                    let before = standing.insert(enriched.target, now);
                    let before = before.map_or(Understood::Pending, |(_, standing)| standing);
                    assert_eq!(before, enriched.before, "{enriched:?}");
                    assert!(!matches!(before, Understood::Full(_)), "two answers: {enriched:?}");
                }
                Fact::Message(_) | Fact::Cursors(_) | Fact::EpochStarted(_) | Fact::Remnant(_) => {}
            }
        }
    }
    for (conversation, standing) in standing.into_values() {
        if conversation.kind() == Kind::Open && matches!(standing, Understood::Full(_)) {
            counted.entry(conversation.to_string()).or_default().enriched += 1;
        }
    }
    counted
}

async fn rows(house: &House) -> BTreeMap<String, Counted> {
    let (status, text) = house.get("/v1/rows?limit=200").await;
    assert_eq!(status, 200, "{text}");
    let page: Value = serde_json::from_str(&text).unwrap();
    let number = |row: &Value, key: &str| row[key].as_u64().unwrap();
    let row = |row: &Value| {
        let counted = Counted {
            messages: number(row, "messages"),
            speakers: number(row, "speakers"),
            enriched: number(row, "enriched"),
        };
        (row["conversation"].as_str().unwrap().to_owned(), counted)
    };
    page["rows"].as_array().unwrap().iter().map(row).collect()
}

#[tokio::test]
async fn every_message_is_counted_once_and_answered_once_though_both_sides_are_killed() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let (at, nlp_at) = (address(), address());
    let nlp_line = format!("nlp --listen {nlp_at} --latency-mean-ms 50 --fail-share 0.05");
    let serve_line = format!("{SMALL} --nlp http://{nlp_at}");
    let mut nlp = House::start(folder, "nlp", &nlp_line).await;
    let mut house = House::serve(folder, at, &serve_line).await;
    let mut talk = hubbub(folder);
    let line = format!("load talk --url ws://{at}/v1/ws --seconds 5 --rate 300 --fast-backoff");
    talk.args(line.split_whitespace());
    let mut talk = House::spawn(talk, folder, "talk");
    for _ in 0..2 {
        sleep(Duration::from_millis(900)).await;
        nlp.kill();
        sleep(Duration::from_millis(300)).await;
        house.kill();
        nlp = House::start(folder, "nlp", &nlp_line).await;
        house = House::serve(folder, at, &serve_line).await;
    }
    assert_eq!(talk.ended(PATIENCE).await, Some(0), "{}", talk.err());
    let until = Instant::now() + PATIENCE;
    let shown = loop {
        let shown = rows(&house).await;
        let sum = |field: fn(&Counted) -> u64| shown.values().map(field).sum::<u64>();
        let (messages, enriched) = (sum(|row| row.messages), sum(|row| row.enriched));
        if messages > 500 && messages == enriched {
            break shown;
        }
        assert!(Instant::now() < until, "{enriched} of {messages} are enriched");
        sleep(Duration::from_millis(100)).await;
    };
    house.kill();
    assert_eq!(shown, journal_says(folder));
    drop(nlp);
}
