//! The shell of the house: it waits, so that nothing below has to.
//!
//! [`serve`] is the biography of a process: settings are sound already → the port says that it starts
//! → the owner starts (lock, recovery, views, drives) → the gateway starts → the port serves → a signal
//! or a fault ends it, in the order that loses nothing.

pub mod audit;
pub mod backup;
mod clock;
pub mod config;
mod data_dir;
mod door;
pub mod error;
mod export;
mod front;
mod health;
mod http;
mod inbox;
mod listen;
mod metrics;
mod origins;
mod owner;
mod page;
mod random;
pub mod report;
mod signals;
mod sockets;
mod spending;
mod stage;
mod status;

use std::net::SocketAddr;
use std::sync::Arc;

use gateway::transport::{Acceptor, OwnerLink, in_process};
use gateway::{Door, Gateway, RateLimit, Tracer};
use tokio::sync::watch;

use config::{Config, ConfigError, Role};
use error::ServeError;
use export::Exporter;
use front::Front;
use health::Progress;
use http::App;
use origins::Origins;
use owner::Owner;
use signals::StopSignals;
use status::Minutes;

pub use signals::asked_to_stop;

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
    // A port that is taken is said at once, and before anything is made.
    let progress = Arc::new(Progress::default());
    let front = Front::open(config, &progress)?;
    let exporter = exporter(config)?;
    let tracer = exporter.as_ref().map(|exporter| &exporter.tracer);
    let owned = match config.role {
        Role::Both | Role::Owner => Some(owner::start(config, &progress, tracer)?),
        Role::Gateway => None,
    };
    // Held for its lock until everything has ended.
    let (dir, owner) = owned.map_or((None, None), |(dir, owner)| (Some(dir), Some(owner)));
    let (stop, stopped) = watch::channel(false);
    let exporting = exporter.clone().map(|exporter| tokio::spawn(exporter.run(stopped)));
    let served = serve_roles(config, front, owner.as_ref(), exporter).await;
    if let Some(owner) = owner {
        let stopped = tokio::task::spawn_blocking(move || owner.crew.stop()).await;
        assert!(stopped.is_ok(), "stopping does not panic");
    }
    stop.send_replace(true);
    if let Some(exporting) = exporting {
        exporting.await.ok();
    }
    drop(dir);
    served
}

/// Opens the doors of this process's roles, and closes them when it is asked to or must.
async fn serve_roles(
    config: &Config,
    front: Front,
    owner: Option<&Arc<Owner>>,
    exporter: Option<Arc<Exporter>>,
) -> Result<(), ServeError> {
    let (link, acceptor) = link_ends(config)?;
    let accepting = match (owner, acceptor) {
        (Some(owner), Some(acceptor)) => {
            Some(tokio::spawn(owner::accept(Arc::clone(owner), acceptor)))
        }
        (None, _) | (_, None) => None,
    };
    let (gateway, keeping) = match link {
        Some(link) => {
            let door = door::open(&config.access)?;
            #[cfg(feature = "mutants")]
            let door = door.with_mutant(config.crash.mutant);
            let door = Arc::new(door);
            let keeping = tokio::spawn(door::keep(Arc::clone(&door), config.access.clone()));
            (
                Some(Gateway::new(gateway_options(config, door, exporter.as_deref()), link)),
                Some(keeping),
            )
        }
        None => (None, None),
    };
    let stage = front.stage.subscribe();
    let minutes = Arc::new(Minutes::new(config, owner.cloned(), gateway.clone()));
    let watching = tokio::spawn(Arc::clone(&minutes).watch());
    let app = App { owner: owner.cloned(), gateway: gateway.clone(), exporter, stage, minutes };
    let mut signals = StopSignals::listen();
    let origins = Origins::new(config.access.origins.clone(), config.access.dev);
    front.serve(http::router(app, Arc::new(origins)));
    announce(config, front.address);
    let ended = tokio::select! {
        () = signals.came() => Ok(()),
        why = must_stop(owner) => Err(why),
    };
    front.drain(config, gateway, signals).await;
    for task in accepting.into_iter().chain(keeping).chain([watching]) {
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

/// Who exports traces, where that is wanted.
fn exporter(config: &Config) -> Result<Option<Arc<Exporter>>, ServeError> {
    let telling = &config.telling;
    let Some(base) = &telling.otlp_endpoint else { return Ok(None) };
    let tracer = Arc::new(Tracer::new(telling.otlp_sample_ratio, random::u128));
    let name = config.listen.to_string();
    let exporter = Exporter::new(base, tracer, &name)
        .map_err(|why| ConfigError::BadValue { key: "otlp_endpoint", why })?;
    Ok(Some(Arc::new(exporter)))
}

fn gateway_options(
    config: &Config,
    door: Arc<Door>,
    exporter: Option<&Exporter>,
) -> gateway::Options {
    let per_second = config.traffic.commands_per_second;
    let limit = |per_second: u32| RateLimit { per_second, burst: per_second.saturating_mul(4) };
    gateway::Options {
        door,
        drain_window: config.drain_window,
        tracer: exporter.map(|exporter| Arc::clone(&exporter.tracer)),
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
            println!(
                "hubbub is ready: {scheme}://{address}/ (dashboard {scheme}://{address}/dashboard, data in {})",
                config.data.display()
            )
        }
        Role::Gateway => println!("hubbub gateway is ready: {scheme}://{address}/"),
        Role::Owner => println!("hubbub owner is ready: {scheme}://{address}/metrics"),
    }
}

/// What a drive raised; never, where there is no owner.
async fn must_stop(owner: Option<&Arc<Owner>>) -> ServeError {
    match owner {
        Some(owner) => owner.crew.fatal.wait().await,
        None => std::future::pending().await,
    }
}
