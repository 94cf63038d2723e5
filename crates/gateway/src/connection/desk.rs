//! What a connection does, without waiting for anything: commands in, answers and frames out.

mod asides;
mod commands;
mod frames;
mod pages;

use std::collections::BTreeSet;
use std::sync::Arc;

use model::{Epoch, Position, Refusal, Seq, TraceParent, UserId};
use tokio::time::Instant;
use wire::{About, CloseCode, Encoding, Frame, Problem};

use self::asides::Asked;
use super::acks::Acks;
use super::lane::Lane;
use super::subs::{Stage, Subs};
use super::{End, Who};
use crate::clock;
use crate::counters::{count, sub};
use crate::gateway::Shared;
use crate::mailbox::{Answer, Mailbox, SendAbout, SentAt};
use crate::options::{READS_WAITING_MAX, SENDS_IN_FLIGHT_MAX};
use crate::owner::retry_after;
use crate::rate::Rate;
use crate::small_map::SmallMap;
use crate::words::Words;

/// How long a connection that is to close waits for the answers to its sends.
const DRAIN_MAX: std::time::Duration = std::time::Duration::from_secs(2);

/// Everything a connection knows.
pub(crate) struct Desk {
    shared: Arc<Shared>,
    mailbox: Arc<Mailbox>,
    who: Who,
    encoding: Encoding,
    /// Frames that answer, in order.
    out: Vec<Words>,
    subs: Subs,
    acks: Acks,
    lane: Lane,
    /// Questions about openings, by number: whose they are.
    openings: SmallMap<u64, u64>,
    /// Questions about views, by number.
    asked: SmallMap<u64, Asked>,
    /// Whose presence is told.
    watched: BTreeSet<UserId>,
    /// The span that what it asks belongs to.
    traced_by: Option<TraceParent>,
    /// Which connection of this process it is.
    connection: u64,
    rate: Rate,
    /// Of all connections and requests of the user here.
    user_rate: Arc<Rate>,
    /// It has asked too much ever since.
    refused_since: Option<Instant>,
    refused_last: Option<Instant>,
    /// When the token does.
    expires: Option<Instant>,
    /// Subscriptions that ask again at a time.
    retries: BTreeSet<(Instant, u64)>,
    /// Numbers subscriptions and questions.
    last_number: u64,
    sends: usize,
    /// Frames that were not even a JSON object.
    no_frames: u32,
    heard: Instant,
    checked: Instant,
    draining: Option<Instant>,
    end: Option<End>,
}

impl Desk {
    pub(crate) fn new(shared: &Arc<Shared>, connection: u64, who: Who, encoding: Encoding) -> Self {
        let now = Instant::now();
        if who.is_present {
            shared.people.come(&who.user, |what| shared.owner.say_or_break(what));
        }
        let user_rate = shared.rates.of(&who.user, clock::mono());
        let expires = who.grant.as_ref().map(|grant| clock::instant_of(grant.expires_at()));
        Self {
            shared: Arc::clone(shared),
            mailbox: Mailbox::open(),
            who,
            encoding,
            out: Vec::new(),
            subs: Subs::default(),
            acks: Acks::default(),
            lane: Lane::new(Arc::clone(&shared.pages)),
            openings: SmallMap::default(),
            asked: SmallMap::default(),
            watched: BTreeSet::new(),
            traced_by: None,
            connection,
            rate: Rate::default(),
            user_rate,
            refused_since: None,
            refused_last: None,
            expires,
            retries: BTreeSet::new(),
            last_number: 0,
            sends: 0,
            no_frames: 0,
            heard: now,
            checked: now,
            draining: None,
            end: None,
        }
    }

    /// What it asks from here on belongs to this span.
    pub(crate) fn trace_under(&mut self, parent: Option<TraceParent>) {
        self.traced_by = parent;
    }

    pub(crate) fn mailbox(&self) -> &Arc<Mailbox> {
        &self.mailbox
    }

    pub(super) const fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Whether the client may be heard.
    pub(super) fn has_room(&self) -> bool {
        self.draining.is_none()
            && self.end.is_none()
            && self.sends < SENDS_IN_FLIGHT_MAX
            && self.lane.reads() + self.asked.len() < READS_WAITING_MAX
            && self.openings.len() < self.shared.options.subscriptions_max
    }

