//! `hubbub doctor`: reads the gauges of a running server and names the cap that binds.
//!
//! It reads twice, looks at what both have in common, and knows rules ([`rules`]); it changes nothing.

mod gauges;
mod rules;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::{Value, json};

use crate::desk::As;
use crate::failure::Failure;
use crate::print;
use gauges::{Gauges, Page};
use rules::{Finding, findings};

/// What is looked at, and how it is told.
#[derive(Debug, Args)]
#[command(
    after_help = "Reads /metrics and /readyz twice, some seconds apart. Where the server asks for tokens it needs one of an admin or \
                  analyst. Caps it knows: cpu, rate_limit (429), service_down (breaker), http2_streams, http1_pool, limit_cap, \
                  in_hand, service_capacity, journal_sync, connections, descriptors, backlog, and why a server is not ready.\n\
                  Exit code: 0 nothing binds; 1 something does, or the server says no; 64 wrong flags; 69 the server cannot be reached.\n\n\
                  Examples:\n  hubbub doctor\n  hubbub doctor https://chat.example --token-file analyst.token\n  \
                  hubbub doctor http://127.0.0.1:8080 --nlp http://127.0.0.1:8090 --seconds 10 --json"
)]
pub(crate) struct DoctorArgs {
    /// The server: http://HOST:PORT or https://…
    #[arg(value_name = "URL", default_value = "http://127.0.0.1:8080")]
    url: String,
    /// Look at this `hubbub nlp`, too
    #[arg(long, value_name = "URL")]
    nlp: Option<String>,
    /// Between the two looks, seconds, 1 to 600
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    #[command(flatten)]
    by: As,
    /// As JSON: `binds`, and `findings` with `cap`, `seen` and `do`
    #[arg(long)]
    json: bool,
}

/// Looks, and tells.
pub(crate) async fn run(args: &DoctorArgs) -> Result<ExitCode, Failure> {
    let gauges = look(args).await?;
    let found = findings(&gauges);
    print(&if args.json { as_json(&found).to_string() } else { told(&found, &gauges) });
    Ok(if found.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn look(args: &DoctorArgs) -> Result<Gauges, Failure> {
    let at = |path: &str| format!("{}{path}", args.url.trim_end_matches('/'));
    let before = page(args, &at("/metrics")).await?;
    let began = Instant::now();
    tokio::time::sleep(Duration::from_secs(args.seconds)).await;
    let now = page(args, &at("/metrics")).await?;
    let seconds = began.elapsed().as_secs_f64();
    let readiness: Value = serde_json::from_str(&args.by.get(&at("/readyz")).await?.text)
        .map_err(|why| Failure::refused(format!("/readyz is no JSON: {why}")))?;
    let list = |name: &str| readiness[name].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let nlp = match &args.nlp {
        Some(url) => Some(page(args, &format!("{}/metrics", url.trim_end_matches('/'))).await),
        None => None,
    };
    let mut warnings: Vec<String> = list("warnings").iter().map(text).collect();
    if let Some(Err(why)) = &nlp {
        warnings.insert(0, format!("the NLP service does not answer: {why}"));
    }
    // A gauge of ours says that more exactly.
    let reasons = list("reasons");
    let reasons = reasons.iter().map(|why| (text(&why["code"]), text(&why["detail"])));
    let reasons = reasons.filter(|(code, _)| code != "connections_full").collect();
    Ok(Gauges { before, now, nlp: nlp.and_then(Result::ok), seconds, reasons, warnings })
}

async fn page(args: &DoctorArgs, url: &str) -> Result<Page, Failure> {
    let answered = args.by.get(url).await?;
    match answered.status {
        200 => Ok(Page::parse(&answered.text)),
        status => Err(Failure::refused(format!("{url} answers {status}: {}", answered.text))),
    }
}

fn as_json(found: &[Finding]) -> Value {
    let findings = found
        .iter()
        .map(|found| json!({ "cap": found.cap, "seen": found.seen, "do": found.advice }));
    let binds = found.first().map(|found| found.cap.clone());
    json!({ "binds": binds, "findings": findings.collect::<Vec<_>>() })
}

fn told(found: &[Finding], gauges: &Gauges) -> String {
    let mut lines = Vec::new();
    for (at, found) in found.iter().enumerate() {
        let title = if at == 0 { "the cap that binds" } else { "also" };
        let Finding { cap, seen, advice } = found;
        lines.push(format!("{title}: {cap}\n  seen: {seen}\n  do:   {advice}"));
    }
    if found.is_empty() {
        lines.push(format!("nothing binds: {}", at_rest(gauges)));
    }
    lines.extend(gauges.warnings.iter().map(|warning| format!("warning: {warning}")));
    lines.join("\n")
}

/// How far from their bounds the main things are.
fn at_rest(gauges: &Gauges) -> String {
    let pairs = [
        ("calls in flight", "enrich_in_flight", "enrich_limit"),
        ("messages in hand", "enrich_outstanding", "enrich_outstanding_max"),
        ("messages to be asked again", "enrich_later", "enrich_later_max"),
        ("connections", "gateway_connections", "gateway_connections_max"),
        ("descriptors", "process_open_fds", "process_max_fds"),
    ];
    let shown = pairs.into_iter().filter_map(|(what, has, most)| {
        Some(format!("{:.0} of {:.0} {what}", gauges.now(has)?, gauges.now(most)?))
    });
    let nlp = gauges.nlp.as_ref().and_then(|page| page.get("nlp_in_flight"));
    let nlp = nlp.map(|calls| format!("{calls:.0} calls in the NLP service"));
    let all: Vec<String> = shown.chain(nlp).collect();
    if all.is_empty() { "it says too little of itself".to_owned() } else { all.join(", ") }
}

#[cfg(test)]
mod tests;
