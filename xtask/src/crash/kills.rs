//! What was done to the servers.

use std::fmt;

use serde_json::{Value, json};

/// How often each fault was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Kills {
    /// The owner was killed; its disk kept what was not synced.
    pub(crate) owner: u64,
    /// The owner was killed, and its disk lost what was not synced.
    pub(crate) power: u64,
    /// Of both, those that the disk's own dice did inside a sync.
    pub(crate) by_disk: u64,
    /// A gateway was killed.
    pub(crate) gateway: u64,
    /// The NLP service was killed.
    pub(crate) service: u64,
    /// Of these, those together with the owner.
    pub(crate) both: u64,
    /// The NLP service was told to be in trouble.
    pub(crate) troubles: u64,
    /// A process was stopped and continued.
    pub(crate) stops: u64,
    /// Views were deleted.
    pub(crate) views_deleted: u64,
    /// An older copy of the views was put back.
    pub(crate) views_put_back: u64,
}

impl Kills {
    /// Deaths of any process.
    pub(crate) fn total(&self) -> u64 {
        self.owner + self.power + self.gateway + self.service
    }

    pub(crate) fn to_json(self) -> Value {
        json!({
            "owner": self.owner, "power": self.power, "by_disk": self.by_disk,
            "gateway": self.gateway, "service": self.service, "both": self.both,
            "troubles": self.troubles, "stops": self.stops, "views_deleted": self.views_deleted,
            "views_put_back": self.views_put_back,
        })
    }
}

impl fmt::Display for Kills {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "owner {} times, its power {}, gateways {}, NLP service {} ({} with the owner), \
             which was in trouble {} times; stopped {} times; views deleted {} times, put back {}",
            self.owner,
            self.power,
            self.gateway,
            self.service,
            self.both,
            self.troubles,
            self.stops,
            self.views_deleted,
            self.views_put_back
        )
    }
}
