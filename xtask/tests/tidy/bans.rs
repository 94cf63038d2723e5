//! What no code may do, wherever clippy's fence has a gap: an `#[expect]` lets one through, a word does not.

use crate::code::{bare, lines_naming, lines_with_word};
use crate::plan;
use crate::tree::{File, Tree, tidy};

/// Words that only channels without a bound have.
const UNBOUNDED: &[&str] =
    &["unbounded", "unbounded_channel", "UnboundedSender", "UnboundedReceiver"];

/// How the environment is read: the module, and how the item begins.
const ENVIRONMENT: &[(&str, &str)] = &[
    ("env", "var"),
    ("EnvFilter", "from_env"),
    ("EnvFilter", "from_default_env"),
    ("EnvFilter", "try_from_env"),
    ("EnvFilter", "try_from_default_env"),
];

/// The one place where the fence has a gate: the map that the fence itself points to.
const GATE: &str = "crates/model/src/map.rs";

fn unbounded_channels(tree: &Tree) -> Vec<String> {
    each(tree, |file, code| {
        // The standard library's takes no argument; a bounded one says how many.
        let without_argument = code
            .match_indices("mpsc::channel")
            .filter(|(at, name)| after_turbofish(&code[at + name.len()..]).starts_with("()"))
            .map(|(at, _)| code[..at].matches('\n').count() + 1);
        UNBOUNDED
            .iter()
            .flat_map(|word| lines_with_word(code, word))
            .chain(without_argument)
            .map(|line| format!("{}:{line}: a channel without a bound", file.path))
            .collect()
    })
}

fn after_turbofish(code: &str) -> &str {
    let Some(types) = code.strip_prefix("::<") else { return code };
    let mut depth = 1_usize;
    let end = types.find(|c| {
        match c {
            '<' => depth += 1,
            '>' => depth -= 1,
            _ => {}
        }
        depth == 0
    });
    end.map_or("", |end| &types[end + 1..])
}

fn environment_readers(tree: &Tree) -> Vec<String> {
    each(tree, |file, code| {
        if file.name() == "config.rs" {
            return Vec::new();
        }
        let by_call =
            ENVIRONMENT.iter().flat_map(|(module, item)| lines_naming(code, module, item));
        by_call
            .chain(read_by_clap(code))
            .map(|line| format!("{}:{line}: only `config.rs` reads the environment", file.path))
            .collect()
    })
}

/// The lines with an `env` in an `#[arg(…)]`: clap then reads the variable itself.
fn read_by_clap(code: &str) -> Vec<usize> {
    let reads = |at: usize| {
        let arguments = code[at..].split(']').next().unwrap_or("");
        !lines_with_word(arguments, "env").is_empty()
    };
    code.match_indices("#[arg(")
        .filter(|&(at, _)| reads(at))
        .map(|(at, _)| code[..at].matches('\n').count() + 1)
        .collect()
}

fn exits(tree: &Tree) -> Vec<String> {
    each(tree, |file, code| {
        if file.path.ends_with("src/main.rs") || file.path.contains("/src/bin/") {
            return Vec::new();
        }
        lines_naming(code, "process", "exit")
            .into_iter()
            .map(|line| format!("{}:{line}: only binaries exit; return an error", file.path))
            .collect()
    })
}

/// An expectation of a disallowed thing in a pure crate is a hole in the fence. Its examples and
/// benches may measure, which takes a clock.
fn holes_in_the_fence(tree: &Tree) -> Vec<String> {
    let fenced = |path: &str| {
        let inside = plan::pure()
            .find_map(|room| path.strip_prefix("crates/")?.strip_prefix(room)?.strip_prefix('/'));
        inside.is_some_and(|path| !path.starts_with("examples/") && !path.starts_with("benches/"))
    };
    each(tree, |file, code| {
        if !fenced(&file.path) || file.path == GATE {
            return Vec::new();
        }
        ["disallowed_methods", "disallowed_types"]
            .into_iter()
            .flat_map(|lint| lines_with_word(code, lint))
            .map(|line| format!("{}:{line}: a hole in the fence of a pure crate", file.path))
            .collect()
    })
}

