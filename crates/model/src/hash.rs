//! A keyed fingerprint of what a message says, to tell "the same again" from "something else under the same id"
//! without keeping the text.

use serde::{Deserialize, Serialize};
use siphasher::sip128::SipHasher24;

use crate::{Content, Profile, Role};

/// The secret of a data directory that body fingerprints are keyed with. Drawn at random once.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BodyKey(pub [u8; 16]);

/// SipHash-2-4-128 of what a message says (Aumasson and Bernstein, 2012). Keyed, so that a fingerprint that
/// outlives an erased text does not let anyone test guesses of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BodyHash(pub u128);

impl BodyKey {
    /// The fingerprint of what a message says, under this key.
    pub fn hash(&self, content: &Content) -> BodyHash {
        let hash = |bytes: &[u8]| SipHasher24::new_with_key(&self.0).hash(bytes).as_u128();
        BodyHash(if let Content::Text { body, reply_to: None } = content {
            hash(body.as_str().as_bytes())
        } else {
            hash(&spelled(content))
        })
    }
}

/// Bytes that only this content has. They begin with one that no body holds.
fn spelled(content: &Content) -> Vec<u8> {
    const NO_UTF8: u8 = 0xff;
    let mut out = vec![NO_UTF8];
    let mut put = |tag: u8, numbers: &[u64], texts: &[&str]| {
        out.push(tag);
        numbers.iter().for_each(|number| out.extend_from_slice(&number.to_le_bytes()));
        for text in texts {
            out.extend_from_slice(text.as_bytes());
            out.push(NO_UTF8);
        }
    };
    let profile_of = |profile: &Profile| {
        (u64::from(profile.public), profile.name.clone(), profile.topic.clone())
    };
    let role_of = |role: Option<Role>| role.map_or(0, |role| u64::from(role.stored()));
    match content {
        Content::Text { body, reply_to } => {
            put(1, &[reply_to.map_or(0, |seq| seq.0)], &[body.as_str()]);
        }
        Content::Edit { target, body } => put(2, &[target.0], &[body.as_str()]),
        Content::Delete { target } => put(3, &[target.0], &[]),
        Content::React { target, reaction, on } => {
            put(4, &[target.0, u64::from(*on)], &[reaction.as_str()]);
        }
        Content::Create { profile, members } => {
            let (public, name, topic) = profile_of(profile);
            put(5, &[public], &[name.as_str(), topic.as_str()]);
            for member in members {
                put(5, &[role_of(Some(member.role))], &[member.user.as_str()]);
            }
        }
        Content::Member { user, role } => put(6, &[role_of(*role)], &[user.as_str()]),
        Content::Describe { profile } => {
            let (public, name, topic) = profile_of(profile);
            put(7, &[public], &[name.as_str(), topic.as_str()]);
        }
        Content::Gone { by } => put(8, &[by.0], &[]),
        Content::Expire { first } => put(9, &[first.0], &[]),
        Content::Erase { user } => put(10, &[], &[user.as_str()]),
    }
    out
}

impl std::fmt::Debug for BodyKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BodyKey(secret)")
    }
}

#[cfg(test)]
mod tests;
