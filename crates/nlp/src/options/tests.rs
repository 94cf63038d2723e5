use clap::Parser;

use super::*;

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    args: NlpArgs,
}

fn options(flags: &[&str]) -> Options {
    Cli::try_parse_from(["nlp"].iter().chain(flags)).unwrap().args.options()
}

#[test]
fn without_flags_it_takes_200_ms_and_never_fails() {
    let options = options(&[]);
    assert_eq!(options.latency, Latency { mean_ms: 200.0, sigma: 0.25 });
    assert_eq!((options.fail_share, options.seed, options.models), (0.0, 1, true));
    assert!(options.listen.ip().is_loopback());
    assert_eq!(options.check(), Ok(()));
}

#[test]
fn flags_say_what_they_mean() {
    let options = options(&[
        "--listen=127.0.0.1:0",
        "--latency-mean-ms=1.5",
        "--latency-sigma=0",
        "--fail-share=0.25",
        "--seed=9",
        "--no-models",
    ]);
    assert_eq!(options.latency, Latency { mean_ms: 1.5, sigma: 0.0 });
    assert_eq!((options.fail_share, options.seed, options.models), (0.25, 9, false));
}

#[test]
fn what_is_out_of_range_is_refused_and_the_edges_are_not() {
    let with = |mean_ms, sigma, fail_share| {
        Options { latency: Latency { mean_ms, sigma }, fail_share, ..options(&[]) }.check()
    };
    assert_eq!(with(0.0, 0.0, 0.0), Ok(()));
    assert_eq!(with(60_000.0, 2.0, 1.0), Ok(()));
    for mean in [-1.0, 60_001.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(with(mean, 0.0, 0.0), Err(OptionsError::Mean { .. })), "{mean}");
    }
    for sigma in [-0.1, 2.1, f64::NAN] {
        assert!(matches!(with(1.0, sigma, 0.0), Err(OptionsError::Sigma { .. })), "{sigma}");
    }
    for share in [-0.1, 1.1, f64::NAN] {
        let refused = with(1.0, 0.0, share);
        assert!(matches!(refused, Err(OptionsError::FailShare { .. })), "{share}");
    }
}
