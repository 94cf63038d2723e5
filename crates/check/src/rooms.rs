//! What became of conversations: who may have done what was done, who may have seen what was seen,
//! and whether pages tell of their texts what the events made of them.
//!
//! The events of a conversation are those of the first final read that has it. The rules of
//! `docs/protocol.md` are folded over them plainly, one event after the other.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::Kind;
use crate::book::{Book, FinalRead, Name, Spot, Variant, Where};
use crate::frame::Heard;
use crate::what::{KEEPER, What};

/// What a page told of one text.
#[derive(Debug)]
pub(crate) struct Told {
    pub seq: u64,
    /// By the events up to here.
    pub as_of: u64,
    pub edited: Option<(u64, String)>,
    pub reactions: BTreeMap<String, u64>,
    pub at: Where,
}

/// Different reactions to one text that are counted.
const REACTIONS_COUNTED_MAX: usize = 20;

type Finding = (Kind, Name, String, Vec<Where>);

/// An event at its place, as far as the rules ask.
struct Event<'a> {
    seq: u64,
    ordinal: u64,
    sender: &'a str,
    what: &'a What,
    at: Where,
}

/// Judges all conversations.
pub(crate) fn judge(book: &mut Book) {
    // Where history was damaged, the events that made it so may be gone.
    if book.options.damaged {
        return;
    }
    let mut found: Vec<Finding> = Vec::new();
    let mut changes: BTreeMap<String, u64> = BTreeMap::new();
    let names: BTreeSet<&Name> = book.finals.iter().flat_map(|(_, read)| read.keys()).collect();
    for name in names {
        let read = book.finals.iter().find_map(|(_, read)| read.get(name));
        let Some(read) = read else { continue };
        let events = events(book, name, read);
        for event in &events {
            if let Some(kind) = event.what.kind() {
                *changes.entry(kind.to_owned()).or_default() += 1;
            }
        }
        ordinals(book, name, &events, &mut found);
        tales(book, name, &events, &mut found);
        houses(name, &events, &mut found);
        // Of a governed one nobody knows then who was in it.
        if read.first == 1 || !is_governed(name) {
            trespasses(name, &events, expired_texts(book, name, read), &mut found);
        }
        if read.first == 1 {
            eavesdroppers(book, name, &events, &mut found);
        }
    }
    book.counts.changes = changes;
    for (kind, name, text, at) in found {
        book.found(kind, Some(&name), text, &at);
    }
}

fn events<'a>(book: &'a Book, name: &Name, read: &FinalRead) -> Vec<Event<'a>> {
    let event = |seq: u64| {
        let spot = Spot { conversation: Arc::clone(name), seq, epoch: read.epoch };
        // What was said is known from its author where a reader only saw that it is gone.
        let variant = book.places.get(&spot)?.first()?;
        let said = book.entries.get(&variant.heard.id).and_then(|entry| entry.drafts.first());
        let what = match (&variant.heard.what, said) {
            (seen, Some(draft)) if draft.what.may_be(seen) => &draft.what,
            (seen, _) => seen,
        };
        let Heard { ordinal, sender, .. } = &variant.heard;
        Some(Event { seq, ordinal: *ordinal, sender, what, at: variant.at })
    };
    read.messages.keys().filter_map(|seq| event(*seq)).collect()
}

fn is_governed(name: &str) -> bool {
    ["d:", "g:", "c:"].iter().any(|prefix| name.starts_with(prefix))
}

fn rank(role: &str) -> u8 {
    match role {
        "reader" => 1,
        "member" => 2,
        "admin" => 3,
        "owner" => 4,
        _ => 0,
    }
}

/// Only the house says what is the house's to say, and says nothing else.
fn houses(name: &Name, events: &[Event<'_>], found: &mut Vec<Finding>) {
    for event in events {
        if (event.sender == KEEPER) != event.what.is_of_the_house() {
            let text = format!("seq {} by {}: {}", event.seq, event.sender, event.what.shown());
            found.push((Kind::Trespass, Arc::clone(name), text, vec![event.at]));
        }
    }
}

/// Whose the texts were that have expired, as far as someone was told of them.
fn expired_texts<'a>(book: &'a Book, name: &Name, read: &FinalRead) -> BTreeMap<u64, &'a str> {
    let from = |seq| Spot { conversation: Arc::clone(name), seq, epoch: 0 };
    let mut texts = BTreeMap::new();
    for (spot, variants) in book.places.range(from(0)..from(read.first)) {
        for Variant { heard, .. } in variants.iter().filter(|seen| seen.heard.what.is_text()) {
            texts.insert(spot.seq, heard.sender.as_str());
        }
    }
    for entry in book.entries.values() {
        let theirs = entry.acknowledged.iter().filter(|ack| ack.spot.conversation == *name);
        for ack in theirs.filter(|ack| ack.spot.seq < read.first) {
            texts.extend(entry.drafts.first().map(|draft| (ack.spot.seq, draft.sender.as_ref())));
        }
    }
    texts
}

