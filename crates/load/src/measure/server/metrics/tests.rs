use http::HeaderValue;

use super::*;
use crate::measure::engine::tests::bare::{Act, Bare};
use crate::measure::socket::Sources;

const PAGE: &str = "# HELP process_cpu_seconds_total Total user and system CPU time.\n\
    # TYPE process_cpu_seconds_total counter\n\
    process_cpu_seconds_total 12.5\n\
    process_open_fds 40\n\
    process_max_fds 1.048576e+06\n\
    process_resident_memory_bytes 2.5e+07\n\
    hubbub_process_cores 2\n\
    hubbub_hub_waiting{hub=\"a b} 9\"} 3 1700000000000\n\
    hubbub_gateway_sends_in_flight 4\n\
    http_request_duration_seconds_bucket{le=\"+Inf\"} NaN\n\
    not a number\n\
    nothing\n\n";

#[test]
fn a_page_is_read_with_labels_times_and_what_is_no_sample() {
    let figures = read(PAGE);
    assert_eq!(figures.cpu_s, Some(12.5));
    assert_eq!((figures.open_files, figures.open_files_max), (Some(40.0), Some(1_048_576.0)));
    assert_eq!((figures.cores, figures.queued), (Some(2.0), Some(7.0)));
    assert!(figures.is_hubbub);
    assert_eq!(read("up 1\n"), Figures::default());
}

#[test]
fn processors_are_of_two_pages_and_a_counter_that_fell_says_nothing() {
    let (before, mut now) = (read(PAGE), read(PAGE));
    now.cpu_s = Some(13.5);
    let health = now.since(&before, Duration::from_secs(2)).expect("both say it");
    assert!((health.cpu - 0.5).abs() < 1e-9);
    assert_eq!((health.source, health.allowed_cores), (ServerSource::Metrics, Some(2)));
    assert_eq!((health.open_files, health.queued), (Some(40), Some(7.0)));
    assert_eq!(before.since(&now, Duration::from_secs(2)), None, "it began anew");
    assert_eq!(now.since(&Figures::default(), Duration::from_secs(2)), None);
}

const LATER: &str = "HTTP/1.1 200 OK\r\ncontent-length: 63\r\n\r\n\
    process_cpu_seconds_total 9\nup 1\nprocess_open_fds 7\nhubbub_x 1\n";
const FIRST: &str = "HTTP/1.1 200 OK\r\ncontent-length: 63\r\n\r\n\
    process_cpu_seconds_total 8\nup 1\nprocess_open_fds 5\nhubbub_x 1\n";
const OTHERS: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nup 1\n";
const NONE: &str = "HTTP/1.1 404 None\r\ncontent-length: 0\r\n\r\n";

fn page(server: &Bare) -> Page {
    let target = Target::parse(&server.url).expect("a URL");
    let address = target.authority.parse().expect("an address");
    let dial = Dial { address, tls: None, sources: Sources::default() };
    Page { target, dial, authorization: Some(HeaderValue::from_static("Bearer a")) }
}

#[tokio::test]
async fn a_server_is_asked_again_and_again_and_a_page_of_another_kind_is_told_apart() {
    let server = Bare::begin(|number| vec![Act::Say(if number == 0 { FIRST } else { LATER })]);
    let mut scraper =
        Scraper::begin(page(&server), true).await.expect("it answers").expect("it is hubbub");
    assert_eq!(scraper.look(), None, "one page is no while");
    let health = loop {
        tokio::time::sleep(EVERY).await;
        if let Some(health) = scraper.look() {
            break health;
        }
    };
    assert!(health.cpu > 0.0, "a second of processors in whatever time that was: {health:?}");
    assert_eq!(health.open_files, Some(7));
    assert_eq!(server.connections(), 1, "one connection for all");
    assert!(server.first_request().contains("authorization: Bearer a\r\n"));

    let other = Bare::begin(|_| vec![Act::Say(OTHERS)]);
    assert!(Scraper::begin(page(&other), true).await.expect("it answers").is_none());
    assert!(Scraper::begin(page(&other), false).await.expect("it answers").is_some());
    let none = Bare::begin(|_| vec![Act::Say(NONE)]);
    let why = Scraper::begin(page(&none), false).await.err().expect("it has no page");
    assert!(why.contains("404") && why.contains(&none.url), "{why}");
}
