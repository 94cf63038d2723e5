//! What the processes counted, over all their lives. A counter dies with its process, so what was
//! last seen of it is kept: a lower bound.

use std::collections::BTreeMap;

/// Counters of one page, by name.
pub(crate) type Counters = BTreeMap<String, f64>;

/// Reads a page of metrics (Prometheus text exposition format). The values of one name with
/// different labels are added; what is not a sample is passed over.
pub(crate) fn parse(page: &str) -> Counters {
    let mut counters = Counters::new();
    for line in page.lines().filter(|line| !line.starts_with('#')) {
        let Some((series, value)) = split(line) else { continue };
        let name = series.split('{').next().unwrap_or(series).trim();
        if let Ok(value) = value.parse::<f64>() {
            *counters.entry(name.to_owned()).or_default() += value;
        }
    }
    counters
}

/// A series (a name with its labels) and its value; a label may have blanks in it.
fn split(line: &str) -> Option<(&str, &str)> {
    let end = line.rfind('}').map_or_else(|| line.find(' '), |brace| Some(brace + 1))?;
    let value = line[end..].split_whitespace().next()?;
    Some((&line[..end], value))
}

/// The counters of all lives of all processes.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// By process and life.
    seen: BTreeMap<(String, u32), Counters>,
}

impl Tally {
    /// What a life of a process shows now.
    pub(crate) fn see(&mut self, process: &str, life: u32, page: &str) {
        let known = self.seen.entry((process.to_owned(), life)).or_default();
        for (name, value) in parse(page) {
            let highest = known.entry(name).or_default();
            *highest = highest.max(value);
        }
    }

    /// The sum of a counter.
    pub(crate) fn total(&self, name: &str) -> u64 {
        let sum: f64 = self.seen.values().filter_map(|counters| counters.get(name)).sum();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a count; `as` saturates"
        )]
        let total = sum as u64;
        total
    }
}

#[cfg(test)]
mod tests;
