//! The certainty that no process outlives this one.
//!
//! A *guardian* is a small shell that waits for the end of its input. Whatever ends this process — a
//! return, an error, Ctrl-C, SIGKILL — closes that input, and the guardian kills what is left,
//! stopped processes too.

use std::cell::RefCell;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::rc::Rc;

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

    /// `+`: it lives; `-`: it has ended.
    pub(crate) fn tell(&self, op: char, pid: u32) -> Result<()> {
        let mut input = self.input.borrow_mut();
        let input = input.as_mut().context("the guardian is gone")?;
        writeln!(input, "{op} {pid}").context("the guardian is gone")
    }

    /// Ends its input, as the end of this process does.
    pub(crate) fn let_go(&self) {
        drop(self.input.borrow_mut().take());
    }
}

impl Drop for Guardian {
    fn drop(&mut self) {
        self.let_go();
        // It ends by itself; there is nobody to tell if it does not.
        let _ended = self.child.wait();
    }
}
