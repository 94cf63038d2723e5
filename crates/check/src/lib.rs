//! Did the promises hold? Histories of clients in, named anomalies out.
//!
//! A history is what one client session saw, frame by frame, as it came off the socket (the file is
//! described in `docs/formats.md`). Beside them an [`Audit`] may stand: what the journal and the tables of
//! the server say. Of what clients saw the checker believes nothing else: it parses the frames with its
//! own structs, not with `wire`, so that a bug of ours in reading them cannot hide a bug in sending
//! them.
//!
//! # Invariants
//!
//! - No rule rests on time between files: clients share no clock. Only the order of lines within
//!   one file, and what a server said, count. So there are no false alarms from slow machines.
//! - A rule is told at most [`KEPT_PER_KIND`] times, but always counted.
//! - Any text at all is a history, if a bad one: nothing panics, and a last line that was torn by a
//!   crash is counted, not complained about.
//!
//! The names of the anomalies follow Maelstrom and Jepsen where those have one.

mod anomaly;
mod audit;
mod authors;
mod book;
mod causality;
mod connection;
mod frame;
mod line;
mod outcome;
mod report;
mod rooms;
mod session;
mod what;

use std::iter::Peekable;

pub use anomaly::{Anomaly, Kind};
pub use audit::{Audit, Results, Sums};
pub use report::{Counts, KEPT_PER_KIND, Report};

use book::Book;
use session::Session;

/// What the run that made the histories declares about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// Stored history was damaged on purpose: epochs may change, `recovered: false` may be honest,
    /// and what was acknowledged in an epoch that ended may be gone.
    pub damaged: bool,
    /// Not every client's history is here: messages of unknown instances are not called invented.
    pub partial: bool,
    /// Everything was waited for: each text has its final result, and is counted with it.
    pub settled: bool,
}

/// Reads histories one after the other, then judges. If one outbox lived in several sessions, give
/// their files in the order they lived.
#[derive(Debug)]
pub struct Checker {
    book: Book,
    audit: Option<Audit>,
}

impl Checker {
    /// A checker that has read nothing.
    pub fn new(options: Options) -> Self {
        Self { book: Book::new(options), audit: None }
    }

    /// The data directory of the run is judged with the histories.
    pub fn audit(&mut self, audit: Audit) {
        self.audit = Some(audit);
    }

    /// Reads one history, line by line. `name` is what anomalies call it.
    pub fn file<L: AsRef<str>>(&mut self, name: &str, lines: impl IntoIterator<Item = L>) {
        let file = self.book.name_file(name);
        let mut lines = lines.into_iter().peekable();
        let Some(mut session) = self.header(file, &mut lines) else { return };
        let mut number = 1;
        while let Some(text) = lines.next() {
            number += 1;
            self.book.counts.lines += 1;
            let at = book::Where { file, line: number };
            match line::parse(text.as_ref()) {
                Ok(line) => session.line(&mut self.book, at, &line),
                Err(_) if lines.peek().is_none() => self.book.counts.torn_lines += 1,
                Err(error) => {
                    let text = format!("not a line of a history: {error}");
                    self.book.found(Kind::Unreadable, None, text, &[at]);
                }
            }
        }
        session.close(&mut self.book);
    }

    /// Judges all that was read.
    pub fn finish(mut self) -> Report {
        outcome::judge(&mut self.book);
        authors::judge(&mut self.book);
        rooms::judge(&mut self.book);
        if let Some(audit) = self.audit.take() {
            audit::judge(&mut self.book, audit);
        }
        self.book.into_report()
    }

    fn header<L: AsRef<str>>(
        &mut self,
        file: u32,
        lines: &mut Peekable<impl Iterator<Item = L>>,
    ) -> Option<Session> {
        let at = book::Where { file, line: 1 };
        let first = lines.next()?;
        self.book.counts.lines += 1;
        match line::parse_header(first.as_ref()) {
            Ok(header) => Some(Session::new(&mut self.book, file, header)),
            Err(_) if lines.peek().is_none() => {
                self.book.counts.torn_lines += 1;
                None
            }
            Err(why) => {
                self.book.found(Kind::Unreadable, None, format!("not a history: {why}"), &[at]);
                None
            }
        }
    }
}

/// Reads whole histories, each with its name, and judges them.
pub fn check<'a>(
    histories: impl IntoIterator<Item = (&'a str, &'a str)>,
    options: Options,
) -> Report {
    let mut checker = Checker::new(options);
    for (name, text) in histories {
        checker.file(name, text.lines());
    }
    checker.finish()
}
