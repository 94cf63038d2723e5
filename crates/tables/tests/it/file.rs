//! Opening, deleting, damaging the file; and who else may have it.

use std::fs;

use model::{BatchNo, RecordNo};
use rusqlite::Connection;
use tables::{ApplyError, Tables, TablesError};

use crate::world::*;

fn refused(place: &Place) -> TablesError {
    Tables::open(&place.file).err().expect("it must not open")
}

fn some(place: &Place) -> Tables {
    let mut tables = place.open();
    let facts = Journal::new().place([message("r", "ann"), enriched("r", 1, 7)]);
    apply(&mut tables, 1, &[facts]).unwrap();
    tables
}

#[test]
fn what_was_applied_is_there_after_opening_again() {
    let place = Place::new();
    let rows = all(&some(&place));
    let tables = place.open();
    assert_eq!(all(&tables), rows);
    assert_eq!(tables.cursor().batch, BatchNo(1));
    assert!(tables.cursor().records.contains(&RecordNo(2)));
}

#[test]
fn a_deleted_file_is_built_anew_even_if_its_log_was_left_behind() {
    let place = Place::new();
    let tables = some(&place);
    let log = place.file.with_extension("sqlite-wal");
    let kept = fs::read(&log).unwrap();
    assert!(!kept.is_empty());
    drop(tables);
    fs::remove_file(&place.file).unwrap();
    fs::write(&log, kept).unwrap();
    let tables = place.open();
    assert_eq!(tables.cursor().batch, BatchNo(0));
    assert_eq!(all(&tables), []);
}

#[test]
fn an_empty_file_and_a_folder_to_be_made_are_as_good_as_none() {
    let place = Place::new();
    fs::write(&place.file, b"").unwrap();
    drop(some(&place));
    let deeper = place.dir().join("data").join("views").join("tables.sqlite");
    Tables::open(&deeper).unwrap();
}

#[test]
fn another_version_is_refused_and_says_what_to_delete() {
    let place = Place::new();
    drop(some(&place));
    let file = Connection::open(&place.file).unwrap();
    file.execute("UPDATE meta SET value = 1 WHERE key = 'version'", []).unwrap();
    drop(file);
    let error = refused(&place);
    assert!(matches!(error, TablesError::Version { found: 1, .. }), "{error}");
    let what_to_do = format!("delete {}, it will be rebuilt", place.file.display());
    assert!(error.to_string().ends_with(&what_to_do), "{error}");
    let error = Tables::reader(&place.file).err().unwrap();
    assert!(matches!(error, TablesError::Version { .. }), "{error}");
}

#[test]
fn a_file_of_somebody_else_is_refused_untouched() {
    let place = Place::new();
    let theirs = Connection::open(&place.file).unwrap();
    theirs.execute_batch("CREATE TABLE recipes (name TEXT)").unwrap();
    drop(theirs);
    let before = fs::read(&place.file).unwrap();
    assert!(matches!(refused(&place), TablesError::Foreign { .. }));
    assert_eq!(fs::read(&place.file).unwrap(), before);

    fs::write(&place.file, "years of work ".repeat(100)).unwrap();
    assert!(matches!(refused(&place), TablesError::Damaged { .. }));
    assert_eq!(fs::read(&place.file).unwrap().len(), 1_400);
}

#[test]
fn damage_that_shows_says_what_to_delete_and_never_panics() {
    const PARTS: usize = 60;
    let place = Place::new();
    let mut tables = place.open();
    let facts = Journal::new().place((0..400).map(|number| message(&format!("r{number}"), "ann")));
    apply(&mut tables, 1, &[facts]).unwrap();
    drop(tables);
    let whole = fs::read(&place.file).unwrap();
    let mut shown = 0;
    for part in 0..PARTS {
        let mut bytes = whole.clone();
        let at = part * whole.len() / PARTS;
        bytes[at..(at + 200).min(whole.len())].fill(0xa5);
        fs::write(&place.file, &bytes).unwrap();
        let asked = Tables::open(&place.file).and_then(|tables| tables.rows(None, None, 200));
        if let Err(error) = asked {
            shown += 1;
            assert!(error.to_string().contains("delete "), "{error}");
        }
    }
    // The others lie in unused room, or in values: SQLite has no checksums.
    assert!(shown > PARTS / 4, "only {shown} of {PARTS} damages showed");
    fs::write(&place.file, &whole[..whole.len() / 2]).unwrap();
    assert!(matches!(refused(&place), TablesError::Damaged { .. }));
}

#[test]
fn a_cursor_or_a_chunk_that_does_not_decode_is_damage() {
    let place = Place::new();
    let mut tables = some(&place);
    let file = Connection::open(&place.file).unwrap();
    file.execute("UPDATE understood SET states = x'00'", []).unwrap();
    let mut journal = Journal::new();
    journal.place([message("r", "ann"), message("r", "ann")]);
    let error = apply(&mut tables, 2, &[journal.place([enriched("r", 1, 1)])]);
    assert!(matches!(error, Err(ApplyError::Tables(TablesError::Damaged { .. }))), "{error:?}");
    drop(tables);
    file.execute("UPDATE meta SET value = x'00' WHERE key = 'cursor'", []).unwrap();
    drop(file);
    assert!(matches!(refused(&place), TablesError::Damaged { .. }));
}

#[test]
fn a_second_writer_is_found_out_before_it_counts_twice() {
    let place = Place::new();
    let (mut one, mut other) = (place.open(), place.open());
    let facts = Journal::new().place([message("r", "ann")]);
    apply(&mut one, 1, std::slice::from_ref(&facts)).unwrap();
    let refused = apply(&mut other, 1, &[facts]);
    assert!(matches!(refused, Err(ApplyError::Tables(TablesError::InUse { .. }))), "{refused:?}");
    assert_eq!(all(&other), [row("r", [1, 1, 0], 0, 1_000)]);
}

#[test]
fn a_folder_where_the_file_should_be_is_an_error_of_the_disk() {
    let place = Place::new();
    fs::create_dir(&place.file).unwrap();
    assert!(matches!(refused(&place), TablesError::Io { .. }));
    let nothing = place.dir().join("nothing.sqlite");
    assert!(matches!(Tables::reader(&nothing), Err(TablesError::Io { .. })));
    assert!(!nothing.exists());
}
