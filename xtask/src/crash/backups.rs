//! Backups that are taken while the servers are tormented, all into one folder, some killed. In the end
//! the folder must be the journal byte for byte, and a data directory can be made of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;

use super::process::Process;
use crate::guardian::Guardian;

/// One fault of so many comes while a backup is taken.
const EVERY: u64 = 2;
/// One backup of so many is killed.
const KILLED: u64 = 3;
/// When it is killed: some copy by then, some have not begun.
const KILLED_AFTER: Duration = Duration::from_millis(7);
/// How long a backup or a restore may take.
const DONE_WITHIN: Duration = Duration::from_secs(60);

/// Those of one run.
#[derive(Debug)]
pub(crate) struct Backups {
    guardian: Rc<Guardian>,
    binary: PathBuf,
    folder: PathBuf,
    faults: u64,
    begun: u64,
    running: Option<Process>,
}

impl Backups {
    pub(crate) fn new(guardian: &Rc<Guardian>, binary: &Path, folder: &Path) -> Self {
        let (binary, folder) = (binary.to_owned(), folder.to_owned());
        Self { guardian: Rc::clone(guardian), binary, folder, faults: 0, begun: 0, running: None }
    }

    /// A fault comes now: perhaps a backup is under way when it does. What went wrong with the one
    /// before.
    pub(crate) fn before_a_fault(&mut self) -> Result<Option<String>> {
        self.faults += 1;
        if !self.faults.is_multiple_of(EVERY) {
            return Ok(None);
        }
        let trouble = self.end()?;
        let mut backup = self.start("backup", "backup --data data --to kept")?;
        self.begun += 1;
        if self.begun.is_multiple_of(KILLED) {
            std::thread::sleep(KILLED_AFTER);
            backup.kill()?;
        } else {
            self.running = Some(backup);
        }
        Ok(trouble)
    }

    /// The servers have stopped: a last backup, and is it the journal? What is wrong.
    pub(crate) fn judge(&mut self) -> Result<Vec<String>> {
        let mut trouble: Vec<String> = self.end()?.into_iter().collect();
        for (name, line) in [
            ("backup", "backup --data data --to kept"),
            ("restore", "restore --from kept --data restored"),
        ] {
            self.running = Some(self.start(name, line)?);
            trouble.extend(self.end()?);
        }
        if trouble.is_empty() {
            trouble = compare(&self.folder.join("kept"), &self.folder.join("data"))?;
        }
        Ok(trouble)
    }

    fn start(&self, name: &str, line: &str) -> Result<Process> {
        let arguments: Vec<String> = line.split(' ').map(str::to_owned).collect();
        Process::start(&self.guardian, name, &self.binary, &arguments, &self.folder)
    }

    /// Waits for the one that runs; what went wrong with it.
    fn end(&mut self) -> Result<Option<String>> {
        let Some(mut running) = self.running.take() else { return Ok(None) };
        let name = running.name().to_owned();
        Ok(match running.wait(DONE_WITHIN)? {
            Some(status) if status.success() => None,
            Some(status) => Some(format!("a {name} ended with {status}: see {name}.log")),
            None => Some(format!("a {name} was not through after {} s", DONE_WITHIN.as_secs())),
        })
    }
}

/// Each file as its manifest says, and nothing but zeros behind the last one.
fn compare(kept: &Path, data: &Path) -> Result<Vec<String>> {
    let manifest: Value = serde_json::from_slice(&fs::read(kept.join("manifest.json"))?)?;
    let files = manifest["files"].as_array().context("a manifest has files")?;
    let mut trouble = Vec::new();
    for (index, file) in files.iter().enumerate() {
        let name = file["name"].as_str().context("a file has a name")?;
        let bytes = usize::try_from(file["bytes"].as_u64().context("a file has a length")?)?;
        let (copy, journal) = (fs::read(kept.join(name))?, fs::read(data.join(source(name)))?);
        let same = copy.get(..bytes).is_some_and(|copy| journal.get(..bytes) == Some(copy));
        if !same {
            trouble.push(format!("the backup of {name} is not what stands there"));
        } else if index + 1 == files.len() && journal[bytes..].iter().any(|&byte| byte != 0) {
            trouble.push(format!("the last backup lacks what follows byte {bytes} of {name}"));
        }
    }
    Ok(trouble)
}

/// The name in the data directory of what a backup keeps under this one: that of a thinned segment tells
/// the thinning, too.
fn source(name: &str) -> String {
    match name.split('.').collect::<Vec<_>>()[..] {
        [segment, _, suffix] => format!("{segment}.{suffix}"),
        _ => name.to_owned(),
    }
}

#[test]
fn a_backup_that_differs_or_lacks_something_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let (kept, data) = (folder.path().join("kept"), folder.path().join("data"));
    for dir in [&kept, &data] {
        fs::create_dir(dir).unwrap();
    }
    let manifest = r#"{"files":[{"name":"1.0a0b0c0d.seg","bytes":2},{"name":"2.seg","bytes":3}]}"#;
    fs::write(kept.join("manifest.json"), manifest).unwrap();
    fs::write(kept.join("1.0a0b0c0d.seg"), "ab").unwrap();
    fs::write(data.join("1.seg"), "ab").unwrap();
    fs::write(kept.join("2.seg"), "abcd").unwrap();
    for (there, found) in [("abc\0\0", 0), ("abd\0\0", 1), ("abc\0x", 1), ("ab", 1)] {
        fs::write(data.join("2.seg"), there).unwrap();
        assert_eq!(compare(&kept, &data).unwrap().len(), found, "{there:?}");
    }
}
