//! The processes of a run. Each is a group of its own, so that Ctrl-C reaches only this one; and
//! each is known to a guardian.

use std::fs::OpenOptions;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::guardian::Guardian;

/// How often a wait looks.
const LOOK: Duration = Duration::from_millis(20);

/// A process of the run. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Process {
    name: String,
    child: Child,
    log: PathBuf,
    guardian: Rc<Guardian>,
    ended: Option<ExitStatus>,
}

impl Process {
    /// Starts a program in `folder`; what it prints goes to the end of `NAME.log` there.
    pub(crate) fn start(
        guardian: &Rc<Guardian>,
        name: &str,
        program: &Path,
        arguments: &[String],
        folder: &Path,
    ) -> Result<Self> {
        let path = folder.join(format!("{name}.log"));
        let log = OpenOptions::new().create(true).append(true).open(&path)?;
        let child = Command::new(program)
            .args(arguments)
            .current_dir(folder)
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let name = name.to_owned();
        let process = Self { name, child, log: path, guardian: Rc::clone(guardian), ended: None };
        guardian.tell('+', process.child.id())?;
        Ok(process)
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The last line that it printed: its reason, where it failed.
    pub(crate) fn last_words(&self) -> String {
        let said = std::fs::read_to_string(&self.log).unwrap_or_default();
        said.lines().next_back().unwrap_or("it printed nothing").to_owned()
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        if self.ended.is_none()
            && let Some(status) = self.child.try_wait()?
        {
            self.guardian.tell('-', self.child.id())?;
            self.ended = Some(status);
        }
        Ok(self.ended)
    }

    /// Waits for its end, at most so long.
    pub(crate) fn wait(&mut self, at_most: Duration) -> Result<Option<ExitStatus>> {
        let until = Instant::now() + at_most;
        loop {
            match self.ended()? {
                None if Instant::now() < until => std::thread::sleep(LOOK),
                ended => return Ok(ended),
            }
        }
    }

    /// SIGKILL, and its end.
    pub(crate) fn kill(&mut self) -> Result<()> {
        if self.ended()?.is_none() {
            self.child.kill()?;
            self.ended = Some(self.child.wait()?);
            self.guardian.tell('-', self.child.id())?;
        }
        Ok(())
    }

    /// Sends a signal: `STOP`, `CONT`, `TERM`.
    pub(crate) fn signal(&mut self, signal: &str) -> Result<()> {
        if self.ended()?.is_none() {
            let pid = self.child.id().to_string();
            Command::new("kill").args(["-s", signal, &pid]).status().context("cannot run kill")?;
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
