use super::*;
use crate::report::sample;

fn bare(run: &Run) -> String {
    text(run, Look::Bare)
}

#[test]
fn the_verdict_is_the_first_line_and_findings_have_what_to_do_next() {
    let told = bare(&sample::starved());
    let first = told.lines().next().unwrap();
    assert!(first.starts_with("✘ Invalid: The generator's host was starved"), "{first}");
    assert!(told.contains("the generator waited in the run queue 48 %"), "{told}");
    assert!(told.contains("→ run on a quiet machine"), "{told}");
    assert!(told.contains("next: hubbub load selftest"), "{told}");
}

#[test]
fn asked_and_achieved_excluded_and_corrected_are_always_said() {
    for (run, excluded, corrected) in [
        (
            sample::healthy(),
            "The first 2.00 s count for nothing",
            "each latency counts from when its request was due",
        ),
        (
            sample::ladder(),
            "The first 2.00 s of each step count for nothing",
            "Closed loop: while the server is slow it is asked less",
        ),
    ] {
        let told = bare(&run).split_whitespace().collect::<Vec<_>>().join(" ");
        let rate = "rate 5,000/s 4,999/s (99.98 %)".to_owned();
        let rate = if run.totals.asked_rate.is_some() {
            rate
        } else {
            "rate as fast as answered 4,999/s".to_owned()
        };
        for said in [
            rate.as_str(),
            "connections 50 50 at once, 54 opened in all",
            excluded,
            corrected,
            "exact to three digits",
        ] {
            assert!(told.contains(said), "{said} in\n{told}");
        }
    }
}

#[test]
fn what_those_who_listen_heard_is_told_with_what_was_asked_of_the_chat() {
    let told = bare(&sample::heard()).split_whitespace().collect::<Vec<_>>().join(" ");
    for said in [
        "send 9 : ping 1; 100 conversations (1.00 % carry 30.0 %); 5 listen to each, on 500 connections; messages of 100 bytes",
        "deliveries 100,000 99,900 (reach 99.90 %, 100 missing); 2 connections that listen were lost",
        "latency response service wait slip delivery",
        "ping 2,000 7 150 µs",
    ] {
        assert!(told.contains(said), "{said} in\n{told}");
    }
}

#[test]
fn an_open_loop_has_four_parts_of_latency_and_a_closed_one_two() {
    let head = |run: &Run| {
        let told = bare(run);
        told.lines().find(|line| line.starts_with("  latency")).unwrap().split_whitespace().count()
    };
    assert_eq!((head(&sample::healthy()), head(&sample::ladder())), (1 + 4, 1 + 2));
}

#[test]
fn a_quantile_with_too_few_behind_it_is_not_told() {
    let told = bare(&sample::healthy());
    let row = |name: &str| {
        told.lines().find(|line| line.trim_start().starts_with(name)).unwrap().to_owned()
    };
    assert!(row("p99.9 ").contains("ms"), "20 of 20,000 are beyond");
    assert!(row("p99.99").contains('–'), "2 of 20,000 are beyond");
}

#[test]
fn failures_are_told_with_status_and_the_start_of_the_body() {
    let told = bare(&sample::healthy());
    assert!(told.contains("503 unavailable: shed"), "{told}");
    assert!(told.contains("connection reset"), "{told}");
    assert!(told.contains("request 1204  status 503: {\"title\":\"busy\""), "{told}");
}

#[test]
fn objectives_have_a_mark_and_a_margin_and_none_in_an_invalid_run() {
    let mut run = sample::healthy();
    run.slos[2].passed = false;
    run.slos[2].margin = Some(-0.1);
    let told = bare(&run);
    assert!(told.contains("✔ p99<300ms: 2.40 ms, 99.2 % to spare"), "{told}");
    assert!(told.contains("✘ rps>=4900: 4,999/s, 10.0 % beyond the limit"), "{told}");
    let told = bare(&sample::starved());
    assert!(told.contains("– p99<300ms") && !told.contains("✔ p99"), "{told}");
}

#[test]
fn a_ladder_tells_its_steps_and_its_knee_with_the_interval() {
    let told = bare(&sample::ladder());
    assert!(told.contains("The knee is at 80 connections (95 % interval "), "{told}");
    assert!(told.contains("around the knee"), "{told}");
}

#[test]
fn nothing_from_outside_moves_the_cursor_and_bare_text_has_no_colour() {
    let told = bare(&sample::hostile());
    assert!(!told.contains(|letter: char| letter.is_control() && letter != '\n'), "{told:?}");
    assert!(!told.contains('\u{202e}'), "nor turns the direction of writing");
    assert!(text(&sample::healthy(), Look::Coloured).starts_with("\u{1b}[32m✔"));
}

#[test]
fn a_long_line_is_cut_with_a_sign() {
    assert_eq!(one_line("abc", 3), "abc");
    assert_eq!(one_line("abcd", 3), "abc…");
}
