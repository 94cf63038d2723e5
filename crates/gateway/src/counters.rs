//! What a gateway counts. Totals only rise; the rest is how things stand now.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use crate::pointer::Tally;

/// Plain numbers, read at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Now: connections.
    pub connections: u64,
    /// Now: subscriptions.
    pub subscriptions: u64,
    /// Now: conversations that someone here follows.
    pub conversations: u64,
    /// Now: bytes of all rings.
    pub ring_bytes: u64,
    /// Now: frames in all rings.
    pub ring_frames: u64,
    /// Now: sends that wait for the owner's answer.
    pub sends_in_flight: u64,
    /// Now: 1 = the owner is there.
    pub link_up: u64,
    /// Total: connections taken.
    pub connections_total: u64,
    /// Total: connections refused with 503 or 1013.
    pub connections_refused_total: u64,
    /// Total: connections and questions that were not admitted.
    pub unauthorized_total: u64,
    /// Total: commands refused because there were too many.
    pub rate_limited_total: u64,
    /// Total: frames that clients sent.
    pub frames_in_total: u64,
    /// Total: frames that were written to clients.
    pub frames_out_total: u64,
    /// Total: frames that are none, and other problems that are the client's.
    pub bad_frames_total: u64,
    /// Total: sends handed to the owner.
    pub sends_total: u64,
    /// Total: answers `busy` that came from here, for a full bound or a lost link.
    pub busy_total: u64,
    /// Total: answers `outcome_unknown` because the link was lost under a send.
    pub outcomes_unknown_total: u64,
    /// Total: messages the owner delivered here.
    pub delivered_total: u64,
    /// Total: pages that replays read from the owner.
    pub pages_total: u64,
    /// Total: subscriptions that came from pages into a ring that had moved meanwhile.
    pub handovers_total: u64,
    /// Total: subscriptions in a ring that fell below it.
    pub catch_ups_total: u64,
    /// Total: subscriptions told that their history is not recovered.
    pub not_recovered_total: u64,
    /// Total: connections dropped because a write took too long.
    pub slow_readers_total: u64,
    /// Total: connections closed because nothing was heard.
    pub silent_total: u64,
    /// Total: links to the owner that came about.
    pub links_total: u64,
    /// Total: links to the owner that were lost.
    pub link_losses_total: u64,
}

macro_rules! atomics {
    ($($name:ident),*) => {
        /// The live numbers that have no other home.
        #[derive(Debug, Default)]
        pub(crate) struct Counts {
            $(pub(crate) $name: AtomicU64,)*
        }

        impl Counts {
            /// As plain numbers.
            pub(crate) fn read(&self) -> Counters {
                Counters { $($name: self.$name.load(Relaxed),)* ..Counters::default() }
            }
        }
    };
}

atomics!(
    connections,
    subscriptions,
    ring_bytes,
    ring_frames,
    sends_in_flight,
    connections_total,
    connections_refused_total,
    unauthorized_total,
    rate_limited_total,
    frames_in_total,
    frames_out_total,
    bad_frames_total,
    sends_total,
    busy_total,
    outcomes_unknown_total,
    delivered_total,
    pages_total,
    handovers_total,
    catch_ups_total,
    not_recovered_total,
    slow_readers_total,
    silent_total,
    links_total,
    link_losses_total
);

/// One more.
pub(crate) fn count(counter: &AtomicU64) {
    add(counter, 1);
}

/// So many more.
pub(crate) fn add(counter: &AtomicU64, many: u64) {
    counter.fetch_add(many, Relaxed);
}

/// So many less.
pub(crate) fn sub(counter: &AtomicU64, many: u64) {
    counter.fetch_sub(many, Relaxed);
}

impl Counts {
    /// What pointers did.
    pub(crate) fn tally(&self, tally: Tally) {
        if tally != Tally::default() {
            add(&self.handovers_total, tally.handovers);
            add(&self.catch_ups_total, tally.catch_ups);
        }
    }
}
