//! How messages are understood.

use enrich::{DispatchGauges, EndpointGauges, ServiceGauges};
use model::BatchNo;

use super::{Buckets, Histogram, Page, num, size};
use crate::config::Prices;
use crate::owner::enrich_drive::EnrichGauges;
use crate::owner::enrich_times::TimesRead;
use crate::owner::provider::Ways;
use crate::spending::Spending;

pub(super) fn write(page: &mut Page, now: &EnrichGauges, durable: BatchNo) {
    let EnrichGauges { counts, service, at, .. } = now;
    page.gauge(
        "enrich_behind_batches",
        "Durable batches that were not read yet.",
        num(durable.0.saturating_sub(at.0)),
    );
    page.counter(
        "enrich_received_total",
        "Messages with a text, those of the journal's past too.",
        num(counts.received),
    );
    page.gauge("enrich_full", "Messages with an answer of the service.", num(counts.full));
    page.gauge("enrich_degraded", "Messages with a guess of our own.", num(counts.degraded));
    page.gauge("enrich_dead", "Messages that were given up.", num(counts.dead));
    page.gauge("enrich_pending", "Messages of which nothing is known yet.", num(counts.pending));
    page.gauge(
        "enrich_gone",
        "Messages that were deleted, erased or expired before the service answered.",
        num(counts.gone),
    );
    page.counter(
        "enrich_guessed_total",
        "Messages that had a guess before anything else, since the start.",
        num(counts.guessed),
    );
    page.counter(
        "enrich_private_total",
        "Messages of conversations that nothing leaves of, those of the journal's past too: in none of the others.",
        num(counts.private),
    );
    page.gauge(
        "enrich_conservation_error",
        "Received, less full, degraded, dead, pending and gone: 0, or there is a bug.",
        counts.error() as f64,
    );
    sizes(page, now);
    calls(page, service);
}

fn sizes(page: &mut Page, now: &EnrichGauges) {
    let EnrichGauges { sizes: [in_hand, queued, later], sizes_max, .. } = now;
    let [in_hand_max, later_max] = sizes_max;
    page.gauge(
        "enrich_outstanding",
        "Messages in hand: being called, waiting, or answered and not durable.",
        size(*in_hand),
    );
    page.gauge("enrich_queued", "Messages that wait for a place.", size(*queued));
    page.gauge("enrich_outstanding_max", "Messages that may be in hand.", size(*in_hand_max));
    page.gauge("enrich_later", "Messages that are to be asked again.", size(*later));
    page.gauge(
        "enrich_later_max",
        "Messages that may be to be asked again, before senders are told to wait.",
        size(*later_max),
    );
}

/// Of the connections to the service.
pub(super) fn ways(page: &mut Page, ways: Ways) {
    page.gauge(
        "enrich_http_version",
        "What the service speaks: HTTP/1.1 or HTTP/2; 0 while that is not known.",
        ways.version,
    );
    page.gauge(
        "enrich_connections_max",
        "Connections to the service that may be open.",
        size(ways.connections),
    );
    page.gauge(
        "enrich_carried_max",
        "Calls that those connections take at once; 0 while that is not known.",
        size(ways.carried),
    );
}

