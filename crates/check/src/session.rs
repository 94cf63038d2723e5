//! One history, line by line: what its client had been sent when it spoke, and what it kept.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{InstanceId, MessageId};

use crate::Kind;
use crate::book::{
    Acknowledged, Attempt, Book, Draft, Entry, FinalRead, FromCursor, Held, Name, Outcome, Spot,
    Where,
};
use crate::causality::Author;
use crate::connection::Connection;
use crate::frame::{self, Answer, Command, From, Heard};
use crate::line::{Header, Line};
use crate::rooms::Told;
use crate::what::{What, born};

/// The highest of something, and the line that showed it.
type Highest = (u64, Where);

/// One client session, or one final read.
#[derive(Debug)]
pub(crate) struct Session {
    file: u32,
    user: Name,
    device: Name,
    instance: InstanceId,
    /// Index among the final reads, if this is one.
    final_read: Option<usize>,
    connections: BTreeMap<u64, Connection>,
    last_closed: Option<Connection>,
    /// What it was sent, and what it said, as far as one depends on the other.
    author: Author,
    /// By conversation: the highest it acknowledged as a reader.
    acknowledged: BTreeMap<Name, u64>,
    /// By conversation: the highest message it was told of, sent to it or not.
    told: BTreeMap<Name, Highest>,
    /// What it said and what was not yet answered for good.
    unanswered: BTreeMap<MessageId, Where>,
    ended: bool,
}

fn raise(map: &mut BTreeMap<Name, Highest>, name: &Name, value: u64, at: Where) {
    let known = map.entry(Arc::clone(name)).or_insert((0, at));
    if value > known.0 {
        *known = (value, at);
    }
}

impl Session {
    pub(crate) fn new(book: &mut Book, file: u32, header: Header) -> Self {
        let final_read = header.is_final.then(|| {
            book.finals.push((file, BTreeMap::new()));
            book.finals.len() - 1
        });
        match final_read {
            Some(_) => book.counts.finals += 1,
            None => book.counts.clients += 1,
        }
        book.instances.insert(header.instance);
        Self {
            file,
            user: book.name(&header.user),
            device: book.name(&header.device),
            instance: header.instance,
            final_read,
            connections: BTreeMap::new(),
            last_closed: None,
            author: Author::default(),
            acknowledged: BTreeMap::new(),
            told: BTreeMap::new(),
            unanswered: BTreeMap::new(),
            ended: false,
        }
    }

    pub(crate) fn line(&mut self, book: &mut Book, at: Where, line: &Line<'_>) {
        match line {
            Line::Open { conn } => {
                book.counts.connections += 1;
                self.connections.insert(*conn, Connection::default());
            }
            Line::Out { conn, frame } => self.out(book, at, *conn, frame::command(frame)),
            Line::In { conn, frame } => match frame::answer(frame) {
                Ok(answer) => self.answered(book, at, *conn, answer),
                Err(why) => {
                    book.found(Kind::Unreadable, None, format!("a server's frame: {why}"), &[at]);
                }
            },
            Line::Close { conn } => self.last_closed = self.connections.remove(conn),
            Line::End { vanished: true, .. } => self.ended = true,
            Line::End { outbox, waited, vanished: false } => self.end(book, at, *outbox, *waited),
        }
    }

    /// The file is over.
    pub(crate) fn close(&self, book: &mut Book) {
        self.author.judge(book, self.file);
        if !self.ended && self.final_read.is_none() {
            book.counts.without_end += 1;
        }
    }

    fn out(&mut self, book: &mut Book, at: Where, conn: u64, command: Command) {
        match command {
            Command::Hello(hello) => {
                self.connections.entry(conn).or_default().hello(hello.ticket);
            }
            Command::Send(send) => self.send(book, at, conn, *send),
            Command::Subscribe(subscribe) => {
                let name = book.name(&subscribe.conversation);
                let connection = self.connections.entry(conn).or_default();
                connection.ask(subscribe.reference, name, subscribe.from);
            }
            Command::Ack(ack) => {
                book.counts.acks += 1;
                let name = book.name(&ack.conversation);
                let mine = self.acknowledged.entry(Arc::clone(&name)).or_default();
                *mine = ack.seq.max(*mine);
                let device = (Arc::clone(&self.user), Arc::clone(&self.device), name);
                book.cursors.entry(device).or_default().insert(self.file, *mine);
            }
            Command::Unsubscribe | Command::Other => {}
        }
    }

    fn send(&mut self, book: &mut Book, at: Where, conn: u64, send: frame::Send) {
        let (id, reference) = (send.id, send.reference);
        let Some((conversation, what)) = understood(id, &self.user, send.conversation, send.what)
        else {
            return;
        };
        let conversation = book.name(&conversation);
        let draft = Draft {
            conversation,
            sender: Arc::clone(&self.user),
            what,
            lamport: send.lamport,
            seen_seq: send.seen_seq,
            sent_at: send.sent_at,
        };
        book.counts.sends += 1;
        let entry = book.entries.entry(id).or_default();
        let is_first = entry.attempts.is_empty();
        if !entry.is_acknowledged() {
            self.unanswered.entry(id).or_insert(at);
        }
        if is_first {
            book.counts.said += 1;
            if id.instance == self.instance {
                let stamps = (draft.lamport, draft.seen_seq);
                self.author.say(id, Arc::clone(&draft.conversation), stamps, at);
            }
        }
        let draft = entry.drafts.iter().position(|known| *known == draft).unwrap_or_else(|| {
            entry.drafts.push(draft);
            entry.drafts.len() - 1
        });
        let outcome = Outcome::Unanswered;
        entry.attempts.push(Attempt { at, conn, reference, draft, outcome, answered: None });
    }

