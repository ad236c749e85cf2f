//! JavaScript and TypeScript: what Node, its loggers and other engines print of an error.
//!
//! V8 marks no beginning: an error is recognised by its first frame, and the class line is looked for above it, across a message of many
//! lines. Uncaught errors (source locator and caret), boxed errors without frames, heap exhaustion and Lambda's JSON have beginnings of
//! their own. A line that merely mentions an error must never become an event, nor may the frames of another language.

mod lambda;
mod node;
mod outline;
mod reader;
#[cfg(test)]
mod tests;
mod text;
mod values;

use std::ops::Range;

use crate::model::{Bytewise, Exception, ExceptionChain, Language, Line, Relation, Severity};

use super::{Found, Grammar, Openings};
use node::{Head, Node};
use reader::{MESSAGE_LINES, Reader};
use text::Header;

/// How far below an uncaught error's class line Node's last line is looked for.
const FAREWELL_LINES: usize = 512;

/// The grammar of JavaScript's error output.
#[derive(Clone, Copy, Debug, Default)]
pub struct JavaScript;

impl Grammar for JavaScript {
    fn language(&self) -> Language {
        Language::JavaScript
    }

    fn search(&self, lines: &[Line], openings: &Openings<'_>) -> Vec<Found> {
        let mut finder = Finder { lines, at: 0, floor: 0, found: Vec::new() };
        while let Some(at) = openings.next(finder.at) {
            finder.at = at;
            if !finder.step(openings.is_told_below(at)) {
                finder.at += 1;
            }
        }
        finder.found
    }

