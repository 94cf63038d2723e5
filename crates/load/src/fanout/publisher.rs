//! Who speaks: when messages are due, or as fast as they are heard.

use std::time::Duration;

use anyhow::Result;
use tokio::time::{Instant, sleep_until};

use super::board::Board;
use super::dialect::{Dialect, Guest};
use crate::quantiles::micros;
use crate::stamp::Stamp;

/// When to speak.
#[derive(Debug, Clone, Copy)]
pub(super) enum Pace {
    /// So many messages a second, whatever becomes of them.
    Rate(u64),
    /// At most so many that not everyone has heard; half of them are said at once, when they may be.
    Window(u64),
}

/// What is said.
#[derive(Debug, Clone, Copy)]
pub(super) struct Speech {
    pub(super) dialect: Dialect,
    pub(super) pace: Pace,
    pub(super) listeners: u64,
    pub(super) body_bytes: usize,
    /// From the start, warming up included.
    pub(super) length: Duration,
}

/// What is known of what was said.
#[derive(Debug, Default)]
struct Said {
    count: u64,
    /// Deliveries that nobody waits for any more.
    lost: u64,
}

impl Speech {
    /// Speaks until the time is over; how many messages.
    pub(super) async fn give(self, guest: &mut Guest, board: &Board) -> Result<u64> {
        let mut said = Said::default();
        let until = board.start + self.length;
        sleep_until(board.start).await;
        loop {
            let mut answer = None;
            tokio::select! {
                biased;
                () = sleep_until(until) => return Ok(said.count),
                may = self.may_say(&mut said, board) => self.say(may, &mut said, guest, board).await?,
                read = guest.socket.read(|frame| {
                    answer = self.dialect.answer(frame).or(answer);
                    if self.dialect.is_complaint(frame) {
                        board.complain(frame);
                    }
                }) => {
                    read?;
                    guest.socket.say(answer).await?;
                }
            }
        }
    }

    /// Waits until something may be said; how many messages.
    async fn may_say(self, said: &mut Said, board: &Board) -> u64 {
        match self.pace {
            Pace::Rate(rate) => {
                sleep_until(board.start + due(said.count, rate)).await;
                1
            }
            Pace::Window(window) => {
                let half = window.div_ceil(2);
                let heard_by_all = (said.count + half).saturating_sub(window);
                let wanted = heard_by_all * self.listeners;
                while !board.reaches(wanted.saturating_sub(said.lost)).await {
                    said.lost = wanted.saturating_sub(board.received.get());
                }
                half
            }
        }
    }

    async fn say(
        self,
        count: u64,
        said: &mut Said,
        guest: &mut Guest,
        board: &Board,
    ) -> Result<()> {
        let mut texts = Vec::new();
        let mut dues = Vec::new();
        for _ in 0..count {
            let number = said.count;
            let due_micros = match self.pace {
                Pace::Rate(rate) => micros(due(number, rate)),
                Pace::Window(_) => micros(Instant::now() - board.start),
            };
            let text = Stamp { number, due_micros }.text(self.body_bytes);
            said.count += 1;
            texts.push(guest.publication(said.count, &text)?);
            dues.push(due_micros);
        }
        guest.socket.say(texts.iter().map(String::as_str)).await?;
        dues.into_iter().for_each(|due| board.said(due));
        Ok(())
    }
}

/// When message `number` is due, from the start.
fn due(number: u64, rate: u64) -> Duration {
    Duration::from_nanos(number.saturating_mul(1_000_000_000) / rate)
}
