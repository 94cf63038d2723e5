//! The drives of an owner: their threads, their inboxes, and the order in which they end.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use crossbeam_channel::Sender;
use enrich::{Dispatch, Enricher};
use gateway::Latency;
use history::History;
use journal::{Journal, Reader, Recovery, Thinner};
use model::{BatchNo, Epoch};
use tables::Tables;
use tokio::sync::mpsc;

use super::enrich_asks::{self, EnrichQuestion};
use super::enrich_drive::{self, EnrichDrive, EnrichEvent};
use super::follow::{self, FollowGauges, View};
use super::headroom::Headroom;
use super::hub_drive::{HubDrive, HubEvent};
use super::journal_drive::{Author, JournalDrive, JournalEvent, JournalGauges};
use super::keeper::{self, Erase, Keeper, KeeperGauges, Thinning};
use super::last_limit::LastLimit;
use super::provider::Provider;
use super::queries::{self, ViewQuestion, Views};
use super::reports::{self, ReportQuestion, Reports};
use super::searcher::{self, Search, Searcher};
use super::ways::Ways;
use super::{Enriching, Fatal, start, views};
use crate::clock::Clock;
use crate::config::{Config, ConfigError};
use crate::data_dir::DataDir;
use crate::error::ServeError;
use crate::inbox::Inbox;

/// Things that gateways say which may wait in one hub's inbox.
const SAID_MAX: usize = 16 * 1024;

/// Threads that answer questions to history.
const QUERY_THREADS: usize = 2;

/// Questions to the tables that may wait.
const ROWS_MAX: usize = 256;

/// Everyone who runs.
pub(crate) struct Crew {
    pub(crate) inboxes: Vec<Arc<Inbox<HubEvent>>>,
    pub(crate) hubs: Vec<Arc<Mutex<hub::Gauges>>>,
    pub(crate) journal: Arc<JournalGauges>,
    pub(crate) fatal: Arc<Fatal>,
    pub(crate) read_times: Arc<Latency>,
    journal_inbox: Arc<Inbox<JournalEvent>>,
    authors: Vec<Author>,
    reader: Reader,
    clock: Clock,
    stop_reading: Arc<AtomicBool>,
    stop_following: Arc<AtomicBool>,
    stop_keeping: Arc<AtomicBool>,
    thinner: Option<Thinner>,
    ways: Option<Arc<Ways>>,
    threads: Mutex<Threads>,
}

/// The drives, to be joined in this order.
#[derive(Debug, Default)]
struct Threads {
    keeper: Vec<JoinHandle<()>>,
    hubs: Vec<JoinHandle<()>>,
    journal: Vec<JoinHandle<()>>,
    readers: Vec<JoinHandle<()>>,
    followers: Vec<JoinHandle<()>>,
}

impl Crew {
    /// Nobody yet.
    pub(crate) fn new(
        config: &Config,
        clock: Clock,
        reader: Reader,
        ways: Option<Arc<Ways>>,
    ) -> Self {
        Self {
            inboxes: (0..config.hubs).map(|_| Inbox::new(SAID_MAX)).collect(),
            hubs: Vec::new(),
            journal: Arc::new(JournalGauges::default()),
            read_times: Arc::default(),
            fatal: Arc::new(Fatal::default()),
            journal_inbox: Inbox::new(0),
            authors: Vec::new(),
            reader,
            clock,
            stop_reading: Arc::new(AtomicBool::new(false)),
            stop_following: Arc::new(AtomicBool::new(false)),
            stop_keeping: Arc::new(AtomicBool::new(false)),
            thinner: None,
            ways,
            threads: Mutex::new(Threads::default()),
        }
    }

    /// The hubs, and those who answer their questions to history.
    pub(crate) fn hubs(
        &mut self,
        config: &Config,
        recovery: &Recovery,
        dir: &DataDir,
        history: &History,
    ) -> Result<(), ServeError> {
        let (ask, questions) = crossbeam_channel::bounded(queries::QUESTIONS_MAX);
        for (index, inbox) in self.inboxes.clone().iter().enumerate() {
            let told = Arc::clone(inbox);
            self.authors.push(Author::new(move |notice| told.answer(HubEvent::Noticed(notice))));
            let drive = HubDrive {
                index,
                hub: start::hub(config, recovery, dir),
                presence: hub::Presence::default(),
                inbox: Arc::clone(inbox),
                journal: Arc::clone(&self.journal_inbox),
                questions: ask.clone(),
                links: BTreeMap::new(),
                gauges: Arc::new(Mutex::new(hub::Gauges::default())),
                ways: self.ways.clone(),
                clock: self.clock,
            };
            self.hubs.push(Arc::clone(&drive.gauges));
            let thread = spawn(&format!("hub-{index}"), move || drive.run())?;
            self.threads().hubs.push(thread);
        }
        for index in 0..QUERY_THREADS {
            let (questions, history) = (questions.clone(), history.clone());
            let fatal = Arc::clone(&self.fatal);
            let times = Arc::clone(&self.read_times);
            let run = move || queries::run(&questions, &history, &times, &fatal);
            let thread = spawn(&format!("query-{index}"), run)?;
            self.threads().readers.push(thread);
        }
        Ok(())
    }