    /// Takes what has come and gives what is to be written.
    pub(crate) fn collect(&mut self, batch: &mut Vec<Words>) {
        let mail = self.mailbox.take();
        for answer in mail.answers {
            self.handle_answer(answer);
        }
        for (by, frame) in mail.asides {
            if by != self.who.user {
                self.out.push(frame);
            }
        }
        let watched: Vec<_> =
            mail.presence.into_iter().filter(|(user, _)| self.watched.contains(user)).collect();
        if !watched.is_empty() {
            self.handle_presence(watched);
        }
        for number in mail.woken {
            if let Some(sub) = self.subs.get_mut(number) {
                sub.listener.looking();
                self.subs.ready(number);
            }
        }
        batch.append(&mut std::mem::take(&mut self.out));
        self.pour(batch);
    }

    /// Whether there may be something to write already.
    pub(crate) fn has_more(&self) -> bool {
        !self.out.is_empty() || self.subs.any_ready() || self.lane.is_holding()
    }

    /// How it ends, if it does; but what is to be written is written first.
    pub(crate) fn ended(&self) -> Option<End> {
        if !self.out.is_empty() {
            return None;
        }
        let going_away = || End::Close(CloseCode::GOING_AWAY, self.shared.farewell());
        let drained = self.draining.is_some() && self.sends == 0;
        self.end.clone().or_else(|| drained.then(going_away))
    }

    pub(super) fn is_draining(&self) -> bool {
        self.draining.is_some()
    }

    /// The gateway goes away: hear nothing more, wait a little for what is under way.
    pub(super) fn drain(&mut self) {
        self.draining = Some(Instant::now() + DRAIN_MAX);
    }

    pub(crate) fn heard(&mut self, now: Instant) {
        self.heard = now;
    }

    /// When it wants to be told the time.
    pub(crate) fn deadline(&self) -> Instant {
        let silent = self.heard + 3 * self.shared.options.heartbeat;
        let check = self.checked + self.shared.options.heartbeat;
        let retry = self.retries.first().map(|(at, _)| *at);
        let rest = [self.acks.deadline(), retry, self.draining, self.expires];
        rest.into_iter().flatten().fold(silent.min(check), Instant::min)
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        if now >= self.heard + 3 * self.shared.options.heartbeat {
            if self.has_room() {
                self.end = Some(End::Close(CloseCode::SILENT, "nothing was heard".to_owned()));
            }
            self.heard = now; // Who is not read cannot be heard.
        }
        if now >= self.checked + self.shared.options.heartbeat {
            self.checked = now;
            self.check_owner();
            self.check_grant();
        }
        if self.expires.is_some_and(|at| at <= now) {
            self.expires = None;
            let reason = "the token has expired: connect again with a new one".to_owned();
            self.end = Some(End::Close(CloseCode::EXPIRED, reason));
        }
        if self.draining.is_some_and(|until| until <= now) {
            self.end = Some(End::Close(CloseCode::GOING_AWAY, self.shared.farewell()));
        }
        let later = self.retries.split_off(&(now, u64::MAX));
        for (_, number) in std::mem::replace(&mut self.retries, later) {
            if let Some(sub) = self.subs.get_mut(number) {
                sub.retry = None;
                self.subs.ready(number);
            }
        }
        self.handle_acks(now);
    }

    fn check_owner(&mut self) {
        if self
            .shared
            .owner
            .lost_for()
            .is_some_and(|away| away > self.shared.options.owner_lost_max)
        {
            let reason = "the owner behind this gateway is lost: connect again".to_owned();
            self.end = Some(End::Close(CloseCode::OWNER_LOST, reason));
        }
    }

    /// What was taken back meanwhile.
    fn check_grant(&mut self) {
        let grant = self.who.grant.as_ref();
        if grant.is_some_and(|grant| self.shared.options.door.is_revoked(grant)) {
            let reason = "the token was revoked".to_owned();
            self.end = Some(End::Close(CloseCode::UNAUTHORIZED, reason));
        }
    }

