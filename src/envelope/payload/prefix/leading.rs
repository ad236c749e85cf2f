//! Lines that begin with a level and have no time.
//!
//! The most doubtful prefixes: `ERROR: ` is what pip says as well as what a logger prints. The word is then read as the level and stays in
//! the message; only column forms, `LEVEL:name:` and known loggers' spellings are taken off.

use super::words::{Style, after_level, logger_behind};
use super::{Prefix, blanks};
use crate::envelope::level;
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
            // `FATAL ERROR: Reached heap limit` is one message.
            if calm || padded || framed() { eaten(len) } else { Some(start.clone()) }
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

/// `error: message` of winston, `fail: Category[0]` of .NET. A quote or brace behind it would be a property.
pub(super) fn small_level_first(bytes: &[u8]) -> Option<Prefix> {
    let len = bytes.iter().take(8).take_while(|byte| byte.is_ascii_lowercase()).count();
    if bytes.get(len..len + 2)? != b": " {
        return None;
    }
    let known = matches!(
        &bytes[..len],
        b"silly"
            | b"verbose"
            | b"debug"
            | b"http"
            | b"info"
            | b"warn"
            | b"error"
            | b"fail"
            | b"crit"
            | b"dbug"
            | b"trce"
    );
    let severity = level::small(&bytes[..len]).filter(|_| known)?;
    let next = bytes.get(len + 2)?;
    let property = matches!(next, b'{' | b'[' | b'\'' | b'"' | b' ');
    (!property).then(|| Prefix { len: len + 2, starts: true, severity: Some(severity), ..Prefix::default() })
}
