//! `hubbub load run` and its like: each verdict is reached on the demo server of that cause, and exit codes say what
//! happened. Tests share cores with others: that the generator was starved is a right answer, too, if it has evidence;
//! and where others took a part of the machine in some second, the verdict is not judged. `.config/nextest.toml` lets
//! these tests run alone.

use std::fs;
use std::path::Path;

use load::measure::run::{Run, ServerSource};
use stats::spikes::Axis;
use stats::verdict::Cause;

use crate::house::{Ended, House, SMALL, hubbub, run};

/// A verdict that says nothing of the server, because its machine was busy with other things.
const OTHERS: &str = "others filled its machine";

async fn load(folder: &Path, arguments: &[&str]) -> Ended {
    let mut command = hubbub(folder);
    command.arg("load").args(arguments);
    run(command, folder).await
}

/// Cores that others may use in a second.
const OTHERS_MAX_CORES: f64 = 0.3;

/// In some second others took a part of the machine.
fn is_disturbed(run: &Run) -> bool {
    run.seconds.iter().any(|second| {
        let all = second.client.machine_busy * f64::from(run.host.cpus);
        let own = second.client.cpu_of_process + second.server.map_or(0.0, |server| server.cpu);
        all - own > OTHERS_MAX_CORES
    })
}

/// Measures a demo server: the run that was saved. Nothing, if the machine was too busy to tell, which was said.
#[expect(
    clippy::print_stdout,
    reason = "who reads a test's output wants to know what it did not judge"
)]
async fn demo(ceiling: &str, right: Cause) -> Option<Run> {
    let folder = tempfile::tempdir().unwrap();
    let ended = load(folder.path(), &["demo", ceiling, "-d", "4s", "-o", "run.json"]).await;
    let text = fs::read_to_string(folder.path().join("run.json"));
    let run = Run::from_json(&text.unwrap_or_else(|_| panic!("{ended:?}"))).expect("a run");
    let judgement = &run.judgement;
    let evidence = &judgement.findings.first().expect("a verdict has evidence").evidence;
    assert_eq!(ended.code, Some(if judgement.is_valid() { 0 } else { 3 }), "{ended:?}");
    if is_disturbed(&run) {
        println!("{ceiling} is not judged: others took a part of the machine");
        return None;
    }
    if judgement.cause == right {
        return Some(run);
    }
    let is_starved = judgement.cause == Cause::HostStarved;
    let is_unknown = judgement.cause == Cause::Unknown && evidence.contains(OTHERS);
    assert!(is_starved || is_unknown, "{ceiling}: {judgement:#?}");
    None
}

#[tokio::test]
async fn a_server_that_is_asked_for_little_has_headroom() {
    if let Some(run) = demo("none", Cause::Headroom).await {
        assert_eq!(
            (run.totals.failed, run.totals.by_status.get(&200)),
            (0, Some(&run.totals.done))
        );
    }
}

#[tokio::test]
async fn a_server_that_computes_is_bound_by_its_processors() {
    demo("cpu", Cause::ServerCpu).await;
}

#[tokio::test]
async fn a_server_with_one_lock_waits() {
    demo("lock", Cause::ServerWaiting).await;
}

#[tokio::test]
async fn a_server_with_a_small_pool_waits() {
    demo("pool", Cause::ServerWaiting).await;
}

#[tokio::test]
async fn a_server_with_a_plateau_waits_and_its_plateau_is_measured() {
    if let Some(run) = demo("plateau", Cause::ServerWaiting).await {
        let rate = run.totals.achieved_rate;
        assert!((700.0..820.0).contains(&rate), "{rate}");
    }
}

#[tokio::test]
async fn too_few_connections_are_the_limit_of_a_server_that_takes_its_time() {
    demo("latency", Cause::ConcurrencyCapped).await;
}

#[tokio::test]
async fn a_server_that_turns_requests_away_is_shedding() {
    if let Some(run) = demo("shed", Cause::Shedding).await {
        assert!(run.totals.first_failures[0].body_start.contains("come back later"));
    }
}

#[tokio::test]
async fn a_server_that_accepts_slowly_is_limited_by_its_backlog() {
    demo("backlog", Cause::NetworkOrLimit).await;
}

