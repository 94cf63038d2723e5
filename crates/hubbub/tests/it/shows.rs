//! What each role shows of itself over HTTP.

use std::collections::{BTreeMap, BTreeSet};

use regex_lite::Regex;

use crate::house::{House, PATIENCE, SMALL, address};
use crate::user::{User, name};

/// A page of metrics by Prometheus' rules, and the house's: value of each sample.
fn parse(page: &str) -> BTreeMap<String, f64> {
    let (mut help, mut kinds) = (BTreeSet::new(), BTreeMap::new());
    let mut samples = BTreeMap::new();
    assert!(page.ends_with('\n'), "the last line ends, too");
    for line in page.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, text) = rest.split_once(' ').expect("a text");
            assert!(text.ends_with('.') && help.insert(name.to_owned()), "{line}");
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').expect("a kind");
            assert!(kinds.insert(name.to_owned(), kind.to_owned()).is_none(), "{line}: twice");
        } else {
            let (sample, value) = line.rsplit_once(' ').expect("a value");
            let value: f64 = value.parse().unwrap_or_else(|_| panic!("{line}: no number"));
            assert!(value.is_finite() && value >= 0.0, "{line}");
            assert!(samples.insert(sample.to_owned(), value).is_none(), "{line}: twice");
        }
    }
    for sample in samples.keys() {
        let name = sample.split('{').next().unwrap();
        let of_histogram = ["_bucket", "_sum", "_count"]
            .iter()
            .find_map(|end| name.strip_suffix(end).filter(|name| kinds.contains_key(*name)));
        let family = of_histogram.unwrap_or(name);
        assert!(help.contains(family), "{sample} has no help");
        // `process_` is what all servers call what is of a process.
        let is_named = family.starts_with("hubbub_") || family.starts_with("process_");
        assert!(is_named, "{sample}");
        match kinds.get(family).map(String::as_str) {
            Some("counter") => assert!(family.ends_with("_total"), "{sample} is a counter"),
            Some("gauge") => assert!(!family.ends_with("_total"), "{sample} is a gauge"),
            Some("histogram") => assert!(family.ends_with("_seconds"), "{sample} has no unit"),
            other => panic!("{sample} is of kind {other:?}"),
        }
    }
    assert_eq!(help.len(), kinds.len(), "each has a help and a kind");
    samples
}

async fn metrics(house: &House) -> BTreeMap<String, f64> {
    let (status, page) = house.get("/metrics").await;
    assert_eq!(status, 200);
    parse(&page)
}

/// No counter goes back, and these go up.
fn went_up(before: &BTreeMap<String, f64>, after: &BTreeMap<String, f64>, which: &[&str]) {
    for (name, value) in before.iter().filter(|(name, _)| name.ends_with("_total")) {
        assert!(after[name] >= *value, "{name} went from {value} to {}", after[name]);
    }
    for name in which {
        let name = format!("hubbub_{name}");
        assert!(after[&name] > before[&name], "{name} stays at {}", after[&name]);
    }
}

/// What only an owner counts, and what only a gateway does.
const OWNERS: &[&str] = &["journal_batches_total", "journal_records_total", "hub_sequenced_total"];
const GATEWAYS: &[&str] = &["gateway_frames_in_total", "gateway_sends_total"];

#[tokio::test]
async fn one_process_shows_both_roles() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::serve(folder.path(), address(), SMALL).await;
    assert_eq!(house.get("/healthz").await, (200, "ok\n".to_owned()));
    let (status, problem) = house.get("/nowhere").await;
    assert!(status == 404 && problem.contains("there is no /nowhere: "), "{status} {problem}");
    assert!(house.able().await.is_empty());
    let before = metrics(&house).await;
    let mut user = User::new("ann", 1, &[house.at()]);
    user.say(&name("tea"), (0..10).map(|n| n.to_string())).await;
    let after = metrics(&house).await;
    went_up(&before, &after, &[OWNERS, GATEWAYS].concat());
    assert_eq!(after["hubbub_gateway_connections"], 1.0);
}

/// Every role shows what it has; what it has not is null.
#[tokio::test]
async fn the_status_has_the_last_minutes_and_whether_it_is_ready() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::serve(folder.path(), address(), SMALL).await;
    let mut user = User::new("ann", 1, &[house.at()]);
    user.say(&name("tea"), (0..10).map(|n| n.to_string())).await;
    let until = std::time::Instant::now() + PATIENCE;
    let measured = loop {
        let (status, body) = house.get("/v1/status").await;
        assert_eq!(status, 200);
        let shown: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(shown["role"], "both");
        assert_eq!(shown["readiness"]["ready"], true, "{shown}");
        let samples = shown["samples"].as_array().unwrap();
        let sent = samples.iter().find(|sample| sample["messages_per_second"].as_f64() > Some(0.0));
        if let Some(sample) = sent {
            break sample.clone();
        }
        assert!(std::time::Instant::now() < until, "ten messages are seen: {shown}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    for figure in
        ["connections", "memory_bytes", "disk_free_bytes", "sync_ms", "acknowledge_p99_ms"]
    {
        assert!(measured[figure].as_f64() > Some(0.0), "{figure} of {measured}");
    }
    assert!(house.get("/status").await.1.contains("<title>hubbub · status</title>"));
    assert_eq!(metrics(&house).await["hubbub_gateway_acknowledge_seconds_count"], 10.0);
}

/// Of one process that asks an NLP service and a collector, wherever those are.
#[tokio::test]
async fn every_metric_that_the_handbook_names_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let nobody = address();
    let line = format!("{SMALL} --nlp http://{nobody} --otlp-endpoint http://{nobody}");
    let house = House::serve(folder.path(), address(), &line).await;
    let shown = metrics(&house).await;
    let handbook = include_str!("../../../../docs/operations.md");
    let is_name = |c: char| c.is_ascii_lowercase() || c == '_';
    let named: BTreeSet<&str> = handbook
        .split('`')
        .filter(|span| span.starts_with("hubbub_") && span.chars().all(is_name))
        .collect();
    assert!(named.len() >= 5, "{named:?}");
    let has_labels = |name: &str| {
        let start = format!("{name}{{");
        shown.range(start.clone()..).next().is_some_and(|(found, _)| found.starts_with(&start))
    };
    let is_shown = |name: &str| {
        shown.contains_key(name) || shown.contains_key(&format!("{name}_count")) || has_labels(name)
    };
    let missing: Vec<_> = named.iter().filter(|name| !is_shown(name)).collect();
    assert!(missing.is_empty(), "{missing:?} are not there");
}

