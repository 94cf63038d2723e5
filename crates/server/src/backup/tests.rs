mod thinned;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use journal::{Journal, RealDisk};
use model::bounds::PARTITIONS;
use model::{BatchNo, Epoch, EpochStart, Fact, PartitionId, RecordNo, Wall};

use super::*;
use crate::data_dir::DataDir;

/// A data directory and a place for its backup.
struct Folder {
    _folder: tempfile::TempDir,
    data: PathBuf,
    to: PathBuf,
}

impl Folder {
    fn new(key: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (data, to) = (folder.path().join("data"), folder.path().join("backup"));
        drop(DataDir::open(&data, &mut || key).unwrap());
        Self { _folder: folder, data, to }
    }

    /// Appends so many batches, each of one fact; the server need not run for that.
    fn append(&self, batches: u32) {
        let (mut journal, recovery) = self.journal();
        for number in 1..=batches {
            let partition = PartitionId::new(3).unwrap();
            let epoch = Epoch(recovery.epochs[3].0 + number);
            let (missing_from, missing_to) = (RecordNo(1), RecordNo(0));
            let start = EpochStart { partition, epoch, missing_from, missing_to };
            journal.append(&[Fact::EpochStarted(start)], Wall(5)).unwrap();
        }
    }

    fn journal(&self) -> (Journal, journal::Recovery) {
        let disk = Arc::new(RealDisk::open(&self.data.join(JOURNAL)).unwrap());
        let start = journal::Start {
            now: Wall(5),
            term: crate::owner::TERM,
            known: &[RecordNo(0); PARTITIONS as usize],
            known_batch: BatchNo(0),
            salt: &mut crate::random::u64,
        };
        let segment_bytes = journal::SEGMENT_MIN_BYTES;
        let small = journal::Options { segment_bytes, ..journal::Options::default() };
        let options = journal::Options { batch_max_bytes: 4096, ..small };
        Journal::open(disk, options, start).unwrap()
    }

    fn backup(&self) -> Result<BackedUp, BackupError> {
        backup(&self.data, &self.to, &mut |_| ())
    }

    fn manifest(&self) -> String {
        fs::read_to_string(self.to.join("manifest.json")).unwrap()
    }
}

#[test]
fn a_second_backup_copies_only_what_is_new() {
    let folder = Folder::new(1);
    folder.append(1200);
    let first = folder.backup().unwrap();
    assert_eq!((first.batches, first.records), (1200, 1200));
    assert!(first.files > 3, "{first:?}");
    let again = folder.backup().unwrap();
    assert_eq!((again.batches, again.copied_bytes), (1200, 0));
    folder.append(3);
    let more = folder.backup().unwrap();
    assert_eq!((more.batches, more.copied_bytes), (1203, more.bytes - first.bytes));
    assert!(more.copied_bytes > 0 && more.copied_bytes < 1000, "{more:?}");
    assert_eq!(check(&folder.to, &mut |_| ()).unwrap().batches, 1203);
}

#[test]
fn what_a_killed_backup_left_harms_neither_the_one_before_nor_the_one_after() {
    let folder = Folder::new(1);
    folder.append(700);
    let before = folder.backup().unwrap();
    let last = folder.to.join(format!("journal/{:08}.seg", before.files - 1));
    let sound = fs::read(&last).unwrap();
    fs::write(&last, [&sound[..], b"half a batch"].concat()).unwrap();
    fs::write(folder.to.join("journal/00000099.seg"), "begun").unwrap();
    fs::write(folder.to.join("manifest.json.new"), "{").unwrap();
    check(&folder.to, &mut |_| ()).unwrap();
    folder.append(5);
    assert_eq!(folder.backup().unwrap().batches, 705);
    check(&folder.to, &mut |_| ()).unwrap();
    // A first one that was killed has no manifest to go back to, and is begun anew.
    fs::write(
        folder.to.join("manifest.json"),
        serde_json::to_string(&manifest::Manifest::empty()).unwrap(),
    )
    .unwrap();
    assert!(check(&folder.to, &mut |_| ()).unwrap_err().to_string().contains("came to its end"));
    assert_eq!(folder.backup().unwrap().batches, 705);
    check(&folder.to, &mut |_| ()).unwrap();
}

#[test]
fn a_directory_of_something_else_is_not_written_into() {
    let folder = Folder::new(1);
    folder.append(1);
    fs::create_dir(&folder.to).unwrap();
    fs::write(folder.to.join("letters.txt"), "x").unwrap();
    assert!(matches!(folder.backup(), Err(BackupError::Refused { .. })));
    assert_eq!(files::names(&folder.to).unwrap(), ["letters.txt"]);
    let inside = folder.data.join("backups/monday");
    let why = backup(&folder.data, &inside, &mut |_| ()).unwrap_err();
    assert_eq!(why.exit_code(), crate::error::EXIT_USAGE, "{why}");
    assert!(!folder.data.join("backups").exists());
}

#[test]
fn the_backup_of_another_directory_or_of_another_life_is_not_continued() {
    let folder = Folder::new(1);
    folder.append(5);
    folder.backup().unwrap();
    let other = Folder { to: folder.to.clone(), ..Folder::new(2) };
    other.append(9);
    let before = folder.manifest();
    let why = other.backup().unwrap_err().to_string();
    assert!(why.contains("another data directory"), "{why}");
    // The same key, and another journal behind the same number.
    fs::remove_dir_all(folder.data.join(JOURNAL)).unwrap();
    folder.append(9);
    let why = folder.backup().unwrap_err().to_string();
    assert!(why.contains("no prefix of this journal"), "{why}");
    assert_eq!(folder.manifest(), before, "it is as it was");
    check(&folder.to, &mut |_| ()).unwrap();
}

#[test]
fn a_damaged_backup_is_named_with_file_and_range_and_nothing_is_made_of_it() {
    let folder = Folder::new(1);
    folder.append(700);
    folder.backup().unwrap();
    let path = folder.to.join("journal/00000001.seg");
    let sound = fs::read(&path).unwrap();
    let mut rotten = sound.clone();
    rotten[20_000] ^= 1;
    let new = folder.data.with_file_name("new");
    for (bytes, names) in [(rotten, "bytes 19936..20056"), (sound[..9000].to_vec(), "bytes 9000..")]
    {
        fs::write(&path, bytes).unwrap();
        let why = restore(&folder.to, &new, &mut |_| ()).unwrap_err();
        assert!(matches!(why, BackupError::Damaged { .. }), "{why}");
        let text = why.to_string();
        assert!(text.contains("00000001.seg") && text.contains(names), "{text}");
        assert!(!new.exists());
    }
}

#[test]
fn two_restores_of_one_backup_are_two_lives() {
    let folder = Folder::new(1);
    folder.append(5);
    folder.backup().unwrap();
    let [first, second] = ["first", "second"].map(|name| folder.data.with_file_name(name));
    let one = restore(&folder.to, &first, &mut |_| ()).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let two = restore(&folder.to, &second, &mut |_| ()).unwrap();
    assert!(one.epoch > 1_700_000_000 && two.epoch > one.epoch, "{one:?} {two:?}");
    let why = restore(&folder.to, &first, &mut |_| ()).unwrap_err().to_string();
    assert!(why.contains("not empty"), "{why}");
    // What was restored is a data directory, and may be backed up, elsewhere.
    let again = backup(&first, &folder.data.with_file_name("again"), &mut |_| ()).unwrap();
    assert_eq!((again.batches, again.records), (6, 5 + u64::from(PARTITIONS)));
}
