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
pub use enriching::{EnrichConfig, EnrichLayer, Prices};
pub use retain::{Keep, NoRule, Retain};
pub use shown::Shown;
pub use telling::{LogFormat, TellingConfig};

mod access;
mod asking;
mod enriching;
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

/// One source of settings. What it leaves out, the source below decides.
#[derive(Debug, Clone, Default, PartialEq, Args, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Layer {
    /// Part to play in this process [default: both]
    #[arg(long, value_enum)]
    pub role: Option<Role>,
    /// Where the journal and the views are kept [default: ./data]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Ask for no tokens: everyone is who they say they are. Only on a loopback address
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub dev: Option<bool>,
    /// File with the secret of tokens (HS256); `hubbub keys secret FILE` makes one
    #[arg(long, value_name = "FILE")]
    pub token_secret_file: Option<PathBuf>,
    /// File with the public keys of tokens (JWKS: EdDSA, RS256); `hubbub keys new` makes one
    #[arg(long, value_name = "FILE")]
    pub jwks_file: Option<PathBuf>,
    /// Who makes the tokens (iss); none = it is not asked
    #[arg(long, value_name = "TEXT")]
    pub token_issuer: Option<String>,
    /// Whom they are for (aud); none = tokens that say one are refused
    #[arg(long, value_name = "TEXT")]
    pub token_audience: Option<String>,
    /// File with tokens and users that are not let in any more; read again on SIGHUP
    #[arg(long, value_name = "FILE")]
    pub revocations_file: Option<PathBuf>,
    /// Who may use open conversations: anyone with a token, or only those whose token names them [default: anyone]
    #[arg(long, value_enum)]
    pub open_conversations: Option<OpenConversations>,
    /// Origins of pages, besides this server's own, that may connect, with commas between them; * = all
    #[arg(long, value_name = "ORIGINS")]
    pub origins: Option<String>,
    /// Certificate chain for TLS, PEM
    #[arg(long, value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,
    /// Private key for TLS, PEM
    #[arg(long, value_name = "FILE")]
    pub tls_key: Option<PathBuf>,
    /// Addresses of proxies in front, with commas between them: they end TLS, and from them the last address in X-Forwarded-For is believed
    #[arg(long, value_name = "ADDRESSES")]
    pub trusted_proxies: Option<String>,
    /// Connections of this process, 1 to 1000000 [default: 19000]
    #[arg(long, value_name = "N")]
    pub connections_max: Option<usize>,
    /// Connections of one address that is no loopback address, at least 1 [default: 1000]
    #[arg(long, value_name = "N")]
    pub connections_per_address_max: Option<usize>,
    /// Commands a second of one connection, four times as many at once; twice that of one user; 0 = no limit [default: 500]
    #[arg(long, value_name = "N")]
    pub commands_per_second: Option<u32>,
    /// Address for clients, pages and metrics; other than loopback only with tokens, and with TLS or behind a trusted proxy [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,
    /// Unix socket between gateways and their owner (roles gateway and owner)
    #[arg(long, value_name = "PATH")]
    pub link: Option<PathBuf>,
    /// State machines that share the partitions, 1 to 16 [default: 1]
    #[arg(long, value_name = "N")]
    pub hubs: Option<usize>,
    /// How long the first waiting message waits for company before a sync, milliseconds, 0 to 1000 [default: 2]
    #[arg(long, value_name = "MS")]
    pub commit_window_ms: Option<u64>,
    /// Bytes of a journal segment, a multiple of 4096, 524288 to 1073741824 [default: 67108864]
    #[arg(long, value_name = "BYTES")]
    pub segment_bytes: Option<u64>,
    /// Bytes that stay free on the disk: below it sends are refused, so that views never run out [default: 268435456]
    #[arg(long, value_name = "BYTES")]
    pub disk_reserve_bytes: Option<u64>,
    /// How long what is said is kept, by kind of conversation: "open 30d, channel 90d 100000" (an age, a count of texts of each, or both; kinds open, direct, group, channel, all) [default: for ever]
    #[arg(long, value_name = "RULES")]
    pub retain: Option<String>,
    /// How often what is kept is looked through, seconds, 1 to 86400 [default: 3600]
    #[arg(long, value_name = "SECONDS")]
    pub retain_sweep_seconds: Option<u64>,
    /// Bytes of conversations that the hubs keep in memory, over all hubs, at least 65536 [default: 268435456]
    #[arg(long, value_name = "BYTES")]
    pub memory_bytes: Option<usize>,
    /// Bytes of cache of the history view, at least 1048576 [default: 67108864]
    #[arg(long, value_name = "BYTES")]
    pub history_cache_bytes: Option<u64>,
    #[command(flatten)]
    #[serde(flatten)]
    #[expect(missing_docs, reason = "the keys that begin with `nlp` say what they are")]
    pub enriching: EnrichLayer,
    /// Bytes of latest messages that a gateway keeps for its readers, at least 4096 [default: 268435456]
    #[arg(long, value_name = "BYTES")]
    pub ring_bytes: Option<usize>,
    /// What is logged to standard error: error, warn, info, debug, or filters such as gateway=debug [default: info]
    #[arg(long, value_name = "FILTER")]
    pub log: Option<String>,
    /// How it is logged: text for people, json (one object a line) for machines [default: text]
    #[arg(long, value_enum)]
    pub log_format: Option<LogFormat>,
    /// Collector of traces (OTLP over HTTP), http://HOST:PORT; none = nothing is traced
    #[arg(long, value_name = "URL")]
    pub otlp_endpoint: Option<String>,
    /// Share of the messages that are traced, 0 to 1; a request with a sampled traceparent always is [default: 0]
    #[arg(long, value_name = "SHARE")]
    pub otlp_sample_ratio: Option<f64>,
    /// At a stop each client is told to come back after another time, up to this many milliseconds, 0 to 600000 [default: 10000]
    #[arg(long, value_name = "MS")]
    pub drain_window_ms: Option<u64>,
    /// How long a stop waits for clients to go and for requests to end, milliseconds, 0 to 600000 [default: 5000]
    #[arg(long, value_name = "MS")]
    pub drain_timeout_ms: Option<u64>,
    #[cfg(feature = "mutants")]
    #[command(flatten)]
    #[serde(skip)]
    #[expect(missing_docs, reason = "a crash run's own flags say what they are")]
    pub crash: CrashFlags,
}

