//! Two ways to be wrong on purpose: each loses what was acknowledged, and says nothing.

use std::sync::Arc;

use journal::shadow::ShadowDisk;
use journal::{Disk, Options};
use model::Mutant;

use crate::desk::{NONE_KNOWN, append, messages, open, open_known, read_messages, small};

fn mutated(mutant: Mutant) -> Options {
    Options { mutant: Some(mutant), ..small() }
}

#[test]
fn without_a_sync_a_power_cut_loses_what_was_acknowledged_silently() {
    let mut lost = 0;
    for seed in 0..20 {
        let shadow = Arc::new(ShadowDisk::memory(seed));
        let disk = Arc::clone(&shadow) as Arc<dyn Disk>;
        let (mut journal, _) = open_known(&disk, mutated(Mutant::NoSync), &NONE_KNOWN, 0).unwrap();
        let told: Vec<_> =
            (0..3).map(|n| append(&mut journal, &messages(1 + n * 5, 5, 300))).collect();
        assert_eq!(read_messages(&open(&disk).0), told, "the death of a process proves nothing");
        let disk: Arc<dyn Disk> = Arc::new(shadow.power_cut(seed).unwrap().0);
        let (journal, recovery) = open(&disk);
        assert!(recovery.damage.is_empty() && recovery.epochs.iter().all(|epoch| epoch.0 == 1));
        lost += usize::from(read_messages(&journal).len() < 3);
    }
    assert_eq!(lost, 0, "opening synced what the first process left");
    for seed in 0..20 {
        let shadow = Arc::new(ShadowDisk::memory(seed));
        let disk = Arc::clone(&shadow) as Arc<dyn Disk>;
        let (mut journal, _) = open_known(&disk, mutated(Mutant::NoSync), &NONE_KNOWN, 0).unwrap();
        for n in 0..3 {
            append(&mut journal, &messages(1 + n * 5, 5, 300));
        }
        let disk: Arc<dyn Disk> = Arc::new(shadow.power_cut(seed).unwrap().0);
        let (journal, recovery) = open(&disk);
        assert!(recovery.damage.is_empty() && recovery.epochs.iter().all(|epoch| epoch.0 == 1));
        lost += usize::from(read_messages(&journal).len() < 3);
    }
    assert!(lost > 5, "{lost} of 20 power cuts lost something");
}

#[test]
fn a_tail_cut_too_far_loses_the_last_batch_silently_at_each_opening() {
    let disk: Arc<dyn Disk> = Arc::new(ShadowDisk::memory(1));
    let (mut journal, _) = open(&disk);
    let told: Vec<_> = (0..4).map(|n| append(&mut journal, &messages(1 + n * 5, 5, 300))).collect();
    for left in [3, 2, 1, 0, 0] {
        let mutant = mutated(Mutant::TailCutTooFar);
        let (journal, recovery) = open_known(&disk, mutant, &NONE_KNOWN, 0).unwrap();
        assert_eq!(read_messages(&journal), told[..left]);
        assert!(recovery.damage.is_empty());
        assert_eq!(recovery.last_batch.0, left as u64);
    }
}
