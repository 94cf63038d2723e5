//! Processes of a bench, each known to a guardian.
//!
//! All stay in the session of this one: between sessions Linux shares the CPU first
//! (`sched_autogroup`), and on a machine that is nearly full a server of 13 threads would get no
//! more than its load generator. But each leads a process group, so that Ctrl-C is for this process
//! alone.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::guardian::Guardian;

/// How often a wait looks.
const LOOK: Duration = Duration::from_millis(5);

/// A process of the bench. Dropping it kills it.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    guardian: Rc<Guardian>,
    has_ended: bool,
}

/// Where what a process prints goes.
#[derive(Debug)]
pub(super) enum Output {
    /// To its log, with its errors.
    Log,
    /// To whoever takes it; errors go to the log.
    Pipe,
}

impl Process {
    /// Starts a program.
    pub(super) fn start(
        guardian: &Rc<Guardian>,
        program: &Path,
        arguments: &[String],
        log: &Path,
        output: &Output,
    ) -> Result<Self> {
        let log = File::options().create(true).append(true).open(log)?;
        let stdout = match output {
            Output::Log => Stdio::from(log.try_clone()?),
            Output::Pipe => Stdio::piped(),
        };
        let child = Command::new(program)
            .args(arguments)
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(stdout)
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let process = Self { child, guardian: Rc::clone(guardian), has_ended: false };
        guardian.tell('+', process.id())?;
        Ok(process)
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it prints, once.
    pub(super) fn output(&mut self) -> Option<ChildStdout> {
        self.child.stdout.take()
    }

    /// How it ended, if it has.
    pub(super) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        let ended = self.child.try_wait()?;
        if ended.is_some() && !self.has_ended {
            self.has_ended = true;
            self.guardian.tell('-', self.id())?;
        }
        Ok(ended)
    }

    /// Waits for its end, at most so long.
    pub(super) fn wait(&mut self, at_most: Duration) -> Result<Option<ExitStatus>> {
        let until = Instant::now() + at_most;
        loop {
            match self.ended()? {
                None if Instant::now() < until => std::thread::sleep(LOOK),
                ended => return Ok(ended),
            }
        }
    }

    /// SIGTERM: asks it to end.
    pub(super) fn terminate(&mut self) -> Result<()> {
        if self.ended()?.is_none() {
            let pid = self.id().to_string();
            Command::new("kill").args(["-s", "TERM", &pid]).status().context("cannot run kill")?;
        }
        Ok(())
    }

    /// SIGKILL, and its end.
    pub(super) fn kill(&mut self) -> Result<()> {
        if self.ended()?.is_none() {
            self.child.kill()?;
            self.child.wait()?;
            self.ended()?;
        }
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Where this fails the guardian does it.
        let _killed = self.kill();
    }
}

#[cfg(test)]
mod tests;
