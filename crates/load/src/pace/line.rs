//! One connection: one half sends what is due, the other hears what became of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use model::{Body, ConversationId, DeviceId, InstanceId, MessageId, Seq, UserId, Wall};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::header::{HeaderValue, SEC_WEBSOCKET_PROTOCOL};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};
use wire::{Command, Frame, Post, decode_frame};

use super::figures::Figures;
use super::schedule::{self, Schedule};
use crate::dice::Dice;

/// How long a server may take to welcome.
const PATIENCE: Duration = Duration::from_secs(5);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// What all connections do.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) schedule: Schedule,
    pub(super) start: Instant,
    pub(super) conversations: Vec<ConversationId>,
    pub(super) body_bytes: usize,
    /// Messages of a connection that are not answered yet, at most.
    pub(super) in_flight: usize,
    pub(super) seed: u64,
    pub(super) figures: Arc<Figures>,
}

/// An open connection that has been welcomed.
pub(super) struct Line {
    number: u64,
    instance: InstanceId,
    socket: Socket,
}

/// What both halves know.
struct Shared {
    /// By counter: when it was due, and when it was sent.
    in_flight: Mutex<BTreeMap<u64, (Instant, Instant)>>,
    room: Semaphore,
}

impl Line {
    pub(super) async fn open(url: &str, number: u64) -> Result<Self> {
        let instance = InstanceId(getrandom::u64().context("the system gives no randomness")?);
        let mut request = url.into_client_request()?;
        let protocol = HeaderValue::from_static(wire::Encoding::Json.subprotocol());
        request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, protocol);
        // Its last parameter: send small frames at once.
        let connecting = connect_async_with_config(request, None, true);
        let (mut socket, _) = timeout(PATIENCE, connecting).await??;
        let hello = Command::Hello {
            reference: None,
            user: UserId::new(&format!("pace-{number}"))?,
            device: DeviceId::new("d0")?,
            instance,
            proof: None,
        };
        timeout(PATIENCE, socket.send(Message::text(hello.encode()))).await??;
        let welcome = timeout(PATIENCE, socket.next()).await?.context("it was closed")??;
        match decode_frame(welcome.to_text()?) {
            Ok(Frame::Welcome { .. }) => Ok(Self { number, instance, socket }),
            _ => bail!("it did not welcome: {welcome}"),
        }
    }

    /// Until every message of this connection is answered.
    pub(super) async fn run(self, plan: Arc<Plan>) -> Result<()> {
        let Self { number, instance, socket } = self;
        let (to, from) = socket.split();
        let shared =
            Shared { in_flight: Mutex::new(BTreeMap::new()), room: Semaphore::new(plan.in_flight) };
        let saying = say_all(to, &plan, &shared, number, instance);
        let hearing = hear_all(from, &plan, &shared, plan.schedule.of(number).count());
        tokio::pin!(saying);
        tokio::pin!(hearing);
        let ended = tokio::select! {
            said = &mut saying => match said {
                // Its half of the socket stays open until all is heard.
                Ok(_to) => hearing.await,
                Err(why) => Err(why),
            },
            heard = &mut hearing => heard,
        };
        ended.with_context(|| format!("connection {number}"))
    }
}

type To = SplitSink<Socket, Message>;

async fn say_all(
    mut to: To,
    plan: &Plan,
    shared: &Shared,
    number: u64,
    instance: InstanceId,
) -> Result<To> {
    let mut dice = Dice::new(plan.seed ^ number.rotate_left(32));
    let mut counter = 0;
    for k in plan.schedule.of(number) {
        let due = plan.start + plan.schedule.due(k);
        if Instant::now() < due {
            to.flush().await?;
            sleep_until(due).await;
        }
        if shared.room.available_permits() == 0 {
            to.flush().await?;
        }
        shared.room.acquire().await?.forget();
        counter += 1;
        let post = Post {
            id: MessageId { instance, counter },
            conversation: plan.conversations[dice.below(plan.conversations.len())].clone(),
            content: Body::new(&schedule::body(k, plan.body_bytes))?.into(),
            lamport: counter,
            seen_seq: Seq(0),
            sent_at: wall(),
        };
        let frame = Command::Send { reference: None, post }.encode();
        let sent = Instant::now();
        plan.figures.sent(due, sent);
        shared.lock().insert(counter, (due, sent));
        to.feed(Message::text(frame)).await?;
    }
    to.flush().await?;
    Ok(to)
}

async fn hear_all(
    mut from: SplitStream<Socket>,
    plan: &Plan,
    shared: &Shared,
    messages: usize,
) -> Result<()> {
    let mut answered = 0;
    while answered < messages {
        let Message::Text(text) = from.next().await.context("the server closed it")?? else {
            continue;
        };
        let now = Instant::now();
        let frame = decode_frame(&text)?;
        let (id, refused) = if let Frame::Sent { id, .. } = frame {
            (id, None)
        } else if let Frame::Problem(problem) = frame {
            let Some(id) = problem.id else { bail!("{}: {}", problem.code, problem.detail) };
            (id, Some(problem.code))
        } else {
            continue;
        };
        let known = shared.lock().remove(&id.counter);
        let Some((due, sent)) = known else { bail!("an answer that nobody waits for: {text}") };
        match refused {
            None => plan.figures.acknowledged(due, sent, now),
            Some(code) => plan.figures.refused(code, now),
        }
        shared.room.add_permits(1);
        answered += 1;
    }
    Ok(())
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<u64, (Instant, Instant)>> {
        self.in_flight.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wall() -> Wall {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Wall(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
