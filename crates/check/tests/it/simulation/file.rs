//! A history file in memory: `docs/formats.md` says what its lines are.

use model::{DeviceId, InstanceId, Mono, UserId};
use serde_json::json;

/// Whose file it is.
#[derive(Debug, Clone)]
pub(crate) struct Who {
    pub(crate) user: UserId,
    pub(crate) device: DeviceId,
    pub(crate) instance: InstanceId,
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

#[derive(Debug)]
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) text: String,
    /// The number of the last connection.
    conn: u64,
}

impl File {
    pub(crate) fn new(name: String, who: &Who, is_final: bool) -> Self {
        let header = json!({
            "hubbub_history": 1, "client": name, "user": who.user, "device": who.device,
            "instance": who.instance.to_string(), "kind": if is_final { "final" } else { "client" },
        });
        Self { name, text: format!("{header}\n"), conn: 0 }
    }

    pub(crate) fn open(&mut self, t: Mono, via: usize) {
        self.conn += 1;
        self.line(t, self.conn, "open", &format!(r#","via":"g{via}""#));
    }

    pub(crate) fn out(&mut self, t: Mono, frame: &str) {
        self.frame(t, "out", frame);
    }

    pub(crate) fn came(&mut self, t: Mono, frame: &str) {
        self.frame(t, "in", frame);
    }

    pub(crate) fn close(&mut self, t: Mono) {
        self.line(t, self.conn, "close", r#","why":"gone""#);
    }

    pub(crate) fn end(&mut self, t: Mono, outbox: usize, ending: Ending) {
        let more = match ending {
            Ending::Quiet => "",
            Ending::Waited => r#","waited":true"#,
            Ending::Vanished => r#","vanished":true"#,
        };
        self.line(t, 0, "end", &format!(r#","outbox":{outbox}{more}"#));
    }

    fn frame(&mut self, t: Mono, event: &str, frame: &str) {
        let frame = serde_json::to_string(frame).unwrap();
        self.line(t, self.conn, event, &format!(r#","frame":{frame}"#));
    }

    fn line(&mut self, Mono(t): Mono, conn: u64, event: &str, more: &str) {
        self.text.push_str(&format!("{{\"t\":{t},\"conn\":{conn},\"ev\":\"{event}\"{more}}}\n"));
    }
}
