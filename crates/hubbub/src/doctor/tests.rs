use super::gauges::{Gauges, Page};
use super::rules::{Finding, findings};
use super::told;

/// A server that does well: of two readings a second apart.
const WELL: &str = "
hubbub_process_cores 2
process_cpu_seconds_total 10 +0.5
process_open_fds 100
process_max_fds 20000
hubbub_gateway_connections 50
hubbub_gateway_connections_max 1000
hubbub_enrich_in_flight 40
hubbub_enrich_limit 64
hubbub_enrich_limit_max 4000
hubbub_enrich_carried_max 5200
hubbub_enrich_connections_max 52
hubbub_enrich_http_version 2
hubbub_enrich_outstanding 45
hubbub_enrich_outstanding_max 65536
hubbub_enrich_queued 0
hubbub_enrich_later 3
hubbub_enrich_later_max 1000
hubbub_enrich_breaker 0
hubbub_enrich_guessed_total 5
hubbub_enrich_behind_batches 1
hubbub_enrich_calls_total 1000 +200
hubbub_enrich_hedges_total 10 +2
hubbub_enrich_retries_total 0
hubbub_enrich_again_total 0
hubbub_enrich_failures_total 3 +1
hubbub_enrich_throttled_total 0
hubbub_enrich_call_p50_seconds 0.2
hubbub_journal_append_seconds_total 5 +0.4
hubbub_journal_batches_total 900 +400
hubbub_hub_undurable 3";

/// What is said after a change of some lines: `name value`, or `name value +rise`.
fn after(changes: &str) -> Vec<Finding> {
    let mut lines: Vec<String> = WELL.lines().map(str::to_owned).collect();
    for change in changes.split(", ").filter(|change| !change.is_empty()) {
        let name = change.split(' ').next().unwrap();
        let line = lines.iter_mut().find(|line| line.split(' ').next() == Some(name));
        *line.unwrap_or_else(|| panic!("{name} is not there")) = change.to_owned();
    }
    let (mut before, mut now) = (String::new(), String::new());
    for line in lines.iter().filter(|line| !line.is_empty()) {
        let parts: Vec<_> = line.split(' ').collect();
        let rise: f64 = parts.get(2).map_or(0.0, |rise| rise.parse().unwrap());
        let value: f64 = parts[1].parse().unwrap();
        before += &format!("{} {value}\n", parts[0]);
        now += &format!("{} {}\n", parts[0], value + rise);
    }
    let (before, now) = (Page::parse(&before), Page::parse(&now));
    findings(&Gauges { before, now, seconds: 1.0, ..Gauges::default() })
}

fn first(changes: &str) -> String {
    let found = after(changes);
    found.first().map_or_else(|| "nothing".to_owned(), |found| found.cap.clone())
}

