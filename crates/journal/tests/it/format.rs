//! Yesterday's files still open, and today's are the same to the byte.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use journal::{BatchView, Disk, Journal, OpenError, RealDisk};
use model::{
    ConversationId, CursorMove, DeviceId, Enrichment, Fact, RecordNo, Seq, Understanding,
    Understood, UserId,
};

use crate::desk::{NONE_KNOWN, append, message, messages, open, open_known, read_all, small};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/v1")
}

/// Every kind of fact, over two segments, and a lost record.
fn write(dir: &Path) -> Vec<BatchView> {
    let disk: Arc<dyn Disk> = Arc::new(RealDisk::open(dir).unwrap());
    let (mut journal, _) = open(&disk);
    let mut written = vec![append(&mut journal, &[message(1, 20), message(2, 0)])];
    let conversation = ConversationId::new("c1").unwrap();
    let target = written[0].facts[0].0;
    let enriched = Fact::Enriched(Box::new(Enrichment {
        conversation: conversation.clone(),
        seq: Seq(1),
        target,
        said: None,
        before: Understood::Pending,
        after: Understood::Full(Understanding {
            language: "eng".to_owned(),
            sentiment_micros: -250_000,
            ..Understanding::default()
        }),
    }));
    let cursors = Fact::Cursors(vec![CursorMove {
        conversation,
        user: UserId::new("bob").unwrap(),
        device: DeviceId::new("phone").unwrap(),
        seq: Seq(1),
    }]);
    written.push(append(&mut journal, &[enriched, cursors]));
    written.push(append(&mut journal, &messages(3, 28, 2000)));
    written.push(append(&mut journal, &messages(31, 6, 500)));
    drop(journal);
    let mut known = NONE_KNOWN;
    known[target.partition.index()] = RecordNo(9);
    let (journal, recovery) = open_known(&disk, small(), &known, 4).unwrap();
    assert_eq!(recovery.epochs[target.partition.index()].0, 2);
    read(&journal)
}

fn read(journal: &Journal) -> Vec<BatchView> {
    let batches = read_all(journal).into_iter();
    batches
        .map(|batch| match batch {
            journal::Batch::Facts(view) => view,
            journal::Batch::Hole(hole) => panic!("{hole:?}"),
        })
        .collect()
}

const FILES: [&str; 2] = ["00000001.seg", "00000002.seg"];

#[test]
#[ignore = "writes tests/fixtures/v1: only for a first version, or a new format version beside it"]
fn write_the_fixture() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path());
    std::fs::create_dir_all(fixtures()).unwrap();
    for name in FILES {
        std::fs::copy(dir.path().join(name), fixtures().join(name)).unwrap();
    }
}

#[test]
fn the_same_facts_give_the_same_bytes_as_in_version_1() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path());
    for name in FILES {
        let (now, then) = (dir.path().join(name), fixtures().join(name));
        assert!(std::fs::read(now).unwrap() == std::fs::read(then).unwrap(), "{name} differs");
    }
}

#[test]
fn files_of_version_1_open_and_say_what_they_said() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let expected = write(there.path());
    for name in FILES {
        std::fs::copy(fixtures().join(name), here.path().join(name)).unwrap();
    }
    let disk: Arc<dyn Disk> = Arc::new(RealDisk::open(here.path()).unwrap());
    let (journal, recovery) = open(&disk);
    assert_eq!((recovery.batches, recovery.records, recovery.damage.len()), (5, 39, 0));
    assert_eq!(read(&journal), expected);
}

#[test]
fn the_bytes_of_a_batch_stand_where_the_page_says() {
    let bytes = std::fs::read(fixtures().join(FILES[0])).unwrap();
    assert_eq!(&bytes[..12], b"hubbub-J\x01\0\0\0");
    assert_eq!(&bytes[16..24], &1_u64.to_le_bytes());
    assert_eq!(&bytes[108..110], &256_u16.to_le_bytes());
    let batch = &bytes[4096..];
    assert_eq!(&batch[..4], b"hbB1");
    assert_eq!(&batch[16..24], &bytes[24..32], "the salt of the segment");
    assert_eq!(&batch[24..32], &1_u64.to_le_bytes(), "the batch number");
    assert_eq!(&batch[48..56], &4096_u64.to_le_bytes(), "synced_to");
    assert_eq!(&batch[64..68], &2_u32.to_le_bytes(), "two records");
    let record = &batch[80..];
    assert_eq!(&record[6..14], &1_u64.to_le_bytes(), "the record number");
    assert_eq!(&record[14..23], b"\0\0\x01\x02c1\x03an", "tenant, tag, names");
    let body = b"\x16\x001 xxxxxxxxxxxxxxxxxxxx";
    assert_eq!(&record[80..104], body, "length and text of the body");
}

#[test]
fn a_directory_of_an_unknown_version_is_refused_and_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path());
    let path = dir.path().join(FILES[1]);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[8] = 9;
    let crc = crc32c::crc32c_append(crc32c::crc32c(&bytes[16..4096]), &bytes[..12]);
    bytes[12..16].copy_from_slice(&crc.to_le_bytes());
    std::fs::write(&path, &bytes).unwrap();
    let disk: Arc<dyn Disk> = Arc::new(RealDisk::open(dir.path()).unwrap());
    let refused = open_known(&disk, small(), &NONE_KNOWN, 0).unwrap_err();
    assert!(matches!(&refused, OpenError::UnknownVersion { version: 9, .. }), "{refused}");
    let text = refused.to_string();
    assert!(text.contains("00000002.seg has format version 9"), "{text}");
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
}
