//! The floor under every acknowledgement: a bare loop of one write and one sync, on the same disk.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// Bytes of one write: about a batch of 20 messages of 100 bytes.
const WRITE_BYTES: usize = 4096;

/// Bytes of the file, as of a journal segment. Zeros are written before: a file that grows costs a
/// sync of its metadata, too.
const FILE_BYTES: u64 = 64 << 20;

/// Writes and syncs as fast as it goes, for so long; how long each took, in milliseconds.
pub(super) fn measure(folder: &Path, length: Duration) -> Result<Vec<f64>> {
    let path = folder.join("raw");
    let mut file = File::create(&path).with_context(|| path.display().to_string())?;
    let block = [0_u8; 1 << 16];
    for _ in 0..FILE_BYTES / (1 << 16) {
        file.write_all(&block)?;
    }
    file.sync_all()?;
    let mut took = Vec::new();
    let began = Instant::now();
    let mut at = 0;
    while began.elapsed() < length {
        let one = Instant::now();
        file.seek(SeekFrom::Start(at))?;
        file.write_all(&block[..WRITE_BYTES])?;
        file.sync_data()?;
        took.push(one.elapsed().as_secs_f64() * 1e3);
        at = (at + 4096) % FILE_BYTES;
    }
    std::fs::remove_file(&path)?;
    Ok(took)
}

/// The value that so much of all does not exceed (nearest rank); 0 of nothing.
pub(super) fn quantile(values: &[f64], quantile: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "counts far below 2^53, and a rank is not negative"
    )]
    let rank = (quantile * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0.0)
}

#[test]
fn quantiles_are_values_that_were_measured() {
    let values: Vec<f64> = (1..=100).rev().map(f64::from).collect();
    assert_eq!(quantile(&values, 0.99), 99.0);
    assert_eq!(quantile(&values, 0.5), 50.0);
    assert_eq!(quantile(&values, 1.0), 100.0);
    assert_eq!(quantile(&[7.0], 0.99), 7.0);
    assert_eq!(quantile(&[], 0.99), 0.0);
}

#[test]
fn the_loop_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let took = measure(folder.path(), Duration::from_millis(20)).unwrap();
    assert!(!took.is_empty());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
