//! A naive server: a list of messages a conversation, and a queue each way a connection. A connection
//! that its client has lost goes on being served for a while, as in a gateway that was stopped.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use model::{
    ConversationId, Epoch, InstanceId, Message, MessageId, Ordinal, Retry, Seq, UserId, Wall,
};
use wire::{About, Code, Command, Frame, Post, Problem, SubscribeFrom};

use crate::rig::EPOCH;

/// What happens to the next message that comes, instead of the usual.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Mischief {
    Busy,
    UnknownDone,
    UnknownNotDone,
}

#[derive(Debug, Default)]
pub(crate) struct Connection {
    user: Option<(UserId, InstanceId)>,
    pub(crate) up: VecDeque<Command>,
    pub(crate) down: VecDeque<Frame>,
    /// The next message to send, of each conversation that is followed.
    follows: BTreeMap<ConversationId, u64>,
    pub(crate) cut: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Server {
    pub(crate) logs: BTreeMap<ConversationId, Vec<Message>>,
    pub(crate) connections: Vec<Connection>,
    pub(crate) mischief: VecDeque<Mischief>,
    /// What was refused and not done, at least once.
    pub(crate) refused: BTreeSet<MessageId>,
    /// How often a message came that was there already.
    pub(crate) duplicates: usize,
}

impl Server {
    pub(crate) fn connect(&mut self) -> usize {
        self.connections.push(Connection::default());
        self.connections.len() - 1
    }

    /// Serves one command of a connection; `false` if there is none.
    pub(crate) fn step(&mut self, at: usize) -> bool {
        let Some(command) = self.connections[at].up.pop_front() else { return false };
        let answer = match command.clone() {
            Command::Hello { reference, user, instance, .. } => {
                assert!(self.connections[at].user.is_none(), "hello comes once");
                self.connections[at].user = Some((user, instance));
                Some(Frame::Welcome { reference, heartbeat_ms: 1_000, expires_at: None })
            }
            Command::Send { reference, post } => Some(self.send(at, reference, post)),
            Command::Subscribe { reference, conversation, from } => {
                let head = self.head(&conversation);
                let next = match from {
                    SubscribeFrom::Start => 1,
                    SubscribeFrom::After(position) if position.epoch == EPOCH => {
                        assert!(position.seq.0 <= head, "a position that never was");
                        position.seq.0 + 1
                    }
                    SubscribeFrom::After(_) | SubscribeFrom::Cursor | SubscribeFrom::Last(_) => {
                        panic!("{from:?} is not part of this test")
                    }
                };
                self.connections[at].follows.insert(conversation.clone(), next);
                let (next, head) = (Seq(next), Seq(head));
                let (epoch, recovered) = (EPOCH, true);
                Some(Frame::Subscribed { reference, conversation, epoch, recovered, next, head })
            }
            Command::Unsubscribe { reference, conversation } => {
                self.connections[at].follows.remove(&conversation);
                Some(Frame::Unsubscribed { reference, conversation })
            }
            Command::Ack { conversation, position } => {
                let next = self.connections[at].follows.get(&conversation);
                assert!(next.is_some_and(|&next| position.seq.0 < next), "acknowledged unsent");
                None
            }
            Command::Ping { reference } => Some(Frame::Pong { reference }),
            Command::Read { .. }
            | Command::Create { .. }
            | Command::Mark { .. }
            | Command::List { .. }
            | Command::Members { .. }
            | Command::Typing { .. }
            | Command::Watch { .. }
            | Command::Refresh { .. } => panic!("{command:?} is not part of this test"),
        };
        self.connections[at].down.extend(answer);
        (0..self.connections.len()).for_each(|at| self.deliver(at));
        true
    }

    fn head(&self, conversation: &ConversationId) -> u64 {
        self.logs.get(conversation).map_or(0, |log| log.len() as u64)
    }

    fn send(&mut self, at: usize, reference: Option<u64>, post: Post) -> Frame {
        let (user, instance) = self.connections[at].user.clone().expect("hello comes first");
        assert_eq!(post.id.instance, instance);
        let (id, conversation) = (post.id, post.conversation.clone());
        let mischief = self.mischief.pop_front();
        let problem = |code, retry| {
            let about = About { reference, id: Some(id), conversation: Some(conversation.clone()) };
            Frame::Problem(Problem { retry, ..Problem::never(about, code, "mischief") })
        };
        match mischief {
            Some(Mischief::Busy) => {
                self.refused.insert(id);
                return problem(Code::Busy, Retry::After(30));
            }
            Some(Mischief::UnknownNotDone) => {
                self.refused.insert(id);
                return problem(Code::OutcomeUnknown, Retry::Now);
            }
            Some(Mischief::UnknownDone) | None => {}
        }
        let (seq, duplicate) = self.sequence(post, user);
        if mischief.is_some() {
            return problem(Code::OutcomeUnknown, Retry::Now);
        }
        let (epoch, received_at) = (EPOCH, Wall(seq));
        Frame::Sent { reference, id, conversation, epoch, seq: Seq(seq), received_at, duplicate }
    }

    fn sequence(&mut self, post: Post, user: UserId) -> (u64, bool) {
        let log = self.logs.entry(post.conversation.clone()).or_default();
        assert!(post.seen_seq.0 <= log.len() as u64, "seen ahead");
        if let Some(known) = log.iter().find(|message| message.id == post.id) {
            assert_eq!(
                (&known.content, known.lamport, known.seen_seq, known.sent_at),
                (&post.content, post.lamport, post.seen_seq, post.sent_at),
                "sent again, but not as it was first stamped"
            );
            self.duplicates += 1;
            return (known.seq.0, true);
        }
        let seq = log.len() as u64 + 1;
        let draft = post.into_draft(user);
        log.push(Message {
            conversation: draft.conversation,
            seq: Seq(seq),
            ordinal: Ordinal(seq),
            sender: draft.sender,
            id: draft.id,
            content: draft.content,
            lamport: draft.lamport,
            seen_seq: draft.seen_seq,
            sent_at: draft.sent_at,
            received_at: Wall(seq),
        });
        (seq, false)
    }

    fn deliver(&mut self, at: usize) {
        let Connection { follows, down, cut, .. } = &mut self.connections[at];
        if *cut {
            return;
        }
        for (conversation, next) in follows {
            let log = self.logs.get(conversation).map_or(&[][..], Vec::as_slice);
            for message in log.iter().filter(|message| message.seq.0 >= *next) {
                down.push_back(Frame::Message { epoch: Epoch(1), message: message.clone() });
            }
            *next = (*next).max(log.len() as u64 + 1);
        }
    }
}
