//! What a process may hold, and what one address may ask: how many processes and source addresses a load needs.

use std::net::IpAddr;

use crate::measure::args::TargetArgs;
use crate::measure::health::{local_ports, open_files_max};
use crate::measure::part::Part;
use crate::measure::refusal::Refusal;

/// Descriptors that are no connections: standard ones, timers, epoll, files.
pub(super) const OTHER_FILES: u64 = 64;

/// Processes of one measurement.
pub(crate) const PROCESSES_MAX: u32 = 64;

/// Processes for so many connections, if this is the one that starts them; one if it is one of them.
pub(super) fn processes(args: &TargetArgs, connections: u32) -> Result<u32, Refusal> {
    if args.part.is_some() {
        return Ok(1);
    }
    processes_of(args.processes, connections, most_of_a_process())
}

/// Each holds at most `most` connections.
fn processes_of(wanted: Option<u32>, connections: u32, most: u32) -> Result<u32, Refusal> {
    let needed = connections.div_ceil(most.max(1)).max(1);
    if wanted.is_some_and(|wanted| wanted < needed) || needed > PROCESSES_MAX {
        return Err(Refusal::usage(format!(
            "{connections} connections are more than so few processes may have open: {most} each (ulimit -n), so \
             --processes {needed}, of which there are {PROCESSES_MAX} at most"
        )));
    }
    // One without a connection would do nothing.
    Ok(wanted.unwrap_or(needed).min(connections))
}

/// What is said when more than one process is needed and none was asked for.
pub(crate) fn told(args: &TargetArgs, connections: u32, processes: u32) -> Option<String> {
    (args.processes.is_none() && processes > 1).then(|| {
        let most = open_files_max();
        format!("{connections} connections need {processes} processes of {most} files: begun")
    })
}

/// Whether one process may open so many.
pub(super) fn may_open(connections: u32) -> Result<(), Refusal> {
    let most = most_of_a_process();
    if connections <= most {
        return Ok(());
    }
    Err(Refusal::usage(format!(
        "{connections} connections are more than this process may have open: at most {most} (ulimit -n)"
    )))
}

/// Whether source addresses have ports for all connections to one address.
pub(super) fn has_ports(part: Part, connections: u32, sources: &[IpAddr]) -> Result<(), Refusal> {
    let addresses = u32::try_from(sources.len().max(1)).unwrap_or(u32::MAX);
    let Some(ports) = local_ports() else { return Ok(()) };
    // One of several processes has its part of the ports, too: it was looked at before it began.
    if part != Part::WHOLE || connections <= ports.saturating_mul(addresses) {
        return Ok(());
    }
    let needed = connections.div_ceil(ports.max(1));
    Err(Refusal::usage(format!(
        "{connections} connections need {needed} source addresses, for each has {ports} ports \
         (net.ipv4.ip_local_port_range): on loopback --source 127.0.0.2,127.0.0.3 and so on"
    )))
}

/// Each of these is an address of this machine, and of the target's family.
pub(super) fn may_bind(sources: &[IpAddr], target: IpAddr) -> Result<(), Refusal> {
    for source in sources {
        let wrong = |why: &str| Refusal::usage(format!("--source {source}: {why}"));
        if source.is_ipv4() != target.is_ipv4() {
            return Err(wrong(&format!("the target is {target}, of the other family")));
        }
        // No datagram is sent: whether it can be bound is all that is asked.
        std::net::UdpSocket::bind((*source, 0))
            .map_err(|why| wrong(&format!("is no address of this machine ({why})")))?;
    }
    Ok(())
}

fn most_of_a_process() -> u32 {
    u32::try_from(open_files_max().saturating_sub(OTHER_FILES)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
