//! The journal lets go what history has let go.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use history::{History, HistoryError, Kept};
use journal::{ThinError, Thinned, Thinner, Verdict};
use model::{BatchNo, Fact};

use super::KeeperGauges;
use crate::inbox::Inbox;
use crate::owner::FollowGauges;
use crate::owner::journal_drive::JournalEvent;

/// How long the keeper waits for the segment that is written to be sealed.
const SEALED_WITHIN: Duration = Duration::from_secs(5);

/// How often it looks.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// When a segment is written anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Worth {
    /// When at least half of it goes: it is space that matters.
    Half,
    /// When anything goes: it is words that matter.
    Anything,
}

pub(crate) struct Thinning {
    pub(crate) thinner: Thinner,
    pub(crate) history: History,
    /// How far the tables have come: what they have not counted stays.
    pub(crate) tables: Arc<FollowGauges>,
    pub(crate) journal: Arc<Inbox<JournalEvent>>,
    pub(crate) gauges: Arc<KeeperGauges>,
}

impl Thinning {
    /// Seals the segment that is written, so that it can be thinned, too.
    pub(crate) async fn seal(&self, stop: &AtomicBool) {
        let before = self.thinner.sealed().len();
        self.journal.answer(JournalEvent::Seal);
        let until = Instant::now() + SEALED_WITHIN;
        while self.thinner.sealed().len() == before && Instant::now() < until && !stop.load(Relaxed)
        {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Thins all sealed segments of which it is worth it. Blocks.
    pub(crate) fn thin(&self, worth: Worth, stop: &AtomicBool) -> Result<(), HistoryError> {
        for sealed in self.thinner.sealed() {
            let as_of = BatchNo(self.tables.at.load(Relaxed)).min(self.history.cursor()?.batch);
            if stop.load(Relaxed) || as_of < sealed.last_batch {
                break;
            }
            let mut failed = None;
            let judge = |_, _, fact: &Fact| match self.history.keeps(fact) {
                Ok(Kept::Whole) => Verdict::Keep,
                Ok(Kept::Remnant(remnant)) => Verdict::Replace(Fact::Remnant(*remnant)),
                Ok(Kept::Nothing) => Verdict::Drop,
                Err(why) => {
                    failed.get_or_insert(why);
                    Verdict::Keep
                }
            };
            let is_worth_it = |thinned: &Thinned| {
                worth == Worth::Anything || thinned.bytes_after * 2 <= thinned.bytes_before
            };
            let thinned = self.thinner.thin(sealed.number, as_of, judge, is_worth_it);
            if let Some(why) = failed {
                return Err(why);
            }
            self.tell(thinned);
        }
        if let Err(why) = self.thinner.delete_front() {
            tracing::warn!(%why, "an empty segment stays");
        }
        Ok(())
    }

    fn tell(&self, thinned: Result<Thinned, ThinError>) {
        match thinned {
            Ok(Thinned { written: true, bytes_before, bytes_after, .. }) => {
                self.gauges.thinned.fetch_add(1, Relaxed);
                let freed = bytes_before.saturating_sub(bytes_after);
                self.gauges.freed_bytes.fetch_add(freed, Relaxed);
            }
            Ok(Thinned { written: false, .. }) => {}
            Err(why) => {
                self.gauges.thin_failures.fetch_add(1, Relaxed);
                tracing::error!(%why, "words that should have gone are still in the journal");
            }
        }
    }
}
