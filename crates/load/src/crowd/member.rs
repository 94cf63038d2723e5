//! One of the crowd.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Error, Result, anyhow, bail, ensure};
use futures_util::{SinkExt, StreamExt};
use model::{
    Body, ConversationId, DeviceId, InstanceId, MessageId, Position, Retry, Seq, UserId, Wall,
};
use tokio::net::{TcpSocket, TcpStream, lookup_host};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::header::{HeaderValue, SEC_WEBSOCKET_PROTOCOL};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};
use wire::{Command, Frame, Post, Problem, Proof, SubscribeFrom, decode_frame};

use super::{CrowdArgs, Phase, Tally};

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Bytes of a buffer: a process holds thousands of clients.
const BUFFER_BYTES: usize = 1024;

/// Less than the server's heartbeat (25 s).
const PING_EVERY: Duration = Duration::from_secs(20);

/// Messages that wait for their acknowledgement while the first ones are said.
const FIRST_IN_FLIGHT: usize = 64;

/// The body of every message: 100 bytes.
const BODY: &str = "One of the messages that the crowd says while someone looks at what each of its connections costs.  ";

/// A connection that was welcomed.
pub(super) struct Member {
    socket: WebSocketStream<TcpStream>,
    instance: InstanceId,
    counter: u64,
}

impl Member {
    pub(super) async fn open(
        args: &CrowdArgs,
        number: u32,
        token: Option<&String>,
    ) -> Result<Self> {
        let url = &args.urls[number as usize % args.urls.len()];
        let instance = InstanceId(getrandom::u64().context("the system gives no randomness")?);
        let socket = timeout(PATIENCE, connect(url, args.source)).await??;
        let mut member = Self { socket, instance, counter: 0 };
        let hello = Command::Hello {
            reference: None,
            user: UserId::new(&format!("{}-{number}", args.name))?,
            device: DeviceId::new("d0")?,
            instance,
            proof: token.map(|token| Proof::Token(token.clone())),
        };
        member.tell(&hello).await?;
        let welcome = member.hear().await?;
        ensure!(matches!(welcome, Frame::Welcome { .. }), "it did not welcome: {welcome:?}");
        Ok(member)
    }

    /// Says one message in each of these.
    pub(super) async fn say_once(&mut self, conversations: &[ConversationId]) -> Result<()> {
        for some in conversations.chunks(FIRST_IN_FLIGHT) {
            for conversation in some {
                self.say(conversation).await?;
            }
            for _ in some {
                let sent = self.hear().await?;
                ensure!(matches!(sent, Frame::Sent { .. }), "not taken: {sent:?}");
            }
        }
        Ok(())
    }

    /// Follows a conversation from the cursor, and acknowledges what is there.
    pub(super) async fn follow(&mut self, conversation: &ConversationId) -> Result<()> {
        let (reference, from) = (None, SubscribeFrom::Cursor);
        let subscribe = Command::Subscribe { reference, conversation: conversation.clone(), from };
        self.tell(&subscribe).await?;
        // The last that is there, and the next that comes.
        let (mut head, mut next) = (None, Seq(0));
        while head.is_none_or(|head| next <= head) {
            let frame = self.hear().await?;
            if let Frame::Subscribed { head: last, next: first, .. } = frame {
                (head, next) = (Some(last), first);
            } else if let Frame::Message { epoch, message } = frame {
                next = message.seq.next();
                self.acknowledge(conversation, Position { epoch, seq: message.seq }).await?;
            } else if let Frame::Problem(problem) = frame {
                bail!("{}: {}", problem.code, problem.detail);
            }
        }
        Ok(())
    }

