//! A scenario file: what is wanted of a chat, in TOML (`docs/measuring.md`).

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::wanted::{Field, Wanted};
use crate::measure::refusal::Refusal;
use crate::measure::run::{Act, Busiest};

/// Bytes of a file.
const FILE_MAX_BYTES: u64 = 1 << 20;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    connections: Option<Spanned<u32>>,
    streams: Option<Spanned<u32>>,
    name: Option<Spanned<String>>,
    body_bytes: Option<Spanned<u32>>,
    page_messages: Option<Spanned<u32>>,
    acts: Option<Spanned<BTreeMap<Act, u32>>>,
    #[serde(default)]
    conversations: Conversations,
    #[serde(default)]
    listeners: Listeners,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Conversations {
    count: Option<Spanned<u32>>,
    busiest: Option<Spanned<Busiest>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listeners {
    per_conversation: Option<Spanned<u32>>,
    connections: Option<Spanned<u32>>,
}

/// Reads a file.
pub(super) fn read(path: &Path) -> Result<Wanted, Refusal> {
    let name = path.display();
    let wrong = |why: &str| Refusal::usage(format!("--scenario {name}: {why}"));
    let length = std::fs::metadata(path).map_err(|why| wrong(&why.to_string()))?.len();
    if length > FILE_MAX_BYTES {
        return Err(wrong(&format!("has {length} bytes; {FILE_MAX_BYTES} is the most")));
    }
    let text = std::fs::read_to_string(path).map_err(|why| wrong(&why.to_string()))?;
    parse(&text).map_err(|(line, why)| Refusal::usage(format!("{name}, line {line}: {why}")))
}

/// What a file says; or in which line what is wrong.
fn parse(text: &str) -> Result<Wanted, (usize, String)> {
    let line = |at: usize| 1 + text.bytes().take(at).filter(|&byte| byte == b'\n').count();
    let file: File = toml::from_str(text).map_err(|why| {
        let at = why.span().map_or(0, |span| span.start);
        (line(at), why.message().replace('\n', ", "))
    })?;
    let spans = file.spans();
    let wanted = file.wanted();
    wanted.check().map_err(|(field, why)| {
        let span = spans.iter().find(|(of, span)| *of == field && span.is_some());
        let at = span.and_then(|(_, span)| span.clone()).map_or(0, |span| span.start);
        (line(at), format!("{}: {why}", name(field)))
    })?;
    Ok(wanted)
}

/// As it is written in a file.
fn name(field: Field) -> &'static str {
    match field {
        Field::Connections => "connections",
        Field::Streams => "streams",
        Field::Name => "name",
        Field::Acts => "acts",
        Field::Conversations => "conversations.count",
        Field::Busiest => "conversations.busiest",
        Field::Listeners => "listeners.per_conversation",
        Field::Listening => "listeners.connections",
        Field::BodyBytes => "body_bytes",
        Field::PageMessages => "page_messages",
    }
}

impl File {
    /// Where each stands.
    fn spans(&self) -> [(Field, Option<Range<usize>>); 10] {
        fn of<T>(value: &Option<Spanned<T>>) -> Option<Range<usize>> {
            value.as_ref().map(Spanned::span)
        }
        [
            (Field::Connections, of(&self.connections)),
            (Field::Streams, of(&self.streams)),
            (Field::Name, of(&self.name)),
            (Field::Acts, of(&self.acts)),
            (Field::Conversations, of(&self.conversations.count)),
            (Field::Busiest, of(&self.conversations.busiest)),
            (Field::Listeners, of(&self.listeners.per_conversation)),
            (Field::Listening, of(&self.listeners.connections)),
            (Field::BodyBytes, of(&self.body_bytes)),
            (Field::PageMessages, of(&self.page_messages)),
        ]
    }

    fn wanted(self) -> Wanted {
        let usual = Wanted::default();
        let number = |value: Option<Spanned<u32>>| value.map(Spanned::into_inner);
        let or = |value: Option<Spanned<u32>>, usual| number(value).unwrap_or(usual);
        Wanted {
            connections: number(self.connections),
            streams: number(self.streams),
            name: self.name.map_or(usual.name, Spanned::into_inner),
            acts: self.acts.map_or(usual.acts, Spanned::into_inner),
            conversations: or(self.conversations.count, usual.conversations),
            busiest: self.conversations.busiest.map(Spanned::into_inner),
            listeners: or(self.listeners.per_conversation, usual.listeners),
            listening: number(self.listeners.connections),
            body_bytes: or(self.body_bytes, usual.body_bytes),
            page_messages: or(self.page_messages, usual.page_messages),
        }
    }
}

#[cfg(test)]
mod tests;
