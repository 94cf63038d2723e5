//! One author's order: of one instance in one conversation, sequence numbers follow the counters.
//!
//! Let `a` have the lower counter and the higher sequence number, and let `b` be first sent on
//! connection `k`. A server that takes a connection's frames in order can do this honestly in one way
//! only: `a` was on its way on `k` when `b` followed it (pipelining), and then `a` was refused, or `k`
//! ended before anybody could tell. In every other case somebody broke the promise:
//!
//! - `a` had been answered `sent` before `b` was first sent, or was answered `sent` on `k` later: the
//!   server changed the order;
//! - `a` was never sent before `b`: the client did;
//! - `a` had been refused, or its connection had ended, before `b` was first sent, or what was on its
//!   way was such a repeat: the client had to bring `a` through before it said anything new there.
//!
//! A refusal for good before `b` ends the matter for `a`, so then there is nothing to judge.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{InstanceId, MessageId};

use crate::Kind;
use crate::book::{Attempt, Book, Entry, Name, Outcome};

/// How many inversions of one author in one conversation are looked at: a broken run may have a
/// quadratic number of them.
const INVERSIONS_MAX: usize = 1_000;

/// Judges the order of every author in every conversation.
pub(crate) fn judge(book: &mut Book) {
    // By counter, because the entries are by id.
    let mut authors: BTreeMap<(InstanceId, Name, u64), Vec<(MessageId, u64)>> = BTreeMap::new();
    for (id, entry) in &book.entries {
        let Some((spot, _)) = entry.spots.first() else { continue };
        let epoch = if book.options.damaged { spot.epoch } else { 0 };
        let author = (id.instance, Arc::clone(&spot.conversation), epoch);
        authors.entry(author).or_default().push((*id, spot.seq));
    }
    let mut found = Vec::new();
    for ((_, name, _), messages) in &authors {
        for (a, b) in inversions(messages).into_iter().take(INVERSIONS_MAX) {
            let (Some(entry_a), Some(entry_b)) = (book.entries.get(&a.0), book.entries.get(&b.0))
            else {
                continue;
            };
            let (Some(first_a), Some(first_b)) =
                (entry_a.attempts.first(), entry_b.attempts.first())
            else {
                continue;
            };
            if let Some(why) = blame(entry_a, first_b) {
                let text = format!("id {} is seq {}, id {} is seq {}: {why}", a.0, a.1, b.0, b.1);
                found.push((Arc::clone(name), text, [first_a.at, first_b.at]));
            }
        }
    }
    for (name, text, at) in found {
        book.found(Kind::AuthorOrder, Some(&name), text, &at);
    }
}

type Placed = (MessageId, u64);

/// Pairs of which the one with the lower counter has the higher sequence number.
fn inversions(messages: &[Placed]) -> Vec<(Placed, Placed)> {
    let mut pairs = Vec::new();
    let mut lower: BTreeMap<u64, MessageId> = BTreeMap::new();
    for &(id, seq) in messages {
        let above = lower.range(seq.saturating_add(1)..).map(|(seq, id)| (*id, *seq));
        let room = INVERSIONS_MAX.saturating_sub(pairs.len());
        pairs.extend(above.take(room).map(|a| (a, (id, seq))));
        lower.insert(seq, id);
    }
    pairs
}

/// Why `a` may not stand after `b`, which was first sent as told; `None` if it may.
fn blame(a: &Entry, b: &Attempt) -> Option<&'static str> {
    let before = || a.attempts.iter().take_while(|attempt| attempt.at < b.at);
    if before().any(|attempt| attempt.outcome == Outcome::Sent) {
        return Some("the first was sent before the second, and acknowledged");
    }
    let Some(last) = before().last() else {
        return Some("its client sent the second first");
    };
    let same_connection = last.at.file == b.at.file && last.conn == b.conn;
    let open = same_connection && last.answered.is_none_or(|answered| answered > b.at);
    let is_repeat = before().count() > 1;
    match (open, is_repeat, last.outcome) {
        (_, _, Outcome::RefusedForGood | Outcome::Conflict)
        | (true, false, Outcome::Refused | Outcome::Unanswered) => None,
        (_, _, Outcome::Refused | Outcome::Unanswered | Outcome::Sent) => {
            Some("the first had failed, and its client did not bring it through first")
        }
    }
}
