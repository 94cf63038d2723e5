//! What the service is told: flags and a file of faults, checked whole before the port opens.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use thiserror::Error;

use crate::faults::{Faults, FaultsError, Latency};
use crate::learned::Learned;

/// The most streams of a connection that may be asked for.
pub const STREAMS_MAX: u32 = 16_384;

/// Streams of an HTTP/2 connection, as many as most services allow.
const STREAMS: u32 = 100;

/// How the service behaves.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Where it listens; port 0 = any that is free.
    pub listen: SocketAddr,
    /// Requests at once on one HTTP/2 connection.
    pub streams: u32,
    /// Only HTTP/1.1 is spoken.
    pub http1: bool,
    /// How slow and how unreliable it is at first.
    pub faults: Faults,
    /// Whether texts are analysed. Without, every text has the same analysis: for load tests.
    pub models: bool,
    /// The folder of the small model, if it is asked for: it needs the feature `models`.
    pub model: Option<PathBuf>,
}

/// `hubbub nlp`
#[derive(Debug, Clone, Args)]
pub struct NlpArgs {
    /// Address to listen on; port 0 = any that is free
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8090")]
    pub listen: SocketAddr,
    /// Requests at once on one HTTP/2 connection, 1 to 16384
    #[arg(long, value_name = "N", default_value_t = STREAMS)]
    pub streams: u32,
    /// Speak only HTTP/1.1, as older services do
    #[arg(long)]
    pub http1: bool,
    /// Latency and faults from a file, TOML or JSON (*.json), as `PUT /v1/faults` takes them
    #[arg(long, value_name = "FILE")]
    pub faults: Option<PathBuf>,
    /// Mean of the latency, milliseconds, 0 to 60000 [default: 200]
    #[arg(long, value_name = "MS")]
    pub latency_mean_ms: Option<f64>,
    /// Spread of the latency: standard deviation of its logarithm, 0 to 2 [default: 0.25]
    #[arg(long, value_name = "SIGMA")]
    pub latency_sigma: Option<f64>,
    /// Share of requests that fail after their latency, 0 to 1 [default: 0]
    #[arg(long, value_name = "SHARE")]
    pub fail_share: Option<f64>,
    /// Where the dice for latency and faults begin [default: 1]
    #[arg(long)]
    pub seed: Option<u64>,
    /// Answer the same for every text, without looking at it: for load tests
    #[arg(long, conflicts_with = "model")]
    pub no_models: bool,
    /// Tell sentiment and topic by the small model in this folder, which `make setup-models` fills
    #[arg(long, value_name = "DIR")]
    pub model: Option<PathBuf>,
}

/// Which option is wrong.
#[derive(Debug, Error)]
pub enum OptionsError {
    /// A fault makes no sense.
    #[error(transparent)]
    Faults(#[from] FaultsError),
    /// The number of streams.
    #[error("{found} streams of a connection: give 1 to {STREAMS_MAX}")]
    Streams {
        /// What was given.
        found: u32,
    },
    /// The file of faults cannot be read, or is none.
    #[error("the faults of {path:?}: {why}")]
    File {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The small model cannot be used.
    #[error("the model in {path:?} cannot be used: {why}")]
    Model {
        /// Its folder.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        why: String,
    },
}

impl NlpArgs {
    /// The options that were asked for: a flag wins over the file.
    ///
    /// # Errors
    /// [`OptionsError::File`]: there is no such file, or it is not what it should be.
    pub fn options(&self) -> Result<Options, OptionsError> {
        let mut faults = self.faults.as_deref().map(read).transpose()?.unwrap_or_default();
        if self.latency_mean_ms.is_some() || self.latency_sigma.is_some() {
            faults.latency = self.latency(faults.latency);
        }
        faults.fail_slow_share = self.fail_share.unwrap_or(faults.fail_slow_share);
        faults.seed = self.seed.unwrap_or(faults.seed);
        Ok(Options {
            listen: self.listen,
            streams: self.streams,
            http1: self.http1,
            faults,
            models: !self.no_models,
            model: self.model.clone(),
        })
    }

    /// A flag says log-normal; what it does not say is as it was.
    fn latency(&self, before: Latency) -> Latency {
        let (mean, spread) = match before {
            Latency::LogNormal { mean_ms, sigma } => (mean_ms, sigma),
            Latency::Fixed { ms } => (ms, 0.0),
        };
        Latency::LogNormal {
            mean_ms: self.latency_mean_ms.unwrap_or(mean),
            sigma: self.latency_sigma.unwrap_or(spread),
        }
    }
}

fn read(path: &Path) -> Result<Faults, OptionsError> {
    let failed = |why| OptionsError::File { path: path.to_owned(), why };
    let text = std::fs::read_to_string(path).map_err(|why| failed(why.to_string()))?;
    match path.extension().is_some_and(|extension| extension == "json") {
        true => serde_json::from_str(&text).map_err(|why| failed(why.to_string())),
        false => toml::from_str(&text).map_err(|why| failed(why.to_string())),
    }
}

/// Whether the small model in a folder can be used.
///
/// # Errors
/// [`OptionsError::Model`]: why not.
pub fn try_model(folder: &Path) -> Result<(), OptionsError> {
    learned(folder).map(drop)
}

pub(crate) fn learned(folder: &Path) -> Result<Learned, OptionsError> {
    Learned::load(folder).map_err(|why| OptionsError::Model { path: folder.to_owned(), why })
}

impl Options {
    /// Whether they make sense.
    ///
    /// # Errors
    /// [`OptionsError`]: the first that does not.
    pub fn check(&self) -> Result<(), OptionsError> {
        if !(1..=STREAMS_MAX).contains(&self.streams) {
            return Err(OptionsError::Streams { found: self.streams });
        }
        Ok(self.faults.check()?)
    }
}

#[cfg(test)]
mod tests;
