//! An objective, read from its string.

use super::{Abort, Metric, Of, Part, Relation, Slo};

/// Longest first: `<` begins `<=` too.
const RELATIONS: [(&str, Relation); 4] = [
    ("<=", Relation::AtMost),
    (">=", Relation::AtLeast),
    ("<", Relation::Below),
    (">", Relation::Above),
];

/// Milliseconds in each. Longest first: `s` ends `ms` too.
const UNITS: [(&str, f64); 5] =
    [("us", 0.001), ("µs", 0.001), ("ms", 1.0), ("s", 1_000.0), ("m", 60_000.0)];

const ABORT: &str = "abort";

/// Why a string is no objective.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSlo {
    /// There is none of `<`, `<=`, `>`, `>=`.
    #[error("`{0}` compares nothing: write it as p99<300ms, with one of < <= > >=")]
    Relation(String),
    /// What stands before it is not known.
    #[error(
        "`{0}` is no metric: use p50 to p99.99, mean, max (of the response, or as slip.p99, wait.p99, service.p99), \
         error_rate or rps"
    )]
    Metric(String),
    /// The limit of a latency or a delay is no time.
    #[error("`{0}` is no time: write a number with its unit, as 300ms, 1.5s, 250us")]
    Time(String),
    /// The limit is no number.
    #[error("`{0}` is no limit: write 1% or 0.01 for error_rate, 5000 or 5k for rps")]
    Limit(String),
    /// What stands behind the limit is not `abort`.
    #[error("`{0}` after the limit: only `abort`, or `abort 10s`, may stand there")]
    Ending(String),
}

/// Reads one objective, as `p99<300ms`, `error_rate < 1% abort 10s`, `service.p99.9<=1s`.
///
/// # Errors
/// When it is none; the error says what to write.
pub fn parse(text: &str) -> Result<Slo, BadSlo> {
    let text = text.trim();
    let (sign, relation) = RELATIONS
        .into_iter()
        .find(|(sign, _)| text.contains(sign))
        .ok_or_else(|| BadSlo::Relation(text.to_owned()))?;
    let (left, right) = text.split_once(sign).ok_or_else(|| BadSlo::Relation(text.to_owned()))?;
    let metric = metric(left.trim())?;
    let (limit, ending) = parted(right.trim());
    let limit = match metric {
        Metric::Latency(..) => time_ms(limit)?,
        Metric::ErrorRate => share(limit)?,
        Metric::Rps => rate(limit)?,
    };
    Ok(Slo { text: text.to_owned(), metric, relation, limit, abort: abort(ending)? })
}

fn metric(name: &str) -> Result<Metric, BadSlo> {
    match name {
        "error_rate" => return Ok(Metric::ErrorRate),
        "rps" => return Ok(Metric::Rps),
        _ => {}
    }
    let parts = [
        ("response.", Part::Response),
        ("slip.", Part::Slip),
        ("wait.", Part::Wait),
        ("service.", Part::Service),
    ];
    let named = parts.into_iter().find_map(|(front, part)| Some((part, name.strip_prefix(front)?)));
    let (part, figure) = named.unwrap_or((Part::Response, name));
    let of = match figure {
        "mean" => Some(Of::Mean),
        "max" => Some(Of::Max),
        _ => figure.strip_prefix('p').and_then(percentile),
    };
    Ok(Metric::Latency(part, of.ok_or_else(|| BadSlo::Metric(name.to_owned()))?))
}

/// Neither 0 nor 100, which is `max`.
fn percentile(percent: &str) -> Option<Of> {
    let percent = number(percent)?;
    (percent > 0.0 && percent < 100.0).then_some(Of::Percentile(percent))
}

/// The limit, and what follows it.
fn parted(right: &str) -> (&str, &str) {
    right.split_once(char::is_whitespace).map_or((right, ""), |(limit, rest)| (limit, rest.trim()))
}

fn abort(ending: &str) -> Result<Option<Abort>, BadSlo> {
    match parted(ending) {
        ("", _) => Ok(None),
        (ABORT, "") => Ok(Some(Abort { after_ms: 0.0 })),
        (ABORT, after) => Ok(Some(Abort { after_ms: time_ms(after)? })),
        _ => Err(BadSlo::Ending(ending.to_owned())),
    }
}

fn time_ms(text: &str) -> Result<f64, BadSlo> {
    let parts = UNITS.into_iter().find_map(|(unit, ms)| Some((text.strip_suffix(unit)?, ms)));
    parts
        .and_then(|(value, ms)| Some(number(value)? * ms))
        .ok_or_else(|| BadSlo::Time(text.to_owned()))
}

fn share(text: &str) -> Result<f64, BadSlo> {
    let share = match text.strip_suffix('%') {
        Some(percent) => number(percent).map(|percent| percent / 100.0),
        None => number(text),
    };
    share.filter(|share| *share <= 1.0).ok_or_else(|| BadSlo::Limit(text.to_owned()))
}

fn rate(text: &str) -> Result<f64, BadSlo> {
    let rate = match text.strip_suffix('k') {
        Some(thousands) => number(thousands).map(|thousands| thousands * 1_000.0),
        None => number(text),
    };
    rate.ok_or_else(|| BadSlo::Limit(text.to_owned()))
}

/// Digits and a point, and nothing else that Rust would read, as `inf`, `1e3` or a sign.
fn number(text: &str) -> Option<f64> {
    let plain = text.chars().all(|c| c.is_ascii_digit() || c == '.');
    plain.then(|| text.parse().ok()).flatten().filter(|value: &f64| value.is_finite())
}