fn calls(page: &mut Page, service: &ServiceGauges) {
    page.gauge(
        "enrich_limit_max",
        "Calls that may be out whatever is found.",
        num(u64::from(service.limit_max)),
    );
    page.gauge("enrich_in_flight", "Calls that are out.", num(u64::from(service.in_flight)));
    page.gauge("enrich_limit", "Calls that may be out.", num(u64::from(service.limit)));
    page.gauge(
        "enrich_breaker",
        "The circuit breaker: 0 closed, 1 half open, 2 open.",
        num(u64::from(service.breaker)),
    );
    page.counter("enrich_breaker_opened_total", "Times it opened.", num(service.opened));
    page.gauge("enrich_budget", "Second calls that are still paid for.", num(service.budget));
    page.gauge(
        "enrich_call_p50_seconds",
        "How long calls take now: the median.",
        service.latency_s[0],
    );
    page.gauge(
        "enrich_call_p99_seconds",
        "How long calls take now: the 99th percentile.",
        service.latency_s[1],
    );
    page.counter("enrich_calls_total", "First calls of messages.", num(service.calls));
    page.counter("enrich_hedges_total", "Second calls beside a slow first.", num(service.hedges));
    page.counter(
        "enrich_hedges_won_total",
        "Second calls that were answered first.",
        num(service.hedges_won),
    );
    page.counter(
        "enrich_retries_total",
        "Second calls after a first that failed.",
        num(service.retries),
    );
    page.counter(
        "enrich_again_total",
        "Calls for messages that had only a guess.",
        num(service.again),
    );
    page.counter("enrich_failures_total", "Calls that failed.", num(service.failures));
    page.counter(
        "enrich_throttled_total",
        "Calls that failed because the service takes no more for now (429).",
        num(service.throttled),
    );
    let whys = ["budget", "time", "limit", "breaker"];
    page.counters(
        "enrich_suppressed_total",
        "Second calls that were not made, by why.",
        "why",
        whys.into_iter().zip(service.suppressed),
    );
}

/// Each endpoint of the service.
pub(super) fn endpoints<'n>(
    page: &mut Page,
    now: &EnrichGauges,
    names: impl Iterator<Item = &'n str>,
) {
    let all: Vec<_> = names.zip(&now.endpoints).collect();
    let mut each = |name: &str, help: &str, of: fn(&EndpointGauges) -> u64| {
        let values = all.iter().map(|(name, endpoint)| (*name, of(endpoint)));
        if name.ends_with("_total") {
            page.counters(name, help, "endpoint", values);
        } else {
            page.gauges(name, help, "endpoint", values);
        }
    };
    each("enrich_requests_total", "Requests sent, by endpoint.", |of| of.requests);
    each("enrich_request_failures_total", "Those that failed.", |of| of.failures);
    each("enrich_requests_throttled_total", "Of those, the ones told to come later.", |of| {
        of.throttled
    });
    each("enrich_requests_in_flight", "Requests that are out.", |of| u64::from(of.in_flight));
    each(
        "enrich_endpoint_breaker",
        "The endpoint's own circuit breaker, where there are several: 0 closed, 1 half open, 2 open.",
        |of| u64::from(of.breaker),
    );
}

/// What was sent, what not, and what it costs.
pub(super) fn spending(page: &mut Page, now: &EnrichGauges, prices: &Prices) {
    let DispatchGauges { texts, tokens, saved, saved_tokens, withheld, remembered } = now.dispatch;
    let of = Spending::of(now, prices);
    page.counter("enrich_texts_total", "Texts sent; several may go in a request.", num(texts));
    page.counter(
        "enrich_tokens_total",
        "Tokens of what was answered, as the service says, or by estimate.",
        num(tokens),
    );
    page.counter("enrich_cost_total", "What was paid, in the unit of the prices.", of.cost);
    page.counters(
        "enrich_saved_total",
        "Calls that were not made, for the answer was remembered, or on its way to another.",
        "how",
        ["remembered", "shared"].into_iter().zip(saved),
    );
    page.counter("enrich_saved_tokens_total", "Tokens of those.", num(saved_tokens));
    page.counter("enrich_saved_cost_total", "What those would have cost.", of.saved_cost);
    page.counters(
        "enrich_withheld_total",
        "Calls that were not sent, by why.",
        "why",
        ["rate_limit", "breaker"].into_iter().zip(withheld),
    );
    page.gauge("enrich_remembered", "Answers that are remembered.", size(remembered[0]));
    page.gauge("enrich_remembered_bytes", "Bytes of them, estimated.", size(remembered[1]));
}

pub(super) fn times(of: &TimesRead) -> Histogram<impl Buckets> {
    Histogram {
        buckets: of.below().map(|(bound_ms, count)| (num(bound_ms) / 1e3, count)),
        count: of.count(),
        sum_seconds: num(of.sum_ms) / 1e3,
    }
}
