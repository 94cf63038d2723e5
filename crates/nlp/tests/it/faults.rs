//! Each fault, as a client sees it.

use std::time::{Duration, Instant};

use http_body_util::BodyExt as _;
use nlp::{Analysis, Faults};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::world::*;

/// Longer than anything here takes, if nothing hinders it.
const LONG_MS: f64 = 60_000.0;

const LATENCIES: &str = "hubbub_nlp_drawn_latency_seconds_count";

fn slow() -> Value {
    json!({ "distribution": "fixed", "ms": LONG_MS })
}

async fn code_of(service: &Running) -> (u16, Value) {
    let answer = service.analyze(HELLO).await;
    (answer.status, answer.json()["code"].clone())
}

#[tokio::test]
async fn what_is_set_is_in_force_and_what_makes_no_sense_changes_nothing() {
    let service = Running::start(options()).await;
    let before: Faults = serde_json::from_value(service.get("/v1/faults").await.json()).unwrap();
    assert_eq!(before, options().faults);
    service.set(json!({ "fail_fast_share": 1.0, "latency": slow() })).await;
    assert_eq!(code_of(&service).await, (500, json!("injected_failure")));
    for (wrong, names) in [
        (r#"{"fail_fast_share": 2}"#, "fail_fast_share"),
        (r#"{"drip": {"share": 0.6}, "reset_share": 0.6}"#, "add up to 1.2"),
        (r#"{"failfast": 1}"#, "failfast"),
        ("", "EOF"),
    ] {
        let answer = ask(service.address, "PUT", "/v1/faults", wrong).await;
        let problem = answer.json();
        assert_eq!((answer.status, &problem["code"]), (400, &json!("bad_faults")), "{wrong}");
        assert!(problem["detail"].as_str().unwrap().contains(names), "{problem}");
    }
    assert_eq!(service.get("/v1/faults").await.json()["fail_fast_share"], 1.0);
    service.set(json!({})).await;
    assert_eq!(service.analyze(HELLO).await.status, 200);
    service.stop().await;
}

#[tokio::test]
async fn a_fast_failure_does_not_take_the_latency_and_a_slow_one_does() {
    let service = Running::start(options()).await;
    service.set(json!({ "fail_fast_share": 1.0, "latency": slow() })).await;
    assert_eq!(code_of(&service).await, (500, json!("injected_failure")));
    assert_eq!(service.counted(LATENCIES).await, 0, "it waited for nothing");
    let latency = json!({ "distribution": "fixed", "ms": 100.0 });
    service.set(json!({ "fail_slow_share": 1.0, "latency": latency })).await;
    let begun = Instant::now();
    assert_eq!(code_of(&service).await, (500, json!("injected_failure")));
    assert!(begun.elapsed() >= Duration::from_millis(100));
    assert_eq!((service.faulted("fail_fast").await, service.faulted("fail_slow").await), (1, 1));
    service.stop().await;
}

#[tokio::test]
async fn too_many_says_when_to_come_back() {
    let service = Running::start(options()).await;
    let too_many = json!({ "share": 1.0, "retry_after_ms": 1_500 });
    service.set(json!({ "too_many": too_many, "latency": slow() })).await;
    let answer = service.analyze(HELLO).await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("2")));
    assert_eq!(answer.header("retry-after-ms"), Some("1500"));
    assert_eq!(answer.json()["retry"], "after");
    assert_eq!(answer.header("x-ratelimit-limit-requests"), None, "there is no limit");
    assert_eq!((service.faulted("too_many").await, service.counted(LATENCIES).await), (1, 0));
    service.stop().await;
}

#[tokio::test]
async fn a_limit_is_told_with_each_answer_and_above_it_is_too_many() {
    let service = Running::start(options()).await;
    service.set(json!({ "too_many": { "per_s": 2, "retry_after_ms": 0 } })).await;
    let first = service.analyze(HELLO).await;
    assert_eq!(first.status, 200);
    assert_eq!(first.header("x-ratelimit-limit-requests"), Some("2"));
    assert_eq!(first.header("x-ratelimit-remaining-requests"), Some("1"));
    assert!(first.header("x-ratelimit-reset-requests").unwrap().ends_with("ms"));
    // However slow this machine is, more than two a second come at some time.
    let refused = loop {
        let answer = service.analyze(HELLO).await;
        if answer.status != 200 {
            break answer;
        }
    };
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("0")));
    assert_eq!(refused.header("x-ratelimit-remaining-requests"), Some("0"));
    service.stop().await;
}

