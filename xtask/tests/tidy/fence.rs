//! The fence itself, proved by crates that must fail to lint.
//!
//! `xtask/fence/pure` and `xtask/fence/shell` use each banned thing once. Clippy must refuse every
//! line that is marked, no other line, and each ban of the configuration must refuse one: a ban whose
//! path is misspelt, or that clippy has stopped to understand, shows here.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::code::numbered;
use crate::tree::{root, tidy};

/// Ends a line that clippy must refuse.
const MARK: &str = "//~ refused";

/// One refusal: its line, and what clippy says.
type Refusal = (usize, String);

fn leaks(source: &str, config: &str, refusals: &[Refusal]) -> Vec<String> {
    let marked: BTreeSet<usize> = numbered(source)
        .filter(|(_, line)| line.ends_with(MARK))
        .map(|(number, _)| number)
        .collect();
    let refused: BTreeSet<usize> = refusals.iter().map(|&(line, _)| line).collect();
    let let_through = marked.difference(&refused).map(|line| format!("line {line} is let through"));
    let unmarked = refusals
        .iter()
        .filter(|(line, _)| !marked.contains(line))
        .map(|(line, said)| format!("line {line} is refused unasked: {said}"));
    let idle = bans(config)
        .into_iter()
        .filter(|ban| !refusals.iter().any(|(_, said)| said.contains(&format!("`{ban}`"))))
        .map(|ban| format!("the ban of {ban} refused nothing: add a line that uses it"));
    let_through.chain(unmarked).chain(idle).collect()
}

/// The paths that a `clippy.toml` bans.
fn bans(config: &str) -> Vec<String> {
    let config: toml::Table = config.parse().expect("clippy.toml is TOML");
    ["disallowed-methods", "disallowed-types"]
        .into_iter()
        .filter_map(|list| config.get(list)?.as_array())
        .flatten()
        .filter_map(|ban| Some(ban.get("path")?.as_str()?.to_owned()))
        .collect()
}

/// What clippy refuses in one crate of the fence, which finds its `clippy.toml` as our crates do.
fn lint(name: &str) -> Vec<Refusal> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fence");
    let printed = Command::new(env!("CARGO"))
        .args(["clippy", "--quiet", "--locked", "--message-format=json", "--package", name])
        .arg("--target-dir")
        .arg(target)
        .current_dir(root().join("xtask/fence"))
        .output()
        .expect("cargo runs");
    assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
    String::from_utf8_lossy(&printed.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|value| value["reason"] == "compiler-message")
        .filter_map(|value| refusal(&value["message"]))
        .collect()
}

fn refusal(message: &Value) -> Option<Refusal> {
    let line = message["spans"].get(0)?["line_start"].as_u64()?;
    let line = usize::try_from(line).expect("a line number fits");
    Some((line, message["message"].as_str()?.to_owned()))
}

#[test]
fn the_fence_of_the_pure_crates_stands() {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).unwrap();
    tidy(&leaks(
        &read("xtask/fence/pure/src/lib.rs"),
        &read(".config/clippy-pure.toml"),
        &lint("fence-pure"),
    ));
}

#[test]
fn the_bans_of_the_root_stand() {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).unwrap();
    tidy(&leaks(&read("xtask/fence/shell/src/lib.rs"), &read("clippy.toml"), &lint("fence-shell")));
}

#[test]
fn a_leak_in_the_fence_is_refused() {
    let config =
        "disallowed-methods = [{ path = \"a::b\" }]\ndisallowed-types = [{ path = \"c::D\" }]";
    let source = "f();\na::b(); //~ refused\nc::D; //~ refused\n";
    let said = |line, path| (line, format!("use of a disallowed thing `{path}`"));
    assert!(leaks(source, config, &[said(2, "a::b"), said(3, "c::D")]).is_empty());
    assert_eq!(
        leaks(source, config, &[said(1, "e::f"), said(2, "a::b")]),
        [
            "line 3 is let through",
            "line 1 is refused unasked: use of a disallowed thing `e::f`",
            "the ban of c::D refused nothing: add a line that uses it",
        ]
    );
}
