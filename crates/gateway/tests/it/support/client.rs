//! A client that does what it is told, well-formed or not.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use model::{
    Body, ConversationId, DeviceId, Epoch, InstanceId, Message as Said, MessageId, Position, Seq,
    UserId, Wall,
};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{WebSocketStream, client_async};
use wire::{
    Command, Encoding, Frame, Post, Problem, SubscribeFrom, decode_binary_frame, decode_frame,
};

pub(crate) const INSTANCE: InstanceId = InstanceId(0xabc);

const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) ws: WebSocketStream<TcpStream>,
    encoding: Encoding,
}

impl Client {
    /// Offers these sub-protocols; empty = none.
    pub(crate) async fn connect(
        address: SocketAddr,
        offered: &str,
    ) -> Result<Self, tungstenite::Error> {
        // A small window, so that a client that does not read is soon felt.
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(16 * 1024).unwrap();
        let stream = socket.connect(address).await.unwrap();
        let mut request = format!("ws://{address}/v1/ws").into_client_request()?;
        if !offered.is_empty() {
            request.headers_mut().insert("sec-websocket-protocol", offered.parse().unwrap());
        }
        let (ws, response) = client_async(request, stream).await?;
        let taken = response.headers().get("sec-websocket-protocol");
        let taken = taken.map(|name| Encoding::of_subprotocol(name.to_str().unwrap()).unwrap());
        Ok(Self { ws, encoding: taken.unwrap_or_default() })
    }

    pub(crate) async fn hello(&mut self, user: &str, device: &str) {
        let user = UserId::new(user).unwrap();
        let device = DeviceId::new(device).unwrap();
        self.tell(Command::Hello {
            reference: Some(1),
            user,
            device,
            instance: INSTANCE,
            proof: None,
        })
        .await;
        let Frame::Welcome { reference: Some(1), .. } = self.frame().await else {
            panic!("no welcome")
        };
    }

    pub(crate) async fn tell(&mut self, command: Command) {
        match self.encoding {
            Encoding::Json => self.text(&command.encode()).await,
            Encoding::MessagePack => self.binary(command.encode_binary()).await,
        }
    }

    pub(crate) async fn binary(&mut self, bytes: Vec<u8>) {
        self.ws.send(Message::Binary(bytes.into())).await.unwrap();
    }

    pub(crate) async fn text(&mut self, text: &str) {
        self.ws.send(Message::Text(text.into())).await.unwrap();
    }

    /// The next frame.
    pub(crate) async fn frame(&mut self) -> Frame {
        loop {
            let message = timeout(PATIENCE, self.ws.next()).await.expect("a frame within 10 s");
            match (message.expect("still connected").unwrap(), self.encoding) {
                (Message::Text(text), Encoding::Json) => return decode_frame(&text).unwrap(),
                (Message::Binary(bytes), Encoding::MessagePack) => {
                    return decode_binary_frame(&bytes).unwrap();
                }
                (Message::Ping(_) | Message::Pong(_), _) => {}
                (other, _) => panic!("{other:?}"),
            }
        }
    }

    pub(crate) async fn problem(&mut self) -> Problem {
        match self.frame().await {
            Frame::Problem(problem) => problem,
            other => panic!("{other:?}"),
        }
    }

    /// Reads until the close frame and gives its code and reason.
    pub(crate) async fn closed(&mut self) -> (u16, String) {
        loop {
            let message = timeout(PATIENCE, self.ws.next()).await.expect("closed within 10 s");
            if let Message::Close(close) = message.expect("a close frame first").unwrap() {
                let close = close.expect("with a code");
                return (close.code.into(), close.reason.as_str().to_owned());
            }
        }
    }

    /// Nothing comes for a while.
    pub(crate) async fn silence(&mut self, span: Duration) {
        if let Ok(frame) = timeout(span, self.frame()).await {
            panic!("{frame:?}");
        }
    }

    pub(crate) async fn subscribe(&mut self, conversation: &str, from: SubscribeFrom) {
        let conversation = ConversationId::new(conversation).unwrap();
        self.tell(Command::Subscribe { reference: Some(9), conversation, from }).await;
    }

    /// Subscribes and gives `(epoch, recovered, next, head)`.
    pub(crate) async fn subscribed(
        &mut self,
        conversation: &str,
        from: SubscribeFrom,
    ) -> (u32, bool, u64, u64) {
        self.subscribe(conversation, from).await;
        let Frame::Subscribed { reference: Some(9), epoch, recovered, next, head, .. } =
            self.frame().await
        else {
            panic!("not subscribed")
        };
        (epoch.0, recovered, next.0, head.0)
    }

    pub(crate) async fn ack(&mut self, conversation: &str, epoch: u32, seq: u64) {
        let conversation = ConversationId::new(conversation).unwrap();
        let position = Position { epoch: Epoch(epoch), seq: Seq(seq) };
        self.tell(Command::Ack { conversation, position }).await;
    }

    /// The next message.
    pub(crate) async fn message(&mut self) -> Said {
        match self.frame().await {
            Frame::Message { message, .. } => message,
            other => panic!("{other:?}"),
        }
    }

    /// The next messages are of this conversation, `from ..= to`, dense.
    pub(crate) async fn messages(&mut self, conversation: &str, from: u64, to: u64) {
        for seq in from..=to {
            let message = self.message().await;
            assert_eq!((message.conversation.as_str(), message.seq.0), (conversation, seq));
        }
    }
}

pub(crate) fn post(counter: u64, conversation: &str, body: &str) -> Command {
    Command::Send {
        reference: Some(100 + counter),
        post: Post {
            id: MessageId { instance: INSTANCE, counter },
            conversation: ConversationId::new(conversation).unwrap(),
            content: Body::new(body).unwrap().into(),
            lamport: counter,
            seen_seq: Seq(0),
            sent_at: Wall(5),
        },
    }
}

pub(crate) fn after(epoch: u32, seq: u64) -> SubscribeFrom {
    SubscribeFrom::After(Position { epoch: Epoch(epoch), seq: Seq(seq) })
}
