//! `hubbub verify`, on histories that were really lived.

use std::fs;
use std::path::Path;

use wire::SubscribeFrom;

use crate::house::{Ended, House, SMALL, address, hubbub, run};
use crate::user::{User, name};

async fn verify(folder: &Path, arguments: &[&str]) -> Ended {
    let mut command = hubbub(folder);
    command.arg("verify").args(arguments);
    run(command, folder).await
}

/// A speaker, a listener, and a last reading.
async fn live(folder: &Path) -> Vec<String> {
    let house = House::serve(folder, address(), SMALL).await;
    let tea = name("tea");
    let mut ann = User::new("ann", 1, &[house.at()]);
    let mut ben = User::new("ben", 2, &[house.at()]);
    ben.follow(&tea, SubscribeFrom::Start).await;
    let said = ann.say(&tea, (0..20).map(|n| format!("cup {n}"))).await;
    ben.hear(&tea, said[19]).await;
    ben.acknowledge(&tea, said[9]).await;
    let mut sweep = User::last_reader(3, house.at());
    sweep.read(&tea).await;
    let mut files = Vec::new();
    for (file, user) in [("ann.jsonl", ann), ("ben.jsonl", ben), ("sweep.jsonl", sweep)] {
        fs::write(folder.join(file), user.leave().await.lines().join("\n") + "\n").unwrap();
        files.push(file.to_owned());
    }
    files
}

#[tokio::test]
async fn verify_says_0_of_what_was_right_and_1_of_what_was_not() {
    let folder = tempfile::tempdir().unwrap();
    let files = live(folder.path()).await;
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let green = verify(folder.path(), &files).await;
    assert_eq!(green.code, Some(0), "{green:?}");
    assert_eq!(green.out.lines().count(), 1, "{}", green.out);
    assert!(green.out.contains("20 messages said, 20 acknowledged"), "{}", green.out);
    assert!(green.out.ends_with(" 0 anomalies\n"), "{}", green.out);
    assert_eq!(green.err, "");

    let json = verify(folder.path(), &[&["--json"], &files[..]].concat()).await;
    assert_eq!(json.code, Some(0), "{json:?}");
    let report: check::Report = serde_json::from_str(&json.out).expect("JSON");
    assert!(report.is_green() && report.counts.acknowledged == 20, "{report:?}");

    // Ben never saw the twelfth message.
    let path = folder.path().join("ben.jsonl");
    let lines = fs::read_to_string(&path).unwrap();
    let is_it = |line: &&str| line.contains(r#"\"type\":\"message\""#) && line.contains("cup 11");
    let hole: Vec<&str> = lines.lines().filter(|line| !is_it(line)).collect();
    assert_eq!(hole.len() + 1, lines.lines().count());
    fs::write(&path, hole.join("\n") + "\n").unwrap();
    let red = verify(folder.path(), &files).await;
    assert_eq!(red.code, Some(1), "{red:?}");
    let told: Vec<&str> = red.out.lines().collect();
    assert_eq!(told.len(), 2, "one line an anomaly, one of what was read: {}", red.out);
    assert!(told[0].starts_with("gap") && told[0].contains("ben.jsonl"), "{}", told[0]);
    assert!(told[1].ends_with(" 1 anomalies"), "{}", told[1]);
    let json = verify(folder.path(), &[&["--json"], &files[..]].concat()).await;
    assert_eq!(json.code, Some(1), "{json:?}");
    let report: check::Report = serde_json::from_str(&json.out).expect("JSON");
    assert_eq!(report.total(check::Kind::Gap), 1);
}

#[tokio::test]
async fn verify_reads_a_data_directory_and_counts_what_it_holds_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let files = live(folder.path()).await;
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let green = verify(folder.path(), &[&["--data", "data"], &files[..]].concat()).await;
    assert_eq!(green.code, Some(0), "{green:?}");
    let texts = "20 texts in the journal: 0 full, 0 degraded, 0 dead, 20 pending";
    assert!(green.out.contains(texts), "{}", green.out);
    // Nobody was asked what they mean.
    let red = verify(folder.path(), &["--data", "data", "--settled", "--json"]).await;
    assert_eq!(red.code, Some(1), "{red:?}");
    let report: check::Report = serde_json::from_str(&red.out).expect("JSON");
    assert_eq!(report.total(check::Kind::Unresolved), 20);
    let nowhere = verify(folder.path(), &["--data", "nowhere"]).await;
    assert_eq!(nowhere.code, Some(74), "{nowhere:?}");
}

#[tokio::test]
async fn verify_says_74_of_what_cannot_be_read_and_64_of_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let ended = verify(folder.path(), &["nowhere.jsonl"]).await;
    assert_eq!(ended.code, Some(74), "{ended:?}");
    assert_eq!(ended.out, "");
    assert_eq!(ended.err.lines().count(), 1, "{}", ended.err);
    assert!(ended.err.starts_with("hubbub: cannot read nowhere.jsonl"), "{}", ended.err);
    assert_eq!(verify(folder.path(), &[]).await.code, Some(64));
    assert_eq!(verify(folder.path(), &["--lenient", "a"]).await.code, Some(64));
    fs::write(folder.path().join("bytes"), [0xff, 0xfe]).unwrap();
    let ended = verify(folder.path(), &["bytes"]).await;
    assert_eq!(ended.code, Some(74), "{ended:?}");
}
