//! A server with a ceiling.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::{Mutex, Semaphore};
use tokio::time::{Instant as TokioInstant, sleep, sleep_until};

use super::Ceiling;
use super::child::READY;
use crate::measure::refusal::Refusal;

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 4_096;
/// The same, of a server whose backlog is its ceiling.
const BACKLOG_SMALL: u32 = 1;
/// Such a server accepts one connection in this time.
const ACCEPT_EVERY: Duration = Duration::from_millis(200);

const WORK: Duration = Duration::from_millis(2);
const LOCKED: Duration = Duration::from_millis(2);
const POOL: usize = 8;
const POOLED: Duration = Duration::from_millis(20);
const PLATEAU_EVERY: Duration = Duration::from_micros(1_250);
const LATENCY: Duration = Duration::from_millis(50);
const SHED_EVERY: Duration = Duration::from_millis(5);
const PAUSE_AT: u64 = 1_000;
const PAUSE: Duration = Duration::from_millis(150);

/// What requests share.
struct Shop {
    ceiling: Ceiling,
    served: AtomicU64,
    lock: Mutex<()>,
    pool: Semaphore,
    /// When the next may be served, where there is a rate.
    next: Mutex<TokioInstant>,
}

/// Serves until Ctrl-C.
pub(super) async fn serve(ceiling: Ceiling, address: SocketAddr) -> Result<ExitCode, Refusal> {
    let cores = keep_to_half();
    let wrong = |why: std::io::Error| Refusal::io(format!("{address}: {why}"));
    let listener = listen(ceiling, address).map_err(wrong)?;
    let bound = listener.local_addr().map_err(wrong)?;
    crate::measure::summary::say(&format!("hubbub load demo {ceiling} {READY}http://{bound}/\n"));
    let shop = Arc::new(Shop::new(ceiling));
    let threads = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(cores)
        .enable_all()
        .build()
        .map_err(wrong)?;
    let listener = listener.into_std().map_err(wrong)?;
    let serving = threads.spawn(async move { accept(listener, shop).await });
    let ended = tokio::select! {
        ended = serving => ended.unwrap_or_else(|why| Err(std::io::Error::other(why))),
        _ = tokio::signal::ctrl_c() => Ok(()),
    };
    threads.shutdown_background();
    ended.map(|()| ExitCode::SUCCESS).map_err(wrong)
}

/// Keeps this process to the second half of the cores it may use, so that the other half is left for the generator;
/// how many that are.
fn keep_to_half() -> usize {
    let Ok(allowed) = sched_getaffinity(None) else { return 1 };
    let cores: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|&core| allowed.is_set(core)).collect();
    let mut half = CpuSet::new();
    let kept = &cores[cores.len() / 2..];
    kept.iter().for_each(|&core| half.set(core));
    // Where this is not allowed, it uses what it may use, and that is told all the same.
    let _ = sched_setaffinity(None, &half);
    kept.len().max(1)
}

fn listen(ceiling: Ceiling, address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(if ceiling == Ceiling::Backlog { BACKLOG_SMALL } else { BACKLOG })
}

async fn accept(listener: std::net::TcpListener, shop: Arc<Shop>) -> std::io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let shop_of_connection = Arc::clone(&shop);
        tokio::spawn(async move {
            let shop = shop_of_connection;
            let service = service_fn(move |request| answer(Arc::clone(&shop), request));
            // A client that goes away is none of this server's business.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
        if shop.ceiling == Ceiling::Backlog {
            sleep(ACCEPT_EVERY).await;
        }
    }
}

async fn answer(
    shop: Arc<Shop>,
    _request: Request<Incoming>,
) -> Result<Response<String>, Infallible> {
    let mut response = Response::new("served\n".to_owned());
    if !shop.serve().await {
        *response.body_mut() = "too much is asked: come back later\n".to_owned();
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    }
    Ok(response)
}

impl Shop {
    fn new(ceiling: Ceiling) -> Self {
        Self {
            ceiling,
            served: AtomicU64::new(0),
            lock: Mutex::new(()),
            pool: Semaphore::new(POOL),
            next: Mutex::new(TokioInstant::now()),
        }
    }

    /// False if it is too much.
    async fn serve(&self) -> bool {
        match self.ceiling {
            Ceiling::None | Ceiling::Both | Ceiling::Backlog => {}
            Ceiling::Cpu => compute(WORK),
            Ceiling::Lock => {
                let _held = self.lock.lock().await;
                sleep(LOCKED).await;
            }
            Ceiling::Pool => {
                let _held = self.pool.acquire().await;
                sleep(POOLED).await;
            }
            Ceiling::Plateau => self.wait_for_turn(PLATEAU_EVERY).await,
            Ceiling::Latency => sleep(LATENCY).await,
            Ceiling::Shed => return self.is_in_turn(SHED_EVERY).await,
            Ceiling::Pause => self.stand_still_now_and_then().await,
        }
        true
    }

    /// One in this time, in the order they came.
    async fn wait_for_turn(&self, every: Duration) {
        let turn = {
            let mut next = self.next.lock().await;
            let turn = (*next).max(TokioInstant::now());
            *next = turn + every;
            turn
        };
        sleep_until(turn).await;
    }

    /// Whether the last that was served is that long ago.
    async fn is_in_turn(&self, every: Duration) -> bool {
        let mut next = self.next.lock().await;
        let now = TokioInstant::now();
        let is_in_turn = now >= *next;
        if is_in_turn {
            *next = now + every;
        }
        is_in_turn
    }

    /// All wait while one holds the lock.
    async fn stand_still_now_and_then(&self) {
        let held = self.lock.lock().await;
        if self.served.fetch_add(1, Ordering::Relaxed) % PAUSE_AT == PAUSE_AT - 1 {
            sleep(PAUSE).await;
        }
        drop(held);
    }
}

/// Uses a core.
fn compute(time: Duration) {
    let begun = Instant::now();
    let mut number = 1_u64;
    while begun.elapsed() < time {
        for _ in 0..1_000 {
            number = std::hint::black_box(number.wrapping_mul(6_364_136_223_846_793_005) + 1);
        }
    }
}
