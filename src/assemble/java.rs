//! Java, Kotlin, Scala and their relatives: what the JVM and its logging libraries print of a throwable.
//!
//! A stack trace has no marked beginning: it is recognised by its first frame, and the class line is looked for above it, across a message
//! of many lines. Frames without a class line are a thread dump or a printed call stack and must never become an event, nor may a line
//! that merely mentions a class. The scan goes over the lines once and every look back is bounded.

mod reader;
#[cfg(test)]
mod tests;
mod text;

use std::ops::Range;

use super::{Found, Grammar, Openings};
use crate::model::{Bytewise, ExceptionChain, Language, Line, Severity};
use reader::{MESSAGE_LINES, Reader};
use text::{Connector, Header};

/// What the JVM prints before the class of the error it does not survive.
const DYING: &str = "Terminating due to ";

/// The grammar of the JVM's languages.
#[derive(Clone, Copy, Debug, Default)]
pub struct Java;

impl Grammar for Java {
    fn language(&self) -> Language {
        Language::Java
    }

    fn search(&self, lines: &[Line], openings: &Openings<'_>) -> Vec<Found> {
        let mut finder = Finder { lines, at: 0, floor: 0, found: Vec::new() };
        while let Some(at) = openings.next(finder.at) {
            finder.at = at;
            if !finder.step() {
                finder.at += 1;
            }
        }
        finder.found
    }

    fn openings(&self) -> &'static [&'static str] {
        &["at ", "Exception", "Error", "Throwable", "Failure", "ThreadDeath"]
    }

    fn may_open(&self, text: &str) -> bool {
        let named =
            || text::uncaught(text).is_some() || text::header(text).or_else(|| text::header_inside(text)).is_some();
        text::frame(text).is_some() || (text::may_name_throwable(text) && named())
    }

    fn literals(&self) -> &'static [&'static str] {
        &[
            ".java:",
            ".kt:",
            ".scala:",
            ".groovy:",
            ".clj:",
            ".jsp:",
            "Native Method",
            "Unknown Source",
            "SourceFile",
            "<generated>",
            "Exception",
            "Caused by: ",
            "Wrapped by: ",
            "Suppressed: ",
            "java.lang.",
            "Error: ",
        ]
    }

    fn crashes(&self) -> &'static [&'static str] {
        &["Exception in thread \""]
    }
}

/// Walks over the lines once; what an event covers is never looked at again.
struct Finder<'a> {
    lines: &'a [Line],
    at: usize,
    /// End of the last event: nothing above belongs to the next.
    floor: usize,
    found: Vec<Found>,
}