    fn openings(&self) -> &'static [&'static str] {
        &[
            "at ",
            "@http",
            "@file:",
            "@webpack",
            "@app:",
            "<--- Last few GCs --->",
            "FATAL ERROR: ",
            "\"errorType\"",
            "Error",
            "Exception",
            "UnhandledPromiseRejection",
            "Warning",
            "Uncaught ",
        ]
    }

    fn may_open(&self, text: &str) -> bool {
        text::frame(text).is_some() || outline::may_be(text) || lambda::may_be(text)
    }

    fn openings_below(&self) -> (usize, &'static [&'static str]) {
        (2, &["^"])
    }

    fn literals(&self) -> &'static [&'static str] {
        &[
            "    at ",
            "\tat ",
            "\\n    at ",
            " at async ",
            "@http",
            "@file:",
            "@webpack",
            "[cause]",
            "[errors]",
            "caused by: ",
            "Error: ",
            "Error]: ",
            "Error] ",
            "Rejection: ",
            "Node.js v",
            "UnhandledPromiseRejection",
            "Uncaught ",
            "heap out of memory",
            "<--- Last few GCs --->",
            "errorType",
        ]
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

    /// Reads what begins or is recognised at the current line; false if that is nothing. Only a place with a caret below it can begin
    /// where nothing else does than what the line below tells.
    fn step(&mut self, is_told_below: bool) -> bool {
        let text = self.text(self.at);
        if text::locator(text) && text::caret(self.text(self.at + 2)) {
            return self.uncaught();
        }
        if is_told_below || text.is_blank() {
            return false;
        }
        if text::frame(text).is_some() {
            return self.framed();
        }
        self.out_of_memory() || self.lambda() || self.single()
    }

    /// Takes over what a reader has read from `start` on.
    fn emit(&mut self, start: usize, lead: &str, node: Node, reader: &Reader<'_>) {
        let mut links = Vec::new();
        let root = node::flatten(node, &mut links);
        // "… rejected with the reason "#<Object>"": the text says that it has lost the error.
        let lost =
            links[root].kind.ends_with("UnhandledPromiseRejection") && links[root].message.has_words("\"#<Object>\"");
        self.push(start, reader, lead, links, root, reader.complete && !lost);
    }

    fn push(
        &mut self,
        start: usize,
        reader: &Reader<'_>,
        lead: &str,
        links: Vec<Exception>,
        root: usize,
        complete: bool,
    ) {
        let chain = ExceptionChain { language: Language::JavaScript, links, root, complete, innermost_last: false };
        self.found.push(Found { lines: ranges(start..reader.at, &reader.skipped), lead: lead.to_owned(), chain });
        self.pass(reader.at);
    }

    fn pass(&mut self, end: usize) {
        self.at = end.max(self.at + 1);
        self.floor = self.at;
    }

    /// `/app/x.js:7`, the source line, a caret, blank lines; then the error or whatever was thrown.
    fn uncaught(&mut self) -> bool {
        let start = self.at;
        let mut above = start;
        // A worker's error is printed below the place of the parent that received it.
        while above < start + 6 && text::locator(self.text(above + 3)) && text::caret(self.text(above + 5)) {
            above += 3;
        }
        let class = (above + 3..above + 6).find(|&at| !self.text(at).is_blank());
        let Some(class) = class.filter(|&at| at < self.lines.len()) else { return false };
        let text = self.text(class);
        let mut reader = Reader::new(self.lines, class, false);
        reader.end = self.farewell(class);
        let head = text::class_at(text, true).map(Head::from);
        let node = match head {
            Some(head) => reader.error(head, 0, Relation::Surface),
            None if reader.first_frame(class + 1, 0).is_some() => {
                reader.error(Head::message(text), 0, Relation::Surface)
            }
            None if reader.end.is_some() => outline::thrown(self.lines, &mut reader),
            None => return false,
        };
        reader.farewell();
        self.emit(start, "", node, &reader);
        true
    }

    /// The line in which Node says soon after `at` that it ends.
    fn farewell(&self, at: usize) -> Option<usize> {
        (at..at + FAREWELL_LINES)
            .find(|&at| self.text(at).starts_with("Node.js v") || self.text(at).starts_with("(Use `node"))
    }

    /// A first frame: the class line stands above.
    fn framed(&mut self) -> bool {
        let first = self.at;
        let every_line_starts = self.lines[first].starts;
        let Some((class, header)) = self.header_above(first) else { return self.headless() };
        if text::harmless(header.kind) {
            self.pass(first + reader::frames_from(self.lines, first).len());
            return true;
        }
        let (lead, base) = (header.lead.to_owned(), text::indent(self.text(class)));
        let mut reader = Reader::new(self.lines, class, every_line_starts);
        // A head like `[cause]: ` at the beginning of a line means that the outer error was cut off.
        reader.complete = !["[cause]:", "cause:", "caused by:"].iter().any(|cut| lead.trimmed_end().ends_with(cut));
        let mut node = reader.error(header.into(), base, Relation::Surface);
        reader.closers(base);
        reader.farewell();
        match outline::pretty(self.lines, self.floor, class) {
            Some(pretty) => {
                pretty.close(self.lines, &mut reader, &mut node.exception.properties);
                self.emit(pretty.start, self.text(pretty.start), node, &reader);
            }
            None => self.emit(class, &lead, node, &reader),
        }
        true
    }

    /// The nearest class line above a first frame.
    fn header_above(&self, first: usize) -> Option<(usize, Header<'a>)> {
        let every_line_starts = self.lines[first].starts;
        for at in (self.floor.max(first.saturating_sub(MESSAGE_LINES))..first).rev() {
            let text = self.text(at);
            if let Some(header) = text::header(text) {
                return Some((at, header));
            }
            let line = &self.lines[at];
            if line.starts && (!every_line_starts || line.severity().is_some()) {
                break;
            }
        }
        let above = first.checked_sub(1).filter(|&at| at >= self.floor)?;
        let text = self.text(above);
        let start = text.len() - text.trimmed_start().len();
        text::class_at(&text[start..], true).map(|header| (above, Header { lead: &text[..start], ..header }))
    }

    /// Frames below a message without class, or frames whose head was cut off.
    fn headless(&mut self) -> bool {
        let first = self.at;
        let above = first.checked_sub(1).filter(|&at| at >= self.floor).map(|at| &self.lines[at]);
        let speaks = |line: &&Line| {
            !line.text.is_blank() && line.severity().is_none_or(|severity| severity >= Severity::Warning)
        };
        if reader::frames_from(self.lines, first).len() < 2 {
            return false;
        }
        let every_line_starts = self.lines[first].starts;
        if let Some(line) = above.filter(speaks) {
            let mut reader = Reader::new(self.lines, first - 1, every_line_starts);
            let node = reader.error(Head::message(&line.text), text::indent(&line.text), Relation::Surface);
            reader.farewell();
            self.emit(first - 1, "", node, &reader);
        } else {
            // The reader takes the line before the frames for the head; there is none.
            let mut reader = Reader::new(self.lines, first, every_line_starts);
            reader.complete = false;
            let node = reader.headless();
            reader.farewell();
            self.emit(first, "", node, &reader);
        }
        true
    }

    /// `FATAL ERROR: … JavaScript heap out of memory` with what V8 prints around it.
    fn out_of_memory(&mut self) -> bool {
        let Some(found) = outline::heap(self.lines, self.at) else { return false };
        let reader = Reader::new(self.lines, found.end, false);
        let node =
            Node { exception: Exception::new("FATAL ERROR", found.message, Relation::Surface), children: Vec::new() };
        self.emit(self.at, "", node, &reader);
        true
    }

    fn lambda(&mut self) -> bool {
        let Some((lead, node)) = lambda::read(&self.lines[self.at]) else { return false };
        let reader = Reader::new(self.lines, self.at + 1, false);
        self.emit(self.at, &lead, node, &reader);
        true
    }

    /// An error without frames: boxed with properties, a warned rejection, or a class and message at error level.
    fn single(&mut self) -> bool {
        let line = &self.lines[self.at];
        let Some(header) = outline::alone(line) else { return false };
        let below = self.text(self.at + 1).trimmed_start();
        if !header.boxed && (below.starts_with("Traceback (most recent call") || self.frames_follow()) {
            return false;
        }
        let (lead, base) = (header.lead.to_owned(), text::indent(&line.text));
        let boxed = header.boxed;
        let mut reader = Reader::new(self.lines, self.at, false);
        let node = if boxed {
            reader.error(header.into(), base, Relation::Surface)
        } else {
            reader.at += 1;
            outline::single(header)
        };
        reader.farewell();
        self.emit(self.at, &lead, node, &reader);
        true
    }

    /// Whether the current line is the class line of frames further down, which will find it.
    fn frames_follow(&self) -> bool {
        let reader = Reader::new(self.lines, self.at, self.lines.get(self.at + 1).is_some_and(|line| line.starts));
        let first = reader.first_frame(self.at + 1, 0);
        first.and_then(|first| self.header_above(first)).is_some_and(|(class, _)| class == self.at)
    }
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
