use clap::Parser;

use super::*;

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    args: NlpArgs,
}

fn asked(flags: &[&str]) -> Result<Options, OptionsError> {
    Cli::try_parse_from(["nlp"].iter().chain(flags)).unwrap().args.options()
}

#[test]
fn without_flags_it_takes_200_ms_and_never_fails() {
    let options = asked(&[]).unwrap();
    assert_eq!((&options.faults, options.streams, options.models), (&Faults::default(), 100, true));
    assert!(options.listen.ip().is_loopback());
    assert!(options.check().is_ok());
}

#[test]
fn flags_say_what_they_mean() {
    let options = asked(&[
        "--listen=127.0.0.1:0",
        "--streams=250",
        "--latency-mean-ms=1.5",
        "--latency-sigma=0",
        "--fail-share=0.25",
        "--seed=9",
        "--no-models",
    ]);
    let latency = Latency::LogNormal { mean_ms: 1.5, sigma: 0.0 };
    let faults = Faults { latency, fail_slow_share: 0.25, seed: 9, ..Faults::default() };
    let listen = ([127, 0, 0, 1], 0).into();
    assert_eq!(
        options.unwrap(),
        Options { listen, streams: 250, http1: false, faults, models: false, model: None }
    );
}

#[test]
fn a_file_of_faults_is_read_in_both_forms_and_a_flag_wins() {
    let folder = tempfile::tempdir().unwrap();
    let given = |name: &str, text: &str, flags: &[&str]| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        let flag = format!("--faults={}", path.display());
        asked(&[&[flag.as_str()], flags].concat()).map(|options| options.faults)
    };
    let toml = "seed = 4\nhang_share = 0.5\n[latency]\ndistribution = 'fixed'\nms = 3.0\n\
                [[outages]]\nfrom_ms = 1\nfor_ms = 2\n";
    let json = r#"{"seed": 4, "hang_share": 0.5, "latency": {"distribution": "fixed", "ms": 3.0},
        "outages": [{"from_ms": 1, "for_ms": 2}]}"#;
    let read = given("f.toml", toml, &[]).unwrap();
    assert_eq!(given("f.json", json, &[]).unwrap(), read);
    assert_eq!((read.seed, read.hang_share, read.latency), (4, 0.5, Latency::Fixed { ms: 3.0 }));
    let flagged = given("f.toml", toml, &["--seed=5", "--latency-mean-ms=7"]).unwrap();
    assert_eq!(flagged.latency, Latency::LogNormal { mean_ms: 7.0, sigma: 0.0 });
    assert_eq!((flagged.seed, flagged.hang_share), (5, 0.5));

    let wrong = given("wrong.toml", "hang = 1", &[]).unwrap_err().to_string();
    assert!(wrong.contains("wrong.toml") && wrong.contains("hang"), "{wrong}");
    assert!(asked(&["--faults=nowhere.toml"]).is_err());
}

#[test]
fn what_is_out_of_range_is_refused_and_the_edges_are_not() {
    for (flag, fits) in [
        ("--streams=1", true),
        ("--streams=16384", true),
        ("--streams=0", false),
        ("--streams=16385", false),
        ("--latency-mean-ms=60000", true),
        ("--latency-mean-ms=60001", false),
        ("--latency-sigma=NaN", false),
        ("--fail-share=1", true),
        ("--fail-share=1.1", false),
    ] {
        assert_eq!(asked(&[flag]).unwrap().check().is_ok(), fits, "{flag}");
    }
}
