//! Loki as `logcli query` prints it: `T {label="value", …} line`.
//!
//! A set of labels behind a time stamp is a form that no program writes by itself.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{name, records};
use crate::envelope::{Stripped, timestamp};

/// Bytes of a set of labels at most.
const MOST_BYTES: usize = 4096;

/// Reads one line.
pub(super) fn logcli(line: &[u8]) -> Option<Stripped<'_>> {
    let stamp = timestamp::parse_prefix(line).filter(|stamp| stamp.rfc3339)?;
    let set = line.get(stamp.len..)?.strip_prefix(b" {")?;
    let (labels, len) = labels(&set[..set.len().min(MOST_BYTES)])?;
    let end = stamp.len + 2 + len;
    if !matches!(line.get(end), Some(b' ') | None) {
        return None;
    }
    Some(Stripped {
        stream: Cow::Owned(records::labelled(&labels)),
        channel: records::label_channel(&labels),
        time: stamp.time,
        severity: records::label_severity(&labels),
        ..Stripped::after(line, (end + 1).min(line.len()))
    })
}

/// `name="value", …}` with at least one label, and how long that is.
fn labels(set: &[u8]) -> Option<(Map<String, Value>, usize)> {
    let mut labels = Map::new();
    let mut at = 0;
    loop {
        let key = set[at..].iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
        let value = set.get(at + key..)?.strip_prefix(b"=\"")?;
        let len = closing_quote(value)?;
        if key == 0 {
            return None;
        }
        labels.insert(name(&set[at..at + key]).into_owned(), Value::String(name(&value[..len]).into_owned()));
        at += key + 2 + len + 1;
        match set.get(at..)? {
            [b'}', ..] => return Some((labels, at + 1)),
            [b',', b' ', ..] => at += 2,
            _ => return None,
        }
    }
}

/// Where a quoted value ends.
fn closing_quote(value: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + memchr::memchr2(b'"', b'\\', value.get(from..)?)?;
        if value[at] == b'"' {
            return Some(at);
        }
        from = at + 2;
    }
}
