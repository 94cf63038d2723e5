use serde_json::{Value, json};

use super::*;

fn faults(json: Value) -> Faults {
    serde_json::from_value(json).unwrap()
}

fn refused(json: Value) -> String {
    faults(json).check().unwrap_err().to_string()
}

#[test]
fn what_is_left_out_has_its_default() {
    assert_eq!(faults(json!({})), Faults::default());
    assert_eq!(faults(json!({ "drip": { "share": 0.5 } })).drip.ms_per_byte, 10);
    assert_eq!(Faults::default().check(), Ok(()));
    assert_eq!(Faults::default().latency, Latency::LogNormal { mean_ms: 200.0, sigma: 0.25 });
}

#[test]
fn what_is_written_is_read_again() {
    let all = faults(json!({
        "seed": 3, "latency": { "distribution": "fixed", "ms": 5.0 }, "hang_share": 0.25,
        "too_many": { "per_s": 100 }, "outages": [{ "from_ms": 1, "for_ms": 2 }],
    }));
    assert_eq!(faults(serde_json::to_value(&all).unwrap()), all);
}

#[test]
fn an_unknown_field_is_refused_wherever_it_stands() {
    for json in [
        json!({ "hang": 0.5 }),
        json!({ "drip": { "shares": 0.5 } }),
        json!({ "latency": { "distribution": "fixed", "ms": 5.0, "sigma": 1.0 } }),
        json!({ "latency": { "distribution": "uniform", "ms": 5.0 } }),
        json!({ "outages": [{ "from_ms": 1, "for_ms": 2, "each_ms": 3 }] }),
    ] {
        assert!(serde_json::from_value::<Faults>(json.clone()).is_err(), "{json}");
    }
}

#[test]
fn every_number_has_its_range_and_its_edges_are_within() {
    let edges = [
        (json!({ "latency": { "distribution": "fixed", "ms": 60_000.0 } }), true),
        (json!({ "latency": { "distribution": "fixed", "ms": 60_000.1 } }), false),
        (json!({ "latency": { "distribution": "fixed", "ms": -0.1 } }), false),
        (
            json!({ "latency": { "distribution": "lognormal", "mean_ms": 60_000.0, "sigma": 2.0 } }),
            true,
        ),
        (
            json!({ "latency": { "distribution": "lognormal", "mean_ms": 60_001.0, "sigma": 2.0 } }),
            false,
        ),
        (
            json!({ "latency": { "distribution": "lognormal", "mean_ms": 1.0, "sigma": 2.1 } }),
            false,
        ),
        (json!({ "fail_fast_share": 1.0 }), true),
        (json!({ "fail_fast_share": 1.1 }), false),
        (json!({ "fail_slow_share": -0.1 }), false),
        (json!({ "item_fail_share": 1.0, "reset_share": 1.0 }), true),
        (json!({ "item_fail_share": 1.1 }), false),
        (json!({ "too_many": { "per_s": 1_000_000 } }), true),
        (json!({ "too_many": { "per_s": 1_000_001 } }), false),
        (json!({ "too_many": { "retry_after_ms": 3_600_000 } }), true),
        (json!({ "too_many": { "retry_after_ms": 3_600_001 } }), false),
        (json!({ "drip": { "ms_per_byte": 10_000 } }), true),
        (json!({ "drip": { "ms_per_byte": 10_001 } }), false),
        (json!({ "drip": { "ms_per_byte": 0 } }), false),
        (json!({ "stall": { "for_ms": 86_400_000 } }), true),
        (json!({ "stall": { "for_ms": 86_400_001 } }), false),
        (json!({ "outages": [{ "from_ms": 0, "for_ms": 1 }] }), true),
        (json!({ "outages": [{ "from_ms": 0, "for_ms": 0 }] }), false),
        (json!({ "outages": [{ "from_ms": 0, "for_ms": 5, "every_ms": 6 }] }), true),
        (json!({ "outages": [{ "from_ms": 0, "for_ms": 5, "every_ms": 5 }] }), false),
    ];
    for (json, fits) in edges {
        assert_eq!(faults(json.clone()).check().is_ok(), fits, "{json}");
    }
    let outages = |count| Faults {
        outages: vec![Outage { from_ms: 0, for_ms: 1, every_ms: 0 }; count],
        ..Faults::default()
    };
    assert_eq!(outages(OUTAGES_MAX).check(), Ok(()));
    assert!(matches!(outages(OUTAGES_MAX + 1).check(), Err(FaultsError::Outages { .. })));
    assert!(Faults { hang_share: f64::NAN, ..Faults::default() }.check().is_err());
}

#[test]
fn shares_add_up_to_one_at_most() {
    let tenths = json!({
        "fail_fast_share": 0.1, "fail_slow_share": 0.2, "too_many": { "share": 0.1 },
        "hang_share": 0.1, "drip": { "share": 0.1 }, "reset_share": 0.2, "wrong_json_share": 0.2,
    });
    assert_eq!(faults(tenths).check(), Ok(()));
    let why = refused(json!({ "hang_share": 0.75, "reset_share": 0.5 }));
    assert!(why.contains("add up to 1.25"), "{why}");
}

#[test]
fn a_refusal_names_the_field_what_was_given_and_what_to_give() {
    assert_eq!(refused(json!({ "drip": { "share": 2.0 } })), "`drip.share` is 2: give 0 to 1");
    let why = refused(json!({ "latency": { "distribution": "fixed", "ms": 70_000 } }));
    assert_eq!(why, "`latency.ms` is 70000: give 0 to 60000");
}
