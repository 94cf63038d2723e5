//! How the process does and did in the last minutes, for the page of operators: the same figures every
//! two seconds, in a ring.

mod understanding;

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use gateway::{Gateway, Latencies};
use model::Reason;
use serde::Serialize;
use tokio::time::{MissedTickBehavior, interval};

use crate::config::{Config, Role};
use crate::health::Readiness;
use crate::http::ReplayShown;
use crate::metrics;
use crate::owner::enrich_asks::going;
use crate::owner::{Owner, free_bytes};
use crate::spending::Spending;
use understanding::{Conservation, Understanding, Understood};

/// How often.
const EVERY: Duration = Duration::from_secs(2);

/// How many samples are kept: five minutes.
const SAMPLES_MAX: usize = 150;

/// What a sample has; `None` = this role has none of it, or there was nothing to measure.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
struct Sample {
    connections: Option<f64>,
    messages_per_second: Option<f64>,
    acknowledge_p50_ms: Option<f64>,
    acknowledge_p99_ms: Option<f64>,
    /// Mean of write and sync of a batch.
    sync_ms: Option<f64>,
    /// Sends that wait for the owner.
    sends_in_flight: Option<f64>,
    /// Facts that wait for the journal.
    undurable: Option<f64>,
    /// Inputs that wait for a load from history.
    waiting: Option<f64>,
    history_behind_batches: Option<f64>,
    tables_behind_batches: Option<f64>,
    memory_bytes: Option<f64>,
    disk_free_bytes: Option<f64>,
    /// Of the processors that the process may use, 0 to 1.
    cpu_share: Option<f64>,
    #[serde(flatten)]
    understanding: Understanding,
}

/// What `/v1/status` says.
#[derive(Debug, Serialize)]
pub(crate) struct Shown {
    version: &'static str,
    role: Role,
    /// Since the process served.
    up_seconds: u64,
    readiness: Readiness,
    connections_max: Option<usize>,
    disk_reserve_bytes: Option<u64>,
    /// Where all messages are, where a service is asked.
    understanding: Option<Conservation>,
    /// Messages that were given up; none where messages are not enriched.
    letters: Option<Letters>,
    /// What the NLP service costs, where there is one.
    nlp: Option<Spending>,
    /// Between two samples.
    every_ms: u128,
    /// The oldest first.
    samples: Vec<Sample>,
}

/// Messages that were given up.
#[derive(Debug, Serialize)]
struct Letters {
    /// By why.
    reasons: BTreeMap<&'static str, u64>,
    /// The replay that runs, or the last one.
    replay: Option<ReplayShown>,
}

/// What only rises, at a moment.
#[derive(Debug)]
struct Totals {
    at: Instant,
    messages: u64,
    syncs: u64,
    sync_nanos: u64,
    latencies: Option<Latencies>,
    cpu_seconds: Option<f64>,
    understood: Option<Understood>,
}

/// The last minutes.
pub(crate) struct Minutes {
    owner: Option<Arc<Owner>>,
    gateway: Option<Gateway>,
    role: Role,
    data: PathBuf,
    reserve_bytes: u64,
    since: Instant,
    samples: Mutex<VecDeque<Sample>>,
}

impl Minutes {
    pub(crate) fn new(
        config: &Config,
        owner: Option<Arc<Owner>>,
        gateway: Option<Gateway>,
    ) -> Self {
        Self {
            owner,
            gateway,
            role: config.role,
            data: config.data.clone(),
            reserve_bytes: config.disk_reserve_bytes,
            since: Instant::now(),
            samples: Mutex::default(),
        }
    }