    fn answered(&mut self, book: &mut Book, at: Where, conn: u64, answer: Answer) {
        match answer {
            Answer::Sent(sent) => self.sent(book, at, conn, &sent),
            Answer::Subscribed(subscribed) => self.subscribed(book, at, conn, &subscribed),
            Answer::Message(message) => {
                book.counts.delivered += 1;
                let name = book.name(&message.conversation);
                let connection = self.connections.entry(conn).or_default();
                connection.message(book, &name, message.epoch, message.said.seq, at);
                self.hear(book, at, &name, message.epoch, message.said);
            }
            Answer::Page(page) => self.page(book, at, page),
            Answer::Unsubscribed(frame) => {
                let name = book.name(&frame.conversation);
                book.counts.removed += u64::from(frame.reference.is_none());
                self.connections.entry(conn).or_default().unsubscribed(&name);
            }
            Answer::Problem(problem) => self.problem(book, at, conn, problem),
            Answer::Welcome => self.connections.entry(conn).or_default().welcome(book, at),
            Answer::Idle => {}
            Answer::Unknown => book.counts.unknown_frames += 1,
        }
    }

    fn sent(&mut self, book: &mut Book, at: Where, conn: u64, sent: &frame::Sent) {
        let name = book.name(&sent.conversation);
        book.see_epoch(&name, sent.epoch, at);
        book.see_head(&name, sent.epoch, sent.seq, at);
        raise(&mut self.told, &name, sent.seq, at);
        self.author.tell(&name, sent.seq, at);
        self.unanswered.remove(&sent.id);
        let spot = Spot { conversation: Arc::clone(&name), seq: sent.seq, epoch: sent.epoch };
        book.see_id(sent.id, &spot, at);
        let entry = book.entries.entry(sent.id).or_default();
        if !entry.is_acknowledged() {
            book.counts.acknowledged += 1;
        }
        book.counts.duplicates += u64::from(sent.duplicate);
        let (received_at, duplicate) = (sent.received_at, sent.duplicate);
        entry.acknowledged.push(Acknowledged { at, spot, received_at, duplicate });
        let answer = (self.file, conn, sent.reference, Outcome::Sent);
        let Some(draft) = settle(entry, answer, at) else {
            let text = format!("id {} is acknowledged, but nobody asked here", sent.id);
            book.found(Kind::WrongAcknowledgement, Some(&name), text, &[at]);
            return;
        };
        let draft = &entry.drafts[draft];
        let (seen, said_in) = (draft.seen_seq, Arc::clone(&draft.conversation));
        if said_in != name {
            let text = format!("id {} was said in {said_in}", sent.id);
            book.found(Kind::WrongAcknowledgement, Some(&name), text, &[at]);
        } else if sent.seq <= seen {
            let text =
                format!("id {} became seq {}, but its author had seen {seen}", sent.id, sent.seq);
            book.found(Kind::Causality, Some(&name), text, &[at]);
        }
    }

    fn subscribed(&mut self, book: &mut Book, at: Where, conn: u64, frame: &frame::Subscribed) {
        book.counts.subscriptions += 1;
        let name = book.name(&frame.conversation);
        book.see_epoch(&name, frame.epoch, at);
        book.see_head(&name, frame.epoch, frame.head, at);
        raise(&mut self.told, &name, frame.head, at);
        let connection = self.connections.entry(conn).or_default();
        let from = connection.subscribed(book, &name, frame, at);
        book.counts.resumed += u64::from(matches!(from, Some(From::Cursor | From::After { .. })));
        if !frame.recovered {
            self.author.tell(&name, frame.next.saturating_sub(1), at);
        } else if from == Some(From::Cursor) {
            let acknowledged_before = self.acknowledged.get(&name).copied().unwrap_or(0);
            let device = (Arc::clone(&self.user), Arc::clone(&self.device), name);
            let next = frame.next;
            book.from_cursor.push(FromCursor { device, next, acknowledged_before, at });
        }
    }

    fn hear(&mut self, book: &mut Book, at: Where, name: &Name, epoch: u64, heard: Heard) {
        book.see_epoch(name, epoch, at);
        self.author.hear(name, heard.seq, heard.lamport.0, at);
        raise(&mut self.told, name, heard.seq, at);
        let readers = book.readers.entry(Arc::clone(name)).or_default();
        readers.entry(Arc::clone(&self.user)).or_insert(at);
        book.see_message(name, epoch, heard, at);
    }

