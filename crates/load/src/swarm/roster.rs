//! Who the clients are, where they connect to and from where.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use model::{DeviceId, InstanceId, UserId};
use session::Backoff;
use tokio::net::{TcpStream, lookup_host};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;
use wire::Proof;

use crate::measure::Refusal;
use crate::measure::socket::Socket;
use crate::measure::tls::{self, Trust};

/// Descriptors that a process needs besides those of its clients.
const FILES_BESIDES: u64 = 64;

/// Who comes, and from where.
#[derive(Debug, Clone, Args)]
pub(crate) struct RosterArgs {
    /// How names of users and conversations begin
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Tokens, one a line, in the order of the users NAME-0, NAME-1, … (`hubbub token --count`); without them the server must
    /// run with --dev
    #[arg(long, value_name = "FILE")]
    tokens: Option<PathBuf>,
    /// Addresses to connect from, commas between: they take turns. One has some 28,000 ports
    #[arg(long, value_name = "ADDRESS", value_delimiter = ',')]
    source: Vec<IpAddr>,
    /// Where a URL is wss://, trust the certificates of this file, not those of the machine
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
}

/// Where `ws://HOST:PORT/PATH` is, or `wss://`.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) address: SocketAddr,
    pub(crate) authority: String,
    pub(crate) path: String,
    tls: Option<(Arc<ClientConfig>, ServerName<'static>)>,
}

/// All clients, by number.
#[derive(Debug)]
pub(crate) struct Roster {
    places: Vec<Place>,
    sources: Vec<IpAddr>,
    name: String,
    tokens: Vec<String>,
    backoff: Backoff,
    seed: u64,
}

impl Place {
    /// Looks it up, and knocks.
    ///
    /// # Errors
    /// A URL of another kind, a name that is nowhere, nobody who opens.
    pub(crate) async fn reached(url: &str, args: &RosterArgs) -> Result<Self, Refusal> {
        let place = Self::of(url, args).await?;
        let knocked = TcpStream::connect(place.address).await;
        knocked.map_err(|why| Refusal::unavailable(format!("{url}: {why}")))?;
        Ok(place)
    }

    async fn of(url: &str, args: &RosterArgs) -> Result<Self, Refusal> {
        let wrong = || Refusal::usage(format!("{url:?}: right is ws://HOST:PORT/v1/ws, or wss://"));
        let (scheme, rest) = url.split_once("://").ok_or_else(wrong)?;
        let is_tls = match scheme {
            "ws" => false,
            "wss" => true,
            _ => return Err(wrong()),
        };
        let slash = rest.find('/').unwrap_or(rest.len());
        let (authority, path) = rest.split_at(slash);
        let nowhere = |why| Refusal::unavailable(format!("{authority} cannot be looked up: {why}"));
        let mut found =
            lookup_host(authority).await.map_err(|why| match authority.contains(':') {
                true => nowhere(why.to_string()),
                false => wrong(),
            })?;
        let address = found.next().ok_or_else(|| nowhere("it has no address".to_owned()))?;
        let path = if path.is_empty() { wire::PATH } else { path };
        let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let tls = if is_tls { Some(secured(host, args.ca.as_deref())?) } else { None };
        Ok(Self { address, authority: authority.to_owned(), path: path.to_owned(), tls })
    }

    /// The connection that frames go over.
    pub(super) async fn dress(&self, tcp: TcpStream) -> io::Result<Socket> {
        let Some((config, name)) = &self.tls else { return Ok(Socket::Plain(tcp)) };
        let tls = TlsConnector::from(Arc::clone(config)).connect(name.clone(), tcp).await?;
        Ok(Socket::Tls(Box::new(tls)))
    }
}

/// Settings of TLS, and who the other side should be.
fn secured(
    host: &str,
    ca: Option<&Path>,
) -> Result<(Arc<ClientConfig>, ServerName<'static>), Refusal> {
    let name = ServerName::try_from(host.to_owned())
        .map_err(|why| Refusal::usage(format!("{host}: {why}")))?;
    let trust = ca.map_or(Trust::Machine, Trust::File);
    Ok((tls::config(trust, &[b"http/1.1"])?, name))
}

impl Roster {
    /// So many clients, for these places in turns.
    ///
    /// # Errors
    /// A name that is none, too few tokens, more clients than this process may open files.
    pub(crate) fn new(
        args: &RosterArgs,
        (clients, name): (u32, String),
        places: Vec<Place>,
        (backoff, seed): (Backoff, u64),
    ) -> Result<Self, Refusal> {
        let files = crate::measure::open_files_max();
        let wanted = u64::from(clients) + FILES_BESIDES;
        if wanted > files {
            return Err(Refusal::usage(format!(
                "{clients} clients need {wanted} open files, and this process may have {files}: fewer --clients, a larger `ulimit -n`, or several processes"
            )));
        }
        let tokens = args.tokens.as_deref().map(|path| tokens(path, clients)).transpose()?;
        let (tokens, sources) = (tokens.unwrap_or_default(), args.source.clone());
        let roster = Self { places, sources, name, tokens, backoff, seed };
        roster.user(clients)?;
        Ok(roster)
    }

    /// How names begin.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// What the session of this client is told.
    ///
    /// # Errors
    /// A name that is none; a system without randomness.
    pub(crate) fn options(&self, number: u32) -> Result<session::Options, Refusal> {
        let instance = getrandom::u64();
        let instance = instance.map_err(|_| Refusal::io("the system gives no randomness"))?;
        let device = DeviceId::new("d0").map_err(|why| Refusal::usage(why.to_string()))?;
        let seed = self.seed.wrapping_add(u64::from(number));
        let mut options =
            session::Options::new(self.user(number)?, device, InstanceId(instance), seed);
        let token = self.tokens.get(number as usize);
        options.proof = token.map(|token| Proof::Token(token.clone()));
        options.backoff = self.backoff.clone();
        Ok(options)
    }

    pub(super) fn place(&self, number: u32) -> &Place {
        &self.places[number as usize % self.places.len()]
    }

    pub(super) fn source(&self, number: u32) -> Option<IpAddr> {
        let turn = number as usize % self.sources.len().max(1);
        self.sources.get(turn).copied()
    }

    fn user(&self, number: u32) -> Result<UserId, Refusal> {
        let name = format!("{}-{number}", self.name);
        UserId::new(&name).map_err(|why| Refusal::usage(format!("--name: {why}")))
    }
}

fn tokens(path: &Path, clients: u32) -> Result<Vec<String>, Refusal> {
    let text = std::fs::read_to_string(path)
        .map_err(|why| Refusal::io(format!("{}: {why}", path.display())))?;
    let tokens: Vec<String> = text.lines().map(str::to_owned).collect();
    let found = tokens.len();
    if found < clients as usize {
        let path = path.display();
        return Err(Refusal::usage(format!("{path}: {found} tokens for {clients} users")));
    }
    Ok(tokens)
}
