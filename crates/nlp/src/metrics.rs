//! What the service counts, as Prometheus reads it. All its metrics stand in this file.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::fate::Fault;

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
    /// Refused on purpose, with 429.
    Limited,
    /// Answered with less than a whole analysis, or with something else, on purpose.
    Broken,
}

const ENDINGS: [(Ended, &str); 6] = [
    (Ended::Ok, "ok"),
    (Ended::Refused, "refused"),
    (Ended::Busy, "busy"),
    (Ended::Failed, "failed"),
    (Ended::Limited, "limited"),
    (Ended::Broken, "broken"),
];

const FAULTS: [(Fault, &str); 8] = [
    (Fault::FailFast, "fail_fast"),
    (Fault::FailSlow, "fail_slow"),
    (Fault::TooMany, "too_many"),
    (Fault::Hang, "hang"),
    (Fault::Drip, "drip"),
    (Fault::Reset, "reset"),
    (Fault::WrongJson, "wrong_json"),
    (Fault::Outage, "outage"),
];

#[derive(Debug, Default)]
pub(crate) struct Metrics {
    ended: [AtomicU64; ENDINGS.len()],
    faults: [AtomicU64; FAULTS.len()],
    stalled: AtomicU64,
    goaways: AtomicU64,
    items_failed: AtomicU64,
    texts: AtomicU64,
    text_bytes: AtomicU64,
    latencies: AtomicU64,
    latency_micros: AtomicU64,
    analysis_micros: AtomicU64,
}

impl Metrics {
    pub(crate) fn ended(&self, how: Ended) {
        count(&ENDINGS, &self.ended, how);
    }

    pub(crate) fn faulted(&self, fault: Fault) {
        count(&FAULTS, &self.faults, fault);
    }

    /// A request that was held by a stall.
    pub(crate) fn stalled(&self) {
        self.stalled.fetch_add(1, Ordering::Relaxed);
    }

    /// A connection that was told to go.
    pub(crate) fn goaway(&self) {
        self.goaways.fetch_add(1, Ordering::Relaxed);
    }

    /// One of several texts that was drawn to fail.
    pub(crate) fn item_failed(&self) {
        self.items_failed.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn drawn(&self, latency: Duration) {
        self.latencies.fetch_add(1, Ordering::Relaxed);
        self.latency_micros.fetch_add(micros(latency), Ordering::Relaxed);
    }

    /// A text, and how long it was looked at; `None` = not at all.
    pub(crate) fn analyzed(&self, text: &str, took: Option<Duration>) {
        self.texts.fetch_add(1, Ordering::Relaxed);
        self.text_bytes.fetch_add(u64::try_from(text.len()).unwrap_or(u64::MAX), Ordering::Relaxed);
        if let Some(took) = took {
            self.analysis_micros.fetch_add(micros(took), Ordering::Relaxed);
        }
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
        line(format_args!("# TYPE hubbub_nlp_faults_total counter"));
        let others =
            [("stall", &self.stalled), ("goaway", &self.goaways), ("item", &self.items_failed)];
        let drawn = FAULTS.iter().zip(&self.faults).map(|((_, name), count)| (*name, count));
        for (name, count) in drawn.chain(others) {
            line(format_args!("hubbub_nlp_faults_total{{kind=\"{name}\"}} {}", read(count)));
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

fn count<T: PartialEq>(kinds: &[(T, &str)], counts: &[AtomicU64], which: T) {
    for ((kind, _), count) in kinds.iter().zip(counts) {
        if *kind == which {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}
