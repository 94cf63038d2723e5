//! A reader on another thread, beside the fold.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use model::BatchNo;
use tables::Tables;

use crate::world::*;

/// Each batch says one thing in each of a few rooms, so they must always stand level.
#[test]
fn a_reader_beside_the_fold_sees_whole_commits() {
    const BATCHES: u64 = 300;
    const ROOMS: [&str; 3] = ["a", "m", "z"];
    let place = Place::new();
    let mut tables = place.open();
    let reader = Tables::reader(&place.file).unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let reading = scope.spawn(|| {
            let reader = reader;
            let mut seen = 0;
            while !done.load(Ordering::Acquire) {
                let at = reader.cursor().unwrap().batch.0;
                let rows = reader.rows(None, None, 9).unwrap();
                let counts: Vec<u64> = rows.iter().map(|row| row.messages).collect();
                let level = counts.first().copied().unwrap_or(0);
                assert!(counts.iter().all(|count| *count == level), "{counts:?}");
                assert!(level >= at && at >= seen, "{level} rows, cursor {at}, before {seen}");
                seen = at;
            }
        });
        let mut journal = Journal::new();
        for number in 1..=BATCHES {
            let facts = journal.place(ROOMS.map(|name| message(name, "ann")));
            apply(&mut tables, number, &[facts]).unwrap();
        }
        done.store(true, Ordering::Release);
        reading.join().unwrap();
    });
    assert_eq!(tables.cursor().batch, BatchNo(BATCHES));
    let reader = Tables::reader(&place.file).unwrap();
    assert_eq!(&reader.cursor().unwrap(), tables.cursor());
    assert_eq!(reader.rows(None, None, 9).unwrap(), all(&tables));
}
