//! The history of one session (`docs/formats.md`), written as it happens, for the checker.

use std::sync::{Arc, Mutex};

use check::Report;
use client::Tap;
use serde_json::{Value, json};

/// A history being written.
#[derive(Debug, Clone)]
pub(crate) struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    /// `kind`: `client`, or `final` for a last reading of everything.
    pub(crate) fn new(user: &str, device: &str, instance: u64, kind: &str) -> Self {
        let header = json!({
            "hubbub_history": 1, "client": format!("{user}-{device}"), "user": user,
            "device": device, "instance": format!("{instance:016x}"), "kind": kind,
        });
        Self(Arc::new(Mutex::new(vec![header.to_string()])))
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    /// The frames that went out, or came in, of this type.
    pub(crate) fn frames(&self, event: &str, kind: &str) -> Vec<Value> {
        let parse = |line: &String| -> Option<Value> {
            let line: Value = serde_json::from_str(line).unwrap();
            let is_event = line["ev"] == event;
            let frame = line["frame"].as_str().filter(|_| is_event)?;
            let frame: Value = serde_json::from_str(frame).unwrap();
            (frame["type"] == kind).then_some(frame)
        };
        self.0.lock().unwrap().iter().filter_map(parse).collect()
    }

    /// Why its connections ended.
    pub(crate) fn closes(&self) -> Vec<String> {
        let why = |line: &String| -> Option<String> {
            let line: Value = serde_json::from_str(line).unwrap();
            (line["ev"] == "close").then(|| line["why"].as_str().unwrap().to_owned())
        };
        self.0.lock().unwrap().iter().filter_map(why).collect()
    }

    /// The client ended in order.
    pub(crate) fn end(&self, outbox: usize) {
        self.push(0, json!({"ev": "end", "outbox": outbox}));
    }

    fn push(&self, connection: u64, mut line: Value) {
        let mut lines = self.0.lock().unwrap();
        line["t"] = json!(lines.len());
        line["conn"] = json!(connection);
        lines.push(line.to_string());
    }
}

impl Tap for Notes {
    fn opened(&mut self, connection: u64, via: &str) {
        self.push(connection, json!({"ev": "open", "via": via}));
    }

    fn outgoing(&mut self, connection: u64, frame: &str) {
        self.push(connection, json!({"ev": "out", "frame": frame}));
    }

    fn incoming(&mut self, connection: u64, frame: &str) {
        self.push(connection, json!({"ev": "in", "frame": frame}));
    }

    fn closed(&mut self, connection: u64, why: &str) {
        self.push(connection, json!({"ev": "close", "why": why}));
    }
}

/// What the checker says of them all.
pub(crate) fn judge(histories: &[Notes]) -> Report {
    let named: Vec<_> = histories.iter().map(|notes| notes.lines().join("\n")).collect();
    let names: Vec<_> = (0..named.len()).map(|index| format!("history-{index}")).collect();
    let pairs = names.iter().map(String::as_str).zip(named.iter().map(String::as_str));
    check::check(pairs, check::Options::default())
}
