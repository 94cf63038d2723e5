//! How the servers of a run are cut, and what each is told at its start.

use std::net::SocketAddr;

use super::schedule::Death;

/// Small, so that a run has many.
const SEGMENT_BYTES: u64 = 2 << 20;
/// Bytes of a gateway's rings: some twenty messages, so that who lags falls out of them.
const RING_BYTES: u64 = 8 << 10;
/// What is kept: channels expire again and again, all else is there in the end to be judged.
const RETAIN: &str = "channel:25";

/// How the servers are cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) gateways: u16,
    pub(crate) hubs: u16,
    pub(crate) memory_bytes: u64,
    pub(crate) mutant: Option<String>,
}

/// What it tells the owner of the NLP service: calls that hang are given up soon.
fn asking(service: SocketAddr) -> String {
    format!("--nlp http://{service} --nlp-timeout-ms 800")
}

/// Paths are relative to the folder of the run: a socket's path has at most 107 bytes.
pub(crate) fn owner_arguments(
    shape: &Shape,
    (listen, service): (SocketAddr, SocketAddr),
    seed: u64,
    after: Death,
) -> Vec<String> {
    let role = if shape.gateways == 0 { "both" } else { "owner" };
    let mut line = format!(
        "serve --dev --role {role} --data data --listen {listen} --hubs {} --memory-bytes {} \
         --segment-bytes {SEGMENT_BYTES} --ring-bytes {RING_BYTES} --retain {RETAIN} \
         --retain-sweep-seconds 2 {} --disk shadow:{seed} --after {}",
        shape.hubs,
        shape.memory_bytes,
        asking(service),
        after.name()
    );
    if shape.gateways > 0 {
        line.push_str(" --link link.sock");
    }
    with_mutant(&line, shape)
}

pub(crate) fn gateway_arguments(shape: &Shape, listen: SocketAddr) -> Vec<String> {
    with_mutant(
        &format!(
            "serve --dev --role gateway --link link.sock --listen {listen} --ring-bytes {RING_BYTES}"
        ),
        shape,
    )
}

/// Each process gets it: some promises are kept by the owner, some by gateways.
fn with_mutant(line: &str, shape: &Shape) -> Vec<String> {
    let mut arguments: Vec<String> = line.split(' ').map(str::to_owned).collect();
    if let Some(mutant) = &shape.mutant {
        arguments.extend(["--mutant".to_owned(), mutant.clone()]);
    }
    arguments
}

#[cfg(test)]
fn shape(gateways: u16, mutant: Option<&str>) -> Shape {
    Shape { gateways, hubs: 4, memory_bytes: 99, mutant: mutant.map(str::to_owned) }
}

#[test]
fn one_process_is_both_and_an_owner_has_a_link() {
    let listen = SocketAddr::from(([127, 0, 0, 1], 9000));
    let service = SocketAddr::from(([127, 0, 0, 1], 9001));
    assert_eq!(
        owner_arguments(&shape(0, None), (listen, service), 7, Death::Power).join(" "),
        "serve --dev --role both --data data --listen 127.0.0.1:9000 --hubs 4 --memory-bytes 99 \
         --segment-bytes 2097152 --ring-bytes 8192 --retain channel:25 --retain-sweep-seconds 2 \
         --nlp http://127.0.0.1:9001 --nlp-timeout-ms 800 --disk shadow:7 --after power"
    );
    let split =
        owner_arguments(&shape(2, Some("no-sync")), (listen, service), 7, Death::Process).join(" ");
    assert!(split.starts_with("serve --dev --role owner "));
    assert!(split.ends_with(" --after process --link link.sock --mutant no-sync"), "{split}");
    assert_eq!(
        gateway_arguments(&shape(2, Some("released-early")), listen).join(" "),
        "serve --dev --role gateway --link link.sock --listen 127.0.0.1:9000 --ring-bytes 8192 \
         --mutant released-early"
    );
}
