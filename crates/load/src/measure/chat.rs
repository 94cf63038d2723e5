//! Chat of hubbub over WebSocket: what one client asks and is answered is a request.
//!
//! What is asked follows from the seed and the number of the request: which act, in which conversation. Who asks follows
//! from the connection.
//!
//! # Invariants
//!
//! - An instance is never used again: each load draws its own (`docs/protocol.md`).
//! - A client costs at most 4 KB, whatever it is doing: no buffer of its own, no task besides its one.

mod act;
mod answer;
mod args;
mod company;
mod conversations;
mod door;
mod talker;
mod voice;

use std::sync::Arc;

use super::refusal::Refusal;
use super::request::scattered;
use super::target::Target;
use act::Act;
use conversations::Conversations;

pub(crate) use args::ChatArgs;
pub(crate) use company::Company;

/// Instances of one connection: one for itself, one for each of its visits.
const LIVES: u64 = 1 << 32;

/// What is asked, and of whom.
#[derive(Debug, Clone)]
pub(crate) struct Chat {
    /// Host and port, for the upgrade.
    authority: String,
    /// Path and query, for the upgrade.
    path: String,
    /// How names begin.
    name: String,
    act: Act,
    conversations: Conversations,
    body_bytes: usize,
    seed: u64,
    /// Instances follow from it.
    drawn: u64,
}

impl Chat {
    /// Checks what was given.
    pub(crate) fn new(target: &Target, args: &ChatArgs, seed: u64) -> Result<Self, Refusal> {
        let conversations = Conversations::new(args.name(), args.conversations())?;
        voice::user(args.name(), u32::MAX)
            .map_err(|why| Refusal::usage(format!("--name {}: {why}", args.name())))?;
        Ok(Self {
            authority: target.authority.clone(),
            path: target.path.clone(),
            name: args.name().to_owned(),
            act: Act::Send,
            conversations,
            body_bytes: usize::from(args.body_bytes()),
            seed,
            drawn: 0,
        })
    }

    /// The same, done by clients that nobody has seen before.
    pub(crate) fn anew(&self) -> Result<Arc<Self>, Refusal> {
        let drawn = getrandom::u64();
        let drawn =
            drawn.map_err(|why| Refusal::io(format!("the system gives no randomness: {why}")))?;
        Ok(Arc::new(Self { drawn, ..self.clone() }))
    }

    /// What request `index` is.
    fn act(&self, _index: u64) -> Act {
        self.act
    }

    /// A number for request `index`; another for each `place`.
    fn random(&self, index: u64, place: u64) -> u64 {
        scattered(self.seed ^ scattered(index).wrapping_add(place))
    }
}
