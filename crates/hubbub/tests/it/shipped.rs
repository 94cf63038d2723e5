//! The binary that people get cannot be told to be wrong: no `--mutant`, no shadow disk. It is the
//! one that these tests run whenever the feature `mutants` is off.

use std::process::Command;

const BINARY: &str = env!("CARGO_BIN_EXE_hubbub");

/// What only a build with the feature `mutants` may offer.
const HIDDEN: &[&str] = &["mutant", "shadow", "--after"];

fn offers(help: &str) -> Vec<&'static str> {
    let help = help.to_lowercase();
    HIDDEN.iter().copied().filter(|word| help.contains(word)).collect()
}

#[test]
#[cfg(not(feature = "mutants"))]
fn the_shipped_binary_cannot_be_told_to_be_wrong() {
    let help = Command::new(BINARY).args(["serve", "--help"]).output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    assert!(help.contains("Usage:"), "{help}");
    assert_eq!(offers(&help), [""; 0]);
    let nowhere = tempfile::tempdir().unwrap();
    for wrong in [["--mutant", "no-sync"], ["--disk", "shadow:1"], ["--after", "power"]] {
        let refused =
            Command::new(BINARY).arg("serve").args(wrong).current_dir(&nowhere).status().unwrap();
        assert_eq!(refused.code(), Some(64), "{wrong:?}");
    }
}

#[test]
#[cfg(feature = "mutants")]
fn a_binary_that_can_be_told_shows_it() {
    let help = Command::new(BINARY).args(["serve", "--help"]).output().unwrap();
    assert_eq!(offers(&String::from_utf8(help.stdout).unwrap()), HIDDEN);
}
