//! Names, lengths, first lines, and words that no tracked file has.

use crate::code::{lines_with_word, numbered};
use crate::tree::{File, Tree, tidy};

/// Names that say nothing about what lives there.
const EMPTY_NAMES: &[&str] =
    &["utils", "util", "common", "helpers", "helper", "core", "manager", "managers", "misc"];

/// Longer than this is refused: what second idea moved in?
const FILE_MAX_LINES: usize = 400;

/// The same of tests, which are lists of examples.
const TESTS_MAX_LINES: usize = 600;

/// What people write for later. An issue is the place for it. (Split, so that this file has none.)
const FOR_LATER: &[&str] = &[concat!("FIX", "ME"), concat!("TO", "DO"), concat!("XX", "X")];

/// The files in which those are looked for: what people write, not data.
const WRITTEN: &[&str] = &["rs", "toml", "md", "js", "mjs", "css", "html", "sh", "run", "Makefile"];

/// Folders of some machine, with a slash at either end.
const MACHINE_PATHS: &[&str] =
    &[concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/")];

fn mod_rs(tree: &Tree) -> Vec<String> {
    tree.files
        .iter()
        .filter(|file| file.name() == "mod.rs")
        .map(|file| format!("{}: `foo.rs` beside `foo/`, no mod.rs", file.path))
        .collect()
}

fn empty_names(tree: &Tree) -> Vec<String> {
    let empty = |path: &str| {
        let stems = path.split('/').map(|part| part.strip_suffix(".rs").unwrap_or(part));
        stems.into_iter().find(|stem| EMPTY_NAMES.contains(stem)).map(str::to_owned)
    };
    tree.rust()
        .filter_map(|file| {
            let name = empty(&file.path)?;
            Some(format!("{}: `{name}` does not say what lives there", file.path))
        })
        .collect()
}

fn missing_why(tree: &Tree) -> Vec<String> {
    tree.files
        .iter()
        .filter(|file| file.is_rust() && file.name() != "tests.rs" && !file.text.starts_with("//!"))
        .map(|file| format!("{}: begins with `//!`, why it is there", file.path))
        .collect()
}

fn too_long(tree: &Tree) -> Vec<String> {
    let most = |file: &File| if is_of_tests(file) { TESTS_MAX_LINES } else { FILE_MAX_LINES };
    tree.rust()
        .map(|file| (file, file.text.lines().count(), most(file)))
        .filter(|(_, lines, most)| lines > most)
        .map(|(file, lines, most)| format!("{}: {lines} lines, above {most}", file.path))
        .collect()
}

fn is_of_tests(file: &File) -> bool {
    file.name() == "tests.rs" || file.path.split('/').any(|folder| folder == "tests")
}

fn left_for_later(tree: &Tree) -> Vec<String> {
    let written = |name: &str| WRITTEN.contains(&name.rsplit('.').next().unwrap_or(name));
    let mut untidy = Vec::new();
    for file in
        tree.files.iter().filter(|file| written(file.name()) || file.path.starts_with(".ci/"))
    {
        for word in FOR_LATER {
            for line in lines_with_word(&file.text, word) {
                untidy.push(format!("{}:{line}: {word}: do it, or file an issue", file.path));
            }
        }
    }
    untidy
}

fn machine_paths(tree: &Tree) -> Vec<String> {
    let mut untidy = Vec::new();
    for file in &tree.files {
        for (number, line) in numbered(&file.text) {
            if let Some(found) = MACHINE_PATHS.iter().find(|path| has_path(line, path)) {
                untidy.push(format!("{}:{number}: {found} is a folder of some machine", file.path));
            }
        }
    }
    untidy
}

/// Whether an absolute path begins here: `a/root/b` and `https://host/root/` have none.
fn has_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        !line[..at]
            .ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '}' | ')'))
    })
}

#[test]
fn there_is_no_mod_rs() {
    tidy(&mod_rs(&Tree::house()));
}

#[test]
fn a_mod_rs_is_refused() {
    let tree = Tree::of(&[("crates/hub/src/tail/mod.rs", "//! A.")]);
    assert_eq!(mod_rs(&tree), ["crates/hub/src/tail/mod.rs: `foo.rs` beside `foo/`, no mod.rs"]);
}

#[test]
fn names_say_what_lives_there() {
    tidy(&empty_names(&Tree::house()));
}

#[test]
fn an_empty_name_is_refused() {
    let tree = Tree::of(&[
        ("crates/hub/src/utils.rs", ""),
        ("crates/hub/src/common/a.rs", ""),
        ("crates/core/src/lib.rs", ""),
        ("crates/hub/src/core_dump.rs", ""),
    ]);
    assert_eq!(
        empty_names(&tree),
        [
            "crates/hub/src/utils.rs: `utils` does not say what lives there",
            "crates/hub/src/common/a.rs: `common` does not say what lives there",
            "crates/core/src/lib.rs: `core` does not say what lives there",
        ]
    );
}

#[test]
fn every_file_says_why_it_is_there() {
    tidy(&missing_why(&Tree::house()));
}

#[test]
fn a_file_that_does_not_say_why_is_refused() {
    let tree = Tree::of(&[
        ("crates/hub/src/a.rs", "use std::fmt;\n//! Late."),
        ("crates/hub/src/a/tests.rs", "use super::*;"),
    ]);
    assert_eq!(missing_why(&tree), ["crates/hub/src/a.rs: begins with `//!`, why it is there"]);
}

#[test]
fn no_file_is_too_long() {
    tidy(&too_long(&Tree::house()));
}

#[test]
fn a_file_that_is_too_long_is_refused() {
    for (path, most) in [
        ("crates/hub/src/a.rs", FILE_MAX_LINES),
        ("xtask/src/tests_of_time.rs", FILE_MAX_LINES),
        ("crates/hub/src/a/tests.rs", TESTS_MAX_LINES),
        ("crates/hub/tests/it/a.rs", TESTS_MAX_LINES),
    ] {
        let lines = |count| "//! A.\n".repeat(count);
        assert!(too_long(&Tree::of(&[(path, &lines(most))])).is_empty(), "{path} at the edge");
        assert_eq!(
            too_long(&Tree::of(&[(path, &lines(most + 1))])),
            [format!("{path}: {} lines, above {most}", most + 1)]
        );
    }
}

#[test]
fn nothing_is_left_for_later() {
    tidy(&left_for_later(&Tree::house()));
}

#[test]
fn what_is_left_for_later_is_refused() {
    for word in FOR_LATER {
        let text = format!("//! A.\n// {word}: all of it\n");
        for path in ["crates/hub/src/a.rs", "Makefile", ".ci/run", "docs/formats.md"] {
            assert_eq!(
                left_for_later(&Tree::of(&[(path, &text)])),
                [format!("{path}:2: {word}: do it, or file an issue")]
            );
        }
        assert!(
            left_for_later(&Tree::of(&[("docs/chat.tsv", &text)])).is_empty(),
            "people's words"
        );
    }
}

#[test]
fn no_file_knows_a_machine() {
    tidy(&machine_paths(&Tree::house()));
}

#[test]
fn a_path_of_a_machine_is_refused() {
    for path in MACHINE_PATHS {
        let text = format!("cd {path}main\n");
        assert_eq!(
            machine_paths(&Tree::of(&[("docs/a.md", &text)])),
            [format!("docs/a.md:1: {path} is a folder of some machine")]
        );
        let text = format!("cd ${{dir}}{path}x; see a{path}b\n");
        assert!(machine_paths(&Tree::of(&[("docs/a.md", &text)])).is_empty());
    }
}
