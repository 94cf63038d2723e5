//! The promises the room can break on purpose. Without the feature `mutants` it cannot.

use crate::Settings;

#[cfg(feature = "mutants")]
impl Settings {
    pub(crate) fn asks_twice(&self) -> bool {
        self.mutant == Some(model::Mutant::AskedTwice)
    }

    pub(crate) fn forgets_pending(&self) -> bool {
        self.mutant == Some(model::Mutant::PendingForgotten)
    }
}

#[cfg(not(feature = "mutants"))]
impl Settings {
    pub(crate) const fn asks_twice(&self) -> bool {
        false
    }

    pub(crate) const fn forgets_pending(&self) -> bool {
        false
    }
}
