//! What a backup is: `manifest.json`, `docs/formats.md`, "Backup".

use std::io;
use std::path::Path;

use journal::{Onlooker, Stretch};
use serde::{Deserialize, Serialize};

use super::error::{BackupError, failed};
use crate::data_dir::{self, JOURNAL, META};

/// The manifest's file.
pub(super) const MANIFEST: &str = "manifest.json";

/// How the names of segments end.
const SEGMENT_SUFFIX: &str = ".seg";

/// Version of the manifest.
const VERSION: u32 = 1;

/// Files up to these lengths, and what is in them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    version: u32,
    pub(super) taken_at_ms: u64,
    pub(super) batches: u64,
    pub(super) records: u64,
    pub(super) last_batch: u64,
    /// `meta.toml`, then the segments in order; empty = the first backup did not end.
    pub(super) files: Vec<Entry>,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) bytes: u64,
    pub(super) crc32c: u32,
}

impl Entry {
    pub(super) fn of(name: &str, bytes: &[u8]) -> Self {
        let length = bytes.len() as u64;
        Self { name: name.to_owned(), bytes: length, crc32c: crc32c::crc32c(bytes) }
    }

    /// Of this segment, of which nothing is there yet. One that was thinned has a name of its own, so that
    /// the one before it stands until a manifest names the new one.
    pub(super) fn segment(number: u64, edition: Option<u32>) -> Self {
        let file = Onlooker::file_of(number);
        let name = match (edition, file.strip_suffix(SEGMENT_SUFFIX)) {
            (Some(edition), Some(stem)) => {
                format!("{JOURNAL}/{stem}.{edition:08x}{SEGMENT_SUFFIX}")
            }
            _ => format!("{JOURNAL}/{file}"),
        };
        Self { name, bytes: 0, crc32c: 0 }
    }

    /// The number of its segment; `None` = it is none.
    pub(super) fn number(&self) -> Option<u64> {
        number_of(&self.name)
    }
}

/// The number of the segment in a file of a backup; `None` = it is none.
pub(super) fn number_of(name: &str) -> Option<u64> {
    let file = name.strip_prefix(JOURNAL)?.strip_prefix('/')?;
    Onlooker::number_of(file).or_else(|| {
        let (number, edition) = file.strip_suffix(SEGMENT_SUFFIX)?.split_once('.')?;
        let edition = u32::from_str_radix(edition, 16).ok()?;
        let number = Onlooker::number_of(&format!("{number}{SEGMENT_SUFFIX}"))?;
        (Entry::segment(number, Some(edition)).name == name).then_some(number)
    })
}

impl Manifest {
    /// Of a backup that has only begun.
    pub(super) const fn empty() -> Self {
        Self {
            version: VERSION,
            taken_at_ms: 0,
            batches: 0,
            records: 0,
            last_batch: 0,
            files: Vec::new(),
        }
    }

    /// `None` = there is none.
    pub(super) fn read(dir: &Path) -> Result<Option<Self>, BackupError> {
        let bytes = match std::fs::read(dir.join(MANIFEST)) {
            Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read.map_err(failed(&dir.join(MANIFEST)))?,
        };
        let refused = |what| BackupError::Refused { path: dir.join(MANIFEST), what };
        Self::parse(&bytes).map(Some).map_err(refused)
    }

    fn parse(bytes: &[u8]) -> Result<Self, String> {
        let broken =
            |why| format!("is damaged, or no manifest of a backup ({why}): give another backup");
        let any: serde_json::Value = serde_json::from_slice(bytes).map_err(broken)?;
        match any.get("version").and_then(serde_json::Value::as_u64) {
            Some(version) if version != u64::from(VERSION) => {
                return Err(format!("has version {version}, this hubbub reads version {VERSION}"));
            }
            Some(_) | None => {}
        }
        let manifest: Self = serde_json::from_value(any).map_err(broken)?;
        // Names are paths: only those that we write are ever opened.
        let (meta, segments) =
            manifest.files.split_first().map_or((None, &[][..]), |(m, s)| (Some(m), s));
        let numbers = segments.iter().map(Entry::number);
        let known =
            numbers.clone().all(|number| number.is_some()) && numbers.is_sorted_by(|a, b| a < b);
        if meta.is_some_and(|meta| meta.name != META) || !known {
            return Err("names files that are not of a backup: give another backup".to_owned());
        }
        Ok(manifest)
    }

    /// Atomically in place of the one before.
    pub(super) fn write(&self, dir: &Path) -> Result<(), BackupError> {
        let path = dir.join(MANIFEST);
        let text = serde_json::to_string_pretty(self).map_err(io::Error::other);
        let text = text.map_err(failed(&path))? + "\n";
        data_dir::replace(dir, MANIFEST, text.as_bytes()).map_err(failed(&path))
    }

    pub(super) fn last_segment(&self) -> Option<(u64, Entry)> {
        let last = self.files.last()?;
        Some((last.number()?, last.clone()))
    }

    /// What it has of this segment.
    pub(super) fn segment(&self, number: u64) -> Option<&Entry> {
        self.files.iter().find(|entry| entry.number() == Some(number))
    }

    /// What was in this copy of a segment is in it no more.
    pub(super) fn forget(&mut self, name: &str, gone: &Stretch) {
        self.files.retain(|entry| entry.name != name);
        self.batches = self.batches.saturating_sub(gone.batches);
        self.records = self.records.saturating_sub(gone.records);
    }

    /// This segment is in it, or goes further than it did, by this stretch.
    pub(super) fn add(&mut self, entry: Entry, stretch: &Stretch) {
        self.files.retain(|other| other.name != entry.name);
        let at = self.files.partition_point(|other| other.number() < entry.number());
        self.files.insert(at, entry);
        self.batches += stretch.batches;
        self.records += stretch.records;
        self.last_batch = self.last_batch.max(stretch.last_batch.0);
    }

    pub(super) fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
}

#[cfg(test)]
mod tests;
