//! One endpoint of the service: its address, its connections, what is wrong with it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, Request, Uri, response};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tokio::sync::{OnceCell, Semaphore};

use super::dial::Dial;
use super::lanes::{self, Lanes};
use super::trouble::{Trouble, Wrong};
use super::{ANSWER_MAX_BYTES, Ways};
use crate::config::EnrichConfig;

/// One endpoint.
pub(super) struct Endpoint {
    name: String,
    at: Uri,
    /// What each request has in front.
    headers: HeaderMap,
    dial: Dial,
    lanes: Lanes,
    plain: Client<Dial, Full<Bytes>>,
    /// Of HTTP/1.1: a connection takes one call.
    pool: Semaphore,
    pool_max: usize,
    /// Known once it has answered.
    speaks_http2: OnceCell<bool>,
    /// Its share of all calls.
    in_flight: usize,
    timeout: Duration,
    /// It has not answered yet.
    is_new: AtomicBool,
    pub(super) trouble: Trouble,
}

impl Endpoint {
    /// The one at `base`, asked at `at`; if the others fail it takes all calls.
    pub(super) fn new(
        base: &str,
        at: &str,
        headers: &HeaderMap,
        dial: &Dial,
        config: &EnrichConfig,
    ) -> Result<Self, String> {
        let (in_flight_max, timeout) = (config.in_flight, config.timeout);
        let at: Uri = at.parse().map_err(|why| format!("{base:?} is no URL: {why}"))?;
        if !matches!(at.scheme_str(), Some("http" | "https")) || at.host().is_none() {
            return Err(format!("{base:?}: it is written http://HOST:PORT, or https://HOST:PORT"));
        }
        let plain = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(config.connections)
            .build(dial.clone());
        Ok(Self {
            name: base.to_owned(),
            at,
            headers: headers.clone(),
            dial: dial.clone(),
            lanes: Lanes::new(in_flight_max, dial.clone()),
            plain,
            pool: Semaphore::new(config.connections),
            pool_max: config.connections,
            speaks_http2: OnceCell::new(),
            in_flight: in_flight_max.div_ceil(config.services.len().max(1)),
            timeout,
            is_new: AtomicBool::new(true),
            trouble: Trouble::default(),
        })
    }

    /// As it was given.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Whether what is sent to it is read by nobody on the way: by TLS, or it does not leave the machine.
    pub(super) fn is_private(&self) -> bool {
        if self.at.scheme_str() == Some("https") {
            return true;
        }
        let host = self.at.host().unwrap_or_default().trim_matches(['[', ']']);
        let is_loopback = |address: std::net::IpAddr| address.to_canonical().is_loopback();
        host == "localhost" || host.parse().is_ok_and(is_loopback)
    }

    /// How calls get there.
    pub(super) fn ways(&self) -> Ways {
        match self.speaks_http2.get() {
            None => Ways::default(),
            Some(true) => {
                let (connections, carried) = self.lanes.carried();
                Ways { version: 2, connections, carried }
            }
            Some(false) => Ways { version: 1, connections: self.pool_max, carried: self.pool_max },
        }
    }

    /// Asks once: the answer's head, and all of its body.
    pub(super) async fn post(&self, question: Bytes) -> Result<(response::Parts, Bytes), Wrong> {
        if self.is_http2().await? {
            self.lanes.post(&self.at, &self.headers, question).await
        } else {
            // Large, and not to make the calls of HTTP/2 large.
            Box::pin(self.post_plainly(question)).await
        }
    }

    async fn is_http2(&self) -> Result<bool, Wrong> {
        if let Some(known) = self.speaks_http2.get() {
            return Ok(*known);
        }
        let probe = || lanes::speaks_http2(&self.at, &self.dial, self.timeout);
        let found = Box::pin(self.speaks_http2.get_or_try_init(probe)).await;
        found.copied().map_err(|why| Wrong::unreachable(&why))
    }

    /// It has answered: nothing that lasts is wrong with it. The first time, the connections that its share of calls
    /// needs are made, one after the other.
    pub(super) fn answered(self: &Arc<Self>) {
        self.trouble.over();
        if self.is_new.load(Relaxed) && self.is_new.swap(false, Relaxed) {
            tracing::info!(service = self.name, "the NLP service answers");
            let endpoint = Arc::clone(self);
            tokio::spawn(async move {
                if endpoint.speaks_http2.get() == Some(&true) {
                    endpoint.lanes.warm_up(&endpoint.at, endpoint.in_flight).await;
                }
            });
        }
    }

    /// With HTTP/1.1.
    async fn post_plainly(&self, question: Bytes) -> Result<(response::Parts, Bytes), Wrong> {
        let mut request = Request::new(Full::from(question));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.at.clone();
        request.headers_mut().clone_from(&self.headers);
        let place = self.pool.acquire().await;
        let _place = place.map_err(|why| Wrong::for_now(why.to_string()))?;
        let answer = self.plain.request(request).await.map_err(|why| {
            if why.is_connect() {
                Wrong::unreachable(&why.to_string())
            } else {
                Wrong::for_now(why.to_string())
            }
        })?;
        let (head, body) = answer.into_parts();
        let body = Limited::new(body, ANSWER_MAX_BYTES).collect().await;
        let body = body.map_err(|why| Wrong::for_now(format!("its answer broke off: {why}")))?;
        Ok((head, body.to_bytes()))
    }
}
