//! A slot is a stream that carries all that waits, up to [`BATCH_MAX`] texts.
//!
//! Nothing waits for a batch to fill: whoever comes while slots are free goes alone, and whoever has to wait for a slot
//! goes with those who wait, too. The busier, the fuller.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hyper::body::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::calls::{Answered, CallError};
use super::gauges::{Gauges, Stage, Stay};
use super::streams::{Place, Streams};
use super::{BATCH_MAX, HANDLERS_MAX};

/// The queue before the slots.
pub(super) struct Batches {
    gauges: Arc<Gauges>,
    streams: Arc<Streams>,
    waiting: mpsc::Sender<Waiting>,
    gatherer: Mutex<Option<JoinHandle<()>>>,
}

/// A text that waits for a slot.
struct Waiting {
    text: String,
    stay: Stay,
    answer: oneshot::Sender<Result<Answered, CallError>>,
}

/// A question about several.
#[derive(Serialize)]
struct Many<'a> {
    texts: Vec<&'a str>,
}

/// Its answer.
#[derive(Deserialize)]
struct Results {
    results: Vec<Map<String, Value>>,
}

impl Batches {
    pub(super) fn start(streams: Arc<Streams>, gauges: Arc<Gauges>) -> Self {
        // Each handler has one text at most.
        let (waiting, comes) = mpsc::channel(HANDLERS_MAX as usize);
        let gatherer = tokio::spawn(gather(comes, Arc::clone(&streams), Arc::clone(&gauges)));
        Self { gauges, streams, waiting, gatherer: Mutex::new(Some(gatherer)) }
    }

    pub(super) fn gauges(&self) -> &Arc<Gauges> {
        &self.gauges
    }

    pub(super) async fn ask(&self, text: String) -> Result<Answered, CallError> {
        let (answer, answered) = oneshot::channel();
        let stay = self.gauges.enter(Stage::Pool);
        let waiting = Waiting { text, stay, answer };
        self.waiting.try_send(waiting).map_err(|_| CallError::NoPlace)?;
        answered.await.map_err(|_| CallError::NoPlace)?
    }

    pub(super) async fn close(&self) {
        self.streams.close().await;
        let gatherer = self.gatherer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(gatherer) = gatherer {
            gatherer.abort();
            let _ended = gatherer.await;
        }
    }
}

/// First a slot, then all that waits by then.
async fn gather(mut comes: mpsc::Receiver<Waiting>, streams: Arc<Streams>, gauges: Arc<Gauges>) {
    let mut calls = tokio::task::JoinSet::new();
    while let Ok(place) = streams.place().await {
        let mut batch = Vec::new();
        if comes.recv_many(&mut batch, BATCH_MAX).await == 0 {
            return;
        }
        while calls.try_join_next().is_some() {}
        calls.spawn(call(place, batch, Arc::clone(&gauges)));
    }
}

async fn call(place: Place, batch: Vec<Waiting>, gauges: Arc<Gauges>) {
    let begun = Instant::now();
    let mut texts = Vec::with_capacity(batch.len());
    let mut askers = Vec::with_capacity(batch.len());
    for Waiting { text, stay, answer } in batch {
        texts.push(text);
        askers.push((stay.end(), gauges.enter(Stage::Call), answer));
    }
    gauges.called();
    let many = Many { texts: texts.iter().map(String::as_str).collect() };
    // Strings cannot fail to be JSON.
    let asked = place.call(serde_json::to_vec(&many).unwrap_or_default()).await;
    drop(place);
    let mut results = match asked.and_then(|body| results(&body, askers.len())) {
        Ok(results) => results.into_iter().map(Ok).collect::<Vec<_>>(),
        Err(why) => askers.iter().map(|_| Err(why.clone())).collect(),
    }
    .into_iter();
    let took: Duration = begun.elapsed();
    for (pool, stay, answer) in askers {
        drop(stay);
        let result = results.next().unwrap_or(Err(CallError::Wrong("too few results")));
        // Who has gone needs no answer.
        let _told =
            answer.send(result.and_then(item).map(|body| Answered { body, pool, call: took }));
    }
}

/// As many as were asked for.
fn results(body: &[u8], wanted: usize) -> Result<Vec<Map<String, Value>>, CallError> {
    let Results { results } =
        serde_json::from_slice(body).map_err(|_| CallError::Wrong("no results"))?;
    match results.len() == wanted {
        true => Ok(results),
        false => Err(CallError::Wrong("another number of results than of texts")),
    }
}

/// One of them, as if it had been asked for alone.
fn item(mut result: Map<String, Value>) -> Result<Bytes, CallError> {
    let status = result.remove("status").and_then(|status| status.as_u64());
    match status.and_then(|status| u16::try_from(status).ok()) {
        Some(200) => Ok(serde_json::to_vec(&result).unwrap_or_default().into()),
        Some(status) => Err(CallError::Refused(status)),
        None => Err(CallError::Wrong("a result without a status")),
    }
}
