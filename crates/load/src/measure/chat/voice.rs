//! One client as the server knows it, and what it says.

use std::time::{SystemTime, UNIX_EPOCH};

use model::{Body, DeviceId, InstanceId, MessageId, NameError, Seq, UserId, Wall};
use wire::{Command, Post};

use super::act::Act;
use super::{Chat, LIVES};
use crate::measure::queue::Job;
use crate::measure::request::scattered;
use crate::stamp::Stamp;

/// Which random number of a request chooses its conversation.
const PLACE_OF_CONVERSATION: u64 = 1;

/// One client.
#[derive(Debug)]
pub(crate) struct Voice {
    /// Among all connections.
    number: u32,
    instance: InstanceId,
    /// Of its last message.
    counter: u64,
}

/// The user of a connection.
pub(super) fn user(name: &str, number: u32) -> Result<UserId, NameError> {
    UserId::new(&format!("{name}-{number}"))
}

impl Voice {
    /// Of connection `number`, in its life number `life`.
    pub(super) fn new(chat: &Chat, number: u32, life: u32) -> Self {
        let which = u64::from(number).wrapping_mul(LIVES).wrapping_add(u64::from(life));
        let instance = InstanceId(scattered(chat.drawn.wrapping_add(which)));
        Self { number, instance, counter: 0 }
    }

    /// Who I am.
    pub(super) fn hello(&self, chat: &Chat) -> String {
        let command = Command::Hello {
            reference: None,
            user: user(&chat.name, self.number).expect("the longest name was tried"),
            device: DeviceId::new("d0").expect("it is a name"),
            instance: self.instance,
            proof: None,
        };
        command.encode()
    }

    /// A request; its answer has the same `reference`.
    pub(super) fn ask(&mut self, chat: &Chat, act: Act, job: &Job, reference: u64) -> String {
        let conversation =
            || chat.conversations.pick(chat.random(job.index, PLACE_OF_CONVERSATION));
        let reference = Some(reference);
        let command = match act {
            Act::Send => {
                self.counter += 1;
                let text = text(chat, job);
                let post = Post {
                    id: MessageId { instance: self.instance, counter: self.counter },
                    conversation: conversation(),
                    content: Body::new(&text).expect("its length is checked").into(),
                    lamport: self.counter,
                    seen_seq: Seq(0),
                    sent_at: wall(),
                };
                Command::Send { reference, post }
            }
        };
        command.encode()
    }
}

/// A body says when it was due, if there is room for that.
fn text(chat: &Chat, job: &Job) -> String {
    let stamp = Stamp { number: 0, due_micros: job.due_ns / 1_000 };
    let mut text = stamp.text(chat.body_bytes);
    text.truncate(chat.body_bytes);
    text
}

fn wall() -> Wall {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Wall(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
