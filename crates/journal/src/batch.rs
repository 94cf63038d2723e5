//! A batch as bytes: `docs/formats.md`, "Batch".

use bytes::{Buf, BufMut};
use model::{BatchNo, Epoch, Term, Wall};

use crate::layout::{Malformed, aligned, narrow, wide};
use crate::limits::{RECORDS_PER_BATCH_MAX, THINNED_BATCH_MAX_BYTES};

pub(crate) const BATCH_MAGIC: [u8; 4] = *b"hbB1";
pub(crate) const BATCH_HEADER_BYTES: usize = 80;

/// Where the bytes that the header's CRC covers begin.
const CHECKED_FROM: usize = 8;

/// What stands before the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BatchHeader {
    pub(crate) payload_crc: u32,
    pub(crate) payload_bytes: u32,
    pub(crate) salt: u64,
    pub(crate) batch: BatchNo,
    pub(crate) term: Term,
    pub(crate) stamp: Wall,
    pub(crate) synced_to: u64,
    pub(crate) lamport_high: u64,
    pub(crate) records: u32,
    pub(crate) epoch_high: Epoch,
    /// Of a thinned segment: as of which batch; 0 = it stands as it was appended.
    pub(crate) thinned_as_of: BatchNo,
}

impl BatchHeader {
    /// Bytes of the whole batch, padding included.
    pub(crate) fn total_bytes(&self) -> u64 {
        wide(BATCH_HEADER_BYTES + self.padded_payload())
    }

    /// Bytes of the payload, padding included.
    pub(crate) fn padded_payload(&self) -> usize {
        aligned(narrow(u64::from(self.payload_bytes)))
    }

    /// Reads a header: its magic, its CRC and that it does not claim more than the format allows.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let Some(header) = bytes.first_chunk::<BATCH_HEADER_BYTES>() else {
            return Err(Malformed("cut short"));
        };
        let mut rest = header.as_slice();
        let mut magic = [0; 4];
        rest.try_copy_to_slice(&mut magic)?;
        if magic != BATCH_MAGIC {
            return Err(Malformed("no batch begins here"));
        }
        if rest.try_get_u32_le()? != crc32c::crc32c(&header[CHECKED_FROM..]) {
            return Err(Malformed("the batch's header does not match its CRC"));
        }
        let header = Self {
            payload_crc: rest.try_get_u32_le()?,
            payload_bytes: rest.try_get_u32_le()?,
            salt: rest.try_get_u64_le()?,
            batch: BatchNo(rest.try_get_u64_le()?),
            term: Term(rest.try_get_u64_le()?),
            stamp: Wall(rest.try_get_u64_le()?),
            synced_to: rest.try_get_u64_le()?,
            lamport_high: rest.try_get_u64_le()?,
            records: rest.try_get_u32_le()?,
            epoch_high: Epoch(rest.try_get_u32_le()?),
            thinned_as_of: BatchNo(rest.try_get_u64_le()?),
        };
        let bounded = header.payload_bytes as usize <= THINNED_BATCH_MAX_BYTES
            && header.records as usize <= RECORDS_PER_BATCH_MAX
            && header.records > 0;
        if bounded {
            Ok(header)
        } else {
            Err(Malformed("the batch is larger than the format allows"))
        }
    }

    /// Writes the header of the payload that `out` holds behind [`BATCH_HEADER_BYTES`] of room, pads
    /// it, and fills in its length and both CRCs.
    pub(crate) fn seal(mut self, out: &mut Vec<u8>) -> Self {
        let payload = out.len() - BATCH_HEADER_BYTES;
        assert!(payload <= THINNED_BATCH_MAX_BYTES, "a batch of {payload} bytes");
        self.payload_bytes = u32::try_from(payload).expect("THINNED_BATCH_MAX_BYTES fits a u32");
        out.resize(BATCH_HEADER_BYTES + aligned(payload), 0);
        self.payload_crc = crc32c::crc32c(&out[BATCH_HEADER_BYTES..]);
        let mut header = Vec::with_capacity(BATCH_HEADER_BYTES);
        header.put_slice(&BATCH_MAGIC);
        header.put_u32_le(0);
        header.put_u32_le(self.payload_crc);
        header.put_u32_le(self.payload_bytes);
        header.put_u64_le(self.salt);
        header.put_u64_le(self.batch.0);
        header.put_u64_le(self.term.0);
        header.put_u64_le(self.stamp.0);
        header.put_u64_le(self.synced_to);
        header.put_u64_le(self.lamport_high);
        header.put_u32_le(self.records);
        header.put_u32_le(self.epoch_high.0);
        header.put_u64_le(self.thinned_as_of.0);
        let crc = crc32c::crc32c(&header[CHECKED_FROM..]);
        header[4..8].copy_from_slice(&crc.to_le_bytes());
        out[..BATCH_HEADER_BYTES].copy_from_slice(&header);
        self
    }
}

#[cfg(test)]
mod tests;
