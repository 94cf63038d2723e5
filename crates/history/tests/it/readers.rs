//! Readers beside the one who writes see whole batches.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use model::{BatchNo, Seq};

use crate::world::*;

const PAGE: u64 = 40;

/// Each batch says one thing in each of a few rooms and a page in another, so they must always stand
/// level.
#[test]
fn a_reader_beside_the_fold_sees_whole_batches() {
    const BATCHES: u64 = 300;
    const ROOMS: [&str; 3] = ["a", "m", "z"];
    let place = Place::new();
    let history = place.open();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut seen = Seq(0);
            while !done.load(Ordering::Acquire) {
                let at = history.cursor().unwrap().batch;
                for name in ROOMS {
                    let head = history.head(&room(name)).unwrap();
                    let next = head.map_or(1, |head| head.next_seq.0);
                    assert!(next > at.0, "{name} stands at {next}, the cursor at {at}");
                    let last = seqs(&history, name, at.0.max(1), at.0);
                    assert_eq!(last.len() as u64, at.0.min(1), "{name} at {at}");
                }
                let page = seqs(&history, "page", at.0 * PAGE + 1, (at.0 + 1) * PAGE).len() as u64;
                assert!(page == 0 || page == PAGE, "{page} of a batch of {PAGE}");
                assert!(at.0 >= seen.0, "the cursor never goes back");
                seen = Seq(at.0);
            }
        });
        for number in 1..=BATCHES {
            let page = ((number - 1) * PAGE + 1..=number * PAGE).map(|seq| said("page", seq));
            feed(&history, number, ROOMS.map(|name| said(name, number)).into_iter().chain(page));
        }
        done.store(true, Ordering::Release);
        reader.join().unwrap();
    });
    assert_eq!(history.cursor().unwrap().batch, BatchNo(BATCHES));
}
