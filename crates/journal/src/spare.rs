//! The next segment, made before it is needed: writing 64 MiB of zeros takes longer than anyone who
//! waits for an acknowledgement should wait.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::disk::{Disk, DiskFile};
use crate::segment::file_name;

struct Slot {
    number: u64,
    file: Option<Arc<dyn DiskFile>>,
}

pub(crate) struct Spare {
    disk: Arc<dyn Disk>,
    segment_bytes: u64,
    slot: Mutex<Slot>,
    ready: AtomicBool,
}

impl Spare {
    /// `file` is the spare that was found, if there was one; `number` is what it is or will be.
    pub(crate) fn new(
        disk: Arc<dyn Disk>,
        segment_bytes: u64,
        number: u64,
        file: Option<Arc<dyn DiskFile>>,
    ) -> Self {
        let ready = AtomicBool::new(file.is_some());
        Self { disk, segment_bytes, slot: Mutex::new(Slot { number, file }), ready }
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Acquire)
    }

    /// Makes it, if it is not there. Others wait meanwhile.
    pub(crate) fn prepare(&self) -> io::Result<()> {
        self.fill(&mut self.lock()).map(|_| ())
    }

    /// Takes it, or makes it first; the one after it is wanted next.
    pub(crate) fn take(&self) -> io::Result<(u64, Arc<dyn DiskFile>)> {
        let mut slot = self.lock();
        let file = self.fill(&mut slot)?;
        let number = slot.number;
        slot.file = None;
        slot.number += 1;
        self.ready.store(false, Ordering::Release);
        Ok((number, file))
    }

    fn fill(&self, slot: &mut Slot) -> io::Result<Arc<dyn DiskFile>> {
        if let Some(file) = &slot.file {
            return Ok(Arc::clone(file));
        }
        let file = self.disk.create(&file_name(slot.number), self.segment_bytes)?;
        slot.file = Some(Arc::clone(&file));
        self.ready.store(true, Ordering::Release);
        Ok(file)
    }

    fn lock(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes the next segment, from another thread than the one that appends. Without it the append
/// that needs a new segment makes it, and takes that much longer.
#[derive(Clone)]
pub struct Preparer {
    spare: Arc<Spare>,
}

impl Preparer {
    pub(crate) fn new(spare: Arc<Spare>) -> Self {
        Self { spare }
    }

    /// True while there is no spare segment. Never waits.
    pub fn wanted(&self) -> bool {
        !self.spare.is_ready()
    }

    /// Makes it, if it is not there; an append that needs it meanwhile waits for it.
    ///
    /// # Errors
    /// `StorageFull` or `QuotaExceeded`: try again later. Nothing is left behind, nothing is
    /// poisoned; the same for any other error, but then the append that needs it will fail too.
    pub fn prepare(&self) -> io::Result<()> {
        self.spare.prepare()
    }
}

impl std::fmt::Debug for Preparer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Preparer").field("wanted", &self.wanted()).finish()
    }
}
