//! The gateway as a whole: made once a process, mounted by the shell that listens, closed at the end.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use link::{EnrichAnswer, EnrichAsk, NotReady, Reason, RowQuery};
use model::{Refusal, UserId};
use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::JoinHandle;
use tracing::warn;

use crate::counters::{Counters, Counts, sub};
use crate::http::{self, Caller};
use crate::latency::{Latencies, Latency};
use crate::options::Options;
use crate::owner::{Drive, Owner, Report, Rows};
use crate::people::People;
use crate::rate::Rates;
use crate::topics::{Budget, Topics};
use crate::transport::OwnerLink;

/// From so many of the connections there may be on, new ones are sent elsewhere.
const CONNECTIONS_NEAR_PERCENT: u64 = 95;

/// The door. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Gateway {
    shared: Arc<Shared>,
    drive: Arc<Mutex<Option<JoinHandle<()>>>>,
    stop: Arc<watch::Sender<bool>>,
}

/// What connections share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) counts: Arc<Counts>,
    /// Of sends, from their coming to their acknowledgement.
    pub(crate) latency: Latency,
    pub(crate) owner: Arc<Owner>,
    pub(crate) topics: Arc<Topics>,
    pub(crate) people: Arc<People>,
    pub(crate) rates: Rates,
    pub(crate) pages: Arc<Semaphore>,
    /// Connections by address.
    addresses: Mutex<HashMap<IpAddr, usize>>,
    /// True = everyone is to leave.
    pub(crate) closing: watch::Sender<bool>,
    left: Notify,
}

/// One of the places for connections.
#[derive(Debug)]
pub(crate) struct Place {
    shared: Arc<Shared>,
    /// Of whose places it is one.
    address: Option<IpAddr>,
    is_counted: bool,
}

impl Gateway {
    /// Makes it and begins to look for the owner. Must be called inside a runtime.
    pub fn new(options: Options, owner: OwnerLink) -> Self {
        let counts = Arc::new(Counts::default());
        let topics = Topics::new(Arc::clone(&counts));
        let asked = Owner::new(options.send_bytes_max, Arc::clone(&counts));
        let (stop, stopped) = watch::channel(false);
        let people = Arc::new(People::default());
        let drive = Drive {
            name: options.name.clone(),
            link: owner,
            owner: Arc::clone(&asked),
            topics: Arc::clone(&topics),
            budget: Budget::new(options.ring_bytes_max),
            people: Arc::clone(&people),
            counts: Arc::clone(&counts),
            stop: stopped,
        };
        let pages = Arc::new(Semaphore::new(options.pages_max));
        let (closing, left) = (watch::Sender::new(false), Notify::new());
        let addresses = Mutex::default();
        let (owner, latency) = (asked, Latency::default());
        let shared = Shared {
            options,
            counts,
            latency,
            owner,
            topics,
            people,
            rates: Rates::default(),
            pages,
            addresses,
            closing,
            left,
        };
        Self {
            shared: Arc::new(shared),
            drive: Arc::new(Mutex::new(Some(tokio::spawn(drive.run())))),
            stop: Arc::new(stop),
        }
    }

    /// The routes of clients. Requests carry a [`Peer`](crate::Peer) where addresses count. Who serves them judges
    /// `Origin` first: any page in a browser may ask (RFC 6455 §10.2).
    pub fn router(&self) -> Router {
        http::router(Arc::clone(&self.shared))
    }

    /// Whether whoever made this request may see what operators and analysts see.
    ///
    /// # Errors
    /// The response to give instead.
    pub fn admit_staff(&self, parts: &Parts) -> Result<(), Box<Response>> {
        let caller =
            Caller::of(&self.shared, parts).map_err(|denied| Box::new(denied.into_response()))?;
        if caller.is_staff() {
            return Ok(());
        }
        Err(Box::new(http::forbidden("this is for the roles admin and analyst")))
    }

    /// Why clients cannot be served, or new ones had better go elsewhere; nothing = they can.
    pub fn not_ready(&self) -> Vec<NotReady> {
        let mut why = self.shared.owner.not_ready();
        if *self.shared.closing.borrow() {
            why.push(NotReady::new(Reason::Draining, "the gateway is closing"));
        }
        let connections = self.shared.counts.connections.load(Relaxed);
        let most = self.shared.options.connections_max as u64;
        if is_near(connections, most) {
            let detail = format!("{connections} of {most} connections: new ones go elsewhere");
            why.push(NotReady::new(Reason::ConnectionsFull, detail));
        }
        why
    }

    /// Everything that is counted, now.
    pub fn counters(&self) -> Counters {
        Counters {
            conversations: self.shared.topics.count() as u64,
            link_up: u64::from(self.shared.owner.lost_for().is_none()),
            ..self.shared.counts.read()
        }
    }

    /// Whether a request is of an administrator.
    ///
    /// # Errors
    /// The response to give instead.
    pub fn admit_admin(&self, parts: &Parts) -> Result<(), Box<Response>> {
        let caller =
            Caller::of(&self.shared, parts).map_err(|denied| Box::new(denied.into_response()))?;
        if caller.is_admin() {
            return Ok(());
        }
        Err(Box::new(http::forbidden("this is for the role admin")))
    }

