//! A line that is one JSON object.

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::object::Fields;
use super::roles::TIMES;
use super::{Payload, record};
use crate::model::Bytewise;

/// Brackets beyond which an object may be nested too deep to be read.
const DEEP: usize = 100;

/// Reads a JSON object line, if that is what the text is. Objects that are no log record stay text.
pub(super) fn read(text: &str, depth: usize) -> Option<Payload> {
    object(text).filter(record::is_record).map(|record| record::read(record, depth))
}

/// Whether [`read`] would give a record, where a time at the top tells; `false` says nothing. Nothing is built for it.
pub(super) fn is_timed(text: &str) -> bool {
    let text = text.trimmed();
    // The parser bounds the depth of what it builds, and of nothing else.
    let deep = memchr::memchr2_iter(b'{', b'[', text.as_bytes()).nth(DEEP).is_some();
    if deep || !(text.starts_with('{') && text.ends_with('}')) {
        return false;
    }
    serde_json::from_str::<Times>(text).is_ok_and(|times| times.0.contains(&true))
}

/// Which of the fields for a time an object has, and not as null.
struct Times([bool; TIMES.len()]);

impl<'de> Deserialize<'de> for Times {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Self([false; TIMES.len()]))
    }
}

impl<'de> Visitor<'de> for Times {
    type Value = Self;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self, A::Error> {
        while let Some(key) = map.next_key::<Key>()? {
            // Of a key that stands twice the last value counts.
            let told = map.next_value::<Option<IgnoredAny>>()?.is_some();
            if let Key(Some(at)) = key {
                self.0[at] = told;
            }
        }
        Ok(self)
    }
}

/// The index of a field for a time.
struct Key(Option<usize>);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Self(None))
    }
}

impl Visitor<'_> for Key {
    type Value = Self;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self, E> {
        Ok(Self(TIMES.iter().position(|time| *time == key)))
    }
}

/// The object that the text consists of. Depth of nesting is bounded by the parser.
pub(super) fn object(text: &str) -> Option<Fields<'_>> {
    let text = text.trimmed();
    if !(text.starts_with('{') && text.ends_with('}') && text.len() > 2) {
        return None;
    }
    serde_json::from_str::<Fields<'_>>(text).ok().filter(|record| record.len() > 0)
}
