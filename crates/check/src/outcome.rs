//! The rules that need all histories: what was acknowledged or seen against what is there in the
//! end, acknowledgements against each other, cursors against what devices ever acknowledged.

use std::collections::BTreeSet;
use std::sync::Arc;

use model::MessageId;

use crate::Kind;
use crate::book::{
    Acknowledged, Book, Draft, Entry, FinalRead, Held, Name, Outcome, Spot, Variant, Where,
};
use crate::frame::Heard;
use crate::what::{KEEPER, What};

/// A broken promise, collected while the book is being read.
type Finding = (Kind, Option<Name>, String, Vec<Where>);

/// Judges everything but the order of authors.
pub(crate) fn judge(book: &mut Book) {
    let mut found = Vec::new();
    final_reads(book, &mut found);
    heads(book, &mut found);
    for (id, entry) in &book.entries {
        lost(book, *id, entry, &mut found);
        acknowledgements(book, *id, entry, &mut found);
        duplicates(book, *id, entry, &mut found);
    }
    for (spot, variants) in &book.places {
        for variant in variants {
            seen(book, spot, variant, &mut found);
        }
    }
    cursors(book, &mut found);
    beginnings(book, &mut found);
    for (kind, conversation, text, at) in found {
        book.found(kind, conversation.as_ref(), text, &at);
    }
}

/// Each final read is whole, and all are equal.
fn final_reads(book: &Book, found: &mut Vec<Finding>) {
    for (name, read) in book.finals.iter().flat_map(|(_, read)| read) {
        if let Some(seq) = first_missing(read) {
            let text = format!("the final read to {} lacks seq {seq}", read.head);
            found.push((Kind::Gap, Some(Arc::clone(name)), text, vec![read.at]));
        }
    }
    let Some(((_, model), others)) = book.finals.split_first() else { return };
    for (file, other) in others {
        let names: BTreeSet<&Name> = model.keys().chain(other.keys()).collect();
        for name in names {
            let stands = |read: Option<&FinalRead>| read.map_or((0, 0), |r| (r.head, r.epoch));
            let ((head, epoch), (other_head, other_epoch)) =
                (stands(model.get(name)), stands(other.get(name)));
            if (head, epoch) == (other_head, other_epoch) || (head == 0 && other_head == 0) {
                continue;
            }
            let text = format!(
                "final reads differ: head {head} of epoch {epoch}, and head {other_head} of epoch \
                 {other_epoch} in {}",
                book.file_name(*file)
            );
            let at = [model.get(name), other.get(name)].into_iter().flatten().map(|r| r.at);
            found.push((Kind::OrderSplit, Some(Arc::clone(name)), text, at.collect()));
        }
    }
}

/// The lowest sequence number from `first` to `head` that a final read does not hold.
fn first_missing(read: &FinalRead) -> Option<u64> {
    let mut due = read.first;
    for seq in read.messages.range(read.first..).map(|(seq, _)| *seq) {
        if seq != due {
            break;
        }
        due = due.saturating_add(1);
    }
    (due <= read.head).then_some(due)
}

/// No more was said to exist than is there.
fn heads(book: &Book, found: &mut Vec<Finding>) {
    for ((name, epoch), (head, at)) in &book.heads {
        let short = book.finals.iter().find_map(|(_, read)| match read.get(name) {
            Some(read) if read.epoch == *epoch && read.head < *head => Some((read.head, read.at)),
            None if *head > 0 && !book.options.damaged => Some((0, *at)),
            Some(_) | None => None,
        });
        if let Some((end, read_at)) = short {
            let text = format!("seq {head} was said to exist, a final read ends at {end}");
            found.push((Kind::Undurable, Some(Arc::clone(name)), text, vec![*at, read_at]));
        }
    }
}

/// What stands in this place of a final read; `None` if it does not speak of this epoch.
fn stands(book: &Book, read: &FinalRead, spot: &Spot) -> Option<Option<MessageId>> {
    let excused = book.options.damaged && read.epoch != spot.epoch;
    (!excused).then(|| read.messages.get(&spot.seq).copied())
}

/// The first final read that does not hold this id there, in words.
fn missing(book: &Book, id: MessageId, spot: &Spot) -> Option<(String, Option<Where>)> {
    if book.expired_below(&spot.conversation) > spot.seq {
        return None;
    }
    book.finals.iter().find_map(|(file, read)| {
        let Some(read) = read.get(&spot.conversation) else {
            let text = format!("{} does not hold the conversation", book.file_name(*file));
            return Some((text, None));
        };
        let held = stands(book, read, spot)?;
        (held != Some(id)).then(|| {
            let what = held.map_or_else(|| "nothing".to_owned(), |other| format!("id {other}"));
            (format!("{} holds {what} there", book.file_name(*file)), Some(read.at))
        })
    })
}

