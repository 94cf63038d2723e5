//! What the bots count, and how it is told.

use std::convert::Infallible;
use std::fmt;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

/// Between two lines of progress.
const REPORT_EVERY: Duration = Duration::from_secs(1);

/// A number that many bots count on.
#[derive(Debug, Default)]
pub(super) struct Count(AtomicU64);

impl Count {
    pub(super) fn up(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn down(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }

    fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The counts of a replay.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Conversations of one lap, and whether there is another.
    conversations: usize,
    repeats: bool,
    pub(super) said: Count,
    pub(super) acknowledged: Count,
    /// Of those, how many had been durable before: an answer was lost, the message was not doubled.
    pub(super) duplicates: Count,
    /// Refused for good.
    pub(super) failed: Count,
    pub(super) heard: Count,
    /// Conversations that were said to the end.
    pub(super) through: Count,
    /// Bots there are, and those that have a connection.
    pub(super) bots: Count,
    pub(super) connected: Count,
}

/// What a replay came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replayed {
    /// Conversations that were said to the end.
    pub conversations: u64,
    /// Messages said.
    pub said: u64,
    /// Messages acknowledged.
    pub acknowledged: u64,
    /// Of those, sent again after an answer was lost.
    pub duplicates: u64,
    /// Messages refused for good.
    pub failed: u64,
    /// Messages heard, over all bots.
    pub heard: u64,
}

impl Replayed {
    /// 0: everything was acknowledged; 1: not everything.
    pub fn exit_code(&self) -> ExitCode {
        if self.acknowledged == self.said { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

impl fmt::Display for Replayed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { conversations, said, acknowledged, duplicates, failed, heard } = self;
        write!(
            f,
            "replay: {conversations} conversations, {said} said, {acknowledged} acknowledged \
             ({duplicates} sent again), {failed} refused for good, {heard} heard"
        )
    }
}

impl Tally {
    pub(super) fn new(conversations: usize, repeats: bool) -> Self {
        Self { conversations, repeats, ..Self::default() }
    }

    pub(super) fn replayed(&self) -> Replayed {
        Replayed {
            conversations: self.through.now(),
            said: self.said.now(),
            acknowledged: self.acknowledged.now(),
            duplicates: self.duplicates.now(),
            failed: self.failed.now(),
            heard: self.heard.now(),
        }
    }

    /// One line on standard error each second, for as long as it is polled.
    #[expect(clippy::print_stderr, reason = "progress is for people who watch")]
    pub(super) async fn report(&self, quiet: bool) -> Infallible {
        let mut ticks = interval(REPORT_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks.tick().await;
        let mut before = 0;
        loop {
            ticks.tick().await;
            if !quiet {
                eprintln!("{}", self.progress(before));
            }
            before = self.acknowledged.now();
        }
    }

    /// The line, given how many were acknowledged a second before.
    fn progress(&self, before: u64) -> String {
        let Replayed { conversations, said, acknowledged, failed, .. } = self.replayed();
        let of_all = if self.repeats { "∞".to_owned() } else { self.conversations.to_string() };
        let outbox = said.saturating_sub(acknowledged + failed);
        let (bots, connected) = (self.bots.now(), self.connected.now());
        format!(
            "replay: {acknowledged} acknowledged, {}/s, {outbox} in the outbox, \
             {conversations} of {of_all} conversations through, {connected} of {bots} bots connected",
            acknowledged.saturating_sub(before),
        )
    }
}

#[cfg(test)]
mod tests;
