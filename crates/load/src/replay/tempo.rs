//! How many messages a second are said, by all bots together; it can be changed while they speak.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// A beat that all bots keep. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Tempo(Arc<Mutex<Beat>>);

#[derive(Debug)]
struct Beat {
    period: Duration,
    /// When the next message is due.
    next: Instant,
}

impl Tempo {
    /// So many messages a second, and never none.
    pub fn new(per_second: u32) -> Self {
        Self(Arc::new(Mutex::new(Beat { period: period(per_second), next: Instant::now() })))
    }

    /// So many from now on; who waits for a turn already keeps it.
    pub fn set(&self, per_second: u32) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).period = period(per_second);
    }

    /// Waits for a turn. Turns that nobody took are not made up for.
    pub(super) async fn turn(&self) {
        let at = {
            let mut beat = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let at = beat.next.max(Instant::now());
            beat.next = at + beat.period;
            at
        };
        sleep_until(at).await;
    }
}

fn period(per_second: u32) -> Duration {
    Duration::from_secs(1) / per_second.max(1)
}

#[tokio::test(start_paused = true)]
async fn turns_come_at_the_rate_and_at_another_when_it_changes() {
    let tempo = Tempo::new(10);
    let began = Instant::now();
    let ten = async || {
        for _ in 0..10 {
            tempo.turn().await;
        }
        began.elapsed().as_millis()
    };
    // The first is due at once.
    assert_eq!(ten().await, 900);
    tempo.set(100);
    assert_eq!(ten().await, 1_090);
    // A minute in which nobody speaks is not made up for.
    tokio::time::advance(Duration::from_secs(60)).await;
    assert_eq!(ten().await, 61_180);
}
