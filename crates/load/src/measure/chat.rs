//! Chat of hubbub over WebSocket: what one client asks and is answered is a request.
//!
//! What is asked follows from the seed and the number of the request: which act, in which conversation. Who asks follows
//! from the connection. A problem counts under the status that it has over HTTP (`docs/protocol.md`).
//!
//! # Invariants
//!
//! - An instance is never used again: each load draws its own.
//! - A client costs at most 4 KB, whatever it is doing: no buffer of its own, no task besides its one.

mod answer;
mod args;
mod company;
mod conversations;
mod door;
mod listener;
mod scenario;
mod talker;
mod tokens;
mod voice;
mod wanted;

use std::sync::Arc;

use super::refusal::Refusal;
use super::request::scattered;
use super::run::{Act, ChatPlan};
use super::target::Target;
use crate::stamp::{NUMBERS, Stamps};
use conversations::Conversations;
use tokens::Tokens;
use wanted::Wanted;

pub(crate) use args::ChatArgs;
pub(crate) use company::Company;

/// Instances of one connection: one for itself, one for each of its visits.
const LIVES: u64 = 1 << 32;

/// Which random number of a request chooses what it is, and which chooses its conversation.
const PLACE_OF_ACT: u64 = 0;
const PLACE_OF_CONVERSATION: u64 = 1;

/// Bytes that are left for the start of a user's name before a number.
const NAME_MAX_BYTES: usize = model::bounds::NAME_MAX_BYTES - "-60000".len();

/// What is asked, and of whom.
#[derive(Debug, Clone)]
pub(crate) struct Chat {
    /// Host and port, for the upgrade.
    authority: String,
    /// Path and query, for the upgrade.
    path: String,
    wanted: Wanted,
    conversations: Arc<Conversations>,
    tokens: Arc<Tokens>,
    stamps: Stamps,
    /// Of all weights.
    weights: u64,
    seed: u64,
    /// Instances follow from it.
    drawn: u64,
}

impl Chat {
    /// Checks what was given.
    pub(crate) fn new(target: &Target, args: &ChatArgs, seed: u64) -> Result<Self, Refusal> {
        let wanted = args.wanted()?;
        let Wanted { name, conversations, busiest, .. } = &wanted;
        let wrong = |why: &dyn std::fmt::Display| Refusal::usage(format!("name {name:?}: {why}"));
        let conversations =
            Conversations::new(name, *conversations, *busiest).map_err(|why| wrong(&why))?;
        if name.len() > NAME_MAX_BYTES {
            return Err(wrong(&format!("more than {NAME_MAX_BYTES} bytes")));
        }
        Ok(Self {
            authority: target.authority.clone(),
            path: target.path.clone(),
            conversations: Arc::new(conversations),
            tokens: Arc::new(args.tokens()?),
            stamps: Stamps::new(),
            weights: wanted.acts.values().map(|&weight| u64::from(weight)).sum(),
            wanted,
            seed,
            drawn: 0,
        })
    }

    /// The same, done by clients that nobody has seen before, on so many connections.
    pub(crate) fn anew(&self, connections: u32) -> Result<Arc<Self>, Refusal> {
        self.tokens.suffice(u64::from(connections) + self.wanted.listening())?;
        let drawn = getrandom::u64();
        let drawn =
            drawn.map_err(|why| Refusal::io(format!("the system gives no randomness: {why}")))?;
        Ok(Arc::new(Self { drawn, ..self.clone() }))
    }

    /// The same with nobody who listens.
    pub(crate) fn unheard(&self) -> Self {
        let wanted = Wanted { listeners: 0, listening: None, ..self.wanted.clone() };
        Self { wanted, ..self.clone() }
    }

    /// As the scenario has it.
    pub(crate) fn connections(&self) -> Option<u32> {
        self.wanted.connections
    }

    /// As the scenario has it.
    pub(crate) fn streams(&self) -> Option<u32> {
        self.wanted.streams
    }

    /// Whether each request has a connection of its own.
    pub(crate) fn is_only_connect(&self) -> bool {
        self.wanted.acts.iter().all(|(&act, &weight)| act == Act::Connect || weight == 0)
    }

    /// Whether there are several acts.
    fn is_mixture(&self) -> bool {
        self.wanted.acts.len() > 1
    }

    /// What a saved run says of it.
    pub(crate) fn told(&self) -> ChatPlan {
        let Wanted { acts, conversations, busiest, listeners, .. } = self.wanted.clone();
        ChatPlan {
            acts,
            conversations,
            busiest,
            listeners,
            listening: self.listening(),
            body_bytes: self.wanted.body_bytes,
            page_messages: self.wanted.page_messages,
        }
    }

    /// Connections that listen.
    fn listening(&self) -> u32 {
        u32::try_from(self.wanted.listening()).unwrap_or(u32::MAX)
    }

    /// What its messages have in their stamps, and those of other loads do not.
    fn tag(&self) -> u64 {
        self.drawn % NUMBERS
    }

    /// What request `index` is.
    fn act(&self, index: u64) -> Act {
        let mut at = self.random(index, PLACE_OF_ACT) % self.weights.max(1);
        for (&act, &weight) in &self.wanted.acts {
            match at.checked_sub(weight.into()) {
                Some(rest) => at = rest,
                None => return act,
            }
        }
        Act::Send
    }

    /// A number for request `index`; another for each `place`.
    fn random(&self, index: u64, place: u64) -> u64 {
        scattered(self.seed ^ scattered(index).wrapping_add(place))
    }
}

#[cfg(test)]
mod tests;
