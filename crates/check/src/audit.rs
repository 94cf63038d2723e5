//! The results of the outside service: what the journal says of each text, and what the tables count.
//!
//! It believes neither who writes results nor who counts them: it follows every fact by itself, and adds
//! up by itself what tables are to say.
//!
//! # Invariants
//!
//! - Of a text that is gone on purpose (deleted, erased, expired) tables may or may not count what was
//!   said: they count what was there when they came by. Of its conversation only bounds are known.
//! - A conversation of which nothing is gone is counted exactly.

mod judge;

pub(crate) use judge::judge;

use std::collections::BTreeMap;
use std::ops::{AddAssign, SubAssign};
use std::sync::Arc;

use model::{
    BatchNo, Content, Enrichment, Fact, Left, MessageId, Offset, Remnant, Understood, Wall,
};
use serde::{Deserialize, Serialize};

use crate::Kind;
use crate::book::Name;

/// What is counted of some texts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// Texts.
    pub messages: i64,
    /// Those that the service answered.
    pub full: i64,
    /// Those that have a guess.
    pub degraded: i64,
    /// Those that were given up.
    pub dead: i64,
    /// The sentiments of `full` and `degraded`, in millionths.
    pub sentiment_sum_micros: i64,
}

/// What the journal said of results. A run that looks green because nothing happened shows here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Results {
    /// Texts that are there.
    pub texts: u64,
    /// Of these, those that the service answered.
    pub full: u64,
    /// Those that have a guess.
    pub degraded: u64,
    /// Those that were given up.
    pub dead: u64,
    /// Those of which nothing is known.
    pub pending: u64,
    /// Texts that are gone.
    pub gone: u64,
    /// Facts about results.
    pub facts: u64,
    /// Of these, answers in the place of a guess.
    pub late_answers: u64,
    /// Conversations that the tables count exactly.
    pub exact: u64,
    /// Conversations of which something is gone.
    pub bounded: u64,
}

/// A data directory, read by itself.
#[derive(Debug)]
pub struct Audit {
    /// The tables have counted everything up to this batch.
    counted: BatchNo,
    /// The last batch that speaks of texts or results.
    last: BatchNo,
    places: BTreeMap<Offset, Place>,
    rooms: BTreeMap<Name, Room>,
    rows: BTreeMap<String, Sums>,
    windows: Vec<(String, Sums)>,
    stamps: Option<(Wall, Wall)>,
    /// Results whose text is not in the journal.
    strays: Vec<(Name, u64, Offset)>,
    found: Vec<Found>,
    results: Results,
}

/// Where a text stands, or stood.
#[derive(Debug)]
struct Place {
    name: Name,
    seq: u64,
    id: MessageId,
    is_gone: bool,
    /// As the last fact has it.
    standing: Understood,
    facts: u64,
}

/// What is expected of a conversation's row.
#[derive(Debug, Default)]
struct Room {
    here: Sums,
    /// Texts that are gone, at most.
    gone: i64,
    /// What stands below has expired.
    first: u64,
}

/// A broken promise.
#[derive(Debug)]
struct Found {
    kind: Kind,
    name: Option<Name>,
    text: String,
    at: String,
}

impl Audit {
    /// Tables have counted everything up to and including this batch.
    pub fn new(counted: BatchNo) -> Self {
        Self {
            counted,
            last: BatchNo(0),
            places: BTreeMap::new(),
            rooms: BTreeMap::new(),
            rows: BTreeMap::new(),
            windows: Vec::new(),
            stamps: None,
            strays: Vec::new(),
            found: Vec::new(),
            results: Results::default(),
        }
    }

    /// The next fact of the journal.
    pub fn fact(&mut self, batch: BatchNo, offset: Offset, fact: &Fact) {
        match fact {
            Fact::Message(message) => {
                let name = self.name(message.conversation.as_str());
                if let Content::Expire { first } = &message.content {
                    let room = self.room(&name);
                    room.first = room.first.max(first.0);
                }
                if message.content.is_text() {
                    self.last = batch;
                    self.stamp(message.received_at);
                    let counts = i64::from(batch <= self.counted);
                    self.room(&name).here.messages += counts;
                    let (seq, id) = (message.seq.0, message.id);
                    self.place(offset, Place::new(name, seq, id, false));
                }
            }
            Fact::Remnant(remnant) => self.remnant(offset, remnant),
            Fact::Enriched(enrichment) => {
                self.last = batch;
                self.result(batch, offset, enrichment);
            }
            Fact::Cursors(_) | Fact::EpochStarted(_) => {}
        }
    }

    /// What the tables count of a conversation.
    pub fn row(&mut self, conversation: &str, sums: Sums) {
        self.rows.insert(conversation.to_owned(), sums);
    }

