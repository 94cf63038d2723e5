//! A journal that goes on from an older state of itself begins anew: epochs and room for clocks.

use std::sync::Arc;

use journal::{Disk, RealDisk};
use model::Epoch;

use crate::desk::{NOW, append, messages, open, read_messages};

#[test]
fn every_partition_begins_an_epoch_that_no_earlier_life_can_have_given() {
    let dir = tempfile::tempdir().unwrap();
    let disk: Arc<dyn Disk> = Arc::new(RealDisk::open(dir.path()).unwrap());
    let (mut journal, _) = open(&disk);
    let said = append(&mut journal, &messages(1, 9, 50));
    journal.begin_again(Epoch(1_800_000_000), NOW).unwrap();
    drop(journal);
    let (mut journal, recovery) = open(&disk);
    assert!(recovery.epochs.iter().all(|&epoch| epoch == Epoch(1_800_000_000)));
    assert!(recovery.damage.is_empty(), "nothing is damaged: {:?}", recovery.damage);
    // Whoever lived on may be this far ahead.
    assert_eq!(recovery.lamport_high, 9 + (1 << 40));
    // A clock that stands still does not give an epoch again.
    journal.begin_again(Epoch(1_700_000_000), NOW).unwrap();
    let after = append(&mut journal, &messages(10, 1, 50));
    drop(journal);
    let (journal, recovery) = open(&disk);
    assert!(recovery.epochs.iter().all(|&epoch| epoch == Epoch(1_800_000_001)));
    assert_eq!(read_messages(&journal), [said, after]);
}
