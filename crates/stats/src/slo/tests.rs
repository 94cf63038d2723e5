//! The grammar, and judgements at the edge of a limit.

use super::*;
use crate::histogram::latencies;

fn latency(part: Part, percent: f64) -> Metric {
    Metric::Latency(part, Of::Percentile(percent))
}

#[test]
fn each_form_of_an_objective_is_read() {
    let read = |text| {
        let slo = parse(text).unwrap();
        (slo.metric, slo.relation, slo.limit, slo.abort.map(|abort| abort.after_ms))
    };
    let cases = [
        ("p99<300ms", latency(Part::Response, 99.0), Relation::Below, 300.0, None),
        ("p50 <= 250us", latency(Part::Response, 50.0), Relation::AtMost, 0.25, None),
        ("p99.99<1.5s", latency(Part::Response, 99.99), Relation::Below, 1_500.0, None),
        ("slip.p99<1ms", latency(Part::Slip, 99.0), Relation::Below, 1.0, None),
        ("wait.p99<1m", latency(Part::Wait, 99.0), Relation::Below, 60_000.0, None),
        (
            "service.mean<5µs",
            Metric::Latency(Part::Service, Of::Mean),
            Relation::Below,
            0.005,
            None,
        ),
        (
            "response.max<1s",
            Metric::Latency(Part::Response, Of::Max),
            Relation::Below,
            1_000.0,
            None,
        ),
        ("error_rate<1%", Metric::ErrorRate, Relation::Below, 0.01, None),
        ("error_rate<=0", Metric::ErrorRate, Relation::AtMost, 0.0, None),
        ("error_rate<0.01 abort", Metric::ErrorRate, Relation::Below, 0.01, Some(0.0)),
        ("rps>=5000", Metric::Rps, Relation::AtLeast, 5_000.0, None),
        (" rps > 5k  abort  10s ", Metric::Rps, Relation::Above, 5_000.0, Some(10_000.0)),
    ];
    for (text, metric, relation, limit, abort) in cases {
        assert_eq!(read(text), (metric, relation, limit, abort), "{text}");
    }
}

#[test]
fn what_is_no_objective_is_refused_with_what_is_wrong() {
    use BadSlo::{Ending, Limit, Metric, Relation, Time};
    type Bad = fn(String) -> BadSlo;
    let cases: [(&str, Bad, &str); 16] = [
        ("p99", Relation, "p99"),
        ("", Relation, ""),
        ("p99=300ms", Relation, "p99=300ms"),
        ("p0<1ms", Metric, "p0"),
        ("p100<1ms", Metric, "p100"),
        ("p-1<1ms", Metric, "p-1"),
        ("pinf<1ms", Metric, "pinf"),
        ("latency<1ms", Metric, "latency"),
        ("slip.rps<1ms", Metric, "slip.rps"),
        ("p99<300", Time, "300"),
        ("p99<-1ms", Time, "-1ms"),
        ("p99<", Time, ""),
        ("error_rate<101%", Limit, "101%"),
        ("rps>many", Limit, "many"),
        ("p99<1ms stop", Ending, "stop"),
        ("p99<1ms abort soon", Time, "soon"),
    ];
    for (text, error, wrong) in cases {
        assert_eq!(parse(text).unwrap_err(), error(wrong.to_owned()), "{text}");
    }
}

#[test]
fn at_the_limit_below_fails_and_at_most_passes() {
    let figures = Figures { rps: Some(5_000.0), ..Figures::default() };
    let passed = |text| parse(text).unwrap().judge(&figures).passed;
    assert_eq!(
        ["rps<5000", "rps<=5000", "rps>5000", "rps>=5000"].map(passed),
        [false, true, false, true]
    );
}

#[test]
fn no_data_is_a_failure_and_says_so() {
    let empty = latencies();
    let figures = Figures { response: Some(&empty), rps: Some(f64::NAN), ..Figures::default() };
    for text in
        ["p99<300ms", "max<1s", "mean<1s", "slip.p99<1ms", "error_rate<1%", "rps<1", "rps>1"]
    {
        let judged = parse(text).unwrap().judge(&figures);
        assert!(!judged.passed && judged.measured.is_none() && judged.margin.is_none(), "{text}");
        assert_eq!(judged.to_string(), format!("FAIL {text}: no data"));
    }
}

#[test]
fn each_part_is_judged_by_its_own_histogram_and_the_margin_is_told() {
    let mut parts = [latencies(), latencies(), latencies(), latencies()];
    for (part, micros) in parts.iter_mut().zip([400_000, 100, 2_000, 300_000]) {
        part.record(micros).unwrap();
    }
    let [response, slip, wait, service] = &parts;
    let figures = Figures {
        response: Some(response),
        slip: Some(slip),
        wait: Some(wait),
        service: Some(service),
        error_rate: Some(0.02),
        rps: Some(100.0),
    };
    let told = |text| parse(text).unwrap().judge(&figures).to_string();
    assert_eq!(told("slip.p99<1ms"), "pass slip.p99<1ms: 0.100 ms, 90 % to spare");
    assert_eq!(told("wait.max<1ms"), "FAIL wait.max<1ms: 2.000 ms, 100 % beyond the limit");
    assert_eq!(told("error_rate<1%"), "FAIL error_rate<1%: 2.000 %, 100 % beyond the limit");
    assert_eq!(told("error_rate<=0%"), "FAIL error_rate<=0%: 2.000 %");
    assert_eq!(told("rps>=80"), "pass rps>=80: 100.0/s, 25 % to spare");
    let is = |text, ms: f64| {
        let measured = parse(text).unwrap().judge(&figures).measured.unwrap();
        assert!((measured / ms - 1.0).abs() < 0.002, "{text}: {measured}");
    };
    is("p50<1s", 400.0);
    is("service.mean<1s", 300.0);
}

#[test]
fn a_judgement_is_saved_and_read_again() {
    let judged = parse("p99<300ms abort 1s").unwrap().judge(&Figures::default());
    let saved = serde_json::to_string(&judged).unwrap();
    assert_eq!(serde_json::from_str::<Judged>(&saved).unwrap(), judged);
}
