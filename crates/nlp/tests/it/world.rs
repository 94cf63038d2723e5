//! A service on a free port, the plainest client, and one that speaks HTTP/2.

use std::net::SocketAddr;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use nlp::{Faults, Latency, Options};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub(crate) const HELLO: &str = r#"{"text": "hello"}"#;

/// No latency, no faults.
pub(crate) fn options() -> Options {
    let latency = Latency::Fixed { ms: 0.0 };
    Options {
        listen: ([127, 0, 0, 1], 0).into(),
        streams: 100,
        http1: false,
        faults: Faults { latency, ..Faults::default() },
        models: true,
        model: None,
    }
}

pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    stop: oneshot::Sender<()>,
    done: JoinHandle<()>,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|why| panic!("{why}: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

impl Running {
    pub(crate) async fn start(options: Options) -> Self {
        let service = nlp::bind(&options).await.unwrap();
        let address = service.address();
        let (stop, stopped) = oneshot::channel::<()>();
        let done = tokio::spawn(service.serve(async move { drop(stopped.await) }));
        Self { address, stop, done }
    }

    pub(crate) async fn stop(self) {
        self.stop.send(()).unwrap();
        self.done.await.unwrap();
    }

    pub(crate) async fn analyze(&self, body: &str) -> Answer {
        ask(self.address, "POST", "/v1/analyze", body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        ask(self.address, "GET", path, "").await
    }

    /// No latency unless the faults say one.
    pub(crate) async fn set(&self, mut faults: Value) {
        if faults.get("latency").is_none() {
            faults["latency"] = json!({ "distribution": "fixed", "ms": 0.0 });
        }
        let answer = ask(self.address, "PUT", "/v1/faults", &faults.to_string()).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    /// How often so far.
    pub(crate) async fn counted(&self, metric: &str) -> u64 {
        let metrics = self.get("/metrics").await.body;
        let of = |line: &str| line.strip_prefix(metric)?.trim().parse().ok();
        metrics.lines().find_map(of).unwrap_or_else(|| panic!("{metric} in {metrics}"))
    }

    pub(crate) async fn faulted(&self, kind: &str) -> u64 {
        self.counted(&format!("hubbub_nlp_faults_total{{kind=\"{kind}\"}}")).await
    }

    /// A connection that speaks HTTP/2, and what becomes of it.
    pub(crate) async fn http2(
        &self,
    ) -> (SendRequest<Full<Bytes>>, JoinHandle<Result<(), hyper::Error>>) {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let (sender, connection) =
            http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        (sender, tokio::spawn(connection))
    }
}

pub(crate) fn request(body: &str) -> hyper::Request<Full<Bytes>> {
    let body = Full::new(Bytes::from(body.to_owned()));
    hyper::Request::post("http://nlp/v1/analyze").body(body).unwrap()
}

/// What is sent over HTTP/1.1.
pub(crate) fn written(method: &str, path: &str, body: &str, connection: &str) -> String {
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nHost: nlp\r\nConnection: {connection}\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
}

pub(crate) async fn ask(address: SocketAddr, method: &str, path: &str, body: &str) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // It may answer, and close, before it has read all of too large a body.
    drop(stream.write_all(written(method, path, body, "close").as_bytes()).await);
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer).await);
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{answer:?}"));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_lowercase().replace('\r', ""), body: body.to_owned() }
}
