//! One client as the server knows it, and what it says.

use std::time::{SystemTime, UNIX_EPOCH};

use model::{Body, InstanceId, MessageId, ReadFrom, Seq, Wall};
use wire::{Command, Post};

use super::tokens::Who;
use super::{Chat, LIVES, PLACE_OF_CONVERSATION};
use crate::measure::queue::Job;
use crate::measure::request::scattered;
use crate::measure::run::Act;
use crate::stamp::Stamp;

/// One client.
#[derive(Debug)]
pub(super) struct Voice {
    /// Among all connections.
    number: u32,
    /// 0, and further ones for its visits.
    life: u32,
    /// Of its last message.
    counter: u64,
}

impl Voice {
    /// Of connection `number`, in its life number `life`.
    pub(super) fn new(number: u32, life: u32) -> Self {
        Self { number, life, counter: 0 }
    }

    /// Who comes in beside it, for a moment.
    pub(super) fn visitor(&self, life: u32) -> Self {
        Self::new(self.number, life)
    }

    /// Who I am.
    pub(super) fn hello(&self, chat: &Chat) -> String {
        let Who { user, device, proof } =
            chat.tokens.who(&chat.wanted.name, self.number, self.life > 0);
        let instance = self.instance(chat);
        Command::Hello { reference: None, user, device, instance, proof }.encode()
    }

    /// What is asked by a command; its answer has the same `reference`. Nothing is, to connect.
    pub(super) fn ask(
        &mut self,
        chat: &Chat,
        act: Act,
        job: &Job,
        reference: u64,
    ) -> Option<String> {
        let random = chat.random(job.index, PLACE_OF_CONVERSATION);
        let reference = Some(reference);
        let command = match act {
            Act::Send => {
                self.counter += 1;
                let post = Post {
                    id: MessageId { instance: self.instance(chat), counter: self.counter },
                    conversation: chat.conversations.pick(random),
                    content: Body::new(&text(chat, job)).expect("its length is checked").into(),
                    lamport: self.counter,
                    seen_seq: Seq(0),
                    sent_at: wall(),
                };
                Command::Send { reference, post }
            }
            Act::Ping => Command::Ping { reference },
            Act::Read => {
                let conversation = chat.conversations.pick(random);
                let limit = chat.wanted.page_messages;
                Command::Read { reference, conversation, from: ReadFrom::Latest, limit }
            }
            Act::Connect => return None,
        };
        Some(command.encode())
    }

    fn instance(&self, chat: &Chat) -> InstanceId {
        let which = u64::from(self.number).wrapping_mul(LIVES).wrapping_add(self.life.into());
        InstanceId(scattered(chat.drawn.wrapping_add(which)))
    }
}

/// A body says when it was due, and of which load it is, if there is room for that.
fn text(chat: &Chat, job: &Job) -> String {
    let stamp = Stamp { number: chat.tag(), due_micros: job.due_ns / 1_000 };
    let bytes = chat.wanted.body_bytes as usize;
    let mut text = stamp.text(bytes);
    text.truncate(bytes);
    text
}

fn wall() -> Wall {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Wall(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
