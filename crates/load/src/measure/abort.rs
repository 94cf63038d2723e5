//! Ends a measurement early when an objective with `abort` has been broken for as long as it says: each second of the
//! measured part is judged alone, and one that keeps it begins the time anew. A second without a figure says nothing.

use std::sync::Arc;

use stats::slo::{Figures, Judged, Slo};
use tokio::sync::Notify;

use super::assemble::per_second;
use super::engine::{Load, Watch};
use super::evidence;
use super::run::Second;
use super::tally::Tally;

/// Seconds end a little after whole ones, and now and then a little before the next.
const SLACK_S: f64 = 0.1;

/// What ended it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Aborted {
    /// The objective, and its figure in the last second.
    pub(crate) judged: Judged,
    /// Seconds from the beginning, and for how many of them it had been broken.
    pub(crate) at_s: f64,
    broken_s: f64,
}

/// Looks on, for another who does, too.
pub(crate) struct Abort<'a, W> {
    inner: &'a mut W,
    /// With when it was broken first, if it has been since.
    objectives: Vec<(&'a Slo, Option<f64>)>,
    warm_up_s: f64,
    /// Later nothing is asked any more, and what is not done then was not asked.
    until_s: f64,
    last_s: f64,
    aborted: Option<Aborted>,
    wish: Arc<Notify>,
}

impl<'a, W: Watch> Abort<'a, W> {
    pub(crate) fn new(slos: &'a [Slo], load: &Load, inner: &'a mut W) -> Self {
        Self::of(slos, load.warm_up.as_secs_f64(), load.length.as_secs_f64(), inner)
    }

    fn of(slos: &'a [Slo], warm_up_s: f64, until_s: f64, inner: &'a mut W) -> Self {
        let aborting = slos.iter().filter(|slo| slo.abort.is_some());
        Self {
            inner,
            objectives: aborting.map(|slo| (slo, None)).collect(),
            warm_up_s,
            until_s,
            last_s: 0.0,
            aborted: None,
            wish: Arc::new(Notify::new()),
        }
    }

    /// Is notified when it should end.
    pub(crate) fn wish(&self) -> Arc<Notify> {
        Arc::clone(&self.wish)
    }

    /// What ended it, if something did.
    pub(crate) fn aborted(self) -> Option<Aborted> {
        self.aborted
    }

    fn judge(&mut self, began_s: f64, at_s: f64, counted: &Tally) {
        let figures = figures(counted, at_s - began_s);
        for (slo, since) in &mut self.objectives {
            let judged = slo.judge(&figures);
            if judged.passed {
                *since = None;
            } else if judged.measured.is_some() {
                let broken_s = at_s - *since.get_or_insert(began_s);
                let after_s = slo.abort.map_or(f64::INFINITY, |abort| abort.after_ms / 1e3);
                if broken_s + SLACK_S >= after_s {
                    self.aborted = Some(Aborted { judged, at_s, broken_s });
                    self.wish.notify_one();
                    return;
                }
            }
        }
    }
}

impl<W: Watch> Watch for Abort<'_, W> {
    fn second(&mut self, second: &Second, counted: &Tally, total: &Tally) {
        let began_s = std::mem::replace(&mut self.last_s, second.at_s);
        let is_measured = began_s + SLACK_S >= self.warm_up_s && began_s < self.until_s;
        if is_measured && self.aborted.is_none() {
            self.judge(began_s, second.at_s, counted);
        }
        self.inner.second(second, counted, total);
    }

    fn moment(&mut self, at_s: f64) {
        self.inner.moment(at_s);
    }
}

impl Aborted {
    /// Over the whole run it may have been kept; it ended the run all the same, so it was not.
    pub(crate) fn replace(&self, slos: &mut [Judged]) {
        for judged in slos.iter_mut().filter(|judged| judged.slo == self.judged.slo) {
            *judged = self.judged.clone();
        }
    }

    /// In one sentence without a full stop.
    pub(crate) fn told(&self) -> String {
        let text = &self.judged.slo.text;
        format!(
            "ended after {:.0} s, for {text} had been broken for {:.0} s",
            self.at_s, self.broken_s
        )
    }
}

fn figures(counted: &Tally, seconds: f64) -> Figures<'_> {
    let counts = &counted.counts;
    let all = counts.done + counts.failed;
    Figures {
        response: Some(&counted.response.0),
        slip: Some(&counted.slip.0),
        wait: Some(&counted.wait.0),
        service: Some(&counted.service.0),
        error_rate: (all > 0).then(|| evidence::share(counts.failed, all)),
        rps: Some(per_second(counts.done, seconds)),
    }
}

#[cfg(test)]
mod tests;
