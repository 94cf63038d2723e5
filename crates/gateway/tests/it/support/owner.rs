//! A false owner: keeps conversations in memory, makes everything durable at once, and does wrong
//! what it is told to.

mod answers;
mod relay;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use gateway::transport::{Acceptor, OwnerEnd};
use link::{FromOwner, ToOwner};
use model::{
    Body, Content, ConversationId, DeviceId, Draft, Epoch, InstanceId, Message, MessageId, Ordinal,
    Role, Seq, Standing, UserId, Wall,
};
use tokio::sync::{mpsc, watch};

use self::relay::relayed;

#[derive(Clone)]
pub(crate) struct FakeOwner {
    inner: Arc<Mutex<Inner>>,
    open: Arc<watch::Sender<bool>>,
}

#[derive(Default)]
pub(crate) struct Inner {
    conversations: BTreeMap<ConversationId, Conversation>,
    pub(crate) cursors: BTreeMap<(ConversationId, UserId, DeviceId), Seq>,
    links: BTreeMap<u64, Link>,
    last_link: u64,
    said: u64,
    /// Everything heard, pings apart.
    pub(crate) heard: Vec<ToOwner>,
    /// Sends wait here while `hold_sends`.
    held_sends: Vec<(u64, ToOwner)>,
    pub(crate) hold_sends: bool,
    /// Reads wait here while `hold_reads`.
    held_reads: Vec<(u64, ToOwner)>,
    pub(crate) hold_reads: bool,
    /// Answers nothing, not even pings.
    pub(crate) is_silent: bool,
    /// Refuses so many attachments, reads and cursors first.
    pub(crate) refusals: u32,
    /// Delivers nothing, though it is durable (as if the link were slow).
    pub(crate) hold_delivers: bool,
    pub(crate) not_ready: Vec<link::NotReady>,
    /// Who is connected, and who is watched.
    here: BTreeSet<UserId>,
    watched: BTreeSet<UserId>,
}

struct Link {
    to: mpsc::Sender<FromOwner>,
    attached: BTreeSet<ConversationId>,
    /// Dropped with the link: ends its task.
    _end: mpsc::Sender<()>,
}

struct Conversation {
    epoch: Epoch,
    first: Seq,
    messages: Vec<Message>,
}

impl Default for Conversation {
    fn default() -> Self {
        Self { epoch: Epoch(1), first: Seq(1), messages: Vec::new() }
    }
}

impl Conversation {
    fn standing(&self) -> Standing {
        let head = self.messages.last().map_or(Seq(self.first.0 - 1), |message| message.seq);
        let ordinal = Ordinal(self.messages.len() as u64);
        Standing { epoch: self.epoch, first: self.first, head, ordinal }
    }
}

impl Conversation {
    fn roles(&self) -> BTreeMap<UserId, Role> {
        let mut roles = BTreeMap::new();
        for message in &self.messages {
            match &message.content {
                Content::Member { user, role: Some(role) } => {
                    roles.insert(user.clone(), *role);
                }
                Content::Member { user, role: None } => drop(roles.remove(user)),
                _ => {}
            }
        }
        roles
    }
}

impl FakeOwner {
    pub(crate) fn new(mut acceptor: Acceptor, through_codec: bool) -> Self {
        let owner = Self { inner: Arc::default(), open: Arc::new(watch::Sender::new(false)) };
        let me = owner.clone();
        let mut open = owner.open.subscribe();
        tokio::spawn(async move {
            loop {
                open.wait_for(|open| *open).await.unwrap();
                let Ok(end) = acceptor.accept().await else { return };
                if !*open.borrow() {
                    continue;
                }
                let end = if through_codec { relayed(end) } else { end };
                tokio::spawn(me.clone().serve(end));
            }
        });
        owner
    }

    /// Accepts links from now on.
    pub(crate) fn open(&self) {
        self.open.send_replace(true);
    }

    /// Cuts all links and accepts none.
    pub(crate) fn shut(&self) {
        self.open.send_replace(false);
        self.cut();
    }

