//! A disk that forgets, for crash runs and simulations.
//!
//! Plain `kill -9` keeps the kernel's page cache and so proves nothing about `sync`. Here what was
//! written and not synced is kept apart, sector by sector: in memory, and in a *sidecar* file that
//! outlives the process. Who opens the directory next says which death it was: after
//! [`Death::Process`] the unsynced sectors are still there, and still unsynced; after
//! [`Death::Power`] each of them reached the disk or did not.
//!
//! # Invariants
//!
//! - A name that was given to another file is durable only after the names were synced; until then a
//!   power cut may give it back.
//! - A sector (512 bytes) is whole: it reached the disk, in one of the versions that were written, or not.
//! - Sectors reach the disk in seeded order: some before any sync, the rest during it.
//! - The process may be killed at any instant: a sector is in the sidecar before it is in the base
//!   file, and the sidecar is emptied after all its sectors are.
//! - The same seed and the same calls give the same disk.

mod file;
mod memory;
mod sidecar;
mod world;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use world::Faults;

use crate::disk::{Disk, DiskFile, RealDisk};
use file::ShadowFile;
use memory::MemoryDisk;
use sidecar::Sidecar;
use world::World;

/// Bytes that reach the disk together or not at all.
pub const SECTOR_BYTES: usize = 512;

const SIDECAR_SUFFIX: &str = ".cache";

/// A file whose name was given to another, until that is durable.
const UNDO_SUFFIX: &str = ".undo";

/// Of 100 names that were not synced, so many are as before after a power cut.
const UNDONE_PERCENT: u64 = 50;

/// How the life before ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Death {
    /// The process went; what it had written stays in the page cache, unsynced.
    Process,
    /// The power went: what was not synced reached the disk in part.
    Power,
}

/// What the life before left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ShadowReport {
    /// It died between the beginning and the end of a sync.
    pub died_in_sync: bool,
    /// Sectors that were written and not synced.
    pub unsynced_sectors: usize,
    /// Of those, how many do not have on the disk what was written last; 0 after [`Death::Process`].
    pub lost_sectors: usize,
}

/// A disk with a page cache of its own over another disk.
pub struct ShadowDisk {
    base: Base,
    world: Arc<World>,
    files: Mutex<BTreeMap<String, Arc<ShadowFile>>>,
}

/// Where bytes are once they are durable.
enum Base {
    Directory { disk: RealDisk, dir: PathBuf },
    Memory(MemoryDisk),
}

impl ShadowDisk {
    /// Over the files of a directory, after a death of this kind.
    ///
    /// # Errors
    /// What the file system says.
    pub fn open(dir: &Path, seed: u64, death: Death) -> io::Result<(Self, ShadowReport)> {
        let base = Base::Directory { disk: RealDisk::open(dir)?, dir: dir.to_owned() };
        let mut sidecars = BTreeMap::new();
        for name in base.disk().list()? {
            if let Some(of) = name.strip_suffix(SIDECAR_SUFFIX) {
                sidecars.insert(of.to_owned(), Sidecar::file(&dir.join(&name))?);
            }
        }
        Self::revive(base, sidecars, seed, death)
    }

    /// In memory, empty.
    pub fn memory(seed: u64) -> Self {
        Self {
            base: Base::Memory(MemoryDisk::default()),
            world: Arc::new(World::new(seed)),
            files: Mutex::default(),
        }
    }

    /// The power goes, and comes back: what the disk is then. Only for a disk in memory; this one
    /// is not changed.
    ///
    /// # Errors
    /// The disk is not one in memory.
    pub fn power_cut(&self, seed: u64) -> io::Result<(Self, ShadowReport)> {
        self.after(seed, Death::Power)
    }

    /// The process goes, and another comes: what the disk is then. Only for a disk in memory; this
    /// one is not changed.
    ///
    /// # Errors
    /// The disk is not one in memory.
    pub fn process_death(&self, seed: u64) -> io::Result<(Self, ShadowReport)> {
        self.after(seed, Death::Process)
    }

    /// What shall go wrong from now on; steps and syncs are counted from here.
    pub fn set_faults(&self, faults: Faults) {
        self.world.set_faults(faults);
    }

    /// Steps so far, since the faults were set: each may be the last one.
    pub fn steps(&self) -> u64 {
        self.world.steps()
    }

    fn after(&self, seed: u64, death: Death) -> io::Result<(Self, ShadowReport)> {
        let Base::Memory(memory) = &self.base else {
            return Err(io::Error::other("open the directory again with ShadowDisk::open"));
        };
        let copy = Base::Memory(memory.deep_clone());
        let files = self.files();
        let sidecars = files.iter().map(|(name, file)| (name.clone(), file.sidecar())).collect();
        drop(files);
        Self::revive(copy, sidecars, seed, death)
    }

    fn revive(
        base: Base,
        mut sidecars: BTreeMap<String, Sidecar>,
        seed: u64,
        death: Death,
    ) -> io::Result<(Self, ShadowReport)> {
        let world = Arc::new(World::new(seed));
        if death == Death::Power {
            base.settle_names(&mut sidecars, &world)?;
        }
        let mut files = BTreeMap::new();
        let mut report = ShadowReport::default();
        let names = base.disk().list()?;
        for (name, mut sidecar) in sidecars {
            if !names.contains(&name) {
                sidecar.empty()?;
                continue;
            }
            let file = base.disk().open(&name)?;
            let dirty = sidecar.settle(file.as_ref(), death, &world, &mut report)?;
            files.insert(name, Arc::new(ShadowFile::new(file, dirty, sidecar, Arc::clone(&world))));
        }
        Ok((Self { base, world, files: Mutex::new(files) }, report))
    }

