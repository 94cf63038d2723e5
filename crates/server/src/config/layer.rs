//! The keys, as one source says them.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use serde::{Deserialize, Serialize};

#[cfg(feature = "mutants")]
use super::CrashFlags;
use super::{EnrichLayer, LogFormat, OpenConversations, Role};

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
    /// Origins of pages, besides this server's own, that may ask and connect, with commas between them; * = all. With --dev all pages of this machine may
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

impl Layer {
    /// What this source leaves out, the one below says.
    pub(super) fn over(self, below: Self) -> Self {
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
}