/// Everyone who did something was allowed to, by what stood before it.
fn trespasses<'a>(
    name: &Name,
    events: &'a [Event<'a>],
    mut texts: BTreeMap<u64, &'a str>,
    found: &mut Vec<Finding>,
) {
    let mut roles: BTreeMap<&str, &str> = BTreeMap::new();
    let mut public = false;
    let governed = is_governed(name);
    let first = events.first().map_or(1, |event| event.seq);
    for event in events.iter().filter(|event| !event.what.is_of_the_house()) {
        // What it speaks of has expired, and nobody was ever told whose it was.
        if event.what.target().is_some_and(|target| target < first && !texts.contains_key(&target))
        {
            continue;
        }
        let why = if governed {
            allowed(name, event, &roles, public, &texts)
        } else {
            allowed_in_open(event, &texts)
        };
        if let Err(why) = why {
            let text =
                format!("seq {} by {}: {}: {why}", event.seq, event.sender, event.what.shown());
            found.push((Kind::Trespass, Arc::clone(name), text, vec![event.at]));
        }
        match event.what {
            What::Text { .. } | What::Gone { .. } => drop(texts.insert(event.seq, event.sender)),
            What::Create { public: open, members, .. } => {
                public = *open;
                roles = members.iter().map(|(user, role)| (user.as_str(), role.as_str())).collect();
            }
            What::Member { user, role } if rank(role) > 0 => drop(roles.insert(user, role)),
            What::Member { user, .. } => drop(roles.remove(user.as_str())),
            What::Describe { public: open, .. } => public = *open,
            What::Edit { .. }
            | What::Delete { .. }
            | What::React { .. }
            | What::Expire { .. }
            | What::Erase { .. } => {}
        }
    }
}

fn allowed(
    name: &str,
    event: &Event<'_>,
    roles: &BTreeMap<&str, &str>,
    public: bool,
    texts: &BTreeMap<u64, &str>,
) -> Result<(), &'static str> {
    let mine = roles.get(event.sender).map_or(0, |role| rank(role));
    let direct = name.starts_with("d:");
    let check = |holds: bool, why| if holds { Ok(()) } else { Err(why) };
    if let What::Create { .. } = event.what {
        return check(event.seq == 1, "it was created before");
    }
    if let (What::Member { user, role }, 0) = (event.what, mine) {
        let joins = if name.starts_with("c:") { "reader" } else { "member" };
        let may = public && !direct && user == event.sender && role == joins;
        return check(may, "a stranger");
    }
    check(mine > 0, "a stranger")?;
    let admin = |needs: u8| check(mine >= needs && !direct, "it takes a higher role");
    let own = |target: &u64| texts.get(target).map(|author| *author == event.sender);
    match event.what {
        What::Text { .. } => check(mine >= 2, "a reader spoke"),
        What::React { target, .. } => check(own(target).is_some(), "of no text"),
        What::Edit { target, .. } => check(own(target) == Some(true) && mine >= 2, "not theirs"),
        What::Delete { target } => match own(target) {
            Some(true) => check(mine >= 2, "a reader"),
            Some(false) => admin(3),
            None => Err("of no text"),
        },
        What::Describe { .. } => admin(3),
        What::Member { user, role } => {
            let (from, to) = (roles.get(user.as_str()).map_or(0, |role| rank(role)), rank(role));
            let owners = roles.values().filter(|role| rank(role) == 4).count();
            check(from != 4 || to == 4 || owners > 1, "nobody owns it then")?;
            if user == event.sender && to <= from {
                check(!direct, "a direct conversation is not left")
            } else if (user != event.sender && from >= 3) || to >= 3 {
                admin(4)
            } else {
                admin(3)
            }
        }
        What::Create { .. } | What::Gone { .. } | What::Expire { .. } | What::Erase { .. } => {
            Ok(())
        }
    }
}

