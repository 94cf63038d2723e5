//! What may leave for the outside service, by conversation: the text as it is, without what names somebody, or
//! nothing. The first rule that fits a conversation's name decides; where none fits, the text leaves as it is.

mod redact;

use std::fmt;
use std::str::FromStr;

use model::{Body, ConversationId};

use redact::{Kind, redacted};

/// Rules that may be given.
const RULES_MAX: usize = 256;

/// What may leave. Written `hr-* never, support-* emails numbers names, lobby as-is, * emails`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Privacy {
    rules: Vec<Rule>,
}

/// Why a text is no set of rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoPrivacy(String);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    /// A name, or its beginning.
    name: String,
    is_beginning: bool,
    treatment: Treatment,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Treatment {
    AsIs,
    Without(Vec<Kind>),
    Never,
}

impl Privacy {
    /// Whether texts of this conversation may leave at all.
    pub fn is_closed(&self, conversation: &ConversationId) -> bool {
        self.treatment(conversation) == Some(&Treatment::Never)
    }

    /// What of this text may leave.
    pub fn shown(&self, conversation: &ConversationId, text: &Body) -> Option<Body> {
        match self.treatment(conversation) {
            None | Some(Treatment::AsIs) => Some(text.clone()),
            Some(Treatment::Without(kinds)) => redacted(text, kinds),
            Some(Treatment::Never) => None,
        }
    }

    fn treatment(&self, conversation: &ConversationId) -> Option<&Treatment> {
        let name = conversation.as_str();
        let rule = self.rules.iter().find(|rule| match rule.is_beginning {
            true => name.starts_with(&rule.name),
            false => name == rule.name,
        });
        rule.map(|rule| &rule.treatment)
    }
}

impl FromStr for Privacy {
    type Err = NoPrivacy;

    fn from_str(text: &str) -> Result<Self, NoPrivacy> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let rules = parts.map(rule).collect::<Result<Vec<_>, _>>()?;
        if rules.len() > RULES_MAX {
            return Err(NoPrivacy(format!("{} rules: there may be {RULES_MAX}", rules.len())));
        }
        Ok(Self { rules })
    }
}

fn rule(text: &str) -> Result<Rule, NoPrivacy> {
    let mut words = text.split_whitespace();
    let name = words.next().unwrap_or_default();
    let (name, is_beginning) =
        name.strip_suffix('*').map_or((name, false), |beginning| (beginning, true));
    let words: Vec<&str> = words.collect();
    let treatment = match words.as_slice() {
        ["never"] => Treatment::Never,
        ["as-is"] => Treatment::AsIs,
        [] => {
            return Err(NoPrivacy(format!(
                "{text:?} does not say what happens to the texts there"
            )));
        }
        kinds => {
            let kinds =
                kinds.iter().map(|word| Kind::of(word).ok_or(word)).collect::<Result<_, _>>();
            Treatment::Without(kinds.map_err(|word| {
                NoPrivacy(format!(
                    "{word:?} in {text:?}: after a name come `never`, `as-is`, or of emails, numbers, names"
                ))
            })?)
        }
    };
    Ok(Rule { name: name.to_owned(), is_beginning, treatment })
}

impl fmt::Display for Privacy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, rule) in self.rules.iter().enumerate() {
            let comma = if at > 0 { ", " } else { "" };
            let star = if rule.is_beginning { "*" } else { "" };
            write!(f, "{comma}{}{star}", rule.name)?;
            match &rule.treatment {
                Treatment::Never => f.write_str(" never")?,
                Treatment::AsIs => f.write_str(" as-is")?,
                Treatment::Without(kinds) => {
                    kinds.iter().try_for_each(|kind| write!(f, " {}", kind.text()))?;
                }
            }
        }
        Ok(())
    }
}

impl fmt::Display for NoPrivacy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NoPrivacy {}

#[cfg(test)]
mod tests;
