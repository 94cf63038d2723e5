//! Numbers, times and stages as people write them: `10k`, `30s`, `10-100:30s`.

use std::str::FromStr;
use std::time::Duration;

use stats::schedule;

use crate::measure::clock::nanos;
use crate::measure::refusal::Refusal;
use crate::measure::run::Stage;

/// A number above 0, with k or M for a thousand and a million.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Kilo(pub(crate) f64);

/// A stage as it was given.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct StageText {
    from: f64,
    to: f64,
    length: Duration,
}

impl Kilo {
    /// A count.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is above 0 and below 2^53"
    )]
    pub(crate) fn whole(self) -> Result<u64, Refusal> {
        if self.0.fract() == 0.0 && self.0 < 9e15 {
            return Ok(self.0 as u64);
        }
        Err(Refusal::usage(format!("{} is no count", self.0)))
    }
}

impl FromStr for Kilo {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (digits, unit) = match text.char_indices().last() {
            Some((at, 'k' | 'K')) => (&text[..at], 1e3),
            Some((at, 'm' | 'M')) => (&text[..at], 1e6),
            _ => (text, 1.0),
        };
        match digits.parse::<f64>() {
            Ok(number) if number > 0.0 && number.is_finite() => Ok(Self(number * unit)),
            Ok(_) | Err(_) => Err("is no number above 0, such as 500, 2.5k or 1M".to_owned()),
        }
    }
}

/// A time such as 500ms, 10s, 5m or 1h, above 0; without a unit in seconds.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    match duration_or_none(text) {
        Ok(time) if !time.is_zero() => Ok(time),
        Ok(_) | Err(_) => Err("is no time above 0, such as 500ms, 10s or 5m".to_owned()),
    }
}

/// A time; 0s is one, too.
pub(crate) fn duration_or_none(text: &str) -> Result<Duration, String> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let unit = match unit {
        "us" => 1e-6,
        "ms" => 1e-3,
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3_600.0,
        _ => f64::NAN,
    };
    let seconds = digits.parse().unwrap_or(f64::NAN) * unit;
    let why = |_| "is no time, such as 0s, 500ms, 10s or 5m".to_owned();
    Duration::try_from_secs_f64(seconds).map_err(why)
}

impl StageText {
    /// One rate.
    pub(crate) fn steady(rate: Kilo, length: Duration) -> Self {
        Self { from: rate.0, to: rate.0, length }
    }

    pub(crate) fn part(&self) -> schedule::Stage {
        schedule::Stage { from: self.from, to: self.to, length_ns: nanos(self.length) }
    }

    pub(crate) fn told(&self, connections: u32) -> Stage {
        Stage {
            rate: Some(self.to),
            from_rate: Some(self.from),
            connections,
            seconds: self.length.as_secs_f64(),
        }
    }
}

impl FromStr for StageText {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "{text} is no stage; right is RATE:TIME or FROM-TO:TIME, such as 10:5s or 10-1k:30s"
            )
        };
        let (rates, length) = text.split_once(':').ok_or_else(wrong)?;
        let (from, to) = rates.split_once('-').unwrap_or((rates, rates));
        let rate = |text: &str| match text {
            "0" => Ok(0.0),
            other => other.parse::<Kilo>().map(|rate| rate.0).map_err(|_| wrong()),
        };
        let length = duration(length).map_err(|_| wrong())?;
        Ok(Self { from: rate(from)?, to: rate(to)?, length })
    }
}
