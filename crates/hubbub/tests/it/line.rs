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
use wire::{Command, Frame, Post, SubscribeFrom, decode_frame};

use crate::house::PATIENCE;

/// Bytes of the receive buffer: small, so that a reader who does not read is noticed soon.
const RECEIVE_BYTES: u32 = 4096;

#[derive(Debug)]
pub(crate) struct Line {
    stream: WebSocketStream<TcpStream>,
    instance: InstanceId,
}

impl Line {
    /// Connects, says hello, is welcomed.
    pub(crate) async fn open(at: SocketAddr, user: &str, instance: u64) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(RECEIVE_BYTES).unwrap();
        let stream = timeout(PATIENCE, socket.connect(at)).await.expect("no hanging").unwrap();
        let mut request = format!("ws://{at}{}", wire::PATH).into_client_request().unwrap();
        let protocol = HeaderValue::from_static(wire::SUBPROTOCOL);
        request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, protocol);
        let shaken = timeout(PATIENCE, client_async(request, stream)).await.expect("no hanging");
        let instance = InstanceId(instance);
        let mut line = Self { stream: shaken.unwrap().0, instance };
        let (user, device) = (user.parse().unwrap(), "phone".parse().unwrap());
        line.say(&Command::Hello { reference: None, user, device, instance, proof: None }).await;
        let welcome = line.hear().await;
        assert!(matches!(welcome, Frame::Welcome { .. }), "{welcome:?}");
        line
    }

    pub(crate) async fn say(&mut self, command: &Command) {
        let sending = self.stream.send(Message::text(command.encode()));
        timeout(PATIENCE, sending).await.expect("no hanging").unwrap();
    }

    /// The next frame.
    pub(crate) async fn hear(&mut self) -> Frame {
        loop {
            match timeout(PATIENCE, self.stream.next()).await.expect("a frame comes") {
                Some(Ok(Message::Text(text))) => return decode_frame(&text).unwrap(),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("no frame: {other:?}"),
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
        let post = Post {
            id: MessageId { instance: self.instance, counter },
            conversation: conversation.clone(),
            content: Body::new(body).unwrap().into(),
            lamport: counter,
            seen_seq: Seq(0),
            sent_at: Wall(0),
        };
        self.say(&Command::Send { reference: Some(counter), post }).await;
        self.hear().await
    }

    pub(crate) async fn subscribe(&mut self, conversation: &ConversationId, from: SubscribeFrom) {
        let conversation = conversation.clone();
        self.say(&Command::Subscribe { reference: None, conversation, from }).await;
    }
}
