//! Kill -9 while it applies. (That proves atomicity, not durability: the page cache survives.)

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use model::{BatchNo, RecordNo};
use tables::Tables;

use crate::world::*;

/// A file of this name in the folder where the test binary runs makes it the child.
const CHILD: &str = "apply-until-killed";
const ROOMS: u64 = 40;

/// Batches; those between are in wide rows alone.
const DURABLE_EVERY: u64 = 4;

/// Batch `number` says something in every room, now one then another speaking, and enriches what
/// the batch before said, twice.
fn facts(journal: &mut Journal, before: &mut Facts, number: u64) -> Facts {
    let speaker = if number.is_multiple_of(2) { "bob" } else { "ann" };
    let mut facts: Vec<_> =
        (0..ROOMS).map(|room| message(&format!("room-{room}"), speaker)).collect();
    for (offset, fact) in before.iter() {
        let model::Fact::Message(message) = fact else { continue };
        let RecordNo(record) = offset.record;
        let answer = enriched(message.conversation.as_str(), record, 3);
        facts.extend([answer.clone(), answer]);
    }
    let facts = journal.place(facts);
    before.clone_from(&facts);
    facts
}

/// Not a test of its own: the process that the next one kills.
#[test]
fn child_applies_until_it_is_killed() {
    if !Path::new(CHILD).exists() {
        return;
    }
    let mut tables = Tables::open(Path::new("tables.sqlite")).unwrap();
    let (mut journal, mut before) = (Journal::new(), Facts::new());
    for number in 1.. {
        let facts = facts(&mut journal, &mut before, number);
        tables.apply(&[batch(number, &facts)]).unwrap();
        if number % DURABLE_EVERY == 0 {
            tables.persist().unwrap();
        }
    }
}

#[test]
fn killed_while_applying_it_holds_the_fold_of_what_its_cursor_says() {
    let place = Place::new();
    std::fs::write(place.dir().join(CHILD), b"").unwrap();
    let mut at_least = 0;
    for life in 0..3_u64 {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["killed::child_applies_until_it_is_killed", "--exact"])
            .current_dir(place.dir())
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

/// What it asks for again makes it equal to one that was never killed.
fn check(place: &Place, at_least: u64) -> u64 {
    let mut tables = place.open();
    let deep = tables.cursor().batch.0;
    assert!(deep.is_multiple_of(DURABLE_EVERY), "{deep}");
    let wide = &place.ask("SELECT value FROM meta WHERE key = 'wide'")[0];
    let at: u64 = wide.parse().unwrap();
    assert!(at >= deep && at >= at_least, "from {at_least} to {at}, {deep} deep");
    let (mut journal, mut before) = (Journal::new(), Facts::new());
    let batches: Vec<Facts> =
        (1..=at).map(|number| facts(&mut journal, &mut before, number)).collect();
    apply(&mut tables, 1, &batches).unwrap();
    drop(tables);
    let rebuilt = Place::new();
    let mut tables = rebuilt.open();
    apply(&mut tables, 1, &batches).unwrap();
    assert_eq!(tables.cursor().batch, BatchNo(at));
    drop(tables);
    assert_eq!(place.dump(), rebuilt.dump());
    at
}
