//! Where a bench works: a folder in the target folder, so that its disk is that of the project; one
//! bench at a time, because two would measure each other.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;

use anyhow::{Context, Result, bail};

use crate::guardian::Guardian;

/// The folder, what is measured in it, and who sees to it that all ends.
#[derive(Debug)]
pub(super) struct Workshop {
    pub(super) binary: PathBuf,
    pub(super) guardian: Rc<Guardian>,
    /// Whether servers get an NLP service.
    pub(super) has_nlp: bool,
    results: PathBuf,
    folder: PathBuf,
    /// Held as long as the bench runs.
    _lock: File,
}

impl Workshop {
    /// Beside the binary's folder: `target/bench`.
    pub(super) fn open(binary: PathBuf) -> Result<Self> {
        let target = binary.ancestors().nth(2).context("the binary lies in no target folder")?;
        let results = target.join("bench");
        fs::create_dir_all(&results).with_context(|| results.display().to_string())?;
        let lock = File::create(results.join("LOCK"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => bail!(
                "another bench runs in {}: wait for it, two would measure each other",
                results.display()
            ),
            Err(TryLockError::Error(why)) => return Err(why.into()),
        }
        let folder = results.join("work");
        let guardian = Guardian::start()?;
        Ok(Self { binary, guardian, has_nlp: false, results, folder, _lock: lock })
    }

    /// Where reports go.
    pub(super) fn results(&self) -> &Path {
        &self.results
    }

    /// Where data and logs go.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The data directory of a server.
    pub(super) fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Runs the binary to its end, and gives what it printed.
    pub(super) fn ask(&self, arguments: &str) -> Result<String> {
        let said = Command::new(&self.binary).args(arguments.split_whitespace()).output()?;
        if !said.status.success() {
            bail!("hubbub {arguments}: {}", String::from_utf8_lossy(&said.stderr));
        }
        Ok(String::from_utf8(said.stdout)?)
    }

    /// Empties the folder: also of what a bench left that was killed.
    pub(super) fn clear(&self) -> Result<()> {
        if self.folder.exists() {
            fs::remove_dir_all(&self.folder).with_context(|| self.folder.display().to_string())?;
        }
        fs::create_dir_all(&self.folder).with_context(|| self.folder.display().to_string())
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        // Where this fails, the next bench does it.
        let _removed = fs::remove_dir_all(&self.folder);
    }
}
