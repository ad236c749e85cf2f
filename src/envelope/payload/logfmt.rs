//! logfmt lines: `ts=… level=error msg="batch failed" err="…"`.
//!
//! Read into the same shape as a JSON record, so that everything that knows fields knows them once. Text that merely contains `key=value`
//! pairs is not logfmt: the line must begin with a pair and name a level or a message.

use serde_json::Value;

use super::escaped::unescape;
use super::object::{Fields, Object};
use crate::envelope::level;
use crate::model::Bytewise;

/// Keys that may open a line.
const FIRST_KEYS: [&str; 14] = [
    "ts",
    "time",
    "timestamp",
    "t",
    "at",
    "level",
    "lvl",
    "severity",
    "msg",
    "logger",
    "caller",
    "date",
    "component",
    "app",
];
/// Keys of a level, of a time, of a message: a record has a level, or the other two.
const LEVELS: [&str; 3] = ["level", "lvl", "severity"];
const TIMES: [&str; 4] = ["ts", "time", "timestamp", "t"];
const MESSAGES: [&str; 2] = ["msg", "message"];
/// Pairs that are read.
const PAIRS: usize = 200;
/// Pairs that are counted without building anything.
const FEW: usize = 24;

/// The pairs of a logfmt line.
pub(super) fn read(text: &str) -> Option<Fields<'_>> {
    opens(text)?;
    let mut pairs = Fields::default();
    let mut bare = 0_usize;
    let mut rest = text.trimmed_end();
    while !rest.is_empty() && pairs.len() < PAIRS {
        let (key, value, after) = pair(rest)?;
        match value {
            // Of a key that stands twice the first value counts.
            Some(value) if !pairs.has(key) => pairs.insert(key, Value::String(value.text())),
            Some(_) => {}
            None => bare += 1,
        }
        rest = after.trim_start_matches(' ');
    }
    if let Some(Value::String(word)) = pairs.at("at") {
        // Heroku and Go kit name the level so.
        if level::word(word.as_bytes()).is_some() && !pairs.has("level") {
            let word = pairs.remove("at")?;
            pairs.insert("level", word);
        }
    }
    let has = |keys: &[&str]| keys.iter().any(|key| pairs.has(key));
    let told = has(&LEVELS) || (has(&TIMES) && has(&MESSAGES));
    (told && pairs.len() >= 2 && bare * 3 <= pairs.len()).then_some(pairs)
}

/// Whether [`read`] would give a record, where that is plain to see; `false` says nothing. Nothing is built for it.
pub(super) fn is_record(text: &str) -> bool {
    // What stands in braces may be a record of its own.
    if opens(text).is_none() || text.has(b'{') {
        return false;
    }
    let mut keys: [&str; FEW] = [""; FEW];
    let mut count = 0;
    let mut rest = text.trimmed_end();
    while !rest.is_empty() {
        let Some((key, Some(_), after)) = pair(rest) else { return false };
        if count == FEW || keys[..count].contains(&key) {
            return false;
        }
        keys[count] = key;
        count += 1;
        rest = after.trim_start_matches(' ');
    }
    let has = |wanted: &[&str]| keys[..count].iter().any(|key| wanted.contains(key));
    count >= 2 && (has(&LEVELS) || (has(&TIMES) && has(&MESSAGES)))
}

/// Whether a line begins as logfmt does.
fn opens(text: &str) -> Option<()> {
    let first = &text[..memchr::memchr(b'=', &text.as_bytes()[..text.len().min(16)])?];
    FIRST_KEYS.contains(&first).then_some(())
}

/// A value as it stands in a line.
enum Raw<'t> {
    Bare(&'t str),
    /// Without its quotes.
    Quoted(&'t str),
}

impl Raw<'_> {
    fn text(&self) -> String {
        match self {
            Self::Bare(text) => (*text).to_owned(),
            Self::Quoted(text) => unescape(text),
        }
    }
}

/// One pair, or a bare word, and the text behind it.
fn pair(text: &str) -> Option<(&str, Option<Raw<'_>>, &str)> {
    let end = memchr::memchr2(b'=', b' ', text.as_bytes()).unwrap_or(text.len());
    let key = &text[..end];
    if key.is_empty() || memchr::memchr(b'"', key.as_bytes()).is_some() {
        return None;
    }
    let Some(rest) = text[end..].strip_prefix('=') else { return Some((key, None, &text[end..])) };
    if !rest.starts_with('"') {
        let end = memchr::memchr(b' ', rest.as_bytes()).unwrap_or(rest.len());
        return Some((key, Some(Raw::Bare(&rest[..end])), &rest[end..]));
    }
    let bytes = rest.as_bytes();
    let mut at = 1;
    while let Some(next) = bytes.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
        at += next;
        if bytes[at] == b'"' {
            break;
        }
        at += 2;
    }
    // A quote that never closes is a line that was cut.
    let close = if bytes.get(at) == Some(&b'"') { at } else { bytes.len() };
    let inner = rest.get(1..close)?;
    Some((key, Some(Raw::Quoted(inner)), rest.get(close + 1..).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_plain_to_see_is_a_record() {
        for (text, plain, record) in [
            ("ts=2026-11-23T08:00:00Z level=info msg=\"a \\\"b\\\" c\" n=1", true, true),
            ("t=1 msg=x", true, true),
            ("level=info level=warn msg=x", false, true),
            ("level=info msg=x n=1 done", false, true),
            ("msg=\"{\\\"level\\\":50}\" level=info", false, true),
            ("level=info", false, false),
            ("component=a b=c", false, false),
            ("says level=info msg=x", false, false),
        ] {
            assert_eq!((is_record(text), read(text).is_some()), (plain, record), "{text}");
        }
    }
}
