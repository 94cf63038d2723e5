//! `hubbub doctor` names the cap that binds: each is planted in a real server that asks a real service.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::access::{guarded, token_as, token_for};
use crate::house::{Ended, House, SMALL, hubbub, run};
use crate::http::request;
use crate::line::Line;

/// Longer than it takes until a cap binds, on whatever machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// Commands of one request, and how often there is one.
const AT_ONCE: usize = 20;
const SAID_EVERY: Duration = Duration::from_millis(50);

/// Messages that wait for their call as long as it takes.
const PATIENT: &str = "--nlp-deadline-ms 60000 --nlp-timeout-ms 60000";

async fn doctor(folder: &Path, more: &str) -> Ended {
    let mut command = hubbub(folder);
    command.arg("doctor").args(more.split_whitespace());
    run(command, folder).await
}

/// What it says of a server.
async fn seen(folder: &Path, house: &House, nlp: Option<SocketAddr>) -> Value {
    let nlp = nlp.map(|at| format!(" --nlp http://{at}")).unwrap_or_default();
    let line = format!("http://{} --seconds 1 --json{nlp}", house.at());
    let ended = doctor(folder, &line).await;
    let said: Value = serde_json::from_str(&ended.out).unwrap_or_else(|_| panic!("{ended:?}"));
    assert_eq!(ended.code, Some(i32::from(!said["binds"].is_null())), "{ended:?}");
    said
}

/// Many more messages than the caps let through, until it is dropped: from four people, each a few at a time.
async fn say_on(at: SocketAddr) {
    for number in 0_u64.. {
        let conversation = format!("c{}", number % 4);
        let sent =
            json!({"type": "send", "conversation": conversation, "body": "what a lovely day"});
        let commands = Value::from(vec![sent; AT_ONCE]).to_string();
        let user = format!("Hubbub-User: bot-{}", number % 4);
        request(at, "POST /v1/commands", &[&user], &commands).await;
        tokio::time::sleep(SAID_EVERY).await;
    }
}

/// Plants a cap (all say the same, so nothing is remembered): flags of the service (none: it is not there), and flags of the server. Looks until the doctor names
/// it, or names another to the end.
async fn planted(cap: &str, nlp: Option<&str>, serve: &str) {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (nlp, at) = match nlp {
        Some(flags) => {
            let line = format!("nlp --listen 127.0.0.1:0 --no-models {flags}");
            let nlp = House::start(folder, "nlp", &line).await;
            let at = nlp.at();
            (Some(nlp), at)
        }
        // Discard (RFC 863): nobody has had it for long.
        None => (None, SocketAddr::from(([127, 0, 0, 1], 9))),
    };
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let house = House::serve(
        folder,
        any,
        &format!("{SMALL} --nlp http://{at} --nlp-cache-bytes 0 {serve}"),
    )
    .await;
    house.able().await;
    let saying = tokio::spawn(say_on(house.at()));
    let until = Instant::now() + PATIENCE;
    loop {
        let said = seen(folder, &house, nlp.is_some().then_some(at)).await;
        if said["binds"] == cap {
            let finding = &said["findings"][0];
            assert!(finding["seen"].is_string() && finding["do"].is_string(), "{said}");
            saying.abort();
            return;
        }
        assert!(Instant::now() < until && !saying.is_finished(), "not {cap}: {said}");
    }
}

const FIXED: &str = "--latency-mean-ms 300 --latency-sigma 0";

#[tokio::test]
async fn doctor_names_the_planted_hard_cap_of_the_limit() {
    planted("limit_cap", Some(FIXED), &format!("--nlp-in-flight 4 {PATIENT}")).await;
}

#[tokio::test]
async fn doctor_names_the_planted_cap_of_streams() {
    let nlp = format!("{FIXED} --streams 4");
    planted("http2_streams", Some(&nlp), &format!("--nlp-in-flight 100 {PATIENT}")).await;
}

