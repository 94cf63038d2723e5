use std::time::Duration;

use enrich::{Counts, ServiceGauges};
use serde_json::{Value, json};

use super::*;
use crate::owner::enrich_times::Times;

/// Rounded, so that what is told of buckets is exact.
fn shown(of: impl Serialize) -> Value {
    let Value::Object(fields) = serde_json::to_value(of).unwrap() else { panic!("no object") };
    let rounded = |value: Value| value.as_f64().map_or(value, |n| json!((n * 1e3).round() / 1e3));
    Value::Object(fields.into_iter().map(|(name, value)| (name, rounded(value))).collect())
}

fn understood(gauges: EnrichGauges, durable: &Times, counted: &Times) -> Understood {
    let (durable, counted) = (durable.read(), counted.read());
    Understood { gauges, unread: 7, deadline_ms: 400, durable, counted }
}

fn add(times: &Times, ms: &[u64]) {
    ms.iter().for_each(|ms| times.add(Duration::from_millis(*ms)));
}

fn before() -> EnrichGauges {
    let counts = Counts { received: 100, guessed: 10, ..Counts::default() };
    let service = ServiceGauges {
        calls: 50,
        hedges: 5,
        retries: 3,
        again: 2,
        failures: 4,
        ..ServiceGauges::default()
    };
    EnrichGauges { counts, service, ..EnrichGauges::default() }
}

fn now() -> EnrichGauges {
    let counts = Counts {
        received: 300,
        full: 200,
        degraded: 50,
        dead: 20,
        pending: 15,
        gone: 12,
        guessed: 30,
        private: 1,
    };
    let service = ServiceGauges {
        in_flight: 61,
        limit: 62,
        limit_max: 63,
        breaker: 2,
        latency_s: [0.125, 0.25],
        calls: 150,
        hedges: 15,
        retries: 13,
        again: 42,
        failures: 104,
        ..ServiceGauges::default()
    };
    EnrichGauges { counts, service, sizes: [71, 72, 73], ..EnrichGauges::default() }
}

#[test]
fn every_figure_of_the_dashboard_is_what_it_says() {
    let (durable, counted) = (Times::default(), Times::default());
    // What was before is in none of them.
    add(&durable, &[5_000]);
    add(&counted, &[5_000]);
    let before = understood(before(), &durable, &counted);
    add(&durable, &[100, 100]);
    add(&counted, &[100, 100, 5_000, 5_000]);
    let now = understood(now(), &durable, &counted);
    let wanted = json!({
        "received_per_second": 100.0,
        "durable_per_second": 1.0,
        "counted_per_second": 2.0,
        "late_per_second": 1.0,
        "guessed_per_second": 10.0,
        "durable_p99_ms": 99.5,
        "counted_p50_ms": 100.0,
        "counted_p99_ms": 4_940.0,
        "unread_batches": 7.0,
        "in_hand": 71.0,
        "queued": 72.0,
        "calls_per_second": 50.0,
        "second_calls_per_second": 10.0,
        "again_per_second": 20.0,
        "failures_per_second": 50.0,
        "calls_in_flight": 61.0,
        "calls_limit": 62.0,
        "call_p50_ms": 125.0,
        "call_p99_ms": 250.0,
        "breaker": 2.0,
        "degraded": 50.0,
        "pending": 15.0,
        "dead": 20.0,
        "later": 73.0,
    });
    assert_eq!(shown(now.since(&before, 2.0)), wanted);
    let wanted = json!({
        "deadline_ms": 400.0, "received": 300.0, "full": 200.0, "degraded": 50.0, "pending": 15.0,
        "dead": 20.0, "gone": 12.0, "error": 3.0,
    });
    assert_eq!(shown(now.conservation()), wanted);
    // Of a service that was never asked there is no latency.
    let none = shown(before.since(&before, 2.0));
    assert_eq!((&none["call_p50_ms"], &none["counted_p99_ms"]), (&Value::Null, &Value::Null));
}
