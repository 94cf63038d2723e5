//! What is measured, second by second, on a screen: the collector's side of [`crate::report::live`].

use std::sync::Arc;

use tokio::sync::Notify;

use super::assemble::counted;
use super::engine::{Load, Watch};
use super::health::host;
use super::run::{Plan, Second};
use super::tally::Tally;
use crate::report::Outputs;
use crate::report::live::{Phase, Screen, Snapshot, Wish, screen};

/// Shows a load. Dropped, the terminal is as it was.
pub(crate) struct Shown {
    screen: Box<dyn Screen>,
    planned_s: Option<f64>,
    warm_up_s: f64,
    wish: Arc<Notify>,
    /// What is on the screen.
    last: Option<Snapshot>,
}

impl Shown {
    pub(crate) fn new(load: &Load, plan: &Plan, outputs: &Outputs) -> Self {
        Self {
            screen: screen(plan, host().cpus, outputs),
            // So many requests take as long as they take.
            planned_s: (load.most == u64::MAX).then_some(load.length.as_secs_f64()),
            warm_up_s: plan.warm_up_s,
            wish: Arc::new(Notify::new()),
            last: None,
        }
    }

    /// Is notified when the person at the screen wants the end.
    pub(crate) fn wish(&self) -> Arc<Notify> {
        Arc::clone(&self.wish)
    }

    fn show(&mut self, snapshot: Snapshot) {
        if self.screen.show(&snapshot) == Wish::Stop {
            self.wish.notify_one();
        }
        self.last = Some(snapshot);
    }

    fn phase(&self, at_s: f64) -> Phase {
        if at_s <= self.warm_up_s {
            Phase::WarmUp
        } else if self.planned_s.is_some_and(|planned_s| at_s > planned_s) {
            Phase::Draining
        } else {
            Phase::Measuring
        }
    }
}

impl Watch for Shown {
    fn second(&mut self, second: &Second, _counted: &Tally, total: &Tally) {
        self.show(Snapshot {
            at_s: second.at_s,
            planned_s: self.planned_s,
            phase: self.phase(second.at_s),
            last: second.clone(),
            totals: counted(&total.counts),
            response: total.response.clone(),
        });
    }

    /// The clock goes on, a key is heard, a window that became larger is filled.
    fn moment(&mut self, at_s: f64) {
        if let Some(last) = self.last.take() {
            self.show(Snapshot { at_s, phase: self.phase(at_s), ..last });
        }
    }
}

#[cfg(test)]
mod tests;
