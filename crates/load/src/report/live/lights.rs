//! How the generator fares, as traffic lights: each figure with what it may be.

use stats::verdict::{CLIENT_BUSY, LATE_BY_FAR, LATE_US, RUN_QUEUE_WAIT, STALL_MS, STEAL};

use crate::measure::run::Health;
use crate::report::units;

/// From this share of what is too much on, a light is amber.
const AMBER: f64 = 0.5;

/// The worst of a second may be so late: a loop that is late for once makes no quantile late.
const LOOP_LAG_MS: f64 = LATE_US * LATE_BY_FAR / 1e3;

/// Red makes a measurement doubtful.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Light {
    Green,
    Amber,
    Red,
}

/// A figure of the generator.
pub(super) struct Lit {
    pub(super) name: &'static str,
    pub(super) told: String,
    pub(super) light: Light,
}

/// All of them.
pub(super) fn lights(health: &Health, cpus: u32) -> Vec<Lit> {
    let cpus = f64::from(cpus.max(1));
    let slip_us = health.slip_p99_us as f64;
    vec![
        lit(
            "CPU",
            health.cpu_of_process / cpus,
            CLIENT_BUSY,
            format!("{:.2} of {cpus}", health.cpu_of_process),
        ),
        lit(
            "run queue",
            health.run_queue_wait,
            RUN_QUEUE_WAIT,
            units::share(health.run_queue_wait),
        ),
        lit("slip p99", slip_us, LATE_US, units::time_us(health.slip_p99_us)),
        lit(
            "stood still",
            health.watchdog_gap_ms,
            STALL_MS,
            units::seconds(health.watchdog_gap_ms / 1e3),
        ),
        lit("loop lag", health.loop_lag_ms, LOOP_LAG_MS, units::seconds(health.loop_lag_ms / 1e3)),
        lit("steal", health.steal, STEAL, units::share(health.steal)),
        lit("throttled", health.throttled, f64::MIN_POSITIVE, units::share(health.throttled)),
    ]
}

impl Light {
    /// For those who see no colours.
    pub(super) const fn mark(self) -> &'static str {
        match self {
            Self::Green => "✔",
            Self::Amber => "!",
            Self::Red => "✘",
        }
    }
}

fn lit(name: &'static str, value: f64, too_much: f64, told: String) -> Lit {
    let light = if value > too_much {
        Light::Red
    } else if value > too_much * AMBER {
        Light::Amber
    } else {
        Light::Green
    };
    Lit { name, told, light }
}
