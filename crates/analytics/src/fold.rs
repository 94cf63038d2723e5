//! The fold: facts in, what is to be added to rows out.

use std::collections::BTreeMap;

use model::bounds::NAME_MAX_BYTES;
use model::{
    Content, Enrichment, Kind, Message, Said, SeededMap, SeededState, Understanding, UserId, Wall,
};

use crate::{Breadth, Cell, Distinct, Level, Scope, State, Terms, Window};

/// Bytes that a new cell takes in memory, roughly: itself, its name, a few entries of its sketches.
const CELL_BYTES: usize = size_of::<Cell>() + NAME_MAX_BYTES + 64;

/// What a change of understanding means, as it is counted.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// The fact.
    pub enrichment: &'a Enrichment,
    /// How its message was counted until now. Only if something of it was understood, is what the fact has
    /// as `before` taken off.
    pub was: State,
    /// The stamp of the fact.
    pub at: Wall,
}

/// What is to be added to the rows of one window: by name, with the place that the name has among those
/// that came since the last [`Fold::drain`].
pub type Rows = BTreeMap<Box<str>, (u32, Cell)>;

type Cells = SeededMap<Box<str>, (u32, Cell)>;

/// Of the maps of names. What comes out of them is sorted.
const SEED: SeededState = SeededState(0x6875_6262_7562, 0x6e61_6d65);

/// Facts become additions to rows. Between two [drains](Self::drain) each row has one.
#[derive(Debug, Default)]
pub struct Fold {
    watermark: Wall,
    terms: Terms,
    late: u64,
    /// By scope, then by the start of its shortest window.
    cells: [BTreeMap<u64, Cells>; 4],
    names: u32,
    bytes: usize,
    /// What comes was counted in wide rows before.
    is_deep_only: bool,
}

impl Fold {
    /// One that goes on from there.
    pub fn new(watermark: Wall, late: u64, terms: Terms) -> Self {
        Self { watermark, late, terms, ..Self::default() }
    }

    /// The highest stamp seen.
    pub fn watermark(&self) -> Wall {
        self.watermark
    }

    /// Changes that came when all rows of their message had gone: they are counted nowhere else.
    pub fn late(&self) -> u64 {
        self.late
    }

    /// What is talked about.
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// Bytes of memory that the additions take, roughly.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// A batch of this stamp comes.
    pub fn advance(&mut self, stamp: Wall) {
        self.watermark = self.watermark.max(stamp);
        self.terms.advance(stamp);
    }

    /// Whether what comes is counted in rows that are [deep](Breadth::Deep) alone: those that are wide were written when
    /// it came before, and the others were not.
    pub fn count_deep_only(&mut self, yes: bool) {
        self.is_deep_only = yes;
    }

    /// Someone said something. `response_ms`: how long they took to answer, if they answer someone.
    pub fn message(&mut self, message: &Message, at: Wall, response_ms: Option<u64>) {
        let (conversation, sender) = (message.conversation.as_str(), message.sender.as_str());
        let (conversation_hash, sender_hash) =
            (Distinct::hash(conversation), Distinct::hash(sender));
        let counted = |cell: &mut Cell, distinct| {
            cell.messages += 1;
            cell.distinct.add(distinct);
            if let Some(took) = response_ms {
                cell.response.add(took);
            }
        };
        counted(self.cell(Scope::Conversation, conversation, at), sender_hash);
        counted(self.cell(Scope::Sender, sender, at), conversation_hash);
        if !self.is_deep_only {
            counted(self.cell(Scope::Overall, "", at), sender_hash);
        }
        if let Content::Text { body, .. } = &message.content
            && message.conversation.kind() == Kind::Open
        {
            self.terms.said(body.as_str(), sender_hash);
        }
    }

