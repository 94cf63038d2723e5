//! Which disk the journal is on: the real one; in a crash run a shadow of it.

use std::path::Path;
use std::sync::Arc;

use journal::{Disk, RealDisk};

use crate::config::Config;
use crate::error::ServeError;

/// How long a shadow's sync takes beside the real work: long enough that many a kill falls into one.
#[cfg(feature = "mutants")]
const SYNC_LATENCY: std::time::Duration = std::time::Duration::from_millis(3);

/// The journal's disk.
pub(crate) struct Opened {
    pub(crate) disk: Arc<dyn Disk>,
    /// The life before ended inside a sync.
    #[cfg(feature = "mutants")]
    pub(crate) died_in_sync: bool,
}

/// Opens the disk in `dir`.
pub(crate) fn open(config: &Config, dir: &Path) -> Result<Opened, ServeError> {
    let failed = |why: std::io::Error| ServeError::DataDir {
        path: dir.to_owned(),
        what: format!("cannot be opened ({why}); check its owner and mode"),
    };
    #[cfg(feature = "mutants")]
    if let Some(seed) = config.crash.disk {
        let death = match config.crash.after {
            crate::config::Death::Process => journal::shadow::Death::Process,
            crate::config::Death::Power => journal::shadow::Death::Power,
        };
        let (disk, report) = journal::shadow::ShadowDisk::open(dir, seed, death).map_err(failed)?;
        disk.set_faults(journal::shadow::Faults {
            sync_latency: SYNC_LATENCY,
            ..Default::default()
        });
        tracing::info!(?report, "shadow disk open");
        return Ok(Opened { disk: Arc::new(disk), died_in_sync: report.died_in_sync });
    }
    let _ = config;
    Ok(Opened {
        disk: Arc::new(RealDisk::open(dir).map_err(failed)?),
        #[cfg(feature = "mutants")]
        died_in_sync: false,
    })
}
