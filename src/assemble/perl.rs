//! Perl's error output: `MESSAGE at FILE line N.`, with `confess` the calls below it.
//!
//! Warnings have the same form as errors; those of the interpreter are known by their words and are no events. Compilation failures
//! that follow from the first are part of it.

#[cfg(test)]
mod tests;

use super::{Found, Grammar, Openings};
use crate::model::{Bytewise, Exception, ExceptionChain, Frame, Language, Line, Relation};

/// Beginnings of the interpreter's own warnings.
const WARNINGS: [&str; 17] = [
    "Use of uninitialized value",
    "Use of ",
    "Argument \"",
    "Useless use of",
    "Name \"",
    "Deep recursion on",
    "Odd number of elements",
    "Subroutine ",
    "Constant subroutine ",
    "Scalar value @",
    "Wide character in",
    "Possible ",
    "Unquoted string",
    "Statement unlikely to be reached",
    "Found = in conditional",
    "Negative repeat count",
    "Smartmatch is",
];

/// Lines of a message above the one with the place.
const MESSAGE_LINES: usize = 24;

/// The grammar of Perl's error output.
#[derive(Clone, Copy, Debug, Default)]
pub struct Perl;

impl Grammar for Perl {
    fn language(&self) -> Language {
        Language::Perl
    }

    fn search(&self, lines: &[Line], openings: &Openings<'_>) -> Vec<Found> {
        let mut found: Vec<Found> = Vec::new();
        let (mut at, mut floor) = (0, 0);
        while let Some(next) = openings.next(at) {
            at = next;
            match read(lines, floor, at) {
                Some((event, end)) => {
                    found.push(event);
                    (at, floor) = (end, end);
                }
                None => at += 1,
            }
        }
        found
    }

    fn openings(&self) -> &'static [&'static str] {
        &[" line "]
    }

    fn literals(&self) -> &'static [&'static str] {
        &[".pl line ", ".pm line ", ".t line ", ".cgi line ", ".psgi line ", " -e line ", ") line ", " called at "]
    }
}

/// The error whose place stands on line `start`, and where it ends; lines before `floor` belong to others.
fn read(lines: &[Line], floor: usize, start: usize) -> Option<(Found, usize)> {
    let place = place(&lines[start].text)?;
    let first = &lines[start];
    let below = lines[start + 1..].iter().take_while(|line| !line.starts);
    let frames: Vec<Frame> = below.map_while(|line| call(&line.text)).collect();
    let mut end = start + 1 + frames.len();
    let known =
        [".pl", ".pm", ".t", ".cgi", ".psgi", ")"].iter().any(|file| place.path.ends_with(file)) || place.path == "-e";
    let warns = WARNINGS.iter().any(|warning| place.message.starts_with(warning));
    if (frames.is_empty() && (!known || place.message.is_empty())) || warns || call(&first.text).is_some() {
        return None;
    }
    let head = if frames.is_empty() { start } else { message_start(lines, floor, start) };
    let above = lines[head..start].iter().map(|line| line.text.trimmed_end());
    let mut message =
        above.chain(std::iter::once(place.message)).collect::<Vec<_>>().join("\n").trimmed_end().to_owned();
    if message.is_empty() {
        return None;
    }
    while let Some(line) = lines.get(end).filter(|line| !line.starts && follows(&line.text)) {
        message.push('\n');
        message.push_str(line.text.trimmed_end());
        end += 1;
    }
    let mut link = Exception::new("", message, Relation::Surface);
    link.properties.push(("location".to_owned(), format!("{}:{}", place.path, place.line)));
    link.frames = frames;
    let chain =
        ExceptionChain { language: Language::Perl, links: vec![link], root: 0, complete: true, innermost_last: false };
    Some((Found { lines: std::iter::once(head..end).collect(), lead: String::new(), chain }, end))
}

/// First line of a message whose last line, with the place, is `last`: the nearest one above that is not indented.
fn message_start(lines: &[Line], floor: usize, last: usize) -> usize {
    let goes_on = |at: usize| !lines[at].starts && lines[at].text.starts_with(char::is_whitespace);
    let mut head = last;
    while goes_on(head) && head > floor && last - head < MESSAGE_LINES {
        head -= 1;
    }
    if goes_on(head) { last } else { head }
}

/// A failure that only reports the one above it.
fn follows(text: &str) -> bool {
    ["BEGIN failed--compilation aborted", "Compilation failed in require", "Execution of "]
        .iter()
        .any(|said| text.starts_with(said))
}

struct Place<'a> {
    message: &'a str,
    path: &'a str,
    line: u32,
}

/// `MESSAGE at FILE line N.`, perhaps with the input read last: `, <STDIN> line 3.`
fn place(text: &str) -> Option<Place<'_>> {
    let text = text.trimmed().strip_suffix('.')?;
    let text = text.rsplit_once(", <").filter(|(_, handle)| handle.has_words("> ")).map_or(text, |(text, _)| text);
    split(text)
}

/// `PACKAGE::FUNCTION(ARGUMENTS) called at FILE line N`.
fn call(text: &str) -> Option<Frame> {
    let body = text.trimmed_start();
    if body.len() == text.len() || !body.has_words(" called at ") {
        return None;
    }
    let found = split(body.trimmed_end())?;
    let called = found.message.strip_suffix(" called")?;
    let function = called.halves(b'(').map_or(called, |(name, _)| name);
    Some(Frame { function: function.to_owned(), path: found.path.to_owned(), line: Some(found.line) })
}

fn split(text: &str) -> Option<Place<'_>> {
    let (before, digits) = text.rsplit_once(" line ")?;
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    let line = digits.parse().ok().filter(|_| plain)?;
    let (message, path) = before.rsplit_once(" at ").or_else(|| Some(("", before.strip_prefix("at ")?)))?;
    let evaluated = path.starts_with("(eval ") && path.ends_with(')');
    (!path.is_empty() && (evaluated || !path.has(b' '))).then_some(Place { message, path, line })
}
