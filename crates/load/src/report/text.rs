//! A run as text: the verdict first, then the figures, then why and what next.

mod table;

use std::fmt::Write as _;

use super::story::{self, Mood, Outcome};
use super::units;
use crate::measure::run::{Direction, Failure, Run};

pub(crate) use table::Table;

/// How it may look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// Colours of a terminal.
    Coloured,
    /// No escape sequence.
    Bare,
}

/// Failures told in full.
const FAILURES_TOLD: usize = 5;
/// Characters of a body that are told.
const BODY_TOLD: usize = 120;

impl Look {
    /// In a colour of ANSI: 32 green, 33 yellow, 31 red, 1 bold, 2 faint.
    pub(crate) fn paint(self, code: u8, text: &str) -> String {
        match self {
            Self::Coloured => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            Self::Bare => text.to_owned(),
        }
    }
}

/// The whole summary.
pub(crate) fn text(run: &Run, look: Look) -> String {
    let sections = [
        verdict(run, look),
        figures(run),
        percentiles(run),
        acts(run),
        statuses(run),
        failures(run),
        processes(run),
        findings(run, look),
        objectives(run, look),
        ladder(run),
        periods(run),
        doubts(run, look),
    ];
    let told: Vec<_> = sections.into_iter().filter(|section| !section.is_empty()).collect();
    told.join("\n")
}

/// Without what would move a cursor, end a line or turn the direction of writing.
pub(crate) fn one_line(text: &str, most: usize) -> String {
    let plain = |letter: char| if is_moving(letter) { ' ' } else { letter };
    let line: String = text.chars().map(plain).take(most).collect();
    if text.chars().count() > most { line + "…" } else { line }
}

fn is_moving(letter: char) -> bool {
    let turns = matches!(letter, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    letter.is_control() || turns
}

fn heading(text: &mut String, title: &str) {
    text.push_str(title);
    text.push('\n');
}

fn line(text: &mut String, told: std::fmt::Arguments<'_>) {
    writeln!(text, "  {told}").expect("a string takes all");
}

fn verdict(run: &Run, look: Look) -> String {
    let (mark, colour) = match story::mood(run) {
        Mood::Good => ("✔", 32),
        Mood::Mixed => ("●", 33),
        Mood::Bad => ("✘", 31),
    };
    let headline = look.paint(colour, &format!("{mark} {}", story::headline(run)));
    let mut text = headline + "\n";
    let confidence = run.judgement.confidence;
    if let Some(first) = run.judgement.findings.first() {
        line(&mut text, format_args!("{} ({confidence})", one_line(&first.evidence, usize::MAX)));
    }
    text
}

fn figures(run: &Run) -> String {
    let mut text = String::new();
    let target = one_line(&run.plan.target, usize::MAX);
    heading(&mut text, &format!("{target}  ·  {}", story::manner(&run.plan)));
    if let Some(chat) = &run.plan.chat {
        line(&mut text, format_args!("{}", story::scenario(chat)));
    }
    let mut table = Table::new(&["", "asked", "achieved"]);
    for (what, asked, achieved) in story::asked_and_achieved(run) {
        table.row([what.to_owned(), asked, achieved]);
    }
    text.push_str(&table.left().to_string());
    let totals = &run.totals;
    let [offered, done, failed] = [totals.offered, totals.done, totals.failed].map(units::count);
    let share = units::share(story::failed_share(run));
    line(
        &mut text,
        format_args!("{offered} requests due, {done} answered well, {failed} failed ({share})"),
    );
    let measured = units::seconds(totals.measured_s);
    let read = units::bytes(totals.bytes_in);
    let cpu = units::seconds(totals.client_cpu_s);
    line(&mut text, format_args!("measured {measured}, read {read}, generator CPU {cpu}"));
    for note in story::notes(run) {
        line(&mut text, format_args!("{note}"));
    }
    text
}

fn percentiles(run: &Run) -> String {
    let parts = story::parts(run);
    let mut head = vec!["latency"];
    head.extend(parts.iter().map(|part| part.name));
    let mut table = Table::new(&head);
    for (name, quantile) in story::QUANTILES {
        let told = |part: &story::Part<'_>| {
            story::quantile(part.times, quantile).map_or_else(|| "–".to_owned(), units::time_us)
        };
        table.row(std::iter::once(name.to_owned()).chain(parts.iter().map(told)));
    }
    let max = |part: &story::Part<'_>| units::time_us(part.times.0.max());
    table.row(std::iter::once("max".to_owned()).chain(parts.iter().map(max)));
    let mean = |part: &story::Part<'_>| units::seconds(part.times.0.mean() / 1e6);
    table.row(std::iter::once("mean".to_owned()).chain(parts.iter().map(mean)));
    table.to_string()
}

