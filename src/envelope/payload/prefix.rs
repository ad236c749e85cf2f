//! Prefixes that text loggers put before a message.
//!
//! The first byte decides which forms are tried; most lines of a traceback fail there. A class in front of a message (`Error: 401 …`,
//! `openai.AuthenticationError: …`), a frame, a caret line or a property never counts as a prefix. The general part, what follows a time or a
//! level, stands in [`words`].

mod leading;
mod words;

use crate::envelope::level;
use crate::envelope::timestamp::{self, Stamp};
use crate::model::{Bytewise, Severity, Time};
use words::Style;

/// What stood in front of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Prefix {
    /// Bytes to take off; 0 where everything is part of the message.
    pub len: usize,
    pub starts: bool,
    pub time: Option<Time>,
    pub severity: Option<Severity>,
    pub worker: Option<String>,
    pub request: Option<String>,
    /// Printed by rich, which puts the place of the logging call at the right margin.
    pub rich: bool,
}

impl Prefix {
    /// The beginning of a record at a level.
    fn level(severity: Severity) -> Self {
        Self { starts: true, severity: Some(severity), ..Self::default() }
    }
}

/// Reads the prefix of a line.
pub(super) fn read(text: &str) -> Option<Prefix> {
    let bytes = text.as_bytes();
    match bytes.first()? {
        b' ' => marked(text).or_else(|| rich_continuation(bytes)),
        b'0'..=b'9' => stamped(bytes).or_else(|| access_log(bytes)),
        b':' | b'-' => access_log(bytes),
        b'[' => bracketed(bytes),
        b'A'..=b'Z' => lambda_platform(text)
            .or_else(|| ruby(bytes))
            .or_else(|| klog(bytes))
            .or_else(|| leading::level_first(bytes))
            .or_else(|| stamped(bytes)),
        b'a'..=b'z' => leading::small_level_first(bytes).or_else(|| access_log(bytes)),
        0xE2 => marked(text),
        b'`' => fence(text),
        _ => None,
    }
}

/// Whether [`read`] says that a record starts, where a date in front makes that plain to see in a line as it stands in a file; `false` says
/// nothing.
pub(super) fn plainly_starts(bytes: &[u8]) -> bool {
    leading_stamp(bytes).is_some_and(|stamp| stamp.time.is_some() && words::plainly_starts(bytes, stamp.len))
}

/// The stamp that a line begins with, if that begins with a digit.
fn leading_stamp(bytes: &[u8]) -> Option<Stamp> {
    bytes.first().filter(|first| first.is_ascii_digit()).and_then(|_| timestamp::parse_prefix(bytes))
}

/// The time that prefixes give, where a date stands in front and nothing behind it can be a time as well; `None` says nothing.
pub(super) fn plain_time(bytes: &[u8]) -> Option<Time> {
    let stamp = leading_stamp(bytes)?;
    let rest = bytes.get(stamp.len..).filter(|rest| matches!(rest.first(), Some(b' ' | b'\t')))?;
    // What control characters hide is read in full. Every time has a colon between digits.
    let plain = rest.iter().fold(true, |plain, byte| plain & ((*byte >= b' ') & (*byte < 0x7F) | (*byte == b'\t')));
    let digit = |at: usize| rest.get(at).is_some_and(u8::is_ascii_digit);
    let clocked = || memchr::memchr_iter(b':', rest).any(|at| digit(at - 1) && digit(at + 1));
    stamp.time.filter(|_| plain && !clocked())
}

/// The edge of a code block in a ticket: what stands behind it is not part of what stands before it.
fn fence(text: &str) -> Option<Prefix> {
    let language = text.strip_prefix("```")?.trimmed_end();
    let plain = language.len() <= 20 && language.bytes().all(|byte| byte.is_ascii_alphanumeric());
    plain.then(|| Prefix { len: text.len(), starts: true, ..Prefix::default() })
}

