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
    queue: Mutex<Queue<T>>,
    filled: Condvar,
    room: Arc<Semaphore>,
}

#[derive(Debug)]
struct Queue<T> {
    items: VecDeque<Item<T>>,
    /// The drive sleeps until it is woken. One that is busy or naps looks by itself: waking it would
    /// be a system call for nothing.
    sleeps: bool,
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
            queue: Mutex::new(Queue { items: VecDeque::new(), sleeps: false }),
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
        queue.items.push_back(item);
        let wake = std::mem::take(&mut queue.sleeps);
        drop(queue);
        if wake {
            self.filled.notify_one();
        }
    }

    /// Moves up to `max` events into `into`, waiting at most `wait` for the first.
    pub(crate) fn take(&self, into: &mut Vec<T>, max: usize, wait: Duration) {
        let mut queue = self.lock();
        if queue.items.is_empty() && !wait.is_zero() {
            queue.sleeps = true;
            let is_empty = |queue: &mut Queue<T>| queue.items.is_empty();
            let waited = self.filled.wait_timeout_while(queue, wait, is_empty);
            queue = waited.unwrap_or_else(PoisonError::into_inner).0;
            queue.sleeps = false;
        }
        let count = queue.items.len().min(max);
        into.extend(queue.items.drain(..count).map(|item| item.event));
    }

    fn lock(&self) -> MutexGuard<'_, Queue<T>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
