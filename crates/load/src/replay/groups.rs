//! Groups, made of conversations of two: the data has no others. They are synthetic, and named so.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use model::{Body, ConversationId, UserId};

use super::data::{Cue, Script};

/// Conversations of two in a group.
const PAIRS: usize = 4;

/// Said at the same time, as if they were in one room. Who answers across what others said names whom
/// they answer: `@otto-2 yes`. No one is in a group twice.
pub(super) fn groups(scripts: Vec<Script>) -> Result<Vec<Script>> {
    let mut open: Vec<Vec<Script>> = Vec::new();
    let mut full = Vec::new();
    for script in scripts {
        let people = people(&script);
        let is_apart = |group: &Vec<Script>| {
            group.iter().all(|other| people.is_disjoint(&self::people(other)))
        };
        match open.iter().position(is_apart) {
            Some(at) => {
                open[at].push(script);
                if open[at].len() == PAIRS {
                    full.push(open.remove(at));
                }
            }
            None => open.push(vec![script]),
        }
    }
    full.extend(open);
    full.iter().enumerate().map(|(at, group)| merged(at + 1, group)).collect()
}

/// Everyone who speaks in it.
pub(super) fn people(script: &Script) -> BTreeSet<&UserId> {
    script.messages.iter().map(|cue| &cue.sender).collect()
}

fn merged(number: usize, group: &[Script]) -> Result<Script> {
    let conversation = ConversationId::new(&format!("synthetic-{number:04}"))
        .context("the name of a synthetic group")?;
    let mut cues: Vec<(usize, &Cue)> = group
        .iter()
        .enumerate()
        .flat_map(|(pair, script)| script.messages.iter().map(move |cue| (pair, cue)))
        .collect();
    cues.sort_by_key(|(_, cue)| cue.at_ms);
    let mut last: Vec<Option<&UserId>> = vec![None; group.len()];
    let mut before = None;
    let messages = cues.into_iter().map(|(pair, cue)| {
        let answers = last[pair].replace(&cue.sender).filter(|other| **other != cue.sender);
        let is_across = before.replace(pair).is_some_and(|before| before != pair);
        let text = answers.filter(|_| is_across).and_then(|other| mention(other, &cue.text));
        Cue { text: text.unwrap_or_else(|| cue.text.clone()), ..cue.clone() }
    });
    Ok(Script { conversation, messages: messages.collect() })
}

/// `None`: there is no room for the name.
fn mention(whom: &UserId, text: &Body) -> Option<Body> {
    Body::new(&format!("@{} {}", whom.as_str(), text.as_str())).ok()
}

#[cfg(test)]
mod tests;
