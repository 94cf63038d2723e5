//! The plan of the house: who may import whom, and what may never reach a room by any path.
//!
//! The same table is drawn in `ARCHITECTURE.md`; a change of plan changes both and has a record in
//! `docs/adr`.

use std::collections::BTreeSet;

use crate::graph::Graph;
use crate::tree::tidy;

/// One crate of the plan, built or not.
struct Room {
    name: &'static str,
    /// The crates of the house it may name in `[dependencies]`.
    may: &'static [&'static str],
    /// The outside crates that may not reach it by any path.
    never: &'static [&'static str],
    /// What of that may reach it nevertheless.
    except: &'static [&'static str],
    /// Whether it stands inside the fence of `.config/clippy-pure.toml`.
    pure: bool,
}

const PLAN: &[Room] = &[
    // Floor 0.
    pure_room("model", &[]),
    // Floor 1.
    pure_room("stats", &[]),
    pure_room("wire", &["model"]),
    pure_room("link", &["model"]),
    pure_room("hub", &["model"]),
    pure_room("resilience", &["model"]),
    pure_room("check", &["model"]),
    pure_room("plan", &["model"]),
    pure_room("lexicon", &["model"]),
    pure_room("analytics", &["model", "lexicon"]),
    // `ring` has dice under it; what is random is handed in all the same, and the fence sees to the rest.
    Room { except: &["getrandom"], ..pure_room("access", &["model"]) },
    plain_room("journal", &["model"]),
    plain_room("history", &["model"]),
    plain_room("tables", &["model", "analytics"]),
    // Floor 2.
    pure_room("enrich", &["model", "lexicon", "resilience"]),
    pure_room("session", &["model", "wire"]),
    // Floor 3: the shells.
    shell("client", &["model", "wire", "session"]),
    shell("gateway", &["model", "access", "wire", "link", "resilience"]),
    shell(
        "server",
        &[
            "model",
            "access",
            "wire",
            "link",
            "journal",
            "hub",
            "history",
            "tables",
            "resilience",
            "analytics",
            "enrich",
            "gateway",
        ],
    ),
    shell("nlp", &["model", "lexicon"]),
    shell("load", &["model", "wire", "session", "client", "stats"]),
    shell(
        "lab",
        &[
            "model",
            "access",
            "wire",
            "link",
            "journal",
            "hub",
            "history",
            "tables",
            "resilience",
            "analytics",
            "stats",
            "enrich",
            "session",
            "client",
            "gateway",
            "server",
        ],
    ),
    // Floor 4.
    shell(
        "hubbub",
        &["model", "access", "check", "client", "gateway", "server", "nlp", "load", "plan", "lab"],
    ),
    plain_room("xtask", &["check"]),
];

/// Waiting: runtimes, and what drags one in.
const ASYNC: &[&str] = &[
    "tokio",
    "tokio-util",
    "tokio-tungstenite",
    "tungstenite",
    "mio",
    "socket2",
    "hyper",
    "axum",
    "reqwest",
    "async-std",
    "smol",
    "polling",
];

/// Waiting, clocks, dice and disks.
const IO: &[&str] = &[
    "tokio",
    "tokio-util",
    "tokio-tungstenite",
    "tungstenite",
    "mio",
    "socket2",
    "hyper",
    "axum",
    "reqwest",
    "async-std",
    "smol",
    "polling",
    "crossbeam-channel",
    "rand",
    "getrandom",
    "fastrand",
    "chrono",
    "time",
    "jiff",
    "fjall",
    "rusqlite",
    "tempfile",
    "memmap2",
];

