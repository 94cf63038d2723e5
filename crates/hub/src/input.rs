//! What is asked of one conversation, and may have to wait until the conversation is loaded.

use model::{DeviceId, Draft, ReadFrom, Refusal, Seq, UserId};

use crate::books::Books;
use crate::limits::Bound;
use crate::{Ticket, cost};

#[derive(Debug)]
pub(crate) enum Input {
    Send {
        ticket: Ticket,
        draft: Draft,
    },
    /// `registered`: it has waited, and its gateway is among the attached (or has detached since).
    Attach {
        ticket: Ticket,
        registered: bool,
    },
    /// May this user hear it?
    Admit {
        ticket: Ticket,
        user: UserId,
    },
    Read {
        ticket: Ticket,
        /// Who is to be judged; `None` = whoever asks was admitted already.
        reader: Option<UserId>,
        from: ReadFrom,
        limit: u32,
    },
    GetCursor {
        ticket: Ticket,
        user: UserId,
        device: DeviceId,
    },
    MoveCursor {
        user: UserId,
        device: DeviceId,
        seq: Seq,
    },
}

impl Input {
    /// What it weighs while it waits.
    pub(crate) fn cost(&self) -> usize {
        match self {
            Self::Send { draft, .. } => cost::draft(draft),
            Self::Attach { .. } => cost::INPUT,
            Self::Admit { user, .. } => cost::INPUT + user.as_str().len(),
            Self::Read { reader, .. } => {
                cost::INPUT + reader.as_ref().map_or(0, |user| user.as_str().len())
            }
            Self::GetCursor { user, device, .. } | Self::MoveCursor { user, device, .. } => {
                cost::INPUT + user.as_str().len() + device.as_str().len()
            }
        }
    }

    /// A move of a cursor has no answer: it is dropped, and the device's next one makes up for it.
    pub(crate) fn busy(self, books: &mut Books, bound: Bound) {
        match self.ticket() {
            Some(ticket) => books.busy(ticket, bound),
            None => books.counts.cursor_moves_dropped += 1,
        }
    }

    pub(crate) fn refuse(self, books: &mut Books, refusal: Refusal) {
        match self.ticket() {
            Some(ticket) => books.refuse(ticket, refusal),
            None => books.counts.cursor_moves_dropped += 1,
        }
    }

    const fn ticket(&self) -> Option<Ticket> {
        match self {
            Self::Send { ticket, .. }
            | Self::Attach { ticket, .. }
            | Self::Admit { ticket, .. }
            | Self::Read { ticket, .. }
            | Self::GetCursor { ticket, .. } => Some(*ticket),
            Self::MoveCursor { .. } => None,
        }
    }
}
