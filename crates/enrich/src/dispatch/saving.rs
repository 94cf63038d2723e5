//! Nobody pays twice for the same text: an answer is remembered by what was asked, and who asks what is being asked
//! already waits for that answer.
//!
//! What is remembered is in two halves. When the young one is full it becomes the old one, and what was old is
//! forgotten; what is asked for again is young again. So what is used stays, in constant time.

use std::borrow::Borrow;
use std::hash::{Hash, Hasher};

use model::{Body, SeededMap, SeededState, Understanding};

use super::{Call, Item};

/// Answers that are remembered at most.
const ANSWERS_MAX: usize = 262_144;

/// Bytes of an answer beside its text: two keys, its strings, the map's slot.
const ANSWER_BYTES: usize = 192;

/// Calls for the same text, one after the other, of which the last may fail for all who wait.
const LEADS_MAX: u8 = 2;

/// What becomes of a call.
#[derive(Debug)]
pub(super) enum Asked {
    /// The answer is known, and so many tokens are not spent.
    Had(Understanding, u64),
    /// It waits for the answer of another.
    Follows,
    /// It is sent.
    Leads,
}

/// What a call that failed means for those who waited for it.
#[derive(Debug)]
pub(super) enum Lost {
    /// Nobody did.
    Nobody,
    /// This one is sent now, and the others wait for it.
    LedBy(Item),
    /// They fail, too.
    All(Vec<Call>),
}

/// A text, known by what it says.
#[derive(Debug, PartialEq, Eq)]
struct Text(Body);

#[derive(Debug)]
struct Known {
    understanding: Understanding,
    tokens: u64,
}

/// Half of what is remembered.
#[derive(Debug)]
struct Half {
    answers: SeededMap<Text, Known>,
    bytes: usize,
}

/// A text that is being asked about.
#[derive(Debug)]
struct Out {
    leader: Call,
    leads: u8,
    /// The first first.
    followers: Vec<Call>,
}

#[derive(Debug)]
pub(super) struct Saving {
    half_bytes_max: usize,
    young: Half,
    old: Half,
    /// At most as many as calls that the enricher has out.
    out: SeededMap<Text, Out>,
}

impl Saving {
    pub(super) fn new(bytes_max: usize, seeds: SeededState) -> Self {
        let half = |seeds| Half { answers: SeededMap::with_hasher(seeds), bytes: 0 };
        Self {
            half_bytes_max: bytes_max / 2,
            young: half(seeds),
            old: half(seeds),
            out: SeededMap::with_hasher(seeds),
        }
    }

    /// A call is wanted.
    pub(super) fn ask(&mut self, item: &Item) -> Asked {
        let text = item.text.as_str();
        if let Some(known) = self.young.answers.get(text) {
            return Asked::Had(known.understanding.clone(), known.tokens);
        }
        if let Some(known) = self.old.take(text) {
            let asked = Asked::Had(known.understanding.clone(), known.tokens);
            self.remember(item.text.clone(), known);
            return asked;
        }
        match self.out.get_mut(text) {
            // A second call of the one who leads: that is what it is for.
            Some(out) if out.leader.target == item.call.target => Asked::Leads,
            Some(out) => {
                out.followers.push(item.call);
                Asked::Follows
            }
            None => {
                let out = Out { leader: item.call, leads: 1, followers: Vec::new() };
                self.out.insert(Text(item.text.clone()), out);
                Asked::Leads
            }
        }
    }

    /// There is an answer: who waited for it.
    pub(super) fn got(&mut self, text: Body, answer: &Understanding, tokens: u64) -> Vec<Call> {
        let followers = self.out.remove(text.as_str()).map(|out| out.followers);
        if !self.young.answers.contains_key(text.as_str()) {
            self.remember(text, Known { understanding: answer.clone(), tokens });
        }
        followers.unwrap_or_default()
    }

    /// A call has failed.
    pub(super) fn lost(&mut self, item: &Item) -> Lost {
        let Some(out) = self.out.get_mut(item.text.as_str()) else { return Lost::Nobody };
        if out.leader != item.call {
            return Lost::Nobody;
        }
        if out.followers.is_empty() || out.leads >= LEADS_MAX {
            let followers = self.give_up(item);
            return if followers.is_empty() { Lost::Nobody } else { Lost::All(followers) };
        }
        out.leader = out.followers.remove(0);
        out.leads += 1;
        Lost::LedBy(Item { call: out.leader, text: item.text.clone() })
    }

    /// The leader is not sent any more: who waited for it.
    pub(super) fn give_up(&mut self, leader: &Item) -> Vec<Call> {
        let text = leader.text.as_str();
        let leads = self.out.get(text).is_some_and(|out| out.leader == leader.call);
        let out = if leads { self.out.remove(text) } else { None };
        out.map(|out| out.followers).unwrap_or_default()
    }

    /// Answers, and their bytes.
    pub(super) fn sizes(&self) -> [usize; 2] {
        [self.young.answers.len() + self.old.answers.len(), self.young.bytes + self.old.bytes]
    }

    fn remember(&mut self, text: Body, known: Known) {
        let bytes = bytes(text.as_str());
        if bytes > self.half_bytes_max {
            return;
        }
        let is_full = self.young.bytes + bytes > self.half_bytes_max;
        if is_full || self.young.answers.len() >= ANSWERS_MAX / 2 {
            std::mem::swap(&mut self.young, &mut self.old);
            self.young.answers.clear();
            self.young.bytes = 0;
        }
        self.young.bytes += bytes;
        self.young.answers.insert(Text(text), known);
    }
}

impl Half {
    fn take(&mut self, text: &str) -> Option<Known> {
        let known = self.answers.remove(text)?;
        self.bytes -= bytes(text);
        Some(known)
    }
}

fn bytes(text: &str) -> usize {
    text.len() + ANSWER_BYTES
}

impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.as_str().hash(state);
    }
}

impl Borrow<str> for Text {
    fn borrow(&self) -> &str {
        self.0.as_str()
    }
}

#[cfg(test)]
mod tests;
