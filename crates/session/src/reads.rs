//! Reads that wait for their page: asked again after a lost connection, since asking changes nothing.

use std::collections::BTreeMap;

use model::{ConversationId, Mono, ReadFrom, Retry};
use wire::Command;

use crate::{ReadId, TooManyReads};

#[derive(Debug)]
pub(crate) struct Reads {
    reads: BTreeMap<ReadId, Read>,
    most: usize,
}

#[derive(Debug)]
struct Read {
    conversation: ConversationId,
    from: ReadFrom,
    limit: u32,
    /// When it is to be asked; `None` = it is asked.
    ask_at: Option<Mono>,
}

impl Reads {
    pub(crate) fn new(most: usize) -> Self {
        Self { reads: BTreeMap::new(), most }
    }

    pub(crate) fn push(
        &mut self,
        id: ReadId,
        conversation: ConversationId,
        from: ReadFrom,
        limit: u32,
    ) -> Result<(), TooManyReads> {
        if self.reads.len() >= self.most {
            return Err(TooManyReads { most: self.most });
        }
        self.reads.insert(id, Read { conversation, from, limit, ask_at: Some(Mono(0)) });
        Ok(())
    }

    pub(crate) fn next_command(&mut self, now: Mono) -> Option<Command> {
        let due = |read: &Read| read.ask_at.is_some_and(|at| at <= now);
        let (&ReadId(id), read) = self.reads.iter_mut().find(|(_, read)| due(read))?;
        read.ask_at = None;
        Some(Command::Read {
            reference: Some(id),
            conversation: read.conversation.clone(),
            from: read.from,
            limit: read.limit,
        })
    }

    /// Its page has come, or never will; `false` if nobody waits for it.
    pub(crate) fn remove(&mut self, id: ReadId) -> bool {
        self.reads.remove(&id).is_some()
    }

    /// It was refused: asked again when that can help. `false` if it is not here, or never will be.
    pub(crate) fn refused(&mut self, id: ReadId, retry: Retry, now: Mono) -> bool {
        let Some(read) = self.reads.get_mut(&id) else { return false };
        match crate::subscriptions::ask_again(retry, now) {
            Some(at) => read.ask_at = Some(at),
            None => return false,
        }
        true
    }

    pub(crate) fn disconnected(&mut self) {
        self.reads.values_mut().for_each(|read| {
            read.ask_at.get_or_insert(Mono(0));
        });
    }

    pub(crate) fn poll_timeout(&self) -> Option<Mono> {
        self.reads.values().filter_map(|read| read.ask_at).min()
    }
}
