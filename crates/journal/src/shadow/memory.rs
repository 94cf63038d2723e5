//! Files that are vectors.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::disk::{Disk, DiskFile};
use crate::layout::narrow;

type Bytes = Arc<Mutex<Vec<u8>>>;

#[derive(Default)]
pub(super) struct MemoryDisk(Mutex<BTreeMap<String, Bytes>>);

struct MemoryFile(Bytes);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn no_file(name: &str) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, format!("no file {name}"))
}

impl MemoryDisk {
    /// The same file under another name as well.
    pub(super) fn link(&self, name: &str, also: &str) -> io::Result<()> {
        let mut files = lock(&self.0);
        let bytes = files.get(name).map(Arc::clone).ok_or_else(|| no_file(name))?;
        files.insert(also.to_owned(), bytes);
        Ok(())
    }

    pub(super) fn deep_clone(&self) -> Self {
        let files = lock(&self.0);
        let copy = |(name, bytes): (&String, &Bytes)| {
            (name.clone(), Arc::new(Mutex::new(lock(bytes).clone())))
        };
        Self(Mutex::new(files.iter().map(copy).collect()))
    }
}

impl Disk for MemoryDisk {
    fn list(&self) -> io::Result<Vec<String>> {
        Ok(lock(&self.0).keys().cloned().collect())
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        match lock(&self.0).get(name) {
            Some(bytes) => Ok(Arc::new(MemoryFile(Arc::clone(bytes)))),
            None => Err(no_file(name)),
        }
    }

    fn create(&self, name: &str, bytes: u64) -> io::Result<Arc<dyn DiskFile>> {
        let bytes = Arc::new(Mutex::new(vec![0; narrow(bytes)]));
        lock(&self.0).insert(name.to_owned(), Arc::clone(&bytes));
        Ok(Arc::new(MemoryFile(bytes)))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        lock(&self.0).remove(name);
        Ok(())
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut files = lock(&self.0);
        let bytes = files.remove(from).ok_or_else(|| no_file(from))?;
        files.insert(to.to_owned(), bytes);
        Ok(())
    }

    fn sync_names(&self) -> io::Result<()> {
        Ok(())
    }
}

impl DiskFile for MemoryFile {
    fn len(&self) -> io::Result<u64> {
        Ok(lock(&self.0).len() as u64)
    }

    fn read_at(&self, at: u64, buf: &mut [u8]) -> io::Result<usize> {
        let bytes = lock(&self.0);
        let from = narrow(at).min(bytes.len());
        let length = buf.len().min(bytes.len() - from);
        buf[..length].copy_from_slice(&bytes[from..from + length]);
        Ok(length)
    }

    fn write_at(&self, at: u64, bytes: &[u8]) -> io::Result<()> {
        let mut held = lock(&self.0);
        let (from, to) = (narrow(at), narrow(at) + bytes.len());
        if held.len() < to {
            held.resize(to, 0);
        }
        held[from..to].copy_from_slice(bytes);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}