/// The message without the `file.py:12` that rich puts at the right margin.
pub(super) fn without_rich_location(text: &str) -> &str {
    let trimmed = text.trimmed_end();
    let Some((message, place)) = trimmed.last_halves(b' ') else { return trimmed };
    let is_place = place.rsplit_once(".py:").is_some_and(|(_, line)| line.bytes().all(|b| b.is_ascii_digit()));
    if is_place { message.trimmed_end() } else { trimmed }
}

/// A time in front.
fn stamped(bytes: &[u8]) -> Option<Prefix> {
    let stamp = timestamp::parse_prefix(bytes)?;
    if let Some(prefix) = lambda_text(bytes, &stamp) {
        return Some(prefix);
    }
    words::after_time(bytes, stamp.len, Style::of(&stamp), stamp.time)
}

/// `T⇥REQUEST⇥LEVEL⇥message` of Lambda's Node runtime.
fn lambda_text(bytes: &[u8], stamp: &Stamp) -> Option<Prefix> {
    let mut parts = bytes.get(stamp.len..)?.strip_prefix(b"\t")?.splitn(3, |byte| *byte == b'\t');
    let (request, word) = (parts.next()?, parts.next()?);
    let severity = level::capitals(word)?;
    parts.next()?;
    let known = is_uuid(request);
    if !known && request != b"undefined" {
        return None;
    }
    Some(Prefix {
        len: stamp.len + request.len() + word.len() + 3,
        starts: true,
        time: stamp.time,
        severity: Some(severity),
        request: known.then(|| lossy(request)),
        ..Prefix::default()
    })
}

/// `START RequestId: …`, `END`, `REPORT`: the platform's own lines, kept whole.
fn lambda_platform(text: &str) -> Option<Prefix> {
    let rest = ["START ", "END ", "REPORT "].iter().find_map(|word| text.strip_prefix(word))?;
    let id = rest.strip_prefix("RequestId: ")?.split(['\t', ' ']).next()?;
    Some(Prefix { starts: true, request: Some(id.to_owned()), ..Prefix::default() })
}

/// `127.0.0.1 - - [23/Nov/2026:08:55:11 +0000] "GET …`: the line stays whole, its time is read.
fn access_log(bytes: &[u8]) -> Option<Prefix> {
    let head = &bytes[..bytes.len().min(160)];
    let open = memchr::memchr_iter(b'[', head).find(|at| *at > 0 && head[at - 1] == b' ')? - 1;
    let words = bytes[..open].split(|byte| *byte == b' ').count();
    let stamp = timestamp::parse_prefix(bytes.get(open + 2..)?)?;
    let closed = bytes.get(open + 2 + stamp.len) == Some(&b']');
    let fits = (3..=4).contains(&words) && closed && stamp.time.is_some();
    fits.then(|| Prefix { starts: true, time: stamp.time, ..Prefix::default() })
}

/// Forms that begin with a bracket.
fn bracketed(bytes: &[u8]) -> Option<Prefix> {
    let close = bytes.iter().take(160).position(|byte| *byte == b']')?;
    let inner = &bytes[1..close];
    if let Some(stamp) = timestamp::parse_prefix(inner) {
        return bracketed_time(bytes, inner, &stamp);
    }
    if let Some(severity) = level::capitals(inner).or_else(|| level::small(inner)) {
        return Some(
            lambda_python(bytes, close + 1, severity)
                .unwrap_or_else(|| words::after_level(bytes, close + 1, Style::Other, Prefix::level(severity))),
        );
    }
    if inner == b"Nest" {
        return nest(bytes, close + 1);
    }
    if is_uuid(inner) && bytes.get(close + 1) == Some(&b' ') {
        // Rails tags every line of a request, those of its traceback too.
        return Some(Prefix { len: close + 2, request: Some(lossy(inner)), ..Prefix::default() });
    }
    tagged_level(bytes, close + 1)
}

