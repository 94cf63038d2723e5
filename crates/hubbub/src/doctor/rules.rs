//! Which cap binds: each rule looks at the gauges and knows one. Those that explain the others come first.

use super::gauges::Gauges;

/// From that share of a bound on, it is the bound that holds things back.
const FULL: f64 = 0.95;

/// The same of what is not used evenly: streams over connections, processors over threads, descriptors.
const NEARLY_FULL: f64 = 0.85;

/// A queue below that share of what is in hand is none.
const QUEUE: f64 = 0.1;

/// All calls of the NLP service.
const CALLS: [&str; 4] =
    ["enrich_calls_total", "enrich_hedges_total", "enrich_retries_total", "enrich_again_total"];

/// A cap that binds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// Its name.
    pub(crate) cap: String,
    /// By what it is known.
    pub(crate) seen: String,
    /// What helps.
    pub(crate) advice: String,
}

impl Finding {
    fn new(cap: &str, seen: String, advice: &str) -> Self {
        Self { cap: cap.to_owned(), seen, advice: advice.to_owned() }
    }
}

type Rule = fn(&Gauges) -> Option<Finding>;

const RULES: &[Rule] = &[
    cpu,
    rate_limited,
    service_down,
    carried,
    limit_cap,
    in_hand,
    service_capacity,
    journal,
    connections,
    descriptors,
    backlog,
];

/// All that bind, the one to look at first.
pub(crate) fn findings(gauges: &Gauges) -> Vec<Finding> {
    let not_ready = gauges.reasons.iter().map(not_ready);
    not_ready.chain(RULES.iter().filter_map(|rule| rule(gauges))).collect()
}

/// The server says it itself.
fn not_ready((code, detail): &(String, String)) -> Finding {
    Finding::new(
        code,
        format!("the server is not ready: {detail}"),
        "docs/operations.md, \"Not ready\", says what to do about it",
    )
}

fn cpu(gauges: &Gauges) -> Option<Finding> {
    let cores = gauges.now("process_cores")?;
    let used = gauges.rate("process_cpu_seconds_total")?;
    (used >= cores * NEARLY_FULL).then(|| {
        Finding::new(
            "cpu",
            format!("the server uses {used:.2} of {cores:.0} processors"),
            "more processors; or take work away: move the NLP service, gateways (--role gateway) or the load generator to another machine",
        )
    })
}

fn rate_limited(gauges: &Gauges) -> Option<Finding> {
    let (throttled, failed) =
        (gauges.rate("enrich_throttled_total")?, gauges.rate("enrich_failures_total")?);
    let breaker = gauges.now("enrich_breaker")?;
    // Behind an open breaker nothing fails for a while: then it is what failed before that counts.
    let all = |name| gauges.now(name).unwrap_or(0.0);
    let before = (all("enrich_throttled_total"), all("enrich_failures_total"));
    let is_quiet = failed == 0.0 && breaker > 0.0;
    let (of_throttled, of_failed) = if is_quiet { before } else { (throttled, failed) };
    (of_throttled > 0.0 && of_throttled * 2.0 >= of_failed).then(|| {
        Finding::new(
            "rate_limit",
            format!(
                "the NLP service answers 429: {throttled:.1} of {failed:.1} failures a second, {:.0} since the start; the breaker is {}",
                before.0,
                state(breaker),
            ),
            "a larger quota at the service, or fewer calls; what has only a guess is asked again by itself when the service takes calls",
        )
    })
}

fn service_down(gauges: &Gauges) -> Option<Finding> {
    let breaker = gauges.now("enrich_breaker")?;
    let (failed, calls) = (gauges.rate("enrich_failures_total")?, gauges.rates(&CALLS));
    let fails = failed > 0.0 && failed * 2.0 >= calls;
    (rate_limited(gauges).is_none() && (breaker > 0.0 || fails)).then(|| {
        let said = gauges.warnings.iter().find(|warning| warning.contains("NLP service"));
        let said = said.map(|said| format!("; it says: {said}")).unwrap_or_default();
        Finding::new(
            "service_down",
            format!(
                "the breaker is {}, {failed:.1} of {calls:.1} calls a second fail{said}",
                state(breaker),
            ),
            "look at the NLP service: its log, its port, its key; chat goes on, messages have a guess and are asked again when it is back",
        )
    })
}

/// The connections to the service carry fewer calls than may be out.
fn carried(gauges: &Gauges) -> Option<Finding> {
    let carried = gauges.now("enrich_carried_max").filter(|carried| *carried > 0.0)?;
    let (out, most) = (gauges.held("enrich_in_flight")?, gauges.now("enrich_limit_max")?);
    if carried >= most || out < carried * NEARLY_FULL {
        return None;
    }
    let connections = gauges.now("enrich_connections_max")?;
    Some(if gauges.now("enrich_http_version") == Some(1.0) {
        Finding::new(
            "http1_pool",
            format!(
                "{out:.0} calls are out on {connections:.0} connections of HTTP/1.1, which take one call each; {most:.0} may be out"
            ),
            "raise `nlp_connections`; better, let the service speak HTTP/2",
        )
    } else {
        Finding::new(
            "http2_streams",
            format!(
                "{out:.0} calls are out; {connections:.0} connections of HTTP/2 take {carried:.0} together, {:.0} streams each; {most:.0} may be out",
                carried / connections.max(1.0),
            ),
            "let the service take more streams a connection (SETTINGS_MAX_CONCURRENT_STREAMS; `hubbub nlp --streams`), or raise `nlp_in_flight`, by which connections are counted",
        )
    })
}

