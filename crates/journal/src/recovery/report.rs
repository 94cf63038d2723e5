//! What opening found, for people and for the rooms above.

use std::fmt;

use model::{BatchNo, Epoch, PartitionId, RecordNo, Wall};

use super::Scan;
use crate::fold::Gap;
use crate::segment::TABLE;

/// What a journal holds, and what it has lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovery {
    /// For each partition, its epoch now.
    pub epochs: [Epoch; TABLE],
    /// For each partition, the next record number.
    pub next: [RecordNo; TABLE],
    /// The last batch, new epochs included.
    pub last_batch: BatchNo,
    /// The highest Lamport counter journaled.
    pub lamport_high: u64,
    /// The stamp of the last batch.
    pub last_stamp: Wall,
    /// Whole batches that were found.
    pub batches: u64,
    /// Records in them.
    pub records: u64,
    /// The torn tail, if there was one.
    pub cut: Option<Cut>,
    /// What does not read, by place; each time it is met.
    pub damage: Vec<Damage>,
}

/// A torn tail: bytes that were never acknowledged, overwritten with zeros.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// The segment's file.
    pub file: String,
    /// Where the tail began.
    pub offset: u64,
    /// How many bytes, up to the last that was not zero.
    pub bytes: u64,
    /// Whole batches among them: 0 unless a sync had lied.
    pub whole_batches: u64,
}

/// Something that was durable once and does not read, or is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The segment's file.
    pub file: String,
    /// Where it begins.
    pub offset: u64,
    /// Where it ends.
    pub end: u64,
    /// What is wrong.
    pub kind: DamageKind,
    /// The records that are missing for it.
    pub missing: Vec<Missing>,
    /// New epochs were started for it now; else an earlier opening had done so, or nothing is missing.
    pub new_epochs: bool,
}

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DamageKind {
    /// Bytes that are no batch stand where batches stood.
    Unreadable,
    /// A segment's header does not read. Its batches do not need it.
    Header,
    /// This many segments are not there, beginning with the one that is named.
    SegmentsMissing(u64),
    /// Records are missing, and no damage is to be seen: the views or a later segment know of them.
    RecordsMissing,
}

/// Records `from ..= to` of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missing {
    /// The partition.
    pub partition: PartitionId,
    /// The first that is missing.
    pub from: RecordNo,
    /// The last that is missing; more than there ever were, where the damage hides how many.
    pub to: RecordNo,
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, offset, bytes, whole_batches } = self;
        write!(f, "{file}: a torn tail of {bytes} bytes from byte {offset} on was cut")?;
        match whole_batches {
            0 => write!(f, "; nobody had been told of it"),
            n => write!(
                f,
                "; {n} whole batches stood in it: this disk does not sync what it says it does"
            ),
        }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, offset, end, kind, missing, .. } = self;
        match kind {
            DamageKind::Unreadable => write!(f, "{file}: bytes {offset}..{end} do not read")?,
            DamageKind::Header => {
                write!(f, "{file}: the header, bytes {offset}..{end}, does not read")?
            }
            DamageKind::SegmentsMissing(1) => write!(f, "{file} is not there")?,
            DamageKind::SegmentsMissing(n) => {
                write!(f, "{file} and {} more after it are not there", n - 1)?
            }
            DamageKind::RecordsMissing => {
                write!(f, "{file}: before byte {offset} records are missing that were here once")?;
            }
        }
        if missing.is_empty() {
            return write!(f, "; nothing is missing for it. Look at the disk");
        }
        let records =
            missing.iter().fold(0_u64, |sum, m| sum.saturating_add(m.to.0 - m.from.0 + 1));
        let partitions = missing.len();
        write!(
            f,
            "; at most {records} records in {partitions} stretches of partitions are missing, and their \
             conversations go on in a new epoch. To have them back: stop, restore the file from a \
             backup made before the damage, start. Look at the disk before it takes more"
        )
    }
}

impl Scan {
    /// What was damaged, with what is missing for it, after `fold.finish`.
    pub(crate) fn damage(&mut self) -> Vec<Damage> {
        let mut damage = std::mem::take(&mut self.damage);
        let mut unseen = Vec::new();
        for gap in &self.fold.gaps {
            let Gap { partition, from, to, answered, .. } = *gap;
            let missing = Missing { partition, from, to };
            match gap.damage.and_then(|index| damage.get_mut(index)) {
                Some(damage) => {
                    damage.missing.push(missing);
                    damage.new_epochs |= !answered;
                }
                None if !answered => unseen.push(missing),
                None => {}
            }
        }
        if !unseen.is_empty() {
            let last = self.segments.last();
            let at = last.map_or(0, |last| last.end);
            damage.push(Damage {
                file: last.map_or_else(|| "00000001.seg".to_owned(), |last| last.name.clone()),
                offset: at,
                end: at,
                kind: DamageKind::RecordsMissing,
                missing: unseen,
                new_epochs: true,
            });
        }
        damage
    }
}
