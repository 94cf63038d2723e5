//! When keys are read again.

use model::Wall;

use crate::bounds::RELOAD_INTERVAL;

/// Decides whether an unknown key id is reason enough to read the keys again. Key ids come from
/// strangers, so it says yes at most once in [`RELOAD_INTERVAL`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Reload {
    last: Option<Wall>,
}

impl Reload {
    /// Someone came with an unknown key: read the keys now? If so, the interval begins anew,
    /// whatever the reading brings.
    pub fn unknown_key(&mut self, now: Wall) -> bool {
        let interval_ms = u64::try_from(RELOAD_INTERVAL.as_millis()).unwrap_or(u64::MAX);
        // A clock that was set back does not keep keys from being read.
        let due = self.last.is_none_or(|last| now < last || now.0 - last.0 >= interval_ms);
        if due {
            self.last = Some(now);
        }
        due
    }
}
