//! A thread that only sleeps a millisecond and looks at the clock, as jHiccup does: what it misses, the whole process
//! missed, whatever its runtime says.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Between two ticks.
const TICK: Duration = Duration::from_millis(1);

/// Ticks until it is dropped.
pub(super) struct Watchdog {
    gap_us: Arc<AtomicU64>,
    /// Of its thread, as the kernel numbers it; 0 until that runs.
    number: Arc<AtomicU32>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Watchdog {
    pub(super) fn begin() -> Self {
        let gap_us = Arc::new(AtomicU64::new(0));
        let number = Arc::new(AtomicU32::new(0));
        let is_over = Arc::new(AtomicBool::new(false));
        let (gap, over, own) = (Arc::clone(&gap_us), Arc::clone(&is_over), Arc::clone(&number));
        let named = std::thread::Builder::new().name("watchdog".to_owned());
        // Without a thread for it there is no evidence from it; the rest is there all the same.
        let thread = named.spawn(move || {
            own.store(
                rustix::thread::gettid().as_raw_nonzero().get().unsigned_abs(),
                Ordering::Relaxed,
            );
            tick(&gap, &over);
        });
        Self { gap_us, number, is_over, thread: thread.ok() }
    }

    /// Its thread.
    pub(super) fn number(&self) -> u32 {
        self.number.load(Ordering::Relaxed)
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

#[test]
fn it_says_which_thread_it_is() {
    let watchdog = Watchdog::begin();
    let until = Instant::now() + Duration::from_secs(10);
    while watchdog.number() == 0 {
        assert!(Instant::now() < until, "it does not say");
        std::thread::sleep(TICK);
    }
    let name = std::fs::read_to_string(format!("/proc/self/task/{}/comm", watchdog.number()));
    assert_eq!(name.unwrap().trim(), "watchdog");
}
