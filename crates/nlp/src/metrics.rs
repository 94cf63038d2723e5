//! What the service counts, as Prometheus reads it. All its metrics stand in this file.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Analysed.
    Ok,
    /// It made no sense, or was too large.
    Refused,
    /// Too many were in flight.
    Busy,
    /// It failed on purpose.
    Failed,
}

const ENDINGS: [(Ended, &str); 4] = [
    (Ended::Ok, "ok"),
    (Ended::Refused, "refused"),
    (Ended::Busy, "busy"),
    (Ended::Failed, "failed"),
];

#[derive(Debug, Default)]
pub(crate) struct Metrics {
    ended: [AtomicU64; ENDINGS.len()],
    texts: AtomicU64,
    text_bytes: AtomicU64,
    latencies: AtomicU64,
    latency_micros: AtomicU64,
    analysis_micros: AtomicU64,
}

impl Metrics {
    pub(crate) fn ended(&self, how: Ended) {
        for ((ending, _), count) in ENDINGS.iter().zip(&self.ended) {
            if *ending == how {
                count.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    pub(crate) fn drawn(&self, latency: Duration) {
        self.latencies.fetch_add(1, Ordering::Relaxed);
        self.latency_micros.fetch_add(micros(latency), Ordering::Relaxed);
    }

    pub(crate) fn analyzed(&self, text: &str, took: Duration) {
        self.texts.fetch_add(1, Ordering::Relaxed);
        self.text_bytes.fetch_add(u64::try_from(text.len()).unwrap_or(u64::MAX), Ordering::Relaxed);
        self.analysis_micros.fetch_add(micros(took), Ordering::Relaxed);
    }

    /// In the text format, version 0.0.4.
    pub(crate) fn written(&self, in_flight: usize) -> String {
        let mut out = String::new();
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let seconds = |counter: &AtomicU64| read(counter) as f64 / 1e6;
        let mut line = |text: std::fmt::Arguments<'_>| {
            // Writing to a string cannot fail.
            let _ = writeln!(out, "{text}");
        };
        line(format_args!("# TYPE hubbub_nlp_requests_total counter"));
        for ((_, name), count) in ENDINGS.iter().zip(&self.ended) {
            let count = read(count);
            line(format_args!("hubbub_nlp_requests_total{{outcome=\"{name}\"}} {count}"));
        }
        line(format_args!("# TYPE hubbub_nlp_texts_total counter"));
        line(format_args!("hubbub_nlp_texts_total {}", read(&self.texts)));
        line(format_args!("# TYPE hubbub_nlp_text_bytes_total counter"));
        line(format_args!("hubbub_nlp_text_bytes_total {}", read(&self.text_bytes)));
        line(format_args!("# TYPE hubbub_nlp_analysis_seconds_total counter"));
        line(format_args!("hubbub_nlp_analysis_seconds_total {}", seconds(&self.analysis_micros)));
        line(format_args!("# TYPE hubbub_nlp_drawn_latency_seconds summary"));
        line(format_args!(
            "hubbub_nlp_drawn_latency_seconds_sum {}",
            seconds(&self.latency_micros)
        ));
        line(format_args!("hubbub_nlp_drawn_latency_seconds_count {}", read(&self.latencies)));
        line(format_args!("# TYPE hubbub_nlp_in_flight gauge"));
        line(format_args!("hubbub_nlp_in_flight {in_flight}"));
        out
    }
}

fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}
