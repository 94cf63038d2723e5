//! The way of single messages, as a collector of traces sees it.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;
use wire::{Frame, SubscribeFrom};

use crate::house::{House, PATIENCE, SMALL, address};
use crate::http::request;
use crate::line::Line;
use crate::user::{User, name};

/// One that takes what is sent to it.
struct Collector {
    address: SocketAddr,
    spans: Arc<Mutex<Vec<Value>>>,
}

impl Collector {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let spans = Arc::new(Mutex::new(Vec::new()));
        let taken = Arc::clone(&spans);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(take(socket, Arc::clone(&taken)));
            }
        });
        Self { address, spans }
    }

    /// The spans, once each of these names is there so often.
    async fn until(&self, wanted: &[(&str, usize)]) -> Vec<Value> {
        let until = Instant::now() + PATIENCE;
        loop {
            let spans = self.spans.lock().unwrap().clone();
            let many = |name: &str| spans.iter().filter(|span| span["name"] == name).count();
            if wanted.iter().all(|(name, count)| many(name) >= *count) {
                return spans;
            }
            assert!(Instant::now() < until, "not all came: {spans:#?}");
            sleep(Duration::from_millis(10)).await;
        }
    }
}

/// Requests of one connection, as OTLP over HTTP has them.
async fn take(socket: TcpStream, taken: Arc<Mutex<Vec<Value>>>) {
    let mut socket = BufReader::new(socket);
    loop {
        let (mut head, mut line) = (String::new(), String::new());
        while socket.read_line(&mut line).await.unwrap() > 2 {
            head += &std::mem::take(&mut line).to_ascii_lowercase();
        }
        if head.is_empty() {
            return;
        }
        assert!(head.starts_with("post /v1/traces http/1.1"), "{head}");
        assert!(head.contains("content-type: application/json"), "{head}");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.expect("a length").parse().unwrap()];
        socket.read_exact(&mut body).await.unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        let resource = &body["resourceSpans"][0]["resource"]["attributes"][0];
        assert_eq!(resource["value"]["stringValue"], "hubbub", "{resource}");
        let spans = &body["resourceSpans"][0]["scopeSpans"][0]["spans"];
        taken.lock().unwrap().extend(spans.as_array().unwrap().iter().cloned());
        let answer =
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
        socket.get_mut().write_all(answer.as_bytes()).await.unwrap();
    }
}

fn time(span: &Value, which: &str) -> u64 {
    span[which].as_str().expect("a number as text").parse().unwrap()
}

/// The steps of a message that someone follows, through a process or two.
const WAY: [(&str, usize); 6] = [
    ("message", 1),
    ("hub sequence", 1),
    ("journal sync", 1),
    ("hub acknowledge", 1),
    ("hub fan out", 1),
    ("view", 2),
];

/// All of one trace, each step under the message, and in this order.
fn is_a_way(spans: &[Value]) {
    let one = |name: &str| spans.iter().find(|span| span["name"] == name).unwrap();
    let message = one("message");
    assert_eq!(message["kind"], 2, "it answers someone: {message}");
    for span in spans {
        assert_eq!(span["traceId"], message["traceId"]);
        assert!(time(span, "startTimeUnixNano") <= time(span, "endTimeUnixNano"), "{span}");
        if span["name"] != "message" {
            assert_eq!(span["parentSpanId"], message["spanId"], "{span}");
            assert!(
                time(message, "startTimeUnixNano") <= time(span, "startTimeUnixNano"),
                "{span}"
            );
        }
    }
    let different: BTreeSet<_> = spans.iter().map(|span| span["spanId"].to_string()).collect();
    assert_eq!(different.len(), spans.len(), "each has its own id");
    let (sequence, sync) = (one("hub sequence"), one("journal sync"));
    assert!(time(sequence, "endTimeUnixNano") <= time(sync, "endTimeUnixNano"));
    for after in ["hub acknowledge", "hub fan out", "view"] {
        assert!(time(sync, "endTimeUnixNano") <= time(one(after), "startTimeUnixNano"), "{after}");
    }
    let acknowledged = time(one("hub acknowledge"), "endTimeUnixNano");
    assert!(acknowledged <= time(message, "endTimeUnixNano"));
}