fn limit_cap(gauges: &Gauges) -> Option<Finding> {
    let (limit, most) = (gauges.held("enrich_limit")?, gauges.now("enrich_limit_max")?);
    let out = gauges.held("enrich_in_flight")?;
    (limit >= most && out >= limit * FULL).then(|| {
        let queued = gauges.now("enrich_queued").unwrap_or(0.0);
        Finding::new(
            "limit_cap",
            format!(
                "{out:.0} calls are out and {queued:.0} messages wait; the limit is at its hard cap, {most:.0}"
            ),
            "raise `nlp_in_flight`, if the service can hold more",
        )
    })
}

fn in_hand(gauges: &Gauges) -> Option<Finding> {
    let (in_hand, most) =
        (gauges.held("enrich_outstanding")?, gauges.now("enrich_outstanding_max")?);
    let queued = gauges.now("enrich_queued")?;
    (in_hand >= most * FULL && queued <= in_hand * QUEUE && limit_cap(gauges).is_none()).then(|| {
        let behind = gauges.now("enrich_behind_batches").unwrap_or(0.0);
        Finding::new(
            "in_hand",
            format!(
                "{in_hand:.0} of {most:.0} messages are in hand, hardly one waits for a place ({queued:.0}), and {behind:.0} batches wait in the journal"
            ),
            "raise `nlp_in_hand_max`: rate times latency must fit in it",
        )
    })
}

/// The limit that was found by measuring holds messages back.
fn service_capacity(gauges: &Gauges) -> Option<Finding> {
    let (limit, most) = (gauges.now("enrich_limit")?, gauges.now("enrich_limit_max")?);
    let (out, queued) = (gauges.held("enrich_in_flight")?, gauges.now("enrich_queued")?);
    // Who waits too long gets a guess, so that the queue may be short.
    let guessed = gauges.rate("enrich_guessed_total")?;
    let is_other = [carried, limit_cap].iter().any(|rule| rule(gauges).is_some());
    (limit < most && out >= limit * FULL && queued + guessed > 0.0 && !is_other).then(|| {
        let p50_ms = gauges.now("enrich_call_p50_seconds").unwrap_or(0.0) * 1e3;
        Finding::new(
            "service_capacity",
            format!(
                "{queued:.0} messages wait and {guessed:.1} a second get a guess; the service holds about {limit:.0} calls (more only queue in it: a call takes {p50_ms:.0} ms), and {most:.0} may be out"
            ),
            "more of the service, or a faster one: the server already asks as much as it answers",
        )
    })
}

fn journal(gauges: &Gauges) -> Option<Finding> {
    let busy = gauges.rate("journal_append_seconds_total")?;
    let waiting = gauges.held("hub_undurable")?;
    (busy >= NEARLY_FULL && waiting > 0.0).then(|| {
        let batches = gauges.rate("journal_batches_total").unwrap_or(0.0);
        Finding::new(
            "journal_sync",
            format!(
                "the journal writes and syncs {:.0} % of the time, {batches:.0} batches a second, {:.1} ms each; {waiting:.0} facts wait for it",
                busy * 100.0,
                busy / batches.max(1e-9) * 1e3,
            ),
            "a disk that syncs faster; or a longer `commit_window_ms`, so that more share a sync",
        )
    })
}

fn connections(gauges: &Gauges) -> Option<Finding> {
    let (here, most) =
        (gauges.held("gateway_connections")?, gauges.now("gateway_connections_max")?);
    (here >= most * FULL).then(|| {
        Finding::new(
            "connections",
            format!("{here:.0} of {most:.0} connections are taken"),
            "another gateway, or a higher `connections_max` (and limit of descriptors)",
        )
    })
}

fn descriptors(gauges: &Gauges) -> Option<Finding> {
    let (open, most) = (gauges.held("process_open_fds")?, gauges.now("process_max_fds")?);
    (open >= most * NEARLY_FULL).then(|| {
        Finding::new(
            "descriptors",
            format!("{open:.0} of {most:.0} descriptors are open"),
            "a higher limit of descriptors (ulimit -n, LimitNOFILE), or another gateway process",
        )
    })
}

fn backlog(gauges: &Gauges) -> Option<Finding> {
    let (later, most) = (gauges.held("enrich_later")?, gauges.now("enrich_later_max")?);
    (later >= most * FULL).then(|| {
        let again = gauges.rate("enrich_again_total").unwrap_or(0.0);
        Finding::new(
            "backlog",
            format!(
                "{later:.0} messages wait to be asked again, of {most:.0} that may: senders are told busy(backlog); {again:.1} are asked a second"
            ),
            "raise `nlp_again_per_second` if the service can take it, or `nlp_backlog_max` if memory can",
        )
    })
}

fn state(breaker: f64) -> &'static str {
    match breaker {
        state if state >= 2.0 => "open",
        state if state >= 1.0 => "half open",
        _ => "closed",
    }
}
