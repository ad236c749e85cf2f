//! logfmt lines: `ts=… level=error msg="batch failed" err="…"`.
//!
//! Read into the same shape as a JSON record, so that everything that knows fields knows them once. Text that merely contains `key=value`
//! pairs is not logfmt: the line must begin with a pair and name a level or a message.

use serde_json::{Map, Value};

use super::escaped::unescape;
use crate::envelope::level;

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
/// Pairs that are read.
const PAIRS: usize = 200;

/// The pairs of a logfmt line.
pub(super) fn read(text: &str) -> Option<Map<String, Value>> {
    let first = &text[..memchr::memchr(b'=', &text.as_bytes()[..text.len().min(16)])?];
    if !FIRST_KEYS.contains(&first) {
        return None;
    }
    let mut pairs = Map::new();
    let mut bare = 0_usize;
    let mut rest = text.trim_end();
    while !rest.is_empty() && pairs.len() < PAIRS {
        let (key, value, after) = pair(rest)?;
        match value {
            Some(value) => {
                pairs.entry(key).or_insert(Value::String(value));
            }
            None => bare += 1,
        }
        rest = after.trim_start_matches(' ');
    }
    if let Some(Value::String(word)) = pairs.get("at") {
        // Heroku and Go kit name the level so.
        if level::word(word.as_bytes()).is_some() && !pairs.contains_key("level") {
            let word = pairs.remove("at")?;
            pairs.insert("level".to_owned(), word);
        }
    }
    let has = |keys: &[&str]| keys.iter().any(|key| pairs.contains_key(*key));
    let told =
        has(&["level", "lvl", "severity"]) || (has(&["ts", "time", "timestamp", "t"]) && has(&["msg", "message"]));
    (told && pairs.len() >= 2 && bare * 3 <= pairs.len()).then_some(pairs)
}

/// One pair, or a bare word, and the text behind it.
fn pair(text: &str) -> Option<(String, Option<String>, &str)> {
    let end = text.find(['=', ' ']).unwrap_or(text.len());
    let key = &text[..end];
    if key.is_empty() || key.contains('"') {
        return None;
    }
    let Some(rest) = text[end..].strip_prefix('=') else { return Some((key.to_owned(), None, &text[end..])) };
    if !rest.starts_with('"') {
        let end = rest.find(' ').unwrap_or(rest.len());
        return Some((key.to_owned(), Some(rest[..end].to_owned()), &rest[end..]));
    }
    let bytes = rest.as_bytes();
    let mut at = 1;
    while at < bytes.len() && bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    // A quote that never closes is a line that was cut.
    let close = at.min(bytes.len());
    let inner = rest.get(1..close)?;
    Some((key.to_owned(), Some(unescape(inner)), rest.get(close + 1..).unwrap_or_default()))
}
