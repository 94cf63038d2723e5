//! One conversation from its first message to the last acknowledgement.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use model::{ConversationId, UserId};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::Settings;
use super::bot::Bot;
use super::data::Script;

/// What is under way when told to stop gets this long.
const GRACE: Duration = Duration::from_secs(5);

type Bots = BTreeMap<UserId, Bot>;

/// Speaks a conversation under this name.
pub(super) async fn perform(
    script: Arc<Script>,
    name: ConversationId,
    settings: Arc<Settings>,
    stop: watch::Receiver<bool>,
) -> Result<()> {
    let mut tasks = JoinSet::new();
    let mut bots = Bots::new();
    for cue in &script.messages {
        if !bots.contains_key(&cue.sender) {
            let bot = Bot::open(&settings, cue.sender.clone(), name.clone(), &mut tasks).await?;
            bots.insert(cue.sender.clone(), bot);
        }
    }
    let spoken = speak(&script, &name, &settings, &mut bots, stop.clone()).await?;
    let through = tokio::select! {
        through = catch_up(&mut bots) => through.map(|()| true)?,
        () = grace(stop) => false,
    };
    if spoken && through {
        settings.tally.through.up();
    }
    for bot in bots.values() {
        bot.stop().await;
    }
    while let Some(ended) = tasks.join_next().await {
        ended?;
    }
    Ok(())
}

/// Says one message after the other. Whether it came to the end.
async fn speak(
    script: &Script,
    name: &ConversationId,
    settings: &Settings,
    bots: &mut Bots,
    mut stop: watch::Receiver<bool>,
) -> Result<bool> {
    let mut before_ms = 0;
    let mut before: Option<&UserId> = None;
    for cue in &script.messages {
        let pause = settings.pause(cue.at_ms.saturating_sub(before_ms));
        let ready = async {
            match &settings.tempo {
                Some(tempo) => tempo.turn().await,
                None => sleep(pause).await,
            }
            match before.filter(|&before| *before != cue.sender).and_then(|user| bots.get_mut(user))
            {
                Some(other) => other.caught_up().await,
                None => Ok(()),
            }
        };
        tokio::select! {
            biased;
            () = told_to(&mut stop) => return Ok(false),
            ready = ready => ready?,
        }
        if let Some(bot) = bots.get_mut(&cue.sender) {
            bot.say(name, &cue.text).await?;
        }
        (before_ms, before) = (cue.at_ms, Some(&cue.sender));
    }
    Ok(true)
}

async fn catch_up(bots: &mut Bots) -> Result<()> {
    for bot in bots.values_mut() {
        bot.caught_up().await?;
    }
    Ok(())
}

/// Returns once it was told to stop. Nobody left to tell is the same.
async fn told_to(stop: &mut watch::Receiver<bool>) {
    let _told = stop.wait_for(|&stop| stop).await;
}

async fn grace(mut stop: watch::Receiver<bool>) {
    told_to(&mut stop).await;
    sleep(GRACE).await;
}

impl Settings {
    /// A real pause, sped up.
    pub(super) fn pause(&self, real_ms: u64) -> Duration {
        (Duration::from_millis(real_ms) / self.speed).min(self.pause_max)
    }
}
