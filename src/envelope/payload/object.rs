//! The fields of a structured record, whatever format it was written in.
//!
//! A record is asked for a hundred names, most of which it does not have, so that has to cost next to nothing: no name is hashed before it is
//! known that the record may have it. It must never depend on how many fields a hostile record has more than once over.

use std::borrow::Cow;
use std::fmt;

use hashbrown::HashMap;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::roles::{self, Role};
use crate::model::Bytewise;

/// Among so many fields a name that stands twice is found by looking at all of them.
const FEW: usize = 48;

/// So many fields of an object inside a record are looked through before the hash of a name is known.
const FEW_INSIDE: usize = 16;

/// What has fields.
pub(super) trait Object {
    /// A field of it.
    fn at(&self, key: &str) -> Option<&Value>;

    /// All of them, in their order.
    fn fields(&self) -> impl Iterator<Item = (&str, &Value)>;

    /// Whether an object may be among its fields.
    fn is_nested(&self) -> bool {
        true
    }

    /// Whether one of its fields may be what it tells in a role.
    fn may_tell(&self, _role: Role) -> bool {
        true
    }

    /// Whether it has a field.
    fn has(&self, key: &str) -> bool {
        self.at(key).is_some()
    }

    /// Whether it has one of these fields, and not as null.
    fn tells(&self, keys: &[&str]) -> bool {
        keys.iter().any(|key| self.at(key).is_some_and(|value| !value.is_null()))
    }

    /// A value under a dotted name, written either as one key (`"error.type"`) or nested.
    fn under(&self, path: &str) -> Option<&Value> {
        if let Some(value) = self.at(path) {
            return Some(value).filter(|value| !value.is_null());
        }
        if !self.is_nested() {
            return None;
        }
        let dot = path.bytes().position(|byte| byte == b'.')?;
        self.at(&path[..dot])?.as_object()?.under(&path[dot + 1..])
    }

    /// The first of several fields that holds a non-empty string or a number, as text.
    fn text(&self, paths: &[&str]) -> Option<String> {
        paths.iter().find_map(|path| match self.under(path)? {
            Value::String(text) if !text.trimmed().is_empty() => Some(text.trimmed().to_owned()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        })
    }
}

impl Object for Map<String, Value> {
    fn at(&self, key: &str) -> Option<&Value> {
        if self.len() <= FEW_INSIDE {
            self.iter().find(|(name, _)| *name == key).map(|(_, value)| value)
        } else {
            self.get(key)
        }
    }

    fn fields(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.iter().map(|(key, value)| (key.as_str(), value))
    }
}

/// The fields of a record, each name once.
#[derive(Debug, Default)]
pub(super) struct Fields<'t> {
    all: Vec<(Cow<'t, str>, Value)>,
    /// A bit for each name; a name whose bit is not set is none of them.
    marks: u64,
    /// An object was among them.
    nested: bool,
    /// What their keys stand for, together.
    roles: u8,
}

impl<'t> Fields<'t> {
    /// Fields of which the last counts where a name stands twice, in the first one's place.
    fn of(all: Vec<(Cow<'t, str>, Value)>) -> Self {
        let mut fields = Self { all: Vec::with_capacity(all.len()), ..Self::default() };
        if all.len() <= FEW {
            all.into_iter().for_each(|(key, value)| fields.insert(key, value));
            return fields;
        }
        let mut places: HashMap<Cow<'t, str>, usize> = HashMap::with_capacity(all.len());
        for (key, value) in all {
            match places.get(&key) {
                Some(&place) => {
                    fields.nested |= value.is_object();
                    fields.all[place].1 = value;
                }
                None => {
                    places.insert(key.clone(), fields.all.len());
                    fields.push(key, value);
                }
            }
        }
        fields
    }

    fn push(&mut self, key: Cow<'t, str>, value: Value) {
        self.marks |= mark(&key);
        self.nested |= value.is_object();
        self.roles |= roles::of(&key);
        self.all.push((key, value));
    }

    /// Sets a field. This looks at all others.
    pub(super) fn insert(&mut self, key: impl Into<Cow<'t, str>>, value: Value) {
        let key = key.into();
        self.nested |= value.is_object();
        match self.at_mut(&key) {
            Some(field) => *field = value,
            None => self.push(key, value),
        }
    }

    /// A field to change, but not to an object.
    pub(super) fn at_mut(&mut self, key: &str) -> Option<&mut Value> {
        if self.marks & mark(key) == 0 {
            return None;
        }
        self.all.iter_mut().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// Takes a field out; the others stay in their order.
    pub(super) fn remove(&mut self, key: &str) -> Option<Value> {
        let at = self.all.iter().position(|(name, _)| name == key)?;
        Some(self.all.remove(at).1)
    }

    /// How many fields there are.
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }
}

impl Object for Fields<'_> {
    fn may_tell(&self, role: Role) -> bool {
        self.roles & role as u8 != 0
    }

    fn is_nested(&self) -> bool {
        self.nested
    }

    fn at(&self, key: &str) -> Option<&Value> {
        if self.marks & mark(key) == 0 {
            return None;
        }
        self.all.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    fn fields(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.all.iter().map(|(key, value)| (&**key, value))
    }
}

impl From<Map<String, Value>> for Fields<'_> {
    fn from(map: Map<String, Value>) -> Self {
        let mut fields = Self::default();
        map.into_iter().for_each(|(key, value)| fields.push(Cow::Owned(key), value));
        fields
    }
}

/// The bit of a name: the names that records are asked for spread over all of them.
fn mark(key: &str) -> u64 {
    let bytes = key.as_bytes();
    let (first, last) = (bytes.first().copied().unwrap_or(0), bytes.last().copied().unwrap_or(0));
    1 << ((usize::from(first) * 5 + usize::from(last) * 3 + bytes.len() * 7) % 64)
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Fields<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut all = Vec::with_capacity(16);
                while let Some((Name(key), value)) = map.next_entry::<Name<'_>, Value>()? {
                    all.push((key, value));
                }
                Ok(Fields::of(all))
            }
        }

        deserializer.deserialize_map(Reader)
    }
}

/// A field's name, borrowed where it was not escaped.
#[derive(Deserialize)]
struct Name<'t>(#[serde(borrow)] Cow<'t, str>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_two_counts_in_the_first_ones_place() {
        for spare in [0, FEW] {
            let more: String = (0..spare).map(|n| format!(",\"n{n}\":{n}")).collect();
            let text = format!(r#"{{"a":1,"b\n":2,"a":3{more},"b\n":4}}"#);
            let fields: Fields<'_> = serde_json::from_str(&text).expect("an object");
            let first: Vec<_> = fields.fields().take(2).map(|(key, value)| (key, value.as_u64())).collect();
            assert_eq!((first, fields.len()), (vec![("a", Some(3)), ("b\n", Some(4))], 2 + spare));
        }
    }

    #[test]
    fn a_field_is_found_where_it_is() {
        let text = r#"{"level":null,"error":{"type":"E","n":{"m":7}},"http.status":401}"#;
        let mut fields: Fields<'_> = serde_json::from_str(text).expect("an object");
        assert_eq!(fields.text(&["level", "error.kind", "error.type"]).as_deref(), Some("E"));
        assert_eq!(fields.text(&["http.status"]).as_deref(), Some("401"));
        assert!(fields.has("level") && !fields.tells(&["level"]) && !fields.has("levels"));
        assert!(fields.under("error.n.m").is_some());
        assert!(fields.remove("error").is_some() && !fields.has("error") && fields.len() == 2);
    }
}
