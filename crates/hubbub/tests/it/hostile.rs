//! Slow and endless clients: they are closed in time, cost little, and nobody else notices.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};

use crate::bare::{BEGIN, Bare, Form, Heard, TEXT, declared, frame};
use crate::house::{House, PATIENCE, SMALL, address};
use crate::http::{raw, request};

/// Bad connections of each kind.
const OF_EACH_KIND: usize = 200;

/// Bytes that the server may grow by under all of them, 1,200.
const GROWTH_MAX_BYTES: u64 = 64 << 20;

/// Bytes of the head of a request that are taken always, and bytes that never are: between them it
/// depends on how they come.
const HEAD_BYTES: usize = 32 * 1024;
const NO_HEAD_BYTES: usize = 256 * 1024;

/// Bytes of a body that are.
const BODY_MAX_BYTES: usize = 1024 * 1024;

/// How a request never ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// It never says anything.
    Silent,
    /// It says half of the head.
    Half,
    /// It says the head, a byte now and then.
    Drip,
    /// It was answered, and says nothing more.
    Idle,
    /// It has shaken hands and never says hello.
    Shaken,
    /// It promises a frame of the most bytes instead of hello, and sends a little of it.
    Promise,
}

const KINDS: [Kind; 6] =
    [Kind::Silent, Kind::Half, Kind::Drip, Kind::Idle, Kind::Shaken, Kind::Promise];

/// Someone who behaves, and is answered as long as this lives.
struct Witness {
    talking: JoinHandle<usize>,
    enough: tokio::sync::watch::Sender<bool>,
}

