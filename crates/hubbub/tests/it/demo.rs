//! `hubbub demo`: the first thing that anyone runs.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::house::{House, PATIENCE, address, hubbub};
use crate::http::request;

/// The demo, and the processes that it starts: none outlives the test.
struct Demo {
    house: House,
    at: SocketAddr,
}

impl Demo {
    fn start(folder: &Path, more: &str) -> Self {
        let at = address();
        let mut command = hubbub(folder);
        command.args(format!("demo --listen {at} {more}").split_whitespace());
        Self { house: House::spawn(command, folder, "demo"), at }
    }

    /// The processes it says it has started: each with its name.
    fn processes(&self) -> Vec<(String, String)> {
        let lines = self.house.err();
        let started = lines.lines().filter_map(|line| {
            let (name, id) = line.strip_prefix("hubbub: ")?.split_once(" is process ")?;
            Some((name.to_owned(), id.to_owned()))
        });
        started.collect()
    }

    fn kill(&self, name: &str) {
        let processes = self.processes();
        let last = processes.iter().rfind(|(found, _)| found == name);
        let (_, id) = last.unwrap_or_else(|| panic!("no {name} in {processes:?}"));
        let killed = Command::new("kill").args(["-KILL", id]).status().unwrap();
        assert!(killed.success(), "{name} is {id}");
    }

    /// A report, as soon as somebody serves it.
    async fn rows(&self, report: &str) -> Vec<Value> {
        if TcpStream::connect(self.at).await.is_err() {
            return Vec::new();
        }
        let answer = request(self.at, &format!("GET /v1/reports/{report}"), &[], "").await;
        let rows = (answer.status == 200).then(|| answer.json()["rows"].as_array().cloned());
        rows.flatten().unwrap_or_default()
    }

    async fn until(&self, what: &str, done: impl AsyncFn(&Self) -> bool) {
        let until = Instant::now() + 2 * PATIENCE;
        while !done(self).await {
            assert!(Instant::now() < until, "{what}: {}", self.house.err());
            sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        self.house.kill();
        for (_, id) in self.processes() {
            drop(Command::new("kill").args(["-KILL", &id]).output());
        }
    }
}

async fn full_answers(demo: &Demo) -> u64 {
    let rows = demo.rows("summary_daily").await;
    rows.iter().filter_map(|row| row["enriched"].as_u64()).sum()
}

#[tokio::test]
async fn conversations_become_rows_also_when_the_service_is_killed_and_the_dashboard_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut demo = Demo::start(
        folder.path(),
        "--rate 200 --bots 16 --groups --scenario slow --data data --model nowhere",
    );
    demo.until("answers in rows", async |demo| full_answers(demo).await > 20).await;
    let dashboard = format!("dashboard http://{}/dashboard", demo.at);
    assert!(demo.house.out().contains(&dashboard), "{}", demo.house.out());
    // The rows of conversations come after those of all.
    let summaries = async |demo: &Demo| !demo.rows("conversation_summary").await.is_empty();
    demo.until("rows of conversations", summaries).await;
    let conversations = demo.rows("conversation_summary").await;
    for row in &conversations {
        let name = row["conversation"].as_str().unwrap();
        assert!(name.starts_with("synthetic-"), "{name}");
    }
    assert!(demo.house.err().contains("scenario: all is well"), "{}", demo.house.err());
    assert!(demo.house.err().contains("the model in \"nowhere\""), "{}", demo.house.err());
    let before = full_answers(&demo).await;
    demo.kill("nlp");
    let again = async |demo: &Demo| demo.processes().len() == 3;
    demo.until("the service is started again", again).await;
    demo.until("more answers", async |demo| full_answers(demo).await > before + 20).await;
    demo.house.stop().await;
}
