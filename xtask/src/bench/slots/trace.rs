//! The trace of one request: its stages, as the service tells them in `Server-Timing`.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// How long one may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Bytes of an answer that are read.
const ANSWER_MAX_BYTES: u64 = 64 * 1024;
/// Requests that are traced, at once; the one in the middle is shown.
const PROBES: usize = 5;

/// A request from outside and from inside, in ms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Trace {
    /// From sent to the last byte, as the client sees it.
    pub(super) all_ms: f64,
    pub(super) door_ms: f64,
    pub(super) pool_ms: f64,
    pub(super) call_ms: f64,
}

/// Requests on their way.
pub(super) struct Probes(Vec<JoinHandle<Result<Trace>>>);

impl Probes {
    pub(super) fn send(address: SocketAddr) -> Self {
        Self((0..PROBES).map(|_| std::thread::spawn(move || probe(address))).collect())
    }

    /// The one in the middle of those that were answered.
    pub(super) fn middle(self) -> Option<Trace> {
        let mut traces: Vec<Trace> =
            self.0.into_iter().filter_map(|probe| probe.join().ok()?.ok()).collect();
        traces.sort_by(|one, other| one.all_ms.total_cmp(&other.all_ms));
        traces.get(traces.len() / 2).copied()
    }
}

fn probe(address: SocketAddr) -> Result<Trace> {
    let body = r#"{"text":"one request of many"}"#;
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let begun = Instant::now();
    write!(
        stream,
        "POST /v1/analyze HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.take(ANSWER_MAX_BYTES).read_to_string(&mut answer)?;
    let all_ms = begun.elapsed().as_secs_f64() * 1e3;
    parse(&answer, all_ms).with_context(|| format!("no stages in {answer}"))
}

fn parse(answer: &str, all_ms: f64) -> Option<Trace> {
    let timing = answer.lines().find_map(|line| line.strip_prefix("server-timing: "))?;
    let stage = |name: &str| {
        let entry = timing.split(", ").find_map(|entry| entry.strip_prefix(name))?;
        entry.strip_prefix(";dur=")?.parse().ok()
    };
    let (door_ms, pool_ms, call_ms) = (stage("door")?, stage("pool")?, stage("call")?);
    Some(Trace { all_ms, door_ms, pool_ms, call_ms })
}

#[test]
fn stages_are_read_from_the_header() {
    let answer = "HTTP/1.1 200 OK\r\nserver-timing: door;dur=600.50, pool;dur=2200.00, call;dur=199.90\r\n\r\n{}";
    let trace = Trace { all_ms: 3001.0, door_ms: 600.5, pool_ms: 2200.0, call_ms: 199.9 };
    assert_eq!(parse(answer, 3001.0), Some(trace));
    assert_eq!(parse("HTTP/1.1 502 Bad Gateway\r\n\r\n", 1.0), None);
}
