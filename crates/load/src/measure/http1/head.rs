//! The head of an answer: of all it says, the status, how the body ends, and whether the connection stays.

use httparse::{Header, Response, Status};

use super::Broken;

/// Headers that an answer may have.
const HEADERS_MAX: usize = 96;

/// What matters of a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) status: u16,
    pub(super) keeps_alive: bool,
    /// Its length, the empty line included.
    pub(super) bytes: usize,
}

/// How a body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    Fixed(u64),
    Chunked,
    UntilClose,
}

impl Head {
    /// Nothing, if it is not whole.
    pub(super) fn parse(bytes: &[u8]) -> Result<Option<(Self, Length)>, Broken> {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut response = Response::new(&mut headers);
        let length = match response.parse(bytes) {
            Ok(Status::Complete(length)) => length,
            Ok(Status::Partial) => return Ok(None),
            Err(httparse::Error::TooManyHeaders) => return Err(Broken::HeadTooLong),
            Err(_) => return Err(Broken::Malformed),
        };
        let status = response.code.ok_or(Broken::Malformed)?;
        let is_newer = response.version == Some(1);
        let said = Said::of(response.headers)?;
        let keeps_alive = if is_newer { !said.closes } else { said.keeps };
        let head = Self {
            status,
            keeps_alive: keeps_alive && !matches!(said.length, Length::UntilClose),
            bytes: length,
        };
        // What has no body needs no length to keep its connection.
        let head = if head.may_have_body() { head } else { Self { keeps_alive, ..head } };
        Ok(Some((head, said.length)))
    }

    /// 100 and its like: the answer proper follows.
    pub(super) fn is_interim(&self) -> bool {
        (100..200).contains(&self.status) && self.status != 101
    }

    pub(super) fn may_have_body(&self) -> bool {
        !matches!(self.status, 101 | 204 | 304)
    }
}

/// What the headers say of length and connection.
struct Said {
    length: Length,
    closes: bool,
    keeps: bool,
}

impl Said {
    fn of(headers: &[Header<'_>]) -> Result<Self, Broken> {
        let mut said = Self { length: Length::UntilClose, closes: false, keeps: false };
        for header in headers {
            // By length first: most headers are none of these.
            match header.name.len() {
                14 if header.name.eq_ignore_ascii_case("content-length") => {
                    let length = Length::Fixed(number(header.value)?);
                    let differs = matches!(said.length, Length::Fixed(_)) && said.length != length;
                    if differs {
                        return Err(Broken::Length);
                    }
                    // With both, chunks win (RFC 9112, 6.3).
                    if said.length != Length::Chunked {
                        said.length = length;
                    }
                }
                17 if header.name.eq_ignore_ascii_case("transfer-encoding") => {
                    if !ends_with_word(header.value, "chunked") {
                        return Err(Broken::Length);
                    }
                    said.length = Length::Chunked;
                }
                10 if header.name.eq_ignore_ascii_case("connection") => {
                    said.closes |= has_word(header.value, "close");
                    said.keeps |= has_word(header.value, "keep-alive");
                }
                _ => {}
            }
        }
        Ok(said)
    }
}

fn number(value: &[u8]) -> Result<u64, Broken> {
    let text = std::str::from_utf8(value).map_err(|_| Broken::Length)?.trim();
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().map_err(|_| Broken::Length) } else { Err(Broken::Length) }
}

fn words(value: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii)
}

fn has_word(value: &[u8], word: &str) -> bool {
    words(value).any(|found| found.eq_ignore_ascii_case(word.as_bytes()))
}

fn ends_with_word(value: &[u8], word: &str) -> bool {
    words(value).next_back().is_some_and(|found| found.eq_ignore_ascii_case(word.as_bytes()))
}
