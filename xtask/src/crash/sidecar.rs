//! What the shadow disk was doing, as its sidecar files tell (`docs/formats.md`, "The shadow disk's
//! sidecar"): they hold what was written and is not synced, and a mark while a sync goes on.

use std::fs;
use std::io;
use std::path::Path;

use super::schedule::Aim;

/// Bytes of an entry without sectors: kind, first sector, count, CRC.
const ENTRY_BYTES: usize = 17;
/// The kind of entry that marks a sync.
const KIND_SYNCING: u8 = 2;

/// Whether the journal's disk is at such a moment.
pub(crate) fn is_met(aim: Aim, journal: &Path) -> io::Result<bool> {
    for entry in fs::read_dir(journal)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "cache") {
            match fs::read(path) {
                Ok(content) if tells(aim, &content) => return Ok(true),
                // Its segment was replaced, or is gone, since the directory was read.
                Err(why) if why.kind() != io::ErrorKind::NotFound => return Err(why),
                Ok(_) | Err(_) => {}
            }
        }
    }
    Ok(false)
}

fn tells(aim: Aim, content: &[u8]) -> bool {
    match aim {
        Aim::Blind => true,
        Aim::Unsynced => !content.is_empty(),
        Aim::InSync => {
            let last = content.len().checked_sub(ENTRY_BYTES).map(|start| &content[start..]);
            last.is_some_and(|last| last[0] == KIND_SYNCING && last[1..13].iter().all(|b| *b == 0))
        }
    }
}

#[test]
fn a_mark_at_the_end_is_a_sync_and_anything_is_unsynced() {
    let sectors = [1; 100];
    let mut mark = [0; ENTRY_BYTES];
    mark[0] = KIND_SYNCING;
    assert!(!tells(Aim::Unsynced, &[]) && !tells(Aim::InSync, &[]));
    assert!(tells(Aim::Unsynced, &sectors) && !tells(Aim::InSync, &sectors));
    assert!(tells(Aim::InSync, &[&sectors[..], &mark[..]].concat()));
    assert!(tells(Aim::Blind, &[]));
}

#[test]
fn only_sidecars_are_asked() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("00000001.seg"), "x").unwrap();
    fs::write(folder.path().join("00000001.seg.cache"), "").unwrap();
    assert!(!is_met(Aim::Unsynced, folder.path()).unwrap());
    fs::write(folder.path().join("00000002.seg.cache"), "x").unwrap();
    assert!(is_met(Aim::Unsynced, folder.path()).unwrap());
}
