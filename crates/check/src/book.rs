//! What all histories together say: one entry a message id, one a place, one a final read.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use model::{InstanceId, MessageId};

use crate::frame::Heard;
use crate::rooms::Told;
use crate::what::{KEEPER, What};
use crate::{Anomaly, Counts, KEPT_PER_KIND, Kind, Options, Report};

/// A conversation's name; one allocation for all its mentions.
pub(crate) type Name = Arc<str>;

/// A line of a file, both as numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Where {
    pub file: u32,
    pub line: u32,
}

/// A place in a conversation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Spot {
    pub conversation: Name,
    pub seq: u64,
    pub epoch: u64,
}

/// What a client said under an id, as it first said it. Repeats are equal, or conflicts on purpose.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Draft {
    pub conversation: Name,
    pub sender: Name,
    pub what: What,
    pub lamport: u64,
    pub seen_seq: u64,
    pub sent_at: u64,
}

/// How one sending of a message was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Unanswered,
    Sent,
    /// A problem that may be retried.
    Refused,
    /// A problem whose `retry` is `never`.
    RefusedForGood,
    /// `idempotency_conflict`.
    Conflict,
}

/// One sending of a message.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub at: Where,
    pub conn: u64,
    pub reference: Option<u64>,
    /// Index into the drafts of its id.
    pub draft: usize,
    pub outcome: Outcome,
    pub answered: Option<Where>,
}

/// A `sent`.
#[derive(Debug)]
pub(crate) struct Acknowledged {
    pub at: Where,
    pub spot: Spot,
    pub received_at: u64,
    pub duplicate: bool,
}

/// All about one message id.
#[derive(Debug, Default)]
pub(crate) struct Entry {
    pub drafts: Vec<Draft>,
    pub attempts: Vec<Attempt>,
    pub acknowledged: Vec<Acknowledged>,
    /// The different places it was seen in, acknowledged or delivered.
    pub spots: Vec<(Spot, Where)>,
}

/// One of the different things that readers saw in one place; all but a broken run have one.
#[derive(Debug)]
pub(crate) struct Variant {
    pub heard: Heard,
    /// Where it was first seen.
    pub at: Where,
}

/// One conversation in one final read.
#[derive(Debug)]
pub(crate) struct FinalRead {
    pub epoch: u64,
    pub first: u64,
    pub head: u64,
    pub at: Where,
    pub messages: BTreeMap<u64, MessageId>,
}

/// A subscription from the device's cursor, to be judged when every acknowledgement is known.
#[derive(Debug)]
pub(crate) struct FromCursor {
    pub device: Device,
    pub next: u64,
    /// The highest the same file had acknowledged before.
    pub acknowledged_before: u64,
    pub at: Where,
}

/// Whose cursor: user, device, conversation.
pub(crate) type Device = (Name, Name, Name);

/// A broken promise, unless the history of this conversation begins there since what is below expired.
#[derive(Debug)]
pub(crate) struct Held {
    pub name: Name,
    pub first: u64,
    /// The last message that there was then.
    pub head: u64,
    pub kind: Kind,
    pub text: String,
    pub at: Where,
}

/// Everything read so far.
#[derive(Debug)]
pub(crate) struct Book {
    pub options: Options,
    pub counts: Counts,
    pub entries: BTreeMap<MessageId, Entry>,
    pub places: BTreeMap<Spot, Vec<Variant>>,
    /// By final file, then conversation.
    pub finals: Vec<(u32, BTreeMap<Name, FinalRead>)>,
    /// The highest message that was said to exist, by conversation and epoch.
    pub heads: BTreeMap<(Name, u64), (u64, Where)>,
    /// The highest acknowledged, by device and file.
    pub cursors: BTreeMap<Device, BTreeMap<u32, u64>>,
    /// Tickets that opened a connection, and where.
    pub tickets: BTreeMap<String, Where>,
    pub from_cursor: Vec<FromCursor>,
    pub instances: BTreeSet<InstanceId>,
    /// Who saw something of a conversation, and where first.
    pub readers: BTreeMap<Name, BTreeMap<Name, Where>>,
    /// What pages told of texts.
    pub told: BTreeMap<Name, Vec<Told>>,
    /// What was found and is right if history below has expired.
    pub held: Vec<Held>,
    /// What the house said that histories begin with, by conversation.
    expired: BTreeMap<Name, BTreeSet<u64>>,
    /// The epoch each conversation was first seen in.
    epochs: BTreeMap<Name, u64>,
    names: BTreeSet<Name>,
    files: Vec<String>,
    anomalies: Vec<Anomaly>,
    totals: BTreeMap<Kind, u64>,
}