#[tokio::test]
async fn a_pause_at_every_thousandth_request_has_a_period_of_a_thousand() {
    let Some(run) = demo("pause", Cause::ServerWaiting).await else { return };
    let period = run.periods.iter().find(|period| period.axis == Axis::Index);
    let period = period.unwrap_or_else(|| panic!("no period: {:?}", run.periods)).period;
    assert!((990.0..1_010.0).contains(&period), "{:?}", run.periods);
}

#[tokio::test]
async fn what_a_server_says_of_itself_is_evidence_where_its_process_is_not_seen() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::start(
        folder.path(),
        "both",
        &format!("serve --data data --listen 127.0.0.1:0 {SMALL}"),
    )
    .await;
    let (url, page) =
        (format!("http://{}/healthz", house.at()), format!("http://{}/metrics", house.at()));
    // No process has this number.
    let words = ["run", &url, "--server-pid", "4194305", "--server-metrics", &page];
    let more = ["--rate", "200", "-d", "3s", "--warm-up", "1s", "-o", "run.json"];
    let ended = load(folder.path(), &[&words[..], &more[..]].concat()).await;
    let text = fs::read_to_string(folder.path().join("run.json"));
    let run = Run::from_json(&text.unwrap_or_else(|_| panic!("{ended:?}"))).expect("a run");
    let said: Vec<_> = run.seconds.iter().filter_map(|second| second.server).collect();
    let last = said.last().unwrap_or_else(|| panic!("nothing is known of it: {ended:?}"));
    assert_eq!(last.source, ServerSource::Metrics);
    assert!(last.allowed_cores.is_some() && last.queued.is_some(), "{last:?}");
    assert!(last.open_files.unwrap() > 5 && last.memory_bytes > 1_000_000, "{last:?}");
    assert!(
        said.iter().all(|server| server.cpu >= 0.0) && said.iter().any(|server| server.cpu > 0.0)
    );

    let none = format!("http://{}/no/such/page", house.at());
    let ended = load(folder.path(), &["run", &url, "-n", "1", "--server-metrics", &none]).await;
    assert_eq!(ended.code, Some(69), "{ended:?}");
    assert!(
        ended.err.contains("--server-metrics: http://") && ended.err.contains("404"),
        "{}",
        ended.err
    );
}

#[tokio::test]
async fn who_stopped_is_told_with_the_right_figures() {
    let folder = tempfile::tempdir().unwrap();
    for case in ["server", "client", "host"] {
        let ended = load(folder.path(), &["selftest", case]).await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_meant_gets_one_sentence_and_the_code_of_the_table() {
    let folder = tempfile::tempdir().unwrap();
    let cases: [(&[&str], i32, &str); 9] = [
        (&["run", "localhost:80"], 2, "right is http://HOST:PORT/PATH"),
        (&["run", "http://127.0.0.1:1/"], 69, "connection refused"),
        (&["run", "http://no.such.name.invalid/"], 69, "cannot be looked up"),
        (&["run", "http://127.0.0.1:1/", "--rate", "5", "-n", "5"], 2, "cannot be used with"),
        (&["run", "http://127.0.0.1:1/", "--slo", "p99 fast"], 2, "p99 fast"),
        (&["run", "http://127.0.0.1:1/", "-B", "none.txt"], 2, "none.txt"),
        (&["run", "http://127.0.0.1:1/", "-d", "1s", "--warm-up", "1s"], 2, "leaves nothing"),
        (&["ladder", "http://127.0.0.1:1/", "--steps", "1,2"], 2, "make a ladder"),
        (&["demo", "nothing-of-the-kind"], 2, "possible values"),
    ];
    for (arguments, code, sentence) in cases {
        let ended = load(folder.path(), arguments).await;
        assert_eq!(ended.code, Some(code), "{arguments:?}: {ended:?}");
        assert!(ended.err.contains(sentence), "{arguments:?}: {}", ended.err);
        assert_eq!(ended.out, "", "{arguments:?}");
    }
    let other = load(folder.path(), &["talk", "--no-such-flag"]).await;
    assert_eq!(other.code, Some(64), "what measures nothing keeps the code of the house");
}
