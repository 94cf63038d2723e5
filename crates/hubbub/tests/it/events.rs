//! A conversation as server-sent events: whoever comes back with the last id it saw misses nothing and
//! sees nothing twice.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::house::{House, PATIENCE, SMALL, address};
use crate::http::request;

/// A ring so small that what is not new comes from pages.
const NARROW: &str = "--ring-bytes 4096";

/// One event.
#[derive(Debug)]
struct Event {
    id: Option<String>,
    kind: String,
    data: Value,
}

/// One who follows a conversation.
struct Follower {
    socket: BufReader<TcpStream>,
    text: String,
}

impl Follower {
    async fn begin(at: SocketAddr, query: &str, last: Option<&str>) -> Self {
        let mut socket = BufReader::new(TcpStream::connect(at).await.unwrap());
        let last = last.map(|id| format!("Last-Event-ID: {id}\r\n")).unwrap_or_default();
        let line =
            format!("GET /v1/conversations/tea/events{query} HTTP/1.1\r\nHost: {at}\r\n{last}\r\n");
        socket.write_all(line.as_bytes()).await.unwrap();
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(socket.read_line(&mut head).await.unwrap() > 0, "{head}");
        }
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
        assert!(head.contains("text/event-stream"), "{head}");
        Self { socket, text: String::new() }
    }

    /// The next event, and nothing for comments.
    async fn next(&mut self) -> Event {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let event = event.to_owned();
                self.text = rest.to_owned();
                let field = |name: &str| {
                    let line = event.lines().find_map(|line| line.strip_prefix(name));
                    line.map(|value| value.trim_start().to_owned())
                };
                if let (Some(kind), Some(data)) = (field("event:"), field("data:")) {
                    let data = serde_json::from_str(&data).expect("JSON");
                    return Event { id: field("id:"), kind, data };
                }
                continue;
            }
            let chunk = timeout(PATIENCE, self.chunk()).await.expect("an event comes");
            self.text += &chunk;
        }
    }

    async fn chunk(&mut self) -> String {
        let mut size = String::new();
        self.socket.read_line(&mut size).await.unwrap();
        let size = usize::from_str_radix(size.trim(), 16).unwrap_or_else(|_| panic!("{size:?}"));
        let mut bytes = vec![0; size + 2];
        self.socket.read_exact(&mut bytes).await.unwrap();
        String::from_utf8(bytes[..size].to_vec()).unwrap()
    }

    /// What stands in `subscribed`: recovered, next.
    async fn begun(&mut self) -> (bool, u64) {
        let event = self.next().await;
        assert_eq!((event.kind.as_str(), event.id), ("subscribed", None), "{}", event.data);
        (event.data["recovered"].as_bool().unwrap(), event.data["next"].as_u64().unwrap())
    }

    /// The next message: its number, which is that of its id.
    async fn message(&mut self) -> (String, u64) {
        let event = self.next().await;
        assert_eq!(event.kind, "message", "{}", event.data);
        let (epoch, seq) = (event.data["epoch"].as_u64(), event.data["seq"].as_u64().unwrap());
        assert_eq!(event.id, Some(format!("{}-{seq}", epoch.unwrap())));
        (event.id.unwrap(), seq)
    }
}

