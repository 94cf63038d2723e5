use super::*;

fn figure(measured: f64, target: Option<f64>) -> Figure {
    let (name, note) = ("ack.p99".to_owned(), "raw p99 1.2 ms".to_owned());
    Figure { name, measured, unit: "ms", target, note, load: 1.5 }
}

#[test]
fn a_missed_target_is_shown() {
    assert!(figure(8.2, Some(8.2)).to_string().contains(" met "));
    let missed = figure(8.21, Some(8.2)).to_string();
    assert!(missed.contains("8.21 ms") && missed.contains("≤ 8.20"), "{missed}");
    assert!(missed.contains("MISSED") && missed.contains("load 1.5"), "{missed}");
    assert!(missed.ends_with("raw p99 1.2 ms"), "{missed}");
}

#[test]
fn a_figure_without_a_promise_is_neither_met_nor_missed() {
    let shown = figure(3.0, None);
    assert!(!shown.to_string().contains("met") && !shown.to_string().contains("MISSED"));
    assert_eq!(shown.to_json()["met"], Value::Null);
}

#[test]
fn one_slow_run_moves_no_median() {
    assert_eq!(median(&[9.0, 1.0, 100.0, 2.0, 3.0]), 3.0);
    assert_eq!(median(&[1.0, 2.0]), 1.0);
    assert_eq!(median(&[]), 0.0);
}

#[test]
fn a_report_is_written_where_it_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let mut report = Report::new("ack", true).unwrap();
    report.figure("p99", (3.0, "ms"), Some(2.0), "");
    report.detail(json!({ "run": 1 }));
    report.write(folder.path()).unwrap();
    let text = std::fs::read_to_string(folder.path().join("ack.json")).unwrap();
    let all: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(all["figures"][0]["met"], false);
    assert_eq!(all["details"][0]["run"], 1);
    assert_eq!(all["quick"], true);
}
