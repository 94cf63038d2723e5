//! The terminal around the drawing: opened, asked for keys, and given back.

use std::io;
use std::time::Duration;

use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::drawing::{Picture, draw};
use super::{Screen, Snapshot, Wish};
use crate::measure::run::Plan;

/// Keys that are read between two pictures, at most.
const KEYS_MAX: usize = 32;

/// A terminal that shows nothing else meanwhile.
pub(crate) struct Terminal {
    terminal: DefaultTerminal,
    picture: Picture,
}

impl Terminal {
    /// Takes it.
    ///
    /// # Errors
    /// There is none, or it cannot.
    pub(crate) fn open(plan: &Plan, cpus: u32) -> io::Result<Self> {
        let terminal = ratatui::try_init()?;
        Ok(Self { terminal, picture: Picture::new(plan, cpus) })
    }
}

impl Screen for Terminal {
    fn show(&mut self, snapshot: &Snapshot) -> Wish {
        self.picture.take(snapshot);
        let picture = &self.picture;
        drop(self.terminal.draw(|frame| draw(frame, picture, snapshot)));
        wish()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

/// What was typed since.
fn wish() -> Wish {
    for _ in 0..KEYS_MAX {
        let Ok(true) = event::poll(Duration::ZERO) else { break };
        if let Ok(Event::Key(key)) = event::read()
            && ends(key)
        {
            return Wish::Stop;
        }
    }
    Wish::GoOn
}

/// While the screen is taken, Ctrl-C is a key like others.
pub(super) fn ends(key: KeyEvent) -> bool {
    let interrupt = key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
    key.kind == KeyEventKind::Press && (interrupt || key.code == KeyCode::Char('q'))
}
