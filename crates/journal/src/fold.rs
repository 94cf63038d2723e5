//! What the journal says so far: the numbers that are next, and which records are missing. Folded
//! over segment headers and batches, by recovery while it reads and by the journal while it writes.

use model::{BatchNo, Epoch, EpochStart, Fact, Offset, PartitionId, RecordNo, Term, Wall};

use crate::batch::BatchHeader;
use crate::layout::Malformed;
use crate::record::{RECORD_HEADER_BYTES, Records, TAG_EPOCH_STARTED, fact};
use crate::segment::{SegmentHeader, TABLE};

/// Records of a partition that are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gap {
    pub(crate) partition: PartitionId,
    pub(crate) from: RecordNo,
    pub(crate) to: RecordNo,
    /// The damage that took them, as an index; `None` if no damage is to be seen.
    pub(crate) damage: Option<usize>,
    /// An epoch was started for it.
    pub(crate) answered: bool,
}

/// The state of the journal behind what was read or written.
#[derive(Debug, Clone)]
pub(crate) struct Fold {
    pub(crate) next: [RecordNo; TABLE],
    pub(crate) epochs: [Epoch; TABLE],
    pub(crate) epoch_high: Epoch,
    pub(crate) last_batch: BatchNo,
    pub(crate) lamport_high: u64,
    pub(crate) last_stamp: Wall,
    pub(crate) term: Term,
    pub(crate) batches: u64,
    pub(crate) records: u64,
    pub(crate) gaps: Vec<Gap>,
    /// How many records each partition may have lost, at most, since its last known record.
    uncertain: [u64; TABLE],
    /// Partitions whose next record may have any number: what lies between was thinned away.
    loose: [bool; TABLE],
    /// The segment that is read is thinned.
    thinned: bool,
    /// The damage that was met last.
    damage: Option<usize>,
    scratch: Vec<(Offset, Option<EpochStart>)>,
}

impl Fold {
    pub(crate) fn new() -> Self {
        Self {
            next: [RecordNo(1); TABLE],
            epochs: [Epoch(1); TABLE],
            epoch_high: Epoch(1),
            last_batch: BatchNo(0),
            lamport_high: 0,
            last_stamp: Wall(0),
            term: Term(0),
            batches: 0,
            records: 0,
            gaps: Vec::new(),
            uncertain: [0; TABLE],
            loose: [false; TABLE],
            thinned: false,
            damage: None,
            scratch: Vec::new(),
        }
    }

    /// This many bytes do not read: any partition may have lost as many records as fit.
    pub(crate) fn meet_damage(&mut self, damage: usize, bytes: u64) {
        let most = bytes / RECORD_HEADER_BYTES as u64;
        for uncertain in &mut self.uncertain {
            *uncertain = uncertain.saturating_add(most);
        }
        self.damage = Some(damage);
    }

    /// A whole header knows what stood before it, so what is missing is known exactly.
    pub(crate) fn meet_segment(&mut self, header: &SegmentHeader) {
        for partition in PartitionId::all() {
            let index = partition.index();
            self.reach(partition, header.next[index]);
            self.epochs[index] = self.epochs[index].max(header.epochs[index]);
        }
        self.epoch_high = self.epoch_high.max(header.epoch_high);
        self.last_batch = self.last_batch.max(BatchNo(header.first_batch.0.saturating_sub(1)));
        self.lamport_high = self.lamport_high.max(header.lamport_high);
        self.last_stamp = self.last_stamp.max(header.last_stamp);
        self.term = self.term.max(header.term);
        self.damage = None;
        self.loose = [false; TABLE];
    }

    /// The segment that is read from now on is thinned, or is not. Its own records may jump then, and
    /// so may the first that follow of each partition: unless damage may have taken some of them.
    pub(crate) fn enter(&mut self, thinned: bool) {
        self.thinned = thinned;
        if thinned {
            self.loose = [true; TABLE];
        }
    }

    /// Takes a whole batch, or refuses it and changes nothing.
    pub(crate) fn meet_batch(
        &mut self,
        header: &BatchHeader,
        payload: &[u8],
    ) -> Result<(), Malformed> {
        if header.batch <= self.last_batch {
            return Err(Malformed("a batch number that was given before"));
        }
        let mut met = std::mem::take(&mut self.scratch);
        met.clear();
        let checked = self.check(header, payload, &mut met);
        if checked.is_ok() {
            for (offset, start) in &met {
                self.reach(offset.partition, offset.record);
                self.next[offset.partition.index()] = offset.record.next();
                start.iter().for_each(|start| self.answer(start));
            }
            self.batches += 1;
            self.records += u64::from(header.records);
            self.last_batch = header.batch;
            self.lamport_high = self.lamport_high.max(header.lamport_high);
            self.last_stamp = self.last_stamp.max(header.stamp);
            self.term = self.term.max(header.term);
            self.epoch_high = self.epoch_high.max(header.epoch_high);
        }
        self.scratch = met;
        checked
    }

