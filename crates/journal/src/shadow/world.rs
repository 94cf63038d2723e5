//! Dice and faults of a shadow disk.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rand_core::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// What shall go wrong, and when. Nothing by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Faults {
    /// Bytes of all files; a new file beyond it is refused with `StorageFull`.
    pub capacity_bytes: Option<u64>,
    /// The n-th sync from now on, from 1, fails: some of its sectors reached the disk. One of the names
    /// counts too.
    pub fail_sync: Option<u64>,
    /// At the n-th step from now on, from 1, everything stops: this and every later call fails.
    /// A step is a write, a sector that reaches the disk, the beginning or end of a sync, of a
    /// creation, of a removal, a renaming, the beginning or end of a sync of the names.
    pub stop_at_step: Option<u64>,
    /// At the n-th step the process aborts.
    pub abort_at_step: Option<u64>,
    /// Of a thousand syncs, so many end in an abort of the process, between two sectors.
    pub abort_in_sync_per_mille: u32,
    /// How long a sync takes, at least: between its first and its second half.
    pub sync_latency: Duration,
}

struct Inner {
    dice: Pcg64Mcg,
    faults: Faults,
    steps: u64,
    syncs: u64,
    stopped: bool,
}

pub(super) struct World(Mutex<Inner>);

/// How a sync shall go.
pub(super) struct SyncPlan {
    pub(super) fails: bool,
    pub(super) abort_before: Option<u64>,
    pub(super) latency: Duration,
}

impl World {
    pub(super) fn new(seed: u64) -> Self {
        let dice = Pcg64Mcg::seed_from_u64(seed);
        let faults = Faults::default();
        Self(Mutex::new(Inner { dice, faults, steps: 0, syncs: 0, stopped: false }))
    }

    pub(super) fn set_faults(&self, faults: Faults) {
        let mut inner = self.lock();
        inner.faults = faults;
        (inner.steps, inner.syncs) = (0, 0);
    }

    pub(super) fn steps(&self) -> u64 {
        self.lock().steps
    }

    pub(super) fn alive(&self) -> io::Result<()> {
        if self.lock().stopped { Err(stopped()) } else { Ok(()) }
    }

    /// Something is about to happen on the disk, or everything stops before it.
    pub(super) fn step(&self) -> io::Result<()> {
        let mut inner = self.lock();
        if inner.stopped {
            return Err(stopped());
        }
        inner.steps += 1;
        if inner.faults.abort_at_step == Some(inner.steps) {
            std::process::abort();
        }
        if inner.faults.stop_at_step == Some(inner.steps) {
            inner.stopped = true;
            return Err(stopped());
        }
        Ok(())
    }

    pub(super) fn room_for(&self, bytes: u64) -> io::Result<()> {
        match self.lock().faults.capacity_bytes {
            Some(capacity) if bytes > capacity => {
                let why = format!("{bytes} bytes on a disk of {capacity}");
                Err(io::Error::new(io::ErrorKind::StorageFull, why))
            }
            Some(_) | None => Ok(()),
        }
    }

    pub(super) fn plan_sync(&self, sectors: usize) -> SyncPlan {
        let mut inner = self.lock();
        inner.syncs += 1;
        let fails = inner.faults.fail_sync == Some(inner.syncs);
        let per_mille = u64::from(inner.faults.abort_in_sync_per_mille);
        let aborts = per_mille > 0 && inner.dice.next_u64() % 1000 < per_mille;
        let abort_before = aborts.then(|| inner.dice.next_u64() % (sectors as u64 + 1));
        SyncPlan { fails, abort_before, latency: inner.faults.sync_latency }
    }

    /// True this often of 100 times.
    pub(super) fn chance(&self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub(super) fn below(&self, bound: u64) -> u64 {
        self.lock().dice.next_u64() % bound
    }

    /// Fisher and Yates.
    pub(super) fn shuffle<T>(&self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let bound = last as u64 + 1;
            items.swap(last, usize::try_from(self.below(bound)).unwrap_or(last));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn stopped() -> io::Error {
    io::Error::other("the power is off")
}
