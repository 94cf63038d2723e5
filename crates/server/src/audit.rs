//! What a data directory holds, for those who check it: every fact, and how far the tables have come.
//! Nothing is written, and nobody is made to wait but for one sync.

use std::path::Path;

use journal::{OnlookError, Onlooker};
use model::{BatchNo, Fact, Offset};
use tables::{Tables, TablesError};
use thiserror::Error;

use crate::data_dir;

/// Why a journal cannot be read from its beginning to its end.
#[derive(Debug, Error)]
pub enum FactsError {
    /// A file cannot be read, or was thinned away meanwhile.
    #[error("{0}; if it is served, stop the server and try again")]
    Read(#[from] OnlookError),
    /// Something in it is damaged.
    #[error(
        "{file}: bytes {from} to {to} do not read, so what is missing cannot be told from what is wrong: \
         restore the file from a backup"
    )]
    Damaged {
        /// The segment's file.
        file: String,
        /// The first byte.
        from: u64,
        /// Behind the last.
        to: u64,
    },
}

/// Gives every fact that is durable in a data directory, in the journal's order.
///
/// # Errors
/// [`FactsError`]: what does not read, and what to do.
pub fn facts(data: &Path, mut take: impl FnMut(BatchNo, Offset, &Fact)) -> Result<(), FactsError> {
    let onlooker = Onlooker::new(&data.join(data_dir::JOURNAL));
    let numbers = onlooker.segments()?;
    for (index, &number) in numbers.iter().enumerate() {
        let next = numbers.get(index + 1).map(|&next| onlooker.open(next)).transpose()?;
        let seen = onlooker.open(number)?;
        let stretch = seen.stretch(next.as_ref(), 0)?;
        if let Some(&(from, to)) = stretch.unreadable.first() {
            return Err(FactsError::Damaged { file: stretch.file, from, to });
        }
        seen.batches(&stretch, |view| {
            for (offset, fact) in &view.facts {
                take(view.batch, *offset, fact);
            }
        })?;
    }
    Ok(())
}

/// The last batch that the tables of a data directory count.
///
/// # Errors
/// [`TablesError`]: there are no tables, or the disk failed.
pub fn counted(data: &Path) -> Result<BatchNo, TablesError> {
    Ok(Tables::reader(&data_dir::tables(data))?.cursor()?.batch)
}
