use proptest::prelude::*;

use super::*;

fn second(seconds: u64) -> Mono {
    Mono(seconds * 1_000_000_000)
}

#[test]
fn a_share_that_is_not_one_nth_is_kept_to_the_call() {
    let mut budget = Budget::new(BudgetSettings { ratio_ppm: 300_000, reserve_per_s: 0 });
    for _ in 0..1_000 {
        budget.deposit(Mono(0));
    }
    let granted = (0..1_000).filter(|_| budget.withdraw(Mono(0))).count();
    assert_eq!(granted, 300, "a tower budget would give 333: it rounds 1/0.3 down to 3");
}

#[test]
fn the_reserve_is_there_without_a_deposit_and_no_more_than_it() {
    let mut budget = Budget::new(BudgetSettings::default());
    assert_eq!(budget.left(Mono(0)), 100);
    assert_eq!((0..200).filter(|_| budget.withdraw(Mono(0))).count(), 100);
    assert!(!budget.withdraw(second(9)), "ten slots of a second");
    assert!(budget.withdraw(second(10)));
}

#[test]
fn deposits_are_forgotten_after_the_window_and_after_a_long_silence() {
    for after in [10, 11, 1_000] {
        let mut budget = Budget::new(BudgetSettings { ratio_ppm: 500_000, reserve_per_s: 0 });
        budget.deposit(second(3));
        budget.deposit(second(3));
        assert_eq!(budget.left(second(12)), 1);
        assert_eq!(budget.left(second(3 + after)), 0);
    }
}

/// 10,000 events a second for a minute, the service down; each failed call is tried again at once, three times.
#[test]
fn when_all_fails_calls_stay_within_a_tenth_and_the_reserve() {
    let calls = |budget: &mut Option<Budget>| {
        let mut calls = 0_u64;
        for event in 0..600_000_u64 {
            let now = Mono(event * 100_000);
            calls += 1;
            if let Some(budget) = budget {
                budget.deposit(now);
            }
            for _ in 0..3 {
                calls += u64::from(budget.as_mut().is_none_or(|budget| budget.withdraw(now)));
            }
        }
        calls
    };
    let reserve = 10 * 60 + 100;
    let with = calls(&mut Some(Budget::new(BudgetSettings::default())));
    assert!(with <= 660_000 + reserve, "{with} calls for 600,000 events");
    assert_eq!(calls(&mut None), 2_400_000);
}

proptest! {
    #[test]
    fn in_no_window_is_more_withdrawn_than_the_share_of_what_was_deposited_and_the_reserve(
        ratio_ppm in 0_u32..=1_000_000,
        reserve_per_s in 0_u32..3,
        steps in prop::collection::vec((0_u64..400, any::<bool>()), 1..400),
    ) {
        let mut budget = Budget::new(BudgetSettings { ratio_ppm, reserve_per_s });
        let mut done: Vec<(u64, bool)> = Vec::new();
        let mut now_ms = 0;
        for (passed_ms, first) in steps {
            now_ms += passed_ms;
            let now = Mono(now_ms * 1_000_000);
            if first {
                budget.deposit(now);
                done.push((now_ms / 1_000, true));
                continue;
            }
            let in_window = done.iter().filter(|(slot, _)| slot + 10 > now_ms / 1_000);
            let deposits = in_window.clone().filter(|(_, first)| *first).count() as u64;
            let withdrawals = in_window.filter(|(_, first)| !*first).count() as u64;
            let allowed_ppm =
                deposits * u64::from(ratio_ppm) + u64::from(reserve_per_s) * 10_000_000;
            let granted = budget.withdraw(now);
            prop_assert_eq!(granted, (withdrawals + 1) * 1_000_000 <= allowed_ppm);
            if granted {
                done.push((now_ms / 1_000, false));
            }
        }
    }
}