#[tokio::test]
async fn one_that_hangs_is_not_answered_and_does_not_hold_up_the_others() {
    let service = Running::start(options()).await;
    service.set(json!({ "hang_share": 1.0 })).await;
    let hung = tokio::spawn(ask(service.address, "POST", "/v1/analyze", HELLO));
    while service.faulted("hang").await == 0 {
        tokio::task::yield_now().await;
    }
    service.set(json!({})).await;
    assert_eq!(service.analyze(HELLO).await.status, 200);
    assert!(!hung.is_finished());
    assert_eq!(service.counted("hubbub_nlp_in_flight").await, 1);
    service.stop().await;
    assert_eq!(hung.await.unwrap().status, 500, "the service ends");
}

#[tokio::test]
async fn one_that_hangs_is_forgotten_when_its_client_goes() {
    let service = Running::start(options()).await;
    service.set(json!({ "hang_share": 1.0 })).await;
    let mut stream = TcpStream::connect(service.address).await.unwrap();
    let sent = written("POST", "/v1/analyze", HELLO, "keep-alive");
    stream.write_all(sent.as_bytes()).await.unwrap();
    let (mut sender, _connection) = service.http2().await;
    let other = tokio::spawn(async move { sender.send_request(request(HELLO)).await });
    while service.counted("hubbub_nlp_in_flight").await < 2 {
        tokio::task::yield_now().await;
    }
    drop(stream);
    other.abort();
    while service.counted("hubbub_nlp_in_flight").await > 0 {
        tokio::task::yield_now().await;
    }
    service.stop().await;
}

#[tokio::test]
async fn a_drip_comes_whole_byte_after_byte() {
    let service = Running::start(options()).await;
    let whole = service.analyze(HELLO).await.body;
    service.set(json!({ "drip": { "share": 1.0, "ms_per_byte": 2 } })).await;
    let (mut sender, _connection) = service.http2().await;
    let begun = Instant::now();
    let mut body = sender.send_request(request(HELLO)).await.unwrap().into_body();
    let mut came = Vec::new();
    while let Some(frame) = body.frame().await {
        let data = frame.unwrap().into_data().unwrap();
        assert!(data.len() <= 1, "{data:?}");
        came.extend_from_slice(&data);
    }
    assert_eq!(came, whole.as_bytes());
    assert!(begun.elapsed() >= Duration::from_millis(2) * u32::try_from(came.len()).unwrap());
    assert_eq!(service.analyze(HELLO).await.body, whole, "over HTTP/1.1 too");
    assert_eq!(service.faulted("drip").await, 2);
    service.stop().await;
}

#[tokio::test]
async fn a_reset_is_in_the_midst_of_the_body() {
    let service = Running::start(options()).await;
    let whole = service.analyze(HELLO).await.body;
    service.set(json!({ "reset_share": 1.0 })).await;
    let torn = service.analyze(HELLO).await;
    let promised = whole.len().to_string();
    assert_eq!((torn.status, torn.header("content-length")), (200, Some(promised.as_str())));
    assert_eq!(torn.body, whole[..whole.len() / 2]);
    let (mut sender, _connection) = service.http2().await;
    let response = sender.send_request(request(HELLO)).await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.into_body().collect().await.is_err());
    // The connection is as good as before: only the stream was reset.
    service.set(json!({})).await;
    assert_eq!(sender.send_request(request(HELLO)).await.unwrap().status(), 200);
    assert_eq!(service.faulted("reset").await, 2);
    service.stop().await;
}

#[tokio::test]
async fn wrong_json_is_a_200_that_is_no_analysis() {
    let service = Running::start(options()).await;
    service.set(json!({ "wrong_json_share": 1.0 })).await;
    let (mut not_json, mut another) = (0, 0);
    for _ in 0..30 {
        let answer = service.analyze(HELLO).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
        assert!(serde_json::from_str::<Analysis>(&answer.body).is_err(), "{answer:?}");
        match serde_json::from_str::<Value>(&answer.body) {
            Ok(_) => another += 1,
            Err(_) => not_json += 1,
        }
    }
    assert!(not_json > 0 && another > 0, "{not_json} {another}");
    assert_eq!(service.counted("hubbub_nlp_requests_total{outcome=\"broken\"}").await, 30);
    service.stop().await;
}

#[tokio::test]
async fn after_so_many_requests_a_connection_is_told_to_go() {
    let service = Running::start(options()).await;
    service.set(json!({ "goaway_every": 3 })).await;
    let (mut sender, connection) = service.http2().await;
    for _ in 0..3 {
        sender.ready().await.unwrap();
        assert_eq!(sender.send_request(request(HELLO)).await.unwrap().status(), 200);
    }
    connection.await.unwrap().unwrap();
    assert!(sender.ready().await.is_err(), "GOAWAY was seen");

    let mut stream = TcpStream::connect(service.address).await.unwrap();
    let one = written("POST", "/v1/analyze", HELLO, "keep-alive");
    stream.write_all(one.repeat(3).as_bytes()).await.unwrap();
    let mut answers = String::new();
    stream.read_to_string(&mut answers).await.unwrap();
    assert_eq!(answers.matches("HTTP/1.1 200").count(), 3, "and then it is closed: {answers}");
    assert_eq!(service.faulted("goaway").await, 2);
    service.stop().await;
}