    /// The enricher, where there is a service to ask.
    pub(crate) fn enricher(
        &mut self,
        config: &Config,
        dir: &DataDir,
        history: &History,
    ) -> Result<Option<(Enriching, Sender<EnrichQuestion>)>, ServeError> {
        let of = &config.enriching;
        if of.services.is_empty() {
            return Ok(None);
        }
        let provider =
            Provider::new(of).map_err(|why| ConfigError::BadValue { key: "nlp", why })?;
        let runtime = enrich_drive::runtime()
            .map_err(|why| ServeError::System { what: "cannot start a runtime", why })?;
        let dispatching = start::dispatching(config, provider.tokens_per_call());
        let (provider, gauges, durable) = (Arc::new(provider), Arc::default(), Arc::default());
        let last_limit = LastLimit::open(dir.nlp_limit());
        let (ask, questions) = crossbeam_channel::bounded(enrich_asks::QUESTIONS_MAX);
        let inbox: Arc<Inbox<EnrichEvent>> = Inbox::new(0);
        let searches = self.searcher(history, &inbox)?;
        let told = Arc::clone(&inbox);
        self.authors.push(Author::new(move |notice| told.answer(EnrichEvent::Noticed(notice))));
        let drive = EnrichDrive {
            author: self.authors.len() - 1,
            room: Enricher::new(start::enriching(config, last_limit.get())),
            last_limit,
            ways: self.ways.clone(),
            dispatch: Dispatch::new(&dispatching, self.clock.mono()),
            inbox,
            questions,
            searches,
            history: history.clone(),
            journal: Arc::clone(&self.journal_inbox),
            reader: self.reader.clone(),
            provider: Arc::clone(&provider),
            requests: Vec::new(),
            runtime,
            gauges: Arc::clone(&gauges),
            hubs: self.inboxes.clone(),
            is_full: false,
            times: Arc::clone(&durable),
            undurable: VecDeque::new(),
            clock: self.clock,
        };
        let (stop, fatal) = (Arc::clone(&self.stop_following), Arc::clone(&self.fatal));
        let thread = spawn("enrich", move || {
            if let Err(why) = drive.run(&stop) {
                fatal.raise(why.into());
            }
        })?;
        self.threads().followers.push(thread);
        let deadline = config.enriching.deadline;
        Ok(Some((Enriching { gauges, durable, provider, deadline, prices: of.prices }, ask)))
    }

    /// The one who looks messages up in the journal, for those who ask about one.
    fn searcher(
        &self,
        history: &History,
        inbox: &Arc<Inbox<EnrichEvent>>,
    ) -> Result<Sender<Search>, ServeError> {
        let (ask, searches) = crossbeam_channel::bounded(searcher::SEARCHES_MAX);
        let (reader, history) = (self.reader.clone(), history.clone());
        let searcher = Searcher { searches, reader, history, told: Arc::clone(inbox) };
        let stop = Arc::clone(&self.stop_reading);
        let thread = spawn("searcher", move || searcher.run(&stop))?;
        self.threads().readers.push(thread);
        Ok(ask)
    }

    /// The journal's drive, when everyone who may append is known.
    pub(crate) fn journal(&mut self, config: &Config, journal: Journal) -> Result<(), ServeError> {
        self.thinner = Some(journal.thinner());
        let room = Headroom {
            dir: config.data.clone(),
            reserve_bytes: config.disk_reserve_bytes,
            preparer: journal.preparer(),
            gauges: Arc::clone(&self.journal),
        };
        // Before the first append: a start on a disk that is short takes nothing from it.
        room.is_short();
        let stop = Arc::clone(&self.stop_following);
        let thread = spawn("segments", move || room.run(&stop))?;
        self.threads().followers.push(thread);
        let drive = JournalDrive {
            journal,
            inbox: Arc::clone(&self.journal_inbox),
            authors: std::mem::take(&mut self.authors),
            commit_window: config.commit_window,
            batch_max_bytes: start::journal_options(config).batch_max_bytes,
            gauges: Arc::clone(&self.journal),
            seal: false,
            ways: self.ways.clone(),
        };
        let fatal = Arc::clone(&self.fatal);
        let thread = spawn("journal", move || drive.run(&fatal))?;
        self.threads().journal.push(thread);
        Ok(())
    }

