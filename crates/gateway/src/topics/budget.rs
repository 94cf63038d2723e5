//! The bounds of bytes and of age over all rings: the frame that came first, of whichever
//! conversation, goes first. Kept by the one task that delivers.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use std::time::Duration;

use model::Seq;
use tokio::time::Instant;

use super::{Topic, Topics, lock};

/// Entries beyond twice the living frames after which the dead ones are cleared away.
const DEAD_MAX: usize = 1024;

/// How long a frame stays: as long as most are away who lost their connection and come back. A
/// conversation in which nobody speaks holds no frames; who comes back later reads pages.
const AGE_MAX: Duration = Duration::from_secs(60);

/// In which order frames came.
#[derive(Debug)]
pub(crate) struct Budget {
    bytes_max: usize,
    order: VecDeque<(Arc<Topic>, Seq, Instant)>,
}

impl Budget {
    /// So many bytes, over all rings.
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self { bytes_max, order: VecDeque::new() }
    }

    /// A frame has come; if it is too much, the first ones go.
    pub(crate) fn delivered(&mut self, topics: &Topics, topic: &Arc<Topic>, seq: Seq) {
        self.order.push_back((Arc::clone(topic), seq, Instant::now()));
        let bytes = &topics.counts.ring_bytes;
        while bytes.load(Relaxed) > self.bytes_max as u64 {
            let Some((topic, seq, _)) = self.order.pop_front() else { break };
            topics.let_go(&topic, seq);
        }
        let living = usize::try_from(topics.counts.ring_frames.load(Relaxed)).unwrap_or(usize::MAX);
        if self.order.len() > living.saturating_mul(2).saturating_add(DEAD_MAX) {
            self.order.retain(|(topic, seq, _)| {
                let state = lock(&topic.state);
                state.ring.start() <= *seq && *seq < state.ring.next()
            });
        }
    }

    /// What is too old goes.
    pub(crate) fn handle_timeout(&mut self, topics: &Topics, now: Instant) {
        while self.order.front().is_some_and(|(_, _, came)| *came + AGE_MAX <= now) {
            let Some((topic, seq, _)) = self.order.pop_front() else { return };
            topics.let_go(&topic, seq);
        }
        if self.order.is_empty() {
            self.order = VecDeque::new();
        }
    }

    /// The link is gone and with it all frames.
    pub(crate) fn clear(&mut self) {
        self.order.clear();
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.order.len()
    }
}
