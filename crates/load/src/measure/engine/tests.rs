//! Against a bare server that does exactly what a test says, down to the pieces in which bytes come. Counts decide,
//! never times.

pub(in crate::measure) mod bare;
mod multiplexed;
mod secured;

use clap::Parser as _;
use stats::verdict::Cause;

use super::*;
use crate::measure::args::RunArgs;
use crate::measure::assemble::{self, Beside};
use crate::measure::command::Nobody;
use crate::measure::plan::{Aim, of_run};
use crate::measure::refusal::EXIT_UNAVAILABLE;
use crate::measure::run::{Run, Totals};

use bare::{Act, Bare};

#[derive(clap::Parser)]
struct Line {
    #[command(flatten)]
    run: RunArgs,
}

pub(in crate::measure) const FINE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";

pub(in crate::measure) async fn measure(url: &str, words: &str) -> Result<Run, Refusal> {
    measure_until(url, words, std::future::pending()).await
}

async fn measure_until(
    url: &str,
    words: &str,
    interrupted: impl Future<Output = ()>,
) -> Result<Run, Refusal> {
    let words = ["run", url].into_iter().chain(words.split_whitespace());
    let args = Line::try_parse_from(words).expect("the test's words are right").run;
    let aim = Aim::take(&args.target).await?;
    let (load, plan) = of_run(&aim, &args)?;
    let beside = Beside::begin(false);
    let measured = load.run(None, &mut Nobody, interrupted).await?;
    Ok(assemble::run(&load, plan, &aim.slos, measured, &beside))
}

#[tokio::test]
async fn so_many_requests_are_made_as_were_asked_for_and_not_one_more() {
    let server = Bare::begin(|_| vec![Act::Say(FINE)]);
    let run = measure(&server.url, "-n 1000 -c 7 -t 3").await.expect("it is measured");
    assert_eq!((run.totals.done, run.totals.failed, run.totals.offered), (1_000, 0, 1_000));
    assert_eq!((server.requests(), server.connections()), (1_000, 7));
    assert_eq!(run.histograms.response.0.len(), 1_000);
    assert_eq!((run.totals.achieved_connections, run.totals.connects), (7, 7));
    assert_eq!(run.totals.bytes_in, 1_000 * FINE.len() as u64);
}

#[tokio::test]
async fn an_answer_in_single_bytes_or_chunks_is_the_same_answer() {
    let chunked =
        "HTTP/1.1 201 Made\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n";
    for answer in [FINE, chunked] {
        let server = Bare::begin(move |_| vec![Act::SayInBytes(answer)]);
        let run = measure(&server.url, "-n 20 -c 2").await.expect("it is measured");
        assert_eq!((run.totals.done, server.connections()), (20, 2), "{:?}", run.totals);
    }
}

#[tokio::test]
async fn a_connection_that_closed_between_requests_costs_no_request() {
    // It says nothing of closing: the next request finds out.
    let server = Bare::begin(|number| match number % 3 {
        2 => vec![Act::Say(FINE), Act::Close],
        _ => vec![Act::Say(FINE)],
    });
    let run = measure(&server.url, "-n 300 -c 4").await.expect("it is measured");
    assert_eq!((run.totals.done, run.totals.failed), (300, 0), "{:?}", run.totals.by_error);
    assert!(server.connections() >= 100, "{}", server.connections());
}

#[tokio::test]
async fn what_may_do_harm_twice_is_not_sent_twice() {
    let server = Bare::begin(|number| match number {
        0 => vec![Act::Say(FINE)],
        _ => vec![Act::Close],
    });
    let run = measure(&server.url, "-n 10 -c 1 -b x").await.expect("it is measured");
    assert_eq!((run.totals.done, run.totals.failed), (1, 9));
    assert_eq!(server.requests(), 10, "each was sent once");
    assert_eq!(run.totals.by_error.values().sum::<u64>(), 9, "{:?}", run.totals.by_error);
}

#[tokio::test]
async fn each_failure_has_its_name_and_the_first_are_told_with_what_was_said() {
    let cases: [(&'static str, Act, &str); 4] = [
        ("", Act::Reset, "connection reset"),
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello",
            Act::Close,
            "closed before the answer was whole",
        ),
        ("SSH-2.0-no\r\n\r\n", Act::Close, "not an answer"),
        ("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nab", Act::Close, "not an answer"),
    ];
    for (said, then, name) in cases {
        let server = Bare::begin(move |_| vec![Act::Say(said), then]);
        let run = measure(&server.url, "-n 5 -c 1 -b x").await.expect("it is measured");
        assert_eq!(run.totals.by_error.get(name), Some(&5), "{said:?}: {:?}", run.totals);
        assert!(run.totals.first_failures[0].error.is_some());
        assert_eq!(run.histograms.response.0.len(), 0, "none took any time");
    }
    let busy = "HTTP/1.1 503 Busy\r\ncontent-length: 10\r\n\r\ncome later";
    let server = Bare::begin(move |_| vec![Act::Say(busy)]);
    let run = measure(&server.url, "-n 5 -c 1").await.expect("it is measured");
    assert_eq!((run.totals.failed, run.totals.by_status.get(&503)), (5, Some(&5)));
    assert_eq!(run.totals.first_failures[0].body_start, "come later");
    assert_eq!(run.judgement.cause, Cause::Shedding);
}

