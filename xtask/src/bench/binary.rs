//! The binary that is measured: the shipped one, in the usual target folder.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// Builds it, and says where it is. Cargo says so itself, wherever its target folder is.
pub(super) fn build() -> Result<PathBuf> {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--release", "--package", "hubbub", "--bin", "hubbub"])
        .arg("--message-format=json-render-diagnostics")
        .current_dir(root())
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start cargo: is it installed?")?;
    if !built.status.success() {
        bail!("hubbub does not build");
    }
    executable(&String::from_utf8_lossy(&built.stdout)).context("cargo did not say where it put it")
}

/// The root of the project.
pub(super) fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
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
fn cargo_says_where_the_shipped_binary_is() {
    let printed = r#"{"reason":"compiler-artifact","target":{"name":"load"},"executable":null}
{"reason":"compiler-artifact","target":{"name":"hubbub"},"executable":"/t/release/hubbub"}"#;
    assert_eq!(executable(printed), Some(PathBuf::from("/t/release/hubbub")));
    assert_eq!(executable("no JSON"), None);
}
