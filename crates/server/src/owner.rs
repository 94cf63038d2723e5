//! The owner's shell: it starts the drives in the order that makes everything true before anyone can
//! ask, and ends them in the order that loses nothing.
//!
//! Start: lock → history's cursor → journal (recovery) → history to the journal's end → hubs → links.
//! End: links → hubs (cursors flushed) → journal → history persisted.

mod crew;
mod disk;
pub(crate) mod enrich_asks;
pub(crate) mod enrich_drive;
pub(crate) mod enrich_times;
mod enrich_why;
mod follow;
mod headroom;
mod hub_drive;
mod journal_drive;
mod keeper;
mod last_limit;
mod links;
pub(crate) mod provider;
mod queries;
mod reports;
mod searcher;
mod start;
mod views;
mod ways;

use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use journal::Reader;
use link::NotReady;

use crate::config::Prices;
use crate::error::ServeError;
use crate::health::{self, OwnerHealth};
use crate::spending::Spending;
use crew::Crew;
use enrich_drive::EnrichGauges;
use enrich_times::Times;
use provider::Provider;

pub use follow::FollowError;
pub(crate) use follow::FollowGauges;
pub(crate) use headroom::free_bytes;
use keeper::KeeperGauges;
pub(crate) use links::{Links, accept};
pub(crate) use start::{TERM, start};

/// How many views follow the journal.
const VIEWS: usize = 2;

/// A running owner.
pub(crate) struct Owner {
    /// What opening found.
    pub(crate) opened: Opened,
    pub(crate) reader: Reader,
    /// How history follows the journal.
    pub(crate) following: Arc<FollowGauges>,
    /// How the tables do.
    pub(crate) counting: Arc<FollowGauges>,
    /// What the keeper of the rules has done.
    pub(crate) keeping: Arc<KeeperGauges>,
    /// How enriching stands, where there is a service.
    pub(crate) enriching: Option<Enriching>,
    /// How long after its arrival a message is counted with its first result.
    pub(crate) visible: Arc<Times>,
    /// Bytes of what one hub keeps until history has it: then it refuses sends.
    pub(crate) tail_max_bytes: usize,
    pub(crate) links: Arc<Links>,
    pub(crate) crew: Crew,
}

/// How enriching stands.
#[derive(Clone)]
pub(crate) struct Enriching {
    pub(crate) gauges: Arc<Mutex<EnrichGauges>>,
    /// How long after its arrival a message's first result is durable.
    pub(crate) durable: Arc<Times>,
    pub(crate) provider: Arc<Provider>,
    /// From a message's arrival to its first result.
    pub(crate) deadline: Duration,
    pub(crate) prices: Prices,
}

/// What opening the data directory found.
#[derive(Debug, Clone, Default)]
pub(crate) struct Opened {
    /// A torn tail was cut.
    pub(crate) cut_tail: bool,
    /// Damaged ranges: file, bytes, what is missing, what to do.
    pub(crate) damage: Vec<String>,
    /// From start to ready.
    pub(crate) ready_after: Duration,
    /// The life before ended inside a sync (known to the shadow disk only).
    #[cfg(feature = "mutants")]
    pub(crate) died_in_sync: bool,
}

/// Where a drive says that the process must end; the first reason counts.
#[derive(Debug, Default)]
pub(crate) struct Fatal {
    why: Mutex<Option<ServeError>>,
    raised: tokio::sync::Notify,
}

impl Fatal {
    /// Ends the process, soon.
    pub(crate) fn raise(&self, why: ServeError) {
        tracing::error!(%why, "must stop");
        self.lock().get_or_insert(why);
        self.raised.notify_one();
    }

    /// Waits until someone raises; only one may wait.
    pub(crate) async fn wait(&self) -> ServeError {
        loop {
            self.raised.notified().await;
            if let Some(why) = self.lock().take() {
                return why;
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<ServeError>> {
        self.why.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Owner {
    /// Why sends would not work now.
    pub(crate) fn not_ready(&self) -> Vec<NotReady> {
        let journal = &self.crew.journal;
        let hubs = self.crew.hubs.iter();
        let tails = hubs.map(|hub| hub.lock().unwrap_or_else(PoisonError::into_inner).tail_bytes);
        health::owner(&OwnerHealth {
            poisoned: journal.poisoned.load(Relaxed),
            disk_full: journal.disk_full.load(Relaxed),
            disk_short: journal.disk_short.load(Relaxed),
            tail_bytes: tails.max().unwrap_or(0),
            tail_max_bytes: self.tail_max_bytes,
        })
    }

    /// What is wrong with the NLP service, which stops nothing.
    pub(crate) fn troubles(&self) -> Vec<String> {
        let of = self.enriching.as_ref().map(|enriching| enriching.provider.troubles());
        let said =
            |why| format!("NLP service {why}; chat goes on, messages have a guess meanwhile");
        of.unwrap_or_default().into_iter().map(said).collect()
    }

    /// What the NLP service costs, where there is one.
    pub(crate) fn spending(&self) -> Option<Spending> {
        let of = self.enriching.as_ref()?;
        let now = of.gauges.lock().unwrap_or_else(PoisonError::into_inner);
        Some(Spending::of(&now, &of.prices))
    }

    /// How many durable batches a view has not taken yet.
    pub(crate) fn behind(&self, view: &FollowGauges) -> u64 {
        self.reader.durable().0.saturating_sub(view.at.load(Relaxed))
    }
}