/// The level behind a tag in brackets: `[next-auth][error]…`, `[api][WARN] message`.
fn tagged_level(bytes: &[u8], at: usize) -> Option<Prefix> {
    let rest = bytes.get(at..)?.strip_prefix(b"[")?;
    let close = rest.iter().take(10).position(|byte| *byte == b']')?;
    let severity = level::capitals(&rest[..close]).or_else(|| level::small(&rest[..close]))?;
    Some(words::after_level(bytes, at + close + 2, Style::Other, Prefix::level(severity)))
}

/// `[T] …` of gunicorn and pino-pretty, `[T: LEVEL/Process] …` of celery, `[T LEVEL target] …` of env_logger.
fn bracketed_time(bytes: &[u8], inner: &[u8], stamp: &Stamp) -> Option<Prefix> {
    let after = &inner[stamp.len..];
    let end = inner.len() + 2;
    if after.is_empty() {
        let mut prefix = words::after_time(bytes, end, Style::of(stamp), stamp.time)?;
        prefix.rich = stamp.time.is_none() || inner.len() == 17;
        return Some(prefix);
    }
    let start = Prefix { time: stamp.time, ..Prefix::default() };
    if let Some(rest) = after.strip_prefix(b": ") {
        let slash = rest.iter().position(|byte| *byte == b'/')?;
        let severity = level::capitals(&rest[..slash])?;
        let process = lossy(&rest[slash + 1..]);
        let worker = (process != "MainProcess").then_some(process);
        let len = end + usize::from(bytes.get(end) == Some(&b' '));
        let request = celery_task(&bytes[len..]);
        return Some(Prefix { len, starts: true, severity: Some(severity), worker, request, ..start });
    }
    let word = after.strip_prefix(b" ")?.split(|byte| *byte == b' ').next()?;
    let severity = level::capitals(word)?;
    Some(words::after_level(bytes, end, Style::Other, Prefix { time: stamp.time, ..Prefix::level(severity) }))
}

/// The id in `Task name[0f1c…] raised …`.
fn celery_task(message: &[u8]) -> Option<String> {
    let rest = message.strip_prefix(b"Task ").unwrap_or(message);
    let open = rest.iter().take(120).position(|byte| matches!(byte, b'[' | b' '))?;
    let id = rest.get(open + 1..open + 37)?;
    (rest[open] == b'[' && is_uuid(id)).then(|| lossy(id))
}

/// `[INFO]⇥T⇥REQUEST⇥message` of Lambda's Python runtime.
fn lambda_python(bytes: &[u8], at: usize, severity: Severity) -> Option<Prefix> {
    let rest = bytes.get(at..)?.strip_prefix(b"\t")?;
    let stamp = timestamp::parse_prefix(rest)?;
    let request = rest.get(stamp.len..)?.strip_prefix(b"\t")?.split(|byte| *byte == b'\t').next()?;
    is_uuid(request).then(|| Prefix {
        len: (at + 1 + stamp.len + 1 + request.len() + 1).min(bytes.len()),
        starts: true,
        time: stamp.time,
        severity: Some(severity),
        request: Some(lossy(request)),
        ..Prefix::default()
    })
}

/// `[Nest] 123  - 11/23/2026, 8:26:39 AM   ERROR [Context] message`.
fn nest(bytes: &[u8], at: usize) -> Option<Prefix> {
    let mut at = at + blanks(bytes, at);
    let digits = bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let worker = (digits > 0).then(|| process(&bytes[at..at + digits]));
    at += digits;
    at += blanks(bytes, at);
    if bytes.get(at) == Some(&b'-') {
        at += 1 + blanks(bytes, at + 1);
    }
    let stamp = timestamp::parse_prefix(bytes.get(at..)?)?;
    at += stamp.len;
    at += blanks(bytes, at);
    let word = bytes[at..].iter().take(9).take_while(|byte| byte.is_ascii_uppercase()).count();
    let severity = level::capitals(&bytes[at..at + word])?;
    at += word;
    at += blanks(bytes, at);
    if bytes.get(at) == Some(&b'[')
        && let Some(close) = bytes[at..].iter().take(80).position(|byte| *byte == b']')
    {
        at += close + 1;
        at += blanks(bytes, at);
    }
    Some(Prefix { len: at, starts: true, time: stamp.time, severity: Some(severity), worker, ..Prefix::default() })
}

