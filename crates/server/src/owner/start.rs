//! Starting an owner: everything that must be true before a port opens.

use std::sync::Arc;
use std::time::Duration;

use enrich::Protection;
use gateway::Tracer;
use history::History;
use hub::{Hub, Limits};
use journal::{BATCH_MAX_BYTES, Journal, Recovery};
use model::{SeededState, Term};
use tables::Tables;

use super::crew::Crew;
use super::follow::{HistoryView, TablesView};
use super::hub_drive::HubEvent;
use super::links::Links;
use super::ways::Ways;
use super::{Opened, Owner, disk, follow, views};
use crate::clock::Clock;
use crate::config::Config;
use crate::data_dir::DataDir;
use crate::error::ServeError;
use crate::health::Progress;

/// There is one owner and its directory is locked: ownership never moves.
pub(crate) const TERM: Term = Term(1);

/// Bytes of a segment that no batch can have: its header, the batch's header, and some air.
const SEGMENT_OVERHEAD_BYTES: u64 = 8192;

/// Opens the data directory and starts all drives.
pub(crate) fn start(
    config: &Config,
    progress: &Progress,
    tracer: Option<&Arc<Tracer>>,
) -> Result<(DataDir, Arc<Owner>), ServeError> {
    let clock = Clock::new();
    let Open { dir, history, tables, journal, recovery, mut opened } = open(config, progress)?;
    let reader = journal.reader();
    let ways = tracer.map(|tracer| {
        Arc::new(Ways::new(Arc::clone(tracer), !config.enriching.services.is_empty()))
    });
    let mut crew = Crew::new(config, clock, reader.clone(), ways);
    crew.hubs(config, &recovery, &dir, &history)?;
    let (enriching, enricher) = crew.enricher(config, &dir, &history)?.unzip();
    crew.journal(config, journal)?;
    let views = crew.views(&dir, &history, recovery.epochs)?;
    let reports = crew.reports(&dir)?;
    let (told, key) = (crew.inboxes.clone(), dir.body_key);
    let following = crew.follow(
        "history",
        HistoryView { history: history.clone(), body_key: key },
        move |at| {
            for hub in &told {
                hub.answer(HubEvent::Indexed(at));
            }
        },
    )?;
    let visible = Arc::default();
    let counting = TablesView { tables, visible: Arc::clone(&visible) };
    let counting = crew.follow("tables", counting, |_| ())?;
    opened.ready_after = Duration::from_nanos(clock.mono().0);
    let (keeper, keeping) = crew.keeper(config, &history, &counting)?;
    let links = Arc::new(Links::new(crew.inboxes.clone(), views, reports, keeper, enricher));
    let tail_max_bytes = limits(config).tail_max_bytes;
    let owner = Owner {
        opened,
        reader,
        following,
        counting,
        keeping,
        enriching,
        visible,
        tail_max_bytes,
        links,
        crew,
    };
    Ok((dir, Arc::new(owner)))
}

/// How messages are enriched. Where there are several endpoints each has a breaker, and there is none for all.
pub(super) fn enriching(config: &Config, calls_before: Option<u32>) -> enrich::Settings {
    let mut without = config.enriching.without.clone();
    if config.enriching.services.len() > 1 {
        without.insert(Protection::Breaker);
    }
    enrich::Settings {
        deadline: config.enriching.deadline,
        calls_max: u32::try_from(config.enriching.in_flight).unwrap_or(u32::MAX),
        calls_before,
        in_hand_max: config.enriching.in_hand_max,
        again_per_s: config.enriching.again_per_second,
        backlog_max: config.enriching.backlog_max,
        privacy: config.enriching.privacy.clone(),
        without,
        seed: crate::random::u64(),
        #[cfg(feature = "mutants")]
        mutant: config.crash.mutant,
        ..enrich::Settings::default()
    }
}

