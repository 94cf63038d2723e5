//! The bad and the good behaviour of a session, mixed by dice.

use std::time::Duration;

use model::bounds::PAGE_MAX_MESSAGES;
use model::{Body, ConversationId, ReadFrom};
use tokio::time::Instant;
use wire::SubscribeFrom;

use super::player::Player;
use super::repeater::Repeat;
use crate::dice::Dice;

/// Conversations that a session follows at a time.
const FOLLOWS_MAX: usize = 10;
/// Messages said one after the other without waiting.
const BURST_MAX: usize = 6;
/// Messages said again at a time.
const REPEATS_AT_A_TIME: usize = 4;
/// The warm conversations are others, by one, after so many seconds.
const WARM_MOVES_EVERY_S: u64 = 4;
/// Bytes of a long body.
const LONG_BODY_BYTES: usize = 4_000;

impl Player<'_> {
    /// Does something. How long until the next; `None`: it vanishes.
    pub(super) async fn act(&mut self, dice: &mut Dice) -> Option<Duration> {
        match dice.below(1_000) {
            0..=5 => return None,
            6..=17 => {
                let _cut = self.handle.cut().await;
            }
            18..=24 => self.deaf_until = Instant::now() + dice.between(500, 5_000),
            25..=104 => self.change_subscription(dice).await,
            105..=144 => self.resume_from_cursor(dice).await,
            145..=214 => self.say_again(dice),
            215..=234 => self.read_something(dice).await,
            235..=404 => self.change(dice).await,
            _ => return Some(self.speak(dice).await),
        }
        Some(self.settings.pace)
    }

    async fn speak(&mut self, dice: &mut Dice) -> Duration {
        let count = 1 + dice.below(BURST_MAX);
        let mut name = self.any_conversation(dice);
        for _ in 0..count {
            if dice.percent(25) {
                name = self.any_conversation(dice);
            }
            let Ok(body) = Body::new(&self.words(dice)) else { continue };
            if self.handle.say(name.clone(), body).await.is_ok() {
                self.tally.said += 1;
            }
        }
        let pace = self.settings.pace * u32::try_from(count).unwrap_or(1);
        pace.mul_f64(0.5 + 0.01 * f64::from(u8::try_from(dice.below(100)).unwrap_or(0)))
    }

    async fn change_subscription(&mut self, dice: &mut Dice) {
        if self.follows.len() >= FOLLOWS_MAX || (!self.follows.is_empty() && dice.percent(30)) {
            let names: Vec<ConversationId> = self.follows.keys().cloned().collect();
            let Some(name) = dice.pick(&names) else { return };
            self.follows.remove(name);
            self.to_acknowledge.remove(name);
            let _unsubscribed = self.handle.unsubscribe(name.clone()).await;
            return;
        }
        let room = if dice.percent(40) { self.settings.any_room(dice) } else { None };
        let name = room.unwrap_or_else(|| self.any_conversation(dice));
        let known = self.positions.get(&name).copied();
        // The whole of a conversation is not asked for often: in a long run it grows long.
        let from = match (dice.below(10), known) {
            (0..=1, _) => SubscribeFrom::Cursor,
            (2, _) => SubscribeFrom::Start,
            (3..=6, Some(position)) => SubscribeFrom::After(position),
            (_, _) => SubscribeFrom::Last(u64::try_from(dice.below(40)).unwrap_or(0)),
        };
        self.follow(name, from).await;
    }

    /// Leaves a conversation and comes back: what was not acknowledged must come again.
    async fn resume_from_cursor(&mut self, dice: &mut Dice) {
        let names: Vec<ConversationId> = self.follows.keys().cloned().collect();
        let Some(name) = dice.pick(&names).cloned() else { return };
        if dice.percent(70) {
            let _unsubscribed = self.handle.unsubscribe(name.clone()).await;
        }
        self.follow(name, SubscribeFrom::Cursor).await;
    }

    fn say_again(&mut self, dice: &mut Dice) {
        let frames = self.said().pick(1 + dice.below(REPEATS_AT_A_TIME));
        let frames: Vec<(String, bool)> =
            frames.into_iter().map(|frame| (frame, dice.percent(20))).collect();
        if let (Some(url), false) = (dice.pick(&self.settings.urls), frames.is_empty()) {
            // The last ones may still be waiting for their connection: then not this time.
            let _busy = self.again.try_send(Repeat { url: url.clone(), frames });
        }
    }

    /// A page from somewhere; what is in it counts as seen.
    async fn read_something(&mut self, dice: &mut Dice) {
        let name = self.any_conversation(dice);
        let from = match self.positions.get(&name) {
            Some(position) if dice.percent(50) => ReadFrom::Seq(position.seq),
            Some(_) | None => ReadFrom::Latest,
        };
        let limit = u32::try_from(1 + dice.below(30)).unwrap_or(1).min(PAGE_MAX_MESSAGES);
        let _refused = self.handle.read(name, from, limit).await;
    }

    pub(super) fn any_conversation(&self, dice: &mut Dice) -> ConversationId {
        // Mostly where one listens, as people do.
        if dice.percent(40) {
            let names: Vec<&ConversationId> = self.follows.keys().collect();
            if let Some(name) = dice.pick(&names) {
                return (*name).clone();
            }
        }
        if dice.percent(25)
            && let Some(room) = self.settings.any_room(dice)
        {
            return room;
        }
        // What is warm moves on, so that all grow, and what was warm becomes cold.
        let count = self.settings.conversations.len();
        let moved = self.settings.started.elapsed().as_secs() / WARM_MOVES_EVERY_S;
        let index = dice.skewed(count) + usize::try_from(moved).unwrap_or(0);
        self.settings.conversations[index % count].clone()
    }

    /// Words that nobody else says: a message in the wrong place is seen.
    fn words(&self, dice: &mut Dice) -> String {
        let length = if dice.percent(2) { LONG_BODY_BYTES } else { dice.below(200) };
        format!("{} {:016x} {}", self.settings.name, dice.any(), "\u{e4}b ".repeat(length / 4))
    }
}
