//! A server as simple as can be: one lock, everything in memory, each connection looks for news every
//! few milliseconds. It can be told to break a promise.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use model::{
    Content, ConversationId, Epoch, Message, MessageId, Ordinal, Position, ReadFrom, Seq, UserId,
    Wall,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::{self, http::header::SEC_WEBSOCKET_PROTOCOL};
use wire::{Command, Frame, SubscribeFrom};

const EPOCH: Epoch = Epoch(1);

/// Which promise to break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Broken {
    Nothing,
    /// Repeats get a new place.
    Dedupe,
    /// Cursors move on delivery.
    Cursor,
    /// Now and then a message is not delivered, but never the last one.
    Delivery,
}

#[derive(Default)]
struct State {
    logs: BTreeMap<ConversationId, Vec<Message>>,
    ids: BTreeMap<MessageId, (ConversationId, Seq)>,
    cursors: BTreeMap<(ConversationId, UserId), Seq>,
}

pub(crate) struct Naive {
    state: Mutex<State>,
    broken: Broken,
}

/// Serves on some port; gives the URL.
pub(crate) async fn serve(broken: Broken) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/v1/ws", listener.local_addr().unwrap());
    let naive = Arc::new(Naive { state: Mutex::default(), broken });
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(connection(Arc::clone(&naive), stream));
        }
    });
    url
}

#[expect(clippy::result_large_err, reason = "the signature is tungstenite's")]
fn agree(_: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
    let protocol = wire::Encoding::Json.subprotocol().parse().unwrap();
    response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, protocol);
    Ok(response)
}

/// What one connection is about.
struct Guest {
    user: Option<UserId>,
    follows: BTreeMap<ConversationId, Seq>,
}

async fn connection(naive: Arc<Naive>, stream: TcpStream) {
    let Ok(mut socket) = tokio_tungstenite::accept_hdr_async(stream, agree).await else { return };
    let mut guest = Guest { user: None, follows: BTreeMap::new() };
    loop {
        let came = tokio::time::timeout(Duration::from_millis(5), socket.next()).await;
        let mut answers = match came {
            Ok(Some(Ok(tungstenite::Message::Text(text)))) => {
                let command = wire::decode_command(&text).unwrap();
                naive.answer(&mut guest, command).into_iter().collect()
            }
            Ok(Some(Ok(_))) => Vec::new(),
            Ok(Some(Err(_)) | None) => return,
            Err(_) => naive.news(&mut guest),
        };
        for frame in answers.drain(..) {
            if socket.send(tungstenite::Message::text(frame.encode())).await.is_err() {
                return;
            }
        }
    }
}

/// Here people talk, and that is all.
fn forbidden(reference: Option<u64>, post: wire::Post) -> Frame {
    let (id, conversation) = (Some(post.id), Some(post.conversation));
    let about = wire::About { reference, id, conversation };
    Frame::Problem(wire::Problem::never(about, wire::Code::Forbidden, "not here"))
}

impl Naive {
    fn news(&self, guest: &mut Guest) -> Vec<Frame> {
        let mut state = self.state.lock().unwrap();
        let mut frames = Vec::new();
        for (name, next) in &mut guest.follows {
            let log = state.logs.entry(name.clone()).or_default();
            let start = usize::try_from(next.0 - 1).unwrap();
            for message in log.iter().skip(start) {
                let is_last = message.seq.0 == log.len() as u64;
                let skip = self.broken == Broken::Delivery && message.seq.0 % 17 == 0 && !is_last;
                if !skip {
                    frames.push(Frame::Message { epoch: EPOCH, message: message.clone() });
                }
            }
            *next = Seq(log.len() as u64 + 1);
            if self.broken == Broken::Cursor {
                let user = guest.user.clone().unwrap();
                state.cursors.insert((name.clone(), user), Seq(next.0 - 1));
            }
        }
        frames
    }

