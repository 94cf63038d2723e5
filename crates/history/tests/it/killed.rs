//! Kill -9 while it applies. (That proves atomicity, not durability: the page cache survives.)

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::world::*;

/// A file that only the child's directory has.
const WORD: &str = "apply-until-killed";
/// As `Place` names it.
const VIEW: &str = "history";
const ROOMS: u64 = 40;

/// Batch `number` says the next thing in every room and moves a cursor there.
fn facts(journal: &mut Journal, number: u64) -> Facts {
    let name = |room: u64| format!("room-{room}");
    let said = (0..ROOMS).map(|room| said(&name(room), number));
    let facts: Vec<_> = said.chain([moved("room-0", "ann", "d", number)]).collect();
    journal.place(facts)
}

/// Not a test of its own: the process that the next one kills.
#[test]
fn child_applies_until_it_is_killed() {
    // The parent starts it in a directory of its own; there the view lies beside this word.
    if !Path::new(WORD).exists() {
        return;
    }
    let history = history::History::open(Path::new(VIEW), OPTIONS).unwrap();
    let mut journal = Journal::new();
    for number in 1.. {
        let facts = facts(&mut journal, number);
        apply(&history, number, &[facts]).unwrap();
    }
}

#[test]
fn killed_while_applying_it_holds_the_fold_of_what_its_cursor_says() {
    let place = Place::new();
    let parent = place.dir.parent().unwrap();
    std::fs::write(parent.join(WORD), "").unwrap();
    let mut at_least = 0;
    for life in 0..3_u64 {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["killed::child_applies_until_it_is_killed", "--exact"])
            .current_dir(parent)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        sleep(Duration::from_millis(350 + 37 * life));
        child.kill().unwrap();
        child.wait().unwrap();
        at_least = check(&place, at_least);
    }
    assert!(at_least > 0, "no child ever got to apply anything");
}

fn check(place: &Place, at_least: u64) -> u64 {
    let history = place.open();
    let cursor = history.cursor().unwrap();
    let at = cursor.batch.0;
    assert!(at >= at_least, "the cursor went back from {at_least} to {at}");
    let mut journal = Journal::new();
    (1..=at).for_each(|number| drop(facts(&mut journal, number)));
    assert_eq!(cursor.records, journal.records);
    for name in (0..ROOMS).map(|room| format!("room-{room}")) {
        let head = history.head(&room(&name)).unwrap();
        assert_eq!(head.map_or(0, |head| head.next_seq.0 - 1), at, "{name}");
        assert_eq!(seqs(&history, &name, at.max(1), u64::MAX).len() as u64, at.min(1), "{name}");
    }
    let moved = history.cursor_of(&room("room-0"), &user("ann"), &device("d")).unwrap();
    assert_eq!(moved.0, at);
    at
}
