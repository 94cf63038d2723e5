//! How a listener joins and a publisher speaks, in the words of each server.
//!
//! As little as each protocol asks for: all must cost this side the same.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use clap::ValueEnum;
use model::{Body, ConversationId, DeviceId, InstanceId, MessageId, Seq, UserId, Wall};
use ring::hmac;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use wire::{Command, Post, SubscribeFrom};

use crate::measure::socket::Socket;
use crate::websocket::{Upgrade, Websocket};

/// What the test application of a Pusher-protocol server is called, and its secret (which
/// `bench/peers/sockudo/config.json` has too: it guards nothing).
const PUSHER_SECRET: &str = "fanout-secret";

/// A protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Dialect {
    /// hubbub's own.
    Hubbub,
    /// Texts as they are: whoever is connected hears what others say.
    Plain,
    /// Socket.IO 4 over engine.io 4; an event `message` goes to all others.
    SocketIo,
    /// Centrifuge, version 1 of its JSON protocol.
    Centrifuge,
    /// Pusher: client events on a private channel.
    Pusher,
}

/// A connection that has joined, or may speak.
#[derive(Debug)]
pub(super) struct Guest {
    dialect: Dialect,
    room: String,
    instance: InstanceId,
    pub(super) socket: Websocket,
}

/// Who connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Listener(u32),
    Publisher,
}

impl Guest {
    /// Connects, and does whatever the protocol asks for before the first message.
    pub(super) async fn enter(
        (dialect, url, room): (Dialect, &str, &str),
        role: Role,
    ) -> Result<Self> {
        let protocol = (dialect == Dialect::Hubbub).then_some(wire::Encoding::Json.subprotocol());
        let mut socket = open(url, protocol).await?;
        let instance = InstanceId(getrandom::u64().context("the system gives no randomness")?);
        match dialect {
            Dialect::Plain => {}
            Dialect::Hubbub => {
                enter_hubbub(&mut socket, (room, instance), role).await?;
            }
            Dialect::SocketIo => {
                until(&mut socket, "0{").await?;
                socket.say(["40"]).await?;
                until(&mut socket, "40{").await?;
            }
            Dialect::Centrifuge => {
                socket.say([r#"{"id":1,"params":{}}"#]).await?;
                until(&mut socket, r#""id":1"#).await?;
                if let Role::Listener(_) = role {
                    let join = json!({ "id": 2, "method": 1, "params": { "channel": room } });
                    socket.say([join.to_string().as_str()]).await?;
                    until(&mut socket, r#""id":2"#).await?;
                }
            }
            Dialect::Pusher => enter_pusher(&mut socket, room).await?,
        }
        Ok(Self { dialect, room: room.to_owned(), instance, socket })
    }

    /// What a publisher says so that all listeners hear the text; messages count from 1.
    pub(super) fn publication(&self, counter: u64, text: &str) -> Result<String> {
        Ok(match self.dialect {
            Dialect::Plain => text.to_owned(),
            Dialect::Hubbub => {
                let post = Post {
                    id: MessageId { instance: self.instance, counter },
                    conversation: ConversationId::new(&self.room)?,
                    content: Body::new(text)?.into(),
                    lamport: counter,
                    seen_seq: Seq(0),
                    sent_at: wall(),
                };
                Command::Send { reference: None, post }.encode()
            }
            Dialect::SocketIo => format!("42{}", json!(["message", text])),
            Dialect::Centrifuge => {
                let params = json!({ "channel": self.room, "data": text });
                json!({ "id": counter + 2, "method": 3, "params": params }).to_string()
            }
            Dialect::Pusher => {
                let channel = private(&self.room);
                json!({ "event": "client-message", "channel": channel, "data": text }).to_string()
            }
        })
    }
}

impl Dialect {
    /// What to say to a frame that carries no message, if anything: signs of life.
    pub(super) fn answer(self, frame: &[u8]) -> Option<&'static str> {
        match self {
            Self::SocketIo if frame == b"2" => Some("3"),
            Self::Pusher if has(frame, "pusher:ping") => Some(r#"{"event":"pusher:pong"}"#),
            Self::SocketIo | Self::Pusher | Self::Hubbub | Self::Plain | Self::Centrifuge => None,
        }
    }

    /// Whether a frame that carries no message says that something was not done.
    pub(super) fn is_complaint(self, frame: &[u8]) -> bool {
        match self {
            Self::Hubbub => has(frame, r#""problem""#),
            Self::SocketIo => frame.starts_with(b"44"),
            Self::Centrifuge => has(frame, r#""error""#),
            Self::Pusher => has(frame, "error"),
            Self::Plain => false,
        }
    }
}

/// Connects to `ws://HOST:PORT/PATH` and upgrades.
pub(super) async fn open(url: &str, protocol: Option<&str>) -> Result<Websocket> {
    let rest = url.strip_prefix("ws://").context("a URL here begins with ws://")?;
    let slash = rest.find('/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at(slash);
    let stream = TcpStream::connect(authority).await.with_context(|| authority.to_owned())?;
    stream.set_nodelay(true)?;
    let path = if path.is_empty() { "/" } else { path };
    let asked = Upgrade { authority, path, protocol };
    Ok(Websocket::upgrade(Socket::Plain(stream), asked).await?)
}

async fn enter_hubbub(
    socket: &mut Websocket,
    (room, instance): (&str, InstanceId),
    role: Role,
) -> Result<()> {
    let user = match role {
        Role::Listener(number) => format!("listener-{number}"),
        Role::Publisher => "publisher".to_owned(),
    };
    let (user, device) = (UserId::new(&user)?, DeviceId::new("d0")?);
    let hello = Command::Hello { reference: None, user, device, instance, proof: None };
    socket.say([hello.encode().as_str()]).await?;
    until(socket, r#""welcome""#).await?;
    if let Role::Listener(_) = role {
        let (conversation, from) = (ConversationId::new(room)?, SubscribeFrom::Start);
        let subscribe = Command::Subscribe { reference: None, conversation, from };
        socket.say([subscribe.encode().as_str()]).await?;
        until(socket, r#""subscribed""#).await?;
    }
    Ok(())
}

/// All join: only a member of a private channel may speak there. It does not hear itself.
async fn enter_pusher(socket: &mut Websocket, room: &str) -> Result<()> {
    let established = |text: &[u8]| {
        let frame: Value = serde_json::from_slice(text).ok()?;
        let data: Value = serde_json::from_str(frame["data"].as_str()?).ok()?;
        data["socket_id"].as_str().map(str::to_owned)
    };
    let socket_id = socket.hear(established).await?;
    let channel = private(room);
    let key = hmac::Key::new(hmac::HMAC_SHA256, PUSHER_SECRET.as_bytes());
    let signature = hmac::sign(&key, format!("{socket_id}:{channel}").as_bytes());
    let signature: String = signature.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let data = json!({ "channel": channel, "auth": format!("fanout-key:{signature}") });
    socket.say([json!({ "event": "pusher:subscribe", "data": data }).to_string().as_str()]).await?;
    until(socket, "subscription_succeeded").await
}

fn private(room: &str) -> String {
    format!("private-{room}")
}

/// Waits for a text with this in it.
async fn until(socket: &mut Websocket, word: &str) -> Result<()> {
    Ok(socket.hear(|text| has(text, word).then_some(())).await?)
}

fn has(frame: &[u8], word: &str) -> bool {
    memchr::memmem::find(frame, word.as_bytes()).is_some()
}

fn wall() -> Wall {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Wall(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
