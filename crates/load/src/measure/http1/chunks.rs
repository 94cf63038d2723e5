//! A body in chunks (RFC 9112, 7.1): sizes are read, data is handed on, trailers are skipped.

use super::{Broken, HEAD_BYTES_MAX};

/// Digits of a chunk's size: 2^60 bytes are enough for anybody.
const SIZE_DIGITS_MAX: u8 = 15;

/// Where in the body the reader stands.
#[derive(Debug, Default)]
pub(super) struct Chunks {
    state: State,
    /// Bytes of extensions and trailers so far.
    aside: usize,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Start,
    Size {
        size: u64,
        digits: u8,
    },
    Extension {
        size: u64,
    },
    SizeLineFeed {
        size: u64,
    },
    Data {
        left: u64,
    },
    DataReturn,
    DataLineFeed,
    TrailerStart,
    Trailer,
    TrailerLineFeed,
    LastLineFeed,
    Whole,
}

impl Chunks {
    pub(super) fn is_whole(&self) -> bool {
        self.state == State::Whole
    }

    /// Reads on; how many bytes were of this body.
    pub(super) fn feed(
        &mut self,
        bytes: &[u8],
        mut data: impl FnMut(&[u8]),
    ) -> Result<usize, Broken> {
        let mut at = 0;
        while at < bytes.len() && self.state != State::Whole {
            if let State::Data { left } = self.state {
                let rest = bytes.len() - at;
                let used = rest.min(usize::try_from(left).unwrap_or(usize::MAX));
                data(&bytes[at..at + used]);
                at += used;
                let left = left - used as u64;
                self.state = if left == 0 { State::DataReturn } else { State::Data { left } };
            } else {
                self.state = self.step(bytes[at])?;
                at += 1;
            }
        }
        Ok(at)
    }

    fn step(&mut self, byte: u8) -> Result<State, Broken> {
        Ok(match (self.state, byte) {
            (State::Start, _) => State::Size { size: digit(byte)?, digits: 1 },
            (State::Size { size, .. }, b'\r') => State::SizeLineFeed { size },
            (State::Size { size, .. }, b';' | b' ' | b'\t') => State::Extension { size },
            (State::Size { size, digits }, _) if digits < SIZE_DIGITS_MAX => {
                State::Size { size: size * 16 + digit(byte)?, digits: digits + 1 }
            }
            (State::Extension { size }, b'\r') => State::SizeLineFeed { size },
            (State::Extension { size }, _) => self.aside(State::Extension { size })?,
            (State::SizeLineFeed { size: 0 }, b'\n') => State::TrailerStart,
            (State::SizeLineFeed { size }, b'\n') => State::Data { left: size },
            (State::DataReturn, b'\r') => State::DataLineFeed,
            (State::DataLineFeed, b'\n') => State::Start,
            (State::TrailerStart, b'\r') => State::LastLineFeed,
            (State::Trailer, b'\r') => State::TrailerLineFeed,
            (State::TrailerStart | State::Trailer, _) => self.aside(State::Trailer)?,
            (State::TrailerLineFeed, b'\n') => State::TrailerStart,
            (State::LastLineFeed, b'\n') => State::Whole,
            _ => return Err(Broken::Chunk),
        })
    }

    fn aside(&mut self, state: State) -> Result<State, Broken> {
        self.aside += 1;
        if self.aside > HEAD_BYTES_MAX { Err(Broken::HeadTooLong) } else { Ok(state) }
    }
}

fn digit(byte: u8) -> Result<u64, Broken> {
    char::from(byte).to_digit(16).map(u64::from).ok_or(Broken::Chunk)
}
