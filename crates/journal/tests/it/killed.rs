//! A real process, killed with SIGKILL at any instant, on the shadow disk over real files.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use journal::shadow::{Death, Faults, ShadowDisk};
use journal::{Disk, Journal};

use crate::desk::{NOW, messages, open, read_messages};

/// Its presence says that the child was meant.
const GO: &str = "go";

fn shadow(dir: &Path, seed: u64, death: Death) -> (Arc<dyn Disk>, journal::shadow::ShadowReport) {
    let (disk, report) = ShadowDisk::open(&dir.join("journal"), seed, death).unwrap();
    disk.set_faults(Faults { sync_latency: Duration::from_micros(300), ..Faults::default() });
    (Arc::new(disk), report)
}

fn highest(journal: &Journal) -> u64 {
    read_messages(journal).last().map_or(0, |view| view.batch.0)
}

#[test]
#[ignore = "the child of the test below: appends until it is killed"]
fn child() {
    let dir = std::env::current_dir().unwrap();
    let Ok(life) = std::fs::read_to_string(dir.join(GO)) else { return };
    let seed = life.trim().parse::<u64>().unwrap();
    let death = if seed % 2 == 0 { Death::Power } else { Death::Process };
    let (disk, report) = shadow(&dir, seed, death);
    let mut out = std::io::stdout().lock();
    writeln!(out, "died_in_sync {}", report.died_in_sync).unwrap();
    let (mut journal, recovery) = open(&disk);
    assert!(recovery.damage.is_empty(), "{:?}", recovery.damage);
    writeln!(out, "found {}", highest(&journal)).unwrap();
    for number in 0..20_000 {
        let batch = journal.append(&messages(number, 1 + number % 9, 700), NOW).unwrap().batch;
        writeln!(out, "acknowledged {batch}").unwrap();
    }
}

fn live(dir: &Path, seed: u64, for_: Duration) -> Vec<String> {
    std::fs::write(dir.join(GO), seed.to_string()).unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "killed::child", "--ignored", "--nocapture"])
        .current_dir(dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(for_);
    child.kill().unwrap();
    child.wait().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines.map_while(Result::ok).collect()
}

#[test]
fn a_process_killed_at_any_instant_has_kept_what_it_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let mut acknowledged = 0;
    let mut died_in_sync = 0;
    for seed in 0..14 {
        let lines = live(dir.path(), seed, Duration::from_millis(60 + seed * 13));
        let numbers = |word: &str| -> Vec<u64> {
            let of = lines.iter().filter_map(|line| line.strip_prefix(word));
            of.filter_map(|rest| rest.trim().parse().ok()).collect()
        };
        if let Some(found) = numbers("found").first() {
            assert!(*found >= acknowledged, "life {seed}: {found} of {acknowledged} are there");
        }
        died_in_sync += usize::from(lines.iter().any(|line| line == "died_in_sync true"));
        acknowledged = numbers("acknowledged").last().copied().unwrap_or(acknowledged);
    }
    let (disk, _) = shadow(dir.path(), 99, Death::Power);
    let (journal, recovery) = open(&disk);
    assert!(recovery.damage.is_empty());
    assert!(highest(&journal) >= acknowledged);
    assert!(acknowledged > 50, "the lives were too short: {acknowledged}");
    assert!(died_in_sync > 0, "no life ended inside a sync");
}