/// Says so many.
async fn say(at: SocketAddr, count: u64) {
    for n in 0..count {
        let body = format!(r#"{{"body":"{n} {}"}}"#, "x".repeat(500));
        let answer = request(at, "POST /v1/conversations/tea/messages", &[], &body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}

#[tokio::test]
async fn from_every_last_id_it_goes_on_with_the_next() {
    const MESSAGES: u64 = 20;
    let folder = tempfile::tempdir().unwrap();
    let house = House::serve(folder.path(), address(), &format!("{SMALL} {NARROW}")).await;
    let at = house.at();
    say(at, MESSAGES).await;
    let mut all = Follower::begin(at, "?from=start", None).await;
    assert_eq!(all.begun().await, (true, 1));
    let mut ids = vec![];
    for expected in 1..=MESSAGES {
        let (id, seq) = all.message().await;
        assert_eq!(seq, expected);
        ids.push(id);
    }
    let mut back = Vec::new();
    for (at_id, id) in ids.iter().enumerate() {
        // What the id says counts more than what the address says.
        let mut follower = Follower::begin(at, "?from=start", Some(id)).await;
        let next = at_id as u64 + 2;
        assert_eq!(follower.begun().await, (true, next), "{id}");
        for expected in next..=MESSAGES {
            assert_eq!(follower.message().await.1, expected, "after {id}");
        }
        back.push(follower);
    }
    say(at, 1).await;
    for follower in back.iter_mut().chain([&mut all]) {
        assert_eq!(follower.message().await.1, MESSAGES + 1, "and then live");
    }
}

#[tokio::test]
async fn where_it_begins_without_an_id_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::serve(folder.path(), address(), SMALL).await;
    let at = house.at();
    say(at, 5).await;
    for (query, next) in
        [("", 6), ("?last=0", 6), ("?last=2", 4), ("?last=99", 1), ("?from=start", 1)]
    {
        let mut follower = Follower::begin(at, query, None).await;
        assert_eq!(follower.begun().await, (true, next), "{query}");
    }
}

#[tokio::test]
async fn an_id_outside_of_history_is_said_to_be_and_one_that_is_none_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::serve(folder.path(), address(), SMALL).await;
    let at = house.at();
    say(at, 3).await;
    let mut all = Follower::begin(at, "?from=start", None).await;
    all.begun().await;
    let (first, _) = all.message().await;
    let epoch: u64 = first.split_once('-').unwrap().0.parse().unwrap();
    // Before the first, and at the last, are within it.
    for (seq, next) in [(0, 1), (3, 4)] {
        let mut follower = Follower::begin(at, "", Some(&format!("{epoch}-{seq}"))).await;
        assert_eq!(follower.begun().await, (true, next));
    }
    for outside in [format!("{epoch}-4"), format!("{}-1", epoch + 1)] {
        let mut follower = Follower::begin(at, "", Some(&outside)).await;
        let (recovered, next) = follower.begun().await;
        assert!(!recovered, "{outside}");
        assert_eq!(next, 1, "{outside}: from the first that is available");
        assert_eq!(follower.message().await.1, 1);
    }
    for none in ["nonsense", "1", "1-", "-1", "a-b", "1-2-3", "99999999999999999999-1"] {
        let header = format!("Last-Event-ID: {none}");
        let refused = request(at, "GET /v1/conversations/tea/events", &[&header], "").await;
        assert_eq!((refused.status, refused.code().as_str()), (400, "bad_frame"), "{none}");
    }
    for query in ["?last=x", "?last=-1", "?from=nonsense"] {
        let refused =
            request(at, &format!("GET /v1/conversations/tea/events{query}"), &[], "").await;
        assert_eq!((refused.status, refused.code().as_str()), (400, "bad_frame"), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_comes_back_again_and_again_while_they_talk_misses_nothing() {
    const MESSAGES: u64 = 200;
    let folder = tempfile::tempdir().unwrap();
    let house = House::serve(folder.path(), address(), &format!("{SMALL} {NARROW}")).await;
    let at = house.at();
    let talking = tokio::spawn(say(at, MESSAGES));
    let mut follower = Follower::begin(at, "?from=start", None).await;
    let mut last = None;
    for expected in 1..=MESSAGES {
        if expected % 7 == 0 {
            follower = Follower::begin(at, "", last.as_deref()).await;
        }
        if expected == 1 || expected % 7 == 0 {
            assert_eq!(follower.begun().await, (true, expected));
        }
        let (id, seq) = follower.message().await;
        assert_eq!(seq, expected);
        last = Some(id);
    }
    talking.await.unwrap();
}