fn acts(run: &Run) -> String {
    let rows = story::acts(run);
    if rows.is_empty() {
        return String::new();
    }
    let mut table = Table::new(&story::ACT_COLUMNS);
    rows.into_iter().for_each(|row| table.row(row));
    table.to_string()
}

fn statuses(run: &Run) -> String {
    let rows = story::answers(&run.totals);
    if rows.is_empty() {
        return String::new();
    }
    let mut table = Table::new(&["answer", "count", "share"]);
    for (answer, count, share) in rows {
        table.row([one_line(&answer, BODY_TOLD), units::count(count), units::share(share)]);
    }
    table.to_string()
}

fn failures(run: &Run) -> String {
    let mut text = String::new();
    let failures = &run.totals.first_failures;
    if failures.is_empty() {
        return text;
    }
    heading(&mut text, "what failed first");
    for Failure { index, status, error, body_start } in failures.iter().take(FAILURES_TOLD) {
        let status = status.map(|status| format!("status {status}"));
        let why = status.or_else(|| error.clone()).unwrap_or_default();
        let body = one_line(body_start, BODY_TOLD);
        let body = if body.is_empty() { body } else { format!(": {body}") };
        line(&mut text, format_args!("request {index}  {}{body}", one_line(&why, BODY_TOLD)));
    }
    text
}

fn processes(run: &Run) -> String {
    let rows = story::processes(run);
    if rows.is_empty() {
        return String::new();
    }
    let mut table = Table::new(&story::PROCESS);
    rows.into_iter().for_each(|row| table.row(row));
    table.to_string()
}

fn findings(run: &Run, look: Look) -> String {
    let mut text = String::new();
    if run.judgement.findings.is_empty() {
        return text;
    }
    heading(&mut text, "findings");
    for finding in &run.judgement.findings {
        let title = story::capital(finding.what.title());
        line(
            &mut text,
            format_args!("{}: {}", look.paint(1, &title), one_line(&finding.evidence, usize::MAX)),
        );
        if !finding.next.is_empty() {
            line(&mut text, format_args!("  → {}", one_line(&finding.next, usize::MAX)));
        }
    }
    let command = story::next_command(run);
    if let Some(command) = command {
        line(&mut text, format_args!("next: {command}"));
    }
    text
}

fn objectives(run: &Run, look: Look) -> String {
    let mut text = String::new();
    if run.slos.is_empty() {
        return text;
    }
    let is_valid = run.judgement.is_valid();
    heading(
        &mut text,
        if is_valid { "objectives" } else { "objectives: not judged, the measurement is invalid" },
    );
    for slo in &run.slos {
        let mark = match (is_valid, slo.passed) {
            (false, _) => "–".to_owned(),
            (true, true) => look.paint(32, "✔"),
            (true, false) => look.paint(31, "✘"),
        };
        line(&mut text, format_args!("{mark} {}", one_line(&story::judged(slo), usize::MAX)));
    }
    text
}

fn ladder(run: &Run) -> String {
    let Some(steps) = &run.ladder else { return String::new() };
    let mut table = Table::new(&["connections", "", "rate", "p50", "p99", "failed"]);
    for step in steps {
        let way = match step.direction {
            Direction::Up => "up",
            Direction::Down => "down",
            Direction::Around => "around the knee",
        };
        let [p50, _, p99, _] = step.response_us.map(units::time_us);
        let connections = units::count(u64::from(step.connections));
        let rate = units::rate(story::mean(&step.throughput_batches));
        table.row([connections, way.to_owned(), rate, p50, p99, units::rate(step.failed_rate)]);
    }
    let mut text = table.to_string();
    line(&mut text, format_args!("{}", story::knee(run.knee.as_ref())));
    text
}

fn periods(run: &Run) -> String {
    let mut text = String::new();
    if run.periods.is_empty() {
        return text;
    }
    heading(&mut text, "slow requests come periodically");
    for period in &run.periods {
        line(&mut text, format_args!("{}", story::period(period)));
    }
    text
}

fn doubts(run: &Run, look: Look) -> String {
    let mut text = String::new();
    let audits = story::audits(run);
    let all = audits.len();
    let doubts: Vec<_> = audits.iter().filter(|audit| audit.outcome == Outcome::Doubtful).collect();
    heading(&mut text, &format!("trust: {} of {all} audits passed", all - doubts.len()));
    for audit in doubts {
        let mark = look.paint(31, "✘");
        line(&mut text, format_args!("{mark} {}: {}", audit.name, audit.told));
    }
    text
}

#[cfg(test)]
mod tests;
