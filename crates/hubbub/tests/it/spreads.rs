//! `hubbub load run --processes`: one schedule by several processes, against a server that counts. Counts decide,
//! never times.

use std::collections::BTreeMap;
use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use load::measure::run::{Direction, Run};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::house::{Ended, hubbub, run};

const FINE: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// What a server saw.
#[derive(Debug, Default)]
struct Seen {
    /// How often each body came: the number of a request.
    bodies: BTreeMap<String, u32>,
    /// Connections of each address.
    from: BTreeMap<IpAddr, u32>,
}

/// Answers each request of `POST`.
struct Counting {
    at: SocketAddr,
    seen: Arc<Mutex<Seen>>,
}

impl Counting {
    async fn begin() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let for_all = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((stream, peer)) = listener.accept().await {
                *for_all.lock().unwrap().from.entry(peer.ip()).or_default() += 1;
                tokio::spawn(serve(stream, Arc::clone(&for_all)));
            }
        });
        Self { at, seen }
    }

    /// Measures it, and reads what was saved.
    async fn measured(&self, folder: &Path, words: &str) -> (Ended, Run) {
        let ended = self.load(folder, words).await;
        let text = fs::read_to_string(folder.join("run.json"));
        let run = Run::from_json(&text.unwrap_or_else(|_| panic!("{ended:?}"))).expect("a run");
        (ended, run)
    }

    async fn load(&self, folder: &Path, words: &str) -> Ended {
        let mut command = hubbub(folder);
        command.args(["load"]).args(words.split_whitespace());
        command.arg(format!("http://{}/", self.at)).args(["-o", "run.json", "--plain"]);
        run(command, folder).await
    }
}

async fn serve(mut stream: TcpStream, seen: Arc<Mutex<Seen>>) {
    let mut unread = Vec::new();
    let mut bytes = [0; 4_096];
    while let Ok(count @ 1..) = stream.read(&mut bytes).await {
        unread.extend_from_slice(&bytes[..count]);
        while let Some((number, rest)) = request(&unread) {
            unread.drain(..rest);
            *seen.lock().unwrap().bodies.entry(number).or_default() += 1;
            if stream.write_all(FINE).await.is_err() {
                return;
            }
        }
    }
}

/// The body of the first request that is whole, and where the next begins.
fn request(unread: &[u8]) -> Option<(String, usize)> {
    let text = std::str::from_utf8(unread).expect("requests are text");
    let (head, rest) = text.split_once("\r\n\r\n")?;
    let length = head.split_once("content-length: ")?.1.lines().next()?;
    let body = rest.get(..length.parse().ok()?)?;
    Some((body.to_owned(), head.len() + 4 + body.len()))
}

/// Each number once, and no other.
fn each_once(count: u64) -> BTreeMap<String, u32> {
    (0..count).map(|number| (number.to_string(), 1)).collect()
}

#[tokio::test]
async fn three_processes_make_each_request_of_a_schedule_once_and_their_counts_are_added() {
    let folder = tempfile::tempdir().unwrap();
    let server = Counting::begin().await;
    let words = "run --rate 600 -d 1s -c 7 -b {{index}} --processes 3 --warm-up 0s --no-probe \
                 --source 127.0.0.2,127.0.0.3";
    let (ended, run) = server.measured(folder.path(), words).await;
    let seen = server.seen.lock().unwrap();
    assert_eq!(seen.bodies, each_once(600), "{ended:?}");
    assert_eq!((run.totals.offered, run.totals.done, run.totals.failed), (600, 600, 0));
    assert_eq!(run.histograms.response.0.len(), 600, "histograms are added");
    assert_eq!(run.histograms.slip.0.len(), 600);
    let of_each: Vec<_> = run.processes.iter().map(|one| (one.offered, one.connections)).collect();
    assert_eq!(of_each, [(200, 3), (200, 2), (200, 2)], "as cards are dealt out");
    assert_eq!((run.plan.processes, run.totals.achieved_connections), (3, 7));
    assert_eq!(run.totals.connects, 7);
    let [one, other]: [IpAddr; 2] = ["127.0.0.2", "127.0.0.3"].map(|text| text.parse().unwrap());
    assert_eq!(seen.from.keys().collect::<Vec<_>>(), [&one, &other], "in turns: {:?}", seen.from);
    assert!(ended.out.contains("Made by 3 processes on one schedule"), "{}", ended.out);
}

#[tokio::test]
async fn a_closed_loop_of_two_processes_makes_so_many_requests_and_not_one_more() {
    let folder = tempfile::tempdir().unwrap();
    let server = Counting::begin().await;
    let words = "run -n 101 -c 5 -b {{index}} --processes 2 --no-probe";
    let (ended, run) = server.measured(folder.path(), words).await;
    assert_eq!(server.seen.lock().unwrap().bodies, each_once(101), "{ended:?}");
    assert_eq!((run.totals.done, run.totals.asked_connections), (101, 5));
}