/// `E, [2026-11-23T08:26:39.985 #123] ERROR -- prog: message`.
fn ruby(bytes: &[u8]) -> Option<Prefix> {
    let rest = bytes.get(1..)?.strip_prefix(b", [")?;
    let stamp = timestamp::parse_prefix(rest)?;
    let close = rest.iter().take(80).position(|byte| *byte == b']')?;
    let pid = rest.get(stamp.len..close)?.strip_prefix(b" #")?;
    let dashes = close + rest[close..].iter().take(20).position(|byte| *byte == b'-')?;
    let severity = level::capitals(rest[close + 1..dashes].trim_ascii())?;
    let after = rest.get(dashes..)?.strip_prefix(b"-- ")?;
    let program = after.iter().take(80).position(|byte| *byte == b':')?;
    let len = 4 + dashes + 3 + program + 1;
    Some(Prefix {
        len: len + usize::from(bytes.get(len) == Some(&b' ')),
        starts: true,
        time: stamp.time,
        severity: Some(severity),
        worker: Some(process(pid)),
        ..Prefix::default()
    })
}

/// `E1123 08:26:39.985123       1 f.go:88] message`; the year is assumed.
fn klog(bytes: &[u8]) -> Option<Prefix> {
    let severity = match bytes.first()? {
        b'I' => Severity::Info,
        b'W' => Severity::Warning,
        b'E' => Severity::Error,
        b'F' => Severity::Fatal,
        _ => return None,
    };
    let stamp = timestamp::klog(bytes.get(1..)?)?;
    let close = bytes.iter().take(160).position(|byte| *byte == b']')?;
    memchr::memchr(b':', bytes.get(1 + stamp.len..close)?)?;
    let len = close + 1 + usize::from(bytes.get(close + 1) == Some(&b' '));
    Some(Prefix { len, starts: true, time: stamp.time, severity: Some(severity), ..Prefix::default() })
}

/// ` ⨯ message` of Next.js.
fn marked(text: &str) -> Option<Prefix> {
    let rest = text.strip_prefix(' ').unwrap_or(text);
    let mark = rest.chars().next()?;
    let severity = match mark {
        '⨯' => Severity::Error,
        '⚠' => Severity::Warning,
        '✓' | '○' => Severity::Info,
        _ => return None,
    };
    let message = rest[mark.len_utf8()..].strip_prefix(' ')?;
    Some(Prefix { len: text.len() - message.len(), starts: true, severity: Some(severity), ..Prefix::default() })
}

/// A further record of rich within the same second: blanks where its time was, then the level in eight columns.
fn rich_continuation(bytes: &[u8]) -> Option<Prefix> {
    let indent = blanks(bytes, 0);
    let word = bytes[indent..].iter().take(9).take_while(|byte| byte.is_ascii_uppercase()).count();
    let severity = level::capitals(&bytes[indent..indent + word])?;
    let gap = blanks(bytes, indent + word);
    let fits = indent >= 8 && word + gap == 9 && indent + 9 < bytes.len();
    fits.then(|| Prefix { len: indent + 9, starts: true, severity: Some(severity), rich: true, ..Prefix::default() })
}

/// Number of blanks at `at`.
fn blanks(bytes: &[u8], at: usize) -> usize {
    bytes.get(at..).map_or(0, |rest| rest.iter().take_while(|byte| **byte == b' ').count())
}

fn is_uuid(bytes: &[u8]) -> bool {
    bytes.len() == 36
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// The name of the process with this id.
fn process(id: &[u8]) -> String {
    ["pid ", &String::from_utf8_lossy(id)].concat()
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
