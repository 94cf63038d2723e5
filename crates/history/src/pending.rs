//! Rows that the next commit writes to a tree, in order of arrival: most are only written, few are
//! looked for again.

/// Rows to be written in key order. The engine keeps what is new in a skip list, and neighbours in
/// it are found in warm cache lines: twice as fast as in order of arrival
/// (`examples/history_rebuild.rs`). Sorting is cheap while all keys lie in one piece of memory.
#[derive(Default)]
pub(crate) struct Pending {
    bytes: Vec<u8>,
    rows: Vec<Row>,
}

/// Where a row's key and value lie: one after the other.
struct Row {
    key: usize,
    value: usize,
    end: usize,
    /// The row is taken away; its value is empty.
    removed: bool,
}

impl Pending {
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn push(&mut self, key: &[u8], value: impl FnOnce(Vec<u8>) -> Vec<u8>) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(key);
        let middle = self.bytes.len();
        self.bytes = value(std::mem::take(&mut self.bytes));
        let end = self.bytes.len();
        self.rows.push(Row { key: start, value: middle, end, removed: false });
    }

    pub(crate) fn remove(&mut self, key: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(key);
        let end = self.bytes.len();
        self.rows.push(Row { key: start, value: end, end, removed: true });
    }

    /// What the row of this key will be, if it is among those to be written: `Some(None)` = none.
    /// Looks at all of them.
    pub(crate) fn get(&self, key: &[u8]) -> Option<Option<&[u8]>> {
        let row = self.rows.iter().rev().find(|row| self.key(row) == key)?;
        Some((!row.removed).then(|| self.value(row)))
    }

    /// The rows whose keys begin so, in order of arrival: a later one of the same key counts. Looks at
    /// all of them.
    pub(crate) fn under(&self, prefix: &[u8]) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
        let rows = self.rows.iter().filter(move |row| self.key(row).starts_with(prefix));
        rows.map(|row| (self.key(row), (!row.removed).then(|| self.value(row))))
    }

    /// Each key once, in order, with the row that came last.
    pub(crate) fn drain_sorted(mut self, mut write: impl FnMut(&[u8], Option<&[u8]>)) {
        let bytes = &self.bytes;
        self.rows
            .sort_by(|left, right| bytes[left.key..left.value].cmp(&bytes[right.key..right.value]));
        for (at, row) in self.rows.iter().enumerate() {
            let key = self.key(row);
            let later = self.rows.get(at + 1).is_some_and(|next| self.key(next) == key);
            if !later {
                write(key, (!row.removed).then(|| self.value(row)));
            }
        }
    }

    fn key(&self, row: &Row) -> &[u8] {
        &self.bytes[row.key..row.value]
    }

    fn value(&self, row: &Row) -> &[u8] {
        &self.bytes[row.value..row.end]
    }
}
