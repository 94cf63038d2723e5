//! Processes of a bench, and the certainty that none outlives it.
//!
//! All stay in the session of this one: between sessions Linux shares the CPU first
//! (`sched_autogroup`), and on a machine that is nearly full a server of 13 threads would get no
//! more than its load generator. But each leads a process group, so that Ctrl-C is for this process
//! alone. And each is known to a *guardian*, a small shell that waits for the end of its input. Whatever
//! ends this process — a return, an error, Ctrl-C, SIGKILL — closes that input, and the guardian
//! kills what is left.

use std::cell::RefCell;
use std::fs::File;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// Remembers who lives (`+ pid`, `- pid`), and kills who is left when its input ends. Deaf to
/// Ctrl-C: it has something to do afterwards.
const GUARDIAN: &str = r#"
trap '' INT
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
const LOOK: Duration = Duration::from_millis(5);

/// Sees to it that no process outlives this one.
#[derive(Debug)]
pub(super) struct Guardian {
    child: Child,
    input: RefCell<Option<ChildStdin>>,
}

impl Guardian {
    pub(super) fn start() -> Result<Rc<Self>> {
        let mut child = Command::new("sh")
            .args(["-c", GUARDIAN])
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
