//! A file of a shadow disk: its base, and the sectors that have not reached it.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::SECTOR_BYTES;
use super::sidecar::{Sector, Sidecar};
use super::world::World;
use crate::disk::DiskFile;
use crate::layout::{narrow, wide};

/// Of 100 sectors that are written, so many reach the disk at once: in no order, before any sync.
const EARLY_PERCENT: u64 = 25;

/// A file keeps its size, also where that ends within a sector.
pub(super) fn write_sector(base: &dyn DiskFile, number: u64, sector: &Sector) -> io::Result<()> {
    let at = number * wide(SECTOR_BYTES);
    let inside = narrow(base.len()?.saturating_sub(at)).min(SECTOR_BYTES);
    base.write_at(at, &sector[..inside])
}

pub(super) struct ShadowFile {
    base: Arc<dyn DiskFile>,
    cache: Mutex<Cache>,
    world: Arc<World>,
}

struct Cache {
    dirty: BTreeMap<u64, Sector>,
    sidecar: Sidecar,
}

impl ShadowFile {
    pub(super) fn new(
        base: Arc<dyn DiskFile>,
        dirty: BTreeMap<u64, Sector>,
        sidecar: Sidecar,
        world: Arc<World>,
    ) -> Self {
        Self { base, cache: Mutex::new(Cache { dirty, sidecar }), world }
    }

    /// A copy of its sidecar, of a disk in memory.
    pub(super) fn sidecar(&self) -> Sidecar {
        self.lock().sidecar.copy()
    }

    /// Its name goes to another file: all that was written reaches the disk, as it may at any time.
    pub(super) fn write_back(&self) -> io::Result<()> {
        let mut cache = self.lock();
        for (number, sector) in std::mem::take(&mut cache.dirty) {
            write_sector(self.base.as_ref(), number, &sector)?;
        }
        cache.sidecar.empty()
    }

    /// It was removed.
    pub(super) fn forget(&self) -> io::Result<()> {
        let mut cache = self.lock();
        cache.dirty.clear();
        cache.sidecar.empty()
    }

    fn lock(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a reader sees: the base, and over it what has not reached it.
    fn read(&self, cache: &Cache, at: u64, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.base.read_at(at, buf)?;
        let size = wide(SECTOR_BYTES);
        let end = at + wide(read);
        for (number, sector) in cache.dirty.range(at / size..end.div_ceil(size)) {
            let start = number * size;
            let (from, to) = (start.max(at), (start + size).min(end));
            let source = &sector[narrow(from - start)..narrow(to - start)];
            buf[narrow(from - at)..narrow(to - at)].copy_from_slice(source);
        }
        Ok(read)
    }

    fn reach_disk(&self, number: u64, sector: &Sector) -> io::Result<()> {
        self.world.step()?;
        write_sector(self.base.as_ref(), number, sector)
    }
}

impl DiskFile for ShadowFile {
    fn len(&self) -> io::Result<u64> {
        self.world.alive()?;
        self.base.len()
    }

    fn read_at(&self, at: u64, buf: &mut [u8]) -> io::Result<usize> {
        self.world.alive()?;
        self.read(&self.lock(), at, buf)
    }

    fn write_at(&self, at: u64, bytes: &[u8]) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        let mut cache = self.lock();
        let size = wide(SECTOR_BYTES);
        let first = at / size;
        let end = (at + wide(bytes.len())).div_ceil(size);
        let mut whole = vec![0; narrow((end - first) * size)];
        self.read(&cache, first * size, &mut whole)?;
        let from = narrow(at - first * size);
        whole[from..from + bytes.len()].copy_from_slice(bytes);
        self.world.step()?;
        cache.sidecar.add_sectors(first, &whole)?;
        let (sectors, _) = whole.as_chunks::<SECTOR_BYTES>();
        let mut order: Vec<(u64, &Sector)> = (first..).zip(sectors).collect();
        cache.dirty.extend(order.iter().map(|(number, sector)| (*number, **sector)));
        self.world.shuffle(&mut order);
        for (number, sector) in order {
            if self.world.chance(EARLY_PERCENT) {
                self.reach_disk(number, sector)?;
                cache.dirty.remove(&number);
            }
        }
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut cache = self.lock();
        self.world.step()?;
        let plan = self.world.plan_sync(cache.dirty.len());
        let before = cache.sidecar.add_sync_begun()?;
        let mut order: Vec<u64> = cache.dirty.keys().copied().collect();
        self.world.shuffle(&mut order);
        let half = order.len() / 2;
        for (done, number) in order.into_iter().enumerate() {
            if plan.abort_before == Some(done as u64) {
                std::process::abort();
            }
            if done == half {
                std::thread::sleep(plan.latency);
                if plan.fails {
                    break;
                }
            }
            if let Some(sector) = cache.dirty.get(&number) {
                self.reach_disk(number, sector)?;
            }
        }
        if plan.abort_before.is_some() {
            std::process::abort();
        }
        if plan.fails {
            cache.sidecar.cut(before)?;
            return Err(io::Error::other("input/output error"));
        }
        self.world.step()?;
        cache.sidecar.empty()?;
        cache.dirty.clear();
        Ok(())
    }
}
