//! What a client says, done or refused.

use std::time::Duration;

use link::ToOwner;
use model::{ConversationId, Mono, Position, Seq};
use wire::{About, Code, Command, Frame, Post, Problem, SubscribeFrom, decode_command};

use super::{Desk, Gateway, Out, Pending, Sub, no_link};
use crate::simulation::file::Who;

/// What clients are told.
const HEARTBEAT_MS: u32 = 2_000;

impl Gateway {
    pub(crate) fn opened(&mut self, conn: u64) {
        self.desks.insert(conn, Desk::default());
    }

    pub(crate) fn closed(&mut self, conn: u64) {
        let Some(names) = self.desks.get(&conn).map(|desk| desk.subs.keys().cloned()) else {
            return;
        };
        for name in names.collect::<Vec<_>>() {
            self.leave(conn, &name);
        }
        self.desks.remove(&conn);
    }

    /// Its client does not read for so long.
    pub(crate) fn pause(&mut self, conn: u64, span: Duration) {
        if let Some(desk) = self.desks.get_mut(&conn) {
            desk.paused_until = self.now + span;
            self.out.push(Out::Again(span));
        }
    }

    pub(crate) fn hears_client(&mut self, conn: u64, text: &str) {
        if !self.desks.contains_key(&conn) {
            return;
        }
        match decode_command(text) {
            Ok(command) => self.command(conn, command),
            Err(problem) => self.say(conn, Frame::Problem(problem)),
        }
    }

    fn command(&mut self, conn: u64, command: Command) {
        match command {
            Command::Hello { reference, user, device, instance, .. } => {
                if let Some(desk) = self.desks.get_mut(&conn) {
                    desk.who = Some(Who { user, device, instance });
                }
                self.say(
                    conn,
                    Frame::Welcome { reference, heartbeat_ms: HEARTBEAT_MS, expires_at: None },
                );
            }
            Command::Send { reference, post } => self.send(conn, reference, post),
            Command::Subscribe { reference, conversation, from } => {
                self.subscribe(conn, reference, &conversation, from);
            }
            Command::Unsubscribe { reference, conversation } => {
                self.leave(conn, &conversation);
                self.say(conn, Frame::Unsubscribed { reference, conversation });
            }
            Command::Ack { conversation, position } => self.ack(conn, conversation, position),
            Command::Read { reference, conversation, from, limit } => {
                let pending = Pending::Read { conn, reference, conversation: conversation.clone() };
                let name = conversation.clone();
                let asked = self.ask(pending, |request| ToOwner::Read {
                    request,
                    conversation: name,
                    reader: None,
                    from,
                    limit,
                });
                if asked.is_none() {
                    let about = About { reference, id: None, conversation: Some(conversation) };
                    self.say(conn, Frame::Problem(Problem::from((about, no_link()))));
                }
            }
            Command::Ping { reference } => self.say(conn, Frame::Pong { reference }),
            _ => {}
        }
    }

    fn send(&mut self, conn: u64, reference: Option<u64>, post: Post) {
        let Some(who) = self.desks.get(&conn).and_then(|desk| desk.who.clone()) else { return };
        let (id, conversation) = (post.id, post.conversation.clone());
        let draft = post.into_draft(who.user);
        let pending = Pending::Send { conn, reference, id, conversation: conversation.clone() };
        if self.ask(pending, |request| ToOwner::Send { request, draft, trace: None }).is_none() {
            let about = About { reference, id: Some(id), conversation: Some(conversation) };
            self.say(conn, Frame::Problem(Problem::from((about, no_link()))));
        }
    }

    /// Register first, then look: what is said meanwhile is in the ring or in a page.
    fn subscribe(
        &mut self,
        conn: u64,
        reference: Option<u64>,
        name: &ConversationId,
        from: SubscribeFrom,
    ) {
        let number = self.number();
        self.pass_ack(conn, name);
        let Some(desk) = self.desks.get_mut(&conn) else { return };
        let before = desk.subs.remove(name);
        let sub = Sub {
            number,
            reference,
            from,
            cursor: None,
            standing: None,
            pointer: None,
            asked: None,
            not_before: Mono(0),
            sent: before.as_ref().map_or(Seq(0), |sub| sub.sent),
            ack: before.and_then(|sub| sub.ack),
        };
        desk.subs.insert(name.clone(), sub);
        self.join(name);
        self.look(conn, name);
    }

    fn leave(&mut self, conn: u64, name: &ConversationId) {
        self.pass_ack(conn, name);
        let Some(desk) = self.desks.get_mut(&conn) else { return };
        if desk.subs.remove(name).is_some() {
            self.part(name);
        }
    }

    fn ack(&mut self, conn: u64, conversation: ConversationId, position: Position) {
        let sub = self.desks.get_mut(&conn).and_then(|desk| desk.subs.get_mut(&conversation));
        match sub {
            Some(sub) if position.seq <= sub.sent => {
                if sub.ack.is_none_or(|known| known.seq < position.seq) {
                    sub.ack = Some(position);
                }
                self.pass_ack(conn, &conversation);
            }
            Some(_) | None => {
                let about = About { conversation: Some(conversation), ..About::default() };
                let detail = "not followed here, or beyond what was sent";
                let problem = Problem::never(about, Code::NotSubscribed, detail);
                self.say(conn, Frame::Problem(problem));
            }
        }
    }

    /// Passes on what was acknowledged, if there is a link.
    pub(super) fn pass_ack(&mut self, conn: u64, name: &ConversationId) {
        let Some(desk) = self.desks.get_mut(&conn) else { return };
        let (Some(who), Some(sub)) = (desk.who.clone(), desk.subs.get_mut(name)) else { return };
        let Some(Position { epoch, seq }) = sub.ack.take_if(|_| self.link.is_some()) else {
            return;
        };
        let (user, device, conversation) = (who.user, who.device, name.clone());
        self.tell(ToOwner::MoveCursor { conversation, user, device, epoch, seq });
    }
}
