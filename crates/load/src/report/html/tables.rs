//! What is read rather than seen: percentiles, answers, failures, audits, and what was done.

use maud::{Markup, html};

use crate::measure::run::Run;
use crate::report::story::{self, Audit, Outcome, Part};
use crate::report::{text, units};

/// Rows of a table, at most.
const ROWS_MAX: usize = 20;
/// Characters of what came from outside, at most.
const LETTERS_MAX: usize = 300;

/// Latencies: a row a quantile, a column a part.
pub(crate) fn percentiles(run: &Run) -> Markup {
    let parts = story::parts(run);
    let told = |part: &Part<'_>, quantile: f64| {
        story::quantile(part.times, quantile).map_or_else(|| "–".to_owned(), units::time_us)
    };
    html! {
        table {
            thead { tr { th { "Latency" } @for part in &parts { th title=(part.meaning) { (part.name) } } } }
            tbody {
                @for (name, quantile) in story::QUANTILES {
                    tr { th { (name) } @for part in &parts { td { (told(part, quantile)) } } }
                }
                tr { th { "max" } @for part in &parts { td { (units::time_us(part.times.0.max())) } } }
                tr { th { "mean" } @for part in &parts { td { (units::seconds(part.times.0.mean() / 1e6)) } } }
            }
        }
        p class="soft" {
            @for (place, part) in parts.iter().enumerate() {
                @if place > 0 { " · " }
                b { (part.name) } " " (part.meaning)
            }
        }
    }
}

/// Each generator process, if there were several.
pub(crate) fn processes(run: &Run) -> Markup {
    let rows = story::processes(run);
    html! {
        @if !rows.is_empty() {
            section class="card" {
                h2 { "Generator processes, each at its worst second" }
                table {
                    thead { tr { @for name in story::PROCESS { th { (name) } } } }
                    tbody {
                        @for row in &rows {
                            tr { @for (place, told) in row.iter().enumerate() {
                                @if place == 0 { th { (told) } } @else { td { (told) } }
                            } }
                        }
                    }
                }
            }
        }
    }
}

/// Each status and error, and what failed first.
pub(crate) fn answers(run: &Run) -> Markup {
    let rows = story::answers(&run.totals);
    html! {
        table {
            thead { tr { th { "Answer" } th { "count" } th { "share" } } }
            tbody {
                @for (what, count, share) in rows.iter().take(ROWS_MAX) {
                    tr { th { (cut(what)) } td { (units::count(*count)) } td { (units::share(*share)) } }
                }
            }
        }
        @if rows.len() > ROWS_MAX { p class="soft" { (rows.len() - ROWS_MAX) " more kinds are in the saved run." } }
    }
}

/// The first failures with the start of the body.
pub(crate) fn failures(run: &Run) -> Markup {
    let failures = &run.totals.first_failures;
    html! {
        @if !failures.is_empty() {
            h3 { "What failed first" }
            @for failure in failures.iter().take(ROWS_MAX / 2) {
                p class="failure" {
                    b { "#" (units::count(failure.index)) " " }
                    @if let Some(status) = failure.status { (status) " " (story::status_word(status)) }
                    @if let Some(error) = &failure.error { (cut(error)) }
                }
                @if !failure.body_start.is_empty() { pre { (cut(&failure.body_start)) } }
            }
        }
    }
}

/// Doubtful ones open, passed ones folded.
pub(crate) fn audits(run: &Run) -> Markup {
    let (passed, doubtful): (Vec<Audit>, Vec<Audit>) =
        story::audits(run).into_iter().partition(|audit| audit.outcome == Outcome::Passed);
    let rows = |audits: &[Audit], mark: &str, class: &str| {
        html! {
            ul class="audits" {
                @for audit in audits {
                    li { span class=(class) { (mark) } " " (audit.name) " " span class="soft" { (audit.told) } }
                }
            }
        }
    };
    html! {
        @if !doubtful.is_empty() {
            section class="card" { h2 { "Reasons to doubt" } (rows(&doubtful, "✘", "bad")) }
        }
        details class="card" {
            summary { "Passed audits (" (passed.len()) ")" }
            (rows(&passed, "✔", "good"))
        }
    }
}

/// Each act of a mixture.
pub(crate) fn acts(run: &Run) -> Markup {
    let rows = story::acts(run);
    html! {
        @if !rows.is_empty() {
            table {
                thead { tr { @for name in story::ACT_COLUMNS { th { (name) } } } }
                tbody { @for row in rows { tr { @for cell in row { td { (cell) } } } } }
            }
        }
    }
}

/// The plan, the host and how it was counted.
pub(crate) fn details(run: &Run) -> Markup {
    let plan = &run.plan;
    let host = &run.host;
    let stages = plan.stages.iter().map(|stage| {
        let from = stage.from_rate.filter(|from| Some(*from) != stage.rate);
        let from = from.map_or_else(String::new, |from| format!("{} to ", units::rate(from)));
        let rate = stage
            .rate
            .map_or_else(String::new, |rate| format!("{from}{} with ", units::rate(rate)));
        format!("{rate}{} connections for {}", stage.connections, units::seconds(stage.seconds))
    });
    let stages: Vec<_> = stages.take(ROWS_MAX).collect();
    let command = plan.args.join(" ");
    let rows = [
        ("Run", cut(&run.id)),
        ("Began", units::moment(run.began_at_ms)),
        ("Command", cut(&command)),
        ("Stages", stages.join("; ")),
        ("Workers", plan.workers.to_string()),
        (
            "Connections",
            if plan.reuse { "kept open" } else { "a new one for each request" }.to_owned(),
        ),
        ("Streams", format!("{} on a connection", plan.streams)),
        ("Chat", plan.chat.as_ref().map_or_else(|| "–".to_owned(), story::scenario)),
        ("Seed", plan.seed.to_string()),
        (
            "Host",
            format!(
                "{} × {}, {}",
                host.cpus,
                cut(&host.cpu_model),
                units::bytes(host.memory_bytes)
            ),
        ),
        ("Kernel", cut(&host.kernel)),
        ("Open files", format!("at most {}", units::count(host.open_files_max))),
    ];
    html! {
        details class="card" {
            summary { "What was run, and where" }
            table class="left" { tbody { @for (name, value) in rows { tr { th { (name) } td { (value) } } } } }
        }
    }
}

fn cut(told: &str) -> String {
    text::one_line(told, LETTERS_MAX)
}