impl Witness {
    async fn begin(at: SocketAddr) -> Self {
        let mut bare = Bare::welcomed(at, "wes").await;
        let (enough, asked) = tokio::sync::watch::channel(false);
        let talking = tokio::spawn(async move {
            let mut answers = 0;
            while !*asked.borrow() {
                bare.text(r#"{"type":"ping","ref":1}"#).await;
                assert_eq!(bare.hear().await, Heard::Text(r#"{"type":"pong","ref":1}"#.to_owned()));
                answers += 1;
                sleep(Duration::from_millis(20)).await;
            }
            answers
        });
        Self { talking, enough }
    }

    /// Nobody was in its way.
    async fn end(self) {
        self.enough.send_replace(true);
        let answers = timeout(PATIENCE, self.talking).await.expect("it is answered").unwrap();
        assert!(answers > 0, "nobody answered it");
    }
}

/// One bad connection, until the server ends it.
async fn suffer(at: SocketAddr, kind: Kind) {
    let head = format!("GET /healthz HTTP/1.1\r\nHost: {at}\r\n");
    match kind {
        Kind::Silent => ended(TcpStream::connect(at).await.unwrap()).await,
        Kind::Half => {
            let mut socket = TcpStream::connect(at).await.unwrap();
            socket.write_all(head.as_bytes()).await.unwrap();
            ended(socket).await;
        }
        Kind::Drip => {
            let mut socket = TcpStream::connect(at).await.unwrap();
            for byte in head.bytes().cycle() {
                let mut nothing = [0];
                if socket.write_all(&[byte]).await.is_err() {
                    return;
                }
                if let Ok(read) =
                    timeout(Duration::from_millis(500), socket.read(&mut nothing)).await
                {
                    return assert!(!matches!(read, Ok(1..)), "an answer to half a question");
                }
            }
        }
        Kind::Idle => {
            let mut socket = TcpStream::connect(at).await.unwrap();
            socket.write_all(format!("{head}\r\n").as_bytes()).await.unwrap();
            let mut answer = String::new();
            socket.read_to_string(&mut answer).await.unwrap();
            assert!(answer.ends_with("ok\n"), "{answer}");
        }
        Kind::Shaken => {
            let mut bare = Bare::shaken(at, &[]).await;
            assert_eq!(bare.last().await, Heard::Close(Some(3003)));
        }
        Kind::Promise => {
            let mut bare = Bare::shaken(at, &[]).await;
            bare.write(&declared(TEXT, Form::Eight, wire::FRAME_MAX_BYTES as u64)).await;
            bare.write(b"{").await;
            assert_eq!(bare.last().await, Heard::Close(Some(3003)));
        }
    }
}

/// The server closes without a word.
async fn ended(mut socket: TcpStream) {
    let read = socket.read(&mut [0]).await;
    assert!(!matches!(read, Ok(1..)), "an answer to half a question");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_who_never_finish_are_closed_in_time_cost_little_and_are_in_nobodys_way() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::serve(folder.path(), address(), SMALL).await;
    let witness = Witness::begin(house.at()).await;
    let before = house.resident_bytes();
    let mut suffering = JoinSet::new();
    for _ in 0..OF_EACH_KIND {
        for kind in KINDS {
            let at = house.at();
            suffering.spawn(async move { (kind, timeout(2 * PATIENCE, suffer(at, kind)).await) });
        }
    }
    let mut largest = before;
    let began = Instant::now();
    while let Some(ended) = suffering.join_next().await {
        let (kind, ended) = ended.unwrap();
        assert!(ended.is_ok(), "{kind:?}: still there after {:?}", began.elapsed());
        largest = largest.max(house.resident_bytes());
    }
    let grown = largest.saturating_sub(before);
    assert!(grown < GROWTH_MAX_BYTES, "it grew by {grown} bytes");
    witness.end().await;
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::serve(folder.path(), address(), SMALL).await;
    let at = house.at();
    let witness = Witness::begin(at).await;
    let status = async |text: String| {
        let answer = timeout(PATIENCE, raw(at, &text)).await.expect("an answer");
        let status = answer.split(' ').nth(1).and_then(|status| status.parse::<u16>().ok());
        status.unwrap_or_else(|| panic!("{answer:?}"))
    };
    let close = format!("Host: {at}\r\nConnection: close\r\n\r\n");
    let of_path = |bytes| format!("GET /healthz?{} HTTP/1.1\r\n{close}", "x".repeat(bytes));
    let of_header =
        |bytes| format!("GET /healthz HTTP/1.1\r\nX-Long: {}\r\n{close}", "x".repeat(bytes));
    let of_headers = |count: usize| {
        let headers: String = (0..count).map(|n| format!("X-{n}: 1\r\n")).collect();
        format!("GET /healthz HTTP/1.1\r\n{headers}{close}")
    };
    assert_eq!(status(of_header(HEAD_BYTES - 1024)).await, 200);
    assert_eq!(status(of_header(NO_HEAD_BYTES)).await, 431);
    assert_eq!(status(of_path(HEAD_BYTES - 1024)).await, 200);
    assert_eq!(status(of_path(NO_HEAD_BYTES)).await, 431);
    assert_eq!(status(of_headers(98)).await, 200, "a hundred, with two of our own");
    assert_eq!(status(of_headers(99)).await, 431);
    assert_eq!(status("nonsense\r\n\r\n".to_owned()).await, 400);
    assert_eq!(status(format!("GET /healthz HTTP/2.5\r\n{close}")).await, 400);
    witness.end().await;
}

#[tokio::test]
async fn a_body_of_a_mebibyte_is_read_and_a_larger_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::serve(folder.path(), address(), SMALL).await;
    let at = house.at();
    let body = |bytes: usize| {
        let (head, tail) = (r#"[{"type":"list","limit":1,"x":""#, r#""}]"#);
        format!("{head}{}{tail}", "x".repeat(bytes - head.len() - tail.len()))
    };
    let most = request(at, "POST /v1/commands", &[], &body(BODY_MAX_BYTES)).await;
    assert_eq!(most.status, 200, "{most:?}");
    assert_eq!(most.json()[0]["type"], "conversations");
    let more = body(BODY_MAX_BYTES + 1);
    let chunks: String = more.as_bytes().chunks(60_000).fold(String::new(), |all, chunk| {
        all + &format!("{:x}\r\n{}\r\n", chunk.len(), String::from_utf8_lossy(chunk))
    });
    let head = format!("POST /v1/commands HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n");
    let sized = format!("{head}Content-Length: {}\r\n\r\n{more}", more.len());
    let chunked = format!("{head}Transfer-Encoding: chunked\r\n\r\n{chunks}0\r\n\r\n");
    for text in [sized, chunked] {
        let answer = timeout(PATIENCE, raw(at, &text)).await.expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
        assert!(answer.contains("application/problem+json"), "{answer}");
        assert!(answer.contains(r#""code":"bad_frame""#), "{answer}");
    }
}

/// Fragments without end, none of them whole: a command is at most 64 KiB, however it is cut.
#[tokio::test]
async fn a_message_in_fragments_without_end_is_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::serve(folder.path(), address(), SMALL).await;
    let witness = Witness::begin(house.at()).await;
    let before = house.resident_bytes();
    let mut bare = Bare::welcomed(house.at(), "eve").await;
    bare.write(&frame(BEGIN, &[b' '; 1_000])).await;
    for _ in 0..1_000 {
        bare.write(&frame(crate::bare::MIDDLE, &[b' '; 1_000])).await;
    }
    assert_eq!(bare.last().await, Heard::Close(Some(1009)));
    let grown = house.resident_bytes().saturating_sub(before);
    assert!(grown < GROWTH_MAX_BYTES, "it grew by {grown} bytes");
    witness.end().await;
}