const fn pure_room(name: &'static str, may: &'static [&'static str]) -> Room {
    Room { name, may, never: IO, except: &[], pure: true }
}

/// Plain threads and files, no async.
const fn plain_room(name: &'static str, may: &'static [&'static str]) -> Room {
    Room { name, may, never: ASYNC, except: &[], pure: false }
}

const fn shell(name: &'static str, may: &'static [&'static str]) -> Room {
    Room { name, may, never: &[], except: &[], pure: false }
}

/// The crates inside the fence, built or not.
pub(crate) fn pure() -> impl Iterator<Item = &'static str> {
    PLAN.iter().filter(|room| room.pure).map(|room| room.name)
}

fn imports_off_the_plan(graph: &Graph) -> Vec<String> {
    let planned: BTreeSet<&str> = PLAN.iter().map(|room| room.name).collect();
    let ours: BTreeSet<&str> =
        planned.iter().copied().chain(graph.rooms.iter().map(String::as_str)).collect();
    let off = |room: &Room| {
        let imports = graph.imports(room.name);
        let strangers: Vec<String> = imports
            .intersection(&ours)
            .filter(|import| !room.may.contains(import))
            .map(|import| format!("{} imports {import}: not on its floor", room.name))
            .collect();
        strangers
    };
    let unplanned = graph
        .rooms
        .iter()
        .filter(|room| !planned.contains(room.as_str()))
        .map(|room| format!("{room}: built, but not in the plan"));
    built(graph).flat_map(off).chain(unplanned).collect()
}

fn reached_from_outside(graph: &Graph) -> Vec<String> {
    let reached = |room: &Room| {
        let reach = graph.reach(room.name);
        let never: Vec<String> = room
            .never
            .iter()
            .filter(|name| reach.contains(**name) && !room.except.contains(name))
            .map(|name| format!("{name} reaches {}: keep it in the shell", room.name))
            .collect();
        never
    };
    built(graph).flat_map(reached).collect()
}

fn built(graph: &Graph) -> impl Iterator<Item = &'static Room> {
    PLAN.iter().filter(|room| graph.rooms.contains(room.name))
}

#[test]
fn every_crate_imports_from_the_floors_it_may() {
    tidy(&imports_off_the_plan(&Graph::house()));
}

#[test]
fn an_import_off_the_plan_is_refused() {
    let gateway = Graph::of(&[("gateway", &["model", "journal", "axum"]), ("journal", &["model"])]);
    assert_eq!(imports_off_the_plan(&gateway), ["gateway imports journal: not on its floor"]);
    let load = Graph::of(&[("load", &["client", "server"]), ("server", &["tokio"])]);
    assert_eq!(imports_off_the_plan(&load), ["load imports server: not on its floor"]);
}

#[test]
fn a_crate_that_is_not_in_the_plan_is_refused() {
    let graph = Graph::of(&[("hub", &["model", "chatter"]), ("chatter", &[])]);
    assert_eq!(
        imports_off_the_plan(&graph),
        ["hub imports chatter: not on its floor", "chatter: built, but not in the plan"]
    );
}

#[test]
fn nothing_that_waits_reaches_a_room() {
    tidy(&reached_from_outside(&Graph::house()));
}

#[test]
fn what_waits_is_refused_however_it_comes() {
    let graph = Graph::of(&[
        ("hub", &["model", "nice-map"]),
        ("nice-map", &["nicer-map"]),
        ("nicer-map", &["tokio"]),
        ("journal", &["tokio-util"]),
        ("session", &["rand_pcg", "getrandom"]),
        ("server", &["tokio"]),
    ]);
    assert_eq!(
        reached_from_outside(&graph),
        [
            "tokio reaches hub: keep it in the shell",
            "tokio-util reaches journal: keep it in the shell",
            "getrandom reaches session: keep it in the shell",
        ]
    );
}

#[test]
fn an_exception_is_for_one_crate_and_lets_nothing_else_in() {
    let graph = Graph::of(&[("access", &["ring"]), ("ring", &["getrandom", "tokio"])]);
    assert_eq!(reached_from_outside(&graph), ["tokio reaches access: keep it in the shell"]);
    let graph = Graph::of(&[("hub", &["access"]), ("access", &["ring"]), ("ring", &["getrandom"])]);
    assert_eq!(reached_from_outside(&graph), ["getrandom reaches hub: keep it in the shell"]);
}

#[test]
fn the_plan_has_no_circle() {
    let edges: Vec<(&str, &[&str])> = PLAN.iter().map(|room| (room.name, room.may)).collect();
    let plan = Graph::of(&edges);
    let circles: Vec<&str> =
        PLAN.iter().map(|room| room.name).filter(|name| plan.reach(name).contains(name)).collect();
    assert!(circles.is_empty(), "these may import themselves in the end: {circles:?}");
}
