//! What a message's text says of itself: which one it is, and when it was due.
//!
//! It is found in a frame of any protocol by looking for it, so that a listener parses no JSON and
//! costs less than the server.

use memchr::memmem::Finder;

/// How a text begins: `due@NNNNNNNNNN:MMMMMMMMMMMM;`.
const MARK: &str = "due@";

/// Digits of the message's number.
const NUMBER_DIGITS: usize = 10;

/// Numbers that can be told apart: as many as the digits have.
pub(crate) const NUMBERS: u64 = 10_000_000_000;

/// Digits of the microseconds from the start.
const MICROS_DIGITS: usize = 12;

/// Bytes of the least text: its stamp.
pub(crate) const STAMP_BYTES: usize = MARK.len() + NUMBER_DIGITS + 1 + MICROS_DIGITS + 1;

/// What follows a stamp.
const WORDS: &str = "the evening was quiet and we talked about the sea, the boats and good bread; ";

/// Which message, and when it was due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) number: u64,
    /// Microseconds from the start.
    pub(crate) due_micros: u64,
}

impl Stamp {
    /// A text of so many bytes; at least [`STAMP_BYTES`].
    pub(crate) fn text(self, bytes: usize) -> String {
        let Self { number, due_micros } = self;
        let mut text = format!("{MARK}{number:0NUMBER_DIGITS$}:{due_micros:0MICROS_DIGITS$};");
        text.extend(WORDS.chars().cycle().take(bytes.saturating_sub(text.len())));
        text
    }
}

/// Finds stamps.
#[derive(Debug, Clone)]
pub(crate) struct Stamps(Finder<'static>);

impl Stamps {
    pub(crate) fn new() -> Self {
        Self(Finder::new(MARK))
    }

    /// All in a frame: a server may put several messages into one.
    pub(crate) fn each(&self, frame: &[u8], mut found: impl FnMut(Stamp)) {
        for at in self.0.find_iter(frame) {
            let Some(stamp) = frame.get(at + MARK.len()..at + STAMP_BYTES) else { return };
            let (number, rest) = stamp.split_at(NUMBER_DIGITS);
            let due = &rest[1..=MICROS_DIGITS];
            if let (Some(number), Some(due_micros)) = (digits(number), digits(due)) {
                found(Stamp { number, due_micros });
            }
        }
    }
}

fn digits(text: &[u8]) -> Option<u64> {
    text.iter().try_fold(0_u64, |number, digit| {
        digit.is_ascii_digit().then(|| number * 10 + u64::from(digit - b'0'))
    })
}

#[test]
fn a_stamp_is_found_in_whatever_surrounds_it() {
    let stamps = Stamps::new();
    let found = |frame: &str| {
        let mut all = Vec::new();
        stamps.each(frame.as_bytes(), |stamp| all.push(stamp));
        all
    };
    let one = Stamp { number: 7, due_micros: 123_456 };
    let two = Stamp { number: 8, due_micros: 999_999_999_999 };
    assert_eq!(one.text(280).len(), 280);
    assert_eq!(one.text(STAMP_BYTES).len(), STAMP_BYTES);
    let frame = format!("{{\"a\":\"{}\"}}\n42[\"b\",\"{}\"]", one.text(280), two.text(280));
    assert_eq!(found(&frame), [one, two]);
    assert_eq!(found("{\"type\":\"pong\"}"), []);
    assert_eq!(found(&one.text(280)[..STAMP_BYTES - 1]), [], "cut off");
    assert_eq!(found("due@00000x0007:000000123456;"), [], "no number");
}
