//! The binary that people get cannot be told to be wrong: no `--mutant`, no shadow disk.
//!
//! It is built here as it is shipped, without the feature `mutants`, and asked.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::tree::{root, tidy};

/// Usage errors, as in the table of `docs/operations.md`.
const USAGE: i32 = 64;

/// What only a build with the feature `mutants` may offer.
const HIDDEN: &[&str] = &["mutant", "shadow", "--after"];

fn offers(help: &str) -> Vec<String> {
    let mut untidy: Vec<String> = HIDDEN
        .iter()
        .filter(|word| help.to_lowercase().contains(*word))
        .map(|word| format!("`hubbub serve --help` speaks of \"{word}\""))
        .collect();
    if !help.contains("Usage:") {
        untidy.push("`hubbub serve --help` prints no usage".to_owned());
    }
    untidy
}

fn accepts(arguments: &[&str], code: Option<i32>) -> Vec<String> {
    match code {
        Some(USAGE) => Vec::new(),
        Some(_) | None => {
            vec![format!("`hubbub {}` exits {code:?}, not {USAGE}", arguments.join(" "))]
        }
    }
}

/// Builds the binary with its default features and says where it is. In a folder of its own, so that
/// no test finds its binary exchanged under its hands; not optimised, so that it is soon done.
fn shipped() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("shipped");
    let printed = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--package", "hubbub", "--bin", "hubbub"])
        .args(["--config", "profile.dev.package.\"*\".opt-level=0"])
        .args(["--config", "profile.dev.debug=false"])
        .args(["--message-format=json", "--target-dir"])
        .arg(target)
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
    String::from_utf8_lossy(&printed.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|value| value["target"]["name"] == "hubbub")
        .find_map(|value| value["executable"].as_str().map(PathBuf::from))
        .expect("cargo says where the binary is")
}

/// Runs it in an empty folder, where a wrongly accepted flag does no harm; it is stopped after a while.
fn ask(binary: &Path, arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    Command::new("timeout")
        .arg("10")
        .arg(binary)
        .args(arguments)
        .current_dir(folder.path())
        .output()
        .expect("the binary runs")
}

#[test]
fn the_shipped_binary_cannot_be_told_to_be_wrong() {
    let binary = shipped();
    let help = ask(&binary, &["serve", "--help"]);
    let mut untidy = offers(&String::from_utf8_lossy(&help.stdout));
    for arguments in [["serve", "--mutant", "no-sync"], ["serve", "--disk", "shadow:1"]] {
        untidy.extend(accepts(&arguments, ask(&binary, &arguments).status.code()));
    }
    tidy(&untidy);
}

#[test]
fn a_binary_that_can_be_told_is_refused() {
    let help = "Usage: hubbub serve\n  --mutant <NAME>\n  --disk <shadow:SEED>\n";
    assert_eq!(
        offers(help),
        [
            "`hubbub serve --help` speaks of \"mutant\"",
            "`hubbub serve --help` speaks of \"shadow\"",
        ]
    );
    assert_eq!(offers(""), ["`hubbub serve --help` prints no usage"]);
    assert_eq!(
        accepts(&["serve", "--mutant", "no-sync"], Some(0)),
        ["`hubbub serve --mutant no-sync` exits Some(0), not 64"]
    );
    assert!(accepts(&["serve"], Some(64)).is_empty());
}
