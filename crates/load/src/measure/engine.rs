//! Runs the workers of one measurement and collects what they saw, second by second.
//!
//! # Invariants
//!
//! - A measurement ends: a timeout after the last request was due, whatever is open then has failed.
//! - What was due in the warm-up is in no total.

mod collect;

use std::sync::atomic::AtomicU64;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use stats::schedule;
use tokio::sync::watch;

use super::clock::{Clock, nanos};
use super::desk::{Closed, Desk, Source};
use super::fault::Failed;
use super::line::{Asked, Share, Shared};
use super::part::Part;
use super::queue::{Dues, Queue};
use super::refusal::Refusal;
use super::run::{Arrivals, Process, Reach, Second};
use super::server::Watched;
use super::socket::Dial;
use super::tally::Tally;
use super::worker::{Opened, Phase, Worker};

use collect::Collector;

pub(crate) use collect::SPIKES_MAX;

/// From the last connection to the first request.
const BREATH: Duration = Duration::from_millis(20);

/// What is measured.
#[derive(Clone)]
pub(crate) struct Load {
    pub(crate) asked: Asked,
    pub(crate) dial: Dial,
    pub(crate) arrivals: Arrivals,
    /// When requests are due; nothing for a closed loop.
    pub(crate) schedule: Option<schedule::Plan>,
    pub(crate) seed: u64,
    /// Requests of a closed loop; `u64::MAX` for any number.
    pub(crate) most: u64,
    /// How long requests are begun.
    pub(crate) length: Duration,
    /// A multiple of the tick.
    pub(crate) warm_up: Duration,
    /// What is told apart in time: a second, or a part of one for the steps of a ladder.
    pub(crate) tick: Duration,
    /// Of all processes; in one of several, its own.
    pub(crate) connections: u32,
    /// Threads of a process.
    pub(crate) workers: u32,
    /// Processes that share it.
    pub(crate) processes: u32,
    /// Which part of it is made here.
    pub(crate) part: Part,
    pub(crate) timeout: Duration,
    pub(crate) reuse: bool,
    /// Requests that a connection of HTTP/2 or chat may have in flight; nothing for HTTP/1.1.
    pub(crate) streams: Option<u32>,
}

/// What came of it.
pub(crate) struct Measured {
    pub(crate) seconds: Vec<Second>,
    pub(crate) total: Tally,
    /// From the end of the warm-up to the last answer, or the end of the schedule if that was later.
    pub(crate) measured_s: f64,
    pub(crate) took: Duration,
    pub(crate) open_most: u32,
    /// What listeners heard.
    pub(crate) reach: Reach,
    /// CPU seconds of this process after the warm-up.
    pub(crate) cpu_s: f64,
    pub(crate) was_interrupted: bool,
    /// How each fared, if there were several.
    pub(crate) processes: Vec<Process>,
}

impl Measured {
    /// Of no load at all.
    pub(crate) fn nothing() -> Self {
        Self {
            seconds: Vec::new(),
            total: Tally::default(),
            measured_s: 0.0,
            took: Duration::ZERO,
            open_most: 0,
            reach: Reach::default(),
            cpu_s: 0.0,
            was_interrupted: false,
            processes: Vec::new(),
        }
    }

    /// What came after it.
    pub(crate) fn add(&mut self, mut next: Self) {
        let began_s = self.took.as_secs_f64();
        next.seconds.iter_mut().for_each(|second| second.at_s += began_s);
        self.seconds.append(&mut next.seconds);
        self.total.add(&next.total);
        self.measured_s += next.measured_s;
        self.took += next.took;
        self.open_most = self.open_most.max(next.open_most);
        self.reach.add(next.reach);
        self.cpu_s += next.cpu_s;
        self.was_interrupted |= next.was_interrupted;
        let known = self.processes.len();
        self.processes.iter_mut().zip(&next.processes).for_each(|(own, other)| own.add(other));
        self.processes.extend(next.processes.into_iter().skip(known));
    }
}

/// Who looks on while it is measured.
pub(crate) trait Watch {
    /// A second has ended: what was counted in it, and the measured part so far.
    fn second(&mut self, second: &Second, counted: &Tally, total: &Tally);

    /// Time goes on within a second.
    fn moment(&mut self, _at_s: f64) {}
}

impl Load {
    /// Measures. `interrupted` ends it early, with what there is by then.
    pub(crate) async fn run(
        &self,
        server: Option<&mut Watched>,
        watch: &mut (dyn Watch + Send),
        interrupted: impl Future<Output = ()>,
    ) -> Result<Measured, Refusal> {
        let ready = self.ready().await?;
        ready.go(Instant::now() + BREATH, server, watch, interrupted).await
    }