    /// Takes the words of a user from every conversation; from how many.
    ///
    /// # Errors
    /// [`Refusal`]: not all of it was done; asking again does the rest.
    pub async fn erase(&self, user: UserId) -> Result<u64, Refusal> {
        self.shared.owner.erase(user).await
    }

    /// Asks the owner about enriching.
    ///
    /// # Errors
    /// The owner's refusal, or `busy` when it is not there or takes too long.
    pub async fn enriching(&self, ask: EnrichAsk) -> Result<EnrichAnswer, Refusal> {
        self.shared.owner.enriching(ask).await
    }

    /// How long sends took from their coming to their acknowledgement.
    pub fn latencies(&self) -> Latencies {
        self.shared.latency.read()
    }

    /// Connections there may be.
    pub fn connections_max(&self) -> usize {
        self.shared.options.connections_max
    }

    /// Rows of the per-conversation table.
    ///
    /// # Errors
    /// The owner's refusal, or `busy` when it is not there or takes too long.
    pub async fn rows(&self, query: RowQuery) -> Result<Rows, Refusal> {
        self.shared.owner.rows(query).await
    }

    /// The first rows of a view for people, without governed conversations.
    ///
    /// # Errors
    /// The owner's refusal, or `busy` when it is not there or takes too long.
    pub async fn report(&self, view: &str, limit: u32) -> Result<Report, Refusal> {
        self.shared.owner.report(view.to_owned(), limit).await
    }

    /// Takes no more connections, lets what is under way be answered, and closes all with 1001, each
    /// with its own time to come back; until they have left, or until `enough` is done. Requests over
    /// HTTP that are under way are answered as long as the link is there: see [`end`](Self::end).
    pub async fn dismiss(&self, enough: impl Future<Output = ()>) {
        self.shared.closing.send_replace(true);
        tokio::select! {
            () = self.everyone_left() => {}
            () = enough => {
                let left = self.shared.counts.connections.load(Relaxed);
                warn!(left, "connections were still there at the deadline");
            }
        }
    }

    /// Says the last words to the owner and ends the link.
    pub async fn end(&self) {
        self.stop.send_replace(true);
        let drive = self.drive.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(drive) = drive
            && let Err(error) = drive.await
        {
            warn!(%error, "the link's task has failed");
        }
    }

    async fn everyone_left(&self) {
        loop {
            let left = self.shared.left.notified();
            tokio::pin!(left);
            // From here on, not from the first poll: nobody leaves unnoticed.
            left.as_mut().enable();
            if self.shared.counts.connections.load(Relaxed) == 0 {
                return;
            }
            left.await;
        }
    }
}

impl Shared {
    /// When a client that is told to go is to come back, milliseconds: a time of its own in the window.
    pub(crate) fn come_back_ms(&self) -> u32 {
        let window = u32::try_from(self.options.drain_window.as_millis()).unwrap_or(u32::MAX);
        share(window, self.options.door.random())
    }

    /// The reason of a connection that is told to go.
    pub(crate) fn farewell(&self) -> String {
        wire::busy_reason(self.come_back_ms())
    }

    /// Whether one more connection would find a place.
    pub(crate) fn has_place(&self) -> bool {
        self.counts.connections.load(Relaxed) < self.options.connections_max as u64
    }
}

impl Place {
    /// A place, if there is one: for all together, and for this address.
    pub(crate) fn take(shared: &Arc<Shared>, peer: Option<IpAddr>) -> Option<Self> {
        let address = peer.filter(|address| !address.to_canonical().is_loopback());
        if let Some(address) = address {
            let mut addresses = shared.addresses();
            let count = addresses.entry(address).or_default();
            if *count >= shared.options.connections_per_address_max {
                return None;
            }
            *count += 1;
        }
        // From here on dropping it gives back what was taken.
        let mut place = Self { shared: Arc::clone(shared), address, is_counted: false };
        let most = shared.options.connections_max as u64;
        let one_more = |now: u64| (now < most).then_some(now + 1);
        shared.counts.connections.fetch_update(Relaxed, Relaxed, one_more).ok()?;
        place.is_counted = true;
        Some(place)
    }

    pub(crate) const fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }
}

/// Whether so many are near the most there may be.
const fn is_near(many: u64, most: u64) -> bool {
    many.saturating_mul(100) >= most.saturating_mul(CONNECTIONS_NEAR_PERCENT)
}

/// From 0 (`dice` = 0) to `most` (`dice` = `u64::MAX`), each as likely as the others.
fn share(most: u32, dice: u64) -> u32 {
    let part = (u128::from(dice) * (u128::from(most) + 1)) >> 64;
    u32::try_from(part).unwrap_or_else(|_| unreachable!("at most the whole"))
}

impl Shared {
    fn addresses(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.addresses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(address) = self.address {
            let mut addresses = self.shared.addresses();
            if let Some(count) = addresses.get_mut(&address) {
                *count -= 1;
                if *count == 0 {
                    addresses.remove(&address);
                }
            }
        }
        if self.is_counted {
            sub(&self.shared.counts.connections, 1);
            self.shared.left.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests;
