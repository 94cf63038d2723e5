//! What is asked: a URL, where it leads, and the bytes of a request.

use std::net::SocketAddr;

use http::Uri;

use super::refusal::Refusal;

/// Where requests go.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// As it was given.
    pub(crate) url: String,
    pub(crate) uri: Uri,
    /// Name or address, without brackets.
    pub(crate) host: String,
    /// What a Host header says.
    pub(crate) authority: String,
    /// Path and query.
    pub(crate) path: String,
    pub(crate) is_tls: bool,
    /// Chat over WebSocket.
    pub(crate) is_chat: bool,
    port: u16,
    /// All that the name leads to; none before [`Target::resolve`].
    pub(crate) addresses: Vec<SocketAddr>,
}

impl Target {
    /// Of a URL.
    pub(crate) fn parse(url: &str) -> Result<Self, Refusal> {
        let wrong = |why: &str| {
            Refusal::usage(format!(
                "{url}: {why}; right is http://HOST:PORT/PATH, https://…, or ws://HOST:PORT/v1/ws for chat"
            ))
        };
        let uri: Uri = url.parse().map_err(|why| wrong(&format!("is no URL ({why})")))?;
        let (is_tls, is_chat) = match uri.scheme_str() {
            Some("http") => (false, false),
            Some("https") => (true, false),
            Some("ws") => (false, true),
            Some("wss") => (true, true),
            Some(other) => return Err(wrong(&format!("the scheme {other} is not known"))),
            None => return Err(wrong("has no scheme")),
        };
        let authority = uri.authority().ok_or_else(|| wrong("has no host"))?;
        if authority.as_str().contains('@') {
            return Err(wrong("a name and password belong into a header: -H 'Authorization: …'"));
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        if host.is_empty() {
            return Err(wrong("has no host"));
        }
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        Ok(Self {
            url: url.to_owned(),
            uri: uri.clone(),
            host,
            authority: authority.as_str().to_owned(),
            path: if path.is_empty() { "/".to_owned() } else { path.to_owned() },
            is_tls,
            is_chat,
            port: authority.port_u16().unwrap_or(if is_tls { 443 } else { 80 }),
            addresses: Vec::new(),
        })
    }

    /// Looks its name up.
    pub(crate) async fn resolve(&mut self) -> Result<(), Refusal> {
        let found = tokio::net::lookup_host((self.host.as_str(), self.port)).await;
        let found = found.map_err(|why| {
            Refusal::unavailable(format!("{}: the name cannot be looked up: {why}", self.url))
        })?;
        self.addresses = found.collect();
        if self.addresses.is_empty() {
            return Err(Refusal::unavailable(format!("{}: the name has no address", self.url)));
        }
        Ok(())
    }

    /// Whether it is on this machine.
    pub(crate) fn is_local(&self) -> bool {
        self.addresses.iter().any(|address| address.ip().is_loopback())
    }
}

#[cfg(test)]
mod tests;
