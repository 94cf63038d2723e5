//! The checker and the run are themselves under test: each promise is broken on purpose, and the run
//! must see it in the histories. Trouble alone (a process that fell over) does not count as seen.

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::json;

use super::CrashArgs;
use super::round::Round;

/// The mutants of the house, as `model` names them.
pub(crate) const NAMES: [&str; 11] = [
    "acknowledge-early",
    "no-sync",
    "tail-cut-too-far",
    "dedupe-forgotten",
    "cursor-ahead",
    "released-early",
    "ticket-kept",
    "asked-twice",
    "pending-forgotten",
    "guess-kept",
    "counted-again",
];

/// The first round is short, for most are found soon; the others are longer.
const FIRST_ROUND_SECONDS: u64 = 30;
const LATER_ROUND_SECONDS: u64 = 60;

/// How the search for one mutant went.
struct Search {
    name: &'static str,
    rounds: u64,
    took: Duration,
    /// Kinds of anomaly, with their number; none = not found.
    found: Vec<String>,
    seed: u64,
}

/// Runs all of them, and prints a table. Exit code 0: each was found.
#[expect(clippy::print_stdout, reason = "the table is for the person who asked")]
pub(crate) fn run(args: &CrashArgs, binary: &Path, seed: u64) -> Result<ExitCode> {
    let mut searches = Vec::new();
    for name in NAMES {
        let search = search(args, binary, seed, name)?;
        println!("{}", row(&search));
        searches.push(search);
    }
    let missed = searches.iter().filter(|search| search.found.is_empty()).count();
    println!("\n{:18} {:5} {:>6} {:>6}  anomalies", "mutant", "", "rounds", "s");
    searches.iter().for_each(|search| println!("{}", row(search)));
    println!("crash run: {} of {} mutants red, seed {seed}", NAMES.len() - missed, NAMES.len());
    if args.json {
        let rows: Vec<_> = searches.iter().map(to_json).collect();
        println!("{}", json!({"seed": seed, "missed": missed, "mutants": rows}));
    }
    Ok(if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Rounds with growing seeds, until the mutant is found or its time is over.
fn search(args: &CrashArgs, binary: &Path, seed: u64, name: &'static str) -> Result<Search> {
    let started = Instant::now();
    let mut search = Search { name, rounds: 0, took: Duration::ZERO, found: Vec::new(), seed };
    while search.found.is_empty() && search.took.as_secs() < args.seconds {
        search.seed = seed.wrapping_add(search.rounds);
        let wanted = if search.rounds == 0 { FIRST_ROUND_SECONDS } else { LATER_ROUND_SECONDS };
        let seconds = wanted.min(args.seconds - search.took.as_secs());
        let verdict = Round::new(args, binary, search.seed, seconds, Some(name)).run()?;
        search.rounds += 1;
        search.took = started.elapsed();
        let totals = verdict.report.totals.iter();
        search.found = totals.map(|(kind, total)| format!("{kind} {total}")).collect();
        // Red is what was hoped for: nobody has to look into it.
        if let (Some(folder), None, false) = (verdict.folder, &args.keep, search.found.is_empty()) {
            std::fs::remove_dir_all(folder)?;
        }
    }
    Ok(search)
}

fn row(search: &Search) -> String {
    let colour = if search.found.is_empty() { "GREEN" } else { "red" };
    let (rounds, seconds) = (search.rounds, search.took.as_secs());
    let found = search.found.join(", ");
    format!("{:18} {colour:5} {rounds:6} {seconds:6}  {found}", search.name)
}

fn to_json(search: &Search) -> serde_json::Value {
    json!({
        "mutant": search.name, "red": !search.found.is_empty(), "rounds": search.rounds,
        "seconds": search.took.as_secs(), "seed": search.seed, "anomalies": search.found,
    })
}

#[test]
fn a_mutant_that_was_not_found_is_told() {
    let mut search = Search {
        name: "no-sync",
        rounds: 2,
        took: Duration::from_secs(91),
        found: Vec::new(),
        seed: 8,
    };
    assert_eq!(row(&search), "no-sync            GREEN      2     91  ");
    search.found = vec!["lost 3".to_owned(), "order_split 1".to_owned()];
    assert_eq!(row(&search), "no-sync            red        2     91  lost 3, order_split 1");
    assert_eq!(to_json(&search)["red"], true);
}
