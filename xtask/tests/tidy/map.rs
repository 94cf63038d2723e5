//! The map, `ARCHITECTURE.md`: it names every crate that is built, and no guard that does not exist.

use std::collections::BTreeSet;

use crate::code::{bare, lines_with_word};
use crate::tree::{Tree, tidy};

const MAP: &str = "ARCHITECTURE.md";

/// Every test that the map names as `` `crate: test` `` is there.
fn guards_that_are_not_there(tree: &Tree) -> Vec<String> {
    let gone = |span: &str| {
        let (room, test) = span.split_once(": ")?;
        let folder = if room == "xtask" { "xtask/".to_owned() } else { format!("crates/{room}/") };
        let is_name = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let ours = is_name(room) && is_name(test) && test.contains('_');
        (ours && !has_test(tree, &folder, test))
            .then(|| format!("{MAP}: `{room}: {test}` guards nothing: there is no such test"))
    };
    spans(tree).into_iter().filter_map(gone).collect()
}

fn crates_not_on_the_map(tree: &Tree) -> Vec<String> {
    let named: BTreeSet<&str> = spans(tree).into_iter().collect();
    tree.files
        .iter()
        .filter_map(|file| file.path.strip_prefix("crates/")?.strip_suffix("/Cargo.toml"))
        .filter(|room| !named.contains(room))
        .map(|room| format!("{MAP}: `{room}` is built, but not on the map"))
        .collect()
}

fn has_test(tree: &Tree, folder: &str, test: &str) -> bool {
    let signature = format!("fn {test}");
    tree.rust()
        .filter(|file| file.path.starts_with(folder))
        .any(|file| !lines_with_word(&bare(&file.text), &signature).is_empty())
}

/// What stands between single backticks.
fn spans(tree: &Tree) -> Vec<&str> {
    let text = tree.get(MAP).map_or("", |file| &file.text);
    text.lines().flat_map(|line| line.split('`').skip(1).step_by(2)).collect()
}

#[test]
fn every_guard_on_the_map_is_there() {
    tidy(&guards_that_are_not_there(&Tree::house()));
}

#[test]
fn every_crate_is_on_the_map() {
    tidy(&crates_not_on_the_map(&Tree::house()));
}

#[test]
fn a_guard_that_is_not_there_is_refused() {
    let map = (MAP, "| 1 | `hub: it_waits`, `hub: it_sleeps`, `recovered: false`; `hub` |");
    let tree = Tree::of(&[map, ("crates/hub/src/a/tests.rs", "fn it_waits() {} // fn it_sleeps")]);
    assert_eq!(
        guards_that_are_not_there(&tree),
        ["ARCHITECTURE.md: `hub: it_sleeps` guards nothing: there is no such test"]
    );
}

#[test]
fn a_crate_that_is_not_on_the_map_is_refused() {
    let tree = Tree::of(&[
        (MAP, "| 1 | `hub` |"),
        ("crates/hub/Cargo.toml", ""),
        ("crates/cellar/Cargo.toml", ""),
    ]);
    assert_eq!(
        crates_not_on_the_map(&tree),
        ["ARCHITECTURE.md: `cellar` is built, but not on the map"]
    );
}
