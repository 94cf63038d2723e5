//! Settings for people: each key, what it is, and where it comes from.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use super::{Config, ConfigError, Layer, layers};

/// A setting as it is in force.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The key, as in the file.
    pub key: String,
    /// Its value, in TOML.
    pub value: String,
    /// `flag`, `environment`, `file` or `default`.
    pub source: &'static str,
}

impl Config {
    /// All settings that have a value, as [`Config::load`] puts them together, by key.
    ///
    /// # Errors
    /// [`ConfigError`], as `load`; and a value that TOML cannot say.
    pub fn show(file: Option<&Path>, flags: Layer) -> Result<Vec<Shown>, ConfigError> {
        let sources = layers(file, flags)?;
        let [flags, environment, file] = sources.clone();
        let config = flags.over(environment).over(file).complete()?;
        let names = ["flag", "environment", "file"];
        let tables = sources.iter().map(table).collect::<Result<Vec<_>, _>>()?;
        let tables: Vec<_> = names.into_iter().zip(tables).collect();
        let in_force = table(&config.into_layer())?;
        Ok(in_force
            .into_iter()
            .map(|(key, value)| {
                let given = tables.iter().find(|(_, table)| table.contains_key(&key));
                let source = given.map_or("default", |(name, _)| name);
                Shown { value: value.to_string(), key, source }
            })
            .collect())
    }

    /// The one source that says all of it.
    fn into_layer(self) -> Layer {
        Layer {
            role: Some(self.role),
            data: Some(self.data),
            listen: Some(self.listen),
            dev: Some(self.access.dev),
            token_secret_file: self.access.token_secret_file,
            jwks_file: self.access.jwks_file,
            token_issuer: self.access.token_issuer,
            token_audience: self.access.token_audience,
            revocations_file: self.access.revocations_file,
            open_conversations: Some(self.access.open_conversations),
            origins: joined(&self.access.origins),
            tls_cert: self.access.tls.as_ref().map(|(cert, _)| cert.clone()),
            tls_key: self.access.tls.map(|(_, key)| key),
            trusted_proxies: joined(&self.access.trusted_proxies),
            connections_max: Some(self.traffic.connections_max),
            connections_per_address_max: Some(self.traffic.connections_per_address_max),
            commands_per_second: Some(self.traffic.commands_per_second),
            link: self.link,
            hubs: Some(self.hubs),
            commit_window_ms: whole_ms(self.commit_window),
            segment_bytes: Some(self.segment_bytes),
            disk_reserve_bytes: Some(self.disk_reserve_bytes),
            retain: (!self.retain.is_all()).then(|| self.retain.to_string()),
            retain_sweep_seconds: Some(self.retain_sweep.as_secs()),
            memory_bytes: Some(self.memory_bytes),
            history_cache_bytes: Some(self.history_cache_bytes),
            enriching: self.enriching.into_layer(),
            ring_bytes: Some(self.ring_bytes),
            log: Some(self.telling.log),
            log_format: Some(self.telling.log_format),
            otlp_endpoint: self.telling.otlp_endpoint,
            otlp_sample_ratio: Some(self.telling.otlp_sample_ratio),
            drain_window_ms: whole_ms(self.drain_window),
            drain_timeout_ms: whole_ms(self.drain_timeout),
            #[cfg(feature = "mutants")]
            crash: self.crash,
        }
    }
}

/// In milliseconds.
pub(super) fn whole_ms(span: Duration) -> Option<u64> {
    u64::try_from(span.as_millis()).ok()
}

/// A list, with commas between its parts; none of nothing.
pub(super) fn joined<T: ToString>(parts: &[T]) -> Option<String> {
    let all: Vec<_> = parts.iter().map(ToString::to_string).collect();
    (!all.is_empty()).then(|| all.join(","))
}

/// What a source says. TOML cannot say a path that is no UTF-8, nor a number above 2^63 - 1.
fn table(layer: &Layer) -> Result<toml::Table, ConfigError> {
    toml::Table::try_from(layer).map_err(|why| ConfigError::BadValue {
        key: "a setting",
        why: format!("it cannot be written in TOML ({why})"),
    })
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, value, source } = self;
        write!(f, "{:<40} # {source}", format!("{key} = {value}"))
    }
}
