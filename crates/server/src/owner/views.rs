//! Opening the views. They hold nothing of their own: one that is damaged, or was written by another
//! version, is dropped and made anew, and the journal fills it.

use std::path::Path;

use history::{History, HistoryError};
use model::bounds::PARTITIONS;
use model::{BatchNo, RecordNo};
use tables::{Tables, TablesError};

use crate::config::Config;
use crate::data_dir::DataDir;
use crate::error::ServeError;

/// Of nice(2): against a thread that has 0, one that has 10 gets a tenth of a contended processor.
const NICENESS: i32 = 10;

/// What the views have seen of the journal: recovery compares it with what is there.
pub(crate) struct Known {
    pub(crate) batch: BatchNo,
    pub(crate) records: Box<[RecordNo; PARTITIONS as usize]>,
}

/// Both views, and what they know.
pub(crate) fn open(config: &Config, dir: &DataDir) -> Result<(History, Tables, Known), ServeError> {
    let (history, tables) = both(|| open_history(config, dir), || open_tables(dir));
    let (history, tables) = (history?, tables?);
    #[cfg(feature = "mutants")]
    let tables = tables.with_mutant(config.crash.mutant);
    let mut known = history.cursor()?;
    let counted = tables.cursor();
    known.batch = known.batch.max(counted.batch);
    for (highest, seen) in known.records.iter_mut().zip(counted.records.iter()) {
        *highest = (*highest).max(*seen);
    }
    Ok((history, tables, Known { batch: known.batch, records: known.records }))
}

/// Does both at once: a start waits for the slower one, not for one after the other.
pub(crate) fn both<A: Send, B>(
    one: impl FnOnce() -> A + Send,
    other: impl FnOnce() -> B,
) -> (A, B) {
    std::thread::scope(|scope| {
        let one = scope.spawn(one);
        let other = other();
        let one = one.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        (one, other)
    })
}

/// From here on this thread, and every thread that it starts, yields to those who answer people: a
/// view that compacts its store may take what they leave of the processors.
pub(crate) fn yield_to_others() {
    // Where the system does not let us, views only take more of a saturated machine.
    rustix::process::setpriority_process(None, NICENESS).ok();
}

fn open_history(config: &Config, dir: &DataDir) -> Result<History, ServeError> {
    let path = dir.history();
    let options = history::Options { cache_bytes: config.history_cache_bytes };
    yield_to_others();
    match History::open(&path, options) {
        Err(why @ (HistoryError::Damaged { .. } | HistoryError::Version { .. })) => {
            drop_view(&path, &why)?;
            Ok(History::open(&path, options)?)
        }
        opened => Ok(opened?),
    }
}

fn open_tables(dir: &DataDir) -> Result<Tables, ServeError> {
    let file = dir.tables();
    let folder = file.parent().unwrap_or(&file);
    std::fs::create_dir_all(folder).map_err(|why| cannot(folder, "made", &why))?;
    match Tables::open(&file) {
        Err(why @ (TablesError::Damaged { .. } | TablesError::Version { .. })) => {
            drop_view(folder, &why)?;
            std::fs::create_dir_all(folder).map_err(|why| cannot(folder, "made", &why))?;
            Ok(Tables::open(&file)?)
        }
        opened => Ok(opened?),
    }
}

fn drop_view(path: &Path, why: &dyn std::error::Error) -> Result<(), ServeError> {
    tracing::warn!(%why, "view {} is dropped and made anew from the journal", path.display());
    std::fs::remove_dir_all(path).map_err(|why| cannot(path, "removed", &why))
}

fn cannot(path: &Path, what: &str, why: &std::io::Error) -> ServeError {
    ServeError::DataDir { path: path.to_owned(), what: format!("cannot be {what} ({why})") }
}
