//! Build logs and bare stamps: GitHub Actions, `gh run view`, GitLab, and any source whose every line begins with a transport's time.

use std::borrow::Cow;

use super::name;
use crate::envelope::{Stripped, level, timestamp};
use crate::model::{Severity, Time};

/// `T line`, and the level that a GitHub Actions marker (`##[error]`) gives.
pub(super) fn timestamped(line: &[u8]) -> Option<Stripped<'_>> {
    let (time, end) = stamp(line, 0)?;
    let (severity, width) = marker(line, end);
    Some(Stripped { time: Some(time), severity, ..Stripped::after(line, width) })
}

/// `JOB⇥STEP⇥T line`.
pub(super) fn gh_run(line: &[u8]) -> Option<Stripped<'_>> {
    let mut tabs = memchr::memchr_iter(b'\t', &line[..line.len().min(400)]);
    let (first, second) = (tabs.next()?, tabs.next()?);
    let at = second + 1;
    let at = at + if line[at..].starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    let read = timestamp::parse_prefix(line.get(at..)?)?;
    let (time, end) = (read.fraction_digits == 7).then(|| stamp(line, at))??;
    let (severity, width) = marker(line, end);
    let stream = Cow::Owned(format!("{}/{}", name(&line[..first]), name(&line[first + 1..second])));
    Some(Stripped { stream, time: Some(time), severity, ..Stripped::after(line, width) })
}

/// `T 01O line`: two hex digits name the stream, `O` or `E` the channel, `+` a line that goes on from the one before.
pub(super) fn gitlab(line: &[u8]) -> Option<Stripped<'_>> {
    let (time, at) = timestamp::parse_prefix(line).filter(|stamp| stamp.rfc3339).and_then(|_| stamp(line, 0))?;
    let [high, low, channel, glue, ..] = line.get(at..)? else { return None };
    let hex = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let channel = match channel {
        b'O' => 1,
        b'E' => 2,
        _ => return None,
    };
    let fits = hex(high) && hex(low) && matches!(glue, b' ' | b'+');
    fits.then(|| Stripped { channel, time: Some(time), glued: *glue == b'+', ..Stripped::after(line, at + 4) })
}

/// Whether the stamps of a sample are a transport's and not a logger's: nearly every line has one, and either their precision is a
/// runtime's, or some line behind its stamp is plainly the continuation of another.
pub(super) fn is_timestamped(lines: &[&[u8]]) -> bool {
    let (mut stamped, mut precise, mut continued) = (0, 0, 0);
    for line in lines {
        let Some(read) = timestamp::parse_prefix(line) else { continue };
        let Some((_, end)) = stamp(line, 0) else { continue };
        stamped += 1;
        precise += usize::from(read.rfc3339 && read.fraction_digits >= 7);
        continued += usize::from(is_continuation(&line[end.min(line.len())..]));
    }
    stamped > 0 && stamped * 10 >= lines.len() * 9 && (precise == stamped || continued > 0)
}

/// Text that cannot begin a logger's record although a stamp stands before it.
pub(super) fn is_continuation(text: &[u8]) -> bool {
    let inner = text.trim_ascii_start();
    if inner.is_empty() {
        return text.is_empty();
    }
    // Loggers that right-align the level put blanks in front of it.
    let word = inner.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let leveled = level::word(&inner[..word]).is_some() && matches!(inner.get(word), Some(b' ' | b':'));
    let indented = inner.len() < text.len() && !leveled;
    let nested = || crate::envelope::payload::read(text).time.is_some();
    let inside = [&b"Traceback (most recent"[..], b"Caused by: ", b"##[", b"```"];
    let frame = (text.starts_with(b"at ") && memchr::memchr(b'(', text).is_some()) || text.starts_with(b"File \"");
    indented || frame || text == b"}" || inside.iter().any(|begin| text.starts_with(begin)) || nested()
}

/// The stamp at `at` and the position after one blank behind it.
fn stamp(line: &[u8], at: usize) -> Option<(Time, usize)> {
    let stamp = timestamp::parse_prefix(line.get(at..)?)?;
    let end = at + stamp.len;
    let ends = matches!(line.get(end), Some(b' ') | None);
    ends.then_some((stamp.time?, (end + 1).min(line.len())))
}

/// Level and end of a GitHub Actions marker. Group markers stay in the text.
fn marker(line: &[u8], at: usize) -> (Option<Severity>, usize) {
    let rest = &line[at..];
    for (marker, severity) in [
        (&b"##[error]"[..], Severity::Error),
        (b"##[warning]", Severity::Warning),
        (b"##[debug]", Severity::Debug),
        (b"##[notice]", Severity::Info),
    ] {
        if rest.starts_with(marker) {
            return (Some(severity), at + marker.len());
        }
    }
    (None, at)
}
