//! How a drive is told things: one queue with one consumer.
//!
//! What comes from outside waits for a permit, so senders feel a full inbox as backpressure. What
//! comes from inside (answers to what the drive itself asked for) takes no permit: there are never
//! more answers than questions, and questions are bounded by the room's limits. So no cycle of
//! drives can wait for itself.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The consumer's and producers' shared end.
#[derive(Debug)]
pub(crate) struct Inbox<T> {
    queue: Mutex<VecDeque<Item<T>>>,
    filled: Condvar,
    room: Arc<Semaphore>,
}

#[derive(Debug)]
struct Item<T> {
    event: T,
    _permit: Option<OwnedSemaphorePermit>,
}

impl<T> Inbox<T> {
    /// An inbox that takes `outside_max` events from outside before senders wait.
    pub(crate) fn new(outside_max: usize) -> Arc<Self> {
        Arc::new(Self {
            queue: Mutex::new(VecDeque::new()),
            filled: Condvar::new(),
            room: Arc::new(Semaphore::new(outside_max)),
        })
    }

    /// Waits for room, then tells the drive.
    pub(crate) async fn send(&self, event: T) {
        // The semaphore is never closed, so there is always a permit in the end.
        let permit = Arc::clone(&self.room).acquire_owned().await.ok();
        self.push(Item { event, _permit: permit });
    }

    /// Tells the drive at once: for answers to its own questions.
    pub(crate) fn answer(&self, event: T) {
        self.push(Item { event, _permit: None });
    }

    fn push(&self, item: Item<T>) {
        let mut queue = self.lock();
        let was_empty = queue.is_empty();
        queue.push_back(item);
        drop(queue);
        if was_empty {
            self.filled.notify_one();
        }
    }

    /// Moves up to `max` events into `into`, waiting at most `wait` for the first.
    pub(crate) fn take(&self, into: &mut Vec<T>, max: usize, wait: Duration) {
        let mut queue = self.lock();
        if queue.is_empty() && !wait.is_zero() {
            let waited = self.filled.wait_timeout_while(queue, wait, |queue| queue.is_empty());
            queue = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        let count = queue.len().min(max);
        into.extend(queue.drain(..count).map(|item| item.event));
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Item<T>>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
