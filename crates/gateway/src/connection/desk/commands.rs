//! What a client says, done or refused.

use model::{ConversationId, Position, Retry};
use tokio::time::Instant;
use wire::{
    About, CloseCode, Code, Command, Encoding, Frame, Post, Problem, SubscribeFrom,
    decode_binary_command, decode_command,
};

use std::time::Duration;

use super::{Desk, NOWHERE, count};
use crate::clock;
use crate::connection::End;
use crate::connection::lane::{Job, Read};
use crate::connection::subs::Sub;
use crate::counters::add;
use crate::mailbox::{Listener, SendAbout};
use crate::options::NO_FRAMES_MAX;

/// Who asks too much for so long, without a pause of [`FLOOD_QUIET`], is closed.
const FLOOD_MAX: Duration = Duration::from_secs(10);
const FLOOD_QUIET: Duration = Duration::from_secs(2);

impl Desk {
    pub(in crate::connection) fn handle_text(&mut self, text: &str) {
        match self.encoding {
            Encoding::Json => self.handle(decode_command(text), || wire::is_json_object(text)),
            Encoding::MessagePack => self.handle_other(
                "the frame is a text: every frame is binary with one MessagePack map",
            ),
        }
    }

    pub(in crate::connection) fn handle_binary(&mut self, bytes: &[u8]) {
        match self.encoding {
            Encoding::MessagePack => {
                self.handle(decode_binary_command(bytes), || wire::is_map(bytes));
            }
            Encoding::Json => {
                self.handle_other("the frame is binary: every frame is a text with one JSON object")
            }
        }
    }

    fn handle(&mut self, decoded: Result<Command, Problem>, is_object: impl FnOnce() -> bool) {
        if let Err(wait) = self.is_within_rate() {
            return self.too_many(decoded.map_or_else(about, |command| command.about()), wait);
        }
        match decoded {
            Ok(command) => self.handle_command(command),
            Err(problem) => {
                self.complain(problem);
                if !is_object() {
                    self.strike();
                }
            }
        }
    }

    /// A frame in the other encoding.
    fn handle_other(&mut self, detail: &str) {
        if let Err(wait) = self.is_within_rate() {
            return self.too_many(About::default(), wait);
        }
        self.complain(Problem::never(About::default(), Code::BadFrame, detail));
        self.strike();
    }

    /// A ping or a pong of the WebSocket: it was answered already, and counts as any frame does.
    pub(in crate::connection) fn handle_control(&mut self) {
        if let Err(wait) = self.is_within_rate() {
            self.too_many(About::default(), wait);
        }
    }

    /// A command that was counted.
    pub(crate) fn handle_command(&mut self, command: Command) {
        match command {
            Command::Hello { reference, .. } => {
                let about = About { reference, ..About::default() };
                let detail = "hello was said already: open another connection for another device";
                self.complain(Problem::never(about, Code::BadFrame, detail));
            }
            Command::Send { reference, post } => self.handle_send(reference, post),
            Command::Subscribe { reference, conversation, from } => {
                self.subscribe(reference, conversation, from);
            }
            Command::Unsubscribe { reference, conversation } => {
                if let Some(number) = self.subs.number_of(&conversation) {
                    self.leave(number);
                }
                self.say(&Frame::Unsubscribed { reference, conversation });
            }
            Command::Ack { conversation, position } => self.handle_ack(conversation, position),
            Command::Read { reference, conversation, from, limit } => {
                if self.may_read(reference, &conversation) {
                    self.lane.push(Job::Read(Read { reference, conversation, from, limit }));
                }
            }
            Command::Create { reference, birth } => {
                let post = birth.into_post(&self.who.user);
                self.handle_send(reference, post);
            }
            Command::Mark { conversation, position } => self.handle_mark(conversation, position),
            Command::List { reference, after, limit } => self.handle_list(reference, after, limit),
            Command::Members { reference, conversation, after, limit } => {
                self.handle_members(reference, conversation, after, limit);
            }
            Command::Typing { conversation } => self.handle_typing(conversation),
            Command::Watch { reference, users } => self.handle_watch(reference, users),
            Command::Refresh { reference, token } => self.handle_refresh(reference, &token),
            Command::Ping { reference } => self.say(&Frame::Pong { reference }),
        }
    }

    fn handle_send(&mut self, reference: Option<u64>, post: Post) {
        let (id, conversation) = (post.id, post.conversation.clone());
        let about = || About { reference, id: Some(id), conversation: Some(conversation.clone()) };
        if let Some(instance) = self.who.instance.filter(|instance| *instance != id.instance) {
            let detail = format!(
                "the id {id} is of another instance than hello's, {instance}: send it on a connection of its own instance"
            );
            return self.complain(Problem::never(about(), Code::BadId, detail));
        }
        if self.who.grant.as_ref().is_some_and(|grant| !grant.may_send(&conversation)) {
            let detail = format!("the token does not allow to send to {conversation}");
            return self.complain(Problem::never(about(), Code::Forbidden, detail));
        }
        self.may_type_again(&conversation);
        let trace = self.shared.options.tracer.as_ref();
        let trace = trace.and_then(|tracer| tracer.begin(self.traced_by).map(Box::new));
        let about = SendAbout { reference, id, conversation, heard: Instant::now(), trace };
        let draft = post.into_draft(self.who.user.clone());
        match self.shared.owner.send(&self.mailbox, about, draft) {
            Ok(()) => self.sends += 1,
            Err((about, refusal)) => {
                count(&self.shared.counts.busy_total);
                self.not_sent(about, refusal);
            }
        }
    }

