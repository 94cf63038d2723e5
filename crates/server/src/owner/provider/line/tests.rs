use axum::http::Response;
use h2::server::{self, SendResponse};
use tokio::io::{DuplexStream, duplex};
use tokio::time::Instant;

use super::*;

type Service = server::Connection<DuplexStream, Bytes>;

/// A line, and the service at its other end.
async fn line() -> (Line, Arc<Use>, Service) {
    let (ours, theirs) = duplex(1 << 20);
    let used = Arc::new(Use::default());
    let (line, service) =
        tokio::join!(Line::over(Box::new(ours), Arc::clone(&used)), server::handshake(theirs));
    (line.unwrap(), used, service.unwrap())
}

async fn ask(line: Line) -> Result<Bytes, Wrong> {
    let at = Uri::from_static("http://nlp.test/v1/analyze");
    line.post(&at, &HeaderMap::new(), Bytes::from_static(b"{}")).await.map(|(_, body)| body)
}

/// Answers with as many bytes, in pieces of so many.
fn answer(mut to: SendResponse<Bytes>, bytes: usize, piece: usize) {
    let mut body = to.send_response(Response::new(()), false).unwrap();
    let mut left = bytes;
    while left > 0 {
        let now = left.min(piece);
        left -= now;
        body.reserve_capacity(now);
        // A stream that was given up takes nothing more.
        if body.send_data(Bytes::from(vec![b'x'; now]), left == 0).is_err() {
            return;
        }
    }
}

/// Serves so that each question is answered with as many bytes.
fn serve(mut service: Service, bytes: usize, piece: usize) {
    tokio::spawn(async move {
        while let Some(Ok((_, to))) = service.accept().await {
            answer(to, bytes, piece);
        }
    });
}

#[tokio::test]
async fn an_answer_may_be_as_long_as_the_bound_and_no_longer_in_whatever_pieces() {
    for piece in [1_000, 16_000] {
        let (line, _, service) = line().await;
        serve(service, ANSWER_MAX_BYTES, piece);
        assert_eq!(ask(line).await.unwrap().len(), ANSWER_MAX_BYTES);
        let (line, _, service) = self::line().await;
        serve(service, ANSWER_MAX_BYTES + 1, piece);
        let why = format!("{:?}", ask(line.clone()).await.unwrap_err());
        assert!(why.contains(&ANSWER_MAX_BYTES.to_string()), "{why}");
        assert!(line.ready().await.is_some(), "the others on the connection go on");
    }
}

#[tokio::test]
async fn a_service_that_goes_away_answers_what_it_has_and_is_asked_no_more() {
    let (line, used, mut service) = line().await;
    let asked = tokio::spawn(ask(line.clone()));
    let (_, to) = service.accept().await.unwrap().unwrap();
    service.graceful_shutdown();
    let gone = tokio::spawn(async move { while service.accept().await.is_some() {} });
    while line.ready().await.is_some() {
        tokio::task::yield_now().await;
    }
    answer(to, 10, 10);
    assert_eq!(asked.await.unwrap().unwrap().len(), 10);
    gone.await.unwrap();
    while !line.is_over.load(Relaxed) {
        tokio::task::yield_now().await;
    }
    assert_eq!(used.streams.load(Relaxed), 0);
}

#[tokio::test(start_paused = true)]
async fn a_line_that_is_silent_while_it_is_asked_is_given_up() {
    let (line, used, service) = line().await;
    used.in_flight.store(1, Relaxed);
    let began = Instant::now();
    // It has the question, and neither answers nor lives.
    assert!(ask(line.clone()).await.is_err());
    assert_eq!(began.elapsed(), PING_EVERY + PING_WITHIN);
    assert!(line.ready().await.is_none());
    drop(service);
}

#[tokio::test(start_paused = true)]
async fn a_line_that_answers_pings_may_take_its_time_and_an_idle_one_is_not_asked() {
    let (line, used, mut service) = line().await;
    used.in_flight.store(1, Relaxed);
    let asked = tokio::spawn(ask(line.clone()));
    let (_, to) = service.accept().await.unwrap().unwrap();
    tokio::spawn(async move { while service.accept().await.is_some() {} });
    sleep(10 * PING_EVERY).await;
    answer(to, 10, 10);
    assert_eq!(asked.await.unwrap().unwrap().len(), 10);

    let (idle, _, service) = self::line().await;
    sleep(10 * PING_EVERY).await;
    assert!(!idle.is_over.load(Relaxed), "nobody waits for it");
    drop(service);
}
