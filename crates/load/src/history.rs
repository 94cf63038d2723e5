//! The history file of one session: every frame, on disk before anyone acts on it.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use client::Tap;
use model::{DeviceId, InstanceId, MessageId, UserId};
use serde_json::{Value, json};

use crate::talk::said::Said;

/// Whose history it is.
#[derive(Debug, Clone)]
pub(crate) struct Header {
    pub(crate) client: String,
    pub(crate) user: UserId,
    pub(crate) device: DeviceId,
    pub(crate) instance: InstanceId,
    /// A last read; otherwise a session.
    pub(crate) is_final: bool,
}

/// A history being written: one `write` a line, so that a death tears the last one at most.
#[derive(Debug)]
pub(crate) struct History {
    file: File,
    started: Instant,
}

impl History {
    /// A new file `FOLDER/NAME.jsonl`.
    pub(crate) fn create(folder: &Path, name: &str, header: &Header) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let file = File::create(folder.join(format!("{name}.jsonl")))?;
        let mut history = Self { file, started: Instant::now() };
        history.write(&json!({
            "hubbub_history": 1,
            "client": header.client,
            "user": header.user,
            "device": header.device,
            "instance": header.instance.to_string(),
            "kind": if header.is_final { "final" } else { "client" },
        }));
        Ok(history)
    }

    /// The client ended in order.
    pub(crate) fn end(&mut self, outbox: usize, ending: Ending) {
        let mut line = self.line(0, "end");
        line["outbox"] = json!(outbox);
        match ending {
            Ending::Quiet => {}
            Ending::Waited => line["waited"] = json!(true),
            Ending::Vanished => line["vanished"] = json!(true),
        }
        self.write(&line);
    }

    fn frame(&mut self, connection: u64, event: &str, frame: &str) {
        let mut line = self.line(connection, event);
        line["frame"] = json!(frame);
        self.write(&line);
    }

    fn line(&self, connection: u64, event: &str) -> Value {
        let t = u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX);
        json!({"t": t, "conn": connection, "ev": event})
    }

    /// # Panics
    /// When it cannot be written: a history with a hole would be judged wrongly.
    fn write(&mut self, line: &Value) {
        let mut text = line.to_string();
        text.push('\n');
        let written = self.file.write_all(text.as_bytes());
        assert!(written.is_ok(), "the history cannot be written: {written:?}");
    }
}

/// How a client ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Nothing more is claimed.
    Quiet,
    /// Its subscriptions had time to come to the end.
    Waited,
    /// On purpose, with whatever it had not brought through.
    Vanished,
}

impl Tap for History {
    fn opened(&mut self, connection: u64, via: &str) {
        let mut line = self.line(connection, "open");
        line["via"] = json!(via);
        self.write(&line);
    }

    fn outgoing(&mut self, connection: u64, frame: &str) {
        self.frame(connection, "out", frame);
    }

    fn incoming(&mut self, connection: u64, frame: &str) {
        self.frame(connection, "in", frame);
    }

    fn closed(&mut self, connection: u64, why: &str) {
        let mut line = self.line(connection, "close");
        line["why"] = json!(why);
        self.write(&line);
    }
}

/// A history that also remembers what was said, to say it again.
#[derive(Debug)]
pub(crate) struct Remembering {
    pub(crate) history: History,
    pub(crate) said: Arc<Mutex<Said>>,
}

impl Tap for Remembering {
    fn opened(&mut self, connection: u64, via: &str) {
        self.history.opened(connection, via);
    }

    fn outgoing(&mut self, connection: u64, frame: &str) {
        self.history.outgoing(connection, frame);
        if let Some(id) = said_id(frame) {
            self.said.lock().unwrap_or_else(PoisonError::into_inner).say(id, frame);
        }
    }

    fn incoming(&mut self, connection: u64, frame: &str) {
        self.history.incoming(connection, frame);
    }

    fn closed(&mut self, connection: u64, why: &str) {
        self.history.closed(connection, why);
    }
}

/// The id of a `send`.
fn said_id(frame: &str) -> Option<MessageId> {
    match wire::decode_command(frame) {
        Ok(wire::Command::Send { post, .. }) => Some(post.id),
        Ok(wire::Command::Create { birth, .. }) => Some(birth.id),
        Ok(_) | Err(_) => None,
    }
}

#[cfg(test)]
mod tests;
