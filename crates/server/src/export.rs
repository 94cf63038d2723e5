//! Spans to a collector: OTLP over HTTP, in its JSON form (OTLP 1.x, "OTLP/HTTP", "JSON Protobuf
//! Encoding": names in lowerCamelCase, ids in hexadecimal, 64-bit numbers as text, kinds as numbers).
//!
//! Written here because it is one shape of JSON over the HTTP client that is here already;
//! `opentelemetry-otlp` with its JSON form brings 13 crates more, and takes as many lines to adapt.
//!
//! Invariant: nobody waits for it. What the collector does not take, or not in time, is dropped and
//! counted; it is not tried again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request, Uri, header};
use gateway::{Span, Tracer};
use http_body_util::{BodyExt as _, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

/// Spans of one request.
const BATCH_MAX: usize = 512;

/// How long spans wait for company.
const EVERY: Duration = Duration::from_secs(1);

/// How long a request may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// How long the last requests may take, when the process ends.
const LAST_TIMEOUT: Duration = Duration::from_secs(1);

/// Bytes of an answer that are read.
const ANSWER_MAX_BYTES: usize = 64 * 1024;

/// Where spans go.
pub(crate) struct Exporter {
    client: Client<HttpConnector, Body>,
    traces: Uri,
    /// Who exports.
    resource: Value,
    pub(crate) tracer: Arc<Tracer>,
    exported: AtomicU64,
}

impl Exporter {
    /// To the collector at `base`, an http URL without a path.
    pub(crate) fn new(base: &str, tracer: Arc<Tracer>, name: &str) -> Result<Self, String> {
        let traces = format!("{}/v1/traces", base.trim_end_matches('/'));
        let traces: Uri = traces.parse().map_err(|why| format!("{base:?} is no URL: {why}"))?;
        if traces.scheme_str() != Some("http") || traces.host().is_none() {
            return Err(format!("{base:?}: it is written http://HOST:PORT"));
        }
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(TIMEOUT));
        let client = Client::builder(TokioExecutor::new()).build(connector);
        let attributes = [
            ("service.name", "hubbub".to_owned()),
            ("service.version", env!("CARGO_PKG_VERSION").to_owned()),
            ("service.instance.id", name.to_owned()),
        ];
        let resource = json!({ "attributes": attributes_of(&attributes) });
        Ok(Self { client, traces, resource, tracer, exported: AtomicU64::new(0) })
    }

    /// How many the collector took.
    pub(crate) fn exported(&self) -> u64 {
        self.exported.load(Relaxed)
    }

    /// Exports until it is told to stop, and then what is left, as far as that goes at once.
    pub(crate) async fn run(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        tokio::select! {
            () = self.keep_on() => {}
            _ = stop.wait_for(|stop| *stop) => {}
        }
        let mut is_lost = false;
        let last = async { while self.export_some(&mut is_lost).await {} };
        drop(timeout(LAST_TIMEOUT, last).await);
    }

    async fn keep_on(&self) {
        let mut is_lost = false;
        loop {
            // A collector that is lost is not asked more often because there is more.
            tokio::select! {
                () = self.tracer.enough(), if !is_lost => {}
                () = sleep(EVERY) => {}
            }
            while self.export_some(&mut is_lost).await {}
        }
    }

    /// One batch; whether to go on with the next.
    async fn export_some(&self, is_lost: &mut bool) -> bool {
        let spans = self.tracer.take(BATCH_MAX);
        if spans.is_empty() {
            return false;
        }
        let sent = self.export(&spans).await;
        if let Err(why) = &sent {
            self.tracer.drop_spans(spans.len() as u64);
            if !*is_lost {
                tracing::warn!(why, "spans are dropped: the collector does not take them");
            }
        }
        *is_lost = sent.is_err();
        !*is_lost
    }

    async fn export(&self, spans: &[Span]) -> Result<(), String> {
        let body = json!({ "resourceSpans": [{
            "resource": self.resource,
            "scopeSpans": [{
                "scope": { "name": "hubbub" },
                "spans": spans.iter().map(span).collect::<Vec<_>>(),
            }],
        }] });
        let answer = timeout(TIMEOUT, self.post(body.to_string()));
        let answer = answer.await.map_err(|_| format!("no answer within {TIMEOUT:?}"))??;
        // What it took in part (`ExportTracePartialSuccess`): the rest is not to be sent again.
        let rejected = &answer["partialSuccess"]["rejectedSpans"];
        let rejected = rejected.as_u64().or_else(|| rejected.as_str()?.parse().ok()).unwrap_or(0);
        let rejected = rejected.min(spans.len() as u64);
        self.tracer.drop_spans(rejected);
        self.exported.fetch_add(spans.len() as u64 - rejected, Relaxed);
        Ok(())
    }

    async fn post(&self, body: String) -> Result<Value, String> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(self.traces.clone())
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body))
            .map_err(|why| why.to_string())?;
        let response = self.client.request(request).await.map_err(|why| why.to_string())?;
        if !response.status().is_success() {
            return Err(format!("status {}", response.status()));
        }
        let body = Limited::new(response.into_body(), ANSWER_MAX_BYTES);
        let bytes = body.collect().await.map_err(|why| why.to_string())?.to_bytes();
        Ok(serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }
}

/// A span in OTLP's JSON (`opentelemetry.proto.trace.v1.Span`).
fn span(span: &Span) -> Value {
    let id = |id: u64| format!("{id:016x}");
    json!({
        "traceId": format!("{:032x}", span.context.trace_id),
        "spanId": id(span.context.span_id),
        "parentSpanId": span.parent.map(id).unwrap_or_default(),
        "name": span.name,
        // SPAN_KIND_SERVER, SPAN_KIND_INTERNAL.
        "kind": if span.is_server { 2 } else { 1 },
        "startTimeUnixNano": span.start.to_string(),
        "endTimeUnixNano": span.end.to_string(),
        "attributes": attributes_of(&span.attributes),
    })
}

fn attributes_of(attributes: &[(&'static str, String)]) -> Vec<Value> {
    let one =
        |(key, text): &(&str, String)| json!({ "key": key, "value": { "stringValue": text } });
    attributes.iter().map(one).collect()
}
