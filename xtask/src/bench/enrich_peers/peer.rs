//! The others: scripts that install them and start their workers.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

use super::feeder::Feeder;
use super::times::Times;
use super::{Extent, Shown, mib};
use crate::bench::machine;
use crate::bench::peers;
use crate::bench::process::{Output, Process};
use crate::bench::server::{free_address, wait_open};
use crate::bench::workshop::Workshop;
use crate::binary;

/// After the last message; who needs longer is not at its rate.
const ENDED_WITHIN: Duration = Duration::from_secs(15);

/// One of them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer {
    pub(super) name: &'static str,
    /// Processes that take turns: a runtime of one thread gets one for each of two processors.
    workers: u64,
}

/// All.
pub(super) const ALL: [Peer; 4] = [
    Peer { name: "aiohttp", workers: 2 },
    Peer { name: "httpx", workers: 2 },
    Peer { name: "undici", workers: 2 },
    Peer { name: "flink", workers: 1 },
];

impl Peer {
    /// Installs it below the target folder, if it is not there. Gives the folder.
    pub(super) fn install(self, workshop: &Workshop) -> Result<PathBuf> {
        peers::install_from(workshop, &format!("enrich/{}", self.name))
    }

    /// Feeds it at a rate.
    pub(super) fn measure(
        self,
        workshop: &Workshop,
        folder: &Path,
        rate: u64,
        extent: Extent,
    ) -> Result<(Shown, String)> {
        workshop.clear()?;
        let outside = free_address()?;
        let log = workshop.folder().join("nlp.log");
        let arguments = ["nlp", "--no-models", "--listen", &outside.to_string()].map(str::to_owned);
        let mut nlp =
            Process::start(&workshop.guardian, &workshop.binary, &arguments, &log, &Output::Log)?;
        wait_open(outside, &mut nlp, &log)?;
        let feeder = Feeder::open()?;
        // The stand-in is waited for later: only workers are in the difference.
        let cpu_before = machine::children_cpu_seconds()?;
        let ports = [feeder.address.port(), outside.port()];
        let workers = (0..self.workers).map(|worker| self.start(workshop, folder, ports, worker));
        let mut workers = workers.collect::<Result<Vec<Process>>>()?;
        let (skipped, messages) =
            (rate * extent.warm_up_seconds, rate * (extent.warm_up_seconds + extent.seconds));
        feeder.feed(self.workers, rate, messages).with_context(|| self.name)?;
        let memory: Result<u64> =
            workers.iter().map(|worker| machine::peak_memory_bytes(worker.id())).sum();
        for worker in &mut workers {
            if worker.wait(ENDED_WITHIN)?.is_none() {
                worker.kill()?;
            }
        }
        let cpu = machine::children_cpu_seconds()? - cpu_before;
        let mut times = Times::default();
        for worker in 0..self.workers {
            let path = results(workshop, worker).with_added_extension("times");
            times.add(&std::fs::read_to_string(&path).unwrap_or_default(), skipped);
        }
        let shown = Shown {
            rate,
            p50_ms: times.percentile_ms(0.5),
            p99_ms: times.percentile_ms(0.99),
            lost: messages - skipped - times.count(),
            guessed: 0.0,
            #[expect(clippy::cast_precision_loss, reason = "thousands")]
            cpu_us: cpu / messages as f64 * 1e6,
            memory_mib: mib(memory?),
        };
        Ok((shown, self.name.to_owned()))
    }

    fn start(
        self,
        workshop: &Workshop,
        folder: &Path,
        [feed, outside]: [u16; 2],
        worker: u64,
    ) -> Result<Process> {
        let script = binary::root().join("bench/peers/enrich").join(self.name).join("start.sh");
        let arguments = [
            script.display().to_string(),
            folder.display().to_string(),
            feed.to_string(),
            outside.to_string(),
            results(workshop, worker).display().to_string(),
        ];
        let log = workshop.folder().join(format!("{}.log", self.name));
        Process::start(&workshop.guardian, Path::new("sh"), &arguments, &log, &Output::Log)
    }
}

fn results(workshop: &Workshop, worker: u64) -> PathBuf {
    workshop.folder().join(format!("results-{worker}"))
}

#[test]
fn each_has_its_scripts() {
    for Peer { name, .. } in ALL {
        let folder = binary::root().join("bench/peers/enrich").join(name);
        for script in ["install.sh", "start.sh"] {
            assert!(folder.join(script).is_file(), "{}/{script}", folder.display());
        }
    }
}
