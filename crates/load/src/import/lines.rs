//! The lines of a file: each a message, or why it is none; and the hash that ids follow from.

use std::collections::BTreeSet;
use std::fs::File;
use std::hash::Hasher as _;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::Path;

use model::{Body, ConversationId, Kind, UserId, Wall};
use serde::Deserialize;
use siphasher::sip::SipHasher24;

/// Bytes of a line. The longest body takes less, also with every character escaped.
const LINE_MAX_BYTES: u64 = 1024 * 1024;

/// Users of one file: each is a connection.
pub(super) const USERS_MAX: usize = 1000;

/// What a line says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Saying {
    pub(super) conversation: ConversationId,
    pub(super) user: UserId,
    pub(super) body: Body,
    pub(super) sent_at: Wall,
}

/// One line.
pub(super) struct Line {
    /// From 1.
    pub(super) number: u64,
    pub(super) said: Result<Saying, String>,
}

/// What is known of a file that was read whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) lines: u64,
    pub(super) bad: u64,
    pub(super) hash: u64,
}

/// A file, read line by line.
pub(super) struct Lines {
    file: BufReader<File>,
    buffer: Vec<u8>,
    known: Known,
    users: BTreeSet<UserId>,
    hasher: SipHasher24,
}

impl Lines {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self {
            file: BufReader::new(File::open(path)?),
            buffer: Vec::new(),
            known: Known { lines: 0, bad: 0, hash: 0 },
            users: BTreeSet::new(),
            hasher: SipHasher24::new(),
        })
    }

    /// The next line that is not empty.
    pub(super) fn next_line(&mut self) -> io::Result<Option<Line>> {
        loop {
            self.buffer.clear();
            let read =
                self.file.by_ref().take(LINE_MAX_BYTES).read_until(b'\n', &mut self.buffer)?;
            if read == 0 {
                return Ok(None);
            }
            self.known.lines += 1;
            let number = self.known.lines;
            self.hasher.write(&self.buffer);
            if read as u64 == LINE_MAX_BYTES && !self.buffer.ends_with(b"\n") {
                let why = format!("line {number} is longer than {LINE_MAX_BYTES} bytes");
                return Err(io::Error::new(io::ErrorKind::InvalidData, why));
            }
            if self.buffer.trim_ascii().is_empty() {
                continue;
            }
            let said = parse(&self.buffer);
            match &said {
                Ok(said) => self.meet(&said.user)?,
                Err(_) => self.known.bad += 1,
            }
            return Ok(Some(Line { number, said }));
        }
    }

    /// What is known at the end.
    pub(super) fn known(&self) -> Known {
        Known { hash: self.hasher.finish(), ..self.known }
    }

    fn meet(&mut self, user: &UserId) -> io::Result<()> {
        if !self.users.contains(user) {
            self.users.insert(user.clone());
        }
        if self.users.len() > USERS_MAX {
            let why = format!("more than {USERS_MAX} users speak in it: split it by conversations");
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        Ok(())
    }
}

fn parse(line: &[u8]) -> Result<Saying, String> {
    let said: Saying = serde_json::from_slice(line).map_err(|why| why.to_string())?;
    if said.conversation.kind() != Kind::Open {
        return Err(format!("{} is not an open conversation", said.conversation));
    }
    Ok(said)
}

#[cfg(test)]
mod tests;
