//! In which words the NLP service is asked, and with which key.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use clap::ValueEnum;
use serde::{Deserialize, Deserializer, Serialize};

use super::ConfigError;
use super::enriching::EnrichLayer;

/// What stands for the text in a request of the format `mapped`.
const TEXT: &str = "\"$text\"";

/// What is sent if nothing else is said.
const REQUEST: &str = r#"{"text":"$text"}"#;

/// The name of a format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FormName {
    /// That of `hubbub nlp`.
    Hubbub,
    /// Chat completions, as OpenAI's service has them, and many others.
    Openai,
    /// Any JSON, by `nlp_map_request` and `nlp_map`.
    Mapped,
}

/// A format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// That of `hubbub nlp`.
    Hubbub,
    /// Chat completions.
    OpenAi {
        /// Of this model.
        model: String,
    },
    /// Any JSON.
    Mapped {
        /// What is sent, the text left open.
        request: String,
        /// Where the answer says what: JSON pointers.
        map: BTreeMap<Field, String>,
    },
}

/// What an answer may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// ISO 639 code.
    Language,
    /// −1 to 1.
    Sentiment,
    /// A label.
    Topic,
    /// 0 to 1.
    Toxicity,
    /// 0 to 1.
    Urgency,
}

/// The key that the service asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyConfig {
    /// The key itself, from the environment or the file of settings.
    pub given: Option<Secret>,
    /// Where it stands.
    pub file: Option<PathBuf>,
    /// In which header it is sent, in lower case.
    pub header: String,
}

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text.
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// Also of a number, which a variable of digits alone is taken for; an error says nothing of it.
impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(given: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Given {
            Text(String),
            Number(i64),
        }
        let Ok(given) = Given::deserialize(given) else {
            return Err(serde::de::Error::custom("a key is a text"));
        };
        Ok(Self(match given {
            Given::Text(text) => text,
            Given::Number(number) => number.to_string(),
        }))
    }
}

impl Field {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Language, Self::Sentiment, Self::Topic, Self::Toxicity, Self::Urgency];

    /// Its name in a map.
    pub fn text(self) -> &'static str {
        match self {
            Self::Language => "language",
            Self::Sentiment => "sentiment",
            Self::Topic => "topic",
            Self::Toxicity => "toxicity",
            Self::Urgency => "urgency",
        }
    }
}

impl Form {
    /// Its name.
    pub fn name(&self) -> FormName {
        match self {
            Self::Hubbub => FormName::Hubbub,
            Self::OpenAi { .. } => FormName::Openai,
            Self::Mapped { .. } => FormName::Mapped,
        }
    }

    /// The model, where there is one.
    pub(super) fn model(&self) -> Option<String> {
        if let Self::OpenAi { model } = self { Some(model.clone()) } else { None }
    }

    /// Request and map, where there are any.
    pub(super) fn mapped(&self) -> Option<(String, String)> {
        let Self::Mapped { request, map } = self else { return None };
        let pairs: Vec<_> =
            map.iter().map(|(field, at)| format!("{}={at}", field.text())).collect();
        Some((request.clone(), pairs.join(", ")))
    }
}

impl EnrichLayer {
    pub(super) fn form(&self) -> Result<Form, ConfigError> {
        let name = self.nlp_format.unwrap_or(FormName::Hubbub);
        let others = [
            ("nlp_model", self.nlp_model.is_some(), FormName::Openai),
            ("nlp_map", self.nlp_map.is_some(), FormName::Mapped),
            ("nlp_map_request", self.nlp_map_request.is_some(), FormName::Mapped),
        ];
        for (key, is_given, of) in others {
            if is_given && name != of {
                let of = of.to_possible_value().map(|of| of.get_name().to_owned());
                let why = format!("it is for nlp_format = {:?} only", of.unwrap_or_default());
                return Err(ConfigError::BadValue { key, why });
            }
        }
        match name {
            FormName::Hubbub => Ok(Form::Hubbub),
            FormName::Openai => {
                let model = self.nlp_model.clone().filter(|model| !model.is_empty());
                let why = "nlp_format = \"openai\" needs the name of a model".to_owned();
                let model = model.ok_or(ConfigError::BadValue { key: "nlp_model", why })?;
                Ok(Form::OpenAi { model })
            }
            FormName::Mapped => Ok(Form::Mapped {
                request: request(self.nlp_map_request.as_deref().unwrap_or(REQUEST))?,
                map: map(self.nlp_map.as_deref().unwrap_or_default())?,
            }),
        }
    }

    pub(super) fn key(&self) -> Result<KeyConfig, ConfigError> {
        let bad = |key, why: &str| Err(ConfigError::BadValue { key, why: why.to_owned() });
        if self.nlp_key.is_some() && self.nlp_key_file.is_some() {
            return bad("nlp_key_file", "nlp_key is given, too: leave one out");
        }
        let header = self.nlp_key_header.as_deref().unwrap_or("authorization");
        let is_token = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
        if header.is_empty() || !header.bytes().all(is_token) {
            return bad("nlp_key_header", "it is no name of a header");
        }
        let (given, file) = (self.nlp_key.clone(), self.nlp_key_file.clone());
        Ok(KeyConfig { given, file, header: header.to_ascii_lowercase() })
    }
}

/// JSON with one place for the text.
fn request(text: &str) -> Result<String, ConfigError> {
    let bad = |why: String| ConfigError::BadValue { key: "nlp_map_request", why };
    let value: serde_json::Value =
        serde_json::from_str(text).map_err(|why| bad(format!("it is no JSON: {why}")))?;
    let text = value.to_string();
    match text.matches(TEXT).count() {
        1 => Ok(text),
        count => Err(bad(format!("it has {TEXT} {count} times: once is where the text goes"))),
    }
}

/// `sentiment=/score, language=/lang`.
fn map(text: &str) -> Result<BTreeMap<Field, String>, ConfigError> {
    let bad = |why: String| Err(ConfigError::BadValue { key: "nlp_map", why });
    let mut map = BTreeMap::new();
    for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let Some((name, at)) = pair.split_once('=') else {
            return bad(format!("{pair:?} is written name=/pointer"));
        };
        let (name, at) = (name.trim(), at.trim());
        let Some(field) = Field::ALL.into_iter().find(|field| field.text() == name) else {
            let names = Field::ALL.map(Field::text).join(", ");
            return bad(format!("{name:?} is nothing we know; there are {names}"));
        };
        if !at.is_empty() && !at.starts_with('/') {
            return bad(format!("{at:?} is no JSON pointer (RFC 6901): it begins with /"));
        }
        if map.insert(field, at.to_owned()).is_some() {
            return bad(format!("{name} is there twice"));
        }
    }
    if map.is_empty() {
        return bad("it is empty: say where the answer has what, as sentiment=/score".to_owned());
    }
    Ok(map)
}

#[cfg(test)]
mod tests;
