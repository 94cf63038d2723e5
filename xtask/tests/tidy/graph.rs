//! Who depends on whom in normal builds, by crate name, as cargo resolves it with every feature on.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

use crate::tree::root;

/// The crates of the workspace, and the imports of every crate. Two versions of one crate are two.
pub(crate) struct Graph {
    pub(crate) rooms: BTreeSet<String>,
    names: BTreeMap<String, String>,
    /// By id, as cargo has it.
    edges: BTreeMap<String, BTreeSet<String>>,
}

impl Graph {
    /// The project itself. Dev-dependencies and build scripts' are no imports.
    pub(crate) fn house() -> Self {
        let printed = Command::new(env!("CARGO"))
            .args(["metadata", "--format-version=1", "--all-features"])
            .args(["--filter-platform", "x86_64-unknown-linux-gnu"])
            .current_dir(root())
            .output()
            .expect("cargo runs");
        assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
        Self::read(&serde_json::from_slice(&printed.stdout).expect("cargo metadata prints JSON"))
    }

    /// A made-up one, where a crate's id is its name; all that have edges are ours.
    pub(crate) fn of(edges: &[(&str, &[&str])]) -> Self {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let all = edges.iter().flat_map(|&(name, to)| to.iter().copied().chain([name]));
        Self {
            rooms: edges.iter().map(|&(name, _)| name.to_owned()).collect(),
            names: all.map(|name| (name.to_owned(), name.to_owned())).collect(),
            edges: edges.iter().map(|&(name, to)| (name.to_owned(), owned(to))).collect(),
        }
    }

    /// The names of what a crate of ours has in its `[dependencies]`.
    pub(crate) fn imports(&self, room: &str) -> BTreeSet<&str> {
        self.ids(room).flat_map(|id| self.next(id)).map(|id| self.names[id].as_str()).collect()
    }

    /// The names of what it gets with them, by any path.
    pub(crate) fn reach(&self, room: &str) -> BTreeSet<&str> {
        let mut seen = BTreeSet::new();
        let mut next: Vec<&String> = self.ids(room).flat_map(|id| self.next(id)).collect();
        while let Some(id) = next.pop() {
            if seen.insert(id) {
                next.extend(self.next(id));
            }
        }
        seen.into_iter().map(|id| self.names[id].as_str()).collect()
    }

    fn ids<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a String> {
        self.names.iter().filter(move |(_, named)| *named == name).map(|(id, _)| id)
    }

    fn next(&self, id: &str) -> impl Iterator<Item = &String> {
        self.edges.get(id).into_iter().flatten()
    }

    fn read(meta: &Value) -> Self {
        let owned = |value: &Value| text(value).to_owned();
        let names: BTreeMap<String, String> = list(&meta["packages"])
            .iter()
            .map(|package| (owned(&package["id"]), owned(&package["name"])))
            .collect();
        let rooms = list(&meta["workspace_members"]).iter().map(|id| names[text(id)].clone());
        let mut edges = BTreeMap::<String, BTreeSet<String>>::new();
        for node in list(&meta["resolve"]["nodes"]) {
            let to = edges.entry(owned(&node["id"])).or_default();
            for dep in list(&node["deps"]) {
                if list(&dep["dep_kinds"]).iter().any(|kind| kind["kind"].is_null()) {
                    to.insert(owned(&dep["pkg"]));
                }
            }
        }
        Self { rooms: rooms.collect(), names, edges }
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a string")
}

#[test]
fn development_and_build_dependencies_are_no_imports() {
    let package = |name: &str| serde_json::json!({ "id": format!("id-{name}"), "name": name });
    let dep = |name: &str, kind: Option<&str>| serde_json::json!({ "pkg": format!("id-{name}"), "dep_kinds": [{ "kind": kind }] });
    let graph = Graph::read(&serde_json::json!({
        "packages": [package("hub"), package("model"), package("tokio"), package("cc")],
        "workspace_members": ["id-hub"],
        "resolve": { "nodes": [{
            "id": "id-hub",
            "deps": [dep("model", None), dep("tokio", Some("dev")), dep("cc", Some("build"))],
        }] },
    }));
    assert_eq!(graph.imports("hub").into_iter().collect::<Vec<_>>(), ["model"]);
}

#[test]
fn two_versions_of_a_crate_are_two() {
    let node = |id: &str, to: &[&str]| {
        let deps: Vec<Value> = to
            .iter()
            .map(|to| serde_json::json!({ "pkg": to, "dep_kinds": [{ "kind": null }] }))
            .collect();
        serde_json::json!({ "id": id, "deps": deps })
    };
    let graph = Graph::read(&serde_json::json!({
        "packages": [
            { "id": "room", "name": "room" }, { "id": "dice 2", "name": "dice" },
            { "id": "dice 1", "name": "dice" }, { "id": "os", "name": "os" },
        ],
        "workspace_members": ["room"],
        "resolve": { "nodes": [node("room", &["dice 2"]), node("dice 2", &[]), node("dice 1", &["os"])] },
    }));
    assert_eq!(graph.reach("room").into_iter().collect::<Vec<_>>(), ["dice"]);
}
