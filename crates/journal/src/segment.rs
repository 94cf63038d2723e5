//! A segment's header and name: `docs/formats.md`, "Segment".

use bytes::{Buf, BufMut};
use model::bounds::PARTITIONS;
use model::{BatchNo, Epoch, RecordNo, Term, Wall};

use crate::layout::Malformed;

pub(crate) const SEGMENT_HEADER_BYTES: u64 = 4096;
pub(crate) const FORMAT_VERSION: u32 = 1;
/// `PARTITIONS` as the length of a table.
pub(crate) const TABLE: usize = PARTITIONS as usize;

const SEGMENT_MAGIC: [u8; 8] = *b"hubbub-J";
const HEADER: usize = 4096;
const CHECKED_FROM: usize = 16;
const TABLES_FROM: usize = 512;
const THIN_SUFFIX: &str = ".thin";

/// What a segment says of itself and of everything before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SegmentHeader {
    pub(crate) number: u64,
    pub(crate) salt: u64,
    pub(crate) created: Wall,
    pub(crate) first_batch: BatchNo,
    pub(crate) segment_bytes: u64,
    pub(crate) previous_used: u64,
    pub(crate) previous_salt: u64,
    pub(crate) oldest_kept: u64,
    pub(crate) lamport_high: u64,
    pub(crate) last_stamp: Wall,
    pub(crate) term: Term,
    pub(crate) epoch_high: Epoch,
    pub(crate) next: [RecordNo; TABLE],
    pub(crate) epochs: [Epoch; TABLE],
    /// `None` = it stands as it was appended.
    pub(crate) thinned: Option<ThinnedMark>,
}

/// What a thinned segment says of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ThinnedMark {
    /// As of which batch: what it says is gone is not here. Not 0.
    pub(crate) as_of: BatchNo,
    /// CRC of all that follows the header: two thinnings that differ have headers that differ.
    pub(crate) content_crc: u32,
}

/// What the first 4096 bytes of a file are.
#[derive(Debug)]
pub(crate) enum HeaderRead {
    /// A header.
    Whole(Box<SegmentHeader>),
    /// A whole header of another format version.
    OtherVersion(u32),
    /// All zero: a spare.
    Blank,
    /// Neither.
    Broken,
}

impl SegmentHeader {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEADER);
        out.put_slice(&SEGMENT_MAGIC);
        out.put_u32_le(FORMAT_VERSION);
        out.put_u32_le(0);
        out.put_u64_le(self.number);
        out.put_u64_le(self.salt);
        out.put_u64_le(self.created.0);
        out.put_u64_le(self.first_batch.0);
        out.put_u64_le(self.segment_bytes);
        out.put_u64_le(self.previous_used);
        out.put_u64_le(self.previous_salt);
        out.put_u64_le(self.oldest_kept);
        out.put_u64_le(self.lamport_high);
        out.put_u64_le(self.last_stamp.0);
        out.put_u64_le(self.term.0);
        out.put_u32_le(self.epoch_high.0);
        out.put_u16_le(PARTITIONS);
        if let Some(thinned) = self.thinned {
            out.put_u16_le(0);
            out.put_u64_le(thinned.as_of.0);
            out.put_u32_le(thinned.content_crc);
        }
        out.resize(TABLES_FROM, 0);
        self.next.iter().for_each(|next| out.put_u64_le(next.0));
        self.epochs.iter().for_each(|epoch| out.put_u32_le(epoch.0));
        out.resize(HEADER, 0);
        let crc = header_crc(&out);
        out[12..16].copy_from_slice(&crc.to_le_bytes());
        out
    }

    /// Reads the header of the segment with this number.
    pub(crate) fn decode(bytes: &[u8], number: u64) -> HeaderRead {
        let Some(header) = bytes.first_chunk::<HEADER>() else { return HeaderRead::Broken };
        if header.iter().all(|&byte| byte == 0) {
            return HeaderRead::Blank;
        }
        let mut rest = &header[8..];
        let (Ok(version), Ok(crc)) = (rest.try_get_u32_le(), rest.try_get_u32_le()) else {
            return HeaderRead::Broken;
        };
        if header[..8] != SEGMENT_MAGIC || crc != header_crc(header) {
            return HeaderRead::Broken;
        }
        if version != FORMAT_VERSION {
            return HeaderRead::OtherVersion(version);
        }
        match fields(rest, &header[TABLES_FROM..]) {
            Ok(header) if header.number == number => HeaderRead::Whole(Box::new(header)),
            Ok(_) | Err(Malformed(_)) => HeaderRead::Broken,
        }
    }
}

fn header_crc(header: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&header[CHECKED_FROM..]), &header[..12])
}

fn fields(mut rest: &[u8], mut tables: &[u8]) -> Result<SegmentHeader, Malformed> {
    let mut header = SegmentHeader {
        number: rest.try_get_u64_le()?,
        salt: rest.try_get_u64_le()?,
        created: Wall(rest.try_get_u64_le()?),
        first_batch: BatchNo(rest.try_get_u64_le()?),
        segment_bytes: rest.try_get_u64_le()?,
        previous_used: rest.try_get_u64_le()?,
        previous_salt: rest.try_get_u64_le()?,
        oldest_kept: rest.try_get_u64_le()?,
        lamport_high: rest.try_get_u64_le()?,
        last_stamp: Wall(rest.try_get_u64_le()?),
        term: Term(rest.try_get_u64_le()?),
        epoch_high: Epoch(rest.try_get_u32_le()?),
        next: [RecordNo(0); TABLE],
        epochs: [Epoch(0); TABLE],
        thinned: None,
    };
    if rest.try_get_u16_le()? != PARTITIONS {
        return Err(Malformed("another count of partitions"));
    }
    rest.try_get_u16_le()?;
    let as_of = BatchNo(rest.try_get_u64_le()?);
    let content_crc = rest.try_get_u32_le()?;
    header.thinned = (as_of.0 > 0).then_some(ThinnedMark { as_of, content_crc });
    for next in &mut header.next {
        *next = RecordNo(tables.try_get_u64_le()?);
    }
    for epoch in &mut header.epochs {
        *epoch = Epoch(tables.try_get_u32_le()?);
    }
    Ok(header)
}

/// The name of the file of a segment.
pub(crate) fn file_name(number: u64) -> String {
    format!("{number:08}.seg")
}

/// The name of the file in which a segment is written anew.
pub(crate) fn thin_name(number: u64) -> String {
    format!("{}{THIN_SUFFIX}", file_name(number))
}

/// True for such a name.
pub(crate) fn is_thin_name(name: &str) -> bool {
    name.strip_suffix(THIN_SUFFIX).and_then(number_of).is_some()
}

/// The number of the segment in the file of this name; `None` for any other file.
pub(crate) fn number_of(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".seg")?;
    let number = digits.parse::<u64>().ok()?;
    (number > 0 && file_name(number) == name).then_some(number)
}

#[cfg(test)]
mod tests;