    /// Hears, speaks and answers as it is told, until it is over; why it was.
    pub(super) async fn stay(
        mut self,
        conversation: ConversationId,
        messages: u32,
        mut phase: watch::Receiver<Phase>,
        tally: &Tally,
    ) -> Error {
        // Messages of its own that it has handed over and that are durable, and all it has heard.
        let (mut said, mut durable, mut heard) = (0, 0, 0);
        let mut has_spoken = messages == 0;
        let mut ping_at = Instant::now() + PING_EVERY;
        loop {
            if !has_spoken && durable == messages && heard >= messages {
                has_spoken = true;
                tally.spoken.fetch_add(1, Relaxed);
            }
            let done = tokio::select! {
                frame = self.socket.next() => match frame.as_ref().map(read) {
                    Some(Ok(Some(Frame::Message { epoch, message }))) => {
                        heard += 1;
                        self.acknowledge(&conversation, Position { epoch, seq: message.seq }).await
                    }
                    Some(Ok(Some(Frame::Sent { .. }))) => {
                        durable += 1;
                        if said < messages {
                            said += 1;
                            self.say(&conversation).await
                        } else {
                            Ok(())
                        }
                    }
                    Some(Ok(Some(Frame::Pong { reference: Some(_) }))) => {
                        tally.answered.fetch_add(1, Relaxed);
                        Ok(())
                    }
                    Some(Ok(Some(Frame::Problem(problem)))) => {
                        self.say_later(&conversation, problem).await
                    }
                    Some(Ok(_)) => Ok(()),
                    Some(Err(why)) => Err(why),
                    None => Err(anyhow!("the server closed it")),
                },
                changed = phase.changed() => {
                    let now = *phase.borrow_and_update();
                    match (changed, now) {
                        (Err(_), _) => return anyhow!("it is over"),
                        (Ok(()), Phase::Speak) => {
                            said = 1;
                            self.say(&conversation).await
                        }
                        (Ok(()), Phase::Answer) => self.tell(&Command::Ping { reference: Some(1) }).await,
                        (Ok(()), Phase::Wait) => Ok(()),
                    }
                }
                () = sleep_until(ping_at) => {
                    ping_at += PING_EVERY;
                    self.tell(&Command::Ping { reference: None }).await
                }
            };
            if let Err(why) = done {
                return why;
            }
        }
    }

    /// What was refused for now, as where all speak at once, is said again when the server wants it.
    async fn say_later(&mut self, conversation: &ConversationId, why: Problem) -> Result<()> {
        match why.retry {
            Retry::Never => bail!("{}: {}", why.code, why.detail),
            Retry::Now => {}
            Retry::After(ms) => sleep(Duration::from_millis(ms.into())).await,
        }
        self.counter -= 1;
        self.say(conversation).await
    }

    async fn say(&mut self, conversation: &ConversationId) -> Result<()> {
        self.counter += 1;
        let id = MessageId { instance: self.instance, counter: self.counter };
        let post = Post {
            id,
            conversation: conversation.clone(),
            content: Body::new(BODY)?.into(),
            lamport: self.counter,
            seen_seq: Seq(0),
            sent_at: wall(),
        };
        self.tell(&Command::Send { reference: None, post }).await
    }

    async fn acknowledge(&mut self, conversation: &ConversationId, at: Position) -> Result<()> {
        self.tell(&Command::Ack { conversation: conversation.clone(), position: at }).await
    }

    async fn tell(&mut self, command: &Command) -> Result<()> {
        Ok(timeout(PATIENCE, self.socket.send(Message::text(command.encode()))).await??)
    }

    async fn hear(&mut self) -> Result<Frame> {
        loop {
            let came = timeout(PATIENCE, self.socket.next()).await?;
            if let Some(frame) = read(&came.context("the server closed it")?)? {
                return Ok(frame);
            }
        }
    }
}

fn read(came: &Result<Message, tokio_tungstenite::tungstenite::Error>) -> Result<Option<Frame>> {
    match came {
        Ok(Message::Text(text)) => Ok(Some(decode_frame(text)?)),
        Ok(_) => Ok(None),
        Err(why) => bail!("{why}"),
    }
}

async fn connect(url: &str, source: Option<IpAddr>) -> Result<WebSocketStream<TcpStream>> {
    let mut request = url.into_client_request()?;
    let protocol = HeaderValue::from_static(wire::Encoding::Json.subprotocol());
    request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, protocol);
    let host = request.uri().authority().context("the URL names no host")?.as_str();
    let to = lookup_host(host).await?.next().with_context(|| format!("{host} is nowhere"))?;
    let socket = if to.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_nodelay(true)?;
    if let Some(source) = source {
        socket.bind(SocketAddr::new(source, 0))?;
    }
    let stream = socket.connect(to).await?;
    let config = WebSocketConfig::default()
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(0)
        .max_write_buffer_size(wire::FRAME_MAX_BYTES * 2);
    Ok(client_async_with_config(request, stream, Some(config)).await?.0)
}

fn wall() -> Wall {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Wall(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
