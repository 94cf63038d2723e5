//! A table in text: the first column to the left, figures to the right.

use std::fmt;

/// Between columns.
const GAP: usize = 3;

/// Rows of cells below a heading.
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
    figures: Figures,
}

/// Where figures stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Figures {
    Left,
    Right,
}

impl Table {
    /// Without rows.
    pub(crate) fn new(head: &[&str]) -> Self {
        let head = head.iter().map(|&cell| cell.to_owned()).collect();
        Self { rows: vec![head], figures: Figures::Right }
    }

    /// One more row.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// All columns to the left.
    pub(crate) fn left(mut self) -> Self {
        self.figures = Figures::Left;
        self
    }

    fn width(&self, column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for row in &self.rows {
            let mut line = String::new();
            for (column, cell) in row.iter().enumerate() {
                let width = self.width(column);
                if column == 0 || self.figures == Figures::Left {
                    line += &format!("{cell:<width$}");
                } else {
                    line += &format!("{cell:>width$}");
                }
                line += &" ".repeat(GAP);
            }
            writeln!(f, "  {}", line.trim_end())?;
        }
        Ok(())
    }
}
