//! One run: servers, clients, faults, the end of faults, the last reads, the judgement.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use check::Report;

use super::CrashArgs;
use super::hard_paths::HardPaths;
use super::process::Process;
use super::servers::Servers;
use super::shape::Shape;
use super::verdict::Verdict;
use crate::guardian::Guardian;

/// Processes that the sessions are spread over.
const CLIENT_PROCESSES: u16 = 3;
/// How long clients may take to bring everything through once the faults have ended.
const FINISH_WITHIN: Duration = Duration::from_secs(120);
/// How long a last read may take.
const SWEEP_WITHIN: Duration = Duration::from_secs(120);
/// Names of the run's conversations begin so.
const PREFIX: &str = "c";
/// What a warm conversation weighs in a hub, about: its authors, cursors and latest messages.
const WARM_BYTES: u64 = 6 * 1024;
/// A hub takes no smaller budget.
const MEMORY_MIN_BYTES: u64 = 64 * 1024;

/// A run to be.
#[derive(Debug)]
pub(crate) struct Round<'a> {
    args: &'a CrashArgs,
    binary: &'a Path,
    seed: u64,
    seconds: u64,
    mutant: Option<&'a str>,
}

impl<'a> Round<'a> {
    pub(crate) fn new(
        args: &'a CrashArgs,
        binary: &'a Path,
        seed: u64,
        seconds: u64,
        mutant: Option<&'a str>,
    ) -> Self {
        Self { args, binary, seed, seconds, mutant }
    }

    /// Runs it. Its folder is deleted when the verdict is green and nobody wants to keep it.
    #[expect(clippy::print_stderr, reason = "a run of ten minutes says that it has begun")]
    pub(crate) fn run(&self) -> Result<Verdict> {
        let folder = self.folder()?;
        eprintln!("crash run: seed {}, {} s, in {}", self.seed, self.seconds, folder.display());
        let guardian = Guardian::start()?;
        let mut servers = Servers::start(&guardian, self.binary, &folder, self.shape(), self.seed)?;
        if let Err(why) = self.play(&guardian, &mut servers, &folder) {
            servers.trouble.push(format!("{why:#}"));
        }
        let report = judge(self.binary, &folder, &mut servers.trouble)?;
        let mut verdict = Verdict {
            seed: self.seed,
            shape: self.shape(),
            seconds: self.seconds,
            kills: servers.kills,
            hard_paths: HardPaths::of(&servers.tally),
            trouble: std::mem::take(&mut servers.trouble),
            report,
            folder: Some(folder.clone()),
        };
        verdict.missing_clients(self.args.sessions, servers.doors().len());
        drop(servers);
        fs::write(folder.join("verdict.json"), verdict.to_json().to_string())?;
        if verdict.is_green() && self.args.keep.is_none() {
            fs::remove_dir_all(&folder)?;
            verdict.folder = None;
        }
        Ok(verdict)
    }

    fn play(&self, guardian: &Rc<Guardian>, servers: &mut Servers, folder: &Path) -> Result<()> {
        let doors = servers.doors();
        let mut clients = (0..CLIENT_PROCESSES)
            .map(|number| self.client(guardian, folder, &doors, number))
            .collect::<Result<Vec<Process>>>()?;
        servers.torment(Instant::now() + Duration::from_secs(self.seconds))?;
        servers.wait_ready()?;
        let until = Instant::now() + FINISH_WITHIN;
        for client in &mut clients {
            while client.ended()?.is_none() && Instant::now() < until {
                servers.pause(Duration::from_millis(300))?;
            }
            match client.ended()? {
                Some(status) if status.success() => {}
                Some(status) => {
                    let (name, said) = (client.name(), client.last_words());
                    servers.trouble.push(format!("client {name} ended with {status}: {said}"));
                }
                None => servers.trouble.push(format!(
                    "client {} was not through {} s after the last fault",
                    client.name(),
                    FINISH_WITHIN.as_secs()
                )),
            }
        }
        servers.wait_kept()?;
        servers.wait_understood()?;
        for (name, url) in &doors {
            let mut sweep = self.sweep(guardian, folder, name, url)?;
            let ended = sweep.wait(SWEEP_WITHIN)?;
            if !ended.is_some_and(|status| status.success()) {
                let said = sweep.last_words();
                let trouble =
                    format!("the last read through {name} did not come to an end: {said}");
                servers.trouble.push(trouble);
            }
        }
        servers.stop()
    }

