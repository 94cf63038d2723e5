use std::path::PathBuf;

use clap::Parser as _;
use stats::verdict::Cause;

use super::*;

/// As `docs/operations.md` has them.
const EXIT_USAGE: u8 = 2;
const EXIT_IO: u8 = 74;

#[derive(Debug, clap::Parser)]
struct Line {
    #[command(flatten)]
    args: ReportArgs,
}

fn told(folder: &tempfile::TempDir, runs: &[Run], flags: &[&str]) -> Result<ExitCode, Refusal> {
    let mut line = vec!["report".to_owned()];
    for (number, run) in runs.iter().enumerate() {
        let file = folder.path().join(format!("{number}.json"));
        std::fs::write(&file, run.to_json().unwrap()).unwrap();
        line.push(file.display().to_string());
    }
    let path = |flag: &&str| match flag.strip_prefix('@') {
        Some(name) => folder.path().join(name).display().to_string(),
        None => (*flag).to_owned(),
    };
    line.extend(flags.iter().map(path));
    report(&Line::parse_from(line).args)
}

#[test]
fn each_form_is_written_where_it_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let flags = [
        "--html", "@a.html", "--csv", "@a.csv", "--junit", "@a.xml", "--hgrm", "@a.hgrm", "--hlog",
        "@a.hlog",
    ];
    let code = told(&folder, &[sample::healthy()], &flags).unwrap();
    assert_eq!(format!("{code:?}"), format!("{:?}", ExitCode::SUCCESS));
    for (name, begins) in [
        ("a.html", "<!DOCTYPE html>"),
        ("a.csv", "at_s,"),
        ("a.xml", "<?xml"),
        ("a.hgrm", "       Value"),
        ("a.hlog", "#hubbub load"),
    ] {
        let text = std::fs::read_to_string(folder.path().join(name)).unwrap();
        assert!(text.starts_with(begins), "{name}: {text:.40}");
    }
}

#[test]
fn the_exit_code_is_that_of_the_worst_run() {
    let folder = tempfile::tempdir().unwrap();
    let code =
        told(&folder, &[sample::healthy(), sample::starved()], &["--junit", "@a.xml"]).unwrap();
    assert_eq!(format!("{code:?}"), format!("{:?}", ExitCode::from(story::EXIT_INVALID)));
}

#[test]
fn a_file_that_is_of_one_run_is_refused_for_two() {
    let folder = tempfile::tempdir().unwrap();
    let refused = told(&folder, &[sample::healthy(), sample::healthy()], &["--html", "@a.html"]);
    let refused = refused.unwrap_err();
    assert_eq!(refused.exit_code, EXIT_USAGE);
    assert!(refused.to_string().contains("of one run"), "{refused}");
}

#[test]
fn what_is_no_run_is_refused_with_its_name_and_a_missing_file_is_another_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.json");
    for (content, why) in
        [(&b"{}"[..], "not a saved run"), (b"\xff", "no text"), (br#"{"version":9}"#, "version 9")]
    {
        std::fs::write(&file, content).unwrap();
        let refused = read(&file).unwrap_err();
        assert_eq!(refused.exit_code, EXIT_USAGE);
        let told = refused.to_string();
        assert!(told.contains("a.json") && told.contains(why), "{told}");
    }
    assert_eq!(read(&folder.path().join("b.json")).unwrap_err().exit_code, EXIT_IO);
}

#[test]
fn a_file_that_is_far_too_large_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.json");
    let file = std::fs::File::create(&path).unwrap();
    // Of holes only: it takes no room.
    file.set_len(FILE_MAX + 1).unwrap();
    let refused = read(&path).unwrap_err().to_string();
    assert!(refused.contains("has at most 268435456"), "{refused}");
}

#[test]
fn no_more_files_are_read_at_once_than_the_bound() {
    let files = vec![PathBuf::from("/nowhere"); FILES_MAX + 1];
    assert_eq!(read_all(&files).unwrap_err().exit_code, EXIT_USAGE);
    assert_eq!(read_all(&files[..FILES_MAX]).unwrap_err().exit_code, EXIT_IO, "it begins to read");
}

#[test]
fn the_handbook_has_every_verdict_and_every_exit_code() {
    let handbook = include_str!("../../../../docs/measuring.md");
    for cause in [
        Cause::Headroom,
        Cause::ClientBound,
        Cause::HostStarved,
        Cause::ConcurrencyCapped,
        Cause::NetworkOrLimit,
        Cause::ServerCpu,
        Cause::ServerWaiting,
        Cause::Shedding,
        Cause::BothAtMaximum,
        Cause::Unknown,
    ] {
        assert!(handbook.contains(&format!("| {cause} |")), "{cause}");
    }
    for code in
        [0, story::EXIT_SLO, EXIT_USAGE, story::EXIT_INVALID, EXIT_IO, story::EXIT_INTERRUPTED]
    {
        assert!(handbook.contains(&format!("\n| {code} |")), "{code}");
    }
}
