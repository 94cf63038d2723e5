//! How values look in JSON where that differs from how `model` serialises them: ids as text, numbers
//! that every JSON reader can hold.

use std::fmt::{self, Display};
use std::marker::PhantomData;
use std::str::FromStr;

use model::bounds::COUNTER_MAX;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A value written as the text it displays as, without a `String` in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Text<T>(pub(crate) T);

impl<T: Display> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&self.0)
    }
}

impl<'de, T: FromStr<Err: Display>> Deserialize<'de> for Text<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(TextVisitor(PhantomData))
    }
}

struct TextVisitor<T>(PhantomData<T>);

impl<T: FromStr<Err: Display>> Visitor<'_> for TextVisitor<T> {
    type Value = Text<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Text<T>, E> {
        text.parse().map(Text).map_err(E::custom)
    }
}

/// An integer of at most [`COUNTER_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Number(pub(crate) u64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let number = u64::deserialize(from)?;
        if number > COUNTER_MAX {
            return Err(D::Error::custom(format!("{number}: the most is {COUNTER_MAX}")));
        }
        Ok(Self(number))
    }
}

/// The JSON text of a private shape.
pub(crate) fn json<T: Serialize>(shape: &T) -> String {
    serde_json::to_string(shape).expect("shapes have text keys and nothing that can fail")
}
