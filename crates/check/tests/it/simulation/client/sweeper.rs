//! Reads every conversation whole through one gateway, when all is quiet.

use model::{ConversationId, ReadFrom, Seq};
use session::{Event as Told, Session};

use crate::simulation::fate::Fate;

/// Messages of a page.
const PAGE: u32 = 7;

pub(crate) struct Sweeper {
    /// What is still to be read, and from where; the last one is being read.
    to_read: Vec<(ConversationId, Seq)>,
}

impl Sweeper {
    pub(crate) fn new(conversations: &[ConversationId]) -> Self {
        Self { to_read: conversations.iter().map(|name| (name.clone(), Seq(1))).collect() }
    }

    pub(crate) fn is_through(&self) -> bool {
        self.to_read.is_empty()
    }

    pub(crate) fn read(&self, session: &mut Session) {
        if let Some((name, from)) = self.to_read.last() {
            session.read(name.clone(), ReadFrom::Seq(*from), PAGE).unwrap();
        }
    }

    pub(super) fn hears(&mut self, fate: &mut Fate, session: &mut Session, told: Told) {
        match told {
            Told::Page { head, messages, .. } => {
                let last = messages.last().map(|message| message.seq);
                match (self.to_read.last_mut(), last) {
                    (Some((_, from)), Some(last)) if last < head => *from = last.next(),
                    _ => {
                        self.to_read.pop();
                    }
                }
                self.read(session);
            }
            Told::Welcomed { .. } | Told::Disconnected { .. } | Told::Stopped => {}
            other @ (Told::Said { .. }
            | Told::Failed { .. }
            | Told::Subscribed { .. }
            | Told::Unsubscribed { .. }
            | Told::Heard { .. }
            | Told::Gap { .. }
            | Told::Problem(_)) => fate.broken.push(format!("a last read was told {other:?}")),
        }
    }
}
