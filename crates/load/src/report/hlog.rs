//! `.hlog`: the histograms of a run as HdrHistogram's interval log, which its processors merge and plot.
//!
//! One interval, the measured part, four times: tagged `response`, `service`, `wait` and `slip`. With those who listen, once
//! more as `delivery`. Values in µs.

use std::time::{Duration, SystemTime};

use anyhow::{Result, anyhow};
use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{IntervalLogWriterBuilder, Tag};

use crate::measure::run::Run;

/// The largest value of an interval is told in ms.
const US_IN_MS: f64 = 1e3;

/// The content of the file.
///
/// # Errors
/// A histogram that cannot be told, which is a bug.
pub(crate) fn hlog(run: &Run) -> Result<Vec<u8>> {
    let began = SystemTime::UNIX_EPOCH + Duration::from_millis(run.began_at_ms);
    let mut log = Vec::new();
    let mut serializer = V2DeflateSerializer::new();
    let mut writer = IntervalLogWriterBuilder::new()
        .add_comment(&format!("hubbub load, run {}, values in microseconds", one_line(&run.id)))
        .with_start_time(began)
        .with_base_time(began)
        .with_max_value_divisor(US_IN_MS)
        .begin_log_with(&mut log, &mut serializer)?;
    let from = duration(run.totals.warm_up_excluded_s);
    let length = duration(run.totals.measured_s);
    let parts = &run.histograms;
    let always = [
        ("response", &parts.response),
        ("service", &parts.service),
        ("wait", &parts.wait),
        ("slip", &parts.slip),
    ];
    let delivery = (!parts.delivery.0.is_empty()).then_some(("delivery", &parts.delivery));
    for (tag, times) in always.into_iter().chain(delivery) {
        let written = writer.write_histogram(&times.0, from, length, Tag::new(tag));
        written.map_err(|why| anyhow!("the histogram of {tag}: {why:?}"))?;
    }
    drop(writer);
    Ok(log)
}

/// Nothing of a time that is none.
fn duration(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

fn one_line(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).collect()
}

#[cfg(test)]
mod tests;