    /// What the tables count in all windows of one kind; no text is in two of them. Rows of different kinds
    /// need not be written at the same time: they are compared when all was waited for.
    pub fn windows(&mut self, kind: &str, sums: Sums) {
        self.windows.push((kind.to_owned(), sums));
    }

    fn remnant(&mut self, offset: Offset, remnant: &Remnant) {
        match remnant.left {
            Left::Nothing | Left::Gone(_) => {
                let name = self.name(remnant.conversation.as_str());
                self.room(&name).gone += 1;
                self.place(offset, Place::new(name, remnant.seq.0, remnant.id, true));
            }
            Left::EditOfGone(_) => {}
        }
    }

    fn result(&mut self, batch: BatchNo, at: Offset, fact: &Enrichment) {
        self.results.facts += 1;
        let name = self.name(fact.conversation.as_str());
        let target = fact.target;
        let Some(place) = self.places.get_mut(&target) else {
            self.strays.push((name, fact.seq.0, at));
            return;
        };
        place.facts += 1;
        // Of what expired, the first facts may be gone with their text.
        let is_first_known = place.is_gone && place.facts == 1;
        let was = std::mem::replace(&mut place.standing, fact.after.clone());
        let is_of_it = place.name == name && place.seq == fact.seq.0;
        let follows = is_first_known || (was == fact.before && !matches!(was, Understood::Full(_)));
        let is_gone = place.is_gone;
        if let (Understood::Degraded { .. }, Understood::Full(_)) = (&was, &fact.after) {
            self.results.late_answers += 1;
        }
        if !is_of_it || !follows {
            let text = format!(
                "seq {} stood as {}, and a result replaces {} by {}",
                fact.seq,
                shown(&was),
                shown(&fact.before),
                shown(&fact.after)
            );
            self.broken(Kind::BrokenResult, &name, text, at);
        }
        if batch <= self.counted && !is_gone {
            let here = &mut self.room(&name).here;
            *here -= Sums::of(&was);
            *here += Sums::of(&fact.after);
        }
    }

    fn place(&mut self, offset: Offset, place: Place) {
        self.places.insert(offset, place);
    }

    fn room(&mut self, name: &Name) -> &mut Room {
        self.rooms.entry(Arc::clone(name)).or_default()
    }

    /// One allocation for all mentions of a name.
    fn name(&mut self, text: &str) -> Name {
        if let Some((name, _)) = self.rooms.get_key_value(text) {
            return Arc::clone(name);
        }
        let name: Name = text.into();
        self.rooms.insert(Arc::clone(&name), Room::default());
        name
    }

    fn stamp(&mut self, at: Wall) {
        let (first, last) = self.stamps.unwrap_or((at, at));
        self.stamps = Some((first.min(at), last.max(at)));
    }

    fn broken(&mut self, kind: Kind, name: &Name, text: String, at: Offset) {
        let at = format!("partition {} record {}", at.partition.get(), at.record);
        self.found.push(Found { kind, name: Some(Arc::clone(name)), text, at });
    }
}

impl Place {
    fn new(name: Name, seq: u64, id: MessageId, is_gone: bool) -> Self {
        Self { name, seq, id, is_gone, standing: Understood::Pending, facts: 0 }
    }
}

impl Sums {
    /// What a standing is counted as.
    fn of(standing: &Understood) -> Self {
        let mut sums = Self::default();
        match standing {
            Understood::Pending => {}
            Understood::Full(_) => sums.full = 1,
            Understood::Degraded { .. } => sums.degraded = 1,
            Understood::Dead(_) => sums.dead = 1,
        }
        let sentiment = standing.understanding().map_or(0, |u| u.sentiment_micros);
        sums.sentiment_sum_micros = i64::from(sentiment);
        sums
    }

    fn parts(self) -> [(&'static str, i64); 4] {
        let Self { messages, full, degraded, dead, .. } = self;
        [("messages", messages), ("full", full), ("degraded", degraded), ("dead", dead)]
    }
}

impl AddAssign for Sums {
    fn add_assign(&mut self, other: Self) {
        self.messages += other.messages;
        self.full += other.full;
        self.degraded += other.degraded;
        self.dead += other.dead;
        self.sentiment_sum_micros += other.sentiment_sum_micros;
    }
}

impl SubAssign for Sums {
    fn sub_assign(&mut self, other: Self) {
        self.messages -= other.messages;
        self.full -= other.full;
        self.degraded -= other.degraded;
        self.dead -= other.dead;
        self.sentiment_sum_micros -= other.sentiment_sum_micros;
    }
}

/// Short, for people; never what was understood.
fn shown(standing: &Understood) -> &'static str {
    match standing {
        Understood::Pending => "pending",
        Understood::Full(_) => "full",
        Understood::Degraded { .. } => "degraded",
        Understood::Dead(_) => "dead",
    }
}
