//! What was measured, for people: tables, traces and profiles in Markdown.

use super::measure::Measured;
use super::trace::Trace;
use super::{LIMIT_MIB, Setting, Shown};

/// Letters of the longest bar of a trace.
const BAR: f64 = 60.0;
/// Places in which threads wait that are named.
const PLACES: usize = 4;

/// All of it.
pub(super) fn page(shown: &[Shown], swept: &[(Setting, Measured)], conditions: &str) -> String {
    let mut page = format!("{conditions}\n\n");
    page.push_str(&benchmark(shown));
    page.push_str(&at_a_rate(shown));
    page.push_str(&little(shown));
    page.push_str(&traces(shown));
    page.push_str(&profiles(shown));
    page.push_str(&sweep(swept));
    page
}

fn benchmark(shown: &[Shown]) -> String {
    let mut table = format!(
        "**Benchmark**: 15,000 clients, each waits for its answer. CPU in processors; memory of {LIMIT_MIB} MiB.\n\n\
         | step | setting | answered | p50 | p99 | memory | CPU: service, outside, clients | a request | limit, says `hubbub load` |\n\
         |---|---|---|---|---|---|---|---|---|\n"
    );
    for Shown { title, setting, closed, .. } in shown {
        if closed.is_killed {
            table.push_str(&format!("| {title} | {setting} | {closed} | | | | | | |\n"));
            continue;
        }
        table.push_str(&format!(
            "| {title} | {setting} | {:.0}/s | {:.0} ms | {:.0} ms | {} | {:.2}, {:.2}, {:.2} | {:.0} µs | {} |\n",
            closed.per_second,
            closed.p50_ms,
            closed.p99_ms,
            memory(closed),
            closed.service_cores,
            closed.outside_cores,
            closed.clients_cores,
            closed.cpu_us(),
            closed.verdict,
        ));
    }
    table + "\n"
}

fn at_a_rate(shown: &[Shown]) -> String {
    let mut table = String::from(
        "**The same demand, not the same crowd**: 5,000 requests a second, whatever the service does.\n\n\
         | step | p50 | p99 | in the pool on average | memory |\n|---|---|---|---|---|\n",
    );
    for Shown { title, open, .. } in shown {
        table.push_str(&format!(
            "| {title} | {:.0} ms | {:.0} ms | {:.0} | {} |\n",
            open.p50_ms,
            open.p99_ms,
            open.inside[1],
            memory(open),
        ));
    }
    table + "\n"
}

fn little(shown: &[Shown]) -> String {
    let mut table = String::from(
        "**Where the requests are**, on average: throughput × time in the stage.\n\n\
         | step | at the door | in the pool | in a call | of it in HTTP, as a handler sees it | a call takes | texts a call | slots × 1 s ÷ call × texts |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    for Shown { title, setting, closed, .. } in shown {
        let [door, pool, call] = closed.inside;
        // What so many slots can do at most.
        let most = setting.at_once() / closed.stage_ms[2].max(1.0) * 1e3;
        table.push_str(&format!(
            "| {title} | {door:.0} | {pool:.0} | {call:.0} | {:.0} % | {:.0} ms | {:.1} | {most:.0}/s |\n",
            closed.http_share() * 100.0,
            closed.stage_ms[2],
            closed.texts_per_call,
        ));
    }
    table + "\n"
}

fn traces(shown: &[Shown]) -> String {
    let longest = shown.iter().filter_map(|step| step.closed.trace).map(|trace| trace.all_ms);
    let longest = longest.fold(1.0, f64::max);
    let mut text = String::from(
        "**Trace** of one request among the 15,000 (`.` at the door, `-` in the pool, `#` in the call; in ms)\n\n```text\n",
    );
    for Shown { title, closed, .. } in shown {
        let line = closed.trace.map_or("not answered".to_owned(), |trace| bar(trace, longest));
        text.push_str(&format!("{title:<28} {line}\n"));
    }
    text + "```\n\n"
}

fn bar(trace: Trace, longest: f64) -> String {
    let Trace { all_ms, door_ms, pool_ms, call_ms } = trace;
    let mut drawn = String::new();
    let mut until = 0.0;
    for (letter, took) in [('.', door_ms), ('-', pool_ms), ('#', call_ms)] {
        until += took;
        while f64::from(u32::try_from(drawn.len()).unwrap_or(u32::MAX)) < until / longest * BAR {
            drawn.push(letter);
        }
    }
    format!("{drawn} {door_ms:.0} + {pool_ms:.0} + {call_ms:.0} of {all_ms:.0}")
}

fn profiles(shown: &[Shown]) -> String {
    let mut text = String::from(
        "**Profile** of the service: where its threads wait (`/proc/PID/task/*/wchan`), and what its processor time goes to (`perf record -g`, own time).\n\n\
         | step | threads | hottest |\n|---|---|---|\n",
    );
    for Shown { title, closed, .. } in shown {
        let mut places: Vec<(&String, &usize)> = closed.threads.iter().collect();
        places.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        let places: Vec<String> = places
            .iter()
            .take(PLACES)
            .map(|(place, count)| format!("{count} in `{place}`"))
            .collect();
        let hot: Vec<String> =
            closed.hot.iter().map(|(share, name)| format!("{share:.0} % `{name}`")).collect();
        let hot = if hot.is_empty() { "no `perf` here".to_owned() } else { hot.join(", ") };
        text.push_str(&format!("| {title} | {} | {hot} |\n", places.join(", ")));
    }
    text + "\n"
}

fn sweep(swept: &[(Setting, Measured)]) -> String {
    let mut sorted: Vec<&(Setting, Measured)> = swept.iter().collect();
    sorted.sort_by_key(|(setting, _)| (std::cmp::Reverse(setting.slot), setting.slots));
    let mut table = String::from(
        "**Concurrency against memory**\n\n| setting | texts with the outside service at most, on average | answered | p50 | memory | a request |\n|---|---|---|---|---|---|\n",
    );
    for (setting, measured) in sorted {
        table.push_str(&format!(
            "| {setting} | {:.0}, {:.0} | {:.0}/s | {:.0} ms | {} | {:.0} µs |\n",
            setting.at_once(),
            measured.inside[2],
            measured.per_second,
            measured.p50_ms,
            memory(measured),
            measured.cpu_us(),
        ));
    }
    table + "\n"
}

fn memory(measured: &Measured) -> String {
    let share = measured.memory_mib / LIMIT_MIB * 100.0;
    let killed = if measured.is_killed { ", killed" } else { "" };
    format!("{:.0} MiB ({share:.0} %{killed})", measured.memory_mib)
}

#[test]
fn a_trace_is_drawn_to_scale() {
    let trace = Trace { all_ms: 3_000.0, door_ms: 600.0, pool_ms: 2_200.0, call_ms: 200.0 };
    let drawn = bar(trace, 3_000.0);
    let count = |letter: char| drawn.chars().filter(|&drawn| drawn == letter).count();
    assert_eq!((count('.'), count('-'), count('#')), (12, 44, 4), "{drawn}");
    assert!(drawn.ends_with("600 + 2200 + 200 of 3000"));
}
