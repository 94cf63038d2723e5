//! A load that several processes make together: which part of it is whose.
//!
//! # Invariants
//!
//! - Each request of the whole load belongs to one part, and so does each connection.

use std::str::FromStr;

/// One of several parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    /// From 0 on.
    pub(crate) number: u32,
    /// How many there are; 1 is a load that is not parted.
    pub(crate) of: u32,
}

impl Part {
    /// All of it.
    pub(crate) const WHOLE: Self = Self { number: 0, of: 1 };

    /// How many of so many are its own: they are dealt out as cards are.
    pub(crate) fn share(self, count: u64) -> u64 {
        let (number, of) = (u64::from(self.number), u64::from(self.of));
        count / of + u64::from(number < count % of)
    }

    /// The same, of connections.
    pub(crate) fn connections(self, count: u32) -> u32 {
        u32::try_from(self.share(u64::from(count))).unwrap_or(count)
    }

    /// The part of a part: `one` of its `workers`, which take turns.
    pub(crate) fn of_worker(self, one: u32, workers: u32) -> (u64, u64) {
        let (number, of) = (u64::from(self.number), u64::from(self.of));
        (number + of * u64::from(one), of * u64::from(workers))
    }
}

impl FromStr for Part {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text} is no part, such as 0/3 to 2/3");
        let (number, of) = text.split_once('/').ok_or_else(wrong)?;
        let (number, of) = (number.parse().map_err(|_| wrong())?, of.parse().map_err(|_| wrong())?);
        if number < of { Ok(Self { number, of }) } else { Err(wrong()) }
    }
}

#[test]
fn each_of_a_count_and_each_request_is_of_one_part() {
    let parts: Vec<Part> = (0..3).map(|number| Part { number, of: 3 }).collect();
    assert_eq!(parts.iter().map(|part| part.share(8)).collect::<Vec<_>>(), [3, 3, 2]);
    assert_eq!(parts.iter().map(|part| part.connections(2)).collect::<Vec<_>>(), [1, 1, 0]);
    let mut numbers: Vec<u64> = parts
        .iter()
        .flat_map(|part| (0..2).map(|worker| part.of_worker(worker, 2)))
        .flat_map(|(first, stride)| (0..4).map(move |turn| first + turn * stride))
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..24).collect::<Vec<_>>());
    assert_eq!("2/3".parse(), Ok(parts[2]));
    for bad in ["3/3", "1", "a/2", "0/0", "-1/2"] {
        assert!(bad.parse::<Part>().is_err(), "{bad}");
    }
}
