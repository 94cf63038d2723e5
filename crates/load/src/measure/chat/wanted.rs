//! What of a chat is wanted, wherever that was said: by flags or in a file.

use std::collections::BTreeMap;

use model::bounds::{BODY_MAX_BYTES, PAGE_MAX_MESSAGES};

use crate::measure::args::CONNECTIONS_MAX;
use crate::measure::run::{Act, Busiest};
use crate::stamp::STAMP_BYTES;

/// Conversations of a load.
pub(crate) const CONVERSATIONS_MAX: u32 = 1_000_000;

/// Subscriptions that the server lets a connection have.
pub(crate) const SUBSCRIPTIONS_MAX: u64 = 1_000;

/// What is wanted.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Wanted {
    /// Connections; nothing if that is said elsewhere.
    pub(crate) connections: Option<u32>,
    /// Requests that a connection has in flight; nothing if that is said elsewhere.
    pub(crate) streams: Option<u32>,
    /// How names begin.
    pub(crate) name: String,
    /// With their weights.
    pub(crate) acts: BTreeMap<Act, u32>,
    pub(crate) conversations: u32,
    pub(crate) busiest: Option<Busiest>,
    /// Of each conversation.
    pub(crate) listeners: u32,
    /// Connections that listen; as many as there are listeners, if it is not said.
    pub(crate) listening: Option<u32>,
    pub(crate) body_bytes: u32,
    pub(crate) page_messages: u32,
}

/// What is wrong, of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    Connections,
    Streams,
    Name,
    Acts,
    Conversations,
    Busiest,
    Listeners,
    Listening,
    BodyBytes,
    PageMessages,
}

impl Default for Wanted {
    fn default() -> Self {
        Self {
            connections: None,
            streams: None,
            name: "load".to_owned(),
            acts: BTreeMap::from([(Act::Send, 1)]),
            conversations: 1_000,
            busiest: None,
            listeners: 0,
            listening: None,
            body_bytes: 100,
            page_messages: 50,
        }
    }
}

impl Wanted {
    /// Connections that listen.
    pub(crate) fn listening(&self) -> u64 {
        let each = u64::from(self.conversations) * u64::from(self.listeners);
        self.listening.map_or(each, u64::from)
    }

    /// Whether it can be meant; if not, why not.
    pub(crate) fn check(&self) -> Result<(), (Field, String)> {
        let Self { connections, streams, conversations, body_bytes, page_messages, .. } = *self;
        let within = |field, number: u64, most: u64| match number {
            0 => Err((field, "is 0; 1 is the least".to_owned())),
            _ if number > most => Err((field, format!("is {number}; {most} is the most"))),
            _ => Ok(()),
        };
        let most = u64::from(CONNECTIONS_MAX);
        within(Field::Connections, connections.map_or(1, u64::from), most)?;
        within(Field::Streams, streams.map_or(1, u64::from), 1_000)?;
        within(Field::Conversations, conversations.into(), CONVERSATIONS_MAX.into())?;
        within(Field::BodyBytes, body_bytes.into(), BODY_MAX_BYTES as u64)?;
        within(Field::PageMessages, page_messages.into(), PAGE_MAX_MESSAGES.into())?;
        if self.acts.values().all(|&weight| weight == 0) {
            return Err((Field::Acts, "none is ever done: give one a weight above 0".to_owned()));
        }
        if let Some(busiest) = self.busiest {
            check_busiest(busiest, conversations).map_err(|why| (Field::Busiest, why))?;
        }
        self.check_listeners()
    }

    fn check_listeners(&self) -> Result<(), (Field, String)> {
        let Self { conversations, listeners, .. } = *self;
        if listeners == 0 {
            let why = || (Field::Listening, "nobody listens: say how many to each".to_owned());
            return self.listening.map_or(Ok(()), |_| Err(why()));
        }
        let wrong = |why: String| Err((Field::Listeners, why));
        if self.acts.get(&Act::Send).is_none_or(|&weight| weight == 0) {
            return wrong("nothing is sent that could be heard".to_owned());
        }
        let body_bytes = self.body_bytes as usize;
        if body_bytes < STAMP_BYTES {
            return wrong(format!(
                "a message says when it was due, which takes {STAMP_BYTES} bytes: {body_bytes} are too few"
            ));
        }
        let listening = self.listening();
        if listening > u64::from(CONNECTIONS_MAX) {
            return wrong(format!(
                "{conversations} conversations × {listeners} are {listening} connections; {CONNECTIONS_MAX} is the most"
            ));
        }
        if listening < u64::from(listeners) {
            let why =
                format!("{listening} connections are too few for {listeners} of a conversation");
            return Err((Field::Listening, why));
        }
        let each = (u64::from(conversations) * u64::from(listeners)).div_ceil(listening);
        if each > SUBSCRIPTIONS_MAX {
            let why = format!(
                "each connection would listen to {each} conversations; {SUBSCRIPTIONS_MAX} is the most"
            );
            return Err((Field::Listening, why));
        }
        Ok(())
    }
}

fn check_busiest(busiest: Busiest, conversations: u32) -> Result<(), String> {
    let Busiest { share, carry } = busiest;
    if !(share > 0.0 && share < 1.0 && carry > 0.0 && carry < 1.0) {
        return Err(format!("share {share} and carry {carry} are parts of 1: above 0 and below 1"));
    }
    if carry < share {
        return Err(format!("the busiest {share} of all cannot carry {carry}, which is less"));
    }
    if (share * f64::from(conversations)).round() < 1.0 {
        return Err(format!("{share} of {conversations} conversations is not one"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
