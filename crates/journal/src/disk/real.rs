//! The file system.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Disk, DiskFile};

/// Zeros of one write while a file is created.
const ZEROS_BYTES: usize = 1024 * 1024;

/// Zeros between two syncs while a file is created: a burst of 64 MiB would make the appends of
/// the other thread wait for all of it.
const ZEROS_PER_SYNC_BYTES: u64 = 8 * 1024 * 1024;

/// A directory of the file system.
#[derive(Debug)]
pub struct RealDisk {
    dir: PathBuf,
}

impl RealDisk {
    /// This directory; it is created if it is not there. Names that a killed process had created
    /// are made durable.
    ///
    /// # Errors
    /// What the file system says.
    pub fn open(dir: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(dir)?;
        sync_directory(dir)?;
        match dir.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => sync_directory(parent)?,
            Some(_) => sync_directory(Path::new("."))?,
            None => {}
        }
        Ok(Self { dir: dir.to_owned() })
    }

    fn write_zeros(&self, name: &str, bytes: u64) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(true);
        let file = options.open(self.dir.join(name))?;
        let zeros = vec![0_u8; ZEROS_BYTES];
        let mut at = 0;
        while at < bytes {
            let piece = (bytes - at).min(ZEROS_BYTES as u64);
            let length = usize::try_from(piece).unwrap_or(ZEROS_BYTES);
            file.write_all_at(&zeros[..length], at)?;
            at += piece;
            if at.is_multiple_of(ZEROS_PER_SYNC_BYTES) {
                file.sync_data()?;
            }
        }
        file.sync_all()?;
        sync_directory(&self.dir)?;
        Ok(file)
    }
}

impl Disk for RealDisk {
    fn list(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.dir)? {
            names.extend(entry?.file_name().into_string());
        }
        Ok(names)
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let file = OpenOptions::new().read(true).write(true).open(self.dir.join(name))?;
        Ok(Arc::new(RealFile(file)))
    }

    fn create(&self, name: &str, bytes: u64) -> io::Result<Arc<dyn DiskFile>> {
        match self.write_zeros(name, bytes) {
            Ok(file) => Ok(Arc::new(RealFile(file))),
            Err(error) => {
                self.remove(name)?;
                Err(error)
            }
        }
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        match std::fs::remove_file(self.dir.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => sync_directory(&self.dir),
        }
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        std::fs::rename(self.dir.join(from), self.dir.join(to))
    }

    fn sync_names(&self) -> io::Result<()> {
        sync_directory(&self.dir)
    }
}

/// A file that is only looked at. It can be synced all the same, not written.
pub(crate) fn to_read(path: &Path) -> io::Result<RealFile> {
    Ok(RealFile(File::open(path)?))
}

pub(crate) struct RealFile(pub(crate) File);

impl DiskFile for RealFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn read_at(&self, at: u64, buf: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buf.len() {
            match self.0.read_at(&mut buf[filled..], at + filled as u64) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }

    fn write_at(&self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all_at(bytes, at)
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync_data()
    }
}

fn sync_directory(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}