#[tokio::test]
async fn in_a_stall_nothing_is_answered_and_then_all_is() {
    const STALL: Duration = Duration::from_millis(300);
    let service = Running::start(options()).await;
    let begun = Instant::now();
    service.set(json!({ "stall": { "for_ms": 300 } })).await;
    let (one, other) = tokio::join!(service.analyze(HELLO), service.analyze(HELLO));
    assert!(begun.elapsed() >= STALL, "{:?}", begun.elapsed());
    assert_eq!((one.status, other.status), (200, 200));
    assert_eq!(service.faulted("stall").await, 2);
    assert_eq!(service.analyze(HELLO).await.status, 200);
    assert_eq!(service.faulted("stall").await, 2);
    service.stop().await;
}

#[tokio::test]
async fn a_stall_holds_what_was_under_way() {
    let service = Running::start(options()).await;
    let latency = json!({ "distribution": "fixed", "ms": 50.0 });
    service.set(json!({ "latency": latency })).await;
    let begun = Instant::now();
    let under_way = tokio::spawn(ask(service.address, "POST", "/v1/analyze", HELLO));
    while service.counted("hubbub_nlp_in_flight").await == 0 && !under_way.is_finished() {
        tokio::task::yield_now().await;
    }
    let set = Instant::now();
    service.set(json!({ "stall": { "for_ms": 400 } })).await;
    assert_eq!(under_way.await.unwrap().status, 200);
    // On a machine so slow that it was answered before, there was nothing to hold.
    if service.faulted("stall").await > 0 {
        assert!(set.elapsed() >= Duration::from_millis(400), "{:?}", set.elapsed());
    }
    assert!(begun.elapsed() >= Duration::from_millis(50));
    service.stop().await;
}

#[tokio::test]
async fn in_an_outage_everything_is_503_at_once() {
    let service = Running::start(options()).await;
    let outages = json!([{ "from_ms": 0, "for_ms": 86_400_000 }]);
    service.set(json!({ "outages": outages, "latency": slow() })).await;
    assert_eq!(code_of(&service).await, (503, json!("outage")));
    assert_eq!(service.counted(LATENCIES).await, 0, "it waited for nothing");
    assert_eq!(service.get("/healthz").await.status, 200);
    let outages = json!([{ "from_ms": 86_400_000, "for_ms": 1 }]);
    service.set(json!({ "outages": outages })).await;
    assert_eq!(service.analyze(HELLO).await.status, 200);
    assert_eq!(service.faulted("outage").await, 1);
    service.stop().await;
}

#[tokio::test]
async fn of_four_endpoints_one_may_be_bad() {
    let mut statuses = Vec::new();
    for share in [0.0, 0.0, 1.0, 0.0] {
        let service = Running::start(options()).await;
        service.set(json!({ "fail_fast_share": share })).await;
        statuses.push(service.analyze(HELLO).await.status);
        service.stop().await;
    }
    assert_eq!(statuses, [200, 200, 500, 200]);
}

#[tokio::test]
async fn some_texts_of_many_fail_and_the_others_do_not() {
    let service = Running::start(options()).await;
    let faults = json!({ "item_fail_share": 0.5 });
    let asked = json!({ "texts": vec!["hello"; 64] }).to_string();
    service.set(faults.clone()).await;
    let answer = service.analyze(&asked).await;
    assert_eq!(answer.status, 200);
    let results = answer.json()["results"].as_array().unwrap().clone();
    let failed: Vec<&Value> = results.iter().filter(|result| result["status"] == 500).collect();
    let fine = results.iter().filter(|result| result["language"].is_string()).count();
    assert_eq!(failed.len() + fine, 64);
    assert!((10..=54).contains(&fine), "{fine} of 64");
    assert!(failed.iter().all(|item| item["code"] == "injected_failure" && item["retry"] == "now"));
    assert_eq!(service.faulted("item").await, u64::try_from(failed.len()).unwrap());
    // The dice begin anew.
    service.set(faults).await;
    assert_eq!(service.analyze(&asked).await.body, answer.body);
    assert_eq!(service.analyze(HELLO).await.status, 200, "one text is no item");
    service.stop().await;
}
