//! HTTP/2, against hyper's server.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;

use super::measure;
use crate::measure::run::Kind;

/// Answers of a connection, after which it asks to be left.
const ANSWERS: u64 = 100;

#[derive(Default)]
struct Seen {
    requests: AtomicU64,
    connections: AtomicU64,
}

/// Answers each request; the first says 503.
async fn serve() -> (String, Arc<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("it is bound"));
    let seen = Arc::new(Seen::default());
    let for_all = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            for_all.connections.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(connection(TokioIo::new(stream), Arc::clone(&for_all)));
        }
    });
    (url, seen)
}

async fn connection(stream: TokioIo<tokio::net::TcpStream>, seen: Arc<Seen>) {
    let answered = Arc::new(AtomicU64::new(0));
    let of_all = Arc::clone(&answered);
    let service = service_fn(move |_: Request<Incoming>| {
        let is_first = seen.requests.fetch_add(1, Ordering::SeqCst) == 0;
        of_all.fetch_add(1, Ordering::SeqCst);
        let mut response = Response::new(if is_first { "busy" } else { "fine" }.to_owned());
        if is_first {
            *response.status_mut() = http::StatusCode::SERVICE_UNAVAILABLE;
        }
        async { Ok::<_, Infallible>(response) }
    });
    let served = http2::Builder::new(TokioExecutor::new()).serve_connection(stream, service);
    let mut served = std::pin::pin!(served);
    let enough = async {
        while answered.load(Ordering::SeqCst) < ANSWERS {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        // A client that goes away is none of this server's business.
        _ = &mut served => return,
        () = enough => served.as_mut().graceful_shutdown(),
    }
    let _ = served.await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_requests_share_a_connection_and_each_is_made_once() {
    let (url, seen) = serve().await;
    let words = "-n 500 -c 2 -t 2 --http2 --streams 10 -b x";
    let run = measure(&url, words).await.expect("it is measured");
    let totals = &run.totals;
    assert_eq!((totals.done + totals.failed, totals.offered), (500, 500), "{totals:?}");
    assert_eq!(totals.by_status.get(&503), Some(&1));
    let refused = totals.first_failures.iter().find(|failure| failure.status == Some(503));
    assert_eq!(refused.expect("it is told").body_start, "busy");
    assert_eq!((run.plan.kind, run.plan.streams), (Kind::Http2, 10));
    let connections = seen.connections.load(Ordering::SeqCst);
    assert!((2..=20).contains(&connections), "shared, and opened again when left: {connections}");
    assert_eq!(totals.connects, connections);
}
