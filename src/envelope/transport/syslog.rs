//! Syslog in its three dresses: RFC 3164 as files and `journalctl` print it, RFC 5424, and the ISO-time form of rsyslog.

use std::borrow::Cow;

use super::name;
use crate::envelope::{Stripped, level, timestamp};
use crate::model::Severity;

/// Reads any syslog line. The year of a stamp without one is [`crate::model::ASSUMED_YEAR`].
pub(super) fn strip(line: &[u8]) -> Option<Stripped<'_>> {
    let (priority, at) = priority(line);
    let severity = priority.map(level::syslog);
    if severity.is_some() && line[at..].starts_with(b"1 ") {
        return rfc5424(line, at + 2, severity);
    }
    let stamp = timestamp::parse_prefix(line.get(at..)?)?;
    let time = stamp.time?;
    let iso = line[at].is_ascii_digit();
    let (host, start) = word(line, at + stamp.len + usize::from(line.get(at + stamp.len) == Some(&b' ')))?;
    // `INFO app: text` is a logger's line.
    if level::word(host).is_some() || host.iter().any(|byte| matches!(byte, b':' | b'[' | b'=' | b'"')) {
        return None;
    }
    let (tag, pid, end) = tag(line, start)?;
    if iso && (pid.is_none() || !stamp.rfc3339) {
        return None;
    }
    let width = end + usize::from(line.get(end) == Some(&b' '));
    let stripped =
        Stripped { stream: stream(host, tag, pid), time: Some(time), severity, ..Stripped::after(line, width) };
    Some(unescaped(stripped))
}

/// A further line of a `journalctl` entry: indented by the width of the entry's prefix, which is at least this wide.
pub(super) fn continuation(line: &[u8]) -> Option<Stripped<'_>> {
    const NARROWEST: usize = 24;
    let blanks = line.iter().take_while(|byte| **byte == b' ').count();
    (blanks >= NARROWEST).then(|| Stripped { continues: true, ..Stripped::raw(line) })
}

/// `<11>1 T HOST APP PID MSGID [SD] line`, positioned after the version.
fn rfc5424(line: &[u8], at: usize, severity: Option<Severity>) -> Option<Stripped<'_>> {
    let (stamp, at) = word(line, at)?;
    let (host, at) = word(line, at)?;
    let (app, at) = word(line, at)?;
    let (pid, at) = word(line, at)?;
    let (_message_id, at) = word(line, at)?;
    let mut at = match line.get(at) {
        Some(b'-') => at + 1,
        Some(b'[') => structured_data_end(line, at)?,
        _ => return None,
    };
    at += usize::from(line.get(at) == Some(&b' '));
    at += if line[at..].starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    let time = timestamp::parse_prefix(stamp).and_then(|stamp| stamp.time);
    let pid = (pid != b"-").then_some(pid);
    let stripped = Stripped { stream: stream(host, app, pid), time, severity, ..Stripped::after(line, at) };
    Some(unescaped(stripped))
}

/// Position after `[id key="value"][…]`. A bracket inside a value does not end it.
fn structured_data_end(line: &[u8], start: usize) -> Option<usize> {
    let (mut at, mut quoted) = (start, false);
    loop {
        match line.get(at)? {
            b'\\' if quoted => at += 1,
            b'"' => quoted = !quoted,
            b']' if !quoted && line.get(at + 1) != Some(&b'[') => return Some(at + 1),
            _ => {}
        }
        at += 1;
    }
}

/// The number in `<27>` and the position after it.
fn priority(line: &[u8]) -> (Option<u32>, usize) {
    let Some(inner) = line.strip_prefix(b"<") else { return (None, 0) };
    let digits = inner.iter().take(3).take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 || inner.get(digits) != Some(&b'>') {
        return (None, 0);
    }
    let value = inner[..digits].iter().fold(0, |sum, byte| sum * 10 + u32::from(byte - b'0'));
    if value > 191 { (None, 0) } else { (Some(value), digits + 2) }
}

/// Name and pid of a tag, and the position after its colon.
type Tag<'a> = (&'a [u8], Option<&'a [u8]>, usize);

/// `searchd[4242]:` or `kernel:`.
fn tag(line: &[u8], start: usize) -> Option<Tag<'_>> {
    let rest = line.get(start..)?;
    let len = rest.iter().take(130).take_while(|b| b.is_ascii_graphic() && !matches!(b, b'[' | b':' | b'"')).count();
    if len == 0 {
        return None;
    }
    match rest.get(len)? {
        b':' if matches!(rest.get(len + 1), Some(b' ') | None) => Some((&rest[..len], None, start + len + 1)),
        b'[' => {
            let inner = &rest[len + 1..];
            let digits = inner.iter().take(10).take_while(|byte| byte.is_ascii_digit()).count();
            let closed = digits > 0 && inner.get(digits..).is_some_and(|tail| tail.starts_with(b"]:"));
            closed.then(|| (&rest[..len], Some(&inner[..digits]), start + len + 1 + digits + 2))
        }
        _ => None,
    }
}

/// The graphic word at `at` and the position after the one blank behind it.
fn word(line: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let rest = line.get(at..)?;
    let len = rest.iter().take(260).take_while(|byte| byte.is_ascii_graphic()).count();
    (len > 0 && rest.get(len) == Some(&b' ')).then(|| (&rest[..len], at + len + 1))
}

fn stream<'a>(host: &[u8], tag: &[u8], pid: Option<&[u8]>) -> Cow<'a, str> {
    let (host, tag) = (name(host), name(tag));
    Cow::Owned(match pid {
        Some(pid) => format!("{host}/{tag}[{}]", name(pid)),
        None => format!("{host}/{tag}"),
    })
}

/// rsyslog writes control characters as `#011` or `\011`; back to what the program wrote.
fn unescaped(stripped: Stripped<'_>) -> Stripped<'_> {
    let escape = |piece: &[u8]| {
        matches!(piece, [b'#' | b'\\', b'0', b'0'..=b'3', b'0'..=b'7', ..]) && piece.get(1..4) != Some(b"000")
    };
    let text: &[u8] = &stripped.payload;
    if memchr::memchr2(b'#', b'\\', text).is_none() || !(0..text.len()).any(|at| escape(&text[at..])) {
        return stripped;
    }
    let mut plain = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        if escape(&text[at..]) {
            plain.push((text[at + 2] - b'0') * 8 + (text[at + 3] - b'0'));
            at += 4;
        } else {
            plain.push(text[at]);
            at += 1;
        }
    }
    Stripped { payload: Cow::Owned(plain), ..stripped }
}
