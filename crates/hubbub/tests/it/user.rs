//! A user: the crate `client`, and what became of what it asked.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use client::{Backoff, Event, Gateway, Handle, Options, ReadId, open};
use model::{Body, ConversationId, Epoch, InstanceId, Message, MessageId, Position, ReadFrom, Seq};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout, timeout_at};
use wire::SubscribeFrom;

use crate::house::PATIENCE;
use crate::notes::Notes;

/// Messages of one user that wait for their acknowledgement.
const IN_FLIGHT: usize = 400;

/// Messages of one page.
const PAGE: u32 = 200;

pub(crate) fn name(text: &str) -> ConversationId {
    text.parse().unwrap()
}

/// A subscription that begins, or goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Begun {
    pub(crate) conversation: ConversationId,
    pub(crate) epoch: Epoch,
    pub(crate) recovered: bool,
    pub(crate) next: Seq,
    pub(crate) head: Seq,
}

/// A conversation, read whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Whole {
    pub(crate) epoch: Epoch,
    pub(crate) first: Seq,
    pub(crate) head: Seq,
    pub(crate) messages: Vec<Message>,
}

#[derive(Debug)]
pub(crate) struct User {
    pub(crate) handle: Handle,
    pub(crate) notes: Notes,
    /// What of ours has its place.
    pub(crate) said: BTreeMap<MessageId, Seq>,
    pub(crate) heard: BTreeMap<ConversationId, Vec<Message>>,
    pub(crate) begun: Vec<Begun>,
    pub(crate) welcomes: usize,
    pages: BTreeMap<ReadId, Whole>,
    events: mpsc::Receiver<Event>,
    running: JoinHandle<Notes>,
}

impl User {
    pub(crate) fn new(user: &str, instance: u64, gateways: &[SocketAddr]) -> Self {
        Self::of_kind("client", user, instance, gateways)
    }

    /// One whose reads are the last word on what is there.
    pub(crate) fn last_reader(instance: u64, gateway: SocketAddr) -> Self {
        Self::of_kind("final", "sweep", instance, &[gateway])
    }

    fn of_kind(kind: &str, user: &str, instance: u64, gateways: &[SocketAddr]) -> Self {
        let notes = Notes::new(user, "phone", instance, kind);
        let backoff = Backoff {
            steps: vec![Duration::from_millis(20)],
            ceiling: Duration::from_millis(50),
            ceiling_spread: Duration::from_millis(50),
            anew_after: Duration::from_secs(1),
        };
        let (user, device) = (user.parse().unwrap(), "phone".parse().unwrap());
        let session = session::Options {
            backoff,
            in_flight_max: IN_FLIGHT,
            acknowledge_delay: Duration::ZERO,
            ..session::Options::new(user, device, InstanceId(instance), instance)
        };
        let gateways = gateways.iter().map(|at| Gateway::at(at).unwrap()).collect();
        let (client, handle, events) = open(Options::new(session, gateways), notes.clone());
        Self {
            handle,
            notes,
            said: BTreeMap::new(),
            heard: BTreeMap::new(),
            begun: Vec::new(),
            welcomes: 0,
            pages: BTreeMap::new(),
            events,
            running: tokio::spawn(client.run()),
        }
    }

    /// Takes events until it is so.
    pub(crate) async fn until(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !done(self) {
            let event = timeout_at(deadline, self.events.recv()).await;
            let event = event.unwrap_or_else(|_| panic!("{what}: not within {PATIENCE:?}"));
            self.absorb(event.expect("the client runs"));
        }
    }

    /// Takes the events that are there.
    pub(crate) fn absorb_all(&mut self) {
        while let Ok(event) = self.events.try_recv() {
            self.absorb(event);
        }
    }

    fn absorb(&mut self, event: Event) {
        match event {
            Event::Welcomed { .. } => self.welcomes += 1,
            Event::Said { id, seq, .. } => {
                let before = self.said.insert(id, seq);
                assert!(before.is_none(), "{id} was said twice");
            }
            Event::Heard { message, .. } => {
                self.heard.entry(message.conversation.clone()).or_default().push(message);
            }
            Event::Subscribed { conversation, epoch, recovered, next, head } => {
                self.begun.push(Begun { conversation, epoch, recovered, next, head });
            }
            Event::Page { read, epoch, first, head, messages, .. } => {
                self.pages.insert(read, Whole { epoch, first, head, messages });
            }
            Event::Gap { .. } | Event::Failed { .. } | Event::Problem(_) | Event::Stopped => {
                panic!("{event:?}")
            }
            Event::Disconnected { .. } | Event::Unsubscribed { .. } => {}
        }
    }

