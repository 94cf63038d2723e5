//! A server that a test plays by hand, a tap that writes down what it saw, a client with little patience.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use client::{Backoff, Client, Event, Gateway, Handle, Options, Tap, open};
use futures_util::{SinkExt, StreamExt};
use model::{Body, ConversationId, Epoch, InstanceId, Seq, Wall};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};
use wire::{Command, Frame, Post, decode_command};

/// Longer than anything here should take.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) async fn soon<F: Future>(what: &str, future: F) -> F::Output {
    tokio::time::timeout(PATIENCE, future).await.unwrap_or_else(|_| panic!("no {what} came"))
}

pub(crate) fn tea() -> ConversationId {
    "tea".parse().unwrap()
}

pub(crate) fn body(text: &str) -> Body {
    Body::new(text).unwrap()
}

pub(crate) struct Server {
    listener: TcpListener,
}

/// The server's end of a connection.
pub(crate) struct Connection {
    stream: WebSocketStream<TcpStream>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self { listener: TcpListener::bind("127.0.0.1:0").await.unwrap() }
    }

    pub(crate) fn gateway(&self) -> Gateway {
        Gateway::at(self.listener.local_addr().unwrap()).unwrap()
    }

    pub(crate) async fn accept(&self) -> Connection {
        let (stream, _) = soon("connection", self.listener.accept()).await.unwrap();
        #[expect(clippy::result_large_err, reason = "the callback's type is not ours")]
        let agree =
            |request: &Request, mut response: Response| -> Result<Response, ErrorResponse> {
                assert_eq!(request.uri().path(), wire::PATH);
                let name = "sec-websocket-protocol";
                let protocol = request.headers()[name].clone();
                assert_eq!(protocol, wire::Encoding::Json.subprotocol());
                response.headers_mut().insert(name, protocol);
                Ok(response)
            };
        let stream = soon("handshake", accept_hdr_async(stream, agree)).await.unwrap();
        Connection { stream }
    }

    /// Answers the next try with this status instead of an upgrade.
    pub(crate) async fn refuse(&self, status: &str, headers: &str) {
        let (mut stream, _) = soon("connection", self.listener.accept()).await.unwrap();
        let mut asked = Vec::new();
        while !asked.ends_with(b"\r\n\r\n") {
            assert!(soon("request", stream.read_buf(&mut asked)).await.unwrap() > 0);
        }
        let answer = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: 0\r\n\r\n");
        stream.write_all(answer.as_bytes()).await.unwrap();
    }

    /// A connection that was greeted and welcomed.
    pub(crate) async fn welcome(&self) -> Connection {
        let mut connection = self.accept().await;
        let hello = connection.command().await;
        assert!(matches!(hello, Command::Hello { .. }), "{hello:?}");
        connection
            .say(&Frame::Welcome { reference: None, heartbeat_ms: 10_000, expires_at: None })
            .await;
        connection
    }
}

impl Connection {
    /// What comes next; `None` = it is gone.
    pub(crate) async fn next(&mut self) -> Option<Message> {
        soon("frame", self.stream.next()).await?.ok()
    }

    pub(crate) async fn command(&mut self) -> Command {
        match self.next().await {
            Some(Message::Text(text)) => decode_command(&text).unwrap(),
            other => panic!("{other:?} is no command"),
        }
    }

    pub(crate) async fn post(&mut self) -> Post {
        let command = self.command().await;
        let Command::Send { post, .. } = command else { panic!("{command:?}") };
        post
    }

    pub(crate) async fn say(&mut self, frame: &Frame) {
        self.text(&frame.encode()).await;
    }

    pub(crate) async fn text(&mut self, text: &str) {
        self.stream.send(Message::text(text)).await.unwrap();
    }

    pub(crate) async fn binary(&mut self) {
        self.stream.send(Message::binary(vec![1, 2, 3])).await.unwrap();
    }

    pub(crate) async fn close(mut self, code: u16, reason: &str) {
        let frame = CloseFrame { code: code.into(), reason: reason.into() };
        self.stream.close(Some(frame)).await.unwrap();
        while self.next().await.is_some() {}
    }

    pub(crate) async fn sent(&mut self, post: &Post, seq: u64, duplicate: bool) {
        self.say(&Frame::Sent {
            reference: None,
            id: post.id,
            conversation: post.conversation.clone(),
            epoch: Epoch(1),
            seq: Seq(seq),
            received_at: Wall(0),
            duplicate,
        })
        .await;
    }

    /// A message of a post, at its place.
    pub(crate) async fn message(&mut self, post: &Post, seq: u64) {
        let draft = post.clone().into_draft("ann".parse().unwrap());
        let message = model::Message {
            conversation: draft.conversation,
            seq: Seq(seq),
            ordinal: model::Ordinal(seq),
            sender: draft.sender,
            id: draft.id,
            content: draft.content,
            lamport: draft.lamport,
            seen_seq: draft.seen_seq,
            sent_at: draft.sent_at,
            received_at: Wall(0),
        };
        self.say(&Frame::Message { epoch: Epoch(1), message }).await;
    }
}

/// What a tap saw, one line each.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    fn push(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }
}

fn kind(frame: &str) -> String {
    let frame = frame.strip_prefix(r#"{"type":""#).unwrap_or(frame);
    frame.split('"').next().unwrap_or_default().to_owned()
}

impl Tap for Seen {
    fn opened(&mut self, connection: u64, _via: &str) {
        self.push(format!("{connection} open"));
    }
    fn outgoing(&mut self, connection: u64, frame: &str) {
        self.push(format!("{connection} out {}", kind(frame)));
    }
    fn incoming(&mut self, connection: u64, frame: &str) {
        self.push(format!("{connection} in {}", kind(frame)));
    }
    fn closed(&mut self, connection: u64, why: &str) {
        self.push(format!("{connection} close {why}"));
    }
}

pub(crate) struct User {
    pub(crate) handle: Handle,
    pub(crate) events: mpsc::Receiver<Event>,
    pub(crate) seen: Seen,
    pub(crate) running: JoinHandle<Seen>,
}

pub(crate) fn options(gateways: Vec<Gateway>) -> Options {
    let (user, device) = ("ann".parse().unwrap(), "phone".parse().unwrap());
    let session = session::Options::new(user, device, InstanceId(1), 7);
    let backoff =
        Backoff { steps: vec![], ceiling: Duration::from_millis(10), ..Backoff::default() };
    let backoff = Backoff { ceiling_spread: Duration::from_millis(10), ..backoff };
    Options::new(session::Options { backoff, ..session }, gateways)
}

impl User {
    pub(crate) fn start(options: Options) -> Self {
        let seen = Seen::default();
        let (client, handle, events): (Client<Seen>, _, _) = open(options, seen.clone());
        Self { handle, events, seen, running: tokio::spawn(client.run()) }
    }

    pub(crate) async fn event(&mut self) -> Event {
        soon("event", self.events.recv()).await.expect("the client runs")
    }

    /// The next event that is no news of the connection.
    pub(crate) async fn news(&mut self) -> Event {
        loop {
            let event = self.event().await;
            if !matches!(event, Event::Welcomed { .. } | Event::Disconnected { .. }) {
                return event;
            }
        }
    }

    /// It stops: what the tap saw.
    pub(crate) async fn ended(self) -> Vec<String> {
        soon("end", self.running).await.unwrap().lines()
    }
}
