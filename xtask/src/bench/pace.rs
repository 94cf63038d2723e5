//! Messages at a rate: `hubbub load run ws://…`, started beside the server, and the run that it saves.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::process::{Output, Process};
use super::server::Server;
use super::workshop::Workshop;

/// What is sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load {
    pub(super) rate: u64,
    pub(super) seconds: u64,
    pub(super) conversations: u64,
    /// Messages of a connection that are not answered yet, at most.
    pub(super) in_flight: u64,
    /// How long an answer may take, and all of them after the last message was due.
    pub(super) grace_seconds: u64,
}

/// Connections of every bench.
pub(super) const CONNECTIONS: u64 = 32;

/// Bytes of a body in every bench.
pub(super) const BODY_BYTES: u64 = 100;

impl Load {
    /// So many a second for so long, over so many conversations.
    pub(super) fn steady(rate: u64, seconds: u64, conversations: u64) -> Self {
        Self { rate, seconds, conversations, in_flight: 1_000, grace_seconds: 30 }
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
        let Self { rate, seconds, conversations, in_flight, grace_seconds } = self;
        let line = format!(
            "--rate {rate} -d {seconds}s --warm-up 0s -T {grace_seconds}s --streams {in_flight} \
             --connections {CONNECTIONS} --conversations {conversations} --body-bytes {BODY_BYTES}"
        );
        start(workshop, server, &line)
    }

    /// Runs it to its end, and gives the saved run; `window` is called each so often meanwhile. Its time is bounded by
    /// its own arguments.
    pub(super) fn run(
        self,
        workshop: &Workshop,
        server: &Server,
        every: Duration,
        mut window: impl FnMut() -> Result<()>,
    ) -> Result<Value> {
        let mut process = self.start(workshop, server)?;
        loop {
            if process.wait(every)?.is_some() {
                return saved(workshop);
            }
            window()?;
        }
    }

    /// Runs it to its end, and gives the saved run.
    pub(super) fn measure(self, workshop: &Workshop, server: &Server) -> Result<Value> {
        let most = Duration::from_secs(self.seconds + self.grace_seconds + 60);
        finished(workshop, self.start(workshop, server)?, most)
    }
}

/// Measures something else than messages, for at most so long.
pub(super) fn measure(
    workshop: &Workshop,
    server: &Server,
    line: &str,
    most: Duration,
) -> Result<Value> {
    finished(workshop, start(workshop, server, line)?, most)
}

fn start(workshop: &Workshop, server: &Server, line: &str) -> Result<Process> {
    let file = file(workshop);
    if file.exists() {
        std::fs::remove_file(&file)?;
    }
    let line = format!("load run {} --plain --no-probe {line} -o {}", server.url(), file.display());
    let arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    let log = workshop.folder().join("load.log");
    Process::start(&workshop.guardian, &workshop.binary, &arguments, &log, &Output::Log)
}

fn finished(workshop: &Workshop, mut process: Process, most: Duration) -> Result<Value> {
    process.wait(most)?.context("`hubbub load run` does not end")?;
    saved(workshop)
}

fn file(workshop: &Workshop) -> PathBuf {
    workshop.folder().join("run.json")
}

/// The run that was saved: whatever its exit code, for a run that calls itself invalid has figures, too.
fn saved(workshop: &Workshop) -> Result<Value> {
    let Ok(text) = std::fs::read_to_string(file(workshop)) else {
        let log = std::fs::read_to_string(workshop.folder().join("load.log")).unwrap_or_default();
        bail!("`hubbub load run` saved nothing; it said:\n{log}");
    };
    Ok(serde_json::from_str(&text)?)
}

/// A number in what a load said.
pub(super) fn number(said: &Value, pointer: &str) -> Result<f64> {
    let number = said.pointer(pointer).and_then(Value::as_f64);
    number.with_context(|| format!("`hubbub load` did not say {pointer}"))
}

/// A time in a saved run, in ms.
pub(super) fn ms(run: &Value, pointer: &str) -> Result<f64> {
    Ok(number(run, pointer)? / 1e3)
}

/// Of a saved run, what a report keeps.
pub(super) fn told(run: &Value) -> Value {
    let of = |name: &str| run[name].clone();
    json!({ "totals": of("totals"), "percentiles": of("percentiles"), "judgement": of("judgement") })
}

/// What went wrong: not all was acknowledged, or the figures are the generator's own.
pub(super) fn complaint(run: &Value) -> Option<String> {
    let totals = &run["totals"];
    if totals["done"] != totals["offered"] {
        return Some(format!(
            "NOT ALL ACKNOWLEDGED: {} of {}; by status {}, errors {}",
            totals["done"], totals["offered"], totals["by_status"], totals["by_error"]
        ));
    }
    let cause = run["judgement"]["cause"].as_str().unwrap_or_default();
    let is_own = matches!(cause, "client_bound" | "host_starved");
    is_own.then(|| format!("the generator was the limit ({cause}): these figures are its own"))
}

#[test]
fn what_was_not_acknowledged_is_complained_of_and_so_is_a_generator_that_was_the_limit() {
    let run = |done: u64, cause: &str| {
        json!({
            "totals": { "offered": 3, "done": done, "by_status": { "200": done, "503": 1 }, "by_error": {} },
            "judgement": { "cause": cause },
        })
    };
    assert!(complaint(&run(2, "headroom")).unwrap().contains("2 of 3; by status {\"200\":2,"));
    assert_eq!(complaint(&run(3, "headroom")), None);
    assert!(complaint(&run(3, "host_starved")).unwrap().contains("its own"));
    assert_eq!(number(&run(3, ""), "/totals/offered").unwrap(), 3.0);
    assert!(ms(&run(3, ""), "/percentiles/slip/p99_us").is_err());
}
