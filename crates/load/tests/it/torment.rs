//! A few seconds of torment, judged.

use std::collections::BTreeSet;
use std::path::Path;

use check::{Kind, Options, Report};
use clap::{Args, Command, FromArgMatches};
use load::{SweepArgs, TalkArgs};

use crate::naive::{self, Broken};

/// Rounds of five seconds; on a quiet machine one is enough.
const ROUNDS_MAX: u64 = 10;

fn parse<A: Args + FromArgMatches>(line: &str) -> A {
    let command = A::augment_args(Command::new("load"));
    let matches = command.try_get_matches_from(std::iter::once("load").chain(line.split(' ')));
    A::from_arg_matches(&matches.unwrap()).unwrap()
}

fn judge(folder: &Path) -> Report {
    let mut files: Vec<(String, String)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            (name, std::fs::read_to_string(entry.path()).unwrap())
        })
        .collect();
    files.sort();
    let files = files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    check::check(files, Options::default())
}

/// Torments a server that breaks this promise; whether the clients were content, and the judgement.
async fn torment(broken: Broken, seed: u64) -> (bool, Report) {
    let folder = tempfile::tempdir().unwrap();
    let url = naive::serve(broken).await;
    let place = format!(
        "--url {url} --url {url} --conversations 12 --histories {}",
        folder.path().display()
    );
    let talk: TalkArgs = parse(&format!(
        "{place} --name t --sessions 6 --seed {seed} --seconds 5 --rate 200 --fast-backoff"
    ));
    let sweep: SweepArgs = parse(&format!("{place} --name final-g1"));
    let talked = load::talk(talk).await.unwrap();
    let swept = load::sweep(sweep).await.unwrap();
    let success = format!("{:?}", std::process::ExitCode::SUCCESS);
    let content = format!("{talked:?}") == success && format!("{swept:?}") == success;
    (content, judge(folder.path()))
}

/// How much happens in five seconds is the machine's affair: torments on, each time with other dice,
/// until it was enough.
async fn torment_until(
    broken: Broken,
    seed: u64,
    mut is_enough: impl FnMut(bool, &Report) -> bool,
) {
    let mut last = None;
    for round in 0..ROUNDS_MAX {
        let (content, report) = torment(broken, seed + 100 * round).await;
        if is_enough(content, &report) {
            return;
        }
        last = Some(report);
    }
    panic!("{ROUNDS_MAX} rounds were not enough; the last: {last:?}");
}

#[tokio::test]
async fn a_server_that_keeps_its_promises_is_green_and_every_behaviour_was_met() {
    let mut met = BTreeSet::new();
    torment_until(Broken::Nothing, 3, |content, report| {
        assert!(report.is_green(), "{report}");
        assert!(content);
        let counts = &report.counts;
        assert!(counts.clients >= 6 && counts.finals == 1 && counts.without_end == 0, "{counts:?}");
        let conflicts = counts.problems.contains_key("idempotency_conflict");
        let behaviours = [
            ("talked", counts.said > 200 && counts.acknowledged > 200),
            ("said again", counts.duplicates > 0),
            ("said otherwise", conflicts),
            ("resumed", counts.resumed > 0),
            ("acknowledged", counts.acks > 0),
            ("cut", counts.connections > counts.clients),
        ];
        met.extend(behaviours.iter().filter(|(_, is_met)| *is_met).map(|(name, _)| *name));
        met.len() == behaviours.len()
    })
    .await;
}

#[tokio::test]
async fn a_server_that_forgets_ids_is_red() {
    let is_red = |_, report: &Report| report.total(Kind::Duplicate) > 0;
    torment_until(Broken::Dedupe, 4, is_red).await;
}

#[tokio::test]
async fn a_server_whose_cursors_run_ahead_is_red() {
    let is_red = |_, report: &Report| report.total(Kind::CursorAhead) > 0;
    torment_until(Broken::Cursor, 5, is_red).await;
}

#[tokio::test]
async fn a_server_that_skips_messages_is_red() {
    let is_red = |_, report: &Report| report.total(Kind::Gap) > 0;
    torment_until(Broken::Delivery, 6, is_red).await;
}
