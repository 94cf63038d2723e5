//! The binary under test: built once, with the mutants in it.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// Builds it, and says where it is. Cargo says so itself, wherever its target folder is.
pub(crate) fn build() -> Result<PathBuf> {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--release", "--package", "hubbub", "--bin", "hubbub"])
        .args(["--features", "mutants", "--message-format=json-render-diagnostics"])
        // A folder of its own: what lies in `target/release` must never be the one with the mutants.
        .args(["--target-dir", "target/crash-build"])
        .current_dir(super::root())
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start cargo: is it installed?")?;
    if !built.status.success() {
        bail!("the binary with feature `mutants` does not build");
    }
    executable(&String::from_utf8_lossy(&built.stdout)).context("cargo did not say where it put it")
}

/// The path of the binary in what cargo printed: one JSON object a line.
fn executable(printed: &str) -> Option<PathBuf> {
    printed
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|value| value["target"]["name"] == "hubbub")
        .find_map(|value| value["executable"].as_str().map(PathBuf::from))
}

#[test]
fn cargo_says_where_the_binary_is() {
    let printed = r#"{"reason":"compiler-artifact","target":{"name":"serde"},"executable":null}
{"reason":"compiler-artifact","target":{"name":"hubbub"},"executable":"/t/release/hubbub"}
{"reason":"build-finished","success":true}"#;
    assert_eq!(executable(printed), Some(PathBuf::from("/t/release/hubbub")));
    assert_eq!(executable("no JSON"), None);
}
