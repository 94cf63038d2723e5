//! Histories by hand.

use check::{Kind, Options, Report};
use serde_json::{Value, json};

/// A message id of the author with this number.
pub(crate) fn id(author: u64, counter: u64) -> String {
    format!("{author:016x}-{counter}")
}

/// A history that is being written. Sends and messages follow a few conventions, so that a test
/// says only what it is about: the Lamport counter is ten times the message's counter, `seen_seq` is
/// 0, the body is `hello <counter>`, times are thousands of the sequence number.
pub(crate) struct History {
    pub(crate) lines: Vec<String>,
    author: u64,
    conn: u64,
}

impl History {
    pub(crate) fn client(author: u64) -> Self {
        Self::new(author, "client", "d0")
    }

    pub(crate) fn device(author: u64, user: u64, device: &str) -> Self {
        let mut history = Self::new(author, "client", device);
        history.lines[0] = history.lines[0].replace(&format!("u{author}\""), &format!("u{user}\""));
        history
    }

    pub(crate) fn last_read() -> Self {
        Self::new(999, "final", "sweep")
    }

    fn new(author: u64, kind: &str, device: &str) -> Self {
        let header = json!({
            "hubbub_history": 1, "client": format!("c{author}"), "user": format!("u{author}"),
            "device": device, "instance": format!("{author:016x}"), "kind": kind,
        });
        Self { lines: vec![header.to_string()], author, conn: 0 }.open()
    }

    fn event(mut self, event: Value) -> Self {
        let mut event = event;
        event["t"] = json!(self.lines.len());
        self.lines.push(event.to_string());
        self
    }

    pub(crate) fn open(mut self) -> Self {
        self.conn += 1;
        let conn = self.conn;
        self.event(json!({"conn": conn, "ev": "open", "via": "g1"}))
    }

    pub(crate) fn hello_by(self, ticket: &str) -> Self {
        self.out(&json!({"type": "hello", "ticket": ticket}))
    }

    /// Says hello with a ticket, and is welcome.
    pub(crate) fn by_ticket(self, ticket: &str) -> Self {
        self.hello_by(ticket).got(&json!({"type": "welcome"}))
    }

    pub(crate) fn close(self) -> Self {
        let conn = self.conn;
        self.event(json!({"conn": conn, "ev": "close", "why": "cut"}))
    }

    pub(crate) fn end(self, outbox: u64) -> Self {
        self.close().event(json!({"conn": 0, "ev": "end", "outbox": outbox, "waited": true}))
    }

    pub(crate) fn out(self, frame: &Value) -> Self {
        let conn = self.conn;
        self.event(json!({"conn": conn, "ev": "out", "frame": frame.to_string()}))
    }

    pub(crate) fn got(self, frame: &Value) -> Self {
        let conn = self.conn;
        self.event(json!({"conn": conn, "ev": "in", "frame": frame.to_string()}))
    }

    pub(crate) fn say(self, counter: u64) -> Self {
        let frame = say(self.author, counter);
        self.out(&frame)
    }

    pub(crate) fn say_with(self, counter: u64, change: impl FnOnce(&mut Value)) -> Self {
        let mut frame = say(self.author, counter);
        change(&mut frame);
        self.out(&frame)
    }

    pub(crate) fn sent(self, counter: u64, seq: u64) -> Self {
        let frame = sent(self.author, counter, seq);
        self.got(&frame)
    }

    pub(crate) fn sent_again(self, counter: u64, seq: u64) -> Self {
        let mut frame = sent(self.author, counter, seq);
        frame["duplicate"] = json!(true);
        self.got(&frame)
    }

    pub(crate) fn refused(self, counter: u64, code: &str, retry: &str) -> Self {
        let id = id(self.author, counter);
        self.got(&json!({
            "type": "problem", "id": id, "conversation": "c", "code": code, "detail": "", "retry": retry,
        }))
    }

    /// Subscribes, and is answered.
    pub(crate) fn follow(self, from: Value, next: u64, head: u64) -> Self {
        let reference = self.lines.len();
        self.out(&json!({"type": "subscribe", "ref": reference, "conversation": "c", "from": from}))
            .got(&subscribed(Some(reference), next, head))
    }

