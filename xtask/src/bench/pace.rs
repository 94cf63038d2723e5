//! `hubbub load pace`, started beside the server.

use std::io::{BufRead, BufReader};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::process::{Output, Process};
use super::server::Server;
use super::workshop::Workshop;

/// From the last line it prints to its end.
const ENDED_WITHIN: Duration = Duration::from_secs(10);

/// What is sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load {
    pub(super) rate: u64,
    pub(super) seconds: u64,
    pub(super) conversations: u64,
    /// Messages of a connection that are not answered yet, at most.
    pub(super) in_flight: u64,
    /// How long answers may take after the last message was due.
    pub(super) grace_seconds: u64,
    /// How often it says how it goes.
    pub(super) every: Option<u64>,
}

/// Connections of every bench.
pub(super) const CONNECTIONS: u64 = 32;

/// Bytes of a body in every bench.
pub(super) const BODY_BYTES: u64 = 100;

impl Load {
    /// So many a second for so long, over so many conversations.
    pub(super) fn steady(rate: u64, seconds: u64, conversations: u64) -> Self {
        Self { rate, seconds, conversations, in_flight: 1_000, grace_seconds: 30, every: None }
    }

    pub(super) fn to_json(self) -> Value {
        json!({
            "rate": self.rate,
            "seconds": self.seconds,
            "connections": CONNECTIONS,
            "conversations": self.conversations,
            "body_bytes": BODY_BYTES,
            "in_flight_per_connection": self.in_flight,
            "listeners": 0,
        })
    }

    /// Starts it and does not wait.
    pub(super) fn start(self, workshop: &Workshop, server: &Server) -> Result<Process> {
        let Self { rate, seconds, conversations, in_flight, grace_seconds, every } = self;
        let mut line = format!(
            "load pace --json --url {} --rate {rate} --seconds {seconds} --connections {CONNECTIONS} \
             --conversations {conversations} --body-bytes {BODY_BYTES} --in-flight {in_flight} --grace-seconds {grace_seconds}",
            server.url()
        );
        if let Some(every) = every {
            line.push_str(&format!(" --every {every}"));
        }
        let arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let log = workshop.folder().join("pace.log");
        Process::start(&workshop.guardian, &workshop.binary, &arguments, &log, &Output::Pipe)
    }

    /// Runs it to its end; `window` sees what it says on the way. Its time is bounded by its own
    /// arguments.
    pub(super) fn run(
        self,
        workshop: &Workshop,
        server: &Server,
        mut window: impl FnMut(&Value) -> Result<()>,
    ) -> Result<Value> {
        let mut process = self.start(workshop, server)?;
        let output = process.output().context("its output is taken")?;
        let mut total = None;
        for line in BufReader::new(output).lines() {
            let said: Value = serde_json::from_str(&line?)?;
            match said["type"].as_str() {
                Some("window") => window(&said)?,
                _ => total = Some(said),
            }
        }
        let status = process.wait(ENDED_WITHIN)?.context("`hubbub load pace` does not end")?;
        let Some(total) = total else {
            let log = workshop.folder().join("pace.log");
            let log = std::fs::read_to_string(log).unwrap_or_default();
            bail!("`hubbub load pace` ended with {status} and no result; it said:\n{log}");
        };
        Ok(total)
    }
}

/// A number in what pace said.
pub(super) fn number(said: &Value, pointer: &str) -> Result<f64> {
    let number = said.pointer(pointer).and_then(Value::as_f64);
    number.with_context(|| format!("`hubbub load pace` did not say {pointer}: {said}"))
}

/// What went wrong, if not all was acknowledged.
pub(super) fn complaint(total: &Value) -> Option<String> {
    (total["acknowledged"] != total["offered"]).then(|| {
        format!(
            "NOT ALL ACKNOWLEDGED: {} of {}, refused {}, unanswered {}, broken {}",
            total["acknowledged"],
            total["offered"],
            total["errors"],
            total["unanswered"],
            total["broken"]
        )
    })
}

#[test]
fn what_was_not_acknowledged_is_complained_of() {
    let total =
        json!({ "offered": 3, "acknowledged": 2, "errors": { "busy": 1 }, "unanswered": 0 });
    assert!(complaint(&total).unwrap().contains("2 of 3, refused {\"busy\":1}"));
    let total = json!({ "offered": 3, "acknowledged": 3 });
    assert_eq!(complaint(&total), None);
    assert_eq!(number(&total, "/offered").unwrap(), 3.0);
    assert!(number(&total, "/slip_ms/p99").is_err());
}
