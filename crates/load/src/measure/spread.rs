//! One measurement by several processes of this program, for a process may hold few connections: they open their parts,
//! begin at the same moment, walk one schedule in turns, and what they count is added.
//!
//! # Invariants
//!
//! - Percentiles are of added histograms, never means of percentiles.
//! - Processes end with whoever started them: they follow orders until there are none.

mod merge;
mod part;
mod words;

use std::io::{BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::args::TargetArgs;
use super::clock;
use super::engine::{Load, Measured, Watch};
use super::plan::told_processes;
use super::refusal::Refusal;
use super::run::Second;
use super::server::Watched;
use merge::Merge;
use words::{Order, Said, read, write};

pub(crate) use part::follow;

/// From the last connection to the first request: an order takes its time to be read.
const BREATH: Duration = Duration::from_millis(100);

/// After the time at which a load has ended, so long for its processes to say so.
const PATIENCE: Duration = Duration::from_secs(20);

/// Who looks on is told of the time so often, between seconds.
const MOMENT: Duration = Duration::from_millis(200);

/// What processes said and was not heard yet.
const WORDS_MAX: usize = 256;

/// Who makes the requests.
pub(crate) enum Crew {
    /// This process.
    Own,
    /// Several that it started.
    Several(Spread),
}

impl Crew {
    /// Starts as many as a load needs.
    ///
    /// # Errors
    /// They cannot be started.
    pub(crate) fn begin(args: &TargetArgs, load: &Load) -> Result<Self, Refusal> {
        if load.processes <= 1 {
            return Ok(Self::Own);
        }
        let spread = Spread::begin(load.processes)?;
        if let Some(told) = told_processes(args, load.connections, load.processes) {
            // Whoever read it may have gone.
            drop(writeln!(std::io::stderr().lock(), "{told}"));
        }
        Ok(Self::Several(spread))
    }

    /// Measures, as [`Load::run`] does.
    ///
    /// # Errors
    /// As there, and a process that ends early.
    pub(crate) async fn run(
        &mut self,
        load: &Load,
        server: Option<&mut Watched>,
        watch: &mut (dyn Watch + Send),
        interrupted: impl Future<Output = ()>,
    ) -> Result<Measured, Refusal> {
        match self {
            Self::Own => load.run(server, watch, interrupted).await,
            Self::Several(spread) => spread.run(load, server, watch, interrupted).await,
        }
    }
}

/// Running processes.
pub(crate) struct Spread {
    helpers: Vec<Helper>,
    heard: mpsc::Receiver<(usize, Heard)>,
}

struct Helper {
    process: Child,
    orders: ChildStdin,
}

/// Of a process.
enum Heard {
    Said(Said),
    /// It says nothing any more.
    Ended,
}

impl Spread {
    /// Starts this program again, with the same arguments, once for each part.
    fn begin(processes: u32) -> Result<Self, Refusal> {
        let (tell, heard) = mpsc::channel(WORDS_MAX);
        let mut spread = Self { helpers: Vec::new(), heard };
        for number in 0..processes {
            let mut process = start(&format!("{number}/{processes}"))?;
            let (orders, words) = process
                .stdin
                .take()
                .zip(process.stdout.take())
                .ok_or_else(|| Refusal::io("a generator process has no pipes"))?;
            let (tell, part) = (tell.clone(), spread.helpers.len());
            spread.helpers.push(Helper { process, orders });
            std::thread::spawn(move || {
                let mut words = BufReader::new(words);
                while let Ok(Some(said)) = read(&mut words) {
                    if tell.blocking_send((part, Heard::Said(said))).is_err() {
                        return;
                    }
                }
                // Whoever listened may be gone.
                let _ = tell.blocking_send((part, Heard::Ended));
            });
        }
        Ok(spread)
    }

    async fn run(
        &mut self,
        load: &Load,
        mut server: Option<&mut Watched>,
        watch: &mut (dyn Watch + Send),
        interrupted: impl Future<Output = ()>,
    ) -> Result<Measured, Refusal> {
        self.open(load.connections).await?;
        if let Some(server) = &mut server {
            // What went before is none of this.
            server.look();
        }
        let at_ns = clock::machine_ns() + clock::nanos(BREATH);
        self.order(&Order::Go { at_ns })?;
        let mut collected = Collected {
            merge: Merge::new(load, self.helpers.len()),
            seconds: Vec::new(),
            server,
            watch,
        };
        self.listen(load, &mut collected, interrupted).await?;
        let pids: Vec<u32> = self.helpers.iter().map(|helper| helper.process.id()).collect();
        Ok(collected.merge.measured(collected.seconds, &pids))
    }

    /// Waits until all have opened their connections.
    async fn open(&mut self, connections: u32) -> Result<(), Refusal> {
        self.order(&Order::Open { connections })?;
        let mut ready = 0;
        while ready < self.helpers.len() {
            match self.heard.recv().await {
                Some((_, Heard::Said(Said::Ready))) => ready += 1,
                Some((_, Heard::Said(Said::Refused(why)))) => return Err(why),
                Some((_, Heard::Said(Said::Second(_) | Said::Done(_)))) => {}
                Some((part, Heard::Ended)) => return Err(self.ended(part)),
                None => return Err(Refusal::io("no generator process is left")),
            }
        }
        Ok(())
    }

    /// Hears what they say until all are done.
    async fn listen(
        &mut self,
        load: &Load,
        collected: &mut Collected<'_>,
        interrupted: impl Future<Output = ()>,
    ) -> Result<(), Refusal> {
        let mut interrupted = std::pin::pin!(interrupted);
        let mut was_interrupted = false;
        let begun = Instant::now() + BREATH;
        let mut last = load.length.saturating_add(load.timeout).saturating_add(PATIENCE);
        while !collected.merge.is_done() {
            tokio::select! {
                heard = self.heard.recv() => match heard {
                    Some((part, Heard::Said(said))) => collected.hear(part, said)?,
                    Some((part, Heard::Ended)) => return Err(self.ended(part)),
                    None => return Err(Refusal::io("no generator process is left")),
                },
                () = &mut interrupted, if !was_interrupted => {
                    was_interrupted = true;
                    last = last.min(begun.elapsed() + PATIENCE);
                    self.order(&Order::End)?;
                }
                () = tokio::time::sleep(MOMENT) => {
                    collected.watch.moment(begun.elapsed().as_secs_f64());
                    if begun.elapsed() > last {
                        return Err(Refusal::io("a generator process does not end"));
                    }
                }
            }
        }
        Ok(())
    }

    fn order(&mut self, order: &Order) -> Result<(), Refusal> {
        for part in 0..self.helpers.len() {
            if write(&mut self.helpers[part].orders, order).is_err() {
                return Err(self.ended(part));
            }
        }
        Ok(())
    }

    /// Why one says nothing any more.
    fn ended(&mut self, part: usize) -> Refusal {
        let (number, all) = (part + 1, self.helpers.len());
        let status = self.helpers.get_mut(part).map(|helper| helper.process.wait());
        let status =
            status.and_then(Result::ok).map_or_else(String::new, |status| format!(": {status}"));
        Refusal::io(format!("generator process {number} of {all} ended early{status}"))
    }
}

/// What is made of what they say.
struct Collected<'a> {
    merge: Merge,
    seconds: Vec<Second>,
    server: Option<&'a mut Watched>,
    watch: &'a mut (dyn Watch + Send),
}

