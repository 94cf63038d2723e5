//! What stands beside the code of a crate: its manifest, its symlink to the fence, its test binary.

use std::collections::BTreeSet;

use toml::{Table, Value};

use crate::plan;
use crate::tree::{Tree, tidy};

/// From a pure crate's `clippy.toml` to the fence.
const FENCE: &str = "../../.config/clippy-pure.toml";

/// Every pure crate that is built has the symlink, and no other file shadows the bans of the root.
fn missing_fences(tree: &Tree) -> Vec<String> {
    let mut untidy = Vec::new();
    for room in plan::pure().filter(|room| tree.get(&format!("crates/{room}/Cargo.toml")).is_some())
    {
        let path = format!("crates/{room}/clippy.toml");
        if tree.get(&path).and_then(|file| file.link.as_deref()) != Some(FENCE) {
            untidy.push(format!("{path}: a pure crate has a symlink to {FENCE} here"));
        }
    }
    let pure: BTreeSet<String> =
        plan::pure().map(|room| format!("crates/{room}/clippy.toml")).collect();
    let allowed = |path: &str| {
        path == "clippy.toml" || path.starts_with("xtask/fence/") || pure.contains(path)
    };
    let shadows = tree
        .files
        .iter()
        .filter(|file| {
            matches!(file.name(), "clippy.toml" | ".clippy.toml") && !allowed(&file.path)
        })
        .map(|file| format!("{}: shadows the bans of the root", file.path));
    untidy.extend(shadows);
    untidy
}

/// Clippy does not merge its files, so the fence must repeat the root's lines itself.
fn bans_not_repeated(root: &str, fence: &str) -> Vec<String> {
    let lines = |text: &str| -> BTreeSet<String> {
        let kept =
            text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        kept.map(str::to_owned).collect()
    };
    lines(root)
        .difference(&lines(fence))
        .map(|line| format!(".config/clippy-pure.toml lacks the root's {line}"))
        .collect()
}

/// Lints and versions live once, in the root; tests of a crate are one binary.
fn stray_manifests(tree: &Tree) -> Vec<String> {
    let members = tree.files.iter().filter(|file| {
        let parts: Vec<&str> = file.path.split('/').collect();
        matches!(parts[..], ["crates", _, "Cargo.toml"] | ["xtask", "Cargo.toml"])
    });
    members
        .flat_map(|file| match file.text.parse::<Table>() {
            Ok(manifest) => stray_lines(&file.path, &manifest),
            Err(error) => vec![format!("{}: {error}", file.path)],
        })
        .collect()
}

fn stray_lines(path: &str, manifest: &Table) -> Vec<String> {
    let from_workspace = |value: &Value| value.get("workspace") == Some(&Value::Boolean(true));
    let mut untidy = Vec::new();
    if !manifest.get("lints").is_some_and(from_workspace) {
        untidy.push(format!("{path}: does not take the lints of the workspace"));
    }
    for table in ["dependencies", "dev-dependencies", "build-dependencies"] {
        let entries = manifest.get(table).and_then(Value::as_table).into_iter().flatten();
        for (name, _) in entries.filter(|(_, value)| !from_workspace(value)) {
            untidy.push(format!("{path}: {name} belongs in [workspace.dependencies]"));
        }
    }
    if manifest.contains_key("test") {
        untidy.push(format!("{path}: a crate has one test binary, tests/it"));
    }
    untidy
}

/// Cargo makes a binary, and a link, of each file and each folder with a `main.rs` in `tests/`.
fn extra_test_binaries(tree: &Tree) -> Vec<String> {
    let extra = |path: &str| {
        let parts: Vec<&str> = path.split('/').collect();
        match parts[..] {
            ["crates", _, "tests", file] => file.ends_with(".rs"),
            ["crates", _, "tests", folder, "main.rs"] => folder != "it",
            _ => false,
        }
    };
    tree.files
        .iter()
        .filter(|file| extra(&file.path))
        .map(|file| format!("{}: make it a module of tests/it/main.rs", file.path))
        .collect()
}

#[test]
fn every_pure_crate_is_inside_the_fence() {
    tidy(&missing_fences(&Tree::house()));
}

#[test]
fn a_pure_crate_outside_the_fence_is_refused() {
    let complaint =
        |room| format!("crates/{room}/clippy.toml: a pure crate has a symlink to {FENCE} here");
    let bare = Tree::of(&[("crates/hub/Cargo.toml", "")]);
    assert_eq!(missing_fences(&bare), [complaint("hub")]);
    let copied = Tree::of(&[("crates/hub/Cargo.toml", ""), ("crates/hub/clippy.toml", "")]);
    assert_eq!(missing_fences(&copied), [complaint("hub")]);
    let elsewhere = Tree::of(&[("crates/hub/Cargo.toml", "")])
        .linked("crates/hub/clippy.toml", "../../clippy.toml");
    assert_eq!(missing_fences(&elsewhere), [complaint("hub")]);
    let inside = Tree::of(&[("crates/hub/Cargo.toml", "")]).linked("crates/hub/clippy.toml", FENCE);
    assert!(missing_fences(&inside).is_empty());
}

#[test]
fn a_file_that_shadows_the_bans_of_the_root_is_refused() {
    let tree = Tree::of(&[("clippy.toml", ""), ("crates/server/clippy.toml", "")]);
    assert_eq!(missing_fences(&tree), ["crates/server/clippy.toml: shadows the bans of the root"]);
}

#[test]
fn the_fence_repeats_the_bans_of_the_root() {
    let house = Tree::house();
    let text = |path: &str| house.get(path).map_or("", |file| &file.text).to_owned();
    tidy(&bans_not_repeated(&text("clippy.toml"), &text(".config/clippy-pure.toml")));
}

#[test]
fn a_ban_that_the_fence_does_not_repeat_is_refused() {
    let root = "a = [\n  { path = \"std::process::exit\" },\n]";
    assert_eq!(
        bans_not_repeated(root, "a = [\n]"),
        [".config/clippy-pure.toml lacks the root's { path = \"std::process::exit\" },"]
    );
    assert!(bans_not_repeated(root, root).is_empty());
}

#[test]
fn lints_and_versions_live_once() {
    tidy(&stray_manifests(&Tree::house()));
}

#[test]
fn a_manifest_that_goes_its_own_way_is_refused() {
    let manifest =
        "[dependencies]\nmodel = { workspace = true }\nleft-pad = \"1\"\n[[test]]\nname = \"x\"\n";
    assert_eq!(
        stray_manifests(&Tree::of(&[("crates/hub/Cargo.toml", manifest)])),
        [
            "crates/hub/Cargo.toml: does not take the lints of the workspace",
            "crates/hub/Cargo.toml: left-pad belongs in [workspace.dependencies]",
            "crates/hub/Cargo.toml: a crate has one test binary, tests/it",
        ]
    );
}

#[test]
fn a_crate_has_one_test_binary() {
    tidy(&extra_test_binaries(&Tree::house()));
}

#[test]
fn a_second_test_binary_is_refused() {
    let tree = Tree::of(&[
        ("crates/hub/tests/it/main.rs", ""),
        ("crates/hub/tests/it/order.rs", ""),
        ("crates/hub/tests/order.rs", ""),
        ("crates/hub/tests/slow/main.rs", ""),
    ]);
    assert_eq!(
        extra_test_binaries(&tree),
        [
            "crates/hub/tests/order.rs: make it a module of tests/it/main.rs",
            "crates/hub/tests/slow/main.rs: make it a module of tests/it/main.rs",
        ]
    );
}