fn allowed_in_open(event: &Event<'_>, texts: &BTreeMap<u64, &str>) -> Result<(), &'static str> {
    match event.what {
        What::Text { .. } | What::Gone { .. } | What::Expire { .. } | What::Erase { .. } => Ok(()),
        What::React { target, .. } if texts.contains_key(target) => Ok(()),
        What::Edit { target, .. } | What::Delete { target }
            if texts.get(target) == Some(&event.sender) =>
        {
            Ok(())
        }
        What::React { .. } | What::Edit { .. } | What::Delete { .. } => Err("not theirs"),
        What::Create { .. } | What::Member { .. } | What::Describe { .. } => {
            Err("an open conversation has no members")
        }
    }
}

/// Texts are counted from 1, and everything else carries the count so far. Where the beginning has
/// expired, the first that is left says how many there were.
fn ordinals(book: &Book, name: &Name, events: &[Event<'_>], found: &mut Vec<Finding>) {
    let mut texts = match events.first() {
        Some(first) if first.seq > 1 => {
            first.ordinal.saturating_sub(u64::from(first.what.is_text()))
        }
        Some(_) | None => 0,
    };
    for event in events {
        texts += u64::from(event.what.is_text());
        let here =
            book.places.range(Spot { conversation: Arc::clone(name), seq: event.seq, epoch: 0 }..);
        let told = here.take_while(|(spot, _)| spot.conversation == *name && spot.seq == event.seq);
        for (_, variants) in told {
            if let Some(heard) = variants.iter().map(|v| &v.heard).find(|h| h.ordinal != texts) {
                let text = format!("seq {} is text {texts}, not {}", event.seq, heard.ordinal);
                found.push((Kind::WrongState, Arc::clone(name), text, vec![event.at]));
            }
        }
    }
}

/// Nobody saw anything of a conversation that they never were a member of.
fn eavesdroppers(book: &Book, name: &Name, events: &[Event<'_>], found: &mut Vec<Finding>) {
    if !is_governed(name) {
        return;
    }
    let mut members = BTreeSet::new();
    for event in events {
        if let What::Create { members: first, .. } = event.what {
            members.extend(first.iter().map(|(user, _)| user.as_str()));
        } else if let What::Member { user, role } = event.what
            && rank(role) > 0
        {
            members.insert(user);
        }
    }
    for (reader, at) in book.readers.get(name).into_iter().flatten() {
        if !members.contains(reader.as_ref()) {
            let text = format!("{reader} saw something of it, and never was a member");
            found.push((Kind::Eavesdrop, Arc::clone(name), text, vec![*at]));
        }
    }
}

/// Of each text that a page showed, it told what the events up to there had made of it.
fn tales(book: &Book, name: &Name, events: &[Event<'_>], found: &mut Vec<Finding>) {
    let Some(told) = book.told.get(name) else { return };
    let mut of_text: BTreeMap<u64, Vec<&Event<'_>>> = BTreeMap::new();
    for event in events {
        if let What::Edit { target, .. } | What::Delete { target } | What::React { target, .. } =
            event.what
        {
            of_text.entry(*target).or_default().push(event);
        }
    }
    let erased: Vec<(u64, &str)> = events
        .iter()
        .filter_map(|event| {
            let What::Erase { user } = event.what else { return None };
            Some((event.seq, user.as_str()))
        })
        .collect();
    let authors: BTreeMap<u64, &str> = events.iter().map(|e| (e.seq, e.sender)).collect();
    // What became of a text that has expired, nobody can tell any more.
    let first = events.first().map_or(1, |event| event.seq);
    for told in told.iter().filter(|told| told.seq >= first) {
        let changes = of_text.get(&told.seq).into_iter().flatten();
        let is_erased = erased.iter().any(|(by, user)| {
            (told.seq..=told.as_of).contains(by) && authors.get(&told.seq) == Some(user)
        });
        let (edited, reactions) = if is_erased {
            (None, BTreeMap::new())
        } else {
            state(changes.filter(|event| event.seq <= told.as_of))
        };
        if edited != told.edited || reactions != told.reactions {
            let text = format!(
                "of text {} a page tells, as of {}: edited by {:?}, liked {:?}; its events say {:?}, {:?}",
                told.seq,
                told.as_of,
                told.edited.as_ref().map(|(by, _)| by),
                told.reactions,
                edited.map(|(by, _)| by),
                reactions,
            );
            found.push((Kind::WrongState, Arc::clone(name), text, vec![told.at]));
        }
    }
}

type State = (Option<(u64, String)>, BTreeMap<String, u64>);

fn state<'a>(changes: impl Iterator<Item = &'a &'a Event<'a>>) -> State {
    let mut edited = None;
    let mut likes: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for event in changes {
        match event.what {
            What::Edit { body, .. } => edited = Some((event.seq, body.clone())),
            What::Delete { .. } => return (None, BTreeMap::new()),
            What::React { reaction, on: true, .. }
                if likes.contains_key(reaction.as_str()) || likes.len() < REACTIONS_COUNTED_MAX =>
            {
                likes.entry(reaction).or_default().insert(event.sender);
            }
            What::React { on: true, .. } => {}
            What::React { reaction, on: false, .. } => {
                if let Some(who) = likes.get_mut(reaction.as_str()) {
                    who.remove(event.sender);
                    if who.is_empty() {
                        likes.remove(reaction.as_str());
                    }
                }
            }
            What::Text { .. }
            | What::Create { .. }
            | What::Member { .. }
            | What::Describe { .. }
            | What::Expire { .. }
            | What::Erase { .. }
            | What::Gone { .. } => {}
        }
    }
    let count = |(reaction, who): (&str, BTreeSet<&str>)| (reaction.to_owned(), who.len() as u64);
    (edited, likes.into_iter().map(count).collect())
}