impl<'a> Finder<'a> {
    fn text(&self, at: usize) -> &'a str {
        self.lines.get(at).map_or("", |line| line.text.as_str())
    }

    /// Reads what begins or is recognised at the current line; false if that is nothing.
    fn step(&mut self) -> bool {
        let text = self.text(self.at);
        if text::frame(text).is_some() { self.framed() } else { self.frameless() }
    }

    fn emit(&mut self, start: usize, lead: &str, chain: ExceptionChain, reader: &Reader<'_>) {
        self.found.push(Found { lines: ranges(start..reader.at, &reader.skipped), lead: lead.to_owned(), chain });
        self.pass(reader.at);
    }

    fn pass(&mut self, end: usize) {
        self.at = end.max(self.at + 1);
        self.floor = self.at;
    }

    /// A first frame: the class line stands above.
    fn framed(&mut self) -> bool {
        let first = self.at;
        let every_line_starts = self.lines[first].starts;
        let Some((class, header)) = self.header_above(first) else { return self.headless() };
        if text::frame(self.text(first)).is_some_and(|frame| text::harmless(&frame)) {
            self.pass(self.frames_end(first));
            return true;
        }
        self.read(class, header, every_line_starts);
        true
    }

    /// Reads the exception whose class stands on line `class`.
    fn read(&mut self, class: usize, header: Header<'a>, every_line_starts: bool) {
        let mut reader = Reader::new(self.lines, class, every_line_starts);
        // A connector at the beginning of the line means that the exception around it was cut off.
        reader.complete = text::connector(header.lead).is_none() && !cut_connector(header.lead);
        let chain = reader.chain(header, text::indent(self.text(class)));
        self.emit(class, header.lead.trimmed_start(), chain, &reader);
    }

    fn frames_end(&self, first: usize) -> usize {
        (first..self.lines.len()).find(|&at| text::frame(self.text(at)).is_none()).unwrap_or(self.lines.len())
    }

    /// The class line above a first frame: the nearest, unless it only is quoted in the message of one further up.
    fn header_above(&self, first: usize) -> Option<(usize, Header<'a>)> {
        let every_line_starts = self.lines[first].starts;
        let lowest = self.floor.max(first.saturating_sub(MESSAGE_LINES));
        let mut nearest: Option<(usize, Header<'a>)> = None;
        for at in (lowest..first).rev() {
            let (line, text) = (&self.lines[at], self.text(at));
            let begins = line.starts && (!every_line_starts || line.severity().is_some());
            if text::thread_head(text) || (text::frame(text).is_some() && nearest.is_some()) {
                break;
            }
            if nearest.is_none() {
                let inside = || text::header_inside(text).filter(|_| line.starts || at + 1 == first);
                nearest = text::header(text).or_else(inside).map(|header| (at, header));
            } else if let Some(uncaught) = text::uncaught(text) {
                return Some((at, uncaught));
            }
            if nearest.is_some() && !begins && self.quoted(at) {
                nearest = None;
            }
            if begins {
                break;
            }
        }
        nearest
    }

    /// Whether the class on line `at` is introduced as quoted by the line above it.
    fn quoted(&self, at: usize) -> bool {
        at > self.floor && self.text(at - 1).trimmed_end().ends_with("nested exception is:")
    }

    /// Frames whose class line is cut off. Only a cause below them shows that they were an exception's.
    fn headless(&mut self) -> bool {
        let first = self.at;
        let end = self.frames_end(first);
        let end = if text::elision(self.text(end)) { end + 1 } else { end };
        let caused = text::connector(self.text(end)).is_some_and(|(_, rest)| text::class_at(rest).is_some());
        if !caused {
            self.pass(end);
            return true;
        }
        let mut reader = Reader::new(self.lines, first, self.lines[first].starts);
        let chain = reader.headless(0);
        self.emit(first, "", chain, &reader);
        true
    }

    /// A class line without frames, where a line is plainly one and does not only mention a class.
    fn frameless(&mut self) -> bool {
        if !text::may_name_throwable(self.text(self.at)) {
            return false;
        }
        let Some(header) = self.alone(self.at) else { return false };
        if self.frames_follow() {
            return false;
        }
        self.read(self.at, header, self.lines[self.at].starts && self.lines.get(self.at + 1).is_some_and(|l| l.starts));
        true
    }

    fn alone(&self, at: usize) -> Option<Header<'a>> {
        let text = self.text(at);
        if let Some(found) = text::uncaught(text) {
            return Some(found);
        }
        let line = &self.lines[at];
        let failing = |line: &Line| line.severity().is_some_and(|severity| severity >= Severity::Error);
        let under_error = at > self.floor && !line.starts && self.lines[at - 1].starts && failing(&self.lines[at - 1]);
        let below = text::connector(self.text(at + 1)).filter(|(word, _)| *word != Connector::Suppressed);
        // The line is not taken apart unless its surroundings or its words allow it to be one.
        let out_of_memory = text.has_words("OutOfMemoryError");
        let dying = text.has_words(DYING);
        if !(failing(line) || under_error || below.is_some() || out_of_memory || dying) {
            return None;
        }
        let header = text::header(text).or_else(|| text::header_inside(text))?;
        if !text::surely_java(header.kind) {
            return None;
        }
        let chained = || below.is_some_and(|(_, rest)| text::class_at(rest).is_some());
        let named = || under_error || header.kind.ends_with("OutOfMemoryError") || chained();
        let begins = header.lead.trimmed().is_empty();
        (failing(line) || begins && named() || header.lead.ends_with(DYING)).then_some(header)
    }

    /// Whether the current line is the class line of frames further down, which will find it.
    fn frames_follow(&self) -> bool {
        let every = self.lines.get(self.at + 1).is_some_and(|line| line.starts);
        let last = self.lines.len().min(self.at + MESSAGE_LINES);
        for at in self.at + 1..last {
            let text = self.text(at);
            if self.lines[at].starts && !every {
                return false;
            }
            if text::frame(text).is_some() {
                return self.header_above(at).is_some_and(|(class, _)| class <= self.at);
            }
            if text::header(text).is_some_and(|header| text::throwable(header.kind)) && !self.quoted(at) {
                return false;
            }
        }
        false
    }
}

fn cut_connector(lead: &str) -> bool {
    ["Caused by:", "Wrapped by:", "Suppressed:"].contains(&lead.trimmed())
}

/// A range without the lines passed over.
fn ranges(whole: Range<usize>, skipped: &[usize]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = whole.start;
    for &line in skipped.iter().filter(|line| whole.contains(line)) {
        if start < line {
            found.push(start..line);
        }
        start = line + 1;
    }
    if start < whole.end {
        found.push(start..whole.end);
    }
    found
}
