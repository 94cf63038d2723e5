//! One life of a session: an instance, a history, a client, and what it does until it ends.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, Result};
use client::Handle;
use model::{ConversationId, DeviceId, InstanceId, UserId};
use tokio::sync::mpsc;
use tokio::time::Instant;
use wire::SubscribeFrom;

use super::player::{Player, Stop};
use super::said::Said;
use super::{Settings, Tally, repeater};
use crate::dice::Dice;
use crate::history::{Ending, Header, History, Remembering};

/// Events that wait; few, so that a reader who does not read is soon a slow reader for the server.
const EVENTS_MAX: usize = 64;
/// Repeats that wait for their connection.
const REPEATS_MAX: usize = 4;
/// How long the outbox may take to become empty in the end.
const EMPTY_WITHIN: Duration = Duration::from_secs(75);
/// How long subscriptions may take to come to their end.
const HEARD_WITHIN: Duration = Duration::from_secs(30);

/// How a life ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// On purpose, in the middle of everything.
    Vanished,
    /// Time was over.
    InOrder,
}

/// A life that is over.
#[derive(Debug)]
pub(super) struct Life {
    pub(super) ended: Ended,
    pub(super) tally: Tally,
    /// What it followed.
    pub(super) follows: Vec<ConversationId>,
}

/// Lives. What an earlier life followed is followed from the device's cursor.
pub(super) async fn live(
    settings: &Arc<Settings>,
    number: u32,
    life: u64,
    dice: &mut Dice,
    follows: Vec<ConversationId>,
) -> Result<Life> {
    let header = header(settings, number, life)?;
    let name = &header.client;
    let history = History::create(&settings.histories, name, &header)?;
    let repeats = History::create(&settings.histories, &format!("{name}.repeats"), &header)?;
    let said = Arc::new(Mutex::new(Said::new(dice.any())));
    let (again, to_repeat) = mpsc::channel(REPEATS_MAX);
    let repeating = tokio::spawn(repeater::run(hello(&header), repeats, to_repeat));

    let Header { user, device, instance, .. } = header;
    let mut session = session::Options::new(user, device, instance, dice.any());
    session.backoff = settings.backoff.clone();
    session.connect_timeout = settings.connect_timeout;
    let mut options = client::Options::new(session, settings.gateways.clone());
    options.events_max = EVENTS_MAX;
    let (client, handle, events) =
        client::open(options, Remembering { history, said: Arc::clone(&said) });
    let running = tokio::spawn(client.run());

    let mut player = Player::new(settings, handle.clone(), events, said, again);
    for conversation in follows {
        player.follow(conversation, SubscribeFrom::Cursor).await;
    }
    let stop = player.play(dice, settings.until).await;
    let (ending, left) = match stop {
        Stop::Vanish => (Ending::Vanished, 0),
        Stop::TimeOver => {
            let outbox = player.bring_through(Instant::now() + EMPTY_WITHIN).await;
            let behind = player.hear_out(Instant::now() + HEARD_WITHIN).await;
            (Ending::Waited, outbox + behind)
        }
    };
    let outbox = stop_client(&handle, ending).await;
    let (mut tally, follows) = player.drain().await;
    running.await?.history.end(outbox, ending);
    repeating.await?;
    (tally.lives, tally.left) = (1, u64::try_from(left).unwrap_or(u64::MAX));
    let ended = if ending == Ending::Vanished { Ended::Vanished } else { Ended::InOrder };
    Ok(Life { ended, tally, follows })
}

/// Stops it, with a farewell or without one. How much was in its outbox.
async fn stop_client(handle: &Handle, ending: Ending) -> usize {
    // A client that has stopped by itself has nothing to say to any of this.
    let outbox = handle.outbox_len().await.unwrap_or(0);
    if ending == Ending::Vanished {
        let _cut = handle.cut().await;
    }
    let _stopped = handle.stop().await;
    outbox
}

/// Drawn anew for each life: an instance never comes back.
fn header(settings: &Settings, number: u32, life: u64) -> Result<Header> {
    Ok(Header {
        client: format!("{}-{number}.{life}", settings.name),
        user: UserId::new(&format!("{}-u{number}", settings.name))?,
        device: DeviceId::new("d0")?,
        instance: InstanceId(getrandom::u64().context("the system gives no randomness")?),
        is_final: false,
    })
}

fn hello(header: &Header) -> wire::Command {
    wire::Command::Hello {
        reference: None,
        user: header.user.clone(),
        device: header.device.clone(),
        instance: header.instance,
        proof: None,
    }
}
