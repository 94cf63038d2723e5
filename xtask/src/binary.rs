//! The binary that is measured or killed: built once, by cargo.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// Which binary is meant.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// The one that ships, in the usual target folder.
    Shipped,
    /// The one with the mutants in it, in a folder of its own: what lies in `target/release` must never be that one.
    Mutants,
}

/// What the outer cargo told us about ourselves: to the build scripts of dependencies it would look like a changed
/// environment, and they would build half of the binary anew.
const OF_OURSELVES: [&str; 8] = [
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_LINKS",
    "CARGO_PKG_NAME",
    "CARGO_PKG_VERSION",
    "CARGO_PKG_VERSION_MAJOR",
    "CARGO_PKG_VERSION_MINOR",
    "CARGO_PKG_VERSION_PATCH",
    "CARGO_PKG_VERSION_PRE",
];

/// Builds it, and says where it is. Cargo says so itself, wherever its target folder is.
///
/// # Errors
///
/// When cargo cannot be started, or the binary does not build.
pub(crate) fn build(kind: Kind) -> Result<PathBuf> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--release", "--package", "hubbub", "--bin", "hubbub"]);
    cargo.arg("--message-format=json-render-diagnostics");
    if matches!(kind, Kind::Mutants) {
        cargo.args(["--features", "mutants", "--target-dir", "target/crash-build"]);
    }
    for name in OF_OURSELVES {
        cargo.env_remove(name);
    }
    let built = cargo
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
pub(crate) fn root() -> &'static Path {
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
fn cargo_says_where_the_binary_is() {
    let printed = r#"{"reason":"compiler-artifact","target":{"name":"serde"},"executable":null}
{"reason":"compiler-artifact","target":{"name":"hubbub"},"executable":"/t/release/hubbub"}
{"reason":"build-finished","success":true}"#;
    assert_eq!(executable(printed), Some(PathBuf::from("/t/release/hubbub")));
    assert_eq!(executable("no JSON"), None);
}
