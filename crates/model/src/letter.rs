//! What dead letters are called: messages that nobody could make sense of in time, nor later.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{Offset, PartitionId, RecordNo, Wall};

/// A dead letter: when its message was received, and its record. In order: the oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LetterId {
    /// The stamp of the message; 0 where a record of the first version does not say it.
    pub at: Wall,
    /// The message's record.
    pub target: Offset,
}

/// A text that is no name of a letter.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("letter {text:?}: it is written <milliseconds>-<partition>-<record>, as lists show it")]
pub struct LetterIdError {
    text: String,
}

impl fmt::Display for LetterId {
    /// `<milliseconds>-<partition>-<record>`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.at.0, self.target.partition, self.target.record)
    }
}

impl FromStr for LetterId {
    type Err = LetterIdError;

    fn from_str(text: &str) -> Result<Self, LetterIdError> {
        let parts: Vec<Option<u64>> = text.split('-').map(|part| part.parse().ok()).collect();
        let of = |parts: &[Option<u64>]| {
            let &[Some(at), Some(partition), Some(record)] = parts else { return None };
            let partition = PartitionId::new(u16::try_from(partition).ok()?)?;
            Some(Self { at: Wall(at), target: Offset { partition, record: RecordNo(record) } })
        };
        of(&parts)
            .filter(|letter| letter.to_string() == text)
            .ok_or_else(|| LetterIdError { text: text.chars().take(60).collect() })
    }
}

#[test]
fn a_letter_is_called_as_it_is_written_and_the_oldest_comes_first() {
    let letter: LetterId = "1767225600000-255-42".parse().unwrap();
    assert_eq!(letter.to_string(), "1767225600000-255-42");
    assert!("1767225600000-0-43".parse::<LetterId>().unwrap() < letter);
    assert!("1767225599999-255-99".parse::<LetterId>().unwrap() < letter);
    for wrong in [
        "",
        "1",
        "1-2",
        "1-2-3-4",
        "1-256-3",
        "a-2-3",
        "+1-2-3",
        "1--3",
        "1-2-99999999999999999999",
    ] {
        assert!(wrong.parse::<LetterId>().is_err(), "{wrong:?}");
    }
}
