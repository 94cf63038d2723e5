//! What the service is told: flags, checked whole before the port opens.

use std::net::SocketAddr;

use clap::Args;
use thiserror::Error;

use crate::dice::LATENCY_MAX;

/// The most that [`Latency::sigma`] may be: at 2, one answer in 40 takes 50 medians.
const SIGMA_MAX: f64 = 2.0;

/// How the service behaves.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Where it listens; port 0 = any that is free.
    pub listen: SocketAddr,
    /// How long answers take.
    pub latency: Latency,
    /// Which part of the requests fails on purpose, 0 to 1. They take as long as the others.
    pub fail_share: f64,
    /// Where the dice begin.
    pub seed: u64,
    /// Whether texts are analysed. Without, every text has the same analysis: for load tests.
    pub models: bool,
}

/// How long answers take: a log-normal distribution, as measured latencies often have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Latency {
    /// Its mean, milliseconds, 0 to 60,000; 0 = at once.
    pub mean_ms: f64,
    /// The standard deviation of its logarithm, 0 to 2; 0 = always the mean.
    pub sigma: f64,
}

impl Default for Latency {
    fn default() -> Self {
        Self { mean_ms: 200.0, sigma: 0.25 }
    }
}

/// `hubbub nlp`
#[derive(Debug, Clone, Args)]
pub struct NlpArgs {
    /// Address to listen on; port 0 = any that is free
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8090")]
    pub listen: SocketAddr,
    /// Mean of the latency, milliseconds, 0 to 60000
    #[arg(long, value_name = "MS", default_value_t = Latency::default().mean_ms)]
    pub latency_mean_ms: f64,
    /// Spread of the latency: standard deviation of its logarithm, 0 to 2
    #[arg(long, value_name = "SIGMA", default_value_t = Latency::default().sigma)]
    pub latency_sigma: f64,
    /// Share of requests that fail on purpose, 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    pub fail_share: f64,
    /// Where the dice for latency and failures begin
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Answer the same for every text, without looking at it: for load tests
    #[arg(long)]
    pub no_models: bool,
}

/// Which option is wrong.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum OptionsError {
    /// The mean latency.
    #[error("latency mean of {found} ms: give 0 to {}", LATENCY_MAX.as_millis())]
    Mean {
        /// What was given.
        found: f64,
    },
    /// The spread of the latency.
    #[error("latency sigma of {found}: give 0 to {SIGMA_MAX}")]
    Sigma {
        /// What was given.
        found: f64,
    },
    /// The share of failures.
    #[error("fail share of {found}: give 0 (none) to 1 (all)")]
    FailShare {
        /// What was given.
        found: f64,
    },
}

impl NlpArgs {
    /// The options that were asked for.
    pub fn options(&self) -> Options {
        Options {
            listen: self.listen,
            latency: Latency { mean_ms: self.latency_mean_ms, sigma: self.latency_sigma },
            fail_share: self.fail_share,
            seed: self.seed,
            models: !self.no_models,
        }
    }
}

impl Options {
    /// Whether they make sense.
    ///
    /// # Errors
    /// [`OptionsError`]: the first that does not.
    pub fn check(&self) -> Result<(), OptionsError> {
        let Latency { mean_ms, sigma } = self.latency;
        // NaN is in no range.
        if !(0.0..=LATENCY_MAX.as_secs_f64() * 1e3).contains(&mean_ms) {
            return Err(OptionsError::Mean { found: mean_ms });
        }
        if !(0.0..=SIGMA_MAX).contains(&sigma) {
            return Err(OptionsError::Sigma { found: sigma });
        }
        if !(0.0..=1.0).contains(&self.fail_share) {
            return Err(OptionsError::FailShare { found: self.fail_share });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
