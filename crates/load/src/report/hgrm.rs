//! `.hgrm`: percentiles as text, in the layout that wrk2 and HdrHistogram's plotter have.
//!
//! Layout: `HistogramPercentileProcessor` of HdrHistogram; values in ms.

use std::fmt::Write as _;

use crate::measure::run::Distribution;

/// How finely: so many lines for each halving of the distance to 100 %.
const TICKS_PER_HALF_DISTANCE: u32 = 5;

/// Slots of a bucket for three significant digits.
const SUB_BUCKETS: u32 = 2_048;

/// The content of the file.
pub(crate) fn hgrm(times: &Distribution) -> String {
    let mut text = format!(
        "{:>12} {:>14} {:>10} {:>14}\n\n",
        "Value", "Percentile", "TotalCount", "1/(1-Percentile)"
    );
    let mut told = |line: std::fmt::Arguments<'_>| {
        text.write_fmt(line).expect("a string takes all");
    };
    let mut count = 0;
    for step in times.0.iter_quantiles(TICKS_PER_HALF_DISTANCE) {
        count += step.count_since_last_iteration();
        let value = step.value_iterated_to() as f64 / 1e3;
        let quantile = step.quantile_iterated_to();
        told(format_args!("{value:12.3} {quantile:2.12} {count:10}"));
        if quantile < 1.0 {
            told(format_args!(" {:14.2}", 1.0 / (1.0 - quantile)));
        }
        told(format_args!("\n"));
    }
    let [mean, deviation, max] =
        [times.0.mean(), times.0.stdev(), times.0.max() as f64].map(|us| us / 1e3);
    told(format_args!("#[Mean    = {mean:12.3}, StdDeviation   = {deviation:12.3}]\n"));
    told(format_args!("#[Max     = {max:12.3}, Total count    = {:12}]\n", times.0.len()));
    let buckets = times.0.buckets();
    told(format_args!("#[Buckets = {buckets:12}, SubBuckets     = {SUB_BUCKETS:12}]\n"));
    text
}

#[cfg(test)]
mod tests;