/// What was acknowledged is there.
fn lost(book: &Book, id: MessageId, entry: &Entry, found: &mut Vec<Finding>) {
    let mut told: Vec<&Spot> = Vec::new();
    for ack in &entry.acknowledged {
        if told.contains(&&ack.spot) {
            continue;
        }
        told.push(&ack.spot);
        if let Some((what, read_at)) = missing(book, id, &ack.spot) {
            let text = format!("id {id} was acknowledged as seq {}; {what}", ack.spot.seq);
            let at = std::iter::once(ack.at).chain(read_at).collect();
            found.push((Kind::Lost, Some(Arc::clone(&ack.spot.conversation)), text, at));
        }
    }
}

/// Acknowledgements of one id agree with each other and with what was asked.
fn acknowledgements(book: &Book, id: MessageId, entry: &Entry, found: &mut Vec<Finding>) {
    let mut wrong = |name: &Name, text: String, at: Vec<Where>| {
        found.push((Kind::WrongAcknowledgement, Some(Arc::clone(name)), text, at));
    };
    let answered = |outcome: Outcome| {
        let attempts = entry.attempts.iter().filter(move |attempt| attempt.outcome == outcome);
        attempts.map(|attempt| (&entry.drafts[attempt.draft], attempt.at))
    };
    if let Some((draft, at)) = answered(Outcome::Sent).next() {
        let other = answered(Outcome::Sent).find(|(other, _)| other.what != draft.what);
        if let Some((_, other_at)) = other {
            let text = format!("id {id} is acknowledged for two bodies");
            wrong(&draft.conversation, text, vec![at, other_at]);
        }
        let same = answered(Outcome::Conflict).find(|(other, _)| other.what == draft.what);
        if let Some((_, same_at)) = same {
            let text =
                format!("id {id} is called a conflict with the body it was acknowledged for");
            wrong(&draft.conversation, text, vec![at, same_at]);
        }
    } else if let (Some((draft, at)), 1) = (answered(Outcome::Conflict).next(), bodies(entry)) {
        let text = format!("id {id} is called a conflict, but it was said in one way only");
        wrong(&draft.conversation, text, vec![at]);
    }
    let Some(first) = original(&entry.acknowledged) else { return };
    let name = &first.spot.conversation;
    for ack in entry.acknowledged.iter().filter(|ack| ack.at != first.at) {
        let excused = book.options.damaged && ack.spot.epoch != first.spot.epoch;
        let same = ack.spot == first.spot && ack.received_at == first.received_at;
        if !same && !excused {
            let (a, b) = (&first.spot, &ack.spot);
            let text = format!(
                "id {id} is acknowledged as {a} (epoch {}, received_at {}) and as {b} (epoch {}, \
                 received_at {}, duplicate: {})",
                a.epoch, first.received_at, b.epoch, ack.received_at, ack.duplicate
            );
            wrong(name, text, vec![first.at, ack.at]);
        } else if !ack.duplicate && !first.duplicate && !excused {
            let text = format!("id {id} is twice acknowledged with duplicate: false");
            wrong(name, text, vec![first.at, ack.at]);
        }
    }
    if let ([_], true, false) = (entry.attempts.as_slice(), first.duplicate, book.options.partial) {
        let text = format!("id {id} was sent once, but is acknowledged with duplicate: true");
        wrong(name, text, vec![first.at]);
    }
}

/// How many different bodies were sent under an id.
fn bodies(entry: &Entry) -> usize {
    let all: Vec<&What> = entry.drafts.iter().map(|draft| &draft.what).collect();
    all.iter().enumerate().filter(|(at, what)| !all[..*at].contains(what)).count()
}

/// The acknowledgement that others repeat: the first that is not a duplicate, if it was heard.
fn original(all: &[Acknowledged]) -> Option<&Acknowledged> {
    all.iter().find(|ack| !ack.duplicate).or(all.first())
}

/// One id stands in one place.
fn duplicates(book: &Book, id: MessageId, entry: &Entry, found: &mut Vec<Finding>) {
    let Some(((first, first_at), others)) = entry.spots.split_first() else { return };
    let place = |spot: &Spot| (Arc::clone(&spot.conversation), spot.seq);
    let other = others.iter().find(|(spot, _)| {
        let excused = book.options.damaged && spot.epoch != first.epoch;
        place(spot) != place(first) && !excused
    });
    if let Some((spot, at)) = other {
        let text = format!("id {id} is both {first} and {spot}");
        let name = Arc::clone(&first.conversation);
        found.push((Kind::Duplicate, Some(name), text, vec![*first_at, *at]));
    }
}