impl Book {
    pub(crate) fn new(options: Options) -> Self {
        Self {
            options,
            counts: Counts::default(),
            entries: BTreeMap::new(),
            places: BTreeMap::new(),
            finals: Vec::new(),
            heads: BTreeMap::new(),
            cursors: BTreeMap::new(),
            tickets: BTreeMap::new(),
            from_cursor: Vec::new(),
            instances: BTreeSet::new(),
            readers: BTreeMap::new(),
            told: BTreeMap::new(),
            held: Vec::new(),
            expired: BTreeMap::new(),
            epochs: BTreeMap::new(),
            names: BTreeSet::new(),
            files: Vec::new(),
            anomalies: Vec::new(),
            totals: BTreeMap::new(),
        }
    }

    /// The number of a new file.
    pub(crate) fn name_file(&mut self, name: &str) -> u32 {
        self.files.push(name.to_owned());
        u32::try_from(self.files.len() - 1).expect("fewer than 2^32 files")
    }

    pub(crate) fn file_name(&self, file: u32) -> &str {
        self.files.get(file as usize).map_or("?", String::as_str)
    }

    /// The one copy of a name.
    pub(crate) fn name(&mut self, text: &str) -> Name {
        if let Some(name) = self.names.get(text) {
            return Arc::clone(name);
        }
        let name: Name = text.into();
        self.names.insert(Arc::clone(&name));
        name
    }

    /// A broken promise.
    pub(crate) fn found(
        &mut self,
        kind: Kind,
        conversation: Option<&Name>,
        text: impl Into<String>,
        at: &[Where],
    ) {
        let at = at.iter().map(|at| format!("{}:{}", self.file_name(at.file), at.line)).collect();
        self.found_at(kind, conversation, text, at);
    }

    /// The same, seen elsewhere than in a history.
    pub(crate) fn found_at(
        &mut self,
        kind: Kind,
        conversation: Option<&Name>,
        text: impl Into<String>,
        at: Vec<String>,
    ) {
        let total = self.totals.entry(kind).or_default();
        *total += 1;
        if usize::try_from(*total).is_ok_and(|total| total > KEPT_PER_KIND) {
            return;
        }
        let conversation = conversation.map(|name| name.to_string());
        self.anomalies.push(Anomaly { kind, conversation, text: text.into(), at });
    }

    /// A server spoke of this conversation in this epoch. Unless the run damages history, there is
    /// one.
    pub(crate) fn see_epoch(&mut self, conversation: &Name, epoch: u64, at: Where) {
        let first = *self.epochs.entry(Arc::clone(conversation)).or_insert(epoch);
        if first != epoch && !self.options.damaged {
            // The new one is remembered, so that each change is told once, not each frame of it.
            self.epochs.insert(Arc::clone(conversation), epoch);
            let text = format!("epoch {first} became {epoch}, though no history was damaged");
            self.found(Kind::FalseRecovered, Some(conversation), text, &[at]);
        }
    }

    /// A server said that messages up to here exist.
    pub(crate) fn see_head(&mut self, conversation: &Name, epoch: u64, head: u64, at: Where) {
        let known = self.heads.entry((Arc::clone(conversation), epoch)).or_insert((0, at));
        if head > known.0 {
            *known = (head, at);
        }
    }

