//! A thread that only sleeps a millisecond and looks at the clock, as jHiccup does: what it misses, the whole process
//! missed, whatever its runtime says.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Between two ticks.
const TICK: Duration = Duration::from_millis(1);

/// Ticks until it is dropped.
pub(super) struct Watchdog {
    gap_us: Arc<AtomicU64>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Watchdog {
    pub(super) fn begin() -> Self {
        let gap_us = Arc::new(AtomicU64::new(0));
        let is_over = Arc::new(AtomicBool::new(false));
        let (gap, over) = (Arc::clone(&gap_us), Arc::clone(&is_over));
        let named = std::thread::Builder::new().name("watchdog".to_owned());
        // Without a thread for it there is no evidence from it; the rest is there all the same.
        let thread = named.spawn(move || tick(&gap, &over)).ok();
        Self { gap_us, is_over, thread }
    }

    /// The longest time between two ticks since the last call, beyond the tick, in ms.
    pub(super) fn longest_gap_ms(&self) -> f64 {
        super::micros(self.gap_us.swap(0, Ordering::Relaxed)) * 1e3
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // It cannot panic; if it did, its evidence is lost and nothing else.
            let _ = thread.join();
        }
    }
}

fn tick(gap_us: &AtomicU64, is_over: &AtomicBool) {
    let mut last = Instant::now();
    while !is_over.load(Ordering::Relaxed) {
        std::thread::sleep(TICK);
        let now = Instant::now();
        let gap = (now - last).saturating_sub(TICK);
        gap_us.fetch_max(u64::try_from(gap.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
        last = now;
    }
}
