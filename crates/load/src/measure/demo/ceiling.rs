//! What holds a demo server back, how it is best shown, and what the verdict should be.

use std::fmt;

use clap::ValueEnum;

/// What holds a server back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Ceiling {
    /// Nothing: answers at once, asked for little
    None,
    /// Answers at once, asked as fast as it answers
    Both,
    /// Computes 2 ms for each request
    Cpu,
    /// Holds one lock for 2 ms of waiting
    Lock,
    /// Has 8 connections to something that takes 20 ms
    Pool,
    /// Serves 800 a second, whatever is asked
    Plateau,
    /// Takes 50 ms, for any number at once: too few connections ask it
    Latency,
    /// Answers 503 above 200 a second
    Shed,
    /// Accepts 5 connections a second, and lets few wait
    Backlog,
    /// Stands still for 150 ms at every 1,000th request
    Pause,
}

impl Ceiling {
    /// What it is, in one sentence without a full stop.
    pub(crate) fn sentence(self) -> &'static str {
        match self {
            Self::None => {
                "a server that answers at once, asked for little: there should be headroom"
            }
            Self::Both => {
                "a server that answers at once, asked as fast as it answers: both should be at their maximum"
            }
            Self::Cpu => {
                "a server that computes 2 ms for each request: its processors should be the limit"
            }
            Self::Lock => {
                "a server with one lock, held for 2 ms of waiting: it should wait, with idle processors"
            }
            Self::Pool => {
                "a server with 8 connections to something that takes 20 ms: it should wait, with idle processors"
            }
            Self::Plateau => {
                "a server that serves 800 a second, whatever is asked: it should wait, with idle processors"
            }
            Self::Latency => {
                "a server that takes 50 ms for any number at once: too few connections should be the limit"
            }
            Self::Shed => "a server that answers 503 above 200 a second: it should be shedding",
            Self::Backlog => {
                "a server that accepts 5 connections a second: its backlog should be the limit"
            }
            Self::Pause => {
                "a server that stands still for 150 ms at every 1,000th request: a period of 1,000 should show"
            }
        }
    }

    /// How `load run` shows it.
    pub(crate) fn plan(self) -> &'static [&'static str] {
        match self {
            Self::None => &["--rate", "500", "-c", "10"],
            Self::Both => &["-c", "50"],
            Self::Cpu | Self::Lock => &["--rate", "800", "-c", "20", "-T", "2s"],
            Self::Pool => &["--rate", "800", "-c", "50", "-T", "2s"],
            Self::Plateau => &["--rate", "2000", "-c", "50", "-T", "2s"],
            Self::Latency => &["--rate", "1000", "-c", "10", "-T", "2s"],
            Self::Shed => &["--rate", "1000", "-c", "10"],
            Self::Backlog => &["--rate", "50", "-c", "100", "--no-reuse", "-T", "1s"],
            Self::Pause => &["--rate", "2000", "-c", "50"],
        }
    }
}

impl fmt::Display for Ceiling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.to_possible_value();
        f.write_str(value.as_ref().map_or("", |value| value.get_name()))
    }
}
