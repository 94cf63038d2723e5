use model::BatchNo;

use super::*;

const CACHE_BYTES: u64 = 1024 * 1024;

fn store_with(rows: &[(&[u8], &[u8])]) -> (tempfile::TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("history");
    let store = Store::open(&dir, CACHE_BYTES).unwrap();
    for (key, value) in rows {
        store.meta.insert(*key, *value).unwrap();
    }
    drop(store);
    (parent, dir)
}

#[test]
fn another_version_is_refused_and_says_what_to_delete() {
    let (_parent, dir) = store_with(&[(VERSION_KEY, &(VERSION + 1).to_be_bytes())]);
    let refused = Store::open(&dir, CACHE_BYTES).err().unwrap();
    assert!(matches!(refused, HistoryError::Version { found, .. } if found == VERSION + 1));
    let message = refused.to_string();
    assert!(
        message.contains(&format!("delete {}, it will be rebuilt", dir.display())),
        "{message}"
    );
}

#[test]
fn a_version_or_cursor_that_does_not_decode_is_damage() {
    let (_parent, dir) = store_with(&[(VERSION_KEY, b"1")]);
    assert!(matches!(Store::open(&dir, CACHE_BYTES), Err(HistoryError::Damaged { .. })));

    let (_parent, dir) = store_with(&[(CURSOR_KEY, b"")]);
    let store = Store::open(&dir, CACHE_BYTES).unwrap();
    assert!(matches!(store.cursor(), Err(HistoryError::Damaged { .. })));
}

#[test]
fn a_store_of_something_else_is_refused_and_not_written_to() {
    let parent = tempfile::tempdir().unwrap();
    let other = open_database(parent.path(), CACHE_BYTES).unwrap();
    other.keyspace("theirs", KeyspaceCreateOptions::default).unwrap();
    drop(other);
    let refused = Store::open(parent.path(), CACHE_BYTES);
    assert!(matches!(refused, Err(HistoryError::Foreign { .. })));
    let other = open_database(parent.path(), CACHE_BYTES).unwrap();
    assert_eq!(other.keyspace_count(), 1);
}

#[test]
fn what_a_crash_left_of_making_a_view_is_made_anew() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("history");
    let half = beside(&dir).unwrap();
    fs::create_dir(&half).unwrap();
    fs::write(half.join("0.jnl"), b"half").unwrap();
    let store = Store::open(&dir, CACHE_BYTES).unwrap();
    assert_eq!(store.cursor().unwrap().batch, BatchNo(0));
    assert!(!half.exists());
}
