//! A WebSocket with nobody sensible behind it: it says any frame, under any id, and reads when told.

use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt};
use model::{Body, ConversationId, InstanceId, MessageId, Seq, Wall};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::header::{HeaderValue, SEC_WEBSOCKET_PROTOCOL};
use tokio_tungstenite::{WebSocketStream, client_async};
use wire::{
    Command, Encoding, Frame, Post, Proof, SubscribeFrom, decode_binary_frame, decode_frame,
};

use crate::house::PATIENCE;

/// Bytes of the receive buffer: small, so that a reader who does not read is noticed soon.
const RECEIVE_BYTES: u32 = 4096;

#[derive(Debug)]
pub(crate) struct Line {
    stream: WebSocketStream<TcpStream>,
    instance: InstanceId,
    encoding: Encoding,
}

impl Line {
    /// Connects, says hello, is welcomed.
    pub(crate) async fn open(at: SocketAddr, user: &str, instance: u64) -> Self {
        Self::open_in(Encoding::Json, at, user, instance).await
    }

    /// The same in either encoding.
    pub(crate) async fn open_in(
        encoding: Encoding,
        at: SocketAddr,
        user: &str,
        instance: u64,
    ) -> Self {
        let mut line = Self::greeted(encoding, at, user, instance, None).await;
        let welcome = line.hear().await;
        assert!(matches!(welcome, Frame::Welcome { .. }), "{welcome:?}");
        line
    }

    /// As [`open`](Self::open), with a token; the code of the problem and of the close frame if it was
    /// not welcomed.
    pub(crate) async fn with_token(
        at: SocketAddr,
        user: &str,
        token: &str,
    ) -> Result<Self, (String, u16)> {
        Self::admitted(at, user, Some(Proof::Token(token.to_owned()))).await
    }

    /// The same with a ticket.
    pub(crate) async fn with_ticket(
        at: SocketAddr,
        user: &str,
        ticket: &str,
    ) -> Result<Self, (String, u16)> {
        Self::admitted(at, user, Some(Proof::Ticket(ticket.to_owned()))).await
    }

    /// The code of the problem and of the close frame of someone who is not welcomed.
    pub(crate) async fn refused(at: SocketAddr, user: &str, token: Option<&str>) -> (String, u16) {
        let proof = token.map(|token| Proof::Token(token.to_owned()));
        Self::admitted(at, user, proof).await.expect_err("nobody gets in so")
    }

    async fn admitted(
        at: SocketAddr,
        user: &str,
        proof: Option<Proof>,
    ) -> Result<Self, (String, u16)> {
        let mut line = Self::greeted(Encoding::Json, at, user, 1, proof).await;
        match line.hear().await {
            Frame::Welcome { .. } => Ok(line),
            Frame::Problem(problem) => Err((problem.code.to_string(), line.closed().await)),
            other => panic!("{other:?}"),
        }
    }

    /// Shows a new token; the answer.
    pub(crate) async fn refresh(&mut self, token: &str) -> Frame {
        let token = Proof::Token(token.to_owned());
        self.say(&Command::Refresh { reference: Some(1), token }).await;
        self.hear().await
    }

    /// The code of the close frame.
    pub(crate) async fn closed(&mut self) -> u16 {
        self.farewell().await.0
    }

    /// Code and reason of the close frame.
    pub(crate) async fn farewell(&mut self) -> (u16, String) {
        loop {
            match timeout(PATIENCE, self.stream.next()).await.expect("it closes") {
                Some(Ok(Message::Close(Some(close)))) => {
                    return (close.code.into(), close.reason.to_string());
                }
                Some(Ok(_)) => {}
                other => panic!("no close frame: {other:?}"),
            }
        }
    }

    async fn greeted(
        encoding: Encoding,
        at: SocketAddr,
        user: &str,
        instance: u64,
        proof: Option<Proof>,
    ) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(RECEIVE_BYTES).unwrap();
        let stream = timeout(PATIENCE, socket.connect(at)).await.expect("no hanging").unwrap();
        let mut request = format!("ws://{at}{}", wire::PATH).into_client_request().unwrap();
        let protocol = HeaderValue::from_static(encoding.subprotocol());
        request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, protocol);
        let shaken = timeout(PATIENCE, client_async(request, stream)).await.expect("no hanging");
        let instance = InstanceId(instance);
        let mut line = Self { stream: shaken.unwrap().0, instance, encoding };
        let (user, device) = (user.parse().unwrap(), "phone".parse().unwrap());
        line.say(&Command::Hello { reference: None, user, device, instance, proof }).await;
        line
    }

    pub(crate) async fn say(&mut self, command: &Command) {
        let sending = self.stream.send(match self.encoding {
            Encoding::Json => Message::text(command.encode()),
            Encoding::MessagePack => Message::binary(command.encode_binary()),
        });
        timeout(PATIENCE, sending).await.expect("no hanging").unwrap();
    }

    /// The next frame.
    pub(crate) async fn hear(&mut self) -> Frame {
        loop {
            let came = timeout(PATIENCE, self.stream.next()).await.expect("a frame comes");
            match (came, self.encoding) {
                (Some(Ok(Message::Text(text))), Encoding::Json) => {
                    return decode_frame(&text).unwrap();
                }
                (Some(Ok(Message::Binary(bytes))), Encoding::MessagePack) => {
                    return decode_binary_frame(&bytes).unwrap();
                }
                (Some(Ok(Message::Ping(_) | Message::Pong(_))), _) => {}
                (other, _) => panic!("no frame: {other:?}"),
            }
        }
    }

    /// Says this under this counter; the answer.
    pub(crate) async fn send(
        &mut self,
        counter: u64,
        conversation: &ConversationId,
        body: &str,
    ) -> Frame {
        self.post(counter, conversation, body).await;
        self.hear().await
    }

    /// Says this under this counter.
    pub(crate) async fn post(&mut self, counter: u64, conversation: &ConversationId, body: &str) {
        let post = Post {
            id: MessageId { instance: self.instance, counter },
            conversation: conversation.clone(),
            content: Body::new(body).unwrap().into(),
            lamport: counter,
            seen_seq: Seq(0),
            sent_at: Wall(0),
        };
        self.say(&Command::Send { reference: Some(counter), post }).await;
    }

    pub(crate) async fn subscribe(&mut self, conversation: &ConversationId, from: SubscribeFrom) {
        let conversation = conversation.clone();
        self.say(&Command::Subscribe { reference: None, conversation, from }).await;
    }
}