#[tokio::test]
async fn a_request_with_a_sampled_traceparent_is_followed_to_the_views_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let collector = Collector::start().await;
    let line = format!("{SMALL} --otlp-endpoint http://{}", collector.address);
    let house = House::serve(folder.path(), address(), &line).await;
    let tea = name("tea");
    let mut ben = Line::open(house.at(), "ben", 2).await;
    ben.subscribe(&tea, SubscribeFrom::Start).await;
    let Frame::Subscribed { .. } = ben.hear().await else { panic!("not subscribed") };
    let say = async |flags: &str| {
        let parent =
            format!("traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-{flags}");
        let path = "POST /v1/conversations/tea/messages";
        let answer = request(house.at(), path, &[&parent], r#"{"body":"hush"}"#).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    };
    say("00").await;
    let mut ann = User::new("ann", 1, &[house.at()]);
    ann.say(&tea, ["hush".to_owned()]).await;
    say("01").await;
    let spans = collector.until(&WAY).await;
    is_a_way(&spans);
    let message = spans.iter().find(|span| span["name"] == "message").unwrap();
    assert_eq!(message["traceId"], "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(message["parentSpanId"], "b7ad6b7169203331");
    assert!(
        spans.iter().all(|span| !span.to_string().contains("hush")),
        "what was said is nobody's"
    );
    assert!(house.metric("trace_spans_exported_total").await >= 7);
    assert_eq!(house.metric("trace_spans_dropped_total").await, 0);
}

#[tokio::test]
async fn a_message_that_is_understood_is_followed_to_its_row() {
    let folder = tempfile::tempdir().unwrap();
    let collector = Collector::start().await;
    let nlp_at = address();
    let line = format!("nlp --listen {nlp_at} --latency-mean-ms 20");
    let _nlp = House::start(folder.path(), "nlp", &line).await;
    let traces = format!("--otlp-endpoint http://{}", collector.address);
    let line = format!("{SMALL} --nlp http://{nlp_at} {traces}");
    let house = House::serve(folder.path(), address(), &line).await;
    house.able().await;
    let parent = "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let path = "POST /v1/conversations/tea/messages";
    let answer = request(house.at(), path, &[parent], r#"{"body":"hush"}"#).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let steps = ["message", "enrich take", "enrich call", "result sync", "row"];
    let spans = collector.until(&steps.map(|name| (name, 1))).await;
    let one = |name: &str| spans.iter().find(|span| span["name"] == name).unwrap();
    for name in &steps[1..] {
        assert_eq!(one(name)["parentSpanId"], one("message")["spanId"], "{name}");
    }
    for pair in steps[1..].windows(2) {
        let (before, after) = (one(pair[0]), one(pair[1]));
        let follows = time(before, "startTimeUnixNano") <= time(after, "endTimeUnixNano");
        assert!(follows, "{pair:?}: {before} {after}");
    }
    let called = one("enrich call");
    let took = time(called, "endTimeUnixNano") - time(called, "startTimeUnixNano");
    assert!(took > 0, "{called}");
    assert!(called["attributes"].to_string().contains("hubbub.answered"), "{called}");
    assert!(spans.iter().all(|span| !span.to_string().contains("hush")));
}

#[tokio::test]
async fn a_trace_goes_over_the_link() {
    let folder = tempfile::tempdir().unwrap();
    let collector = Collector::start().await;
    let traces = format!("--otlp-endpoint http://{}", collector.address);
    let line = "serve --role owner --data data --link meet.sock --listen 127.0.0.1:0";
    let _owner = House::start(folder.path(), "owner", &format!("{line} {SMALL} {traces}")).await;
    let line = "serve --role gateway --link meet.sock --listen 127.0.0.1:0 --otlp-sample-ratio 1";
    let gateway = House::start(folder.path(), "gateway", &format!("{line} {traces}")).await;
    gateway.able().await;
    let mut ann = Line::open(gateway.at(), "ann", 1).await;
    ann.subscribe(&name("tea"), SubscribeFrom::Start).await;
    let Frame::Subscribed { .. } = ann.hear().await else { panic!("not subscribed") };
    ann.send(1, &name("tea"), "once").await;
    let spans = collector.until(&WAY).await;
    let ids: BTreeSet<_> = spans.iter().map(|span| span["traceId"].to_string()).collect();
    assert_eq!(ids.len(), 1, "one message, one trace");
    let message = spans.iter().find(|span| span["name"] == "message").unwrap();
    assert_eq!(message["parentSpanId"], "", "it begins here");
    assert!(
        spans
            .iter()
            .all(|span| span["name"] == "message" || span["parentSpanId"] == message["spanId"])
    );
}

/// One that is not there, and one that takes connections and never answers.
#[tokio::test]
async fn a_collector_that_does_not_take_spans_changes_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    for collector in [address(), silent.local_addr().unwrap()] {
        let traces = format!("--otlp-endpoint http://{collector} --otlp-sample-ratio 1");
        let mut house = House::serve(folder.path(), address(), &format!("{SMALL} {traces}")).await;
        let mut ann = User::new("ann", u64::from(collector.port()), &[house.at()]);
        let said = ann.say(&name("tea"), (0..1_000).map(|n| n.to_string())).await;
        assert_eq!(said.len(), 1_000);
        house.able().await;
        if collector != silent.local_addr().unwrap() {
            let until = Instant::now() + PATIENCE;
            while house.metric("trace_spans_dropped_total").await == 0 {
                assert!(Instant::now() < until, "what is not taken is dropped, and counted");
                sleep(Duration::from_millis(10)).await;
            }
            assert_eq!(house.metric("trace_spans_exported_total").await, 0);
        }
        house.stop().await;
    }
}
