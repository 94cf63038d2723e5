//! Followers: each reads the journal with its own cursor, and nothing else.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use history::{ApplyError, BatchIn, History, HistoryError, Item};
use journal::{Batch, Follower, ReadError, Reader};
use model::{BatchNo, BodyKey};
use thiserror::Error;

use super::hub_drive::HubEvent;
use crate::inbox::Inbox;

/// Records that history takes in one transaction, at least (the last batch is taken whole).
const CHUNK_RECORDS: usize = 4096;

/// How often what history took is made durable: what a crash makes it read again.
const PERSIST_EVERY: Duration = Duration::from_secs(1);

/// How long a follower waits for news before it looks whether to stop.
const PATIENCE: Duration = Duration::from_millis(100);

/// Why a follower cannot go on.
#[derive(Debug, Error)]
pub enum FollowError {
    /// The journal cannot be read.
    #[error("the journal cannot be followed: {0}")]
    Journal(#[from] ReadError),
    /// The view cannot take what the journal says.
    #[error("view history: {0}")]
    Apply(#[from] ApplyError),
    /// The view failed.
    #[error("view history: {0}")]
    History(#[from] HistoryError),
}

/// Brings history up to what was durable at the call; says how far it came.
pub(crate) fn catch_up(
    history: &History,
    reader: &Reader,
    body_key: &BodyKey,
) -> Result<BatchNo, FollowError> {
    let goal = reader.durable();
    let mut at = history.cursor()?.batch;
    let mut follower = reader.follow(at);
    while at < goal {
        at = step(&mut follower, history, body_key)?.unwrap_or(goal);
    }
    history.persist()?;
    Ok(at)
}

/// Follows until told to stop, telling the hubs how far history has come.
pub(crate) fn run(
    history: &History,
    reader: &Reader,
    body_key: &BodyKey,
    hubs: &[Arc<Inbox<HubEvent>>],
    stop: &AtomicBool,
) -> Result<(), FollowError> {
    let mut at = history.cursor()?.batch;
    let mut follower = reader.follow(at);
    let mut persisted = Instant::now();
    while !stop.load(Relaxed) {
        if reader.wait_durable(at, PATIENCE) > at {
            while let Some(came) = step(&mut follower, history, body_key)? {
                at = came;
                for hub in hubs {
                    hub.answer(HubEvent::Indexed(at));
                }
            }
        }
        if persisted.elapsed() >= PERSIST_EVERY {
            history.persist()?;
            persisted = Instant::now();
        }
    }
    history.persist()?;
    Ok(())
}

/// Takes the next chunk of batches; says the last batch taken, `None` if there was nothing.
fn step(
    follower: &mut Follower,
    history: &History,
    body_key: &BodyKey,
) -> Result<Option<BatchNo>, FollowError> {
    let mut came = Vec::new();
    let mut records = 0;
    while records < CHUNK_RECORDS {
        let Some(batch) = follower.next_batch()? else { break };
        if let Batch::Facts(view) = &batch {
            records += view.facts.len();
        }
        came.push(batch);
    }
    let Some(last) = came.last().map(Batch::last) else { return Ok(None) };
    let items: Vec<_> = came
        .iter()
        .map(|batch| match batch {
            Batch::Facts(view) => {
                Item::Batch(BatchIn { batch: view.batch, stamp: view.stamp, facts: &view.facts })
            }
            Batch::Hole(hole) => Item::Hole { up_to: hole.to },
        })
        .collect();
    history.apply(&items, body_key)?;
    Ok(Some(last))
}
