//! Followers: each view reads the journal with its own cursor, and nothing else.
//!
//! Views have no type in common, for none knows of the other; here they get one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use history::History;
use journal::{Batch, Follower, ReadError, Reader};
use model::{BatchNo, BodyKey};
use tables::Tables;
use thiserror::Error;

use super::enrich_drive::arrival;
use super::enrich_times::Times;
use crate::clock::Clock;
use crate::health::Progress;

/// Records that a view takes in one call, at least (the last batch is taken whole).
const CHUNK_RECORDS: usize = 8192;

/// How often what a view took is made durable: what a crash makes it read again.
const PERSIST_EVERY: Duration = Duration::from_secs(1);

/// Under load a view waits so many times longer than it works, up to its bound, and so takes a small part of a
/// processor and of the disk from those who answer people.
const REST: u32 = 20;

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
    HistoryApply(#[from] history::ApplyError),
    /// The view failed.
    #[error("view history: {0}")]
    History(#[from] history::HistoryError),
    /// The view cannot take what the journal says.
    #[error("view tables: {0}")]
    TablesApply(#[from] tables::ApplyError),
    /// The view failed.
    #[error("view tables: {0}")]
    Tables(#[from] tables::TablesError),
}

/// Something that is folded from the journal.
pub(crate) trait View {
    /// How long it lets batches gather, at least: few large steps cost less than many small ones.
    const GATHER: Duration;

    /// At most: under load it waits [`REST`] times as long as its last step took.
    const GATHER_MAX: Duration;

    /// Whether it gives way to those who answer people.
    const YIELDS: bool;

    /// The last batch it has.
    fn at(&self) -> Result<BatchNo, FollowError>;

    /// The last batch that it does not ask for again when it is opened anew.
    fn kept(&self) -> Result<BatchNo, FollowError> {
        self.at()
    }

    /// Takes what comes next.
    fn take(&mut self, batches: &[Batch]) -> Result<(), FollowError>;

    /// Makes durable what it took.
    fn persist(&mut self) -> Result<(), FollowError>;
}

/// Brings a view up to what was durable at the call; says how far it came.
pub(crate) fn catch_up(
    view: &mut impl View,
    reader: &Reader,
    progress: &Progress,
) -> Result<BatchNo, FollowError> {
    let goal = reader.durable();
    let mut at = view.at()?;
    progress.expect(goal.0.saturating_sub(at.0));
    let mut follower = reader.follow(at);
    while at < goal {
        let before = at;
        at = step(&mut follower, view)?.unwrap_or(goal);
        progress.advance(at.0 - before.0);
    }
    view.persist()?;
    Ok(at)
}

/// What a follower shows of itself. A step that is slow was held up by the view's store.
#[derive(Debug, Default)]
pub(crate) struct FollowGauges {
    /// The last batch that the view has.
    pub(crate) at: AtomicU64,
    pub(crate) steps: AtomicU64,
    pub(crate) step_nanos: AtomicU64,
    pub(crate) slowest_nanos: AtomicU64,
}

/// Follows until told to stop, telling how far the view has come.
pub(crate) fn run<V: View>(
    view: &mut V,
    reader: &Reader,
    gauges: &FollowGauges,
    stop: &AtomicBool,
    came: impl Fn(BatchNo),
) -> Result<(), FollowError> {
    let mut at = view.at()?;
    gauges.at.store(view.kept()?.0, Relaxed);
    let mut follower = reader.follow(at);
    let mut persisted = Instant::now();
    let mut worked = Duration::ZERO;
    while !stop.load(Relaxed) {
        if reader.wait_durable(at, PATIENCE) > at {
            gather::<V>(worked, stop);
            let began = Instant::now();
            while let Some(now_at) = step(&mut follower, view)? {
                at = now_at;
                gauges.at.store(view.kept()?.0, Relaxed);
                came(at);
            }
            worked = began.elapsed();
            gauges.worked(worked);
        } else if reader.is_poisoned() {
            // Nothing more will come; waiting would not wait.
            std::thread::sleep(PATIENCE);
        }
        if persisted.elapsed() >= PERSIST_EVERY {
            view.persist()?;
            gauges.at.store(view.kept()?.0, Relaxed);
            persisted = Instant::now();
        }
    }
    view.persist()
}

impl FollowGauges {
    fn worked(&self, took: Duration) {
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.steps.fetch_add(1, Relaxed);
        self.step_nanos.fetch_add(nanos, Relaxed);
        self.slowest_nanos.fetch_max(nanos, Relaxed);
    }
}

/// Lets batches gather, by how long the last step took. A stop is not kept waiting.
fn gather<V: View>(worked: Duration, stop: &AtomicBool) {
    let until = Instant::now() + (worked * REST).clamp(V::GATHER, V::GATHER_MAX);
    while !stop.load(Relaxed)
        && let Some(left) = until.checked_duration_since(Instant::now())
    {
        std::thread::sleep(left.min(PATIENCE));
    }
}

/// Takes the next chunk of batches; says the last batch taken, `None` if there was nothing.
fn step(follower: &mut Follower, view: &mut impl View) -> Result<Option<BatchNo>, FollowError> {
    let mut came = Vec::new();
    let mut records = 0;
    while records < CHUNK_RECORDS {
        let Some(batch) = follower.next_batch()? else { break };
        if let Batch::Facts(facts) = &batch {
            records += facts.facts.len();
        }
        came.push(batch);
    }
    let Some(last) = came.last().map(Batch::last) else { return Ok(None) };
    view.take(&came)?;
    Ok(Some(last))
}

/// History, with the secret it needs.
pub(crate) struct HistoryView {
    pub(crate) history: History,
    pub(crate) body_key: BodyKey,
}

impl View for HistoryView {
    const GATHER: Duration = Duration::from_millis(25);
    const GATHER_MAX: Duration = Duration::from_millis(100);
    const YIELDS: bool = true;

    fn at(&self) -> Result<BatchNo, FollowError> {
        Ok(self.history.cursor()?.batch)
    }

    fn take(&mut self, batches: &[Batch]) -> Result<(), FollowError> {
        use history::{BatchIn, Item};
        let items = batches.iter().map(|batch| match batch {
            Batch::Facts(b) => {
                Item::Batch(BatchIn { batch: b.batch, stamp: b.stamp, facts: &b.facts })
            }
            Batch::Hole(hole) => Item::Hole { up_to: hole.to },
        });
        Ok(self.history.apply(&items.collect::<Vec<_>>(), &self.body_key)?)
    }

    fn persist(&mut self) -> Result<(), FollowError> {
        Ok(self.history.persist()?)
    }
}

/// The tables, and how late they are.
pub(crate) struct TablesView {
    pub(crate) tables: Tables,
    /// How long after its arrival a message is counted with its first result.
    pub(crate) visible: Arc<Times>,
}

impl View for Tables {
    /// A result is to be seen before its deadline.
    const GATHER: Duration = Duration::from_millis(10);
    const GATHER_MAX: Duration = Duration::from_millis(25);
    const YIELDS: bool = false;

    fn at(&self) -> Result<BatchNo, FollowError> {
        Ok(self.cursor().batch)
    }

    fn kept(&self) -> Result<BatchNo, FollowError> {
        Ok(Tables::kept(self).batch)
    }

    fn take(&mut self, batches: &[Batch]) -> Result<(), FollowError> {
        use tables::{BatchIn, Item};
        let items = batches.iter().map(|batch| match batch {
            Batch::Facts(b) => {
                Item::Batch(BatchIn { batch: b.batch, stamp: b.stamp, facts: &b.facts })
            }
            Batch::Hole(hole) => Item::Hole { up_to: hole.to },
        });
        Ok(self.apply(&items.collect::<Vec<_>>())?)
    }

    /// Rows of conversations and senders gather until then.
    fn persist(&mut self) -> Result<(), FollowError> {
        Ok(Tables::persist(self)?)
    }
}

impl View for TablesView {
    const GATHER: Duration = Tables::GATHER;
    const GATHER_MAX: Duration = Tables::GATHER_MAX;
    const YIELDS: bool = Tables::YIELDS;

    fn at(&self) -> Result<BatchNo, FollowError> {
        self.tables.at()
    }

    fn kept(&self) -> Result<BatchNo, FollowError> {
        View::kept(&self.tables)
    }

    fn take(&mut self, batches: &[Batch]) -> Result<(), FollowError> {
        self.tables.take(batches)?;
        let now = Clock::wall();
        for batch in batches {
            let Batch::Facts(view) = batch else { continue };
            for at in view.facts.iter().filter_map(|(_, fact)| arrival(fact)) {
                self.visible.add(Duration::from_millis(now.0.saturating_sub(at.0)));
            }
        }
        Ok(())
    }

    fn persist(&mut self) -> Result<(), FollowError> {
        View::persist(&mut self.tables)
    }
}
