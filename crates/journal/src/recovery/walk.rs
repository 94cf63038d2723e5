//! Walking through segments, around damage, to the end.

use std::io;
use std::sync::Arc;

use model::BatchNo;

use super::{Cut, Damage, DamageKind, Found, OpenError, Scan, Tail, io_error};
use crate::layout::{ALIGN, wide};
use crate::limits::Options;
use crate::scan::{Span, batch_at, header_at, last_written, next_batch, next_header};
use crate::segment::{HeaderRead, SEGMENT_HEADER_BYTES, SegmentHeader, file_name};
use crate::shared::{Kept, Segment};

/// How far a segment goes.
#[derive(Clone, Copy)]
enum Extent {
    /// Up to here: the next segment's header says so.
    Used(u64),
    /// The next segment does not say.
    Sealed,
    /// It is the last.
    Last,
}

/// What a segment's header says, or what can be known without it.
struct Head {
    /// `None` = nothing of the segment can be read.
    salt: Option<u64>,
    /// As of which batch it was thinned.
    thinned_as_of: Option<BatchNo>,
}

/// What stands behind the last batch that was read.
struct Beyond {
    /// Where the next batch header begins.
    next: u64,
    /// How many whole batches follow.
    batches: u64,
    /// The highest `synced_to` among them.
    synced_to: u64,
}

impl Scan {
    pub(super) fn walk_all(&mut self, found: &[Found], options: &Options) -> Result<(), OpenError> {
        let headers = found.iter().filter_map(Found::whole);
        self.kept = Kept::read(headers.map(|header| header.oldest_kept));
        let mut expected = self.kept.said;
        // What stood before it was thinned away.
        self.fold.enter(expected > 1);
        for (index, this) in found.iter().enumerate() {
            if this.number > expected {
                self.name_missing(expected, this.number, options.segment_bytes);
            }
            expected = expected.max(this.number + 1);
            let next = found.get(index + 1);
            let header = next.filter(|next| next.number == this.number + 1).and_then(Found::whole);
            let extent = match (next, header) {
                (None, _) => Extent::Last,
                (Some(_), Some(header)) => Extent::Used(header.previous_used),
                (Some(_), None) => Extent::Sealed,
            };
            let walked = self.walk(this, extent, header, options);
            walked.map_err(io_error(&format!("reading {}", this.name)))?;
        }
        Ok(())
    }

    fn name_missing(&mut self, from: u64, to: u64, segment_bytes: u64) {
        let count = to - from;
        let kind = DamageKind::SegmentsMissing(count);
        self.name(&file_name(from), (0, 0), kind, segment_bytes.saturating_mul(count));
    }

    fn name(&mut self, file: &str, range: (u64, u64), kind: DamageKind, lost_bytes: u64) {
        let (offset, end) = range;
        if kind == DamageKind::Unreadable
            && let Some(last) = self.damage.last_mut()
            && (last.kind, last.end, last.file.as_str()) == (kind, offset, file)
        {
            last.end = end;
            self.fold.meet_damage(self.damage.len() - 1, lost_bytes);
            return;
        }
        self.fold.meet_damage(self.damage.len(), lost_bytes);
        let file = file.to_owned();
        self.damage.push(Damage {
            file,
            offset,
            end,
            kind,
            missing: Vec::new(),
            new_epochs: false,
        });
    }

    fn walk(
        &mut self,
        this: &Found,
        extent: Extent,
        next: Option<&SegmentHeader>,
        options: &Options,
    ) -> io::Result<()> {
        self.window.forget();
        let Head { salt, thinned_as_of } = self.meet_header(this, next)?;
        self.fold.enter(thinned_as_of.is_some() || this.number < self.kept.said);
        let (first_batch, stamp_before) = (self.fold.last_batch.next(), self.fold.last_stamp);
        let bytes = this.whole().map_or(this.bytes, |header| header.segment_bytes.min(this.bytes));
        let last = matches!(extent, Extent::Last);
        let extent = match this.whole() {
            _ if thinned_as_of.is_none() => extent,
            // It is as long as what is used of it. What the next one says was true before.
            Some(header) => Extent::Used(header.segment_bytes),
            None => Extent::Sealed,
        };
        let end = match (salt, extent) {
            (None, Extent::Used(used)) => self.all_unreadable(this, used),
            (None, Extent::Sealed | Extent::Last) => self.all_unreadable(this, bytes),
            (Some(salt), Extent::Used(used)) => self.walk_to(this, salt, used)?,
            (Some(salt), Extent::Sealed) => self.walk_sealed(this, salt, bytes)?,
            (Some(salt), Extent::Last) => self.walk_last(this, salt, bytes, options)?,
        };
        if last {
            let fit = this.whole().and(salt);
            self.tail =
                fit.map(|salt| Tail { file: Arc::clone(&this.file), salt, at: end, end: bytes });
        }
        self.segments.push(Segment {
            number: this.number,
            name: this.name.clone(),
            file: Arc::clone(&this.file),
            salt,
            first_batch,
            stamp_before,
            end,
            bytes: this.bytes,
            end_known: !matches!(extent, Extent::Sealed),
            thinned_as_of,
            edition: 0,
        });
        if last && thinned_as_of.is_some() {
            // Only what has a successor is thinned.
            self.name_missing(this.number + 1, this.number + 2, options.segment_bytes);
        }
        Ok(())
    }

