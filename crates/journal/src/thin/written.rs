//! Writing a segment anew beside itself, and giving it its name.

use std::sync::Arc;

use model::BatchNo;

use super::ThinError;
use super::judged::Judged;
use crate::batch::{BATCH_HEADER_BYTES, BatchHeader};
use crate::disk::{Disk, DiskFile};
use crate::layout::wide;
use crate::segment::{SEGMENT_HEADER_BYTES, SegmentHeader, ThinnedMark, thin_name};
use crate::shared::Segment;

/// Writes it, syncs it, renames it; what was begun is removed if anything fails. The names are not
/// synced yet.
pub(super) fn beside(
    disk: &dyn Disk,
    segment: &Segment,
    judged: &Judged,
    as_of: BatchNo,
) -> Result<Arc<dyn DiskFile>, ThinError> {
    let name = thin_name(segment.number);
    let created = disk.create(&name, judged.thinned.bytes_after);
    let file = created.map_err(ThinError::io(segment, "making room beside it"))?;
    let done = fill(file.as_ref(), segment, judged, as_of).and_then(|()| {
        file.sync().map_err(ThinError::io(segment, "syncing it anew"))?;
        disk.rename(&name, &segment.name).map_err(ThinError::io(segment, "renaming it"))
    });
    if let Err(error) = done {
        // What remains is overwritten by the next attempt, or removed by the next opening.
        let _ = disk.remove(&name);
        return Err(error);
    }
    Ok(file)
}

fn fill(
    file: &dyn DiskFile,
    segment: &Segment,
    judged: &Judged,
    as_of: BatchNo,
) -> Result<(), ThinError> {
    let failed = || ThinError::io(segment, "writing it anew");
    let mut at = SEGMENT_HEADER_BYTES;
    let mut content_crc = 0;
    let mut batch = Vec::new();
    judged.each_left(segment, |header, records| {
        batch.clear();
        batch.resize(BATCH_HEADER_BYTES, 0);
        batch.extend_from_slice(records);
        BatchHeader { thinned_as_of: as_of, ..header }.seal(&mut batch);
        content_crc = crc32c::crc32c_append(content_crc, &batch);
        file.write_at(at, &batch).map_err(failed())?;
        at += wide(batch.len());
        Ok(())
    })?;
    assert_eq!(at, judged.thinned.bytes_after, "the bytes were counted");
    let thinned = Some(ThinnedMark { as_of, content_crc });
    let header = SegmentHeader { segment_bytes: at, thinned, ..judged.header.clone() };
    file.write_at(0, &header.encode()).map_err(failed())
}
