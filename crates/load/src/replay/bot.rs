//! One person of one conversation: a session that speaks when told and listens all the time.

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use client::{CallError, Event, Handle};
use model::{Body, ConversationId, DeviceId, InstanceId, UserId};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use wire::SubscribeFrom;

use super::Settings;

/// The device of every bot.
const DEVICE: &str = "bot";

#[derive(Debug)]
pub(super) struct Bot {
    settings: Arc<Settings>,
    handle: Handle,
    said: u64,
    /// How many of those are acknowledged, or refused for good.
    done: watch::Receiver<u64>,
}

impl Bot {
    /// Connects, and follows the conversation from its start. Its tasks end when it is stopped.
    pub(super) async fn open(
        settings: &Arc<Settings>,
        user: UserId,
        conversation: ConversationId,
        tasks: &mut JoinSet<()>,
    ) -> Result<Self> {
        let dice = || getrandom::u64().context("the system gives no randomness");
        let device = DeviceId::new(DEVICE)?;
        let mut session = session::Options::new(user, device, InstanceId(dice()?), dice()?);
        session.acknowledge_on_hearing = true;
        let options = client::Options::new(session, settings.gateways.clone());
        let (client, handle, events) = client::open(options, ());
        let (tell, done) = watch::channel(0);
        tasks.spawn(client.run());
        tasks.spawn(listen(Arc::clone(settings), events, tell));
        handle.subscribe(conversation, SubscribeFrom::Start).await?;
        Ok(Self { settings: Arc::clone(settings), handle, said: 0, done })
    }

    /// Says it; the session sends it until the server has it.
    pub(super) async fn say(&mut self, conversation: &ConversationId, body: &Body) -> Result<()> {
        loop {
            match self.handle.say(conversation.clone(), body.clone()).await {
                Ok(_id) => break,
                Err(CallError::Refused(_full)) => {
                    self.done.changed().await.context(UNWANTED)?;
                }
                Err(CallError::Gone(_)) => bail!(UNWANTED),
            }
        }
        self.said += 1;
        self.settings.tally.said.up();
        Ok(())
    }

    /// Waits until nothing that it said is under way.
    pub(super) async fn caught_up(&mut self) -> Result<()> {
        let said = self.said;
        self.done.wait_for(|&done| done >= said).await.context(UNWANTED)?;
        Ok(())
    }

    pub(super) async fn stop(&self) {
        // Who has stopped by itself need not be told.
        let _stopped = self.handle.stop().await;
    }
}

const UNWANTED: &str = "the server closed the connection and said not to come back";

/// Counts what happens, until the client is gone.
async fn listen(
    settings: Arc<Settings>,
    mut events: mpsc::Receiver<Event>,
    tell: watch::Sender<u64>,
) {
    let tally = &settings.tally;
    let mut is_connected = false;
    tally.bots.up();
    while let Some(event) = events.recv().await {
        let was_connected = is_connected;
        match event {
            Event::Said { duplicate, .. } => {
                tally.acknowledged.up();
                if duplicate {
                    tally.duplicates.up();
                }
                tell.send_modify(|done| *done += 1);
            }
            Event::Failed { .. } => {
                tally.failed.up();
                tell.send_modify(|done| *done += 1);
            }
            Event::Heard { .. } => tally.heard.up(),
            Event::Welcomed { .. } => is_connected = true,
            Event::Disconnected { .. } | Event::Stopped => is_connected = false,
            Event::Subscribed { .. }
            | Event::Unsubscribed { .. }
            | Event::Gap { .. }
            | Event::Page { .. }
            | Event::Problem(_) => {}
        }
        match (was_connected, is_connected) {
            (false, true) => tally.connected.up(),
            (true, false) => tally.connected.down(),
            (true, true) | (false, false) => {}
        }
    }
    if is_connected {
        tally.connected.down();
    }
    tally.bots.down();
}