#[tokio::test]
async fn a_ladder_is_climbed_by_the_same_processes_from_step_to_step() {
    let folder = tempfile::tempdir().unwrap();
    let server = Counting::begin().await;
    let words = "ladder --steps 1,2,3 --step-time 1500ms --up-only -b {{index}} --processes 2";
    let (ended, run) = server.measured(folder.path(), words).await;
    let steps = run.ladder.as_ref().unwrap_or_else(|| panic!("{ended:?}"));
    let up = steps.iter().filter(|step| step.direction == Direction::Up);
    assert_eq!(up.map(|step| step.connections).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(steps.iter().all(|step| step.throughput_batches.iter().sum::<f64>() > 0.0));
    assert_eq!((run.processes.len(), run.plan.processes), (2, 2));
    let top = run.processes.iter().map(|one| one.connections).collect::<Vec<_>>();
    assert!(top[0] >= 2 && top[1] >= 1, "of three, or more around the knee: {top:?}");
}

#[tokio::test]
async fn when_descriptors_run_out_more_processes_are_begun_and_it_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let server = Counting::begin().await;
    let mut command = Command::new("sh");
    command.current_dir(folder.path()).args(["-c", "ulimit -n 100; exec \"$@\"", "sh"]);
    command.arg(env!("CARGO_BIN_EXE_hubbub")).args(["load", "run", "-n", "200", "-c", "80"]);
    command.args(["-b", "{{index}}", "--no-probe", "--plain", "-o", "run.json"]);
    command.arg(format!("http://{}/", server.at));
    let ended = run(command, folder.path()).await;
    let told = "80 connections need 3 processes of 100 files: begun";
    assert!(ended.err.contains(told), "{ended:?}");
    assert_eq!(server.seen.lock().unwrap().bodies, each_once(200));
}

#[tokio::test]
async fn a_process_that_dies_ends_the_measurement_with_its_number() {
    let folder = tempfile::tempdir().unwrap();
    let server = Counting::begin().await;
    let url = format!("http://{}/", server.at);
    let killer = tokio::spawn(async move {
        while !kills(&url, "1/2") {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let ended = server.load(folder.path(), "run -d 60s -c 2 -b {{index}} --processes 2").await;
    killer.await.unwrap();
    assert_eq!(ended.code, Some(74), "{ended:?}");
    assert!(ended.err.contains("generator process 2 of 2 ended early"), "{}", ended.err);
}

/// Kills the process that makes this part of the requests to that URL, if it is there.
fn kills(url: &str, part: &str) -> bool {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let mut found = processes.filter(|process| {
        let line = fs::read(process.path().join("cmdline")).unwrap_or_default();
        let words: Vec<&[u8]> = line.split(|byte| *byte == 0).collect();
        words.contains(&url.as_bytes()) && words.contains(&part.as_bytes())
    });
    let Some(process) = found.next() else { return false };
    let pid = process.file_name();
    Command::new("kill").arg("-9").arg(pid).status().unwrap().success()
}

#[tokio::test]
async fn what_several_processes_cannot_do_is_said_in_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let server = Counting::begin().await;
    let cases = [
        ("run --source 192.0.2.7", 2, "no address of this machine"),
        ("run --source ::1", 2, "of the other family"),
        ("run --processes 0", 2, "--processes"),
        ("run -c 60000", 2, "need"),
    ];
    for (words, code, sentence) in cases {
        let ended = server.load(folder.path(), words).await;
        assert_eq!(ended.code, Some(code), "{words}: {ended:?}");
        assert!(ended.err.contains(sentence), "{words}: {}", ended.err);
    }
}

#[tokio::test]
async fn an_objective_that_says_so_ends_a_run_and_the_report_is_written() {
    let server = Counting::begin().await;
    for processes in ["1", "2"] {
        let folder = tempfile::tempdir().unwrap();
        let objective = "--slo=rps>1000000000 abort 2s";
        let mut command = hubbub(folder.path());
        command.args(["load", "run", "-d", "60s", "-c", "2", "-b", "{{index}}", "--warm-up", "0s"]);
        command.args(["--no-probe", "--plain", "-o", "run.json", "--processes", processes]);
        command.arg(objective).arg(format!("http://{}/", server.at));
        let ended = run(command, folder.path()).await;
        let text = fs::read_to_string(folder.path().join("run.json"));
        let run = Run::from_json(&text.unwrap_or_else(|_| panic!("{ended:?}"))).expect("a run");
        let code = if run.judgement.is_valid() { 1 } else { 3 };
        assert_eq!(ended.code, Some(code), "an objective was missed: {ended:?}");
        assert!(run.totals.aborted.is_some() && !run.totals.was_interrupted, "{ended:?}");
        assert!(run.seconds.len() >= 2 && run.seconds.len() < 30, "{}", run.seconds.len());
        assert!(ended.out.contains("had been broken for 2 s: this is what there was"), "{ended:?}");
        assert!(!run.slos[0].passed);
    }
}