/// What `deploy/` gives to Prometheus and Grafana asks for what there is, down to the bound of a bucket.
#[tokio::test]
async fn every_metric_of_the_alerts_and_of_the_dashboard_of_grafana_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let line = format!("{SMALL} --nlp http://{}", address());
    let house = House::serve(folder.path(), address(), &line).await;
    let shown = metrics(&house).await;
    let names: BTreeSet<&str> =
        shown.keys().map(|sample| sample.split('{').next().unwrap()).collect();
    let word = Regex::new(r"\b(?:hubbub|process)_[a-z_]+\b").unwrap();
    let labelled = Regex::new(r#"\b(?:hubbub|process)_[a-z_]+\{[^}]*\}"#).unwrap();
    let alerts = include_str!("../../../../deploy/alerts.yml");
    let grafana = include_str!("../../../../deploy/grafana.json");
    let drawn: serde_json::Value = serde_json::from_str(grafana).unwrap();
    assert!(drawn["panels"].as_array().unwrap().len() > 10);
    let grafana = grafana.replace("\\\"", "\"");
    for (file, least) in [(alerts, 20), (grafana.as_str(), 25)] {
        let named: BTreeSet<&str> = word.find_iter(file).map(|found| found.as_str()).collect();
        assert!(named.len() >= least, "{named:?}");
        let missing: Vec<_> = named.iter().filter(|name| !names.contains(**name)).collect();
        assert!(missing.is_empty(), "{missing:?} are not there");
        for found in labelled.find_iter(file) {
            assert!(shown.contains_key(found.as_str()), "{} is not there", found.as_str());
        }
    }
}

/// Whoever is woken finds what to do.
#[test]
fn every_alert_has_its_weight_and_a_place_in_the_handbook() {
    let alerts = include_str!("../../../../deploy/alerts.yml");
    let handbook = include_str!("../../../../docs/operations.md");
    let anchors: BTreeSet<String> = handbook
        .lines()
        .filter_map(|line| line.strip_prefix('#'))
        .map(|title| title.trim_start_matches('#').trim().to_lowercase().replace(' ', "-"))
        .map(|anchor| anchor.replace([',', '.', '\''], ""))
        .collect();
    let count = |what: &str| alerts.lines().filter(|line| line.trim().starts_with(what)).count();
    let weighed = count("labels: {severity: page}") + count("labels: {severity: ticket}");
    assert!(count("- alert: ") > 20);
    assert_eq!((weighed, count("annotations: ")), (count("- alert: "), count("- alert: ")));
    for line in alerts.lines().filter(|line| line.contains("runbook: ")) {
        let anchor = line.split("operations.md#").nth(1).and_then(|rest| rest.split('"').next());
        assert!(anchor.is_some_and(|anchor| anchors.contains(anchor)), "{line}");
    }
}

#[tokio::test]
async fn an_owner_and_a_gateway_show_each_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let line = "serve --role gateway --link meet.sock --listen 127.0.0.1:0";
    let gateway = House::start(folder.path(), "gateway", line).await;
    assert_eq!(gateway.get("/healthz").await, (200, "ok\n".to_owned()));
    let (status, why, _) = gateway.readiness().await;
    assert_eq!(status, 503, "there is no owner yet");
    assert!(why[0].contains("the link to the owner is down"), "{why:?}");
    assert_eq!(metrics(&gateway).await["hubbub_gateway_link_up"], 0.0);

    let line = "serve --role owner --data data --link meet.sock --listen 127.0.0.1:0";
    let mut owner = House::start(folder.path(), "owner", &format!("{line} {SMALL}")).await;
    assert!(owner.able().await.is_empty());
    assert!(gateway.able().await.is_empty());
    assert_eq!(owner.get("/healthz").await, (200, "ok\n".to_owned()));
    assert_eq!(owner.get("/v1/ws").await.0, 404, "clients come to gateways");
    let (owners, gateways) = (metrics(&owner).await, metrics(&gateway).await);
    let of_gateway = |name: &&String| name.starts_with("hubbub_gateway_");
    assert_eq!(owners.keys().find(of_gateway), None);
    let of_process = |name: &&String| name.contains("process_");
    assert_eq!(gateways.keys().find(|name| !of_gateway(name) && !of_process(name)), None);
    assert_eq!(owners["hubbub_links"], 1.0);

    let mut user = User::new("ann", 1, &[gateway.at()]);
    user.say(&name("tea"), (0..10).map(|n| n.to_string())).await;
    went_up(&owners, &metrics(&owner).await, OWNERS);
    went_up(&gateways, &metrics(&gateway).await, GATEWAYS);

    owner.stop().await;
    let until = std::time::Instant::now() + PATIENCE;
    while gateway.get("/readyz").await.0 == 200 {
        assert!(std::time::Instant::now() < until, "the owner is away");
    }
    assert_eq!(gateway.get("/healthz").await.0, 200, "it lives, all the same");
}
