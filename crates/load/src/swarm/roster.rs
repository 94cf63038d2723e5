//! Who the clients are, where they connect to and from where.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use clap::Args;
use model::{DeviceId, InstanceId, UserId};
use session::Backoff;
use tokio::net::{TcpStream, lookup_host};
use wire::Proof;

use crate::measure::Refusal;

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
}

/// Where `ws://HOST:PORT/PATH` is.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) address: SocketAddr,
    pub(crate) authority: String,
    pub(crate) path: String,
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
    pub(crate) async fn reached(url: &str) -> Result<Self, Refusal> {
        let place = Self::of(url).await?;
        let knocked = TcpStream::connect(place.address).await;
        knocked.map_err(|why| Refusal::unavailable(format!("{url}: {why}")))?;
        Ok(place)
    }

    async fn of(url: &str) -> Result<Self, Refusal> {
        let wrong = || Refusal::usage(format!("{url:?}: right is ws://HOST:PORT/v1/ws"));
        let rest = url.strip_prefix("ws://").ok_or_else(wrong)?;
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
        Ok(Self { address, authority: authority.to_owned(), path: path.to_owned() })
    }
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
