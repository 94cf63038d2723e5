//! What the operator wants: defaults, then a TOML file, then the environment, then flags. Checked
//! whole before anything is opened. Nobody else in the house reads the environment.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use access::{AccessConfig, TrafficConfig};
pub use asking::{Field, Form, FormName, KeyConfig, Secret};
#[cfg(feature = "mutants")]
pub use crash::{CrashFlags, Death};
pub use enriching::{EnrichConfig, EnrichLayer, Prices};
pub use layer::Layer;
pub use retain::{Keep, NoRule, Retain};
pub use shown::Shown;
pub use telling::{LogFormat, TellingConfig};

mod access;
mod asking;
#[cfg(feature = "mutants")]
mod crash;
mod enriching;
mod layer;
mod retain;
mod shown;
mod telling;

/// Prefix of the environment variables that are read: `HUBBUB_LISTEN` is the key `listen`.
pub const ENV_PREFIX: &str = "HUBBUB_";

/// Which part of the backbone a process plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Owner and gateway in one process.
    Both,
    /// Takes clients; speaks to an owner over `--link`.
    Gateway,
    /// Keeps the journal; gateways come to `--link`.
    Owner,
}

/// Who may use open conversations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OpenConversations {
    /// Everyone whose token holds.
    Anyone,
    /// Those whose token's capabilities name them.
    Named,
}

/// Settings, complete and sound.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Which part to play.
    pub role: Role,
    /// The data directory.
    pub data: PathBuf,
    /// Where HTTP is served.
    pub listen: SocketAddr,
    /// Who may come in.
    pub access: AccessConfig,
    /// How much connections may be and do.
    pub traffic: TrafficConfig,
    /// The Unix socket of the link; `Some` in the roles that need one.
    pub link: Option<PathBuf>,
    /// Hub machines.
    pub hubs: usize,
    /// The commit window.
    pub commit_window: Duration,
    /// Bytes of a segment.
    pub segment_bytes: u64,
    /// Free bytes of the disk below which sends are refused.
    pub disk_reserve_bytes: u64,
    /// What is kept.
    pub retain: Retain,
    /// How often what is kept is looked through.
    pub retain_sweep: Duration,
    /// Bytes of warm conversations, over all hubs.
    pub memory_bytes: usize,
    /// Bytes of history's cache.
    pub history_cache_bytes: u64,
    /// How messages are understood.
    pub enriching: EnrichConfig,
    /// Bytes of all rings of a gateway.
    pub ring_bytes: usize,
    /// Up to how long clients that are told to go are to stay away.
    pub drain_window: Duration,
    /// How long a stop waits for them, and for requests.
    pub drain_timeout: Duration,
    /// What is told about the process, and how.
    pub telling: TellingConfig,
    /// Of a crash run.
    #[cfg(feature = "mutants")]
    pub crash: CrashFlags,
}

/// Why the settings cannot be used.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration file {}: {why}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        why: std::io::Error,
    },
    /// The file is no configuration.
    #[error("{}: {why}", path.display())]
    BadFile {
        /// Which file.
        path: PathBuf,
        /// Where and what, by the TOML reader.
        why: String,
    },
    /// An environment variable is no setting.
    #[error("environment variable {name}: {why}")]
    BadVariable {
        /// Which one.
        name: String,
        /// What is wrong.
        why: String,
    },
    /// A value is outside its range.
    #[error("{key} is {value}: it must be {right}")]
    OutOfRange {
        /// The key.
        key: &'static str,
        /// What was given.
        value: String,
        /// What may be given.
        right: &'static str,
    },
    /// A value is not of its kind.
    #[error("{key}: {why}")]
    BadValue {
        /// The key.
        key: &'static str,
        /// What is wrong.
        why: String,
    },
    /// A role lacks what it needs, or was given what it does not take.
    #[error("{0}")]
    BadCombination(&'static str),
}

impl Config {
    /// Puts the layers together: `flags` over the environment over `file` over the defaults.
    ///
    /// # Errors
    /// [`ConfigError`], with the source, the key and what would be right.
    pub fn load(file: Option<&Path>, flags: Layer) -> Result<Self, ConfigError> {
        let [flags, environment, file] = layers(file, flags)?;
        flags.over(environment).over(file).complete()
    }
}

/// The sources, the strongest first.
fn layers(file: Option<&Path>, flags: Layer) -> Result<[Layer; 3], ConfigError> {
    let file = file.map(read_file).transpose()?.unwrap_or_default();
    Ok([flags, read_environment(environment())?, file])
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars()
}

fn read_file(path: &Path) -> Result<Layer, ConfigError> {
    let text = std::fs::read_to_string(path)
        .map_err(|why| ConfigError::Unreadable { path: path.to_owned(), why })?;
    toml::from_str(&text).map_err(|why| ConfigError::BadFile {
        path: path.to_owned(),
        why: with_keys(&why.to_string()),
    })
}

