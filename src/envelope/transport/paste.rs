//! What people and their tools put in front of lines they hand on: quotation marks, line numbers, file names, chat stamps, indentation.
//!
//! All of these could be a program's own text, so none is read unless the beginning of the source has it throughout.

use std::borrow::Cow;

use super::{Transport, ci, name};
use crate::envelope::Stripped;

/// Widest indentation that is taken off.
const WIDEST: usize = 64;

/// `> line` of a mail or an issue.
pub(super) fn quoted(line: &[u8]) -> Option<Stripped<'_>> {
    match line {
        [b'>'] => Some(Stripped::after(line, 1)),
        [b'>', b' ', ..] => Some(Stripped::after(line, 2)),
        [b'>', b'>', ..] => Some(Stripped::after(line, 1)),
        _ => None,
    }
}

/// `  118  line`, `118: line`, `118 | line`: a number, what ends it, and at most `gap` blanks that belong to the gutter.
pub(super) fn numbered(line: &[u8], gap: u8) -> Option<Stripped<'_>> {
    let (_, end) = number(line)?;
    let blanks = line[end..].iter().take(usize::from(gap)).take_while(|byte| **byte == b' ').count();
    Some(Stripped::after(line, end + blanks))
}

/// The blanks behind the numbers, if the lines are numbered in order.
pub(super) fn numbering(lines: &[&[u8]]) -> Option<Transport> {
    let numbers: Vec<(u64, usize)> = lines.iter().filter_map(|line| number(line)).collect();
    let rising = numbers.windows(2).filter(|pair| pair[0].0 < pair[1].0 && pair[1].0 - pair[0].0 <= 3).count();
    // Two lines could be anybody's list, unless the second is a frame.
    let told = match numbers.as_slice() {
        [] | [_] => false,
        [_, (_, end)] => lines.last().and_then(|last| last.get(*end..)).is_some_and(ci::is_continuation),
        _ => true,
    };
    if !told || numbers.len() * 10 < lines.len() * 9 || rising * 10 < (numbers.len() - 1) * 9 {
        return None;
    }
    let behind = lines.iter().filter_map(|line| {
        let (_, end) = number(line)?;
        let rest = &line[end..];
        (!rest.trim_ascii().is_empty()).then(|| rest.iter().take_while(|byte| **byte == b' ').count())
    });
    let gap = behind.min().unwrap_or(0).min(WIDEST);
    // A counter that a program prints has no text of its own indentation behind it.
    Some(Transport::Numbered(u8::try_from(gap).unwrap_or(0)))
}

/// The number of a gutter and the position after what ends it: a colon, a bar, a tab, or nothing before blanks.
fn number(line: &[u8]) -> Option<(u64, usize)> {
    let start = line.iter().take(12).take_while(|byte| **byte == b' ').count();
    let digits = line[start..].iter().take(8).take_while(|byte| byte.is_ascii_digit()).count();
    let value = std::str::from_utf8(&line[start..start + digits]).ok()?.parse().ok()?;
    let at = start + digits;
    let bar = at + line[at..].iter().take(2).take_while(|byte| **byte == b' ').count();
    match (line.get(at), line.get(bar)) {
        (Some(b':' | b'\t'), _) => Some((value, at + 1)),
        (_, Some(b'|')) => Some((value, bar + 1)),
        (Some(b' ') | None, _) => Some((value, at)),
        _ => None,
    }
}

/// `app.log:line` of grep: the file is the stream.
pub(super) fn grepped(line: &[u8]) -> Option<Stripped<'_>> {
    let len = line.iter().take(260).take_while(|byte| byte.is_ascii_graphic() && **byte != b':').count();
    let (file, end) = (&line[..len], line.get(len)?);
    let ending = file.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    let known = matches!(ending, b"log" | b"txt" | b"out" | b"err" | b"json" | b"jsonl" | b"gz")
        || (ending.iter().all(u8::is_ascii_digit) && memchr::memmem::find(file, b".log.").is_some());
    (*end == b':' && known && file.len() > ending.len() + 1)
        .then(|| Stripped { stream: name(file), ..Stripped::after(line, len + 1) })
}

/// `[10:31 AM] line`, `[10:31] <anna> line`: the clock of a chat is not the log's.
pub(super) fn chatted(line: &[u8]) -> Option<Stripped<'_>> {
    let inner = line.strip_prefix(b"[")?;
    let len = inner.iter().take(26).position(|byte| *byte == b']')?;
    let clock = &inner[..len];
    let spelled = clock.iter().all(|b| b.is_ascii_digit() || b" :./,-AMPamp".contains(b));
    let at = clock.iter().position(|byte| *byte == b':')?;
    let digits = |at: Option<usize>| at.and_then(|at| clock.get(at)).is_some_and(u8::is_ascii_digit);
    if !spelled || !digits(at.checked_sub(1)) || !digits(Some(at + 1)) {
        return None;
    }
    let mut width = len + 2;
    match line.get(width) {
        Some(b' ') => width += 1,
        None => {}
        Some(_) => return None,
    }
    let rest = &line[width..];
    if rest.first() == Some(&b'<')
        && let Some(close) = rest.iter().take(40).position(|byte| *byte == b'>')
        && matches!(rest.get(close + 1), Some(b' ') | None)
    {
        width = (width + close + 2).min(line.len());
    }
    Some(Stripped::after(line, width))
}

/// Whether nearly every line has a chat's stamp, and some line behind it is plainly the continuation of another.
pub(super) fn is_chat(lines: &[&[u8]]) -> bool {
    let behind: Vec<Cow<'_, [u8]>> = lines.iter().filter_map(|line| chatted(line)).map(|line| line.payload).collect();
    behind.len() * 10 >= lines.len() * 9 && behind.iter().any(|text| ci::is_continuation(text))
}

/// A line that was moved to the right by `width` blanks or tabs.
pub(super) fn indented(line: &[u8], width: u8) -> Option<Stripped<'_>> {
    let width = usize::from(width);
    let first = *line.first()?;
    let moved = line.len() >= width && line[..width].iter().all(|byte| *byte == first) && matches!(first, b' ' | b'\t');
    moved.then(|| Stripped::after(line, width))
}

/// By how much every line was moved to the right.
pub(super) fn indentation(lines: &[&[u8]]) -> Option<Transport> {
    let first = *lines.first()?.first()?;
    if lines.len() < 2 || !matches!(first, b' ' | b'\t') {
        return None;
    }
    let width = lines.iter().map(|line| line.iter().take(WIDEST).take_while(|byte| **byte == first).count()).min()?;
    let least = if first == b' ' { 2 } else { 1 };
    (width >= least).then(|| Transport::Indented(u8::try_from(width).unwrap_or(0)))
}
