//! The checker is under test: the promise the tables can break on purpose must be caught.

use check::{Audit, Checker, Kind, Options, Sums};
use model::{BatchNo, Mutant, Understood};

use crate::world::*;

/// What the checker says of tables with this mutant, when an answer came after a guess.
fn miscounted(mutant: Option<Mutant>) -> u64 {
    let place = Place::new();
    let facts = Journal::new().place([
        message("tea", "ann"),
        changed("tea", 1, Understood::Pending, degraded(-5)),
        changed("tea", 1, degraded(-5), full(9)),
    ]);
    let mut tables = place.open().with_mutant(mutant);
    apply(&mut tables, 1, std::slice::from_ref(&facts)).unwrap();
    let mut audit = Audit::new(BatchNo(1));
    for (offset, fact) in &facts {
        audit.fact(BatchNo(1), *offset, fact);
    }
    for row in all(&tables) {
        let count = |number: u64| i64::try_from(number).unwrap();
        let sums = Sums {
            messages: count(row.messages),
            full: count(row.enriched),
            degraded: count(row.degraded),
            dead: count(row.dead),
            sentiment_sum_micros: row.sentiment_sum_micros,
        };
        audit.row(row.conversation.as_str(), sums);
    }
    let mut checker = Checker::new(Options { settled: true, ..Options::default() });
    checker.audit(audit);
    let report = checker.finish();
    assert_eq!(report.totals.values().sum::<u64>(), report.total(Kind::Miscounted), "{report}");
    report.total(Kind::Miscounted)
}

#[test]
fn a_guess_that_stays_is_caught() {
    assert_eq!(miscounted(Some(Mutant::GuessKept)), 1);
}

#[test]
fn tables_that_are_right_are_not_accused() {
    assert_eq!(miscounted(None), 0);
    assert_eq!(miscounted(Some(Mutant::NoSync)), 0);
}
