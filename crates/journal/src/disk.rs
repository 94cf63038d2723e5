//! The disk, as the journal needs it: real here, a shadow in tests. A file is written by one
//! thread and read by any.

mod real;

use std::io;
use std::sync::Arc;

pub use real::RealDisk;
pub(crate) use real::{RealFile, to_read};

/// A directory of files of fixed size.
pub trait Disk: Send + Sync + 'static {
    /// The names in it, in any order.
    ///
    /// # Errors
    /// What the directory says.
    fn list(&self) -> io::Result<Vec<String>>;

    /// A file that is there.
    ///
    /// # Errors
    /// What the file says.
    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>>;

    /// A new file of this many zeros, written and synced, its name too. One of the same name is
    /// replaced.
    ///
    /// # Errors
    /// `StorageFull` or `QuotaExceeded`: no room, and what was begun is removed again. Else what
    /// the disk says.
    fn create(&self, name: &str, bytes: u64) -> io::Result<Arc<dyn DiskFile>>;

    /// Removes a file; one that is not there is no error.
    ///
    /// # Errors
    /// What the directory says.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Puts a file in the place of another, under its name: in one step, and not durable before
    /// [`sync_names`](Self::sync_names). Who has the other one open goes on in it.
    ///
    /// # Errors
    /// What the directory says.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Makes the names durable.
    ///
    /// # Errors
    /// What the directory says. Which names are on the disk is unknown then: never try again.
    fn sync_names(&self) -> io::Result<()>;
}

/// A file of fixed size.
pub trait DiskFile: Send + Sync {
    /// Its size, bytes.
    ///
    /// # Errors
    /// What the file says.
    fn len(&self) -> io::Result<u64>;

    /// True if it has no bytes.
    ///
    /// # Errors
    /// What the file says.
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Fills `buf` from this place on; fewer only where the file ends.
    ///
    /// # Errors
    /// What the disk says.
    fn read_at(&self, at: u64, buf: &mut [u8]) -> io::Result<usize>;

    /// Writes all of `bytes` at this place. Not durable before a [`sync`](Self::sync).
    ///
    /// # Errors
    /// What the disk says; some of it may have been written.
    fn write_at(&self, at: u64, bytes: &[u8]) -> io::Result<()>;

    /// Makes everything written so far durable.
    ///
    /// # Errors
    /// What the disk says. What is on it is unknown then: never try again.
    fn sync(&self) -> io::Result<()>;
}

/// True if an error says that there is no room.
pub(crate) fn is_full(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::StorageFull || error.kind() == io::ErrorKind::QuotaExceeded
}
