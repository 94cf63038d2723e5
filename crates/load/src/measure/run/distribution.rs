//! A histogram that is saved as base64 of HdrHistogram's V2 with deflate.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer as Reader, Serializer as _, V2DeflateSerializer};
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The longest time told apart, in µs: an hour; longer ones count as this.
pub const LATENCY_MAX_US: u64 = 3_600_000_000;

/// The first class of [`Distribution::heat`] ends here, in µs.
pub const HEAT_FROM_US: f64 = 10.0;

/// Classes of a decade.
pub const HEAT_PER_DECADE: usize = 4;

/// Classes, to 100 s; the last has what took longer, too.
pub const HEAT_LEN: usize = 7 * HEAT_PER_DECADE + 1;

/// Significant digits.
const DIGITS: u8 = 3;

/// Times in µs, from 1 to [`LATENCY_MAX_US`], exact to three digits.
#[derive(Debug, Clone, PartialEq)]
pub struct Distribution(pub Histogram<u64>);

impl Distribution {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        let histogram = Histogram::new_with_bounds(1, LATENCY_MAX_US, DIGITS);
        Self(histogram.expect("the bounds are constants that fit"))
    }

    /// Counts one. Longer ones than the longest count as that.
    pub fn record_us(&mut self, us: u64) {
        self.0.saturating_record(us);
    }

    /// µs below which such a share of them is; 0 if there are none.
    #[must_use]
    pub fn at_us(&self, quantile: f64) -> u64 {
        self.0.value_at_quantile(quantile)
    }

    /// p50, p90, p99 and the maximum, in µs; zeros if there are none.
    #[must_use]
    pub fn marks_us(&self) -> [u64; 4] {
        [self.at_us(0.5), self.at_us(0.9), self.at_us(0.99), self.0.max()]
    }

    /// How many there are in each class: the first up to [`HEAT_FROM_US`], each next up to 10^(1/[`HEAT_PER_DECADE`])
    /// times that of the one before, at most [`HEAT_LEN`]. Empty ones at the end are left out.
    #[must_use]
    pub fn heat(&self) -> Vec<u64> {
        let mut heat = Vec::new();
        for step in self.0.iter_recorded() {
            let class = class(step.value_iterated_to());
            if heat.len() <= class {
                heat.resize(class + 1, 0);
            }
            heat[class] += step.count_since_last_iteration();
        }
        heat
    }

    /// Counts all of another, too.
    pub fn add(&mut self, other: &Self) {
        self.0.add(&other.0).expect("all have the same bounds");
    }
}

fn class(us: u64) -> usize {
    let above = |class: &usize| {
        let end_us = HEAT_FROM_US * 10f64.powf(*class as f64 / HEAT_PER_DECADE as f64);
        us as f64 <= end_us
    };
    (0..HEAT_LEN).find(above).unwrap_or(HEAT_LEN - 1)
}

impl Default for Distribution {
    fn default() -> Self {
        Self::new()
    }
}

impl Serialize for Distribution {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut bytes = Vec::new();
        let written = V2DeflateSerializer::new().serialize(&self.0, &mut bytes);
        written.map_err(|why| S::Error::custom(format!("histogram: {why}")))?;
        serializer.serialize_str(&STANDARD.encode(bytes))
    }
}

impl<'de> Deserialize<'de> for Distribution {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = STANDARD.decode(text).map_err(D::Error::custom)?;
        let read = Reader::new().deserialize::<u64, _>(&mut bytes.as_slice());
        let read = read.map_err(|why| D::Error::custom(format!("histogram: {why}")))?;
        let mut own = Self::new();
        own.0.add(read).map_err(|why| D::Error::custom(format!("histogram: {why}")))?;
        Ok(own)
    }
}
