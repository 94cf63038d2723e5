//! How every message stands that is not in hand, in few bytes: a bit for what is full, an entry for what is to be
//! asked again or was given up. All of it follows from the journal.

use std::collections::BTreeMap;

use model::{Enrichment, Fact, Offset, Reason, Understanding, Understood};

use crate::dead::{Dead, Letter};
use crate::done::Done;
use crate::enricher::Standing;
use crate::trace::Decided;

/// Topics that guesses are remembered under; the guess of a later one is kept without its topic.
const TOPICS_MAX: usize = 1_000;

/// Where the messages are. `received` is what the journal has; the others are to add up to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Messages with a text that were read from the journal.
    pub received: u64,
    /// The service's answer is durable.
    pub full: u64,
    /// Our own guess is; the service is asked again.
    pub degraded: u64,
    /// Given up.
    pub dead: u64,
    /// Neither.
    pub pending: u64,
    /// Deleted, erased or expired before the service answered: there is nothing left to be asked.
    pub gone: u64,
    /// Counter: messages that had a guess before anything else, in this life: none of the past's.
    pub guessed: u64,
    /// Counter: messages with a text that is nobody's business: in none of the others.
    pub private: u64,
}

impl Counts {
    /// Messages that are nowhere, or twice: 0, or there is a bug.
    pub fn error(&self) -> i64 {
        let found = self.full + self.degraded + self.dead + self.pending + self.gone;
        self.received.cast_signed() - found.cast_signed()
    }

    fn of(&mut self, standing: &Understood) -> &mut u64 {
        match standing {
            Understood::Pending => &mut self.pending,
            Understood::Full(_) => &mut self.full,
            Understood::Degraded { .. } => &mut self.degraded,
            Understood::Dead(_) => &mut self.dead,
        }
    }

    fn moved(&mut self, before: &Understood, after: &Understood) {
        *self.of(before) = self.of(before).saturating_sub(1);
        *self.of(after) += 1;
    }
}

/// One that is to be asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Later {
    /// Its guess and why it is one; none of what was replayed.
    guess: Option<(Reason, Guess)>,
    pub(crate) batch: u64,
    pub(crate) sweeps: u8,
    /// The walk in which it came here.
    walk: u32,
}

/// An understanding in 20 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Guess {
    sentiment_micros: i32,
    toxicity_micros: u32,
    urgency_micros: u32,
    language: [u8; 3],
    topic: u16,
}

/// All that are not in hand.
#[derive(Debug)]
pub(crate) struct Ledger {
    counts: Counts,
    /// Full: nothing more happens to them.
    done: Done,
    later: BTreeMap<Offset, Later>,
    /// Walks along all that is to be asked again.
    walk: u32,
    dead: Dead,
    /// Of the past, until its end is reached: where the messages are that have no fact yet.
    unread: BTreeMap<Offset, u64>,
    topics: Vec<String>,
}

impl Ledger {
    /// An empty one, which keeps up to so many dead letters.
    pub(crate) fn new(letters_max: usize) -> Self {
        Self {
            counts: Counts::default(),
            done: Done::default(),
            later: BTreeMap::new(),
            walk: 0,
            dead: Dead::new(letters_max),
            unread: BTreeMap::new(),
            topics: Vec::new(),
        }
    }

    /// A fact of the journal's past.
    pub(crate) fn past(&mut self, batch: u64, offset: Offset, fact: &Fact) {
        match fact {
            Fact::Message(message) if message.content.is_text() => {
                self.received();
                self.unread.insert(offset, batch);
            }
            Fact::Enriched(enrichment) => self.past_enrichment(enrichment),
            // A message whose text had to go has nothing to be understood any more.
            Fact::Message(_) | Fact::Cursors(_) | Fact::EpochStarted(_) | Fact::Remnant(_) => {}
        }
    }

    fn past_enrichment(&mut self, enrichment: &Enrichment) {
        let target = enrichment.target;
        let Some(batch) = self.place(target) else { return };
        self.counts.moved(&enrichment.before, &enrichment.after);
        self.unread.remove(&target);
        self.later.remove(&target);
        self.dead.remove(target);
        let letter = |why| Letter {
            conversation: enrichment.conversation.clone(),
            seq: enrichment.seq,
            said: enrichment.said.clone(),
            why,
            batch,
        };
        if let Understood::Dead(why) = &enrichment.after {
            self.bury(target, letter(*why));
        } else {
            self.put(target, &enrichment.after, batch, 0);
        }
    }

    /// Which batch a message of the past is in, if it is there: what retention took with its message is not counted.
    fn place(&self, target: Offset) -> Option<u64> {
        let later = self.later.get(&target).map(|later| later.batch);
        let dead = self.dead.why(target).map(|(_, batch)| batch);
        self.unread.get(&target).copied().or(later).or(dead)
    }

    /// The past is read: where the first message stands that has no fact yet.
    pub(crate) fn end_of_past(&mut self) -> Option<u64> {
        std::mem::take(&mut self.unread).into_values().min()
    }

    /// A new message.
    pub(crate) fn received(&mut self) {
        self.counts.received += 1;
        self.counts.pending += 1;
    }

    /// A new message that nothing is to be understood of.
    pub(crate) fn private(&mut self) {
        self.counts.private += 1;
    }

