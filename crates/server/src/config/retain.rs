//! How long what is said is kept: `open 30d, channel 90d 100000` in words.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use model::Kind;
use thiserror::Error;

/// What is kept of one kind of conversation. What is neither limited is kept for ever.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Keep {
    /// No longer than this.
    pub age: Option<Duration>,
    /// Not more than so many texts of each conversation.
    pub texts: Option<u64>,
}

/// What is kept, by kind of conversation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retain {
    kinds: [Keep; KINDS.len()],
}

const KINDS: [Kind; 4] = [Kind::Open, Kind::Direct, Kind::Group, Kind::Channel];

/// Stands for all kinds that have no rule of their own.
const ALL: &str = "all";

/// Between the words of a rule: `open 30d`, or in a shell `open:30d`.
const SEPARATORS: [char; 2] = [' ', ':'];

const UNITS: [(char, u64); 4] = [('s', 1), ('m', 60), ('h', 3_600), ('d', 86_400)];

/// Why a text is no rule.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{found:?} is no rule: write a kind (open, direct, group, channel, all), then an age such as 30d or 12h, \
     a count of texts such as 100000, or both; rules with commas between them"
)]
pub struct NoRule {
    found: String,
}

impl Retain {
    /// What is kept of conversations of this kind.
    pub fn of(&self, kind: Kind) -> Keep {
        let known = KINDS.iter().zip(&self.kinds).find(|(of, _)| **of == kind);
        known.map(|(_, keep)| *keep).unwrap_or_default()
    }

    /// Everything, for ever.
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }
}

impl FromStr for Retain {
    type Err = NoRule;
    fn from_str(text: &str) -> Result<Self, NoRule> {
        let mut retain = Self::default();
        let mut named = [false; KINDS.len()];
        for rule in text.split(',').map(str::trim).filter(|rule| !rule.is_empty()) {
            let bad = || NoRule { found: rule.to_owned() };
            let mut words = rule.split(SEPARATORS).filter(|word| !word.is_empty());
            let kind = words.next().ok_or_else(bad)?;
            let keep = keep(words).ok_or_else(bad)?;
            if kind == ALL {
                let unnamed = retain.kinds.iter_mut().zip(named).filter(|(_, named)| !named);
                unnamed.for_each(|(kept, _)| *kept = keep);
            } else {
                let at = KINDS.iter().position(|of| of.name() == kind).ok_or_else(bad)?;
                retain.kinds[at] = keep;
                named[at] = true;
            }
        }
        Ok(retain)
    }
}

fn keep<'a>(words: impl Iterator<Item = &'a str>) -> Option<Keep> {
    let mut keep = Keep::default();
    for word in words {
        let digits = word.trim_end_matches(|c: char| c.is_ascii_lowercase());
        let number = digits.parse::<u64>().ok().filter(|number| *number > 0)?;
        let unit = &word[digits.len()..];
        let slot = match UNITS.iter().find(|(name, _)| unit.chars().eq([*name])) {
            Some((_, seconds)) => {
                let age = Duration::from_secs(number.checked_mul(*seconds)?);
                keep.age.replace(age).map(|_| ())
            }
            None if unit.is_empty() => keep.texts.replace(number).map(|_| ()),
            None => return None,
        };
        if slot.is_some() {
            return None;
        }
    }
    (keep != Keep::default()).then_some(keep)
}

impl fmt::Display for Retain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let limited = KINDS.iter().zip(&self.kinds).filter(|(_, keep)| **keep != Keep::default());
        for (at, (kind, keep)) in limited.enumerate() {
            write!(f, "{}{}", if at == 0 { "" } else { ", " }, kind.name())?;
            if let Some(age) = keep.age {
                write!(f, " {}s", age.as_secs())?;
            }
            if let Some(texts) = keep.texts {
                write!(f, " {texts}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keep(age: Option<u64>, texts: Option<u64>) -> Keep {
        Keep { age: age.map(Duration::from_secs), texts }
    }

    #[test]
    fn rules_say_what_is_kept_of_each_kind_and_come_back_as_they_were() {
        let retain: Retain = "channel 90d 100000, open:45s,all  2h".parse().unwrap();
        assert_eq!(retain.of(Kind::Channel), keep(Some(90 * 86_400), Some(100_000)));
        assert_eq!(retain.of(Kind::Open), keep(Some(45), None));
        assert_eq!(retain.of(Kind::Group), keep(Some(7_200), None));
        assert_eq!(retain.of(Kind::Direct), keep(Some(7_200), None));
        assert_eq!(retain.to_string().parse(), Ok(retain));
        assert!("".parse::<Retain>().unwrap().is_all());
        assert!(Retain::default().to_string().is_empty());
    }

    #[test]
    fn what_is_no_rule_is_refused_with_the_rule() {
        for text in [
            "open",
            "open 0d",
            "open 5w",
            "open 5d 6d",
            "open 1 2",
            "room 5d",
            "open 1d,x",
            "30d",
            "open 99999999999999999999",
            "open 999999999999999999d",
        ] {
            let why = text.parse::<Retain>().unwrap_err().to_string();
            assert!(why.contains("is no rule"), "{text}: {why}");
        }
    }
}
