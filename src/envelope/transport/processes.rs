//! Process managers and platforms that put a process name in front of each line: pm2, Heroku, Foreman, bare tags.

use std::borrow::Cow;

use super::{name, skip_colour};
use crate::envelope::{Stripped, level, timestamp};

/// `0|api    | line`, with pm2's own stamp (`2026-11-23 09:26:53 +00:00: `) where it was asked for. The manager's `PM2  | line` stays
/// raw text.
pub(super) fn pm2(line: &[u8]) -> Option<Stripped<'_>> {
    let start = skip_colour(line, 0);
    let rest = line.get(start..)?;
    let digits = rest.iter().take(6).take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 || rest.get(digits) != Some(&b'|') {
        return None;
    }
    let process = &rest[digits + 1..];
    let len = process.iter().take(80).take_while(|byte| byte.is_ascii_graphic() && **byte != b'|').count();
    let blanks = process[len..].iter().take(80).take_while(|byte| **byte == b' ').count();
    let bar = digits + 1 + len + blanks;
    if len == 0 || rest.get(bar) != Some(&b'|') {
        return None;
    }
    let mut width = skip_colour(line, start + bar + 1);
    width += usize::from(line.get(width) == Some(&b' '));
    let mut time = None;
    if let Some(stamp) = timestamp::parse_prefix(&line[width..]) {
        // The colon tells pm2's stamp from the program's own.
        if line[width + stamp.len..].starts_with(b": ") {
            time = stamp.time;
            width += stamp.len + 2;
        }
    }
    let stream = Cow::Owned(format!("pm2/{}/{}", name(&process[..len]), name(&rest[..digits])));
    Some(Stripped { stream, time, ..Stripped::after(line, width) })
}

/// `T app[web.1]: line`, `T heroku[router]: line`.
pub(super) fn heroku(line: &[u8]) -> Option<Stripped<'_>> {
    let stamp = timestamp::parse_prefix(line)?;
    let rest = line.get(stamp.len..)?.strip_prefix(b" ")?;
    let open = rest.iter().take(40).position(|byte| *byte == b'[')?;
    let close = open + rest[open..].iter().take(80).position(|byte| *byte == b']')?;
    let (source, dyno) = (&rest[..open], &rest[open + 1..close]);
    let words = [source, dyno].iter().all(|part| {
        !part.is_empty() && part.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
    });
    // Syslog would have a host in front; a bare pid in the brackets belongs to it.
    if !stamp.rfc3339 || !words || dyno.iter().all(u8::is_ascii_digit) || rest.get(close + 1) != Some(&b':') {
        return None;
    }
    let mut width = stamp.len + 1 + close + 2;
    width += usize::from(line.get(width) == Some(&b' '));
    let stream = if source == b"app" { name(dyno) } else { Cow::Owned(format!("{}/{}", name(source), name(dyno))) };
    Some(Stripped { stream, time: stamp.time, ..Stripped::after(line, width) })
}

/// `08:26:39 web.1  | line`.
pub(super) fn foreman(line: &[u8]) -> Option<Stripped<'_>> {
    let start = skip_colour(line, 0);
    let stamp = timestamp::parse_prefix(line.get(start..)?)?;
    let at = start + stamp.len;
    if stamp.time.is_some() || line.get(at) != Some(&b' ') {
        return None;
    }
    let rest = &line[at + 1..];
    let len = rest.iter().take(60).take_while(|b| b.is_ascii_graphic() && **b != b'|').count();
    let blanks = rest[len..].iter().take(60).take_while(|byte| **byte == b' ').count();
    if len == 0 || blanks == 0 || rest.get(len + blanks) != Some(&b'|') {
        return None;
    }
    let mut width = skip_colour(line, at + 1 + len + blanks + 1);
    width += usize::from(line.get(width) == Some(&b' '));
    Some(Stripped { stream: name(&rest[..len]), ..Stripped::after(line, width) })
}

/// `[11] line`, `[worker-2] line`: a process number or a small name.
pub(super) fn tagged(line: &[u8]) -> Option<Stripped<'_>> {
    let start = skip_colour(line, 0);
    let inner = line.get(start..)?.strip_prefix(b"[")?;
    let len = inner.iter().take(40).position(|byte| *byte == b']')?;
    let tag = &inner[..len];
    let plain = tag.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':' | b'/'));
    if tag.is_empty() || !plain || level::word(tag).is_some() {
        return None;
    }
    let end = skip_colour(line, start + len + 2);
    let width = match line.get(end) {
        Some(b' ') => end + 1,
        None => end,
        Some(_) => return None,
    };
    Some(Stripped { stream: name(tag), ..Stripped::after(line, width) })
}

/// A tag in front of an indented line shows that it stands on every line, not on records only.
pub(super) fn has_tagged_continuation(lines: &[&[u8]]) -> bool {
    lines.iter().filter_map(|line| tagged(line)).any(|line| line.payload.first().is_some_and(u8::is_ascii_whitespace))
}