    /// Whether the token allows to read there; if not, it is said.
    fn may_read(&mut self, reference: Option<u64>, conversation: &ConversationId) -> bool {
        let may = self.who.grant.as_ref().is_none_or(|grant| grant.may_read(conversation));
        if !may {
            let about = About { reference, id: None, conversation: Some(conversation.clone()) };
            let detail = format!("the token does not allow to read {conversation}");
            self.complain(Problem::never(about, Code::Forbidden, detail));
        }
        may
    }

    /// One more frame: by this connection's limit, and by its user's.
    fn is_within_rate(&self) -> Result<(), Duration> {
        let options = &self.shared.options;
        let now = clock::mono();
        self.rate.take(options.commands, now)?;
        self.user_rate.take(options.commands_of_user, now)
    }

    /// It asked too much: it is told, and closed when it goes on so.
    fn too_many(&mut self, about: About, wait: Duration) {
        count(&self.shared.counts.rate_limited_total);
        let now = Instant::now();
        let since = *self.refused_since.get_or_insert(now);
        let quiet = self.refused_last.replace(now).is_some_and(|last| now - last > FLOOD_QUIET);
        if quiet {
            self.refused_since = Some(now);
        } else if now - since > FLOOD_MAX {
            let reason = "more commands than the limit, again and again".to_owned();
            self.end = Some(End::Close(CloseCode::FLOOD, reason));
        }
        let ms = u32::try_from(wait.as_millis()).unwrap_or(u32::MAX).max(1);
        let detail = format!("more commands than the limit: try again after {ms} ms");
        let problem = Problem::never(about, Code::RateLimited, detail);
        self.say(&Frame::Problem(Problem { retry: Retry::After(ms), ..problem }));
    }

    fn subscribe(
        &mut self,
        reference: Option<u64>,
        conversation: ConversationId,
        from: SubscribeFrom,
    ) {
        if !self.may_read(reference, &conversation) {
            return;
        }
        let replaced = self.subs.number_of(&conversation);
        let most = self.shared.options.subscriptions_max;
        if replaced.is_none() && self.subs.len() >= most {
            let about = About { reference, conversation: Some(conversation), id: None };
            let detail = format!(
                "this connection has {most} subscriptions, the most there may be: unsubscribe from some, or open another connection"
            );
            self.complain(Problem::never(about, Code::TooManySubscriptions, detail));
            return;
        }
        let number = self.number();
        let listener = Listener::new(number, self.encoding, &self.mailbox);
        // First in, then out: the conversation stays attached.
        let seat = self.shared.topics.join(&conversation, listener.clone());
        add(&self.shared.counts.subscriptions, 1);
        let before = replaced.and_then(|replaced| self.leave(replaced));
        let mut sub = Sub::new(seat, listener, reference, from);
        (sub.sent_before, sub.acked) = before.unwrap_or((NOWHERE, None));
        self.subs.insert(number, sub);
    }

    fn handle_ack(&mut self, conversation: ConversationId, position: Position) {
        let number = self.subs.number_of(&conversation);
        let Some((number, sub)) = number.and_then(|n| Some((n, self.subs.get_mut(n)?))) else {
            let detail = "this connection does not follow the conversation: subscribe first";
            self.not_subscribed(conversation, detail.to_owned());
            return;
        };
        let sent = sub.sent();
        if position.epoch < sent.epoch {
            return; // Of a history that was lost meanwhile; the client is being told.
        }
        if position.epoch > sent.epoch || position.seq > sent.seq {
            let detail = format!(
                "{} of epoch {} lies beyond what was sent here, {} of epoch {}",
                position.seq, position.epoch, sent.seq, sent.epoch
            );
            self.not_subscribed(conversation, detail);
            return;
        }
        let newer = |than: Option<Position>| {
            than.is_none_or(|than| than.epoch < position.epoch || than.seq < position.seq)
        };
        if newer(sub.acked) && newer(sub.ack) {
            sub.ack = Some(position);
            self.acks.add(number);
        }
    }

    fn not_subscribed(&mut self, conversation: ConversationId, detail: String) {
        let about = About { conversation: Some(conversation), ..About::default() };
        self.complain(Problem::never(about, Code::NotSubscribed, detail));
    }

    /// Passes acknowledgements on if it is time.
    pub(in crate::connection) fn handle_acks(&mut self, now: Instant) {
        if self.acks.are_due(now) {
            self.pass_acks(now);
        }
    }

    /// Passes acknowledgements on now.
    pub(super) fn pass_acks(&mut self, now: Instant) {
        for number in self.acks.flush(now) {
            if !self.pass_ack(number) {
                self.acks.add(number); // No link: when it is back.
            }
        }
    }

    /// False = there is one, and nobody heard it.
    pub(super) fn pass_ack(&mut self, number: u64) -> bool {
        let Some(sub) = self.subs.get_mut(number) else { return true };
        let Some(position) = sub.ack else { return true };
        let told = self.shared.owner.tell(link::ToOwner::MoveCursor {
            conversation: sub.seat.conversation().clone(),
            user: self.who.user.clone(),
            device: self.who.device.clone(),
            epoch: position.epoch,
            seq: position.seq,
        });
        if told {
            sub.acked = sub.ack.take();
        }
        told
    }

    /// Tells the client that it did something wrong.
    fn complain(&mut self, problem: Problem) {
        count(&self.shared.counts.bad_frames_total);
        self.say(&Frame::Problem(problem));
    }

    fn strike(&mut self) {
        self.no_frames += 1;
        if self.no_frames >= NO_FRAMES_MAX {
            let reason = format!("{NO_FRAMES_MAX} frames were none of this protocol");
            self.end = Some(End::Close(CloseCode::NO_FRAMES, reason));
        }
    }
}

/// What a problem is about.
fn about(problem: Problem) -> About {
    let Problem { reference, id, conversation, .. } = problem;
    About { reference, id, conversation }
}
