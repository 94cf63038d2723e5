//! What a report says: rows with the names of their columns.

use serde::{Deserialize, Serialize};

/// Rows with the names of their columns.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Sheet {
    /// The names.
    pub columns: Vec<String>,
    /// As many values each as there are columns.
    pub rows: Vec<Vec<Value>>,
    /// Whether there were more rows than were asked for.
    pub is_cut: bool,
}

/// What stands in a row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// Nothing.
    Null,
    /// A count, a sum, a time.
    Integer(i64),
    /// A mean, a share.
    Real(f64),
    /// A name, a moment.
    Text(String),
    /// A sketch.
    Bytes(Vec<u8>),
}