    /// Says these, and waits until they all have their place; in the order they were said.
    pub(crate) async fn say(
        &mut self,
        conversation: &ConversationId,
        bodies: impl IntoIterator<Item = String>,
    ) -> Vec<Seq> {
        let mut ids = Vec::new();
        let before = self.said.len();
        for body in bodies {
            let full = |user: &Self| ids.len() - (user.said.len() - before) < IN_FLIGHT;
            self.until("room for what is said", full).await;
            self.absorb_all();
            let body = Body::new(&body).unwrap();
            ids.push(self.handle.say(conversation.clone(), body).await.unwrap());
        }
        let all = before + ids.len();
        self.until("an acknowledgement for all that was said", |user| user.said.len() == all).await;
        ids.iter().map(|id| self.said[id]).collect()
    }

    /// Follows, and waits until that begins.
    pub(crate) async fn follow(
        &mut self,
        conversation: &ConversationId,
        from: SubscribeFrom,
    ) -> Begun {
        let before = self.begun.len();
        self.handle.subscribe(conversation.clone(), from).await.unwrap();
        self.until("subscribed", |user| {
            user.begun[before..].iter().any(|begun| begun.conversation == *conversation)
        })
        .await;
        let begun = self.begun[before..].iter().find(|begun| begun.conversation == *conversation);
        begun.cloned().unwrap()
    }

    /// Waits until it has heard this one.
    pub(crate) async fn hear(&mut self, conversation: &ConversationId, seq: Seq) {
        self.until("what was said is heard", |user| {
            let last = user.heard.get(conversation).and_then(|heard| heard.last());
            last.is_some_and(|last| last.seq >= seq)
        })
        .await;
    }

    /// Acknowledges up to here, and waits until the server has heard of it.
    pub(crate) async fn acknowledge(&mut self, conversation: &ConversationId, seq: Seq) {
        self.handle.acknowledge(conversation.clone(), seq).await.unwrap();
        let sent =
            |user: &Self| user.notes.frames("out", "ack").iter().any(|ack| ack["seq"] == seq.0);
        let until = Instant::now() + PATIENCE;
        while !sent(self) {
            assert!(Instant::now() < until, "the acknowledgement was not sent");
            self.absorb_all();
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        // The answer to a later command comes after the server has dealt with the earlier one.
        self.page(conversation, Seq(1)).await;
    }

    /// The conversation, page by page.
    pub(crate) async fn read(&mut self, conversation: &ConversationId) -> Whole {
        let mut whole = self.page(conversation, Seq(1)).await;
        while whole.messages.last().is_some_and(|last| last.seq < whole.head) {
            let next = whole.messages.last().unwrap().seq.next();
            let page = self.page(conversation, next).await;
            assert!(!page.messages.is_empty(), "an empty page below the head");
            (whole.head, whole.epoch) = (page.head, page.epoch);
            whole.messages.extend(page.messages);
        }
        let places = whole.messages.iter().map(|message| message.seq.0);
        assert!(places.eq(whole.first.0..=whole.head.0), "{conversation} is not dense");
        whole
    }

    async fn page(&mut self, conversation: &ConversationId, from: Seq) -> Whole {
        let read = self.handle.read(conversation.clone(), ReadFrom::Seq(from), PAGE).await.unwrap();
        self.until("a page", |user| user.pages.contains_key(&read)).await;
        self.pages.remove(&read).unwrap()
    }

    /// Leaves in order; what it saw.
    pub(crate) async fn leave(mut self) -> Notes {
        let outbox = self.handle.outbox_len().await.unwrap();
        self.handle.stop().await.unwrap();
        let emptying = async { while self.events.recv().await.is_some() {} };
        timeout(PATIENCE, emptying).await.expect("it stops");
        let notes = timeout(PATIENCE, self.running).await.expect("it stops").unwrap();
        notes.end(outbox);
        notes
    }
}

/// Where a subscription goes on after this place.
pub(crate) fn after(epoch: Epoch, seq: Seq) -> SubscribeFrom {
    SubscribeFrom::After(Position { epoch, seq })
}
