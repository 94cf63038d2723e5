//! A demo server in a process of its own. It ends with whoever started it.

use std::io::{BufRead as _, BufReader};
use std::process::{self, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process, set_parent_process_death_signal};

use super::Ceiling;
use crate::measure::refusal::Refusal;

/// What a server says once it serves, before its URL.
pub(super) const READY: &str = "ready: ";

/// A running one.
pub(crate) struct Child {
    process: process::Child,
    pub(crate) url: String,
}

impl Child {
    /// Starts this program as a demo server, and waits until it serves.
    pub(crate) fn begin(ceiling: Ceiling) -> Result<Self, Refusal> {
        let wrong = |why: String| Refusal::io(format!("the demo server does not begin: {why}"));
        let program = std::env::current_exe().map_err(|why| wrong(why.to_string()))?;
        let name = ceiling.to_string();
        let mut process = Command::new(program)
            .args(["load", "demo", &name, "--serve", "--leashed"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|why| wrong(why.to_string()))?;
        let mut line = String::new();
        if let Some(output) = process.stdout.take() {
            BufReader::new(output).read_line(&mut line).map_err(|why| wrong(why.to_string()))?;
        }
        let url = line.trim().rsplit_once(READY).map(|(_, url)| url.to_owned());
        let mut child = Self { process, url: String::new() };
        child.url = url.ok_or_else(|| wrong(format!("it says {line:?}")))?;
        Ok(child)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }
}

/// Ends this process with the thread that started it, however that ends.
pub(super) fn leash() -> Result<(), Refusal> {
    let leashed = set_parent_process_death_signal(Some(Signal::KILL));
    leashed
        .map_err(|why| Refusal::io(format!("the demo server cannot be tied to its parent: {why}")))
}

/// Sends a signal to a process that this one started.
pub(crate) fn send(pid: u32, signal: Signal) -> Result<(), Refusal> {
    let raw = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let pid = raw.ok_or_else(|| Refusal::io(format!("{pid} is no process")))?;
    kill_process(pid, signal).map_err(|why| Refusal::io(format!("signal to {pid:?}: {why}")))
}

impl Drop for Child {
    fn drop(&mut self) {
        // If it is gone already, so much the better.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