    #[expect(clippy::too_many_lines, reason = "one arm a command")]
    fn answer(&self, guest: &mut Guest, command: Command) -> Option<Frame> {
        let mut state = self.state.lock().unwrap();
        let head =
            |state: &State, name| Seq(state.logs.get(name).map_or(0, |log| log.len() as u64));
        Some(match command {
            Command::Hello { reference, user, .. } => {
                guest.user = Some(user);
                Frame::Welcome { reference, heartbeat_ms: 10_000, expires_at: None }
            }
            Command::Send { reference, post } => {
                if !matches!(post.content, Content::Text { .. }) {
                    return Some(forbidden(reference, post));
                }
                let draft = post.into_draft(guest.user.clone().unwrap());
                return Some(self.say(&mut state, reference, draft));
            }
            Command::Subscribe { reference, conversation, from } => {
                let head = head(&state, &conversation);
                let key = (conversation.clone(), guest.user.clone().unwrap());
                let after = match from {
                    SubscribeFrom::Start => 0,
                    SubscribeFrom::Cursor => state.cursors.get(&key).map_or(0, |seq| seq.0),
                    SubscribeFrom::Last(count) => head.0.saturating_sub(count),
                    SubscribeFrom::After(Position { seq, .. }) => seq.0,
                };
                let next = Seq(after + 1);
                guest.follows.insert(conversation.clone(), next);
                Frame::Subscribed {
                    reference,
                    conversation,
                    epoch: EPOCH,
                    recovered: true,
                    next,
                    head,
                }
            }
            Command::Unsubscribe { reference, conversation } => {
                guest.follows.remove(&conversation);
                Frame::Unsubscribed { reference, conversation }
            }
            Command::Ack { conversation, position } => {
                let key = (conversation, guest.user.clone().unwrap());
                let cursor = state.cursors.entry(key).or_default();
                *cursor = position.seq.max(*cursor);
                return None;
            }
            Command::Read { reference, conversation, from, limit } => {
                let head = head(&state, &conversation);
                let from = match from {
                    ReadFrom::Seq(seq) => seq.0.max(1),
                    ReadFrom::Latest => head.0.saturating_sub(limit.into()) + 1,
                };
                let log = state.logs.entry(conversation.clone()).or_default();
                let start = usize::try_from(from - 1).unwrap();
                let messages = log.iter().skip(start).take(limit as usize).cloned().collect();
                Frame::Page {
                    reference,
                    conversation,
                    epoch: EPOCH,
                    first: Seq(1),
                    head,
                    messages,
                    changes: Vec::new(),
                    as_of: Seq(0),
                }
            }
            Command::Ping { reference } => Frame::Pong { reference },
            Command::Create { reference, birth } => {
                let author = guest.user.clone().unwrap();
                return Some(forbidden(reference, birth.into_post(&author)));
            }
            Command::Mark { .. }
            | Command::List { .. }
            | Command::Members { .. }
            | Command::Typing { .. }
            | Command::Watch { .. }
            | Command::Refresh { .. } => return None,
        })
    }

    fn say(&self, state: &mut State, reference: Option<u64>, draft: model::Draft) -> Frame {
        let sent = |message: &Message, duplicate| Frame::Sent {
            reference,
            id: message.id,
            conversation: message.conversation.clone(),
            epoch: EPOCH,
            seq: message.seq,
            received_at: message.received_at,
            duplicate,
        };
        let known = state.ids.get(&draft.id).filter(|_| self.broken != Broken::Dedupe);
        if let Some((name, seq)) = known {
            let index = usize::try_from(seq.0 - 1).unwrap();
            let message = &state.logs[name][index];
            if message.content == draft.content {
                return sent(message, true);
            }
            let (id, conversation) = (Some(draft.id), Some(draft.conversation));
            let about = wire::About { reference, id, conversation };
            let code = wire::Code::IdempotencyConflict;
            return Frame::Problem(wire::Problem::never(about, code, "another body"));
        }
        let log = state.logs.entry(draft.conversation.clone()).or_default();
        let place = log.len() as u64 + 1;
        let message = Message {
            conversation: draft.conversation,
            seq: Seq(place),
            ordinal: Ordinal(place),
            sender: draft.sender,
            id: draft.id,
            content: draft.content,
            lamport: draft.lamport,
            seen_seq: draft.seen_seq,
            sent_at: draft.sent_at,
            received_at: Wall(place),
        };
        let frame = sent(&message, false);
        state.ids.insert(message.id, (message.conversation.clone(), message.seq));
        log.push(message);
        frame
    }
}
