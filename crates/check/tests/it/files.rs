//! Files as crashes leave them, and the report as machines read it.

use check::{Kind, Options, Report};
use serde_json::json;

use crate::history::{History, check, final_read, subscribed};

#[test]
fn a_torn_last_line_is_counted_and_no_more() {
    let whole = History::client(1).say(1).sent(1, 1).text();
    for cut in whole.lines().next().unwrap().len()..whole.len() {
        let report = check::check([("h", &whole[..cut])], Options::default());
        assert!(report.is_green(), "{report}");
        assert!(report.counts.torn_lines <= 1);
    }
    let report = check::check([("h", &whole[..whole.len() - 1])], Options::default());
    assert_eq!(report.counts.torn_lines, 1);
    let report = check::check([("h", "{\"hubbub_his")], Options::default());
    assert_eq!((report.counts.torn_lines, report.is_green()), (1, true));
}

#[test]
fn a_line_in_the_middle_that_is_none_is_unreadable() {
    let mut history = History::client(1).say(1).sent(1, 1);
    history.lines[2].truncate(9);
    let report = check(&[history]);
    assert_eq!(report.total(Kind::Unreadable), 1, "{report}");
}

#[test]
fn a_file_of_another_version_or_kind_is_unreadable() {
    for (from, to) in [
        ("\"hubbub_history\":1", "\"hubbub_history\":2"),
        ("\"kind\":\"client\"", "\"kind\":\"other\""),
        ("\"instance\":\"0", "\"instance\":\"x"),
    ] {
        let text = History::client(1).text();
        let lines: Vec<String> = text.lines().map(|line| line.replace(from, to)).collect();
        let report = check::check([("h", lines.join("\n").as_str())], Options::default());
        let kinds: Vec<Kind> = report.totals.keys().copied().collect();
        assert_eq!((kinds, report.counts.clients), (vec![Kind::Unreadable], 0), "{to}: {report}");
    }
}

#[test]
fn an_empty_file_is_nothing() {
    assert!(check::check([("h", "")], Options::default()).is_green());
}

#[test]
fn many_of_a_kind_are_counted_and_some_are_told() {
    let mut history = History::client(1);
    for seq in 1..=60 {
        history = history.got(&subscribed(None, 1, 0)).unfollow().say(seq);
    }
    let report = check(&[history]);
    assert_eq!(report.total(Kind::Stray), 60);
    assert_eq!(report.anomalies.len(), check::KEPT_PER_KIND);
    assert!(report.to_string().contains("stray: and 10 more"), "{report}");
}

#[test]
fn the_report_survives_json() {
    let report =
        check(&[History::client(1).say(1).sent(1, 1).say(2).end(0), final_read(&[(1, 2)])]);
    assert!(!report.is_green());
    let text = serde_json::to_string(&report).unwrap();
    assert!(text.contains("\"totals\":{\"lost\":1,"), "{text}");
    assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report);
}

#[test]
fn frames_of_tomorrow_are_counted() {
    let report = check(&[History::client(1).got(&json!({"type": "humming"}))]);
    assert_eq!((report.is_green(), report.counts.unknown_frames), (true, 1));
}
