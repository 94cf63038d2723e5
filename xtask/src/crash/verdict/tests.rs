use super::super::metrics::Tally;
use super::*;

fn verdict(seconds: u64, report: Report) -> Verdict {
    let shape = Shape { gateways: 2, hubs: 1, memory_bytes: 65_536, mutant: None };
    Verdict {
        seed: 7,
        shape,
        seconds,
        kills: Kills::default(),
        hard_paths: HardPaths::of(&Tally::default()),
        trouble: Vec::new(),
        report,
        folder: None,
    }
}

fn report(history: &str) -> Report {
    check::check([("h", history)], check::Options::default())
}

const HISTORY: &str = r#"{"hubbub_history":1,"client":"c","user":"u","device":"d","instance":"0000000000000001","kind":"client"}
{"t":1,"conn":1,"ev":"open","via":"g"}
{"t":2,"conn":1,"ev":"in","frame":"{\"type\":\"sent\"}"}
{"t":3,"conn":0,"ev":"end","outbox":0}"#;

#[test]
fn a_short_run_need_not_meet_every_hard_path_and_a_full_one_must() {
    assert!(verdict(FULL_RUN_SECONDS - 1, report("")).is_green());
    let full = verdict(FULL_RUN_SECONDS, report(""));
    assert!(!full.is_green());
    let text = full.to_string();
    assert!(text.contains("hard path never met: kills inside a sync\n"), "{text}");
    assert!(text.contains("crash run: RED, seed 7, 0 messages acknowledged"), "{text}");
    assert_eq!(full.to_json()["never_met"][1], "cut tails");
}

#[test]
fn an_anomaly_or_trouble_is_red() {
    let red = verdict(10, report(HISTORY));
    assert!(!red.is_green());
    assert!(red.to_string().contains("unreadable: 1 in all"), "{red}");
    assert_eq!(red.to_json()["green"], false);
    let mut troubled = verdict(10, report(""));
    troubled.trouble.push("the owner ended by itself".to_owned());
    assert!(!troubled.is_green());
    assert!(troubled.to_string().contains("trouble: the owner ended by itself"));
}

#[test]
fn histories_that_are_missing_are_trouble() {
    let mut none = verdict(10, report(""));
    none.missing_clients(3, 2);
    assert_eq!(
        none.trouble,
        [
            "histories of clients: 0, expected at least 3",
            "final reads: 0, expected at least 2",
            "messages acknowledged: 0, expected at least 1",
        ]
    );
}
