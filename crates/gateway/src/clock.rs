//! The wall clock: tokens expire by it.

use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use model::Wall;
use tokio::time::Instant;

/// Now.
pub(crate) fn wall() -> Wall {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Wall(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// Nanoseconds since the first time it was asked; never goes back.
pub(crate) fn mono() -> u64 {
    static START: OnceLock<std::time::Instant> = OnceLock::new();
    let start = START.get_or_init(std::time::Instant::now);
    u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// When a moment of the wall clock comes, by the monotonic one; far ones are not told apart.
pub(crate) fn instant_of(at: Wall) -> Instant {
    const FAR: Duration = Duration::from_secs(400 * 24 * 3600);
    let left = Duration::from_millis(at.0.saturating_sub(wall().0));
    Instant::now() + left.min(FAR)
}
