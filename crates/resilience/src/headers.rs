//! What a service says about its rate limits, in the headers of an answer.
//!
//! `Retry-After` (RFC 9110 section 10.2.3) and `retry-after-ms`; `x-ratelimit-remaining-*` and `-reset-*` as
//! OpenAI-like services send them, and without a kind as GitHub does; `RateLimit`, and `RateLimit-Remaining` and
//! `-Reset` of the IETF's draft (draft-ietf-httpapi-ratelimit-headers, its tenth and its sixth). What makes no sense is
//! not there: a header is a stranger's word.

use std::time::{Duration, UNIX_EPOCH};

use model::Wall;

/// A reset above this is a moment in seconds since 1970, not a span.
const EPOCH_MIN_S: f64 = 1e9;

const REQUESTS_REMAINING: &[&str] =
    &["x-ratelimit-remaining-requests", "x-ratelimit-remaining", "ratelimit-remaining"];
const REQUESTS_RESET: &[&str] =
    &["x-ratelimit-reset-requests", "x-ratelimit-reset", "ratelimit-reset"];

/// What is left of one limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Quota {
    /// So many.
    pub remaining: Option<u64>,
    /// Until all are there again.
    pub reset: Option<Duration>,
}

/// What an answer's headers say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Told {
    /// Not again before so long.
    pub retry_after: Option<Duration>,
    /// Of requests.
    pub requests: Quota,
    /// Of tokens.
    pub tokens: Quota,
}

impl Told {
    /// Reads what headers say, names and values, in any case and order. `wall` is when they came.
    pub fn read<'a>(headers: impl IntoIterator<Item = (&'a str, &'a str)>, wall: Wall) -> Self {
        let mut told = Self::default();
        let mut exact = None;
        for (name, value) in headers {
            let value = value.trim();
            let is = |known: &[&str]| known.iter().any(|known| name.eq_ignore_ascii_case(known));
            if is(&["retry-after"]) {
                told.retry_after = seconds(value).or_else(|| date(value, wall));
            } else if is(&["retry-after-ms"]) {
                exact = number(value).and_then(|ms| span(ms / 1_000.0));
            } else if is(&["ratelimit"]) {
                told.requests = rate_limit(value);
            } else if is(REQUESTS_REMAINING) {
                told.requests.remaining = value.parse().ok();
            } else if is(REQUESTS_RESET) {
                told.requests.reset = reset(value, wall);
            } else if is(&["x-ratelimit-remaining-tokens"]) {
                told.tokens.remaining = value.parse().ok();
            } else if is(&["x-ratelimit-reset-tokens"]) {
                told.tokens.reset = reset(value, wall);
            }
        }
        told.retry_after = exact.or(told.retry_after);
        told
    }
}

/// A number of seconds, a moment in seconds since 1970, or `6m0s`, `1.5s`, `120ms`.
fn reset(value: &str, wall: Wall) -> Option<Duration> {
    match number(value) {
        Some(epoch_s) if epoch_s >= EPOCH_MIN_S => Some(until(span(epoch_s)?, wall)),
        Some(seconds) => span(seconds),
        None => units(value),
    }
}

fn seconds(value: &str) -> Option<Duration> {
    number(value).and_then(span)
}

/// Until a moment in one of the three forms of RFC 9110 section 5.6.7; zero if it has passed.
fn date(value: &str, wall: Wall) -> Option<Duration> {
    let at = httpdate::parse_http_date(value).ok()?;
    Some(until(at.duration_since(UNIX_EPOCH).ok()?, wall))
}

fn until(since_epoch: Duration, wall: Wall) -> Duration {
    since_epoch.saturating_sub(Duration::from_millis(wall.0))
}

/// Numbers with units, one after the other, as Go writes durations.
fn units(mut value: &str) -> Option<Duration> {
    let mut sum = Duration::ZERO;
    while !value.is_empty() {
        let digits = value.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (count, rest) = value.split_at(digits);
        let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let (unit, rest) = rest.split_at(letters);
        let unit_s = match unit {
            "d" => 86_400.0,
            "h" => 3_600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            _ => return None,
        };
        sum = sum.checked_add(span(number(count)? * unit_s)?)?;
        value = rest;
    }
    Some(sum)
}

/// `"name";r=50;t=30, ...`, or `limit=100, remaining=50, reset=5`: the item with the least left.
fn rate_limit(value: &str) -> Quota {
    let mut least = Quota::default();
    let mut quota = Quota::default();
    for item in value.split(',') {
        for parameter in item.split(';') {
            let Some((name, value)) = parameter.trim().split_once('=') else {
                quota = Quota::default();
                continue;
            };
            match name {
                "r" | "remaining" => quota.remaining = value.parse().ok(),
                "t" | "reset" => quota.reset = seconds(value),
                _ => {}
            }
        }
        let is_less = match (quota.remaining, least.remaining) {
            (Some(this), Some(that)) => this <= that,
            (this, that) => this.is_some() || that.is_none(),
        };
        if is_less {
            least = quota;
        }
    }
    least
}

/// Digits with at most one point: no sign, no exponent, no words.
fn number(value: &str) -> Option<f64> {
    let plain = value.chars().all(|c| c.is_ascii_digit() || c == '.');
    if plain { value.parse().ok() } else { None }
}

fn span(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests;
