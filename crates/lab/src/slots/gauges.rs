//! What the service says of itself: where its requests are, and how long they were there. All its metrics stand here.
//!
//! The three gauges add up to what is inside, and their averages, by Little's law, to throughput × time.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Where a request can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Waits for a handler.
    Door,
    /// Waits for a slot.
    Pool,
    /// Waits for the outside service.
    Call,
}

const STAGES: [Stage; 3] = [Stage::Door, Stage::Pool, Stage::Call];

/// The counters.
#[derive(Debug, Default)]
pub(super) struct Gauges {
    inside: [AtomicU64; 3],
    micros: [AtomicU64; 3],
    calls: AtomicU64,
    answered: AtomicU64,
    failed: AtomicU64,
}

/// A request in a stage; dropping it ends the stage, however that comes.
pub(super) struct Stay {
    gauges: Arc<Gauges>,
    stage: Stage,
    since: Instant,
}

impl Stage {
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Door => "door",
            Self::Pool => "pool",
            Self::Call => "call",
        }
    }
}

impl Gauges {
    pub(super) fn enter(self: &Arc<Self>, stage: Stage) -> Stay {
        self.inside[stage as usize].fetch_add(1, Ordering::Relaxed);
        Stay { gauges: Arc::clone(self), stage, since: Instant::now() }
    }

    pub(super) fn called(&self) {
        self.calls.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn answered(&self, is_good: bool) {
        let counter = if is_good { &self.answered } else { &self.failed };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// The page for Prometheus.
    pub(super) fn written(&self) -> String {
        let mut page = String::new();
        add(&mut page, format_args!("# TYPE hubbub_lab_requests gauge"));
        for stage in STAGES {
            let inside = self.inside[stage as usize].load(Ordering::Relaxed);
            let stage = stage.text();
            add(&mut page, format_args!("hubbub_lab_requests{{stage=\"{stage}\"}} {inside}"));
        }
        add(&mut page, format_args!("# TYPE hubbub_lab_stage_seconds_total counter"));
        for stage in STAGES {
            let micros = self.micros[stage as usize].load(Ordering::Relaxed);
            let (stage, whole, rest) = (stage.text(), micros / 1_000_000, micros % 1_000_000);
            let value = format_args!("{whole}.{rest:06}").to_string();
            add(
                &mut page,
                format_args!("hubbub_lab_stage_seconds_total{{stage=\"{stage}\"}} {value}"),
            );
        }
        for (of, value) in [
            ("hubbub_lab_calls_total", &self.calls),
            ("hubbub_lab_answered_total", &self.answered),
            ("hubbub_lab_failed_total", &self.failed),
        ] {
            let value = value.load(Ordering::Relaxed);
            add(&mut page, format_args!("# TYPE {of} counter\n{of} {value}"));
        }
        page
    }
}

impl Stay {
    /// Ends it; how long it was.
    pub(super) fn end(self) -> Duration {
        self.since.elapsed()
    }
}

impl Drop for Stay {
    fn drop(&mut self) {
        let micros = u64::try_from(self.since.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.gauges.micros[self.stage as usize].fetch_add(micros, Ordering::Relaxed);
        self.gauges.inside[self.stage as usize].fetch_sub(1, Ordering::Relaxed);
    }
}

fn add(page: &mut String, line: std::fmt::Arguments<'_>) {
    let written = writeln!(page, "{line}");
    assert!(written.is_ok(), "writing into memory cannot fail");
}
