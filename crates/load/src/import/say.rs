//! Those who say it: a session for each user, and who waits for whom.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hasher as _;
use std::time::Duration;

use anyhow::{Result, bail};
use client::{Event, Gateway, Handle};
use model::{ConversationId, DeviceId, InstanceId, UserId};
use siphasher::sip::SipHasher24;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::lines::Saying;
use super::{Imported, tell};

/// Messages under way, over all users. A session's outbox holds as many.
const UNDER_WAY_MAX: usize = 1000;

/// Events of all users that wait to be taken.
const EVENTS_MAX: usize = 1024;

/// Nothing for so long: the server does not answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// The device of imported messages.
const DEVICE: &str = "import";

/// All who speak in a file.
pub(super) struct Speakers {
    gateways: Vec<Gateway>,
    hash: u64,
    speakers: HashMap<UserId, Handle>,
    /// Who has messages under way in which conversation, and how many.
    rooms: HashMap<ConversationId, (UserId, usize)>,
    /// What is under way: of whom, under which counter; in which line, where.
    under_way: BTreeMap<(UserId, u64), (u64, ConversationId)>,
    tell: mpsc::Sender<(UserId, Event)>,
    told: mpsc::Receiver<(UserId, Event)>,
    tasks: JoinSet<()>,
}

impl Speakers {
    pub(super) fn new(gateways: Vec<Gateway>, hash: u64) -> Self {
        let (tell, told) = mpsc::channel(EVENTS_MAX);
        Self {
            gateways,
            hash,
            speakers: HashMap::new(),
            rooms: HashMap::new(),
            under_way: BTreeMap::new(),
            tell,
            told,
            tasks: JoinSet::new(),
        }
    }

    /// Says it, once its turn in its conversation has come.
    pub(super) async fn say(
        &mut self,
        line: u64,
        said: Saying,
        imported: &mut Imported,
    ) -> Result<()> {
        let Saying { conversation, user, body, sent_at } = said;
        while self.under_way.len() >= UNDER_WAY_MAX
            || self.rooms.get(&conversation).is_some_and(|(speaker, _)| *speaker != user)
        {
            self.hear(imported).await?;
        }
        let handle = self.speaker(&user)?;
        let id = handle.say_of(sent_at, conversation.clone(), body).await?;
        self.rooms.entry(conversation.clone()).or_insert((user.clone(), 0)).1 += 1;
        self.under_way.insert((user, id.counter), (line, conversation));
        Ok(())
    }

    /// Waits until nothing is under way, and says goodbye.
    pub(super) async fn finish(mut self, imported: &mut Imported) -> Result<()> {
        while !self.under_way.is_empty() {
            self.hear(imported).await?;
        }
        for handle in self.speakers.values() {
            // Who has stopped by itself need not be told.
            let _stopped = handle.stop().await;
        }
        self.told.close();
        while self.tasks.join_next().await.is_some() {}
        Ok(())
    }

    fn speaker(&mut self, user: &UserId) -> Result<Handle> {
        if let Some(handle) = self.speakers.get(user) {
            return Ok(handle.clone());
        }
        let instance = instance(self.hash, user);
        let device = DeviceId::new(DEVICE)?;
        let mut session = session::Options::new(user.clone(), device, instance, instance.0);
        session.outbox_max = UNDER_WAY_MAX;
        let options = client::Options::new(session, self.gateways.clone());
        let (client, handle, mut events) = client::open(options, ());
        self.tasks.spawn(async move {
            client.run().await;
        });
        let (tell, name) = (self.tell.clone(), user.clone());
        self.tasks.spawn(async move {
            while let Some(event) = events.recv().await {
                if tell.send((name.clone(), event)).await.is_err() {
                    return;
                }
            }
        });
        self.speakers.insert(user.clone(), handle.clone());
        Ok(handle)
    }

    /// Takes the next event in which a message has its place, or never gets one.
    async fn hear(&mut self, imported: &mut Imported) -> Result<()> {
        let hearing = async {
            loop {
                match self.told.recv().await {
                    Some((user, Event::Said { id, duplicate, .. })) => {
                        return Ok((user, id, Ok(duplicate)));
                    }
                    Some((user, Event::Failed { id, problem })) => {
                        return Ok((user, id, Err(problem)));
                    }
                    Some((user, Event::Stopped)) => bail!("the server sent {user} away for good"),
                    Some(_) => {}
                    None => unreachable!("a sender is kept here"),
                }
            }
        };
        let Ok(heard) = timeout(PATIENCE, hearing).await else {
            bail!("the server has not answered for {} s", PATIENCE.as_secs());
        };
        let (user, id, outcome) = heard?;
        let Some((line, conversation)) = self.under_way.remove(&(user, id.counter)) else {
            return Ok(());
        };
        if let Some((_, count)) = self.rooms.get_mut(&conversation) {
            *count -= 1;
            if *count == 0 {
                self.rooms.remove(&conversation);
            }
        }
        match outcome {
            Ok(true) => imported.already += 1,
            Ok(false) => imported.new += 1,
            Err(problem) => {
                imported.refused += 1;
                tell(&format!(
                    "line {line}: refused: {} ({})",
                    problem.code.text(),
                    problem.detail
                ));
            }
        }
        Ok(())
    }
}

/// Stored in the messages: never change it, or an import of the same file adds all of it again.
fn instance(hash: u64, user: &UserId) -> InstanceId {
    let mut hasher = SipHasher24::new();
    hasher.write(&hash.to_le_bytes());
    hasher.write(user.as_str().as_bytes());
    InstanceId(hasher.finish())
}

#[cfg(test)]
mod tests;
