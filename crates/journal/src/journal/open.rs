//! Opening: recovery reads, then the tail is cut and synced, then what is missing is answered.

use std::io;
use std::sync::Arc;

use rand_core::SeedableRng;
use rand_pcg::Pcg64Mcg;

use super::{AppendError, Current, Journal};
use crate::disk::Disk;
use crate::limits::{Options, RECORDS_PER_BATCH_MAX};
use crate::record;
use crate::recovery::{OpenError, Recovery, Scan, Start};
use crate::shared::Shared;
use crate::spare::Spare;
use crate::thin::Thinner;

impl Journal {
    /// Reads all there is, and goes on behind it.
    ///
    /// # Errors
    /// [`OpenError`]. Damage is not an error: it is named in [`Recovery::damage`].
    pub fn open(
        disk: Arc<dyn Disk>,
        options: Options,
        start: Start<'_>,
    ) -> Result<(Self, Recovery), OpenError> {
        options.check()?;
        let mut scan = Scan::read(disk.as_ref(), &options)?;
        if start.term < scan.fold.term {
            return Err(OpenError::StaleTerm { given: start.term, found: scan.fold.term });
        }
        scan.settle(disk.as_ref(), options.segment_bytes)?;
        scan.fold.finish(start.known, start.known_batch);
        let found = (scan.fold.batches, scan.fold.records);
        let damage = scan.damage();
        let shared = Arc::new(Shared::new(scan.segments, scan.kept, scan.fold.last_batch));
        let mut journal = Self {
            term: start.term,
            current: scan.tail.map(|tail| Current {
                file: tail.file,
                salt: tail.salt,
                at: tail.at,
                end: tail.end,
                synced_to: tail.at,
            }),
            thinner: Thinner::new(Arc::clone(&disk), Arc::clone(&shared)),
            shared,
            spare: Arc::new(Spare::new(disk, options.segment_bytes, scan.next_number, scan.spare)),
            dice: dice(start.salt),
            poison: None,
            full_since: None,
            buffer: Vec::new(),
            fold: scan.fold,
            options,
        };
        journal.shared.lock().stats.syncs = u64::from(journal.current.is_some());
        if journal.current.is_none() {
            journal.roll(start.now).map_err(begin_error)?;
        }
        journal.answer_gaps(&start)?;
        let recovery = Recovery {
            epochs: journal.fold.epochs,
            next: journal.fold.next,
            last_batch: journal.fold.last_batch,
            lamport_high: journal.fold.lamport_high,
            last_stamp: journal.fold.last_stamp,
            batches: found.0,
            records: found.1,
            cut: scan.cut,
            damage,
        };
        Ok((journal, recovery))
    }

    /// Journals a new epoch for each gap that has none: a loss is answered once.
    fn answer_gaps(&mut self, start: &Start<'_>) -> Result<(), OpenError> {
        let facts = self.fold.unanswered();
        let mut rest = facts.as_slice();
        while let Some(first) = rest.first() {
            let each = record::encoded_len(first);
            let fit = (self.options.batch_max_bytes / each).clamp(1, RECORDS_PER_BATCH_MAX);
            let (now, later) = rest.split_at(fit.min(rest.len()));
            self.append(now, start.now).map_err(begin_error)?;
            rest = later;
        }
        self.fold.gaps = Vec::new();
        Ok(())
    }
}

fn dice(salt: &mut dyn FnMut() -> u64) -> Pcg64Mcg {
    let mut seed = [0; 16];
    seed[..8].copy_from_slice(&salt().to_le_bytes());
    seed[8..].copy_from_slice(&salt().to_le_bytes());
    Pcg64Mcg::from_seed(seed)
}

fn begin_error(error: AppendError) -> OpenError {
    let kind = match error {
        AppendError::DiskFull => io::ErrorKind::StorageFull,
        AppendError::Poisoned { .. } | AppendError::TooLarge { .. } => io::ErrorKind::Other,
    };
    OpenError::Io { what: "beginning to write".to_owned(), source: io::Error::new(kind, error) }
}
