//! The shell of the house: it waits, so that nothing below has to.
//!
//! [`serve`] is the biography of a process: settings are sound already → the owner starts (lock,
//! recovery, views, drives) → the gateway starts → the port opens last → a signal or a fault ends
//! it, in the order that loses nothing.

pub mod backup;
mod clock;
pub mod config;
mod data_dir;
mod door;
pub mod error;
mod http;
mod inbox;
mod listen;
mod metrics;
mod owner;
mod page;
mod random;
mod sockets;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use gateway::transport::{Acceptor, OwnerLink, in_process};
use gateway::{Door, Gateway, RateLimit};
use tokio::net::TcpSocket;
use tokio::sync::watch;

use config::{Config, Role};
use error::ServeError;
use http::App;
use listen::Port;
use owner::Owner;

/// Connections that wait to be accepted (the system has a lower bound of its own, often 4096).
const BACKLOG: u32 = 1024;

/// How long clients have to go away at shutdown.
const GOODBYE: Duration = Duration::from_secs(5);

/// Serves until SIGTERM or SIGINT, or until something must not go on.
///
/// # Errors
/// [`ServeError`]: what was wrong, with which value, and what to do; it knows its exit code.
pub fn serve(config: &Config) -> Result<(), ServeError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|why| ServeError::System { what: "cannot start the runtime", why })?;
    runtime.block_on(run(config))
}

async fn run(config: &Config) -> Result<(), ServeError> {
    // A port that is taken is said at once, and before anything is made; it opens last.
    let port = reserve(config.listen)?;
    let owned = match config.role {
        Role::Both | Role::Owner => Some(owner::start(config)?),
        Role::Gateway => None,
    };
    // Held for its lock until everything has ended.
    let (dir, owner) = owned.map_or((None, None), |(dir, owner)| (Some(dir), Some(owner)));
    let served = serve_roles(config, port, owner.as_ref()).await;
    if let Some(owner) = owner {
        let stopped = tokio::task::spawn_blocking(move || owner.crew.stop()).await;
        assert!(stopped.is_ok(), "stopping does not panic");
    }
    drop(dir);
    served
}

/// Takes an address without listening: until then nobody can connect.
fn reserve(address: SocketAddr) -> Result<TcpSocket, ServeError> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    };
    let reserved = socket.and_then(|socket| {
        // As every server does: one that has just ended is no reason to wait.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        Ok(socket)
    });
    reserved.map_err(|why| ServeError::Listen { address, why })
}

/// Opens the doors of this process's roles, and closes them when it is asked to or must.
async fn serve_roles(
    config: &Config,
    port: TcpSocket,
    owner: Option<&Arc<Owner>>,
) -> Result<(), ServeError> {
    let (link, acceptor) = link_ends(config)?;
    let accepting = match (owner, acceptor) {
        (Some(owner), Some(acceptor)) => {
            Some(tokio::spawn(owner::accept(Arc::clone(owner), acceptor)))
        }
        (None, _) | (_, None) => None,
    };
    let tls = listen::tls(&config.access)?;
    let (gateway, keeping) = match link {
        Some(link) => {
            let door = Arc::new(door::open(&config.access)?);
            let keeping = tokio::spawn(door::keep(Arc::clone(&door), config.access.clone()));
            (Some(Gateway::new(gateway_options(config, door), link)), Some(keeping))
        }
        None => (None, None),
    };
    let app = App { owner: owner.cloned(), gateway: gateway.clone() };
    let asked = asked_to_stop();
    let listener =
        port.listen(BACKLOG).map_err(|why| ServeError::Listen { address: config.listen, why })?;
    let address = listener.local_addr().unwrap_or(config.listen);
    announce(config, address);
    let (stop, stopped) = watch::channel(false);
    let port = Port::new(listener, tls, http::router(app), &config.access, &config.traffic);
    let serving = tokio::spawn(port.serve(stopped));
    let ended = tokio::select! {
        () = asked => Ok(()),
        why = must_stop(owner) => Err(why),
    };
    tracing::info!("closing");
    stop.send_replace(true);
    let leaving = async {
        if let Some(gateway) = gateway {
            gateway.close(GOODBYE).await;
        }
    };
    // Side by side: who does not read and who does not end a request cost one goodbye, not two.
    let (_, ()) = tokio::join!(tokio::time::timeout(GOODBYE, serving), leaving);
    for task in accepting.into_iter().chain(keeping) {
        task.abort();
        task.await.ok();
    }
    ended
}

/// The two ends of the link that this process holds: a gateway's, an owner's, or both.
fn link_ends(config: &Config) -> Result<(Option<OwnerLink>, Option<Acceptor>), ServeError> {
    match (config.role, &config.link) {
        (Role::Gateway, Some(path)) => Ok((Some(OwnerLink::Socket(path.clone())), None)),
        (Role::Owner, Some(path)) => {
            let acceptor =
                Acceptor::bind(path).map_err(|why| ServeError::Link { path: path.clone(), why })?;
            Ok((None, Some(acceptor)))
        }
        (Role::Both, _) | (Role::Gateway | Role::Owner, None) => {
            let (link, acceptor) = in_process();
            Ok((Some(link), Some(acceptor)))
        }
    }
}

fn gateway_options(config: &Config, door: Arc<Door>) -> gateway::Options {
    let per_second = config.traffic.commands_per_second;
    let limit = |per_second: u32| RateLimit { per_second, burst: per_second.saturating_mul(4) };
    gateway::Options {
        door,
        origins: config.access.origins.clone(),
        connections_max: config.traffic.connections_max,
        connections_per_address_max: config.traffic.connections_per_address_max,
        commands: limit(per_second),
        commands_of_user: limit(per_second.saturating_mul(2)),
        name: format!("gateway-{}", config.listen.port()),
        ring_bytes_max: config.ring_bytes,
        #[cfg(feature = "mutants")]
        mutant: config.crash.mutant,
        ..gateway::Options::default()
    }
}

/// Tells people, on standard output, where to go.
#[expect(clippy::print_stdout, reason = "the address is what the program prints")]
fn announce(config: &Config, address: SocketAddr) {
    let scheme = if config.access.tls.is_some() { "https" } else { "http" };
    match config.role {
        Role::Both => {
            println!("hubbub is ready: {scheme}://{address}/ (data in {})", config.data.display())
        }
        Role::Gateway => println!("hubbub gateway is ready: {scheme}://{address}/"),
        Role::Owner => println!("hubbub owner is ready: {scheme}://{address}/metrics"),
    }
}

/// Waits for SIGTERM or SIGINT. From the call on, not only from the first poll, they do not end the
/// process by themselves. Must be called inside a runtime.
pub fn asked_to_stop() -> impl Future<Output = ()> {
    use tokio::signal::unix::{Signal, SignalKind, signal};
    async fn came(signal: std::io::Result<Signal>) {
        match signal {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    }
    let (term, int) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
    async {
        tokio::select! {
            () = came(term) => {}
            () = came(int) => {}
        }
    }
}

/// What a drive raised; never, where there is no owner.
async fn must_stop(owner: Option<&Arc<Owner>>) -> ServeError {
    match owner {
        Some(owner) => owner.crew.fatal.wait().await,
        None => std::future::pending().await,
    }
}