    fn files(&self) -> MutexGuard<'_, BTreeMap<String, Arc<ShadowFile>>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wrap(&self, name: &str, file: Arc<dyn DiskFile>) -> io::Result<Arc<ShadowFile>> {
        let sidecar = match &self.base {
            Base::Memory(_) => Sidecar::memory(),
            Base::Directory { dir, .. } => {
                Sidecar::file(&dir.join(format!("{name}{SIDECAR_SUFFIX}")))?
            }
        };
        let dirty = BTreeMap::new();
        let file = Arc::new(ShadowFile::new(file, dirty, sidecar, Arc::clone(&self.world)));
        self.files().insert(name.to_owned(), Arc::clone(&file));
        Ok(file)
    }
}

impl Disk for ShadowDisk {
    fn list(&self) -> io::Result<Vec<String>> {
        self.world.alive()?;
        let mut names = self.base.disk().list()?;
        names.retain(|name| !name.ends_with(SIDECAR_SUFFIX) && !name.ends_with(UNDO_SUFFIX));
        Ok(names)
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        self.world.alive()?;
        if let Some(file) = self.files().get(name) {
            return Ok(Arc::clone(file) as Arc<dyn DiskFile>);
        }
        let file = self.base.disk().open(name)?;
        Ok(self.wrap(name, file)?)
    }

    /// At once durable, as the contract of [`Disk`] asks; a death in the middle leaves half a file.
    fn create(&self, name: &str, bytes: u64) -> io::Result<Arc<dyn DiskFile>> {
        self.remove(name)?;
        let disk = self.base.disk();
        let mut used = 0;
        for name in self.list()? {
            used += match disk.open(&name) {
                // Another thread has removed it or renamed it since.
                Err(gone) if gone.kind() == io::ErrorKind::NotFound => 0,
                file => file?.len()?,
            };
        }
        self.world.room_for(used + bytes)?;
        if let Err(dead) = self.world.step() {
            disk.create(name, bytes / 2)?;
            return Err(dead);
        }
        let file = disk.create(name, bytes)?;
        self.world.step()?;
        Ok(self.wrap(name, file)?)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.world.step()?;
        if let Some(file) = self.files().remove(name) {
            file.forget()?;
        }
        self.base.disk().remove(&undo_name(name))?;
        self.base.disk().remove(name)
    }

    /// What was there before is kept aside until the names are synced: a power cut may bring it back.
    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.world.step()?;
        let mut files = self.files();
        if let Some(before) = files.remove(to) {
            before.write_back()?;
        }
        let undo = undo_name(to);
        if !self.base.disk().list()?.contains(&undo) {
            self.base.link(to, &undo)?;
        }
        self.base.disk().rename(from, to)?;
        if let Some(file) = files.remove(from) {
            self.base.rename_sidecar(from, to)?;
            files.insert(to.to_owned(), file);
        }
        Ok(())
    }

    fn sync_names(&self) -> io::Result<()> {
        self.world.step()?;
        if self.world.plan_sync(0).fails {
            return Err(io::Error::other("input/output error"));
        }
        for name in self.base.disk().list()? {
            if name.ends_with(UNDO_SUFFIX) {
                self.base.disk().remove(&name)?;
            }
        }
        self.world.step()
    }
}

fn undo_name(name: &str) -> String {
    format!("{name}{UNDO_SUFFIX}")
}

impl Base {
    /// A file that was renamed over another is there, or that other one is.
    fn settle_names(
        &self,
        sidecars: &mut BTreeMap<String, Sidecar>,
        world: &World,
    ) -> io::Result<()> {
        for undo in self.disk().list()? {
            let Some(name) = undo.strip_suffix(UNDO_SUFFIX) else { continue };
            if world.chance(UNDONE_PERCENT) {
                if let Some(mut sidecar) = sidecars.remove(name) {
                    sidecar.empty()?;
                }
                self.disk().rename(&undo, name)?;
            } else {
                self.disk().remove(&undo)?;
            }
        }
        Ok(())
    }

    fn link(&self, name: &str, also: &str) -> io::Result<()> {
        match self {
            Self::Directory { dir, .. } => std::fs::hard_link(dir.join(name), dir.join(also)),
            Self::Memory(disk) => disk.link(name, also),
        }
    }

    /// In memory a file has its sidecar with it.
    fn rename_sidecar(&self, from: &str, to: &str) -> io::Result<()> {
        match self {
            Self::Directory { dir, .. } => {
                let sidecar = |name: &str| dir.join(format!("{name}{SIDECAR_SUFFIX}"));
                std::fs::rename(sidecar(from), sidecar(to))
            }
            Self::Memory(_) => Ok(()),
        }
    }

    fn disk(&self) -> &dyn Disk {
        match self {
            Self::Directory { disk, .. } => disk,
            Self::Memory(disk) => disk,
        }
    }
}

impl std::fmt::Debug for ShadowDisk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ShadowDisk").field("steps", &self.steps()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
