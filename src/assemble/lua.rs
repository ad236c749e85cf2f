//! Lua's error output: a message, `stack traceback:`, frames; alone, in OpenResty's log or in an editor.
//!
//! Lua has no classes: where the interpreter put its name before the message, that name is the type. Objects that print themselves come
//! without a traceback; such a line is recognised by a name with a version, which nobody gives to a log's lines.

#[cfg(test)]
mod tests;

use super::{Found, Grammar, Openings};
use crate::model::{Bytewise, Exception, ExceptionChain, Frame, Language, Line, Relation};

/// Lines of a message above the traceback.
const MESSAGE_LINES: usize = 24;

/// The grammar of Lua's error output.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lua;

impl Grammar for Lua {
    fn language(&self) -> Language {
        Language::Lua
    }

    fn search(&self, lines: &[Line], openings: &Openings<'_>) -> Vec<Found> {
        let mut found: Vec<Found> = Vec::new();
        let mut floor = 0;
        let opening = || std::iter::successors(openings.next(0), |at| openings.next(at + 1));
        for at in opening() {
            if at < floor || lines[at].text.trimmed() != "stack traceback:" {
                continue;
            }
            if let Some(event) = read(lines, at, floor) {
                floor = event.lines.last().map_or(at + 1, |range| range.end);
                found.push(event);
            }
        }
        let mut taken = found.iter().flat_map(|event| event.lines.clone()).peekable();
        let mut objects = Vec::new();
        for at in opening() {
            while taken.next_if(|range| range.end <= at).is_some() {}
            if taken.peek().is_none_or(|range| !range.contains(&at)) {
                objects.extend(object(lines, at));
            }
        }
        found.extend(objects);
        found.sort_by_key(|event| event.lines[0].start);
        found
    }

    fn openings(&self) -> &'static [&'static str] {
        self.literals()
    }

    fn literals(&self) -> &'static [&'static str] {
        &["stack traceback:", "lua5."]
    }
}

/// The object that printed itself on line `at`.
fn object(lines: &[Line], at: usize) -> Option<Found> {
    let (kind, message) = versioned(&lines[at].text)?;
    let links = vec![Exception::new(kind, message.trimmed_end(), Relation::Surface)];
    let chain = ExceptionChain { language: Language::Lua, links, root: 0, complete: true, innermost_last: false };
    Some(Found { lines: std::iter::once(at..at + 1).collect(), lead: String::new(), chain })
}

/// `lua5.4: MESSAGE` at the beginning of a line.
fn versioned(text: &str) -> Option<(&str, &str)> {
    interpreter(text).filter(|(name, message)| name.starts_with("lua5.") && !message.trimmed().is_empty())
}

/// The exception whose traceback begins at line `head`.
fn read(lines: &[Line], head: usize, floor: usize) -> Option<Found> {
    let below = lines.get(head + 1..)?.iter().take_while(|line| !line.starts);
    let mut frames = Vec::new();
    let mut count = 0;
    for line in below {
        match frame(&line.text) {
            Some(frame) => frames.push(frame),
            None if is_filler(&line.text) => {}
            None => break,
        }
        count += 1;
    }
    if frames.is_empty() {
        return None;
    }
    let (start, complete) = message_start(lines, head, floor);
    let message = lines[start..head].iter().map(|line| line.text.trimmed_end()).collect::<Vec<_>>().join("\n");
    let (kind, message) = interpreter(&message).unwrap_or(("", message.as_str()));
    let mut link = Exception::new(kind, message.trimmed(), Relation::Surface);
    link.frames = frames;
    let chain = ExceptionChain { language: Language::Lua, links: vec![link], root: 0, complete, innermost_last: false };
    Some(Found { lines: std::iter::once(start..head + 1 + count).collect(), lead: String::new(), chain })
}

/// First line of the message above `head`, and whether it was found: the line that names the interpreter or a place, or the record's first.
fn message_start(lines: &[Line], head: usize, floor: usize) -> (usize, bool) {
    if head == floor || lines[head].starts {
        return (head, false);
    }
    for at in (floor.max(head.saturating_sub(MESSAGE_LINES))..head).rev() {
        if lines[at].starts || interpreter(&lines[at].text).is_some() || has_place(&lines[at].text) {
            return (at, true);
        }
    }
    (head - 1, true)
}

/// `lua5.4: MESSAGE`.
fn interpreter(text: &str) -> Option<(&str, &str)> {
    let (name, message) = text.halves_at(": ")?;
    let base = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    matches!(base, "lua" | "luajit" | "texlua" | "resty" | "luvit" | "tarantool").then_some((name, message))
}

/// Whether a text holds `FILE.lua:N:` or `[string "…"]:N:`.
fn has_place(text: &str) -> bool {
    [".lua:", "\"]:"].iter().any(|mark| {
        text.split_once(mark)
            .is_some_and(|(_, rest)| rest.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with(':'))
    })
}

/// `PLACE:N: in WHAT`, `[C]: in WHAT`, behind blanks.
fn frame(text: &str) -> Option<Frame> {
    let body = text.trimmed();
    let (place, what) = body.halves_at(": in ")?;
    let (path, line) = match place.last_halves(b':') {
        Some((path, line)) => (path, Some(line.parse().ok()?)),
        None => (place, None),
    };
    let quoted = what.halves(b'\'').and_then(|(_, rest)| rest.halves(b'\''));
    let named = quoted.map_or(what, |(name, _)| name);
    Some(Frame { function: named.to_owned(), path: path.to_owned(), line })
}

/// `coroutine 0:`, `...`, `(...tail calls...)`: parts of a traceback that are no frames.
fn is_filler(text: &str) -> bool {
    let text = text.trimmed();
    text.starts_with("...") || text.starts_with("(...") || (text.starts_with("coroutine ") && text.ends_with(':'))
}
