//! Whether the process can do its work, and if not, why: what `/readyz` says.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use link::{NotReady, Reason};
use serde::Serialize;

use crate::stage::Stage;

/// A hub that keeps so much of what it may until history has it is about to refuse sends.
const TAIL_FULL_PERCENT: usize = 90;

/// What `/readyz` says.
#[derive(Debug, Serialize)]
pub(crate) struct Readiness {
    pub(crate) ready: bool,
    /// Why not.
    pub(crate) reasons: Vec<NotReady>,
    /// What is wrong, but stops nothing.
    pub(crate) warnings: Vec<String>,
    /// Of the replay, while it is the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) progress: Option<Replayed>,
}

/// How far the views have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Replayed {
    /// Batches of the journal that they have taken.
    pub(crate) done: u64,
    /// Batches that they are to take.
    pub(crate) of: u64,
}

/// Where the views count what they replay.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    done: AtomicU64,
    of: AtomicU64,
}

/// What of an owner decides whether it is ready.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct OwnerHealth {
    pub(crate) poisoned: bool,
    /// The journal takes no sends.
    pub(crate) disk_full: bool,
    /// Because the disk is down to its reserve.
    pub(crate) disk_short: bool,
    /// What the fullest hub keeps until history has it.
    pub(crate) tail_bytes: usize,
    /// What it may keep.
    pub(crate) tail_max_bytes: usize,
}

impl Progress {
    /// So many batches are to be replayed.
    pub(crate) fn expect(&self, batches: u64) {
        self.of.fetch_add(batches, Relaxed);
    }

    /// So many were.
    pub(crate) fn advance(&self, batches: u64) {
        self.done.fetch_add(batches, Relaxed);
    }

    fn now(&self) -> Replayed {
        Replayed { done: self.done.load(Relaxed), of: self.of.load(Relaxed) }
    }
}

impl Readiness {
    /// Of a process that is there as a whole.
    pub(crate) fn of(reasons: Vec<NotReady>, warnings: Vec<String>) -> Self {
        Self { ready: reasons.is_empty(), reasons, warnings, progress: None }
    }

    /// Of one that starts.
    pub(crate) fn starting(progress: &Progress) -> Self {
        let now = progress.now();
        let (why, progress) = if now.done < now.of {
            let Replayed { done, of } = now;
            let detail = format!("the views replay the journal: {done} of {of} batches");
            (NotReady::new(Reason::Replaying, detail), Some(now))
        } else {
            (NotReady::new(Reason::Starting, "files are being opened: wait"), None)
        };
        Self { ready: false, reasons: vec![why], warnings: Vec::new(), progress }
    }
}

/// Why this process begins nothing new.
pub(crate) fn stage(stage: Stage) -> Option<NotReady> {
    let detail = "the process was asked to stop, or must: clients are told to go";
    stage.is_ending().then(|| NotReady::new(Reason::Draining, detail))
}

/// Why sends would not work now.
pub(crate) fn owner(now: &OwnerHealth) -> Vec<NotReady> {
    let mut why = Vec::new();
    if now.poisoned {
        let detail = "a write or sync of the journal failed";
        why.push(NotReady::new(Reason::Poisoned, detail));
    }
    if now.disk_full {
        let detail = if now.disk_short {
            "the disk is down to its reserve (disk_reserve_bytes): sends are refused, reads go on"
        } else {
            "no room for the next segment of the journal: sends are refused, reads go on"
        };
        why.push(NotReady::new(Reason::DiskFull, detail));
    }
    let OwnerHealth { tail_bytes, tail_max_bytes, .. } = *now;
    if tail_bytes.saturating_mul(100) >= tail_max_bytes.saturating_mul(TAIL_FULL_PERCENT) {
        let detail = format!(
            "history is late: {tail_bytes} bytes of messages wait for it, of at most {tail_max_bytes}"
        );
        why.push(NotReady::new(Reason::ViewBehind, detail));
    }
    why
}

#[cfg(test)]
mod tests;