    /// The one who answers what gateways ask of views.
    pub(crate) fn views(
        &mut self,
        dir: &DataDir,
        history: &History,
        epochs: [Epoch; 256],
    ) -> Result<Sender<ViewQuestion>, ServeError> {
        let (ask, questions) = crossbeam_channel::bounded(ROWS_MAX);
        let tables = Tables::reader(&dir.tables())?;
        let (journal, history) = (self.reader.clone(), history.clone());
        let views = Views { tables, history, journal, epochs };
        let (stop, fatal) = (Arc::clone(&self.stop_reading), Arc::clone(&self.fatal));
        let run = move || views.run(&questions, &stop, &fatal);
        let thread = spawn("views", run)?;
        self.threads().readers.push(thread);
        Ok(ask)
    }

    /// The one who reads reports; a long one waits for those who answer people.
    pub(crate) fn reports(&mut self, dir: &DataDir) -> Result<Sender<ReportQuestion>, ServeError> {
        let (ask, questions) = crossbeam_channel::bounded(reports::REPORTS_MAX);
        let reports =
            Reports { tables: Tables::reader(&dir.tables())?, journal: self.reader.clone() };
        let (stop, fatal) = (Arc::clone(&self.stop_reading), Arc::clone(&self.fatal));
        let thread = spawn("reports", move || {
            views::yield_to_others();
            reports.run(&questions, &stop, &fatal);
        })?;
        self.threads().readers.push(thread);
        Ok(ask)
    }

    /// The keeper of the rules, and who asks it to erase someone. Must run in a runtime, after the
    /// journal's drive is there.
    pub(crate) fn keeper(
        &mut self,
        config: &Config,
        history: &History,
        tables: &Arc<FollowGauges>,
    ) -> Result<(mpsc::Sender<Erase>, Arc<KeeperGauges>), ServeError> {
        let (ask, erases) = mpsc::channel(keeper::ERASES_MAX);
        let gauges = Arc::new(KeeperGauges::default());
        let thinning = Thinning {
            thinner: self.thinner.clone().expect("the journal's drive comes first"),
            history: history.clone(),
            tables: Arc::clone(tables),
            journal: Arc::clone(&self.journal_inbox),
            gauges: Arc::clone(&gauges),
        };
        let rules = (config.retain, config.retain_sweep);
        let keeper =
            Keeper::new(self.inboxes.clone(), self.reader.clone(), thinning, rules, erases);
        let (stop, fatal) = (Arc::clone(&self.stop_keeping), Arc::clone(&self.fatal));
        let runtime = tokio::runtime::Handle::current();
        let thread = spawn("keeper", move || {
            views::yield_to_others();
            runtime.block_on(keeper.run(&stop, &fatal));
        })?;
        self.threads().keeper.push(thread);
        Ok((ask, gauges))
    }

    /// A view and its follower.
    pub(crate) fn follow<V: View + Send + 'static>(
        &mut self,
        name: &'static str,
        mut view: V,
        came: impl Fn(BatchNo) + Send + 'static,
    ) -> Result<Arc<FollowGauges>, ServeError> {
        let gauges = Arc::new(FollowGauges::default());
        let shown = Arc::clone(&gauges);
        let (reader, fatal) = (self.reader.clone(), Arc::clone(&self.fatal));
        let stop = Arc::clone(&self.stop_following);
        let ways = self.ways.clone();
        let came = move |at| {
            came(at);
            if let Some(ways) = &ways {
                ways.viewed(name, at);
            }
        };
        let thread = spawn(name, move || {
            if V::YIELDS {
                views::yield_to_others();
            }
            if let Err(why) = follow::run(&mut view, &reader, &shown, &stop, came) {
                fatal.raise(why.into());
            }
        })?;
        self.threads().followers.push(thread);
        Ok(gauges)
    }

    /// Ends all drives, in the order that loses nothing. Blocks until they are joined.
    pub(crate) fn stop(&self) {
        let mut threads = std::mem::take(&mut *self.threads());
        self.stop_keeping.store(true, Relaxed);
        join(&mut threads.keeper);
        for inbox in &self.inboxes {
            inbox.answer(HubEvent::Stop);
        }
        join(&mut threads.hubs);
        self.journal_inbox.answer(JournalEvent::Stop);
        join(&mut threads.journal);
        // Who only reads goes first: the last to leave the tables folds their log into the file, which
        // a reader cannot.
        self.stop_reading.store(true, Relaxed);
        join(&mut threads.readers);
        self.stop_following.store(true, Relaxed);
        join(&mut threads.followers);
    }

    fn threads(&self) -> std::sync::MutexGuard<'_, Threads> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A named thread.
fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, ServeError> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(run)
        .map_err(|why| ServeError::System { what: "cannot start a thread", why })
}

fn join(threads: &mut Vec<JoinHandle<()>>) {
    for thread in threads.drain(..) {
        let name = thread.thread().name().unwrap_or("unnamed").to_owned();
        if thread.join().is_err() {
            tracing::error!(thread = name, "ended by a panic");
        }
    }
}
