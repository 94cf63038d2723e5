//! The service and the outside service, in processes of their own.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::Setting;
use crate::bench::process::{Output, Process};
use crate::bench::server::{Metrics, free_address, get, wait_open};
use crate::bench::workshop::Workshop;

/// How long one may take to stop: calls in flight take at most ten seconds.
const STOPPED_WITHIN: Duration = Duration::from_secs(20);

#[derive(Debug)]
pub(super) struct Running {
    pub(super) address: SocketAddr,
    pub(super) service: Process,
    pub(super) outside: Process,
}

impl Running {
    /// Starts both, and waits until they can be asked.
    pub(super) fn start(workshop: &Workshop, setting: Setting) -> Result<Self> {
        let (nlp, address) = (free_address()?, free_address()?);
        let Setting { slot, slots, .. } = setting;
        let line = format!("nlp --no-models --listen {nlp}");
        let outside = launch(workshop, "nlp", &line, nlp)?;
        let line =
            format!("lab slots --listen {address} --outside {nlp} --slot {slot} --slots {slots}");
        let service = launch(workshop, "service", &line, address)?;
        Ok(Self { address, service, outside })
    }

    /// What the service says of itself.
    pub(super) fn metrics(&self) -> Result<Metrics> {
        let (_, page) = get(self.address, "/metrics")?;
        Ok(Metrics::parse(&page))
    }

    pub(super) fn stop(mut self) -> Result<()> {
        for process in [&mut self.service, &mut self.outside] {
            process.terminate()?;
            if process.wait(STOPPED_WITHIN)?.is_none() {
                bail!("a service does not end within {} s", STOPPED_WITHIN.as_secs());
            }
        }
        Ok(())
    }
}

/// Starts one, and waits until its port is open.
fn launch(workshop: &Workshop, name: &str, line: &str, address: SocketAddr) -> Result<Process> {
    let arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    let log = workshop.folder().join(format!("{name}.log"));
    let (guardian, binary) = (&workshop.guardian, &workshop.binary);
    let mut process = Process::start(guardian, binary, &arguments, &log, &Output::Log)?;
    wait_open(address, &mut process, &log).with_context(|| name.to_owned())?;
    Ok(process)
}
