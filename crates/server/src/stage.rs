//! Where a process stands in its life.

/// From the start to the end; it never goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// It opens its files, and its views replay the journal: only how it is can be asked.
    Starting,
    /// It serves.
    Open,
    /// It was asked to stop, or must: nothing new begins, what is under way ends.
    Draining,
    /// The port is closed.
    Closed,
}

impl Stage {
    /// Whether the end has begun.
    pub(crate) fn is_ending(self) -> bool {
        self >= Self::Draining
    }
}
