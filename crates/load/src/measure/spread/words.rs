//! What the processes of one measurement say to each other: a line of JSON each, by standard input and output.

use std::io::{self, BufRead, Read as _, Write};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::measure::refusal::Refusal;
use crate::measure::run::Second;
use crate::measure::tally::Tally;

/// Bytes of a line, at most: a second with all its histograms has some ten thousand.
const LINE_MAX: u64 = 64 << 20;

/// To a process that makes requests.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Order {
    /// Open its part of so many connections.
    Open { connections: u32 },
    /// Begin at that moment of the machine's monotonic clock, in ns.
    Go { at_ns: u64 },
    /// Nothing new.
    End,
}

/// From one.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Said {
    /// Its connections are open, and it waits.
    Ready,
    /// A second has ended: what was counted in it, and the measured part so far.
    Second(Box<(Second, Tally, Tally)>),
    /// It is over.
    Done(Box<Done>),
    /// It does not begin, or did not end well.
    Refused(Refusal),
}

/// What came of a part.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Done {
    pub(super) total: Tally,
    pub(super) measured_s: f64,
    pub(super) took: Duration,
    pub(super) open_most: u32,
    pub(super) cpu_s: f64,
    pub(super) was_interrupted: bool,
}

/// Writes one.
pub(super) fn write(to: &mut impl Write, word: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(word)?;
    line.push(b'\n');
    to.write_all(&line)?;
    to.flush()
}

/// Reads the next; nothing at the end.
pub(super) fn read<W: DeserializeOwned>(from: &mut impl BufRead) -> io::Result<Option<W>> {
    let mut line = Vec::new();
    from.take(LINE_MAX).read_until(b'\n', &mut line)?;
    if line.is_empty() {
        return Ok(None);
    }
    Ok(Some(serde_json::from_slice(&line)?))
}
