//! The failures that are told: the first ones, but of each kind one before a second of any.

use crate::measure::run::Failure;

/// Failures that are told.
pub(crate) const FAILURES_MAX: usize = 10;

/// Adds some. Above the bound the last of the kind that has most goes.
pub(super) fn keep(kept: &mut Vec<Failure>, more: impl IntoIterator<Item = Failure>) {
    for failure in more {
        kept.push(failure);
        if kept.len() > FAILURES_MAX {
            let alike = |one: &Failure| kept.iter().filter(|other| is_alike(one, other)).count();
            let last_of_most = (0..kept.len()).max_by_key(|&at| alike(&kept[at]));
            last_of_most.map(|at| kept.remove(at));
        }
    }
}

fn is_alike(one: &Failure, other: &Failure) -> bool {
    (one.status, &one.error) == (other.status, &other.error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(index: u64, status: u16) -> Failure {
        Failure { index, status: Some(status), error: None, body_start: String::new() }
    }

    #[test]
    fn a_kind_that_comes_late_has_its_place_and_the_first_of_each_stay() {
        let mut kept = Vec::new();
        keep(&mut kept, (0..1_000).map(|index| failure(index, 500)));
        assert_eq!(kept.iter().map(|one| one.index).collect::<Vec<_>>(), Vec::from_iter(0..10));
        keep(&mut kept, (1_000..2_000).map(|index| failure(index, 503)));
        let told: Vec<_> = kept.iter().map(|one| one.index).collect();
        assert_eq!(told, [0, 1, 2, 3, 4, 1_000, 1_001, 1_002, 1_003, 1_004]);
    }

    #[test]
    fn more_kinds_than_places_keep_the_first() {
        let mut kept = Vec::new();
        keep(&mut kept, (0..20).map(|number| failure(number.into(), 500 + number)));
        assert_eq!(kept.len(), FAILURES_MAX);
        assert_eq!(kept[0].index, 0);
    }
}