#[tokio::test]
async fn a_body_that_never_ends_times_out_and_that_is_a_latency() {
    let begun = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhel";
    let server = Bare::begin(move |_| vec![Act::Say(begun), Act::Hang]);
    let run = measure(&server.url, "-n 4 -c 2 -T 100ms").await.expect("it is measured");
    assert_eq!(run.totals.by_error.get("timed out"), Some(&4), "{:?}", run.totals.by_error);
    assert_eq!(run.histograms.response.0.len(), 4);
    assert!(run.histograms.response.0.min() >= 99_000, "{:?}", run.histograms.response.marks_us());
}

#[tokio::test]
async fn without_reuse_each_request_has_a_connection_of_its_own() {
    let server = Bare::begin(|_| vec![Act::Say(FINE)]);
    let run = measure(&server.url, "-n 50 -c 5 --no-reuse").await.expect("it is measured");
    assert_eq!((run.totals.done, server.connections()), (50, 50));
    assert!(server.first_request().contains("connection: close\r\n"));
}

#[tokio::test]
async fn at_a_rate_each_request_is_made_once_by_whatever_worker() {
    for arrivals in ["uniform", "poisson"] {
        let server = Bare::begin(|_| vec![Act::Say(FINE)]);
        let words = format!("--stages 500:500ms,0-1000:500ms -c 6 -t 3 --arrivals {arrivals}");
        let run = measure(&server.url, &words).await.expect("it is measured");
        let totals = &run.totals;
        assert_eq!(
            (totals.done, totals.started, totals.failed),
            (totals.offered, totals.offered, 0)
        );
        assert_eq!(server.requests(), totals.offered);
        assert_eq!(run.histograms.slip.0.len(), totals.offered);
        if arrivals == "uniform" {
            assert_eq!(totals.offered, 500, "250 and 250");
        }
    }
}

#[tokio::test]
async fn what_came_due_while_the_server_stood_still_is_made_later_and_took_that_long() {
    // The first answers come when 200 ms have passed at least, whatever the machine does.
    let server = Bare::begin(|number| match number {
        0 | 1 => vec![Act::Wait(Duration::from_millis(200)), Act::Say(FINE)],
        _ => vec![Act::Say(FINE)],
    });
    let run = measure(&server.url, "--rate 1k -d 300ms -c 2 -t 1").await.expect("it is measured");
    assert_eq!((run.totals.done, server.requests()), (300, 300));
    // Of the 200 that came due meanwhile, half waited for 100 ms and more.
    let waited = run.histograms.response.0.count_between(99_000, u64::MAX);
    assert!(waited >= 95, "{waited}");
    let served = run.histograms.service.0.count_between(99_000, u64::MAX);
    assert!(served < waited, "they waited for a connection, not for the server: {served}");
}

#[tokio::test]
async fn what_is_not_made_by_the_end_has_failed_and_is_a_latency_all_the_same() {
    let server = Bare::begin(|_| vec![Act::Hang]);
    let words = "--rate 100 -d 200ms -c 2 -t 1 -T 300ms";
    let run = measure(&server.url, words).await.expect("it is measured");
    let totals = &run.totals;
    assert_eq!((totals.offered, totals.done, totals.failed), (20, 0, 20));
    assert!(totals.by_error.contains_key("not started by the end"), "{:?}", totals.by_error);
    assert_eq!(run.histograms.response.0.len(), 20);
}

#[tokio::test]
async fn bodies_of_a_file_take_turns_and_are_filled() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), "{\"n\":{{index}}}\n\nsecond\n").expect("it is written");
    let server = Bare::begin(|_| vec![Act::Say(FINE)]);
    let words = format!("-n 4 -c 1 -H X-A:b -B {}", file.path().display());
    measure(&server.url, &words).await.expect("it is measured");
    let asked = server.asked();
    assert!(asked.contains("POST / HTTP/1.1\r\n") && asked.contains("x-a: b\r\n"), "{asked}");
    assert!(asked.contains("{\"n\":0}") && asked.contains("{\"n\":2}"), "{asked}");
    assert_eq!(asked.matches("second").count(), 2);
}

#[tokio::test]
async fn after_a_warm_up_what_was_due_is_what_was_done_and_connections_opened_in_it_are_told() {
    let server = Bare::begin(|_| vec![Act::Say(FINE)]);
    let words = "--rate 2k -d 1200ms -c 8 -t 2 --warm-up 1s";
    let run = measure(&server.url, words).await.expect("it is measured");
    let Totals { offered, started, done, connects, .. } = run.totals;
    assert_eq!((offered, started, done), (400, 400, 400), "of 2,400, those of the last 200 ms");
    assert_eq!((connects, server.requests()), (server.connections(), 2_400));
    assert!(connects >= 8, "{connects}");
}

#[tokio::test]
async fn what_does_not_answer_at_all_is_told_before_anything_is_measured() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("it is bound"));
    drop(listener);
    let why = measure(&url, "-n 1").await.expect_err("nobody listens");
    assert_eq!(why.exit_code, EXIT_UNAVAILABLE);
    assert!(why.to_string().contains("connection refused"), "{why}");
}

#[tokio::test]
async fn an_interruption_ends_it_early_and_what_there_is_is_told() {
    let server = Bare::begin(|_| vec![Act::Say(FINE)]);
    let soon = tokio::time::sleep(Duration::from_millis(100));
    let run =
        measure_until(&server.url, "-d 1h -c 2 --warm-up 0s", soon).await.expect("it is measured");
    assert!(run.totals.was_interrupted);
    assert_eq!(run.totals.done, server.requests());
    assert_eq!(run.totals.failed, 0);
}
