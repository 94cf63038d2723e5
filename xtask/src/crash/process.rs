//! The processes of a run, and the certainty that none outlives it.
//!
//! Each is a group of its own, so that Ctrl-C reaches only this one; and each is known to a
//! *guardian*, a small shell that waits for the end of its input. Whatever ends this process — a
//! return, an error, Ctrl-C, SIGKILL — closes that input, and the guardian kills what is left,
//! stopped processes too.

use std::cell::RefCell;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// Remembers who lives (`+ pid`, `- pid`), and kills who is left when its input ends.
const GUARDIAN: &str = r#"
pids=" "
while read -r op pid; do
  case $op in
    +) pids="$pids$pid " ;;
    -) pids="${pids%% $pid *} ${pids#* $pid }" ;;
  esac
done
for pid in $pids; do kill -KILL "$pid" 2>/dev/null; done
"#;

/// How often a wait looks.
const LOOK: Duration = Duration::from_millis(20);

/// Sees to it that no process outlives this one.
#[derive(Debug)]
pub(crate) struct Guardian {
    child: Child,
    input: RefCell<Option<ChildStdin>>,
}

impl Guardian {
    pub(crate) fn start() -> Result<Rc<Self>> {
        let mut child = Command::new("sh")
            .args(["-c", GUARDIAN])
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start sh")?;
        let input = RefCell::new(child.stdin.take());
        Ok(Rc::new(Self { child, input }))
    }

    fn tell(&self, op: char, pid: u32) -> Result<()> {
        let mut input = self.input.borrow_mut();
        let input = input.as_mut().context("the guardian is gone")?;
        writeln!(input, "{op} {pid}").context("the guardian is gone")
    }
}

impl Drop for Guardian {
    fn drop(&mut self) {
        drop(self.input.borrow_mut().take());
        // It ends by itself; there is nobody to tell if it does not.
        let _ended = self.child.wait();
    }
}

/// A process of the run. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Process {
    name: String,
    child: Child,
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
        let log = folder.join(format!("{name}.log"));
        let log = OpenOptions::new().create(true).append(true).open(&log)?;
        let child = Command::new(program)
            .args(arguments)
            .current_dir(folder)
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let process =
            Self { name: name.to_owned(), child, guardian: Rc::clone(guardian), ended: None };
        guardian.tell('+', process.child.id())?;
        Ok(process)
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
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
