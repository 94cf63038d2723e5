//! What a run waits for: that all are ready, that the keeper rests, that every text is understood and counted.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::{READY_WITHIN, SHOWN_WITHIN, Servers};
use crate::crash::{http, metrics};

/// How long the keeper may take until it finds nothing more to take.
const KEPT_WITHIN: Duration = Duration::from_secs(60);
/// How long the number of texts without a final result may stay the same. Between two rounds of asking
/// again there is a minute at most, but only after many in vain.
const STUCK_AFTER: Duration = Duration::from_secs(20);

impl Servers {
    /// Everyone is there and ready.
    pub(crate) fn wait_ready(&mut self) -> Result<()> {
        let until = Instant::now() + READY_WITHIN;
        loop {
            self.mend()?;
            let mut waits_for = None;
            for server in std::iter::once(&self.owner).chain(&self.gateways) {
                let shown = http::get(server.address, "/readyz", SHOWN_WITHIN);
                match shown {
                    Ok((200, _)) => {}
                    Ok((_, why)) => waits_for = Some(format!("{}: {why}", server.name)),
                    Err(why) => waits_for = Some(format!("{}: {why:#}", server.name)),
                }
            }
            let Some(waits_for) = waits_for else {
                self.look();
                return Ok(());
            };
            if Instant::now() > until {
                bail!("not ready after {} s: {waits_for}", READY_WITHIN.as_secs());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The keeper has looked through all conversations twice and taken nothing: what is read from now on
    /// stays as it is.
    pub(crate) fn wait_kept(&self) -> Result<()> {
        let until = Instant::now() + KEPT_WITHIN;
        let (mut taken, mut from_sweep) = (None, 0.0);
        loop {
            let (_, page) = http::get(self.owner.address, "/metrics", KEPT_WITHIN)?;
            let counters = metrics::parse(&page);
            let count = |name: &str| {
                counters.get(&format!("hubbub_keeper_{name}_total")).copied().unwrap_or(0.0)
            };
            let (now, sweeps) = (["expired", "erased", "refused"].map(count), count("sweeps"));
            if taken != Some(now) {
                (taken, from_sweep) = (Some(now), sweeps);
            } else if sweeps >= from_sweep + 2.0 {
                return Ok(());
            }
            if Instant::now() > until {
                bail!("the keeper still takes something after {} s", KEPT_WITHIN.as_secs());
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// The NLP service is well, and every text has its final result, or nothing happens any more: then
    /// it is the checker's to say what is missing.
    pub(crate) fn wait_understood(&mut self) -> Result<()> {
        self.note("clients are through, the keeper rests")?;
        let (mut waiting, mut since) = (f64::MAX, Instant::now());
        while since.elapsed() < STUCK_AFTER {
            let (_, page) = http::get(self.owner.address, "/metrics", KEPT_WITHIN)?;
            let names = ["pending", "degraded", "behind_batches"];
            let now: f64 = names.into_iter().map(|name| understood(&page, name)).sum();
            if now < waiting {
                (waiting, since) = (now, Instant::now());
            }
            if now == 0.0 {
                break;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        self.note(&format!("understood, but for {waiting} texts"))?;
        self.wait_counted()
    }

    /// The tables have what the journal has. Facts without a result may still come.
    fn wait_counted(&mut self) -> Result<()> {
        let durable = |page: &str| counter(page, "hubbub_journal_durable_batch");
        let (_, page) = http::get(self.owner.address, "/metrics", KEPT_WITHIN)?;
        let (wanted, until) = (durable(&page), Instant::now() + KEPT_WITHIN);
        loop {
            let (_, page) = http::get(self.owner.address, "/metrics", KEPT_WITHIN)?;
            if durable(&page) - counter(&page, "hubbub_tables_behind_batches") >= wanted {
                return Ok(());
            }
            if Instant::now() > until {
                bail!("the tables do not come to batch {wanted}");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// A gauge or counter of how texts are understood; 0 where there is none.
pub(super) fn understood(page: &str, name: &str) -> f64 {
    counter(page, &format!("hubbub_enrich_{name}"))
}

fn counter(page: &str, name: &str) -> f64 {
    metrics::parse(page).get(name).copied().unwrap_or(0.0)
}