    /// A fact has become durable.
    pub(crate) fn moved(&mut self, before: &Understood, after: &Understood) {
        let is_first_guess =
            matches!((before, after), (Understood::Pending, Understood::Degraded { .. }));
        self.counts.guessed += u64::from(is_first_guess);
        self.counts.moved(before, after);
    }

    /// Whether it has a standing already: nothing is to be done when its message is read again.
    pub(crate) fn knows(&self, offset: Offset) -> bool {
        self.done.contains(offset)
            || self.later.contains_key(&offset)
            || self.dead.why(offset).is_some()
    }

    /// One that leaves the hand.
    pub(crate) fn put(&mut self, target: Offset, standing: &Understood, batch: u64, sweeps: u8) {
        let guess = match standing {
            Understood::Full(_) => {
                self.done.insert(target);
                return;
            }
            Understood::Degraded { why, guess } => Some((*why, self.pack(guess))),
            Understood::Pending => None,
            Understood::Dead(_) => return,
        };
        self.later.insert(target, Later { guess, batch, sweeps, walk: self.walk });
    }

    /// One that was given up leaves the hand.
    pub(crate) fn bury(&mut self, target: Offset, letter: Letter) {
        self.dead.insert(target, letter);
    }

    /// One that is to be asked again comes in hand: how it stands, and how often it was swept before.
    pub(crate) fn take_later(&mut self, target: Offset) -> Option<(Understood, u8)> {
        let later = self.later.remove(&target)?;
        let standing = later.guess.map_or(Understood::Pending, |(why, guess)| {
            Understood::Degraded { why, guess: self.unpack(guess) }
        });
        Some((standing, later.sweeps))
    }

    /// The batch of the first that is to be asked again.
    pub(crate) fn first_later(&self) -> Option<u64> {
        self.later.values().map(|later| later.batch).min()
    }

    /// A walk begins after this batch.
    pub(crate) fn begin_walk(&mut self, after: u64) {
        self.walk = self.walk.wrapping_add(1);
        self.dead.begin_walk(after);
    }

    /// It has come to the journal's end: what was here when it began and was not met is not in the journal
    /// any more.
    pub(crate) fn end_walk(&mut self) {
        let (walk, counts) = (self.walk, &mut self.counts);
        self.later.retain(|_, later| {
            if later.walk == walk {
                return true;
            }
            let stood =
                if later.guess.is_some() { &mut counts.degraded } else { &mut counts.pending };
            *stood = stood.saturating_sub(1);
            counts.gone += 1;
            false
        });
        let gone = self.dead.end_walk();
        counts.dead = counts.dead.saturating_sub(gone);
        counts.gone += gone;
    }

    /// How many are to be asked again.
    pub(crate) fn later(&self) -> usize {
        self.later.len()
    }

    /// How one stands that is not in hand.
    pub(crate) fn standing(&self, target: Offset) -> Standing {
        if let Some((why, _)) = self.dead.why(target) {
            return Standing::Dead(why);
        }
        if let Some(later) = self.later.get(&target) {
            let result = later.guess.map_or(Decided::Pending, |(why, _)| Decided::Degraded(why));
            return Standing::Later { result, sweeps: later.sweeps };
        }
        if self.done.contains(target) { Standing::Full } else { Standing::Unknown }
    }

    /// Those that were given up.
    pub(crate) fn dead(&self) -> &Dead {
        &self.dead
    }

    /// The same, for those that come back on a walk.
    pub(crate) fn dead_mut(&mut self) -> &mut Dead {
        &mut self.dead
    }

    /// It is to be replayed: it is no dead letter any more.
    pub(crate) fn unbury(&mut self, target: Offset) {
        self.dead.remove(target);
    }

    pub(crate) fn counts(&self) -> Counts {
        self.counts
    }

    fn pack(&mut self, guess: &Understanding) -> Guess {
        let mut language = [0; 3];
        for (to, from) in language.iter_mut().zip(guess.language.bytes()) {
            *to = from;
        }
        Guess {
            sentiment_micros: guess.sentiment_micros,
            toxicity_micros: guess.toxicity_micros,
            urgency_micros: guess.urgency_micros,
            language,
            topic: self.topic(&guess.topic),
        }
    }

    fn unpack(&self, guess: Guess) -> Understanding {
        let language: Vec<u8> = guess.language.into_iter().take_while(|byte| *byte > 0).collect();
        let topic = usize::from(guess.topic).checked_sub(1).and_then(|at| self.topics.get(at));
        Understanding {
            language: String::from_utf8(language).unwrap_or_default(),
            sentiment_micros: guess.sentiment_micros,
            topic: topic.cloned().unwrap_or_default(),
            toxicity_micros: guess.toxicity_micros,
            urgency_micros: guess.urgency_micros,
        }
    }

    /// The number of a topic, from 1; 0 of none.
    fn topic(&mut self, topic: &str) -> u16 {
        if topic.is_empty() {
            return 0;
        }
        let at = self.topics.iter().position(|known| known == topic).or_else(|| {
            (self.topics.len() < TOPICS_MAX).then(|| {
                self.topics.push(topic.to_owned());
                self.topics.len() - 1
            })
        });
        at.and_then(|at| u16::try_from(at + 1).ok()).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests;