/// Whoever writes a key that is none is told which there are.
fn with_keys(why: &str) -> String {
    let why = why.trim_end();
    if !why.contains("unknown field") {
        return why.to_owned();
    }
    let command = Layer::augment_args(clap::Command::new("keys"));
    let keys: Vec<_> = command.get_arguments().map(|key| format!("`{}`", key.get_id())).collect();
    format!("{why}; there are {}", keys.join(", "))
}

fn read_environment(
    variables: impl Iterator<Item = (String, String)>,
) -> Result<Layer, ConfigError> {
    let mut layer = Layer::default();
    for (name, text) in variables {
        let Some(key) = name.strip_prefix(ENV_PREFIX) else { continue };
        let table = toml::Table::from_iter([(key.to_ascii_lowercase(), value_of(text))]);
        let one = table
            .try_into::<Layer>()
            .map_err(|why| ConfigError::BadVariable { name, why: with_keys(&why.to_string()) })?;
        layer = one.over(layer);
    }
    Ok(layer)
}

/// What a text is in TOML.
fn value_of(text: String) -> toml::Value {
    if let Ok(number) = text.parse() {
        return toml::Value::Integer(number);
    }
    if let Ok(flag) = text.parse() {
        return toml::Value::Boolean(flag);
    }
    match text.parse() {
        Ok(number) if text.starts_with(|c: char| c.is_ascii_digit()) => toml::Value::Float(number),
        Ok(_) | Err(_) => toml::Value::String(text),
    }
}

impl Layer {
    fn complete(self) -> Result<Config, ConfigError> {
        let (access, traffic, telling) = (self.access()?, self.traffic()?, self.telling()?);
        let enriching = self.enriching.complete()?;
        let config = Config {
            access,
            traffic,
            role: self.role.unwrap_or(Role::Both),
            data: self.data.unwrap_or_else(|| PathBuf::from("data")),
            listen: self.listen.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 8080))),
            link: self.link,
            hubs: within("hubs", self.hubs.unwrap_or(1), 1..=16, "1 to 16")?,
            commit_window: Duration::from_millis(within(
                "commit_window_ms",
                self.commit_window_ms.unwrap_or(2),
                0..=1_000,
                "0 to 1000",
            )?),
            segment_bytes: within(
                "segment_bytes",
                self.segment_bytes.unwrap_or(64 << 20),
                512 << 10..=1 << 30,
                "524288 to 1073741824",
            )?,
            disk_reserve_bytes: self.disk_reserve_bytes.unwrap_or(256 << 20),
            retain: self.retain.unwrap_or_default().parse().map_err(|why: NoRule| {
                ConfigError::BadValue { key: "retain", why: why.to_string() }
            })?,
            retain_sweep: Duration::from_secs(within(
                "retain_sweep_seconds",
                self.retain_sweep_seconds.unwrap_or(3_600),
                1..=86_400,
                "1 to 86400",
            )?),
            memory_bytes: within(
                "memory_bytes",
                self.memory_bytes.unwrap_or(256 << 20),
                64 << 10..=usize::MAX,
                "at least 65536",
            )?,
            history_cache_bytes: within(
                "history_cache_bytes",
                self.history_cache_bytes.unwrap_or(64 << 20),
                1 << 20..=u64::MAX,
                "at least 1048576",
            )?,
            enriching,
            ring_bytes: within(
                "ring_bytes",
                self.ring_bytes.unwrap_or(256 << 20),
                4096..=usize::MAX,
                "at least 4096",
            )?,
            drain_window: span_ms("drain_window_ms", self.drain_window_ms, 10_000)?,
            drain_timeout: span_ms("drain_timeout_ms", self.drain_timeout_ms, 5_000)?,
            telling,
            #[cfg(feature = "mutants")]
            crash: self.crash,
        };
        config.check()
    }
}

/// A span that a stop may take or ask for.
fn span_ms(key: &'static str, given: Option<u64>, default: u64) -> Result<Duration, ConfigError> {
    within(key, given.unwrap_or(default), 0..=600_000, "0 to 600000").map(Duration::from_millis)
}

fn within<T: PartialOrd + ToString>(
    key: &'static str,
    value: T,
    range: std::ops::RangeInclusive<T>,
    right: &'static str,
) -> Result<T, ConfigError> {
    if range.contains(&value) {
        Ok(value)
    } else {
        Err(ConfigError::OutOfRange { key, value: value.to_string(), right })
    }
}

impl Config {
    fn check(self) -> Result<Self, ConfigError> {
        self.check_access()?;
        if !self.segment_bytes.is_multiple_of(4096) {
            return Err(ConfigError::OutOfRange {
                key: "segment_bytes",
                value: self.segment_bytes.to_string(),
                right: "a multiple of 4096",
            });
        }
        match (self.role, &self.link) {
            (Role::Both, Some(_)) => Err(ConfigError::BadCombination(
                "link is given, but role is both: give --role owner or --role gateway, or leave --link out",
            )),
            (Role::Gateway | Role::Owner, None) => Err(ConfigError::BadCombination(
                "the roles gateway and owner need --link PATH, the Unix socket they meet at",
            )),
            _ => Ok(self),
        }
    }
}

#[cfg(test)]
mod tests;