    /// Cuts all links.
    pub(crate) fn cut(&self) {
        let mut inner = self.lock();
        inner.links.clear();
        inner.held_sends.clear();
        inner.held_reads.clear();
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    async fn serve(self, mut end: OwnerEnd) {
        if end.greet().await.is_err() {
            return;
        }
        let (end_link, mut ended) = mpsc::channel(1);
        let number = {
            let mut inner = self.lock();
            inner.last_link += 1;
            let number = inner.last_link;
            let to = end.to_gateway.clone();
            inner.links.insert(number, Link { to, attached: BTreeSet::new(), _end: end_link });
            number
        };
        loop {
            tokio::select! {
                heard = end.from_gateway.recv() => match heard {
                    Some(heard) => self.lock().hear(number, heard),
                    None => break,
                },
                _ = ended.recv() => break,
            }
        }
        self.lock().links.remove(&number);
    }

    /// Someone elsewhere says something.
    pub(crate) fn say(&self, conversation: &str, body: &str) -> Seq {
        self.lock().say(conversation, body)
    }

    /// Someone elsewhere makes someone a member, or no longer.
    pub(crate) fn enroll(&self, conversation: &str, user: &str, role: Option<Role>) -> Seq {
        let user = UserId::new(user).unwrap();
        self.lock().say_content(conversation, Content::Member { user, role })
    }

    pub(crate) fn say_many(&self, conversation: &str, count: usize) {
        for number in 0..count {
            self.say(conversation, &format!("message {number}"));
        }
    }

    /// History below what comes next is gone.
    pub(crate) fn lose_history(&self, conversation: &str) {
        let mut inner = self.lock();
        let conversation = inner.conversation(conversation);
        let next = conversation.standing().head.0 + 3;
        conversation.epoch = Epoch(conversation.epoch.0 + 1);
        conversation.first = Seq(next);
        conversation.messages.clear();
    }

    pub(crate) fn cursor(&self, conversation: &str, user: &str) -> u64 {
        let key = (
            ConversationId::new(conversation).unwrap(),
            UserId::new(user).unwrap(),
            DeviceId::new("phone").unwrap(),
        );
        self.lock().cursors.get(&key).map_or(0, |seq| seq.0)
    }

    pub(crate) fn answer_sends(&self) {
        let mut inner = self.lock();
        inner.hold_sends = false;
        for (link, send) in std::mem::take(&mut inner.held_sends) {
            inner.answer(link, send);
        }
    }

    pub(crate) fn held_sends(&self) -> usize {
        self.lock().held_sends.len()
    }

    pub(crate) fn held_reads(&self) -> usize {
        self.lock().held_reads.len()
    }

    pub(crate) fn answer_reads(&self) {
        let mut inner = self.lock();
        inner.hold_reads = false;
        for (link, read) in std::mem::take(&mut inner.held_reads) {
            inner.answer(link, read);
        }
    }

    pub(crate) fn attached(&self) -> usize {
        self.lock().links.values().map(|link| link.attached.len()).sum()
    }

    /// Says anything on all links.
    pub(crate) fn tell_all(&self, what: &FromOwner) {
        for link in self.lock().links.values() {
            link.to.try_send(what.clone()).unwrap();
        }
    }
}

impl Inner {
    fn tell_presence(&self, user: &UserId, online: bool) {
        if self.watched.contains(user) {
            for link in self.links.values() {
                let _ = link.to.try_send(FromOwner::Presence { user: user.clone(), online });
            }
        }
    }

    fn conversation(&mut self, name: &str) -> &mut Conversation {
        self.conversations.entry(ConversationId::new(name).unwrap()).or_default()
    }

    fn say(&mut self, conversation: &str, body: &str) -> Seq {
        self.say_content(conversation, Body::new(body).unwrap().into())
    }

    fn say_content(&mut self, conversation: &str, content: Content) -> Seq {
        self.said += 1;
        let id = MessageId { instance: InstanceId(0xffff), counter: self.said };
        self.append(&Draft {
            conversation: ConversationId::new(conversation).unwrap(),
            sender: UserId::new("someone").unwrap(),
            id,
            content,
            lamport: self.said,
            seen_seq: Seq(0),
            sent_at: Wall(1),
        })
    }

    fn append(&mut self, draft: &Draft) -> Seq {
        let draft = draft.clone();
        let conversation = self.conversations.entry(draft.conversation.clone()).or_default();
        let Standing { head, ordinal, .. } = conversation.standing();
        let message = Message {
            conversation: draft.conversation,
            seq: head.next(),
            ordinal: ordinal.next(),
            sender: draft.sender,
            id: draft.id,
            content: draft.content,
            lamport: draft.lamport,
            seen_seq: draft.seen_seq,
            sent_at: draft.sent_at,
            received_at: Wall(1000 + head.0),
        };
        conversation.messages.push(message.clone());
        for link in self.links.values() {
            if link.attached.contains(&message.conversation) && !self.hold_delivers {
                let _ = link.to.try_send(FromOwner::Deliver { message: message.clone() });
            }
        }
        message.seq
    }

    fn hear(&mut self, link: u64, heard: ToOwner) {
        if self.is_silent {
            return;
        }
        if heard != ToOwner::Ping {
            self.heard.push(heard.clone());
        }
        if self.hold_sends && matches!(heard, ToOwner::Send { .. }) {
            self.held_sends.push((link, heard));
        } else if self.hold_reads && matches!(heard, ToOwner::Read { .. }) {
            self.held_reads.push((link, heard));
        } else {
            self.answer(link, heard);
        }
    }
}