    pub(crate) fn message(self, author: u64, counter: u64, seq: u64) -> Self {
        self.got(&message(author, counter, seq))
    }

    pub(crate) fn ack(self, seq: u64) -> Self {
        self.out(&json!({"type": "ack", "conversation": "c", "epoch": 1, "seq": seq}))
    }

    pub(crate) fn unfollow(self) -> Self {
        self.out(&json!({"type": "unsubscribe", "conversation": "c"}))
            .got(&json!({"type": "unsubscribed", "conversation": "c"}))
    }

    /// A page of these (author, counter), from seq `from` on.
    pub(crate) fn page(self, from: u64, head: u64, messages: &[(u64, u64)]) -> Self {
        let frame = page(from, head, messages);
        self.got(&frame)
    }

    pub(crate) fn text(&self) -> String {
        self.lines.join("\n")
    }
}

pub(crate) fn say(author: u64, counter: u64) -> Value {
    json!({
        "type": "send", "id": id(author, counter), "conversation": "c",
        "body": format!("hello {counter}"), "lamport": counter * 10, "seen_seq": 0, "sent_at": counter,
    })
}

pub(crate) fn sent(author: u64, counter: u64, seq: u64) -> Value {
    json!({
        "type": "sent", "id": id(author, counter), "conversation": "c", "epoch": 1, "seq": seq,
        "received_at": seq * 1000, "duplicate": false,
    })
}

pub(crate) fn subscribed(reference: Option<usize>, next: u64, head: u64) -> Value {
    json!({
        "type": "subscribed", "ref": reference, "conversation": "c", "epoch": 1, "recovered": true,
        "next": next, "head": head,
    })
}

pub(crate) fn message(author: u64, counter: u64, seq: u64) -> Value {
    let mut message = heard(author, counter, seq);
    message["type"] = json!("message");
    message["conversation"] = json!("c");
    message["epoch"] = json!(1);
    message
}

fn heard(author: u64, counter: u64, seq: u64) -> Value {
    json!({
        "seq": seq, "ordinal": seq, "id": id(author, counter), "sender": format!("u{author}"),
        "body": format!("hello {counter}"), "lamport": [counter * 10, format!("{author:016x}")],
        "seen_seq": 0, "sent_at": counter, "received_at": seq * 1000,
    })
}

pub(crate) fn page(from: u64, head: u64, messages: &[(u64, u64)]) -> Value {
    let messages: Vec<Value> = messages
        .iter()
        .zip(from..)
        .map(|(&(author, counter), seq)| heard(author, counter, seq))
        .collect();
    json!({
        "type": "page", "conversation": "c", "epoch": 1, "first": 1, "head": head, "messages": messages,
    })
}

/// A final read that holds these (author, counter) from 1 on.
pub(crate) fn final_read(messages: &[(u64, u64)]) -> History {
    let head = u64::try_from(messages.len()).unwrap();
    History::last_read().page(1, head, messages)
}

pub(crate) fn check(histories: &[History]) -> Report {
    check_with(histories, Options::default())
}

pub(crate) fn check_with(histories: &[History], options: Options) -> Report {
    let texts: Vec<String> = histories.iter().map(History::text).collect();
    let names: Vec<String> = (0..texts.len()).map(|n| format!("h{n}")).collect();
    check::check(names.iter().map(String::as_str).zip(texts.iter().map(String::as_str)), options)
}

/// Every kind that was found, and the first of this one in words.
pub(crate) fn assert_found(histories: &[History], kind: Kind, kinds: &[Kind], text: &str) {
    let report = check(histories);
    let found: Vec<Kind> = report.totals.keys().copied().collect();
    assert_eq!(found, kinds, "{report}");
    let first = report.anomalies.iter().find(|anomaly| anomaly.kind == kind).unwrap();
    assert_eq!(first.to_string(), text);
}

pub(crate) fn assert_green(histories: &[History]) -> Report {
    let report = check(histories);
    assert!(report.is_green(), "{report}");
    report
}
