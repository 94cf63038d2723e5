//! Reading one field of a command, or saying what is wrong with it: which field, which value, what
//! would be right.

use std::ops::RangeInclusive;
use std::str::FromStr;

use model::Body;
use serde_json::Value;

/// Characters of a wrong value that are shown.
const SHOWN_MAX_CHARS: usize = 40;

/// A field as it came: `null` is the same as not there.
pub(crate) type Field = Option<Value>;

/// A name's rule.
pub(crate) const NAME: &str = "a name of 1 to 64 of the characters a-z A-Z 0-9 . _ : -";

/// What is wrong with a field, for people.
pub(crate) fn wrong(name: &str, field: &Field, give: &str) -> String {
    match field {
        None => format!("`{name}` is missing: give {give}"),
        Some(value) => format!("`{name}` is {}: give {give}", shown(&value.to_string())),
    }
}

/// An integer in a range.
pub(crate) fn integer(
    name: &str,
    field: &Field,
    range: RangeInclusive<u64>,
) -> Result<u64, String> {
    field.as_ref().and_then(Value::as_u64).filter(|number| range.contains(number)).ok_or_else(
        || wrong(name, field, &format!("an integer from {} to {}", range.start(), range.end())),
    )
}

/// An integer in a range, if it is there.
pub(crate) fn optional_integer(
    name: &str,
    field: &Field,
    range: RangeInclusive<u64>,
) -> Result<Option<u64>, String> {
    field.as_ref().map(|_| integer(name, field, range)).transpose()
}

/// A field, if it is there.
pub(crate) fn optional<T>(
    field: &Field,
    read: impl FnOnce(&Field) -> Result<T, String>,
) -> Result<Option<T>, String> {
    if field.is_some() { read(field).map(Some) } else { Ok(None) }
}

/// Yes or no.
pub(crate) fn flag(name: &str, field: &Field, absent: bool) -> Result<bool, String> {
    match field {
        None => Ok(absent),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err(wrong(name, field, "true or false")),
    }
}

/// A text of at most so many bytes. It is not shown: it may be a secret, or people's.
pub(crate) fn text(name: &str, field: &Field, most: usize) -> Result<String, String> {
    match field {
        Some(Value::String(text)) if text.len() <= most => Ok(text.clone()),
        Some(Value::String(text)) => {
            Err(format!("`{name}` has {} bytes: the most is {most}", text.len()))
        }
        None => Err(wrong(name, field, "a text")),
        Some(_) => Err(format!("`{name}` is no text: give a text")),
    }
}

/// A list of at most so many names.
pub(crate) fn names<T: FromStr>(name: &str, field: &Field, most: usize) -> Result<Vec<T>, String> {
    let give = format!("a list of at most {most} names");
    let list = field.as_ref().and_then(Value::as_array).filter(|list| list.len() <= most);
    let list = list.ok_or_else(|| wrong(name, field, &give))?;
    list.iter().map(|value| parsed(name, &Some(value.clone()), NAME)).collect()
}

/// Something that is written as text.
pub(crate) fn parsed<T: FromStr>(name: &str, field: &Field, give: &str) -> Result<T, String> {
    field
        .as_ref()
        .and_then(Value::as_str)
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| wrong(name, field, give))
}

/// A body. Its text is not shown: what people say does not belong in a log.
pub(crate) fn body(name: &str, field: &Field) -> Result<Body, String> {
    match field {
        Some(Value::String(text)) => Body::new(text).map_err(|why| format!("`{name}`: {why}")),
        other => Err(wrong(name, other, "a text of 1 to 8192 bytes")),
    }
}

/// The beginning of a text that someone else chose.
pub(crate) fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN_MAX_CHARS) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text.to_owned(),
    }
}