/// Flags of a crash run: they do not exist in the shipped binary.
#[cfg(feature = "mutants")]
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct CrashFlags {
    /// Be wrong on purpose
    #[arg(long)]
    pub mutant: Option<model::Mutant>,
    /// Put the journal on a shadow disk with this seed: `shadow:SEED`
    #[arg(long, value_name = "shadow:SEED", value_parser = shadow_seed)]
    pub disk: Option<u64>,
    /// What ended the life before
    #[arg(long, value_enum, default_value = "process")]
    pub after: Death,
}

/// How a life ended, as the crash run decides afterwards.
#[cfg(feature = "mutants")]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Death {
    /// The process was killed: what it wrote is in the page cache.
    #[default]
    Process,
    /// The power was cut: what was not synced is lost in part.
    Power,
}

#[cfg(feature = "mutants")]
fn shadow_seed(text: &str) -> Result<u64, String> {
    let seed = text.strip_prefix("shadow:").ok_or("it is written shadow:SEED")?;
    seed.parse().map_err(|_| format!("{seed:?} is no seed: a number is"))
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
    fn over(self, below: Self) -> Self {
        Self {
            role: self.role.or(below.role),
            data: self.data.or(below.data),
            dev: self.dev.or(below.dev),
            token_secret_file: self.token_secret_file.or(below.token_secret_file),
            jwks_file: self.jwks_file.or(below.jwks_file),
            token_issuer: self.token_issuer.or(below.token_issuer),
            token_audience: self.token_audience.or(below.token_audience),
            revocations_file: self.revocations_file.or(below.revocations_file),
            open_conversations: self.open_conversations.or(below.open_conversations),
            origins: self.origins.or(below.origins),
            tls_cert: self.tls_cert.or(below.tls_cert),
            tls_key: self.tls_key.or(below.tls_key),
            trusted_proxies: self.trusted_proxies.or(below.trusted_proxies),
            connections_max: self.connections_max.or(below.connections_max),
            connections_per_address_max: self
                .connections_per_address_max
                .or(below.connections_per_address_max),
            commands_per_second: self.commands_per_second.or(below.commands_per_second),
            listen: self.listen.or(below.listen),
            link: self.link.or(below.link),
            hubs: self.hubs.or(below.hubs),
            commit_window_ms: self.commit_window_ms.or(below.commit_window_ms),
            segment_bytes: self.segment_bytes.or(below.segment_bytes),
            disk_reserve_bytes: self.disk_reserve_bytes.or(below.disk_reserve_bytes),
            retain: self.retain.or(below.retain),
            retain_sweep_seconds: self.retain_sweep_seconds.or(below.retain_sweep_seconds),
            memory_bytes: self.memory_bytes.or(below.memory_bytes),
            history_cache_bytes: self.history_cache_bytes.or(below.history_cache_bytes),
            enriching: self.enriching.over(below.enriching),
            ring_bytes: self.ring_bytes.or(below.ring_bytes),
            log: self.log.or(below.log),
            log_format: self.log_format.or(below.log_format),
            otlp_endpoint: self.otlp_endpoint.or(below.otlp_endpoint),
            otlp_sample_ratio: self.otlp_sample_ratio.or(below.otlp_sample_ratio),
            drain_window_ms: self.drain_window_ms.or(below.drain_window_ms),
            drain_timeout_ms: self.drain_timeout_ms.or(below.drain_timeout_ms),
            #[cfg(feature = "mutants")]
            crash: self.crash,
        }
    }

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
