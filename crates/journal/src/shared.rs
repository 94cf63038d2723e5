//! What the writing thread tells the reading ones: which segments there are, and up to where they
//! are durable.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use model::{BatchNo, Wall};

use crate::disk::DiskFile;
use crate::read::Follower;

/// A segment that readers may read up to `end`.
#[derive(Clone)]
pub(crate) struct Segment {
    pub(crate) number: u64,
    pub(crate) name: String,
    pub(crate) file: Arc<dyn DiskFile>,
    /// `None` if nothing of it can be read.
    pub(crate) salt: Option<u64>,
    /// No batch below this one stands in it.
    pub(crate) first_batch: BatchNo,
    /// The stamp of the last batch before it.
    pub(crate) stamp_before: Wall,
    /// Where its last durable batch ends.
    pub(crate) end: u64,
    /// Size of its file.
    pub(crate) bytes: u64,
    /// It is known that it ended there; else `end` is what could be found.
    pub(crate) end_known: bool,
    /// As of which batch it was thinned.
    pub(crate) thinned_as_of: Option<BatchNo>,
    /// How often its file was exchanged since the journal was opened.
    pub(crate) edition: u64,
}

/// Counters of one life of a journal, for metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// Batches appended.
    pub batches: u64,
    /// Records appended.
    pub records: u64,
    /// Bytes appended, headers and padding included.
    pub bytes: u64,
    /// Syncs done: one a batch, one a new segment, one when opening.
    pub syncs: u64,
    /// How long the last sync of a batch took, nanoseconds.
    pub last_sync_nanos: u64,
    /// How long all syncs of batches took, nanoseconds.
    pub total_sync_nanos: u64,
    /// Appends refused because the disk was full.
    pub refused_full: u64,
    /// Segments there are now, a spare not counted.
    pub segments: u64,
    /// Size of their files, a spare not counted.
    pub disk_bytes: u64,
}

/// Which segments at the front are kept on purpose no more, as headers say that are durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kept {
    /// The oldest that is kept, as the next header will say.
    pub(crate) wanted: u64,
    /// As the last header says.
    pub(crate) said: u64,
    /// As two headers say: one of them may rot.
    pub(crate) said_twice: u64,
}

impl Kept {
    /// As the headers say that are there.
    pub(crate) fn read(headers: impl Iterator<Item = u64>) -> Self {
        let mut said: Vec<u64> = headers.collect();
        said.sort_unstable_by(|a, b| b.cmp(a));
        let oldest = said.first().copied().unwrap_or(1);
        Self { wanted: oldest, said: oldest, said_twice: said.get(1).copied().unwrap_or(1) }
    }

    /// Another header is durable, which says what was wanted when it was made.
    pub(crate) fn say(&mut self, oldest_kept: u64) {
        self.said_twice = self.said;
        self.said = oldest_kept;
    }
}

pub(crate) struct State {
    pub(crate) segments: Vec<Segment>,
    pub(crate) kept: Kept,
    pub(crate) durable: BatchNo,
    pub(crate) poisoned: bool,
    pub(crate) stats: Stats,
}

pub(crate) struct Shared {
    state: Mutex<State>,
    moved: Condvar,
}

impl Shared {
    pub(crate) fn new(segments: Vec<Segment>, kept: Kept, durable: BatchNo) -> Self {
        let stats = Stats::default();
        let state = State { segments, kept, durable, poisoned: false, stats };
        Self { state: Mutex::new(state), moved: Condvar::new() }
    }

    /// Nothing that holds the lock can panic half-way through a change, so a poisoned lock is fine.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last segment is durable up to `end`, which is where this batch ends.
    pub(crate) fn publish(&self, durable: BatchNo, end: u64, count: impl FnOnce(&mut Stats)) {
        let mut state = self.lock();
        if let Some(last) = state.segments.last_mut() {
            last.end = end;
        }
        state.durable = durable;
        count(&mut state.stats);
        drop(state);
        self.moved.notify_all();
    }

    /// This segment is another file from now on; who reads the old one may go on in it.
    pub(crate) fn exchange(
        &self,
        number: u64,
        file: Arc<dyn DiskFile>,
        bytes: u64,
        as_of: BatchNo,
    ) {
        let mut state = self.lock();
        let found = state.segments.iter_mut().find(|segment| segment.number == number);
        if let Some(segment) = found {
            segment.file = file;
            (segment.end, segment.bytes) = (bytes, bytes);
            segment.thinned_as_of = Some(as_of);
            segment.edition += 1;
        }
    }

    pub(crate) fn poison(&self) {
        self.lock().poisoned = true;
        self.moved.notify_all();
    }
}

/// Reads the journal while it is written. Cheap to clone; may be used from other threads.
#[derive(Clone)]
pub struct Reader {
    shared: Arc<Shared>,
}

impl Reader {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// The last durable batch; 0 = none yet.
    pub fn durable(&self) -> BatchNo {
        self.shared.lock().durable
    }

    /// Waits until a batch above this one is durable, but not longer than `at_most`, nor for a
    /// poisoned journal. The last durable batch.
    pub fn wait_durable(&self, above: BatchNo, at_most: Duration) -> BatchNo {
        let start = Instant::now();
        let mut state = self.shared.lock();
        loop {
            let left = at_most.saturating_sub(start.elapsed());
            if state.durable > above || state.poisoned || left.is_zero() {
                return state.durable;
            }
            let woken = self.shared.moved.wait_timeout(state, left);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// True once a write or sync has failed: nothing more will become durable.
    pub fn is_poisoned(&self) -> bool {
        self.shared.lock().poisoned
    }

    /// Everything after this batch, from now on.
    pub fn follow(&self, after: BatchNo) -> Follower {
        Follower::new(Arc::clone(&self.shared), after)
    }

    /// Counters, and what the segments take on the disk.
    pub fn stats(&self) -> Stats {
        let state = self.shared.lock();
        Stats {
            segments: state.segments.len() as u64,
            disk_bytes: state.segments.iter().map(|segment| segment.bytes).sum(),
            ..state.stats
        }
    }
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("durable", &self.durable()).finish_non_exhaustive()
    }
}
