//! The page cache that outlives the process: `docs/formats.md`, "The shadow disk's sidecar".

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use bytes::{Buf, BufMut};

use super::file::write_sector;
use super::world::World;
use super::{Death, SECTOR_BYTES, ShadowReport};
use crate::disk::DiskFile;
use crate::layout::{Malformed, wide};

pub(super) type Sector = [u8; SECTOR_BYTES];

/// Of 100 unsynced sectors, so many survive a power cut: drawn for each cut.
const SURVIVORS_PERCENT: [u64; 5] = [0, 20, 50, 80, 100];

const KIND_SECTORS: u8 = 1;
const KIND_SYNCING: u8 = 2;

/// Everything written since the last sync, in order.
pub(super) struct Sidecar {
    place: Place,
    /// Where its last whole entry ends.
    end: u64,
}

enum Place {
    File(File),
    Memory(Vec<u8>),
}

/// What its entries say.
#[derive(Default)]
struct Content {
    /// For each sector, what was written, oldest first.
    versions: BTreeMap<u64, Vec<Sector>>,
    syncing: bool,
    /// Where the last entry of sectors ends.
    end: u64,
}

impl Sidecar {
    pub(super) fn memory() -> Self {
        Self { place: Place::Memory(Vec::new()), end: 0 }
    }

    pub(super) fn file(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false).open(path)?;
        let end = file.metadata()?.len();
        Ok(Self { place: Place::File(file), end })
    }

    /// A copy of one in memory.
    pub(super) fn copy(&self) -> Self {
        match &self.place {
            Place::Memory(bytes) => Self { place: Place::Memory(bytes.clone()), end: self.end },
            Place::File(_) => unreachable!("only a disk in memory is copied"),
        }
    }

    pub(super) fn add_sectors(&mut self, first: u64, sectors: &[u8]) -> io::Result<()> {
        self.add(KIND_SECTORS, first, sectors)
    }

    /// Where it ended before.
    pub(super) fn add_sync_begun(&mut self) -> io::Result<u64> {
        let before = self.end;
        self.add(KIND_SYNCING, 0, &[])?;
        Ok(before)
    }

    pub(super) fn empty(&mut self) -> io::Result<()> {
        self.cut(0)
    }

    /// Decides what is on the disk now; what is still in the cache is returned.
    pub(super) fn settle(
        &mut self,
        base: &dyn DiskFile,
        death: Death,
        world: &World,
        report: &mut ShadowReport,
    ) -> io::Result<BTreeMap<u64, Sector>> {
        let content = self.content()?;
        report.died_in_sync |= content.syncing;
        let survivors = SURVIVORS_PERCENT[usize::try_from(world.below(5)).unwrap_or(0)];
        let mut dirty = BTreeMap::new();
        for (number, versions) in content.versions {
            let at = number * wide(SECTOR_BYTES);
            let mut there = [0; SECTOR_BYTES];
            base.read_at(at, &mut there)?;
            let Some(&last) = versions.last() else { continue };
            if there == last {
                continue;
            }
            report.unsynced_sectors += 1;
            match death {
                Death::Process => {
                    dirty.insert(number, last);
                }
                Death::Power => {
                    let now = survivor(&versions, there, survivors, world);
                    report.lost_sectors += usize::from(now != last);
                    write_sector(base, number, &now)?;
                }
            }
        }
        match death {
            Death::Process => self.cut(content.end)?,
            Death::Power => self.cut(0)?,
        }
        Ok(dirty)
    }

    fn add(&mut self, kind: u8, first: u64, sectors: &[u8]) -> io::Result<()> {
        let count = u32::try_from(sectors.len() / SECTOR_BYTES).map_err(io::Error::other)?;
        let mut entry = Vec::with_capacity(17 + sectors.len());
        entry.put_u8(kind);
        entry.put_u64_le(first);
        entry.put_u32_le(count);
        let crc = crc32c::crc32c_append(crc32c::crc32c(&entry), sectors);
        entry.put_u32_le(crc);
        entry.put_slice(sectors);
        match &mut self.place {
            Place::File(file) => file.write_all_at(&entry, self.end)?,
            Place::Memory(bytes) => bytes.extend_from_slice(&entry),
        }
        self.end += wide(entry.len());
        Ok(())
    }

    /// Forgets what was added behind this place.
    pub(super) fn cut(&mut self, end: u64) -> io::Result<()> {
        match &mut self.place {
            Place::File(file) => file.set_len(end)?,
            Place::Memory(bytes) => bytes.truncate(usize::try_from(end).unwrap_or(usize::MAX)),
        }
        self.end = end;
        Ok(())
    }

    fn content(&self) -> io::Result<Content> {
        let bytes = match &self.place {
            Place::Memory(bytes) => bytes.clone(),
            Place::File(file) => {
                let length = file.metadata()?.len();
                let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
                file.read_exact_at(&mut bytes, 0)?;
                bytes
            }
        };
        let mut content = Content::default();
        let mut rest = bytes.as_slice();
        while content.read_entry(&mut rest).is_ok() {
            if !content.syncing {
                content.end = wide(bytes.len() - rest.len());
            }
        }
        Ok(content)
    }
}

impl Content {
    /// An entry that was cut short by a kill is not there: its write had not returned.
    fn read_entry(&mut self, rest: &mut &[u8]) -> Result<(), Malformed> {
        let head = rest.get(..13).ok_or(Malformed("cut short"))?;
        let kind = rest.try_get_u8()?;
        let first = rest.try_get_u64_le()?;
        let count = rest.try_get_u32_le()? as usize;
        let crc = rest.try_get_u32_le()?;
        let length = count.saturating_mul(SECTOR_BYTES);
        let (sectors, after) = rest.split_at_checked(length).ok_or(Malformed("cut short"))?;
        if crc != crc32c::crc32c_append(crc32c::crc32c(head), sectors) {
            return Err(Malformed("the entry does not match its CRC"));
        }
        *rest = after;
        self.syncing |= kind == KIND_SYNCING;
        let (sectors, _) = sectors.as_chunks::<SECTOR_BYTES>();
        for (number, sector) in (first..).zip(sectors) {
            self.versions.entry(number).or_default().push(*sector);
        }
        Ok(())
    }
}

/// The version that a sector has after the power went: what is there, or a later one.
fn survivor(versions: &[Sector], there: Sector, percent: u64, world: &World) -> Sector {
    if !world.chance(percent) {
        return there;
    }
    let newer = versions.iter().rposition(|version| *version == there).map_or(0, |index| index + 1);
    let later = &versions[newer..];
    let chosen = usize::try_from(world.below(later.len().max(1) as u64)).unwrap_or(0);
    later.get(chosen).copied().unwrap_or(there)
}
