//! Reads a program's own line: logger prefix, JSON record, logfmt, or plain text.
//!
//! The order is from certain to doubtful. What is doubtful stays in the body: a logger's name too many costs nothing, a word of the message
//! lost may cost the diagnosis.

mod clean;
mod error;
mod escaped;
mod fields;
mod form;
mod joined;
mod json;
mod logfmt;
mod object;
mod otlp;
mod prefix;
mod python;
mod record;
mod roles;
mod signs;

use std::sync::Arc;

use serde_json::Value;

pub use self::form::parts;
use super::Payload;
use crate::model::{Bytewise, Time};
use record::DEPTH;

/// Prefixes in front of each other that are taken off: a supervisor's, a server's, the program's.
const PREFIXES: usize = 3;

/// Reads one line, without its transport. The bytes may hold several lines where the transport carried them as one.
#[must_use]
pub fn read(bytes: &[u8]) -> Payload {
    let text = clean::bytes(bytes);
    if text.starts_with('{')
        && let Some(payload) = json::read(&text, DEPTH)
    {
        return payload;
    }
    if let Some(pairs) = logfmt::read(&text) {
        return record::read(pairs, DEPTH);
    }
    unprefixed(&text)
}

/// Whether [`read`] would say that a record starts here; cheaper where a logger's prefix tells.
#[must_use]
pub fn starts(bytes: &[u8]) -> bool {
    if prefix::plainly_starts(bytes) {
        return true;
    }
    let text = clean::bytes(bytes);
    let told = if text.starts_with('{') {
        json::is_timed(&text)
    } else {
        logfmt::is_record(&text) || prefix::read(&text).is_some_and(|found| found.starts)
    };
    told || read(bytes).starts
}

/// A line further down in a record, if it is the first line of a record itself: what another program logged, carried as one text.
#[must_use]
pub fn begins_record(text: &str) -> Option<Payload> {
    let may =
        |first: &u8| first.is_ascii_digit() || *first == b'[' || (first.is_ascii_uppercase() && text.contains(", ["));
    text.as_bytes().first().filter(|first| may(first))?;
    prefix::read(text).filter(|found| found.starts && found.time.is_some())?;
    Some(unprefixed(text))
}

/// The time that [`read`] would find; cheaper where a logger's prefix tells.
#[must_use]
pub fn time(bytes: &[u8]) -> Option<Time> {
    if let Some(time) = prefix::plain_time(bytes).filter(|_| !bytes.trim_ascii_end().ends_with(b"}")) {
        return Some(time);
    }
    let text = clean::bytes(bytes);
    let structured =
        text.starts_with('{') || text.ends_with('}') || text.as_bytes().iter().take(16).any(|b| *b == b'=');
    if structured {
        return read(bytes).time;
    }
    headed(&text).0.time
}

/// What logger prefixes tell, what is left behind them, and whether rich printed them.
fn headed(text: &str) -> (Payload, &str, bool) {
    let mut payload = Payload::default();
    let mut rest = text;
    let mut rich = false;
    for round in 0..PREFIXES {
        let Some(found) = prefix::read(rest) else { break };
        // Behind a level, only another stamp shows that a second logger follows and not the message.
        if round > 0 && found.time.is_none() && payload.severity.is_some() {
            break;
        }
        payload.starts |= found.starts;
        payload.time = found.time.or(payload.time);
        payload.severity = found.severity.or(payload.severity);
        payload.worker = found.worker.map(Arc::from).or(payload.worker);
        payload.request = found.request.map(Arc::from).or(payload.request);
        rich |= found.rich;
        rest = rest.get(found.len..).unwrap_or_default();
        if found.len == 0 {
            break;
        }
    }
    (payload, rest, rich)
}

/// Takes logger prefixes off and reads what is left.
fn unprefixed(text: &str) -> Payload {
    let (mut payload, rest, rich) = headed(text);
    if rest.len() < text.len()
        && rest.starts_with('{')
        && let Some(inner) = json::read(rest, DEPTH)
    {
        return record::inside(inner, payload);
    }
    if let Some(with_fields) = trailing_record(rest, &payload) {
        return with_fields;
    }
    let rest = if rich { prefix::without_rich_location(rest) } else { rest };
    let expanded = escaped::expand(rest).or_else(|| joined::expand(rest));
    payload.whole = expanded.is_some();
    payload.body = expanded.or_else(|| escaped::entities(rest)).unwrap_or_else(|| rest.to_owned());
    payload
}

/// `message⇥{"errorType":…}`, and `message {…"stack":"…\n…"}`: a JSON object behind the message that holds the exception.
fn trailing_record(text: &str, outer: &Payload) -> Option<Payload> {
    if !text.ends_with('}') {
        return None;
    }
    let tab = text.find("\t{\"");
    let at = tab.or_else(|| text.contains("\\n").then(|| text.find(" {\""))?)?;
    let mut fields = json::object(text.get(at + 1..)?)?;
    let message = text[..at].trimmed_end();
    if !message.is_empty() {
        fields.insert("message", Value::from(message));
    }
    let inner = record::read(fields, DEPTH);
    // A logger that prints fields behind the message prints the stack on lines of its own, unless it is among the fields.
    let whole = inner.body.has(b'\n');
    (tab.is_some() || whole).then(|| Payload { starts: outer.starts, whole, ..record::inside(inner, outer.clone()) })
}

#[cfg(test)]
mod record_tests;
#[cfg(test)]
mod tests;