    /// Looks every two seconds, until it is dropped.
    pub(crate) async fn watch(self: Arc<Self>) {
        let mut tick = interval(EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut before = self.totals();
        loop {
            tick.tick().await;
            let now = self.totals();
            let sample = self.sample(&before, &now);
            keep(&mut self.samples.lock().unwrap_or_else(PoisonError::into_inner), sample);
            before = now;
        }
    }

    /// All of it.
    pub(crate) fn shown(&self, readiness: Readiness) -> Shown {
        let samples = self.samples.lock().unwrap_or_else(PoisonError::into_inner);
        Shown {
            version: env!("CARGO_PKG_VERSION"),
            role: self.role,
            up_seconds: self.since.elapsed().as_secs(),
            readiness,
            connections_max: self.gateway.as_ref().map(Gateway::connections_max),
            disk_reserve_bytes: self.owner.as_ref().map(|_| self.reserve_bytes),
            understanding: self.understood().map(|now| now.conservation()),
            letters: self.owner.as_ref().and_then(|owner| letters(owner)),
            nlp: self.owner.as_ref().and_then(|owner| owner.spending()),
            every_ms: EVERY.as_millis(),
            samples: samples.iter().cloned().collect(),
        }
    }

    fn totals(&self) -> Totals {
        let latencies = self.gateway.as_ref().map(Gateway::latencies);
        let journal = self.owner.as_ref().map(|owner| &owner.crew.journal);
        let messages = match &self.owner {
            Some(owner) => hubs(owner, |hub| hub.durable),
            None => latencies.as_ref().map_or(0, Latencies::count),
        };
        Totals {
            at: Instant::now(),
            messages,
            syncs: journal.map_or(0, |journal| journal.syncs.load(Relaxed)),
            sync_nanos: journal.map_or(0, |journal| journal.sync_nanos.load(Relaxed)),
            latencies,
            cpu_seconds: metrics::cpu_seconds(),
            understood: self.understood(),
        }
    }

    fn understood(&self) -> Option<Understood> {
        self.owner.as_ref().and_then(|owner| Understood::of(owner))
    }

    fn sample(&self, before: &Totals, now: &Totals) -> Sample {
        let mut sample = over(before, now);
        if let Some(gateway) = &self.gateway {
            let counters = gateway.counters();
            sample.connections = Some(num(counters.connections));
            sample.sends_in_flight = Some(num(counters.sends_in_flight));
        }
        if let Some(owner) = &self.owner {
            sample.undurable = Some(num(hubs(owner, |hub| hub.undurable as u64)));
            sample.waiting = Some(num(hubs(owner, |hub| hub.waiting as u64)));
            sample.history_behind_batches = Some(num(owner.behind(&owner.following)));
            sample.tables_behind_batches = Some(num(owner.behind(&owner.counting)));
            sample.disk_free_bytes = free_bytes(&self.data).ok().map(num);
        }
        sample.memory_bytes = memory_bytes().map(num);
        sample
    }
}

/// What happened between two moments.
fn over(before: &Totals, now: &Totals) -> Sample {
    let seconds = now.at.duration_since(before.at).as_secs_f64();
    let rate = |now: u64, before: u64| num(now.saturating_sub(before)) / seconds.max(1e-3);
    let syncs = now.syncs.saturating_sub(before.syncs);
    let sync_nanos = now.sync_nanos.saturating_sub(before.sync_nanos);
    let latencies = now.latencies.as_ref().zip(before.latencies.as_ref());
    let latencies = latencies.map(|(now, before)| now.since(before));
    let cpu = now.cpu_seconds.zip(before.cpu_seconds).zip(metrics::cores());
    let understood = now.understood.as_ref().zip(before.understood.as_ref());
    let quantile = |share| {
        let micros =
            latencies.as_ref().filter(|since| since.count() > 0)?.quantile_micros(share)?;
        Some(num(micros) / 1e3)
    };
    Sample {
        messages_per_second: Some(rate(now.messages, before.messages)),
        acknowledge_p50_ms: quantile(0.5),
        acknowledge_p99_ms: quantile(0.99),
        cpu_share: cpu.map(|((now, before), cores)| (now - before) / seconds.max(1e-3) / cores),
        understanding: understood
            .map(|(now, before)| now.since(before, seconds.max(1e-3)))
            .unwrap_or_default(),
        sync_ms: (syncs > 0).then(|| num(sync_nanos) / num(syncs) / 1e6),
        ..Sample::default()
    }
}

fn letters(owner: &Owner) -> Option<Letters> {
    let gauges = &owner.enriching.as_ref()?.gauges;
    let now = gauges.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let reasons = Reason::ALL.map(Reason::text).into_iter().zip(now.dead);
    let reasons = reasons.filter(|(_, letters)| *letters > 0).collect();
    let replay = now.replay.map(|replay| ReplayShown::from(going(replay)));
    Some(Letters { reasons, replay })
}

fn keep(samples: &mut VecDeque<Sample>, sample: Sample) {
    if samples.len() >= SAMPLES_MAX {
        samples.pop_front();
    }
    samples.push_back(sample);
}

/// Of all hubs together.
fn hubs(owner: &Owner, field: impl Fn(&hub::Gauges) -> u64) -> u64 {
    let hubs = owner.crew.hubs.iter();
    hubs.map(|hub| field(&hub.lock().unwrap_or_else(PoisonError::into_inner))).sum()
}

/// What the system says this process has in memory (proc(5)); elsewhere than on Linux nobody says it.
fn memory_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    metrics::resident_bytes(&status)
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn num(value: u64) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests;
