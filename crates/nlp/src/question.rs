//! What is asked: one text, several, or a chat in the form that OpenAI's clients speak.

use std::borrow::Cow;

use model::bounds;
use serde::Deserialize;

use crate::problem::Problem;

/// Bytes of one text: as many as a message has.
pub const TEXT_MAX_BYTES: usize = bounds::BODY_MAX_BYTES;

/// Texts of one request.
pub const TEXTS_MAX: usize = 64;

/// Bytes of a request's body: all the texts, each twice as long for what JSON escapes.
pub const BODY_MAX_BYTES: usize = TEXTS_MAX * 2 * TEXT_MAX_BYTES;

/// Bytes of a model's name, which is given back.
pub const MODEL_MAX_BYTES: usize = 128;

/// What is asked.
#[derive(Debug, PartialEq)]
pub(crate) enum Asked<'a> {
    One(Cow<'a, str>),
    Many(Vec<Cow<'a, str>>),
    Chat { model: Cow<'a, str>, text: Cow<'a, str> },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question<'a> {
    #[serde(borrow)]
    text: Option<Cow<'a, str>>,
    #[serde(borrow)]
    texts: Option<Vec<Cow<'a, str>>>,
}

/// Of its many fields those that matter here; the others are for models.
#[derive(Deserialize)]
struct Chat<'a> {
    #[serde(borrow)]
    model: Cow<'a, str>,
    #[serde(borrow)]
    messages: Vec<Said<'a>>,
    stream: Option<bool>,
}

#[derive(Deserialize)]
struct Said<'a> {
    #[serde(borrow)]
    role: Cow<'a, str>,
    /// None when it only calls tools.
    content: Option<Content>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Deserialize)]
struct Part {
    #[serde(default)]
    text: String,
}

/// The body of `POST /v1/analyze`. A text of many that is too long is refused by itself, later.
pub(crate) fn question(body: &[u8]) -> Result<Asked<'_>, Problem> {
    match serde_json::from_slice(body).map_err(|why| not_json(&why))? {
        Question { text: Some(text), texts: None } => Ok(Asked::One(short(text)?)),
        Question { text: None, texts: Some(texts) } => match texts.len() {
            0 => Err(Problem::Empty),
            1..=TEXTS_MAX => Ok(Asked::Many(texts)),
            texts => Err(Problem::TooMany { texts }),
        },
        Question { .. } => Err(Problem::Neither),
    }
}

/// The body of `POST /v1/chat/completions`: the last message of the user is the text.
pub(crate) fn chat(body: &[u8]) -> Result<Asked<'_>, Problem> {
    let Chat { model, messages, stream } =
        serde_json::from_slice(body).map_err(|why| not_json(&why))?;
    if stream == Some(true) {
        return Err(Problem::NoStream);
    }
    if model.len() > MODEL_MAX_BYTES {
        return Err(Problem::ModelTooLong { bytes: model.len() });
    }
    let last = messages.into_iter().rev().find(|message| message.role == "user");
    let text = match last.ok_or(Problem::NoUser)?.content {
        None => String::new(),
        Some(Content::Text(text)) => text,
        Some(Content::Parts(parts)) => parts.into_iter().map(|part| part.text).collect(),
    };
    Ok(Asked::Chat { model, text: short(Cow::Owned(text))? })
}

pub(crate) fn is_too_long(text: &str) -> bool {
    text.len() > TEXT_MAX_BYTES
}

fn short(text: Cow<'_, str>) -> Result<Cow<'_, str>, Problem> {
    match is_too_long(&text) {
        true => Err(Problem::TooLong { bytes: text.len() }),
        false => Ok(text),
    }
}

fn not_json(why: &serde_json::Error) -> Problem {
    Problem::NotJson { why: why.to_string() }
}