/// Where its calls go; each costs so many tokens beside those of its text.
pub(super) fn dispatching(config: &Config, tokens_per_call: u64) -> enrich::DispatchSettings {
    let own = enrich::Settings::default().own;
    let of = &config.enriching;
    let [requests_per_minute, tokens_per_minute] = of.per_minute;
    enrich::DispatchSettings {
        endpoints: of.services.len(),
        has_breakers: of.services.len() > 1 && !of.without.contains(&Protection::Breaker),
        slow: of.deadline.saturating_sub(own),
        requests_per_minute,
        tokens_per_minute,
        tokens_per_call,
        cache_bytes: of.cache_bytes,
        batch_max: of.batch_max,
        batch_wait: of.batch_wait,
        seed: crate::random::u64(),
    }
}

/// What must be open before a drive can start: all views that hubs ask are at the journal's end.
struct Open {
    dir: DataDir,
    history: History,
    tables: Tables,
    journal: Journal,
    recovery: Recovery,
    opened: Opened,
}

fn open(config: &Config, progress: &Progress) -> Result<Open, ServeError> {
    let mut random = crate::random::u64;
    let dir = DataDir::open(&config.data, &mut random)?;
    let (history, mut tables, known) = views::open(config, &dir)?;
    let disk = disk::open(config, &dir.journal())?;
    let start = journal::Start {
        now: Clock::wall(),
        term: TERM,
        known: &known.records,
        known_batch: known.batch,
        salt: &mut random,
    };
    let (journal, recovery) = Journal::open(disk.disk, journal_options(config), start)?;
    let opened = Opened {
        #[cfg(feature = "mutants")]
        died_in_sync: disk.died_in_sync,
        ..describe(&recovery)
    };
    let mut view = HistoryView { history: history.clone(), body_key: dir.body_key };
    let reader = journal.reader();
    let (indexed, counted) = views::both(
        || follow::catch_up(&mut view, &reader, progress),
        || follow::catch_up(&mut tables, &reader, progress),
    );
    let (indexed, _) = (indexed?, counted?);
    tracing::info!(
        batches = recovery.batches,
        records = recovery.records,
        indexed = indexed.0,
        cut_tail = opened.cut_tail,
        damaged = opened.damage.len(),
        "journal open"
    );
    Ok(Open { dir, history, tables, journal, recovery, opened })
}

pub(crate) fn hub(config: &Config, recovery: &Recovery, dir: &DataDir) -> Hub {
    Hub::new(hub::Start {
        limits: limits(config),
        epochs: recovery.epochs,
        lamport_high: recovery.lamport_high,
        body_key: dir.body_key,
        map_seed: SeededState(crate::random::u64(), crate::random::u64()),
    })
}

pub(crate) fn journal_options(config: &Config) -> journal::Options {
    let room = usize::try_from(config.segment_bytes - SEGMENT_OVERHEAD_BYTES);
    journal::Options {
        segment_bytes: config.segment_bytes,
        batch_max_bytes: room.map_or(BATCH_MAX_BYTES, |room| room.min(BATCH_MAX_BYTES)),
        #[cfg(feature = "mutants")]
        mutant: config.crash.mutant,
    }
}

/// Each hub gets its part of what is for all.
fn limits(config: &Config) -> Limits {
    let all = Limits::default();
    let memory_bytes = config.memory_bytes / config.hubs;
    Limits {
        memory_bytes,
        tail_max_bytes: (all.tail_max_bytes / config.hubs).min(memory_bytes / 2),
        #[cfg(feature = "mutants")]
        mutant: config.crash.mutant,
        ..all
    }
}

/// Says on standard error what opening found, and keeps it for `/readyz`.
fn describe(recovery: &Recovery) -> Opened {
    if let Some(cut) = &recovery.cut {
        tracing::warn!("journal: {cut}");
    }
    let damage: Vec<_> = recovery.damage.iter().map(ToString::to_string).collect();
    for damage in &damage {
        tracing::error!("journal: {damage}");
    }
    Opened { cut_tail: recovery.cut.is_some(), damage, ..Opened::default() }
}
