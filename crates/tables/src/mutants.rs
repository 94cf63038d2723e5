//! The promises the tables can break on purpose. Without the feature `mutants` they cannot.

use model::Fact;

/// How they are wrong.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wrong {
    #[cfg(feature = "mutants")]
    mutant: Option<model::Mutant>,
}

#[cfg(feature = "mutants")]
impl crate::Tables {
    /// The promise to break.
    #[must_use]
    pub fn with_mutant(mut self, mutant: Option<model::Mutant>) -> Self {
        self.wrong.mutant = mutant;
        self
    }
}

impl Wrong {
    /// Whether a fact that is asked for again after a crash counts again where it was counted.
    #[cfg(feature = "mutants")]
    pub(crate) fn counts_again(self) -> bool {
        self.mutant == Some(model::Mutant::CountedAgain)
    }

    /// Whether a fact that is asked for again after a crash counts again where it was counted: never.
    #[cfg(not(feature = "mutants"))]
    pub(crate) const fn counts_again(self) -> bool {
        false
    }

    /// Whether this fact is passed over.
    #[cfg(feature = "mutants")]
    pub(crate) fn misses(self, fact: &Fact) -> bool {
        use model::Understood::{Degraded, Full};
        let Fact::Enriched(fact) = fact else { return false };
        self.mutant == Some(model::Mutant::GuessKept)
            && matches!((&fact.before, &fact.after), (Degraded { .. }, Full(_)))
    }

    /// Whether this fact is passed over: never.
    #[cfg(not(feature = "mutants"))]
    pub(crate) const fn misses(self, _: &Fact) -> bool {
        false
    }
}
