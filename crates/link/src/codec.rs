//! The form on a socket: `length: u32 LE`, then one enum in postcard's form.

use bytes::{Buf, BufMut, BytesMut};
use postcard::ser_flavors::Flavor;
use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

/// Version of the vocabulary: both ends must have the same.
pub const VERSION: u32 = 6;

/// Bytes of one frame, without its length. A page of the most messages of the largest bodies fits.
pub const FRAME_MAX_BYTES: usize = 4 * 1024 * 1024;

const LENGTH_BYTES: usize = 4;

/// Why bytes from the other side are not a frame. The link is closed: there is no resynchronising.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// The length says more than [`FRAME_MAX_BYTES`].
    #[error("a link frame claims {bytes} bytes: the most is {FRAME_MAX_BYTES}")]
    TooLong {
        /// What it says.
        bytes: usize,
    },
    /// The bytes are no enum of this version.
    #[error("a link frame of {bytes} bytes does not decode: {why}")]
    Malformed {
        /// How many there were.
        bytes: usize,
        /// What the decoder says.
        why: String,
    },
}

/// Appends one frame to `out`.
///
/// # Panics
/// When the value is larger than [`FRAME_MAX_BYTES`]: the bounds of `model` make that impossible.
pub fn encode<T: Serialize>(value: &T, out: &mut BytesMut) {
    let start = out.len();
    out.put_u32_le(0);
    let filled = postcard::serialize_with_flavor(value, Tail(out));
    assert!(filled.is_ok(), "writing into memory cannot fail");
    let bytes = out.len() - start - LENGTH_BYTES;
    assert!(bytes <= FRAME_MAX_BYTES, "a frame of {bytes} bytes: the bounds of `model` are broken");
    let length = u32::try_from(bytes).unwrap_or_else(|_| unreachable!("checked above"));
    out[start..start + LENGTH_BYTES].copy_from_slice(&length.to_le_bytes());
}

/// Reads the value of one whole frame (without its length).
///
/// # Errors
/// [`DecodeError::Malformed`] when the bytes are no value, or more than one.
pub fn decode<T: DeserializeOwned>(frame: &[u8]) -> Result<T, DecodeError> {
    let malformed = |why: String| DecodeError::Malformed { bytes: frame.len(), why };
    match postcard::take_from_bytes(frame) {
        Ok((value, [])) => Ok(value),
        Ok((_, rest)) => Err(malformed(format!("{} bytes are left over", rest.len()))),
        Err(why) => Err(malformed(why.to_string())),
    }
}

/// Cuts a stream of bytes into frames.
#[derive(Debug, Default)]
pub struct FrameReader {
    buffer: BytesMut,
}

impl FrameReader {
    /// Where bytes that came off the socket go.
    pub fn buffer(&mut self) -> &mut BytesMut {
        &mut self.buffer
    }

    /// The next value, if all of it has come.
    ///
    /// # Errors
    /// [`DecodeError`]: close the link.
    pub fn next_value<T: DeserializeOwned>(&mut self) -> Result<Option<T>, DecodeError> {
        let Some(length) = self.buffer.first_chunk::<LENGTH_BYTES>() else { return Ok(None) };
        let bytes = u32::from_le_bytes(*length) as usize;
        if bytes > FRAME_MAX_BYTES {
            return Err(DecodeError::TooLong { bytes });
        }
        if self.buffer.len() < LENGTH_BYTES + bytes {
            return Ok(None);
        }
        self.buffer.advance(LENGTH_BYTES);
        decode(&self.buffer.split_to(bytes)).map(Some)
    }
}

/// Lets postcard append to a `BytesMut` that is already in use.
struct Tail<'a>(&'a mut BytesMut);

impl Flavor for Tail<'_> {
    type Output = ();

    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.put_u8(byte);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}