impl Collected<'_> {
    fn hear(&mut self, part: usize, said: Said) -> Result<(), Refusal> {
        match said {
            Said::Ready => return Ok(()),
            Said::Refused(why) => return Err(why),
            Said::Second(told) => {
                let (second, counted, total) = *told;
                self.merge.second(part, second, &counted, total);
            }
            Said::Done(done) => self.merge.done(part, done),
        }
        while let Some((mut second, counted)) = self.merge.next() {
            second.server = self.server.as_mut().and_then(|server| server.look());
            self.watch.second(&second, &counted, &self.merge.total());
            self.seconds.push(second);
        }
        Ok(())
    }
}

impl Drop for Spread {
    fn drop(&mut self) {
        for helper in &mut self.helpers {
            // If it is gone already, so much the better.
            let _ = helper.process.kill();
            let _ = helper.process.wait();
        }
    }
}

/// `hubbub load run …` or `ladder`, with which part of it.
fn start(part: &str) -> Result<Child, Refusal> {
    let wrong =
        |why: std::io::Error| Refusal::io(format!("a generator process cannot be started: {why}"));
    let mut words = std::env::args_os().skip(1);
    let program = std::env::current_exe().map_err(wrong)?;
    let command = words.by_ref().take(2);
    Command::new(program)
        .args(command)
        .args(["--part", part])
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(wrong)
}