#[test]
fn each_cap_is_named_at_its_edge_and_not_below() {
    for (changes, cap) in [
        ("", "nothing"),
        // Processors: 1.7 of 2.
        ("process_cpu_seconds_total 10 +1.71", "cpu"),
        ("process_cpu_seconds_total 10 +1.69", "nothing"),
        // Half of the failures or more are 429.
        ("hubbub_enrich_failures_total 3 +10, hubbub_enrich_throttled_total 0 +5", "rate_limit"),
        ("hubbub_enrich_failures_total 3 +10, hubbub_enrich_throttled_total 0 +4", "nothing"),
        // An open breaker, and what it was opened by.
        ("hubbub_enrich_breaker 2, hubbub_enrich_failures_total 50", "service_down"),
        (
            "hubbub_enrich_breaker 2, hubbub_enrich_failures_total 50, hubbub_enrich_throttled_total 50",
            "rate_limit",
        ),
        ("hubbub_enrich_failures_total 3 +101", "service_down"),
        ("hubbub_enrich_failures_total 3 +100", "nothing"),
        // Connections that carry fewer calls than may be out.
        ("hubbub_enrich_carried_max 40", "http2_streams"),
        ("hubbub_enrich_carried_max 48", "nothing"),
        ("hubbub_enrich_carried_max 40, hubbub_enrich_http_version 1", "http1_pool"),
        (
            "hubbub_enrich_carried_max 40, hubbub_enrich_limit_max 40, hubbub_enrich_limit 40",
            "limit_cap",
        ),
        // The hard cap of the limit.
        ("hubbub_enrich_limit_max 40, hubbub_enrich_limit 40", "limit_cap"),
        ("hubbub_enrich_limit_max 43, hubbub_enrich_limit 43", "nothing"),
        // Messages in hand, of which hardly one waits.
        ("hubbub_enrich_outstanding_max 47", "in_hand"),
        ("hubbub_enrich_outstanding_max 48", "nothing"),
        ("hubbub_enrich_outstanding_max 45, hubbub_enrich_queued 4", "in_hand"),
        ("hubbub_enrich_outstanding_max 45, hubbub_enrich_queued 5", "nothing"),
        // The limit that was found.
        ("hubbub_enrich_limit 42, hubbub_enrich_queued 1", "service_capacity"),
        ("hubbub_enrich_limit 42, hubbub_enrich_guessed_total 5 +1", "service_capacity"),
        ("hubbub_enrich_limit 42", "nothing"),
        ("hubbub_enrich_limit 43, hubbub_enrich_queued 1", "nothing"),
        // The journal.
        ("hubbub_journal_append_seconds_total 5 +0.86", "journal_sync"),
        ("hubbub_journal_append_seconds_total 5 +0.84", "nothing"),
        ("hubbub_journal_append_seconds_total 5 +0.99, hubbub_hub_undurable 0", "nothing"),
        // Connections and descriptors.
        ("hubbub_gateway_connections 950", "connections"),
        ("hubbub_gateway_connections 949", "nothing"),
        ("process_open_fds 17000", "descriptors"),
        ("process_open_fds 16999", "nothing"),
        // The backlog.
        ("hubbub_enrich_later 950", "backlog"),
        ("hubbub_enrich_later 949", "nothing"),
    ] {
        assert_eq!(first(changes), cap, "{changes}");
    }
}

#[test]
fn what_explains_the_others_comes_first() {
    let names = |changes| after(changes).into_iter().map(|found| found.cap).collect::<Vec<_>>();
    let full = "hubbub_enrich_later 1000, hubbub_enrich_breaker 2";
    assert_eq!(names(full), ["service_down", "backlog"]);
    let busy =
        "process_cpu_seconds_total 10 +2, hubbub_enrich_limit_max 40, hubbub_enrich_limit 40";
    assert_eq!(names(busy), ["cpu", "limit_cap"]);
}

#[test]
fn it_says_what_it_saw_and_what_to_do() {
    let found = after("hubbub_enrich_carried_max 40, hubbub_enrich_connections_max 4").remove(0);
    assert_eq!(
        found.seen,
        "40 calls are out; 4 connections of HTTP/2 take 40 together, 10 streams each; 4000 may be out"
    );
    assert!(found.advice.contains("SETTINGS_MAX_CONCURRENT_STREAMS"));
}

#[test]
fn a_moments_peak_binds_nobody_and_a_counter_that_fell_began_anew() {
    let rising = "hubbub_gateway_connections 900 +100";
    assert_eq!(first(rising), "nothing");
    assert_eq!(first("hubbub_enrich_failures_total 500 -400"), "nothing");
    assert_eq!(first("hubbub_enrich_failures_total 500 -300"), "service_down");
}

#[test]
fn a_server_that_enriches_nothing_is_well_and_one_that_is_not_ready_says_why() {
    let page = Page::parse("# HELP x X.\nhubbub_gateway_connections 1\nnonsense\n");
    let mut gauges = Gauges { before: page.clone(), now: page, seconds: 1.0, ..Gauges::default() };
    assert_eq!(findings(&gauges), []);
    gauges.reasons = vec![("disk_full".to_owned(), "no segment fits".to_owned())];
    let found = findings(&gauges);
    assert_eq!(found[0].cap, "disk_full");
    assert!(found[0].seen.contains("no segment fits"));
}

#[test]
fn people_are_told_the_first_cap_and_then_the_others() {
    assert!(told(&[], &Gauges::default()).starts_with("nothing binds"));
    let found = after("hubbub_enrich_later 1000, hubbub_enrich_breaker 2");
    let text = told(&found, &Gauges::default());
    assert!(
        text.starts_with("the cap that binds: service_down\n  seen: the breaker is open"),
        "{text}"
    );
    assert!(text.contains("\nalso: backlog\n"), "{text}");
}
