//! Reading a segment in large pieces, batch by batch, and finding the next batch behind bytes that
//! do not read. Recovery and followers share it, so they agree on what can be read.

use std::io;

use crate::batch::{BATCH_HEADER_BYTES, BATCH_MAGIC, BatchHeader};
use crate::disk::DiskFile;
use crate::layout::{ALIGN, narrow, wide};

/// Bytes read at once.
const PIECE_BYTES: usize = 1024 * 1024;

/// A piece of a file in memory. It never holds bytes at or above the `end` it was last asked with,
/// so a follower does not keep what was not yet durable.
#[derive(Default)]
pub(crate) struct Window {
    buffer: Vec<u8>,
    from: u64,
    filled: usize,
}

impl Window {
    /// Forgets what it holds: the next read is of another file, or of a file that was written.
    pub(crate) fn forget(&mut self) {
        self.filled = 0;
    }

    /// `length` bytes from `at` on; fewer only where the file or `end` comes first.
    pub(crate) fn bytes(
        &mut self,
        file: &dyn DiskFile,
        at: u64,
        length: usize,
        end: u64,
    ) -> io::Result<&[u8]> {
        let length = length.min(narrow(end.saturating_sub(at)));
        let held = at >= self.from && at + wide(length) <= self.from + wide(self.filled);
        if !held {
            let wanted = PIECE_BYTES.max(length).min(narrow(end.saturating_sub(at)));
            if self.buffer.len() < wanted {
                self.buffer.resize(wanted, 0);
            }
            self.filled = 0;
            self.from = at;
            self.filled = file.read_at(at, &mut self.buffer[..wanted])?;
        }
        let start = narrow(at - self.from);
        let stop = (start + length).min(self.filled);
        Ok(&self.buffer[start.min(stop)..stop])
    }
}

/// A segment as a reader sees it: its bytes up to `end`, its salt.
#[derive(Clone, Copy)]
pub(crate) struct Span<'a> {
    pub(crate) file: &'a dyn DiskFile,
    pub(crate) salt: u64,
    pub(crate) end: u64,
}

/// The whole batch of this segment that begins at `at`, with its records; `None` if there is none.
pub(crate) fn batch_at<'w>(
    window: &'w mut Window,
    span: Span<'_>,
    at: u64,
) -> io::Result<Option<(BatchHeader, &'w [u8])>> {
    let Some(header) = header_at(window, span.file, at, span.end)? else { return Ok(None) };
    if header.salt != span.salt {
        return Ok(None);
    }
    let padded = header.padded_payload();
    let from = at + wide(BATCH_HEADER_BYTES);
    let payload = window.bytes(span.file, from, padded, span.end)?;
    if payload.len() < padded || crc32c::crc32c(payload) != header.payload_crc {
        return Ok(None);
    }
    Ok(Some((header, &payload[..header.payload_bytes as usize])))
}

/// The batch header at `at`, of whatever salt.
pub(crate) fn header_at(
    window: &mut Window,
    file: &dyn DiskFile,
    at: u64,
    end: u64,
) -> io::Result<Option<BatchHeader>> {
    let bytes = window.bytes(file, at, BATCH_HEADER_BYTES, end)?;
    Ok(BatchHeader::decode(bytes).ok())
}

/// Where the first whole batch of this segment at or above `from` begins.
pub(crate) fn next_batch(
    window: &mut Window,
    span: Span<'_>,
    mut from: u64,
) -> io::Result<Option<u64>> {
    while let Some((at, _)) = next_header(window, span, from)? {
        if batch_at(window, span, at)?.is_some() {
            return Ok(Some(at));
        }
        from = at + wide(ALIGN);
    }
    Ok(None)
}

/// The first batch header of this segment at or above `from`; its records need not read.
pub(crate) fn next_header(
    window: &mut Window,
    span: Span<'_>,
    from: u64,
) -> io::Result<Option<(u64, BatchHeader)>> {
    let mut at = from.next_multiple_of(wide(ALIGN));
    while at < span.end {
        let piece = window.bytes(span.file, at, PIECE_BYTES, span.end)?;
        if piece.is_empty() {
            break;
        }
        let found = piece.chunks(ALIGN).position(|word| word.starts_with(&BATCH_MAGIC));
        let Some(words) = found else {
            at += wide(piece.len().next_multiple_of(ALIGN));
            continue;
        };
        at += wide(words * ALIGN);
        match header_at(window, span.file, at, span.end)? {
            Some(header) if header.salt == span.salt => return Ok(Some((at, header))),
            Some(_) | None => at += wide(ALIGN),
        }
    }
    Ok(None)
}

/// Where the last byte at or above `from` that is not zero ends; `None` if all are zero.
pub(crate) fn last_written(
    window: &mut Window,
    file: &dyn DiskFile,
    from: u64,
    end: u64,
) -> io::Result<Option<u64>> {
    let mut last = None;
    let mut at = from;
    while at < end {
        let piece = window.bytes(file, at, PIECE_BYTES, end)?;
        if piece.is_empty() {
            break;
        }
        if let Some(index) = piece.iter().rposition(|&byte| byte != 0) {
            last = Some(at + wide(index) + 1);
        }
        at += wide(piece.len());
    }
    Ok(last)
}
