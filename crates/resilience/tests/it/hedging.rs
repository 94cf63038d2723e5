//! A service of which one call in fifty hangs, with second calls and without, within one budget.

use std::time::Duration;

use model::Mono;
use resilience::{Budget, BudgetSettings, Quantiles, hedge};

use crate::dice::Dice;

const DEADLINE: Duration = Duration::from_millis(400);

/// 100,000 calls of 90 to 110 ms, of which 2 % take 2 s. Counts those that are late, and the calls besides.
fn calls(hedged: bool) -> (u32, u32) {
    let mut dice = Dice(11);
    let mut budget = Budget::new(BudgetSettings::default());
    let mut latencies = Quantiles::new();
    let (mut late, mut besides) = (0, 0);
    for call in 0..100_000_u64 {
        let now = Mono(call * 1_000_000);
        let mut takes = || {
            let slow = dice.unit() < 0.02;
            Duration::from_secs_f64(if slow { 2.0 } else { 0.09 + 0.02 * dice.unit() })
        };
        budget.deposit(now);
        let mut latency = takes();
        let delay = hedge::delay(&latencies, DEADLINE, Duration::from_millis(5));
        if let Some(delay) = delay.filter(|delay| hedged && *delay < latency)
            && budget.withdraw(now + delay)
        {
            besides += 1;
            latency = latency.min(delay + takes());
        }
        late += u32::from(latency > DEADLINE);
        latencies.record(now, latency);
    }
    (late, besides)
}

#[test]
fn few_second_calls_save_most_of_the_late_ones() {
    let (late, besides) = calls(true);
    assert!(late < 100, "{late} late");
    assert!(besides < 9_000, "{besides} calls more");
    let (late, besides) = calls(false);
    assert!(late > 1_800, "{late} late");
    assert_eq!(besides, 0);
}
