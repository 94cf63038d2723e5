use super::*;
use crate::quantiles::LATENCY_MAX;

const MS: Duration = Duration::from_millis(1);

#[test]
fn latency_counts_from_when_a_message_was_due() {
    let start = Instant::now();
    let figures = Figures::new(start).unwrap();
    figures.sent(start, start + 30 * MS);
    figures.acknowledged(start, start + 30 * MS, start + 40 * MS);
    let total = figures.total(1, 0.5, Vec::new()).to_json();
    let near = |value: &Value, ms: f64| (value.as_f64().unwrap() - ms).abs() < ms / 100.0;
    assert!(near(&total["from_due_ms"]["p99"], 40.0), "{total}");
    assert!(near(&total["from_sent_ms"]["p99"], 10.0), "{total}");
    assert!(near(&total["slip_ms"]["p99"], 30.0), "{total}");
}

#[test]
fn what_is_not_acknowledged_is_named() {
    let start = Instant::now();
    let figures = Figures::new(start).unwrap();
    figures.acknowledged(start, start, start + MS);
    assert!(figures.total(1, 0.0, Vec::new()).is_clean());
    figures.refused(Code::Busy, start + MS);
    let total = figures.total(5, 0.0, vec!["it was closed".to_owned()]);
    assert!(!total.is_clean());
    let json = total.to_json();
    assert_eq!(json["errors"], json!({ "busy": 1 }));
    assert_eq!(json["unanswered"], 3);
    let shown = total.to_string();
    assert!(shown.contains("1 busy") && shown.contains("it was closed"), "{shown}");
}

#[test]
fn a_window_begins_where_the_last_one_ended() {
    let start = Instant::now();
    let figures = Figures::new(start).unwrap();
    figures.acknowledged(start, start, start + 5 * MS);
    figures.refused(Code::Busy, start + 5 * MS);
    assert_eq!(figures.window(start + 10 * MS).to_json()["acknowledged"], 1);
    let next = figures.window(start + 30 * MS).to_json();
    assert_eq!((&next["acknowledged"], &next["errors"]), (&json!(0), &json!(0)));
    assert!((next["seconds"].as_f64().unwrap() - 0.02).abs() < 1e-9, "{next}");
}

#[test]
fn a_latency_beyond_the_longest_counts_as_the_longest() {
    let start = Instant::now();
    let figures = Figures::new(start).unwrap();
    figures.acknowledged(start, start, start + 2 * LATENCY_MAX);
    let total = figures.total(1, 0.0, Vec::new()).to_json();
    assert!(total["from_due_ms"]["max"].as_f64().unwrap() >= 6e5, "{total}");
}