    /// What is understood of a message has changed. A fact that does not say who said it and when counts in
    /// no window.
    pub fn changed(&mut self, change: &Change<'_>) {
        let Change { enrichment, was, at } = *change;
        let Some(Said { sender, at: said_at }) = &enrichment.said else { return };
        if Level::Day.start(*said_at) < Scope::Overall.horizon(Level::Day, self.watermark) {
            self.late += 1;
            return;
        }
        let (is, before) = (State::of(&enrichment.after), enrichment.before.understanding());
        let before = before.filter(|_| was.is_understood());
        let after = enrichment.after.understanding();
        let took =
            (is == State::Full && was != State::Full).then(|| at.0.saturating_sub(said_at.0));
        let names = [
            (Scope::Conversation, enrichment.conversation.as_str()),
            (Scope::Sender, sender.as_str()),
            (Scope::Overall, ""),
        ];
        for (scope, name) in names {
            if scope.breadth() == Breadth::Wide && self.is_deep_only {
                return;
            }
            let cell = self.cell(scope, name, *said_at);
            move_over(cell, (was, before), (is, after), took);
        }
        self.topics(sender, *said_at, (was, before), (is, after), took);
    }

    /// What came since the last call for so broad a part, for every level, by window. Windows that are not kept any
    /// more are left out.
    pub fn drain(&mut self, breadth: Breadth) -> BTreeMap<Window, Rows> {
        let mut windows = BTreeMap::new();
        for scope in Scope::ALL.into_iter().filter(|scope| scope.breadth() == breadth) {
            let cells = std::mem::take(&mut self.cells[scope as usize]);
            for (start, cells) in cells {
                self.bytes -= cells.len() * cell_bytes(scope);
                let rows = cells.into_iter().collect();
                let (shortest, longer) = scope.levels().split_first().expect("each scope has one");
                for level in longer {
                    let start = level.start(Wall(start));
                    merge(
                        windows.entry(Window { level: *level, scope, start }).or_default(),
                        &rows,
                    );
                }
                windows.insert(Window { level: *shortest, scope, start }, rows);
            }
        }
        let watermark = self.watermark;
        windows.retain(|window: &Window, _| {
            window.start >= window.scope.horizon(window.level, watermark)
        });
        if self.bytes == 0 {
            self.names = 0;
        }
        windows
    }

    /// A topic has the messages of which it is understood.
    fn topics(
        &mut self,
        sender: &UserId,
        at: Wall,
        (was, before): (State, Option<&Understanding>),
        (is, after): (State, Option<&Understanding>),
        took: Option<u64>,
    ) {
        if let Some(before) = before.filter(|before| !before.topic.is_empty()) {
            let cell = self.cell(Scope::Topic, &before.topic, at);
            cell.messages -= 1;
            move_over(cell, (was, Some(before)), (State::Pending, None), None);
        }
        if let Some(after) = after.filter(|after| !after.topic.is_empty()) {
            let cell = self.cell(Scope::Topic, &after.topic, at);
            cell.messages += 1;
            move_over(cell, (State::Pending, None), (is, Some(after)), took);
            // A guess may be taken back, a name in a sketch may not.
            if is == State::Full {
                cell.distinct.add(Distinct::hash(sender.as_str()));
            }
        }
    }

    fn cell(&mut self, scope: Scope, name: &str, at: Wall) -> &mut Cell {
        let rows = self.cells[scope as usize]
            .entry(scope.levels()[0].start(at))
            .or_insert_with(|| SeededMap::with_hasher(SEED));
        if !rows.contains_key(name) {
            rows.insert(name.into(), (self.names, Cell::default()));
            self.names += 1;
            self.bytes += cell_bytes(scope);
        }
        &mut rows.get_mut(name).expect("it is there now").1
    }
}

/// Of one more name, at all levels.
fn cell_bytes(scope: Scope) -> usize {
    CELL_BYTES * scope.levels().len()
}

fn move_over(
    cell: &mut Cell,
    (was, before): (State, Option<&Understanding>),
    (is, after): (State, Option<&Understanding>),
    took: Option<u64>,
) {
    cell.count(was, -1);
    cell.count(is, 1);
    if let Some(before) = before {
        cell.sum(before, -1);
    }
    if let Some(after) = after {
        cell.sum(after, 1);
    }
    if let Some(took) = took {
        cell.latency.add(took);
    }
}

fn merge(into: &mut Rows, rows: &Rows) {
    for (name, (place, cell)) in rows {
        match into.get_mut(name) {
            Some((first, known)) => {
                *first = (*first).min(*place);
                known.merge(cell);
            }
            None => {
                into.insert(name.clone(), (*place, cell.clone()));
            }
        }
    }
}