    /// Opens the connections.
    pub(crate) async fn ready(&self) -> Result<Ready<'_>, Refusal> {
        let (phase, phases) = watch::channel(Phase::Connect);
        let workers = self.connect(&phases).await?;
        Ok(Ready { load: self, workers, phase })
    }

    /// Starts the workers and waits until their connections are open.
    async fn connect(&self, phases: &watch::Receiver<Phase>) -> Result<Vec<Worker>, Refusal> {
        let (opened, all_opened) = sync_channel(usize::try_from(self.workers).unwrap_or(1));
        let issued = Arc::new(AtomicU64::new(0));
        let mut workers = Vec::new();
        for number in 0..self.workers {
            let share =
                Share { worker: number, workers: self.workers, connections: self.connections };
            let connections = share.of(self.connections);
            let seats = connections * usize::try_from(self.streams.unwrap_or(1)).unwrap_or(1);
            let desk = Desk::new(self.source(number, &issued), seats);
            let desk = desk.with_warm_up(nanos(self.warm_up));
            let shared = Shared {
                desk: Arc::new(Mutex::new(desk)),
                dial: self.dial.clone(),
                asked: self.asked.clone(),
                share,
                timeout: self.timeout,
                reuse: self.reuse,
                streams: self.streams,
            };
            let begun = Worker::begin(number, shared, connections, phases.clone(), opened.clone());
            let why = |why| Refusal::io(format!("a worker of the generator cannot begin: {why}"));
            workers.push(begun.map_err(why)?);
        }
        drop(opened);
        let failures = tokio::task::spawn_blocking(move || all_opened.iter().collect::<Vec<_>>());
        let opened = failures.await.unwrap_or_default();
        let is_any_open = workers.iter().any(|worker| worker.shared.desk().open > 0);
        let refused = |what: &str, failed: Failed| {
            let Failed { fault, detail } = failed;
            let (address, fault) = (self.dial.address, fault.name());
            Refusal::unavailable(format!("{address} does not {what}: {fault} ({detail})"))
        };
        for Opened { first_failure, no_listener } in opened {
            if let Some(failed) = no_listener {
                return Err(refused("let all in who listen", failed));
            }
            if let Some(failed) = first_failure.filter(|_| !is_any_open) {
                return Err(refused("answer", failed));
            }
        }
        Ok(workers)
    }

    fn source(&self, number: u32, issued: &Arc<AtomicU64>) -> Source {
        match &self.schedule {
            Some(plan) => {
                let (first, stride) = self.part.of_worker(number, self.workers);
                Source::Open(Queue::new(|| self.dues(plan, number), first, stride))
            }
            None => {
                let (first, stride) = self.part.of_worker(0, 1);
                let closed = Closed::new(Arc::clone(issued), self.most, nanos(self.length));
                Source::Closed(closed.numbered(first, stride))
            }
        }
    }

    /// The due times of one worker: those of all processes walk the same schedule, each takes its turn.
    fn dues(&self, plan: &schedule::Plan, number: u32) -> Dues {
        let (first, stride) = self.part.of_worker(number, self.workers);
        let first = usize::try_from(first).unwrap_or(0);
        let stride = usize::try_from(stride).unwrap_or(1);
        match self.arrivals {
            Arrivals::Poisson => {
                let all = schedule::Poisson::new(plan.clone(), self.seed);
                Box::new(all.skip(first).step_by(stride))
            }
            Arrivals::Uniform | Arrivals::Closed => {
                let all = schedule::Uniform::new(plan.clone());
                Box::new(all.skip(first).step_by(stride))
            }
        }
    }
}

/// A load whose connections are open. Dropped, they are closed.
pub(crate) struct Ready<'a> {
    load: &'a Load,
    workers: Vec<Worker>,
    phase: watch::Sender<Phase>,
}

impl Ready<'_> {
    /// Measures from that moment on. `interrupted` ends it early, with what there is by then.
    pub(crate) async fn go(
        self,
        begin: Instant,
        server: Option<&mut Watched>,
        watch: &mut (dyn Watch + Send),
        interrupted: impl Future<Output = ()>,
    ) -> Result<Measured, Refusal> {
        let clock = Clock::from(begin);
        let mut collector = Collector::begin(self.load, &self.workers, clock, server);
        self.phase.send_replace(Phase::Go(clock));
        let was_interrupted = collector.watch(watch, interrupted).await;
        collector.close();
        self.phase.send_replace(Phase::Stop);
        let measured = collector.measured(was_interrupted);
        for worker in self.workers {
            let ended = worker.join();
            ended.map_err(|why| Refusal::io(format!("a worker of the generator ended: {why}")))?;
        }
        Ok(measured)
    }
}

#[cfg(test)]
pub(super) mod tests;
