//! Starting an owner, as `server` does: the journal is opened and recovered, the views catch up, then
//! the hubs begin with everything cold.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use hub::{Hub, Limits};
use journal::shadow::ShadowDisk;
use journal::{Disk, Journal, OpenError, Recovery};
use model::{Epoch, SeededState, Term};

use super::views::KEY;
use super::{Owner, Seat, Views, Writer};
use crate::simulation::fate::Fate;
use crate::simulation::shape::Shape;

/// Batches that the views take in one go when they catch up: all there are.
const ALL: u64 = u64::MAX;

/// A new life.
///
/// # Errors
/// The disk stopped, or has no room.
pub(crate) fn open(
    fate: &mut Fate,
    shape: &Shape,
    disk: &Arc<ShadowDisk>,
    views: &mut Views,
    life: u64,
) -> Result<Owner, OpenError> {
    let options = journal::Options {
        segment_bytes: shape.segment_bytes,
        batch_max_bytes: shape.batch_max_bytes,
        #[cfg(feature = "mutants")]
        mutant: shape.mutant,
    };
    let now = fate.wall();
    let dice = &mut fate.dice;
    let start = journal::Start {
        now,
        term: Term(1),
        known: &views.records,
        known_batch: views.cursor,
        salt: &mut || dice.word(),
    };
    let (journal, recovery) = Journal::open(Arc::clone(disk) as Arc<dyn Disk>, options, start)?;
    judge(fate, &recovery);
    let reader = journal.reader();
    let mut follower = reader.follow(views.cursor);
    if views.cursor < reader.durable() {
        fate.met.count("views kept behind the journal");
    }
    views.follow(&mut follower, ALL);
    let hubs = (0..shape.hubs).map(|_| Seat {
        hub: hub(fate, shape, &recovery),
        inbox: VecDeque::new(),
        turn_at: None,
    });
    Ok(Owner {
        life,
        hubs: hubs.collect(),
        writer: Writer::new(journal, shape.hubs, shape.batch_max_bytes, shape.commit),
        reader,
        follower,
        following: false,
        links: BTreeSet::new(),
        turn: shape.turn,
        answer: shape.answer,
        follow: shape.follow,
    })
}

fn hub(fate: &mut Fate, shape: &Shape, recovery: &Recovery) -> Hub {
    Hub::new(hub::Start {
        limits: Limits {
            #[cfg(feature = "mutants")]
            mutant: shape.mutant,
            ..shape.limits.clone()
        },
        epochs: recovery.epochs,
        lamport_high: recovery.lamport_high,
        body_key: KEY,
        map_seed: SeededState(fate.dice.word(), fate.dice.word()),
    })
}

/// No fault of this world takes what was durable.
fn judge(fate: &mut Fate, recovery: &Recovery) {
    fate.trace.numbers(&[recovery.last_batch.0, recovery.records, recovery.lamport_high]);
    if let Some(cut) = &recovery.cut {
        fate.met.count("tails cut");
        if cut.whole_batches > 0 {
            fate.broken.push(format!("recovery: {cut}"));
        }
    }
    fate.broken.extend(recovery.damage.iter().map(|damage| format!("recovery: {damage}")));
    if recovery.epochs.iter().any(|epoch| *epoch != Epoch(1)) {
        fate.broken.push("recovery: an epoch has ended".to_owned());
    }
}
