//! MessagePack (<https://github.com/msgpack/msgpack/blob/master/spec.md>): what JSON says, in fewer
//! bytes. Maps with the same names, and nothing that JSON has not.
//!
//! # Invariants
//!
//! - Nothing is read before [`check`] has walked over it: one map, whole and nothing behind it, with
//!   texts as names, no deeper than [`DEPTH_MAX`]. So every length that a reader believes stands for
//!   at least as many bytes that are there.
//! - It is never longer than the JSON text of the same.

use rmp::Marker;
use serde::{Deserialize, Serialize};

/// Maps and lists inside one another: as many as `serde_json` reads.
const DEPTH_MAX: usize = 128;

/// A frame to be read.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Source<'a> {
    /// JSON.
    Text(&'a str),
    /// MessagePack that [`check`] has found sound.
    Binary(&'a [u8]),
}

impl<'a> Source<'a> {
    /// A shape, if it is one.
    pub(crate) fn read<T: Deserialize<'a>>(self) -> Result<T, String> {
        match self {
            Self::Text(text) => serde_json::from_str(text).map_err(|why| why.to_string()),
            Self::Binary(bytes) => rmp_serde::from_slice(bytes).map_err(|why| why.to_string()),
        }
    }
}

/// The bytes of a private shape.
pub(crate) fn write<T: Serialize>(shape: &T) -> Vec<u8> {
    rmp_serde::to_vec_named(shape).expect("shapes have text keys and nothing that can fail")
}

/// Whether these bytes are one map of MessagePack. For the rare case after a
/// [`Problem`](crate::Problem): ten that are not close the connection.
pub fn is_map(bytes: &[u8]) -> bool {
    check(bytes).is_ok()
}

/// Walks over a frame, without allocating.
///
/// # Errors
/// What it is instead of one sound map, for people.
pub(crate) fn check(bytes: &[u8]) -> Result<(), String> {
    let Some(Marker::FixMap(_) | Marker::Map16 | Marker::Map32) =
        bytes.first().map(|first| Marker::from_u8(*first))
    else {
        return Err("it does not begin as a map".to_owned());
    };
    let mut walk = Walk { left: bytes };
    walk.value(0)?;
    match walk.left.len() {
        0 => Ok(()),
        more => Err(format!("{more} bytes stand behind the map")),
    }
}

struct Walk<'a> {
    left: &'a [u8],
}

impl<'a> Walk<'a> {
    fn value(&mut self, depth: usize) -> Result<(), String> {
        match self.marker()? {
            Marker::Null | Marker::True | Marker::False | Marker::FixPos(_) | Marker::FixNeg(_) => {
                Ok(())
            }
            Marker::U8 | Marker::I8 => self.skip(1),
            Marker::U16 | Marker::I16 => self.skip(2),
            Marker::U32 | Marker::I32 | Marker::F32 => self.skip(4),
            Marker::U64 | Marker::I64 | Marker::F64 => self.skip(8),
            Marker::FixStr(length) => self.skip(length.into()),
            Marker::Str8 | Marker::Bin8 => self.length(1).and_then(|length| self.skip(length)),
            Marker::Str16 | Marker::Bin16 => self.length(2).and_then(|length| self.skip(length)),
            Marker::Str32 | Marker::Bin32 => self.length(4).and_then(|length| self.skip(length)),
            // One byte more: the kind of the extension.
            Marker::FixExt1 => self.skip(2),
            Marker::FixExt2 => self.skip(3),
            Marker::FixExt4 => self.skip(5),
            Marker::FixExt8 => self.skip(9),
            Marker::FixExt16 => self.skip(17),
            Marker::Ext8 => self.length(1).and_then(|length| self.skip(length.saturating_add(1))),
            Marker::Ext16 => self.length(2).and_then(|length| self.skip(length.saturating_add(1))),
            Marker::Ext32 => self.length(4).and_then(|length| self.skip(length.saturating_add(1))),
            Marker::FixArray(count) => self.list(count.into(), depth),
            Marker::Array16 => self.length(2).and_then(|count| self.list(count, depth)),
            Marker::Array32 => self.length(4).and_then(|count| self.list(count, depth)),
            Marker::FixMap(count) => self.map(count.into(), depth),
            Marker::Map16 => self.length(2).and_then(|count| self.map(count, depth)),
            Marker::Map32 => self.length(4).and_then(|count| self.map(count, depth)),
            Marker::Reserved => Err("it has the byte 0xc1, which means nothing".to_owned()),
        }
    }

    /// Each value is a byte at least, so this ends where the bytes do.
    fn list(&mut self, count: usize, depth: usize) -> Result<(), String> {
        let depth = deeper(depth)?;
        (0..count).try_for_each(|_| self.value(depth))
    }

    fn map(&mut self, count: usize, depth: usize) -> Result<(), String> {
        let depth = deeper(depth)?;
        (0..count).try_for_each(|_| {
            self.name(depth)?;
            self.value(depth)
        })
    }

    fn name(&mut self, depth: usize) -> Result<(), String> {
        let first = self.left.first().map(|first| Marker::from_u8(*first));
        let is_text =
            matches!(first, Some(Marker::FixStr(_) | Marker::Str8 | Marker::Str16 | Marker::Str32));
        match first {
            Some(other) if !is_text => Err(format!("the name of a field is {other:?}, not a text")),
            Some(_) | None => self.value(depth),
        }
    }

    fn marker(&mut self) -> Result<Marker, String> {
        self.take(1).map(|byte| Marker::from_u8(byte[0]))
    }

    /// A length of so many bytes, big-endian.
    fn length(&mut self, bytes: usize) -> Result<usize, String> {
        let read = self.take(bytes)?;
        Ok(read.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)))
    }

    fn skip(&mut self, count: usize) -> Result<(), String> {
        self.take(count).map(drop)
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], String> {
        let (taken, left) = self
            .left
            .split_at_checked(count)
            .ok_or_else(|| format!("it ends where {count} more bytes had to come"))?;
        self.left = left;
        Ok(taken)
    }
}

fn deeper(depth: usize) -> Result<usize, String> {
    if depth < DEPTH_MAX { Ok(depth + 1) } else { Err(format!("it is deeper than {DEPTH_MAX}")) }
}
