use hdrhistogram::serialization::Deserializer;
use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};

use super::*;
use crate::report::sample;

#[test]
fn what_is_written_is_read_by_the_library_with_tags_and_times() {
    let run = sample::healthy();
    let log = hlog(&run).unwrap();
    let mut read = Vec::new();
    for entry in IntervalLogIterator::new(&log) {
        let LogEntry::Interval(interval) = entry.expect("each line is one of the format") else {
            continue;
        };
        assert_eq!(interval.start_timestamp(), Duration::from_secs(2), "after the warm-up");
        assert_eq!(interval.duration(), Duration::from_secs(58));
        let bytes = base64::Engine::decode(
            &base64::engine::general_purpose::STANDARD,
            interval.encoded_histogram(),
        );
        let histogram: hdrhistogram::Histogram<u64> =
            Deserializer::new().deserialize(&mut bytes.unwrap().as_slice()).unwrap();
        read.push((interval.tag().unwrap().as_str(), histogram));
    }
    let all = &run.histograms;
    let expected = [
        ("response", &all.response.0),
        ("service", &all.service.0),
        ("wait", &all.wait.0),
        ("slip", &all.slip.0),
    ];
    assert_eq!(read.len(), expected.len());
    for ((tag, histogram), (name, original)) in read.iter().zip(expected) {
        assert_eq!(*tag, name);
        assert_eq!(histogram, original);
    }
}

#[test]
fn a_name_of_several_lines_stays_a_comment() {
    let log = hlog(&sample::hostile()).unwrap();
    assert!(IntervalLogIterator::new(&log).all(|entry| entry.is_ok()));
    let log = String::from_utf8(log).unwrap();
    assert!(log.starts_with("#hubbub load, run </script>"), "{log}");
    assert!(!log.contains('\u{1b}'));
}
