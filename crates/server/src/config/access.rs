//! Who may come in, and how much they may do.

use std::net::IpAddr;
use std::path::PathBuf;

use super::{Config, ConfigError, Layer, OpenConversations, Role, within};

/// Who may come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessConfig {
    /// Everyone.
    pub dev: bool,
    /// Where the secret of tokens is.
    pub token_secret_file: Option<PathBuf>,
    /// Where the public keys of tokens are.
    pub jwks_file: Option<PathBuf>,
    /// Who makes them.
    pub token_issuer: Option<String>,
    /// Whom they are for.
    pub token_audience: Option<String>,
    /// Which are not let in any more.
    pub revocations_file: Option<PathBuf>,
    /// Who may use open conversations.
    pub open_conversations: OpenConversations,
    /// Origins of pages besides the server's own.
    pub origins: Vec<String>,
    /// Certificate chain and private key.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// Who is believed about where a request came from.
    pub trusted_proxies: Vec<IpAddr>,
}

/// How much connections may be and do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrafficConfig {
    /// Connections of the process.
    pub connections_max: usize,
    /// Connections of one address.
    pub connections_per_address_max: usize,
    /// Commands a second of one connection; 0 = no limit.
    pub commands_per_second: u32,
}

impl Layer {
    pub(super) fn access(&self) -> Result<AccessConfig, ConfigError> {
        let tls = match (&self.tls_cert, &self.tls_key) {
            (Some(cert), Some(key)) => Some((cert.clone(), key.clone())),
            (None, None) => None,
            _ => {
                return Err(ConfigError::BadCombination(
                    "of tls_cert and tls_key one is missing: TLS takes both",
                ));
            }
        };
        let proxies = list(self.trusted_proxies.as_deref()).map(|text| {
            text.parse().map_err(|_| ConfigError::BadValue {
                key: "trusted_proxies",
                why: format!("{text:?} is no address such as 10.0.0.7"),
            })
        });
        Ok(AccessConfig {
            dev: self.dev.unwrap_or(false),
            token_secret_file: self.token_secret_file.clone(),
            jwks_file: self.jwks_file.clone(),
            token_issuer: self.token_issuer.clone(),
            token_audience: self.token_audience.clone(),
            revocations_file: self.revocations_file.clone(),
            open_conversations: self.open_conversations.unwrap_or(OpenConversations::Anyone),
            origins: list(self.origins.as_deref()).map(str::to_owned).collect(),
            tls,
            trusted_proxies: proxies.collect::<Result<_, _>>()?,
        })
    }

    pub(super) fn traffic(&self) -> Result<TrafficConfig, ConfigError> {
        Ok(TrafficConfig {
            connections_max: within(
                "connections_max",
                self.connections_max.unwrap_or(19_000),
                1..=1_000_000,
                "1 to 1000000",
            )?,
            connections_per_address_max: within(
                "connections_per_address_max",
                self.connections_per_address_max.unwrap_or(1_000),
                1..=usize::MAX,
                "at least 1",
            )?,
            commands_per_second: self.commands_per_second.unwrap_or(500),
        })
    }
}

/// The parts of a text between commas.
fn list(text: Option<&str>) -> impl Iterator<Item = &str> {
    text.unwrap_or_default().split(',').map(str::trim).filter(|part| !part.is_empty())
}

impl Config {
    /// Nobody gets in by an oversight: without tokens only this machine, and outside it no token
    /// travels in the clear.
    pub(super) fn check_access(&self) -> Result<(), ConfigError> {
        let AccessConfig { dev, tls, trusted_proxies, .. } = &self.access;
        let has_keys = self.access.token_secret_file.is_some() || self.access.jwks_file.is_some();
        let is_local = is_loopback(self.listen.ip());
        let wrong = |right: &'static str| ConfigError::OutOfRange {
            key: "listen",
            value: self.listen.to_string(),
            right,
        };
        if self.role == Role::Owner {
            let right = "a loopback address: an owner shows its metrics there to whoever asks";
            return if is_local { Ok(()) } else { Err(wrong(right)) };
        }
        match (dev, has_keys) {
            (true, true) => Err(ConfigError::BadCombination(
                "dev asks for no tokens, and keys for tokens are given: leave one of them out",
            )),
            (true, false) if !is_local => Err(wrong(
                "a loopback address (127.0.0.1, [::1]) with dev: anyone who can connect may read and write",
            )),
            (false, false) => Err(ConfigError::BadCombination(
                "who may come in? Give --token-secret-file (`hubbub keys secret FILE` makes one) or \
                 --jwks-file, or --dev: on a loopback address, for trying it out",
            )),
            (false, true) if !is_local && tls.is_none() && trusted_proxies.is_empty() => {
                Err(wrong(
                    "a loopback address, or else with --tls-cert and --tls-key or behind --trusted-proxies: tokens do not travel in the clear",
                ))
            }
            (true, false) | (false, true) => Ok(()),
        }
    }
}

fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}