/// What a reader saw was said by its author, is what was acknowledged, and is there in the end.
fn seen(book: &Book, spot: &Spot, variant: &Variant, found: &mut Vec<Finding>) {
    let (heard, at) = (&variant.heard, variant.at);
    let (id, name) = (heard.id, &spot.conversation);
    let Some(entry) = book.entries.get(&id) else { return };
    let partial = book.options.partial && !book.instances.contains(&id.instance);
    let unknown = partial || (heard.sender == KEEPER && heard.what.is_of_the_house());
    let said = entry.drafts.iter().find(|draft| is_said(draft, name, heard));
    let mut add = |kind: Kind, text: String, at: Vec<Where>| {
        found.push((kind, Some(Arc::clone(name)), text, at));
    };
    if let (None, Some(draft)) = (said, entry.drafts.first()) {
        let text =
            format!("id {id} at seq {} was not said so: {}", spot.seq, unlike(draft, name, heard));
        add(Kind::Invented, text, vec![at]);
    } else if said.is_none() && !unknown {
        add(Kind::Invented, format!("id {id} at seq {} was said by nobody", spot.seq), vec![at]);
    }
    let mut bodies = entry
        .attempts
        .iter()
        .filter(|attempt| attempt.outcome == Outcome::Sent)
        .map(|attempt| (&entry.drafts[attempt.draft].what, attempt.at))
        .peekable();
    if said.is_some()
        && let Some((_, said_at)) = bodies.peek().copied()
        && !bodies.any(|(what, _)| what.may_be(&heard.what))
    {
        let text = format!("id {id} was acknowledged, but seq {} has another body", spot.seq);
        add(Kind::Lost, text, vec![said_at, at]);
    }
    let acks = || entry.acknowledged.iter().filter(|ack| ack.spot == *spot);
    if let Some(ack) = acks().find(|ack| ack.received_at != heard.received_at) {
        let text = format!(
            "id {id} is acknowledged with received_at {}, and delivered with {}",
            ack.received_at, heard.received_at
        );
        add(Kind::WrongAcknowledgement, text, vec![ack.at, at]);
    }
    if acks().next().is_none()
        && let Some((what, read_at)) = missing(book, id, spot)
    {
        let text = format!("id {id} was seen as seq {}; {what}", spot.seq);
        add(Kind::Undurable, text, std::iter::once(at).chain(read_at).collect());
    }
}

fn is_said(draft: &Draft, name: &Name, heard: &Heard) -> bool {
    draft.conversation == *name
        && draft.sender.as_ref() == heard.sender
        && draft.what.may_be(&heard.what)
        && draft.lamport == heard.lamport.0
        && heard.lamport.1 == heard.id.instance.to_string()
        && draft.seen_seq == heard.seen_seq
        && draft.sent_at == heard.sent_at
}

/// The first thing in which a message is not what its author said.
fn unlike(draft: &Draft, name: &Name, heard: &Heard) -> String {
    if draft.conversation != *name {
        format!("it was said in {}", draft.conversation)
    } else if draft.sender.as_ref() != heard.sender {
        format!("{} said it, not {}", draft.sender, heard.sender)
    } else if !draft.what.may_be(&heard.what) {
        format!("it was {}, and is {}", draft.what.shown(), heard.what.shown())
    } else {
        format!(
            "lamport {}, seen_seq {}, sent_at {} became lamport {} of {}, seen_seq {}, sent_at {}",
            draft.lamport,
            draft.seen_seq,
            draft.sent_at,
            heard.lamport.0,
            heard.lamport.1,
            heard.seen_seq,
            heard.sent_at
        )
    }
}

/// Where a history begins above 1, or a subscription above what was due, that much has expired.
fn beginnings(book: &mut Book, found: &mut Vec<Finding>) {
    for held in std::mem::take(&mut book.held) {
        let Held { name, first, head, .. } = &held;
        if !book.has_expired(name, *first) && !book.may_have_expired(name, *first, *head) {
            found.push((held.kind, Some(held.name), held.text, vec![held.at]));
        }
    }
}

/// No device's cursor stands above what it had acknowledged. Files share no clock, so everything
/// that other files of the same device ever acknowledged counts, and of its own what came before.
fn cursors(book: &Book, found: &mut Vec<Finding>) {
    for asked in &book.from_cursor {
        let files = book.cursors.get(&asked.device).into_iter().flatten();
        let elsewhere = files.filter(|(file, _)| **file != asked.at.file).map(|(_, seq)| *seq);
        let highest = elsewhere.max().unwrap_or(0).max(asked.acknowledged_before);
        let expired = book.has_expired(&asked.device.2, asked.next);
        if asked.next > highest.saturating_add(1) && !expired {
            let (user, device, name) = &asked.device;
            let text = format!(
                "the cursor of {user}/{device} goes on with {}, but {highest} was acknowledged",
                asked.next
            );
            found.push((Kind::CursorAhead, Some(Arc::clone(name)), text, vec![asked.at]));
        }
    }
}