/// What `rule` says of each Rust file and its code without comments and literals.
fn each(tree: &Tree, rule: impl Fn(&File, &str) -> Vec<String>) -> Vec<String> {
    tree.rust().flat_map(|file| rule(file, &bare(&file.text))).collect()
}

#[test]
fn no_channel_is_without_a_bound() {
    tidy(&unbounded_channels(&Tree::house()));
}

#[test]
fn a_channel_without_a_bound_is_refused() {
    let file = "crates/server/src/a.rs";
    for bad in [
        "let (a, b) = tokio::sync::mpsc::unbounded_channel();",
        "use tokio::sync::mpsc::{UnboundedSender};",
        "let (a, b) = crossbeam_channel::unbounded::<u8>();",
        "let (a, b) = mpsc::channel();",
        "let (a, b) = mpsc::channel::<Vec<u8>>();",
    ] {
        let said = unbounded_channels(&Tree::of(&[(file, bad)]));
        assert_eq!(said, ["crates/server/src/a.rs:1: a channel without a bound"], "{bad}");
    }
    for good in
        ["mpsc::channel(CAPACITY)", "mpsc::channel::<u8>(8); f()", "// unbounded", "unbounded_x"]
    {
        assert!(unbounded_channels(&Tree::of(&[(file, good)])).is_empty(), "{good}");
    }
}

#[test]
fn only_config_reads_the_environment() {
    tidy(&environment_readers(&Tree::house()));
}

#[test]
fn a_reader_of_the_environment_is_refused() {
    for bad in [
        "fn f() { std::env::var(\"A\"); }",
        "use std::env::{args, var_os};",
        "EnvFilter::from_default_env()",
        "#[arg(long, env = \"A\")]",
    ] {
        let said = environment_readers(&Tree::of(&[("crates/server/src/start.rs", bad)]));
        assert_eq!(
            said,
            ["crates/server/src/start.rs:1: only `config.rs` reads the environment"],
            "{bad}"
        );
        assert!(environment_readers(&Tree::of(&[("crates/server/src/config.rs", bad)])).is_empty());
    }
    assert!(environment_readers(&Tree::of(&[("xtask/src/a.rs", "env!(\"CARGO\")")])).is_empty());
}

#[test]
fn only_binaries_exit() {
    tidy(&exits(&Tree::house()));
}

#[test]
fn an_exit_in_a_library_is_refused() {
    for bad in ["std::process::exit(1)", "use std::process::{Command, exit};"] {
        assert_eq!(
            exits(&Tree::of(&[("crates/load/src/lib.rs", bad)])),
            ["crates/load/src/lib.rs:1: only binaries exit; return an error"]
        );
        assert!(exits(&Tree::of(&[("crates/hubbub/src/main.rs", bad)])).is_empty());
    }
}

#[test]
fn the_fence_has_one_gate() {
    tidy(&holes_in_the_fence(&Tree::house()));
}

#[test]
fn a_hole_in_the_fence_is_refused() {
    let hole = "#[expect(clippy::disallowed_methods, reason = \"just this once\")]";
    assert_eq!(
        holes_in_the_fence(&Tree::of(&[("crates/hub/src/lib.rs", hole)])),
        ["crates/hub/src/lib.rs:1: a hole in the fence of a pure crate"]
    );
    assert_eq!(
        holes_in_the_fence(&Tree::of(&[("crates/hub/tests/it/a.rs", hole)])),
        ["crates/hub/tests/it/a.rs:1: a hole in the fence of a pure crate"]
    );
    for path in ["crates/server/src/lib.rs", "crates/hub/examples/a.rs", GATE] {
        assert!(holes_in_the_fence(&Tree::of(&[(path, hole)])).is_empty(), "{path}");
    }
}