    /// A process with its share of the sessions. It speaks a little longer than faults go on.
    fn client(
        &self,
        guardian: &Rc<Guardian>,
        folder: &Path,
        doors: &[(String, String)],
        number: u16,
    ) -> Result<Process> {
        let name = format!("p{number}");
        let share = |whole: u32| {
            let (parts, number) = (u32::from(CLIENT_PROCESSES), u32::from(number));
            whole / parts + u32::from(number < whole % parts)
        };
        let line = format!(
            "load talk --name {name} --sessions {} --conversations {} --prefix {PREFIX} --seed {} \
             --seconds {} --rate {} --histories histories --fast-backoff",
            share(u32::from(self.args.sessions)),
            self.args.conversations,
            self.seed.wrapping_add(u64::from(number) << 32),
            self.seconds + 1,
            share(self.args.rate).max(1),
        );
        let mut arguments: Vec<String> = line.split(' ').map(str::to_owned).collect();
        for (_, url) in doors {
            arguments.extend(["--url".to_owned(), url.clone()]);
        }
        Process::start(guardian, &name, self.binary, &arguments, folder)
    }

    fn sweep(
        &self,
        guardian: &Rc<Guardian>,
        folder: &Path,
        door: &str,
        url: &str,
    ) -> Result<Process> {
        let line = format!(
            "load sweep --name final-{door} --conversations {} --prefix {PREFIX} --url {url} \
             --histories histories",
            self.args.conversations
        );
        let arguments: Vec<String> = line.split(' ').map(str::to_owned).collect();
        Process::start(guardian, &format!("sweep-{door}"), self.binary, &arguments, folder)
    }

    fn shape(&self) -> Shape {
        let tenth = u64::from(self.args.conversations).div_ceil(10) * WARM_BYTES;
        let least = MEMORY_MIN_BYTES * u64::from(self.args.hubs);
        Shape {
            gateways: self.args.gateways,
            hubs: self.args.hubs,
            memory_bytes: self.args.memory_bytes.unwrap_or(tenth.max(least)),
            mutant: self.mutant.map(str::to_owned),
        }
    }

    /// An empty folder for the run.
    fn folder(&self) -> Result<PathBuf> {
        let name = match self.mutant {
            Some(mutant) => format!("seed-{}-{mutant}", self.seed),
            None => format!("seed-{}-g{}-h{}", self.seed, self.args.gateways, self.args.hubs),
        };
        let folder = match &self.args.keep {
            Some(keep) => keep.join(name),
            None => crate::binary::root().join("target").join("crash").join(name),
        };
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(folder.join("histories"))?;
        folder.canonicalize().with_context(|| folder.display().to_string())
    }
}

/// Has all histories of a folder read, by name, and the data directory with them, and judged.
fn judge(binary: &Path, folder: &Path, trouble: &mut Vec<String>) -> Result<Report> {
    let mut paths = fs::read_dir(folder.join("histories"))?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<PathBuf>>>()?;
    // Besides the histories there is a list of the rooms that were made.
    paths.retain(|path| path.extension().is_some_and(|end| end == "jsonl"));
    paths.sort();
    let names: Vec<_> = paths.iter().filter_map(|path| path.strip_prefix(folder).ok()).collect();
    match verify(binary, folder, &["--data", "data", "--settled"], &names) {
        Err(why) => {
            trouble.push(format!("{why:#}"));
            verify(binary, folder, &[], &names)
        }
        judged => judged,
    }
}

/// The checker, as users have it.
fn verify(binary: &Path, folder: &Path, flags: &[&str], files: &[&Path]) -> Result<Report> {
    let mut command = Command::new(binary);
    command.args(["verify", "--json"]).args(flags).args(files).current_dir(folder);
    let printed = command.output().context("cannot run verify")?;
    let told = || String::from_utf8_lossy(&printed.stderr).into_owned();
    serde_json::from_slice(&printed.stdout).with_context(|| format!("verify says: {}", told()))
}