    fn handle_answer(&mut self, answer: Answer) {
        match answer {
            Answer::Sent(about, at) => self.sent(about, &at),
            Answer::NotSent(about, refusal) => {
                self.sends -= 1;
                self.not_sent(about, refusal);
            }
            Answer::Page { number, page } => self.handle_page(number, *page),
            Answer::Admitted { number, standing } => self.handle_admitted(number, standing.head),
            Answer::Listed { number, conversations } => self.handle_listed(number, conversations),
            Answer::Members { number, count, members } => {
                self.handle_members_came(number, count, members);
            }
            Answer::Cursor { number, seq } => {
                if let Some(number) = self.openings.remove(&number)
                    && let Some(sub) = self.subs.get_mut(number)
                    && let Stage::Opening { known, asked, .. } = &mut sub.stage
                {
                    *asked = None;
                    known.cursor = Some(seq);
                    self.subs.ready(number);
                }
            }
            Answer::Nothing { number, refusal } => self.handle_nothing(number, refusal),
        }
    }

    fn sent(&mut self, about: SendAbout, at: &SentAt) {
        self.sends -= 1;
        self.traced(&about, || ("hubbub.seq", at.seq.to_string()));
        self.shared.latency.record(about.heard.elapsed());
        let SendAbout { reference, id, conversation, .. } = about;
        let SentAt { epoch, seq, received_at, duplicate } = *at;
        self.say(&Frame::Sent { reference, id, conversation, epoch, seq, received_at, duplicate });
    }

    fn not_sent(&mut self, about: SendAbout, refusal: Refusal) {
        let code = |refusal: &Refusal| Problem::from((About::default(), refusal.clone())).code;
        self.traced(&about, || ("hubbub.refusal", code(&refusal).to_string()));
        let SendAbout { reference, id, conversation, .. } = about;
        let about = About { reference, id: Some(id), conversation: Some(conversation) };
        self.refuse(about, refusal);
    }

    /// Ends the span of a send.
    fn traced(&self, about: &SendAbout, how: impl FnOnce() -> (&'static str, String)) {
        if let (Some(tracer), Some(begun)) = (&self.shared.options.tracer, &about.trace) {
            let conversation = ("hubbub.conversation", about.conversation.to_string());
            let id = ("messaging.message.id", about.id.to_string());
            tracer.end(**begun, "message", vec![conversation, id, how()]);
        }
    }

    fn refuse(&mut self, about: About, refusal: Refusal) {
        self.say(&Frame::Problem(Problem::from((about, refusal))));
    }

    fn say(&mut self, frame: &Frame) {
        self.out.push(Words::of(frame, self.encoding));
    }

    fn number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    /// Asks again for a subscription, after what the owner said.
    fn retry(&mut self, number: u64, refusal: &Refusal) {
        let at = Instant::now() + retry_after(refusal);
        if let Some(sub) = self.subs.get_mut(number)
            && sub.retry.is_none()
        {
            sub.retry = Some(at);
            self.retries.insert((at, number));
        }
    }
}

impl Drop for Desk {
    /// Also when the task is dropped in the middle: nobody may stay registered.
    fn drop(&mut self) {
        for number in self.subs.numbers() {
            self.leave(number);
        }
        for user in std::mem::take(&mut self.watched) {
            self.unwatch(&user);
        }
        if self.who.is_present {
            self.shared.people.go(&self.who.user, |what| self.shared.owner.say_or_break(what));
        }
        self.mailbox.close();
    }
}

impl Desk {
    /// Takes a subscription away, passing on its last acknowledgement. Gives the highest it was sent.
    fn leave(&mut self, number: u64) -> Option<(Position, Option<Position>)> {
        self.pass_ack(number);
        self.acks.remove(number);
        let gone = self.subs.remove(number)?;
        if gone.queued || self.lane.holds(number) {
            self.lane.forget(number);
        }
        if let Some(at) = gone.retry {
            self.retries.remove(&(at, number));
        }
        self.shared.topics.leave(&gone.seat);
        sub(&self.shared.counts.subscriptions, 1);
        Some((gone.sent(), gone.acked))
    }

    fn not_recovered(&mut self) {
        count(&self.shared.counts.not_recovered_total);
    }
}

/// Before everything.
const NOWHERE: Position = Position { epoch: Epoch(0), seq: Seq(0) };
