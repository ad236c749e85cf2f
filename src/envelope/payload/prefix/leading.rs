//! Lines that begin with a level and have no time.
//!
//! The most doubtful prefixes: `ERROR: ` is what pip says as well as what a logger prints. The word is then read as the level and stays in
//! the message; only column forms, `LEVEL:name:` and known loggers' spellings are taken off.

use super::words::{Style, after_level, logger_behind};
use super::{Prefix, blanks};
use crate::envelope::{level, timestamp};
use crate::model::Severity;

/// A line that begins with a level in capitals, without a time.
pub(super) fn level_first(bytes: &[u8]) -> Option<Prefix> {
    let len = bytes.iter().take(9).take_while(|byte| byte.is_ascii_uppercase()).count();
    let word = &bytes[..len];
    let severity = level::capitals(word)?;
    let common = matches!(
        word,
        b"TRACE"
            | b"DEBUG"
            | b"INFO"
            | b"NOTICE"
            | b"WARN"
            | b"WARNING"
            | b"ERROR"
            | b"SEVERE"
            | b"FATAL"
            | b"CRITICAL"
    );
    let calm = common && severity <= Severity::Warning;
    let start = Prefix { severity: Some(severity), starts: true, ..Prefix::default() };
    let eaten = |len: usize| Some(after_level(bytes, len, Style::Other, start.clone()));
    match bytes.get(len)? {
        b'[' => {
            // logrus on a terminal: `ERRO[0012] message`.
            let digits = bytes[len + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            let end = len + 1 + digits;
            (digits > 0 && bytes.get(end) == Some(&b']')).then(|| eaten(end + 1))?
        }
        b':' if common => match (bytes.get(len + 1), blanks(bytes, len + 1)) {
            // uvicorn fills up to ten columns. `ERROR: ` of pip and the like is part of what they say.
            (Some(b' '), gap) if len + 1 + gap == 10 || word == b"SEVERE" || word == b"INFO" || word == b"DEBUG" => {
                eaten(len)
            }
            (Some(b' '), _) => Some(start.clone()),
            (Some(first), _) if first.is_ascii_alphabetic() || *first == b'_' => basic_config(bytes, len + 1, &start),
            _ => None,
        },
        b'\t' | b'|' => eaten(len),
        b' ' if common => {
            let padded = bytes.get(len + 1) == Some(&b' ');
            let framed = || logger_behind(&bytes[len + 1..], Style::Other, &mut start.clone()).is_some();
            let dated = || {
                let rest = bytes[len + 1..].strip_prefix(b"- ").unwrap_or(&bytes[len + 1..]);
                timestamp::parse_prefix(rest).is_some_and(|stamp| stamp.time.is_some())
            };
            // `FATAL ERROR: Reached heap limit` is one message.
            if calm || padded || framed() || dated() { eaten(len) } else { Some(start.clone()) }
        }
        _ => None,
    }
}

/// `ERROR:root:message` of Python's `basicConfig`; the logger begins at `at`.
fn basic_config(bytes: &[u8], at: usize, start: &Prefix) -> Option<Prefix> {
    let named = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.-".contains(byte);
    let len = bytes[at..].iter().take(120).take_while(|byte| named(byte)).count();
    (bytes.get(at + len) == Some(&b':')).then(|| Prefix { len: at + len + 1, ..start.clone() })
}

/// `error: message` of winston, `fail: Category[0]` of .NET, `error - message` of Next.js. A quote, brace or bare value behind the colon
/// would make it a property.
pub(super) fn small_level_first(bytes: &[u8]) -> Option<Prefix> {
    let len = bytes.iter().take(8).take_while(|byte| byte.is_ascii_lowercase()).count();
    let word = &bytes[..len];
    let start = Prefix { starts: true, severity: Some(level::small(word)?), ..Prefix::default() };
    let rest = &bytes[len..];
    let gap = blanks(rest, 0);
    if gap > 0 && rest[gap..].starts_with(b"- ") && matches!(word, b"info" | b"warn" | b"error") {
        return Some(Prefix { len: len + gap + 2, ..start });
    }
    const WINSTON: [&[u8]; 7] = [b"silly", b"verbose", b"debug", b"http", b"info", b"warn", b"error"];
    const DOTNET: [&[u8]; 4] = [b"fail", b"crit", b"dbug", b"trce"];
    let message = rest.strip_prefix(b": ")?;
    let value =
        matches!(message, b"true" | b"false" | b"null" | b"undefined") || message.iter().all(u8::is_ascii_digit);
    let property = value || matches!(message.first()?, b'{' | b'[' | b'\'' | b'"' | b' ');
    let known = WINSTON.contains(&word) || DOTNET.contains(&word);
    (known && !property).then_some(Prefix { len: len + 2, ..start })
}
