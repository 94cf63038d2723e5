//! What the hub keeps over all conversations: queues, bounds and counts. A conversation is handed
//! the books when it is handed work, and writes down there what follows from it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use model::{BatchNo, BodyKey, ConversationId, Epoch, Mono, PartitionId, Refusal};

use crate::attach::Attachments;
use crate::evict::Idle;
use crate::gauges::Gauges;
use crate::indexed::Unindexed;
use crate::limits::{Bound, Limits};
use crate::lookup::LookupOut;
use crate::undurable::Undurable;
use crate::{Command, LoadWant, Reply, Ticket};

#[derive(Debug)]
pub(crate) struct Books {
    pub(crate) limits: Limits,
    pub(crate) epochs: Box<[Epoch; 256]>,
    pub(crate) body_key: BodyKey,
    /// The highest Lamport counter known to be journaled.
    pub(crate) lamport_high: u64,
    pub(crate) generation: u64,
    /// The journal is gone: nothing will become durable any more.
    pub(crate) poisoned: bool,
    /// So many messages wait to be understood that no more are taken.
    pub(crate) is_backlog_full: bool,
    /// The latest moment anyone told.
    pub(crate) now: Mono,
    pub(crate) commands: VecDeque<Command>,
    pub(crate) attachments: Attachments,
    /// In the order of their `Append`s.
    pub(crate) undurable: VecDeque<Undurable>,
    /// Durable, and not yet in history, by batch.
    pub(crate) unindexed: VecDeque<Unindexed>,
    /// History has everything up to here.
    pub(crate) indexed: BatchNo,
    /// By token.
    pub(crate) lookups: BTreeMap<u64, LookupOut>,
    pub(crate) next_token: u64,
    pub(crate) idle: Idle,
    /// Conversations with moved cursors; by partition, because a record is of one partition.
    pub(crate) dirty: BTreeSet<(PartitionId, ConversationId)>,
    /// When they are journaled; set when and only when there are some.
    pub(crate) flush_at: Option<Mono>,
    pub(crate) counts: Gauges,
}

impl Books {
    pub(crate) fn reply(&mut self, ticket: Ticket, reply: Reply) {
        self.commands.push_back(Command::Reply { ticket, reply });
    }

    pub(crate) fn refuse(&mut self, ticket: Ticket, refusal: Refusal) {
        let counts = &mut self.counts;
        match &refusal {
            Refusal::Busy { .. } => {}
            Refusal::DiskFull => counts.refused_disk_full += 1,
            Refusal::OutcomeUnknown => counts.outcome_unknown += 1,
            Refusal::IdempotencyConflict { .. } | Refusal::Expired { .. } => counts.conflicts += 1,
            Refusal::LamportJump { .. } => counts.refused_lamport += 1,
            Refusal::SeenAhead { .. } => counts.refused_seen_ahead += 1,
            Refusal::NotFound
            | Refusal::Forbidden { .. }
            | Refusal::NoSuchMessage { .. }
            | Refusal::Exists { .. }
            | Refusal::LastOwner
            | Refusal::TooManyMembers { .. } => counts.refused_rights += 1,
        }
        self.reply(ticket, Reply::Refused(refusal));
    }

    pub(crate) fn busy(&mut self, ticket: Ticket, bound: Bound) {
        let counts = &mut self.counts;
        *match bound {
            Bound::Undurable => &mut counts.refused_undurable,
            Bound::ViewBehind => &mut counts.refused_view_behind,
            Bound::Loads => &mut counts.refused_loads,
            Bound::Memory => &mut counts.refused_memory,
            Bound::Reads => &mut counts.refused_reads,
            Bound::Backlog => &mut counts.refused_backlog,
        } += 1;
        self.refuse(ticket, bound.refusal());
    }

    pub(crate) fn load(&mut self, conversation: &ConversationId, want: LoadWant) {
        *match want {
            LoadWant::Head => &mut self.counts.loads_head,
            LoadWant::Author(..) => &mut self.counts.loads_author,
            LoadWant::Cursor(..) => &mut self.counts.loads_cursor,
            LoadWant::Member(..) => &mut self.counts.loads_member,
            LoadWant::Text(..) => &mut self.counts.loads_text,
        } += 1;
        self.commands.push_back(Command::Load { conversation: conversation.clone(), want });
    }

    /// One more input may wait.
    pub(crate) fn can_wait(&self) -> bool {
        self.counts.waiting < self.limits.loads_waiting_max
    }

    pub(crate) fn fits(&self, bytes: usize) -> bool {
        self.counts.bytes + bytes <= self.limits.memory_bytes
    }
}