#[tokio::test]
async fn doctor_names_the_planted_cap_of_a_pool_of_http1() {
    let nlp = format!("{FIXED} --http1");
    let serve = format!("--nlp-in-flight 100 --nlp-connections 4 {PATIENT}");
    planted("http1_pool", Some(&nlp), &serve).await;
}

#[tokio::test]
async fn doctor_names_the_planted_cap_of_messages_in_hand() {
    // Fewer than the limit begins with.
    let serve = format!("--nlp-in-hand-max 16 {PATIENT}");
    planted("in_hand", Some(FIXED), &serve).await;
}

#[tokio::test]
async fn doctor_names_the_planted_limit_of_rate() {
    let folder = tempfile::tempdir().unwrap();
    let faults = folder.path().join("faults.toml");
    std::fs::write(&faults, "[too_many]\nshare = 1.0\nretry_after_ms = 1000\n").unwrap();
    planted("rate_limit", Some(&format!("--faults {}", faults.display())), "").await;
}

#[tokio::test]
async fn doctor_names_the_planted_outage() {
    planted("service_down", None, "").await;
}

#[tokio::test]
async fn doctor_names_the_planted_cap_of_connections_and_nothing_when_nothing_binds() {
    let folder = tempfile::tempdir().unwrap();
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let house = House::serve(folder.path(), any, &format!("{SMALL} --connections-max 20")).await;
    house.able().await;
    assert_eq!(seen(folder.path(), &house, None).await["binds"], Value::Null);
    let told = doctor(folder.path(), &format!("http://{} --seconds 1", house.at())).await;
    assert!(told.out.starts_with("nothing binds: 0 of 20 connections, "), "{told:?}");
    let mut lines = Vec::new();
    for number in 1..20 {
        lines.push(Line::open(house.at(), "ann", number).await);
    }
    assert_eq!(seen(folder.path(), &house, None).await["binds"], "connections");
}

/// A rule whose gauge is not there would never find anything.
#[tokio::test]
async fn every_gauge_that_a_rule_reads_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let flags = format!("{SMALL} --nlp http://127.0.0.1:9");
    let house = House::serve(folder.path(), any, &flags).await;
    let (_, page) = house.get("/metrics").await;
    let rules = include_str!("../../src/doctor/rules.rs");
    let name = regex_lite::Regex::new(r#""((?:enrich|gateway|hub|journal|process)_[a-z0-9_]+)""#);
    let names: Vec<_> =
        name.unwrap().captures_iter(rules).map(|found| found[1].to_owned()).collect();
    assert!(names.len() > 30, "{names:?}");
    for name in names.iter().filter(|name| *name != "journal_sync") {
        let is_shown = [format!("\nhubbub_{name} "), format!("\n{name} ")];
        assert!(is_shown.iter().any(|line| page.contains(line)), "{name} in {page}");
    }
}

#[tokio::test]
async fn doctor_needs_a_server_that_lets_it_look() {
    let folder = tempfile::tempdir().unwrap();
    let mut house = guarded(folder.path(), "").await;
    let at = house.at();
    std::fs::write(folder.path().join("ann.token"), token_for("ann", 60)).unwrap();
    let analyst = token_as("cleo", access::Role::Analyst);
    std::fs::write(folder.path().join("cleo.token"), analyst).unwrap();
    let line = |token: &str| format!("http://{at} --seconds 1 --token-file {token}.token");
    let ended = doctor(folder.path(), &line("ann")).await;
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.err.contains("answers 403"), "{ended:?}");
    let ended = doctor(folder.path(), &line("cleo")).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    house.kill();
    assert_eq!(doctor(folder.path(), &line("cleo")).await.code, Some(69));
    assert_eq!(doctor(folder.path(), "ftp://x").await.code, Some(64));
    assert_eq!(doctor(folder.path(), "--seconds 0").await.code, Some(64));
}