    /// Takes the header in. The salt, if it can be known.
    fn meet_header(&mut self, this: &Found, next: Option<&SegmentHeader>) -> io::Result<Head> {
        if let Some(header) = this.whole() {
            self.fold.meet_segment(header);
            let thinned_as_of = header.thinned.map(|thinned| thinned.as_of);
            return Ok(Head { salt: Some(header.salt), thinned_as_of });
        }
        self.name(&this.name, (0, SEGMENT_HEADER_BYTES), DamageKind::Header, 0);
        let (at, file) = (SEGMENT_HEADER_BYTES, this.file.as_ref());
        let salt = match next.map(|next| next.previous_salt).filter(|&salt| salt != 0) {
            Some(salt) => Some(salt),
            None => header_at(&mut self.window, file, at, this.bytes)?.map(|first| first.salt),
        };
        let Some(salt) = salt else { return Ok(Head { salt: None, thinned_as_of: None }) };
        // Its batches say it as well.
        let first = next_header(&mut self.window, Span { file, salt, end: this.bytes }, at)?;
        let as_of = first.map(|(_, first)| first.thinned_as_of).filter(|as_of| as_of.0 > 0);
        Ok(Head { salt: Some(salt), thinned_as_of: as_of })
    }

    fn all_unreadable(&mut self, this: &Found, end: u64) -> u64 {
        let range = (SEGMENT_HEADER_BYTES.min(end), end);
        self.name(&this.name, range, DamageKind::Unreadable, range.1 - range.0);
        end
    }

    /// Takes the batch at this place, if a whole and fitting one is there. Where it ends.
    fn take(&mut self, span: Span<'_>, at: u64) -> io::Result<Option<u64>> {
        let Some((header, payload)) = batch_at(&mut self.window, span, at)? else {
            return Ok(None);
        };
        let taken = self.fold.meet_batch(&header, payload);
        Ok(taken.ok().map(|()| at + header.total_bytes()))
    }

    /// Everything up to `end` was durable.
    fn walk_to(&mut self, this: &Found, salt: u64, end: u64) -> io::Result<u64> {
        let span = Span { file: this.file.as_ref(), salt, end };
        let mut at = SEGMENT_HEADER_BYTES;
        while at < end {
            if let Some(next) = self.take(span, at)? {
                at = next;
                continue;
            }
            let next = next_batch(&mut self.window, span, at + wide(ALIGN))?.unwrap_or(end);
            self.name(&this.name, (at, next), DamageKind::Unreadable, next - at);
            at = next;
        }
        Ok(end)
    }

    /// Nobody knows how far it went: up to its last byte that is not zero.
    fn walk_sealed(&mut self, this: &Found, salt: u64, bytes: u64) -> io::Result<u64> {
        let from = SEGMENT_HEADER_BYTES;
        let written = last_written(&mut self.window, this.file.as_ref(), from, bytes)?;
        let end = written.map_or(from, |end| end.next_multiple_of(wide(ALIGN)).min(bytes));
        self.walk_to(this, salt, end)
    }

    /// The end of the journal: what follows its last batch is a torn tail, unless a later batch
    /// proves that it had been synced.
    fn walk_last(
        &mut self,
        this: &Found,
        salt: u64,
        bytes: u64,
        options: &Options,
    ) -> io::Result<u64> {
        let span = Span { file: this.file.as_ref(), salt, end: bytes };
        let before = cut_too_far(options).then(|| self.fold.clone());
        let mut starts = (SEGMENT_HEADER_BYTES, SEGMENT_HEADER_BYTES);
        let mut at = SEGMENT_HEADER_BYTES;
        let mut whole_batches = 0;
        loop {
            if let Some(next) = self.take(span, at)? {
                starts = (starts.1, next);
                at = next;
                continue;
            }
            let Some(beyond) = self.look_beyond(span, at)? else { break };
            if beyond.synced_to <= at {
                whole_batches = beyond.batches;
                break;
            }
            self.name(&this.name, (at, beyond.next), DamageKind::Unreadable, beyond.next - at);
            at = beyond.next;
            starts.1 = at;
        }
        if let Some(before) = before.filter(|before| before.batches < self.fold.batches) {
            self.fold = before;
            at = self.walk_to(this, salt, starts.0)?;
            whole_batches += 1;
        }
        self.window.forget();
        if let Some(stop) = last_written(&mut self.window, span.file, at, this.bytes)? {
            let (file, bytes) = (this.name.clone(), stop - at);
            self.cut = Some(Cut { file, offset: at, bytes, whole_batches });
        }
        Ok(at)
    }

    /// A header alone is proof: it has a CRC of its own.
    fn look_beyond(&mut self, span: Span<'_>, from: u64) -> io::Result<Option<Beyond>> {
        let mut beyond: Option<Beyond> = None;
        let mut at = from + wide(ALIGN);
        while let Some((next, header)) = next_header(&mut self.window, span, at)? {
            let so_far = beyond.get_or_insert(Beyond { next, batches: 0, synced_to: 0 });
            so_far.synced_to = so_far.synced_to.max(header.synced_to);
            let whole = batch_at(&mut self.window, span, next)?.is_some();
            so_far.batches += u64::from(whole);
            at = next + if whole { header.total_bytes() } else { wide(ALIGN) };
        }
        Ok(beyond)
    }
}

impl Found {
    fn whole(&self) -> Option<&SegmentHeader> {
        match &self.header {
            HeaderRead::Whole(header) => Some(header),
            HeaderRead::OtherVersion(_) | HeaderRead::Blank | HeaderRead::Broken => None,
        }
    }
}

#[cfg(feature = "mutants")]
fn cut_too_far(options: &Options) -> bool {
    options.is(model::Mutant::TailCutTooFar)
}

#[cfg(not(feature = "mutants"))]
const fn cut_too_far(_: &Options) -> bool {
    false
}