    /// A reader saw this message in this place.
    pub(crate) fn see_message(&mut self, conversation: &Name, epoch: u64, heard: Heard, at: Where) {
        let spot = Spot { conversation: Arc::clone(conversation), seq: heard.seq, epoch };
        self.see_head(conversation, epoch, heard.seq, at);
        self.see_id(heard.id, &spot, at);
        if let (What::Expire { first }, KEEPER) = (&heard.what, heard.sender.as_str()) {
            self.expired.entry(Arc::clone(conversation)).or_default().insert(*first);
        }
        let variants = self.places.entry(spot).or_default();
        if let Some(known) = variants.iter_mut().find(|known| known.heard.is_same(&heard)) {
            // What was said says more than that it is gone.
            if heard.what.may_be(&known.heard.what) {
                *known = Variant { heard, at };
            }
            return;
        }
        let before = variants.first().map(|first| (difference(&first.heard, &heard), first.at));
        let seq = heard.seq;
        variants.push(Variant { heard, at });
        if let Some((difference, first_at)) = before {
            let text = format!("seq {seq} of epoch {epoch} is two things: {difference}");
            self.found(Kind::OrderSplit, Some(conversation), text, &[first_at, at]);
        }
    }

    /// Whether the house said that this history begins there.
    pub(crate) fn has_expired(&self, name: &Name, first: u64) -> bool {
        self.expired.get(name).is_some_and(|firsts| firsts.contains(&first))
    }

    /// Whether the house may have said by `head` that this history begins at `first`: in a place of which nobody was
    /// ever told what stood there, and which has itself expired since.
    pub(crate) fn may_have_expired(&self, name: &Name, first: u64, head: u64) -> bool {
        let spots = self.entries.values().flat_map(|entry| &entry.spots);
        let here = spots.filter(|(spot, _)| spot.conversation == *name);
        let told: BTreeSet<u64> = here.map(|(spot, _)| spot.seq).collect();
        (first..=head)
            .take_while(|seq| *seq < self.expired_below(name))
            .any(|seq| !told.contains(&seq))
    }

    /// Below this place everything may be gone; 0 = nothing.
    pub(crate) fn expired_below(&self, name: &Name) -> u64 {
        self.expired.get(name).and_then(|firsts| firsts.last().copied()).unwrap_or(0)
    }

    /// This id was seen in this place: acknowledged, delivered or paged.
    pub(crate) fn see_id(&mut self, id: MessageId, spot: &Spot, at: Where) {
        let spots = &mut self.entries.entry(id).or_default().spots;
        if !spots.iter().any(|(known, _)| known == spot) {
            spots.push((spot.clone(), at));
        }
    }

    pub(crate) fn into_report(mut self) -> Report {
        self.counts.conversations = u64::try_from(self.epochs.len()).unwrap_or(u64::MAX);
        self.anomalies.sort_by_key(|anomaly| anomaly.kind);
        Report { anomalies: self.anomalies, totals: self.totals, counts: self.counts }
    }
}

impl Entry {
    /// A message of this id was acknowledged.
    pub(crate) fn is_acknowledged(&self) -> bool {
        !self.acknowledged.is_empty()
    }
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seq {} of {}", self.seq, self.conversation)
    }
}

/// The first thing in which two messages of one place differ.
fn difference(a: &Heard, b: &Heard) -> String {
    if a.id != b.id {
        return format!("id {} and id {}", a.id, b.id);
    }
    let (id, what) = (a.id, |name: &str, a: String, b: String| format!("{name} {a} and {b}"));
    let which = if a.what != b.what {
        format!("{} and {}, which differ", a.what.shown(), b.what.shown())
    } else if a.sender != b.sender {
        what("sender", a.sender.clone(), b.sender.clone())
    } else if a.received_at != b.received_at {
        what("received_at", a.received_at.to_string(), b.received_at.to_string())
    } else if a.ordinal != b.ordinal {
        what("ordinal", a.ordinal.to_string(), b.ordinal.to_string())
    } else if a.lamport != b.lamport {
        what("lamport", a.lamport.0.to_string(), b.lamport.0.to_string())
    } else if a.seen_seq != b.seen_seq {
        what("seen_seq", a.seen_seq.to_string(), b.seen_seq.to_string())
    } else {
        what("sent_at", a.sent_at.to_string(), b.sent_at.to_string())
    };
    format!("id {id} with {which}")
}
