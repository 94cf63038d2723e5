//! What it answers, what it refuses, how long it takes.

use std::time::{Duration, Instant};

use nlp::{DRAIN_MAX, IN_FLIGHT_MAX, NlpError, Options, TEXT_MAX_BYTES, TEXTS_MAX, analyze};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::world::*;

#[tokio::test]
async fn a_text_is_answered_with_its_language_and_its_sentiment() {
    let service = Running::start(options()).await;
    let text = "I really love this place, it is wonderful to have dinner here!";
    let answer = service.analyze(&json!({ "text": text }).to_string()).await;
    assert_eq!(answer.status, 200);
    assert!(answer.head.contains("content-type: application/json"), "{}", answer.head);
    assert_eq!(answer.json(), serde_json::to_value(analyze(text)).unwrap());
    assert_eq!(answer.json()["language"], "eng");
    assert!(answer.json()["sentiment"].as_f64().unwrap() > 0.5);

    let many = service.analyze(r#"{"texts": ["I hate it", "", "Sehr schön"]}"#).await;
    let results = many.json()["results"].as_array().unwrap().clone();
    assert_eq!(results.len(), 3);
    assert_eq!(results[0]["sentiment"], compound_of("I hate it"));
    let nothing = json!({
        "language": "", "confidence": 0.0, "sentiment": 0.0, "topic": "", "keywords": [],
        "toxicity": 0.0, "urgency": 0.0, "status": 200,
    });
    assert_eq!(results[1], nothing);
    service.stop().await;
}

fn compound_of(text: &str) -> Value {
    json!(lexicon::compound(text))
}

#[tokio::test]
async fn at_its_bounds_a_request_is_answered_and_of_many_texts_one_too_long_is_refused_alone() {
    let service = Running::start(options()).await;
    let edge = json!({ "texts": vec!["a".repeat(TEXT_MAX_BYTES); TEXTS_MAX] });
    let answer = service.analyze(&edge.to_string()).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["results"].as_array().unwrap().len(), TEXTS_MAX);
    let one = json!({ "texts": ["I love it", "a".repeat(TEXT_MAX_BYTES + 1), "I hate it"] });
    let answer = service.analyze(&one.to_string()).await;
    let results = &answer.json()["results"];
    let statuses: Vec<&Value> = (0..3).map(|at| &results[at]["status"]).collect();
    assert_eq!((answer.status, statuses), (200, vec![&json!(200), &json!(413), &json!(200)]));
    assert_eq!(results[1]["code"], "text_too_long");
    assert_eq!(results[2]["sentiment"], compound_of("I hate it"));
    assert_eq!(service.get("/nowhere").await.json()["code"], "no_such_page");
    service.stop().await;
}

#[tokio::test]
async fn an_answer_takes_as_long_as_was_drawn_and_many_wait_at_once() {
    let service = Running::start(options()).await;
    service.set(json!({ "latency": { "distribution": "fixed", "ms": 150.0 } })).await;
    let begun = Instant::now();
    let mut asked = JoinSet::new();
    for _ in 0..20 {
        asked.spawn(ask(service.address, "POST", "/v1/analyze", HELLO));
    }
    for answer in asked.join_all().await {
        assert_eq!(answer.status, 200);
    }
    let took = begun.elapsed();
    assert!(took >= Duration::from_millis(150), "{took:?}");
    assert!(took < Duration::from_millis(150 * 20), "one after the other: {took:?}");
    service.stop().await;
}

