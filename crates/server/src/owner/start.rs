//! Starting an owner: everything that must be true before a port opens.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use history::History;
use hub::{Hub, Limits};
use journal::{BATCH_MAX_BYTES, Journal, Recovery};
use model::{SeededState, Term};

use super::hub_drive::HubDrive;
use super::journal_drive::{JournalDrive, JournalGauges};
use super::links::Links;
use super::{Fatal, Opened, Owner, Threads, disk, follow, queries};
use crate::clock::Clock;
use crate::config::Config;
use crate::data_dir::DataDir;
use crate::error::ServeError;
use crate::inbox::Inbox;

/// There is one owner and its directory is locked: ownership never moves.
const TERM: Term = Term(1);

/// Bytes of a segment that no batch can have: its header, the batch's header, and some air.
const SEGMENT_OVERHEAD_BYTES: u64 = 8192;

/// Things that gateways say which may wait in one hub's inbox.
const SAID_MAX: usize = 16 * 1024;

/// Threads that answer questions to the views.
const QUERY_THREADS: usize = 2;

/// Opens the data directory and starts all drives.
pub(crate) fn start(config: &Config) -> Result<(DataDir, Arc<Owner>), ServeError> {
    let clock = Clock::new();
    let Open { dir, history, journal, recovery, mut opened } = open(config)?;
    let reader = journal.reader();
    let fatal = Arc::new(Fatal::default());
    let journal_inbox = Inbox::new(0);
    let inboxes: Vec<_> = (0..config.hubs).map(|_| Inbox::new(SAID_MAX)).collect();
    let (ask, questions) = crossbeam_channel::bounded(queries::QUESTIONS_MAX);
    let journal_gauges = Arc::new(JournalGauges::default());
    let stop_following = Arc::new(AtomicBool::new(false));
    let mut threads = Threads::default();
    let mut gauges = Vec::new();

    threads.followers.push(spawn_preparer(journal.preparer(), &stop_following)?);
    let drive = JournalDrive {
        journal,
        inbox: Arc::clone(&journal_inbox),
        hubs: inboxes.clone(),
        commit_window: config.commit_window,
        batch_max_bytes: journal_options(config).batch_max_bytes,
        gauges: Arc::clone(&journal_gauges),
        refused: vec![None; config.hubs],
    };
    let raise = Arc::clone(&fatal);
    threads.journal.push(spawn("journal", move || drive.run(&raise))?);
    for (index, inbox) in inboxes.iter().enumerate() {
        let drive = HubDrive {
            index,
            hub: hub(config, &recovery, &dir),
            inbox: Arc::clone(inbox),
            journal: Arc::clone(&journal_inbox),
            questions: ask.clone(),
            links: BTreeMap::new(),
            gauges: Arc::new(Mutex::new(hub::Gauges::default())),
            clock,
        };
        gauges.push(Arc::clone(&drive.gauges));
        threads.hubs.push(spawn(&format!("hub-{index}"), move || drive.run())?);
    }
    for index in 0..QUERY_THREADS {
        let (questions, history, fatal) = (questions.clone(), history.clone(), Arc::clone(&fatal));
        let run = move || queries::run(&questions, &history, &fatal);
        threads.followers.push(spawn(&format!("query-{index}"), run)?);
    }
    let following = (&history, &reader, &dir, &fatal);
    threads.followers.push(spawn_history(following, &inboxes, &stop_following)?);
    opened.ready_after = Duration::from_nanos(clock.mono().0);
    let owner = Owner {
        opened,
        reader,
        history,
        journal: journal_gauges,
        hubs: gauges,
        links: Arc::new(Links::new(inboxes.clone())),
        fatal,
        inboxes,
        journal_inbox,
        stop_following,
        threads: Mutex::new(threads),
    };
    Ok((dir, Arc::new(owner)))
}

/// What must be open before a drive can start: all views that hubs ask are at the journal's end.
struct Open {
    dir: DataDir,
    history: History,
    journal: Journal,
    recovery: Recovery,
    opened: Opened,
}

fn open(config: &Config) -> Result<Open, ServeError> {
    let mut random = crate::random::u64;
    let dir = DataDir::open(&config.data, &mut random)?;
    let history = open_history(config, &dir)?;
    let known = history.cursor()?;
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
    let indexed = follow::catch_up(&history, &journal.reader(), &dir.body_key)?;
    tracing::info!(
        batches = recovery.batches,
        records = recovery.records,
        indexed = indexed.0,
        cut_tail = opened.cut_tail,
        damaged = opened.damage.len(),
        "journal open"
    );
    Ok(Open { dir, history, journal, recovery, opened })
}

fn hub(config: &Config, recovery: &Recovery, dir: &DataDir) -> Hub {
    Hub::new(hub::Start {
        limits: limits(config),
        epochs: recovery.epochs,
        lamport_high: recovery.lamport_high,
        body_key: dir.body_key,
        map_seed: SeededState(crate::random::u64(), crate::random::u64()),
    })
}

fn spawn_history(
    (history, reader, dir, fatal): (&History, &journal::Reader, &DataDir, &Arc<Fatal>),
    inboxes: &[Arc<Inbox<super::HubEvent>>],
    stop: &Arc<AtomicBool>,
) -> Result<JoinHandle<()>, ServeError> {
    let (history, reader, key) = (history.clone(), reader.clone(), dir.body_key);
    let (inboxes, stop, fatal) = (inboxes.to_vec(), Arc::clone(stop), Arc::clone(fatal));
    spawn("history", move || {
        if let Err(why) = follow::run(&history, &reader, &key, &inboxes, &stop) {
            fatal.raise(why.into());
        }
    })
}

/// How often someone looks whether the next segment is wanted.
const PREPARE_EVERY: Duration = Duration::from_millis(50);

/// Makes the next segment before it is needed. No room is no news here: the append that needs it
/// says so to those who must know.
fn spawn_preparer(
    preparer: journal::Preparer,
    stop: &Arc<AtomicBool>,
) -> Result<JoinHandle<()>, ServeError> {
    let stop = Arc::clone(stop);
    spawn("segments", move || {
        while !stop.load(Relaxed) {
            let failed = preparer.wanted() && preparer.prepare().is_err();
            std::thread::sleep(if failed { PREPARE_EVERY * 20 } else { PREPARE_EVERY });
        }
    })
}

/// A named thread.
fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, ServeError> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(run)
        .map_err(|why| ServeError::System { what: "cannot start a thread", why })
}

fn open_history(config: &Config, dir: &DataDir) -> Result<History, ServeError> {
    let options = history::Options { cache_bytes: config.history_cache_bytes };
    Ok(History::open(&dir.views().join("history"), options)?)
}

fn journal_options(config: &Config) -> journal::Options {
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