    /// Are there as many records as the header says, and do their numbers rise?
    fn check(
        &self,
        header: &BatchHeader,
        payload: &[u8],
        met: &mut Vec<(Offset, Option<EpochStart>)>,
    ) -> Result<(), Malformed> {
        let mut next = self.next;
        for record in Records::new(payload) {
            let record = record?;
            let Offset { partition, record: number } = record.offset;
            if number < next[partition.index()] || number.0 == u64::MAX {
                return Err(Malformed("a record number that was given before"));
            }
            next[partition.index()] = number.next();
            let start = if record.tag == TAG_EPOCH_STARTED {
                match fact(&record, header.stamp)? {
                    Fact::EpochStarted(start) => Some(start),
                    Fact::Message(_) | Fact::Cursors(_) | Fact::Enriched(_) | Fact::Remnant(_) => {
                        None
                    }
                }
            } else {
                None
            };
            met.push((record.offset, start));
        }
        if met.len() == header.records as usize {
            Ok(())
        } else {
            Err(Malformed("another count of records than the header says"))
        }
    }

    /// The next record of this partition is known to be `number`: what lies between is missing.
    fn reach(&mut self, partition: PartitionId, number: RecordNo) {
        let index = partition.index();
        let next = self.next[index];
        let thinned_away = self.loose[index] && self.uncertain[index] == 0;
        if number > next && !thinned_away {
            let (from, to) = (next, RecordNo(number.0 - 1));
            self.gaps.push(Gap { partition, from, to, damage: self.damage, answered: false });
        }
        self.next[index] = next.max(number);
        self.uncertain[index] = 0;
        self.loose[index] = self.thinned;
    }

    fn answer(&mut self, start: &EpochStart) {
        let index = start.partition.index();
        self.epochs[index] = self.epochs[index].max(start.epoch);
        self.epoch_high = self.epoch_high.max(start.epoch);
        for gap in &mut self.gaps {
            gap.answered |= gap.partition == start.partition
                && gap.from >= start.missing_from
                && gap.to <= start.missing_to;
        }
    }

    /// Everything was read. What damage may have taken without a trace counts as missing, and so
    /// does what the views have seen and the journal does not hold.
    pub(crate) fn finish(&mut self, known: &[RecordNo; TABLE], known_batch: BatchNo) {
        // No thinned segment is the last one: what the views have seen above it is lost.
        self.loose = [false; TABLE];
        for partition in PartitionId::all() {
            let index = partition.index();
            let most = self.next[index].0.saturating_add(self.uncertain[index]);
            let seen = known[index].0.saturating_add(1);
            let damage = self.damage;
            self.damage = damage.filter(|_| self.uncertain[index] > 0);
            self.reach(partition, RecordNo(most.max(seen)));
            self.damage = damage;
        }
        self.last_batch = self.last_batch.max(known_batch);
    }

    /// The facts that answer the gaps which nobody answered yet, each with a new epoch.
    pub(crate) fn unanswered(&self) -> Vec<Fact> {
        let mut epoch = self.epoch_high;
        let open = self.gaps.iter().filter(|gap| !gap.answered);
        open.map(|gap| {
            epoch = epoch.next();
            Fact::EpochStarted(EpochStart {
                partition: gap.partition,
                epoch,
                missing_from: gap.from,
                missing_to: gap.to,
            })
        })
        .collect()
    }

    /// Numbers a fact that is about to be written.
    pub(crate) fn give(&mut self, fact: &Fact) -> Offset {
        let partition = fact.partition().expect("a list of cursor moves is not empty");
        let index = partition.index();
        let record = self.next[index];
        self.next[index] = record.next();
        match fact {
            Fact::Message(message) => self.lamport_high = self.lamport_high.max(message.lamport),
            Fact::EpochStarted(start) => {
                self.epochs[index] = start.epoch;
                self.epoch_high = self.epoch_high.max(start.epoch);
            }
            Fact::Cursors(_) | Fact::Enriched(_) | Fact::Remnant(_) => {}
        }
        Offset { partition, record }
    }
}

#[cfg(test)]
mod tests;