    fn page(&mut self, book: &mut Book, at: Where, page: frame::Page) {
        let name = book.name(&page.conversation);
        let (epoch, first, head) = (page.epoch, page.first, page.head);
        book.see_epoch(&name, epoch, at);
        book.see_head(&name, epoch, head, at);
        raise(&mut self.told, &name, head, at);
        if first > 1 && !book.options.damaged {
            let text = format!("history begins at {first}, though none was damaged");
            let (name, kind) = (Arc::clone(&name), Kind::FalseRecovered);
            book.held.push(Held { name, first, head, kind, text, at });
        }
        let seqs: Vec<u64> = page.messages.iter().map(|message| message.seq).collect();
        let skipped = seqs.windows(2).find(|pair| pair[0].checked_add(1) != Some(pair[1]));
        if let Some(pair) = skipped {
            let text = format!("a page goes from seq {} to {}", pair[0], pair[1]);
            book.found(Kind::Gap, Some(&name), text, &[at]);
        }
        if let Some(outside) = seqs.iter().find(|seq| !(first..=head).contains(*seq)) {
            let text = format!("a page of {first} to {head} holds seq {outside}");
            book.found(Kind::Gap, Some(&name), text, &[at]);
        }
        if let Some(read) = self.final_read {
            let empty = FinalRead { epoch, first, head, at, messages: BTreeMap::new() };
            let read = book.finals[read].1.entry(Arc::clone(&name)).or_insert(empty);
            (read.epoch, read.first, read.head, read.at) = (epoch, first, head, at);
            read.messages.extend(page.messages.iter().map(|message| (message.seq, message.id)));
        }
        for message in page.messages {
            book.counts.paged += 1;
            if message.what.is_text() {
                let told = Told {
                    seq: message.seq,
                    as_of: page.as_of,
                    edited: message.edited.clone(),
                    reactions: message.reactions.clone(),
                    at,
                };
                book.told.entry(Arc::clone(&name)).or_default().push(told);
            }
            self.hear(book, at, &name, epoch, message);
        }
    }

    fn problem(&mut self, book: &mut Book, at: Where, conn: u64, problem: frame::Problem) {
        let of_send = problem.id.as_ref().and_then(|id| id.parse::<MessageId>().ok());
        let for_good = problem.retry == "never";
        match of_send {
            Some(id) => {
                let entry = book.entries.entry(id).or_default();
                let outcome = match problem.code.as_str() {
                    "idempotency_conflict" => Outcome::Conflict,
                    _ if for_good => Outcome::RefusedForGood,
                    _ => Outcome::Refused,
                };
                settle(entry, (self.file, conn, problem.reference, outcome), at);
                if for_good {
                    self.unanswered.remove(&id);
                }
            }
            None if problem.code == "not_subscribed" => {}
            None => {
                let connection = self.connections.entry(conn).or_default();
                connection.refused(problem.reference, problem.conversation.as_deref());
            }
        }
        *book.counts.problems.entry(problem.code).or_default() += 1;
    }

    fn end(&mut self, book: &mut Book, at: Where, outbox: u64, waited: bool) {
        self.ended = true;
        if outbox > 0 {
            let text = format!("its client ended with {outbox} messages that nobody answered");
            book.found(Kind::Unanswered, None, text, &[at]);
        } else {
            for (id, said_at) in &self.unanswered {
                let text = format!("id {id} was never answered, but its client kept nothing");
                book.found(Kind::Unanswered, None, text, &[*said_at, at]);
            }
        }
        let connections = self.connections.values().chain(&self.last_closed);
        let standing = connections.filter(|_| waited).flat_map(Connection::standing);
        for (name, next, since) in standing {
            let (told, told_at) = self.told.get(name).copied().unwrap_or((0, at));
            if next <= told {
                let text = format!("seq {next} did not come, though {told} was told of");
                book.found(Kind::Stalled, Some(name), text, &[since, told_at, at]);
            }
        }
    }
}

/// Finds which sending was answered: the one with this `ref`, else the oldest on this connection
/// without an answer. Tells its draft.
fn settle(
    entry: &mut Entry,
    (file, conn, reference, outcome): (u32, u64, Option<u64>, Outcome),
    at: Where,
) -> Option<usize> {
    let attempt = entry.attempts.iter_mut().find(|attempt| {
        attempt.at.file == file
            && attempt.conn == conn
            && attempt.answered.is_none()
            && (reference.is_none() || attempt.reference == reference)
    })?;
    attempt.outcome = outcome;
    attempt.answered = Some(at);
    Some(attempt.draft)
}

/// Where something is said, and what. A `create` names its conversation by its id, or by its members.
fn understood(
    id: MessageId,
    author: &str,
    conversation: Option<String>,
    said: frame::Said,
) -> Option<(String, What)> {
    match said {
        frame::Said::What(what) => Some((conversation?, what)),
        frame::Said::Create(born_so) => {
            let frame::Born { kind, fields, others } = *born_so;
            let (name, members) = born(&kind, id, author, fields.with.as_deref(), &others)?;
            let what = fields.what("create", members).ok()?;
            Some((name, what))
        }
    }
}
