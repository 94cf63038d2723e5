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
    /// Some of them answer what the drive asked.
    has_answers: bool,
    drive: Drive,
}

/// What the one who takes from an inbox does. To wake one that is busy, or that gathers, would be a
/// system call for nothing: it looks by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Drive {
    Busy,
    /// It lets what comes from outside gather, but an answer wakes it: someone waits for that.
    Gathers,
    /// It sleeps until something comes.
    Sleeps,
}

#[derive(Debug)]
struct Item<T> {
    event: T,
    /// What comes from inside has none.
    permit: Option<OwnedSemaphorePermit>,
}

impl<T> Inbox<T> {
    /// An inbox that takes `outside_max` events from outside before senders wait.
    pub(crate) fn new(outside_max: usize) -> Arc<Self> {
        Arc::new(Self {
            queue: Mutex::new(Queue {
                items: VecDeque::new(),
                has_answers: false,
                drive: Drive::Busy,
            }),
            filled: Condvar::new(),
            room: Arc::new(Semaphore::new(outside_max)),
        })
    }

    /// Waits for room, then tells the drive.
    pub(crate) async fn send(&self, event: T) {
        // The semaphore is never closed, so there is always a permit in the end.
        let permit = Arc::clone(&self.room).acquire_owned().await.ok();
        self.push(Item { event, permit });
    }

    /// Tells the drive at once: for answers to its own questions.
    pub(crate) fn answer(&self, event: T) {
        self.push(Item { event, permit: None });
    }

    fn push(&self, item: Item<T>) {
        let mut queue = self.lock();
        let is_answer = item.permit.is_none();
        queue.items.push_back(item);
        queue.has_answers |= is_answer;
        let wake = match queue.drive {
            Drive::Busy => false,
            Drive::Gathers => is_answer,
            Drive::Sleeps => true,
        };
        if wake {
            queue.drive = Drive::Busy;
        }
        drop(queue);
        if wake {
            self.filled.notify_one();
        }
    }

    /// Lets events from outside gather for this long, or until there is an answer.
    pub(crate) fn gather(&self, span: Duration) {
        let queue = self.lock();
        if !queue.has_answers {
            drop(self.wait(queue, Drive::Gathers, span));
        }
    }

    /// Moves up to `max` events into `into`, waiting at most `wait` for the first.
    pub(crate) fn take(&self, into: &mut Vec<T>, max: usize, wait: Duration) {
        let mut queue = self.lock();
        if queue.items.is_empty() && !wait.is_zero() {
            queue = self.wait(queue, Drive::Sleeps, wait);
        }
        let count = queue.items.len().min(max);
        into.extend(queue.items.drain(..count).map(|item| item.event));
        queue.has_answers &= !queue.items.is_empty();
    }

    /// Until someone sees to it that the drive is busy again, at most so long.
    fn wait<'q>(
        &self,
        mut queue: MutexGuard<'q, Queue<T>>,
        how: Drive,
        at_most: Duration,
    ) -> MutexGuard<'q, Queue<T>> {
        queue.drive = how;
        let waited = self.filled.wait_timeout_while(queue, at_most, |queue| queue.drive == how);
        let mut queue = waited.unwrap_or_else(PoisonError::into_inner).0;
        queue.drive = Drive::Busy;
        queue
    }

    fn lock(&self) -> MutexGuard<'_, Queue<T>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever waits for so long waits for ever.
    const FOR_EVER: Duration = Duration::from_secs(3600);

    fn taken(inbox: &Inbox<u8>, wait: Duration) -> Vec<u8> {
        let mut into = Vec::new();
        inbox.take(&mut into, 10, wait);
        into
    }

    #[tokio::test]
    async fn one_that_gathers_is_woken_by_an_answer_and_one_that_sleeps_by_anything() {
        let inbox = Inbox::new(10);
        let drive = |inbox: Arc<Inbox<u8>>| {
            std::thread::spawn(move || {
                inbox.gather(FOR_EVER);
                (taken(&inbox, FOR_EVER), taken(&inbox, FOR_EVER))
            })
        };
        let until = |what| while inbox.lock().drive != what {};
        let thread = drive(Arc::clone(&inbox));
        until(Drive::Gathers);
        inbox.send(1).await;
        assert_eq!(inbox.lock().drive, Drive::Gathers, "company is no reason to wake up");
        inbox.answer(2);
        until(Drive::Sleeps);
        inbox.send(3).await;
        assert_eq!(thread.join().unwrap(), (vec![1, 2], vec![3]));
    }

    #[tokio::test]
    async fn what_comes_from_outside_gathers() {
        let inbox = Inbox::new(10);
        inbox.send(1).await;
        inbox.gather(Duration::from_millis(1));
        inbox.send(2).await;
        assert_eq!(taken(&inbox, Duration::ZERO), [1, 2]);
        inbox.answer(3);
        inbox.gather(FOR_EVER);
        assert_eq!(taken(&inbox, Duration::ZERO), [3]);
        assert!(taken(&inbox, Duration::ZERO).is_empty());
    }
}
