//! The promises the hub can break on purpose. Without the feature `mutants` it cannot.

use crate::Limits;

#[cfg(feature = "mutants")]
impl Limits {
    pub(crate) fn acknowledges_early(&self) -> bool {
        self.mutant == Some(model::Mutant::AcknowledgeEarly)
    }

    pub(crate) fn forgets_dedupe(&self) -> bool {
        self.mutant == Some(model::Mutant::DedupeForgotten)
    }

    pub(crate) fn runs_cursors_ahead(&self) -> bool {
        self.mutant == Some(model::Mutant::CursorAhead)
    }
}

#[cfg(not(feature = "mutants"))]
impl Limits {
    pub(crate) const fn acknowledges_early(&self) -> bool {
        false
    }

    pub(crate) const fn forgets_dedupe(&self) -> bool {
        false
    }

    pub(crate) const fn runs_cursors_ahead(&self) -> bool {
        false
    }
}
