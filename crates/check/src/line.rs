//! The lines of a history file, as `docs/formats.md` has them.

use std::borrow::Cow;

use model::InstanceId;
use serde::Deserialize;

/// The version of the file that this checker reads.
const VERSION: u64 = 1;

/// Whose history it is.
#[derive(Debug)]
pub(crate) struct Header {
    pub user: String,
    pub device: String,
    pub instance: InstanceId,
    pub is_final: bool,
}

#[derive(Deserialize)]
struct RawHeader {
    hubbub_history: u64,
    user: String,
    device: String,
    instance: String,
    kind: String,
}

/// Why a first line is not a header.
pub(crate) fn parse_header(text: &str) -> Result<Header, String> {
    let raw: RawHeader = serde_json::from_str(text).map_err(|e| e.to_string())?;
    if raw.hubbub_history != VERSION {
        return Err(format!("version {}: this checker reads {VERSION}", raw.hubbub_history));
    }
    let is_final = match raw.kind.as_str() {
        "client" => false,
        "final" => true,
        other => return Err(format!("kind {other:?}: it is \"client\" or \"final\"")),
    };
    let instance = raw.instance.parse().map_err(|e: model::MessageIdError| e.to_string())?;
    Ok(Header { user: raw.user, device: raw.device, instance, is_final })
}

/// Everything after the first line.
#[derive(Debug)]
pub(crate) enum Line<'a> {
    Open { conn: u64 },
    Out { conn: u64, frame: Cow<'a, str> },
    In { conn: u64, frame: Cow<'a, str> },
    Close { conn: u64 },
    End { outbox: u64, waited: bool, vanished: bool },
}

#[derive(Deserialize)]
struct RawLine<'a> {
    conn: u64,
    ev: &'a str,
    #[serde(borrow)]
    frame: Option<Cow<'a, str>>,
    outbox: Option<u64>,
    #[serde(default)]
    waited: bool,
    #[serde(default)]
    vanished: bool,
}

/// Why a line is none.
pub(crate) fn parse(text: &str) -> Result<Line<'_>, String> {
    let raw: RawLine<'_> = serde_json::from_str(text).map_err(|e| e.to_string())?;
    let conn = raw.conn;
    match (raw.ev, raw.frame, raw.outbox) {
        ("open", _, _) => Ok(Line::Open { conn }),
        ("out", Some(frame), _) => Ok(Line::Out { conn, frame }),
        ("in", Some(frame), _) => Ok(Line::In { conn, frame }),
        ("close", _, _) => Ok(Line::Close { conn }),
        ("end", _, Some(outbox)) => {
            Ok(Line::End { outbox, waited: raw.waited, vanished: raw.vanished })
        }
        (ev, _, _) => Err(format!("ev {ev:?}: unknown, or a field of it is missing")),
    }
}
