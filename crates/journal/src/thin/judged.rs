//! What shall become of the records of a segment: read and judged, nothing written yet.

use model::{BatchNo, Fact, Offset, Wall};

use super::{ThinError, Thinned, Verdict};
use crate::batch::{BATCH_HEADER_BYTES, BatchHeader};
use crate::layout::{aligned, narrow, wide};
use crate::limits::THINNED_BATCH_MAX_BYTES;
use crate::record::{self, RecordRef, Records, TAG_EPOCH_STARTED};
use crate::scan::{Span, Window, batch_at};
use crate::segment::{HeaderRead, SEGMENT_HEADER_BYTES, SegmentHeader};
use crate::shared::Segment;

/// A segment with a verdict on each of its records.
pub(super) struct Judged {
    pub(super) header: SegmentHeader,
    pub(super) thinned: Thinned,
    fates: Vec<Fate>,
    /// The records that stand in the place of others, in order.
    replaced: Vec<u8>,
}

/// A verdict, without its fact.
#[derive(Clone, Copy)]
enum Fate {
    Keep,
    Drop,
    Replace,
}

impl Judged {
    pub(super) fn read(
        segment: &Segment,
        mut judge: impl FnMut(Offset, Wall, &Fact) -> Verdict,
    ) -> Result<Self, ThinError> {
        let header = header_of(segment)?;
        let bytes_before = segment.end;
        let thinned =
            Thinned { bytes_before, bytes_after: SEGMENT_HEADER_BYTES, ..Thinned::default() };
        let mut judged = Self { header, thinned, fates: Vec::new(), replaced: Vec::new() };
        let mut batches = Batches::new(segment, judged.header.salt);
        while let Some((batch, payload)) = batches.next()? {
            let undecodable = |why| {
                let (file, batch) = (segment.name.clone(), batch.batch);
                ThinError::Undecodable { file, batch, why }
            };
            let mut left = 0;
            for record in Records::new(payload) {
                let record = record.map_err(|malformed| undecodable(malformed.0))?;
                left += judged.judge(&record, batch.stamp, &mut judge).map_err(undecodable)?;
            }
            if left > THINNED_BATCH_MAX_BYTES {
                let (file, batch) = (segment.name.clone(), batch.batch);
                return Err(ThinError::TooLarge { file, batch, bytes: left });
            }
            if left > 0 {
                judged.thinned.bytes_after += wide(BATCH_HEADER_BYTES + aligned(left));
            }
        }
        Ok(judged)
    }

    /// How many bytes stand where this record stood.
    fn judge(
        &mut self,
        record: &RecordRef<'_>,
        stamp: Wall,
        judge: &mut impl FnMut(Offset, Wall, &Fact) -> Verdict,
    ) -> Result<usize, &'static str> {
        let verdict = if record.tag == TAG_EPOCH_STARTED {
            Verdict::Keep
        } else {
            let fact = record::fact(record, stamp).map_err(|malformed| malformed.0)?;
            judge(record.offset, stamp, &fact)
        };
        let (fate, bytes) = match verdict {
            Verdict::Keep => (Fate::Keep, record.whole.len()),
            Verdict::Drop => (Fate::Drop, 0),
            Verdict::Replace(fact) => {
                let at = self.replaced.len();
                assert_eq!(fact.partition(), Some(record.offset.partition), "another partition");
                record::encode(&fact, record.offset, &mut self.replaced);
                let bytes = self.replaced.len() - at;
                if self.replaced[at..] == *record.whole {
                    self.replaced.truncate(at);
                    (Fate::Keep, bytes)
                } else {
                    (Fate::Replace, bytes)
                }
            }
        };
        match fate {
            Fate::Keep => self.thinned.kept += 1,
            Fate::Drop => self.thinned.dropped += 1,
            Fate::Replace => self.thinned.replaced += 1,
        }
        self.fates.push(fate);
        Ok(bytes)
    }

    /// Gives every batch that keeps a record, with the records that stand in it then.
    pub(super) fn each_left(
        &self,
        segment: &Segment,
        mut give: impl FnMut(BatchHeader, &[u8]) -> Result<(), ThinError>,
    ) -> Result<(), ThinError> {
        let mut fates = self.fates.iter();
        let mut replaced = self.replaced.as_slice();
        let mut left = Vec::new();
        let mut batches = Batches::new(segment, self.header.salt);
        while let Some((batch, payload)) = batches.next()? {
            left.clear();
            let mut records = 0;
            for (record, fate) in Records::new(payload).flatten().zip(&mut fates) {
                records += 1;
                match fate {
                    Fate::Keep => left.extend_from_slice(record.whole),
                    Fate::Drop => records -= 1,
                    Fate::Replace => {
                        let one = Records::new(replaced).flatten().next();
                        let one = one.expect("one was encoded for each verdict").whole;
                        left.extend_from_slice(one);
                        replaced = &replaced[one.len()..];
                    }
                }
            }
            if records > 0 {
                give(BatchHeader { records, ..batch }, &left)?;
            }
        }
        Ok(())
    }
}

fn header_of(segment: &Segment) -> Result<SegmentHeader, ThinError> {
    let mut bytes = vec![0; narrow(SEGMENT_HEADER_BYTES)];
    let read = segment.file.read_at(0, &mut bytes);
    let read = read.map_err(ThinError::io(segment, "reading its header"))?;
    match SegmentHeader::decode(&bytes[..read], segment.number) {
        HeaderRead::Whole(header) => Ok(*header),
        HeaderRead::OtherVersion(_) | HeaderRead::Blank | HeaderRead::Broken => {
            Err(ThinError::damaged(segment, 0))
        }
    }
}

/// The batches of a segment, one behind another, each of them whole.
struct Batches<'s> {
    segment: &'s Segment,
    salt: u64,
    at: u64,
    last: BatchNo,
    window: Window,
}

impl<'s> Batches<'s> {
    fn new(segment: &'s Segment, salt: u64) -> Self {
        let before = BatchNo(segment.first_batch.0 - 1);
        Self { segment, salt, at: SEGMENT_HEADER_BYTES, last: before, window: Window::default() }
    }

    fn next(&mut self) -> Result<Option<(BatchHeader, &[u8])>, ThinError> {
        let Self { segment, salt, at, .. } = *self;
        if at >= segment.end {
            return Ok(None);
        }
        let span = Span { file: segment.file.as_ref(), salt, end: segment.end };
        let read = batch_at(&mut self.window, span, at);
        let read = read.map_err(ThinError::io(segment, "reading its batches"))?;
        let fits = read.filter(|(header, payload)| {
            let records = Records::new(payload).count();
            header.batch > self.last && records == header.records as usize
        });
        let Some((header, payload)) = fits else { return Err(ThinError::damaged(segment, at)) };
        self.at += header.total_bytes();
        self.last = header.batch;
        Ok(Some((header, payload)))
    }
}
