//! What a server and its NLP service say of themselves, twice, and how long there was between.

use std::collections::BTreeMap;

/// In front of all names of ours; it is left out here.
const PREFIX: &str = "hubbub_";

/// One page of metrics: value by name, labels and all.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Page(BTreeMap<String, f64>);

/// All that is known.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gauges {
    pub(crate) before: Page,
    pub(crate) now: Page,
    /// Of the NLP service, if it was asked and answers.
    pub(crate) nlp: Option<Page>,
    /// Between the first and the second page.
    pub(crate) seconds: f64,
    /// Why the server is not ready: code and detail.
    pub(crate) reasons: Vec<(String, String)>,
    /// What it warns of.
    pub(crate) warnings: Vec<String>,
}

impl Page {
    /// Of Prometheus' text form; what is no sample is passed over.
    pub(crate) fn parse(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let samples = lines.filter_map(|line| {
            let (name, value) = line.rsplit_once(' ')?;
            Some((name.strip_prefix(PREFIX).unwrap_or(name).to_owned(), value.parse().ok()?))
        });
        Self(samples.collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<f64> {
        self.0.get(name).copied()
    }
}

impl Gauges {
    /// A gauge now.
    pub(crate) fn now(&self, name: &str) -> Option<f64> {
        self.now.get(name)
    }

    /// What a gauge had both times, at least: a moment's peak binds nobody.
    pub(crate) fn held(&self, name: &str) -> Option<f64> {
        Some(self.now.get(name)?.min(self.before.get(name)?))
    }

    /// How much a counter rose, a second; a process that began anew rose by what it has.
    pub(crate) fn rate(&self, name: &str) -> Option<f64> {
        let (now, before) = (self.now.get(name)?, self.before.get(name)?);
        let rise = if now < before { now } else { now - before };
        Some(rise / self.seconds.max(1e-3))
    }

    /// The same of several together; those that are not there count nothing.
    pub(crate) fn rates(&self, names: &[&str]) -> f64 {
        names.iter().filter_map(|name| self.rate(name)).sum()
    }
}
