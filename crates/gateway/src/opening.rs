//! Where a subscription begins: what a client asked for, judged against the history there is.
//!
//! Recovery is whole or says that it is not; never partial. A position above the last message that
//! has come *here* is not wrong yet: another gateway may have been faster, so the owner is asked.

use model::{Epoch, Seq, Standing};
use wire::SubscribeFrom;

use crate::pointer::View;

/// What the owner has answered so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Known {
    /// The device's cursor.
    pub(crate) cursor: Option<Seq>,
    /// How the history stands, asked after the position was found to lie ahead.
    pub(crate) standing: Option<Standing>,
}

/// What to do about a subscription that has not begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opening {
    /// Ask the owner for the device's cursor.
    NeedCursor,
    /// Ask the owner how the history stands, by reading from this place.
    NeedStanding(Seq),
    /// It begins.
    Begin {
        /// The epoch of the history.
        epoch: Epoch,
        /// The client goes on without a gap.
        recovered: bool,
        /// The first message to come.
        next: Seq,
        /// The last durable message known.
        head: Seq,
    },
}

/// Judges.
pub(crate) fn open(from: SubscribeFrom, known: &Known, view: &View) -> Opening {
    let standing = known.standing.filter(|standing| standing.epoch == view.epoch);
    let first = standing.map_or(view.first, |standing| standing.first.max(view.first));
    let head = standing.map_or(view.head, |standing| standing.head.max(view.head));
    let begin = |recovered, next| Opening::Begin { epoch: view.epoch, recovered, next, head };
    let after = |seq: Seq| match (seq <= head, known.standing) {
        (false, None) => Opening::NeedStanding(seq),
        (false, Some(_)) => begin(false, first),
        (true, _) if seq.0 + 1 < first.0 => begin(false, first),
        (true, _) => begin(true, seq.next()),
    };
    match from {
        SubscribeFrom::Start => begin(true, first),
        SubscribeFrom::Last(count) => {
            begin(true, Seq((head.0 + 1).saturating_sub(count)).max(first))
        }
        SubscribeFrom::Cursor => match known.cursor {
            None => Opening::NeedCursor,
            Some(cursor) => after(cursor),
        },
        SubscribeFrom::After(position) if position.epoch != view.epoch => begin(false, first),
        SubscribeFrom::After(position) => after(position.seq),
    }
}

#[cfg(test)]
mod tests;
