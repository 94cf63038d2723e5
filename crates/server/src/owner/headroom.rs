//! Room on the disk, before it is needed: the reserve and the next segment.
//!
//! Views need room for what was accepted, so sends are refused while some is left. No room for a
//! segment is no news here: the append that needs it says so to those who must know. That there is
//! room again is news: who is sent nowhere because it is not ready would never find out by an
//! append.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use journal::Preparer;

use super::journal_drive::JournalGauges;

/// How often someone looks.
const EVERY: Duration = Duration::from_millis(50);

/// Who looks after it.
pub(crate) struct Headroom {
    /// On the disk in question.
    pub(crate) dir: PathBuf,
    /// What is to stay free of it.
    pub(crate) reserve_bytes: u64,
    pub(crate) preparer: Preparer,
    pub(crate) gauges: Arc<JournalGauges>,
}

impl Headroom {
    /// Until stopped.
    pub(crate) fn run(&self, stop: &AtomicBool) {
        while !stop.load(Relaxed) {
            let failed = !self.look();
            std::thread::sleep(if failed { EVERY * 20 } else { EVERY });
        }
    }

    /// Whether the disk is down to its reserve; all are told.
    pub(crate) fn is_short(&self) -> bool {
        // A disk that does not tell is not held to be short: the next write will say what it is.
        let short = free_bytes(&self.dir).is_ok_and(|free| free < self.reserve_bytes);
        self.gauges.disk_short.store(short, Relaxed);
        if short {
            self.gauges.disk_full.store(true, Relaxed);
        }
        short
    }

    /// `false`: no room for the next segment.
    fn look(&self) -> bool {
        let was_short = self.gauges.disk_short.load(Relaxed);
        if self.is_short() {
            return true;
        }
        let wanted = self.preparer.wanted();
        let made = !wanted || self.preparer.prepare().is_ok();
        if made && (wanted || was_short) {
            self.gauges.disk_full.store(false, Relaxed);
        }
        made
    }
}

/// Bytes that we may still write to the disk that has `dir`.
pub(crate) fn free_bytes(dir: &Path) -> std::io::Result<u64> {
    let disk = rustix::fs::statvfs(dir)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}