#[tokio::test]
async fn those_that_are_drawn_to_fail_fail_and_are_counted() {
    let service = Running::start(options()).await;
    service.set(json!({ "fail_slow_share": 0.5 })).await;
    let mut failed = 0;
    for _ in 0..40 {
        let answer = service.analyze(HELLO).await;
        if answer.status != 200 {
            failed += 1;
            assert_eq!((answer.status, &answer.json()["retry"]), (500, &json!("now")));
        }
    }
    assert!((5..=35).contains(&failed), "{failed} of 40");
    service.analyze("nonsense").await;
    let metrics = service.get("/metrics").await.body;
    for line in [
        format!("hubbub_nlp_requests_total{{outcome=\"ok\"}} {}", 40 - failed),
        format!("hubbub_nlp_requests_total{{outcome=\"failed\"}} {failed}"),
        format!("hubbub_nlp_faults_total{{kind=\"fail_slow\"}} {failed}"),
        "hubbub_nlp_requests_total{outcome=\"refused\"} 1".to_owned(),
        format!("hubbub_nlp_texts_total {}", 40 - failed),
        "hubbub_nlp_drawn_latency_seconds_count 40".to_owned(),
        "hubbub_nlp_in_flight 0".to_owned(),
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line}\n{metrics}");
    }
    service.stop().await;
}

#[tokio::test]
async fn without_models_every_text_has_the_same_answer() {
    let service = Running::start(Options { models: false, ..options() }).await;
    for text in ["I hate it", "ich liebe es"] {
        let answer = service.analyze(&json!({ "text": text }).to_string()).await;
        let same = json!({
            "language": "eng", "confidence": 1.0, "sentiment": 0.0, "topic": "", "keywords": [],
            "toxicity": 0.0, "urgency": 0.0,
        });
        assert_eq!(answer.json(), same);
    }
    assert_eq!(service.get("/healthz").await.body, "ok\n");
    service.stop().await;
}

#[tokio::test]
async fn a_wrong_option_and_a_taken_port_are_told() {
    let wrong = nlp::bind(&Options { streams: 0, ..options() }).await;
    assert!(matches!(wrong, Err(NlpError::Options(_))));
    let model = Some("no-such-folder".into());
    let why = nlp::bind(&Options { model, ..options() }).await.err().unwrap();
    assert!(matches!(why, NlpError::Options(_)), "{why}");
    let todo = if cfg!(feature = "models") { "make setup-models" } else { "--features models" };
    assert!(why.to_string().contains("no-such-folder"), "{why}");
    assert!(why.to_string().contains(todo), "{why}");
    let service = Running::start(options()).await;
    let taken = nlp::bind(&Options { listen: service.address, ..options() }).await.err().unwrap();
    assert!(matches!(taken, NlpError::Listen { .. }));
    assert!(taken.to_string().contains(&service.address.to_string()), "{taken}");
    service.stop().await;
}

#[tokio::test]
async fn at_its_bound_of_requests_in_flight_one_more_is_told_to_come_back() {
    let streams = u32::try_from(IN_FLIGHT_MAX).unwrap();
    let service = Running::start(Options { streams, ..options() }).await;
    service.set(json!({ "hang_share": 1.0 })).await;
    let (sender, _connection) = service.http2().await;
    let mut asked = JoinSet::new();
    for _ in 0..IN_FLIGHT_MAX {
        let mut sender = sender.clone();
        asked.spawn(async move { sender.send_request(request(HELLO)).await.unwrap().status() });
    }
    while service.counted("hubbub_nlp_in_flight").await < u64::from(streams) {
        tokio::task::yield_now().await;
    }
    let busy = service.analyze(HELLO).await;
    assert_eq!((busy.status, busy.header("retry-after")), (503, Some("1")));
    assert_eq!(busy.json()["code"], "busy");
    asked.abort_all();
    while service.counted("hubbub_nlp_in_flight").await > 0 {
        tokio::task::yield_now().await;
    }
    service.set(json!({})).await;
    assert_eq!(service.analyze(HELLO).await.status, 200);
    service.stop().await;
}

#[tokio::test]
async fn what_does_not_end_does_not_keep_the_service_from_ending() {
    let service = Running::start(options()).await;
    service.set(json!({ "drip": { "share": 1.0, "ms_per_byte": 10_000 } })).await;
    let (mut sender, connection) = service.http2().await;
    let response = sender.send_request(request(HELLO)).await.unwrap();
    // Its body would take twenty minutes.
    let begun = Instant::now();
    service.stop().await;
    assert!(begun.elapsed() >= DRAIN_MAX, "it was given its time");
    drop(response);
    drop(connection.await);
}
