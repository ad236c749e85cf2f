//! Go: panics, fatal errors, goroutine dumps, errors that carry a stack, and errors that are only a text.
//!
//! Go has no exceptions: a crash prints goroutines, an error is a string wrapped in strings. Both are read here; a goroutine dump without
//! a failure, the stack of a logging call, and text that merely mentions an error must never become an event. The scan goes over the lines
//! once and every look around is bounded.

mod dump;
#[cfg(test)]
mod tests;
mod text;
mod verbose;

use std::ops::Range;

use super::{Found, Grammar};
use crate::model::{Exception, ExceptionChain, Language, Line, Relation, Severity};
use dump::View;
use text::Head;

/// Lines above a fatal error in which the runtime explains itself.
const PREAMBLE: usize = 4;
/// How far below a panic without goroutines its end may show.
const TAIL_LINES: usize = 3;

/// What the runtime and loggers print around a failure.
const MARKS: [&str; 11] = [
    "panic: ",
    "panic serving ",
    "fatal error: ",
    "goroutine ",
    ".go:",
    "segmentation violation",
    "error=",
    "error\":",
    "err=\"",
    // A field `err` is too short a word to look for; the level of its record is not.
    "\"ERROR\"",
    "\"fatal\"",
];

/// The marks, and the words of failures that stand on a line of their own.
const LITERALS: [&str; MARKS.len() + text::TELLING.len()] = {
    let mut all = [""; MARKS.len() + text::TELLING.len()];
    let mut at = 0;
    while at < all.len() {
        all[at] = if at < MARKS.len() { MARKS[at] } else { text::TELLING[at - MARKS.len()] };
        at += 1;
    }
    all
};

/// The grammar of Go.
#[derive(Clone, Copy, Debug, Default)]
pub struct Go;

impl Grammar for Go {
    fn language(&self) -> Language {
        Language::Go
    }

    fn find(&self, lines: &[Line]) -> Vec<Found> {
        let mut finder = Finder { lines, at: 0, floor: 0, found: Vec::new() };
        while finder.at < lines.len() {
            if !finder.step() {
                finder.at += 1;
            }
        }
        finder.found
    }

    fn literals(&self) -> &'static [&'static str] {
        &LITERALS
    }

    fn crashes(&self) -> &'static [&'static str] {
        &["panic: ", "fatal error: "]
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
    /// The lines as seen from the current one.
    fn view(&self) -> View<'a> {
        let starts = |at: usize| self.lines.get(at).is_some_and(|line| line.starts);
        View { lines: self.lines, every_line_starts: starts(self.at) && starts(self.at + 1) && starts(self.at + 2) }
    }

    /// Reads what begins at the current line; false if that is nothing.
    fn step(&mut self) -> bool {
        let view = self.view();
        let text = view.text(self.at);
        if let Some(head) = text::head(text) {
            return self.crash(view, head);
        }
        if text::goroutine(text) {
            return self.goroutines(view);
        }
        if verbose::begins(view, self.at) {
            return self.verbose(view);
        }
        self.message(view)
    }

    fn emit(&mut self, lines: Vec<Range<usize>>, lead: &str, links: Vec<Exception>, complete: bool) {
        let root = links.len() - 1;
        let chain = ExceptionChain { language: Language::Go, links, root, complete, innermost_last: false };
        self.pass(lines.last().map_or(self.at, |range| range.end));
        self.found.push(Found { lines, lead: lead.to_owned(), chain });
    }

    fn pass(&mut self, end: usize) {
        self.at = end.max(self.at + 1);
        self.floor = self.at;
    }

    /// The first line of a panic, fatal error or signal.
    fn crash(&mut self, view: View<'a>, head: Head<'a>) -> bool {
        let Some(top) = view.dump_below(self.at + 1) else { return self.without_goroutines(view, head) };
        let dump = view.dump(top);
        if head.kind == "SIGQUIT" {
            // Somebody asked for the dump.
            self.pass(dump.end);
            return true;
        }
        let mut links = dump::panics(head, &self.lines[self.at + 1..top]);
        dump::deal(&mut links, dump.frames);
        add_value(&mut links);
        let lines = ranges(self.start(view, head)..dump.end, &dump.skipped);
        self.emit(lines, head.lead, links, !dump.cut);
        true
    }

    /// The first line, with what the runtime says before a fatal error.
    fn start(&self, view: View<'a>, head: Head<'a>) -> usize {
        let mut start = self.at;
        while head.kind == "fatal error" && start > self.floor && self.at - start < PREAMBLE {
            let above = view.text(start - 1);
            if view.lines[start].starts || !(above.starts_with("runtime: ") || above.starts_with("stack: ")) {
                break;
            }
            start -= 1;
        }
        start
    }

    /// A panic without goroutines: none were to be printed, or the text is cut off.
    fn without_goroutines(&mut self, view: View<'a>, head: Head<'a>) -> bool {
        if head.kind != "panic" || !view.text(self.at).starts_with("panic: ") {
            return false;
        }
        let mut end = self.at + 1;
        let mut closed = false;
        while end - self.at <= TAIL_LINES && !view.boundary(end) && !closed {
            let text = view.text(end);
            closed = text::exit_status(text);
            let own = closed || text.trim().starts_with("[signal ") || text.starts_with("\tpanic: ");
            if !own && !text::blank(text) && !text::goroutine(text) {
                break;
            }
            end += 1;
        }
        let ends = end >= self.lines.len() || closed;
        if !ends {
            return false;
        }
        let own: Vec<Line> = self.lines[self.at + 1..end]
            .iter()
            .filter(|line| !text::blank(&line.text) && !text::exit_status(&line.text) && !text::goroutine(&line.text))
            .cloned()
            .collect();
        let mut links = dump::panics(head, &own);
        add_value(&mut links);
        self.emit(std::iter::once(self.at..end).collect(), head.lead, links, closed);
        true
    }

    /// Goroutines without a first line: printed by a program that survived a panic, if the record above says so; else only a dump.
    fn goroutines(&mut self, view: View<'a>) -> bool {
        if !view.goroutine(self.at) {
            return false;
        }
        let dump = view.dump(self.at);
        let record = self.at.checked_sub(1).filter(|&at| at >= self.floor && self.lines[at].starts);
        let Some((record, head)) = record.and_then(|at| Some((at, survived(&self.lines[at])?))) else {
            self.pass(dump.end);
            return true;
        };
        let link = Exception::new(head.kind, head.message, Relation::Surface);
        let links = vec![Exception { frames: dump.frames, ..link }];
        self.emit(ranges(record..dump.end, &dump.skipped), head.lead, links, !dump.cut);
        true
    }

    fn verbose(&mut self, view: View<'a>) -> bool {
        let Some(found) = verbose::read(view, self.floor, self.at) else {
            self.pass(verbose::stack_end(view, self.at));
            return true;
        };
        self.emit(std::iter::once(found.start..found.end).collect(), &found.lead, found.links, true);
        true
    }

    /// An error that is only a text: in a field of a failing record, or the whole of a record without a level, as `log.Fatal` prints it.
    fn message(&mut self, view: View<'a>) -> bool {
        let line = &self.lines[self.at];
        let alone = self.lines.get(self.at + 1).is_none_or(|next| next.starts || text::blank(&next.text));
        if !line.starts || !alone {
            return false;
        }
        let text = view.text(self.at);
        let failing = line.severity.is_some_and(|severity| severity >= Severity::Error);
        let field = text::error_field(text).filter(|(_, value)| failing && text::worded(value, 2));
        let bare = line.severity.is_none() && line.time.is_some() && text::telling(text) && text::worded(text, 3);
        let (lead, message) = match field {
            Some((at, value)) => (&text[..at], value),
            None if bare => ("", text.trim()),
            None => return false,
        };
        let links = vec![Exception::new("", message, Relation::Surface)];
        self.emit(std::iter::once(self.at..self.at + 1).collect(), lead, links, true);
        true
    }
}

/// The panic a record tells of, above the goroutine that the program printed itself.
fn survived(line: &Line) -> Option<Head<'_>> {
    let text = line.text.as_str();
    if let Some((at, message)) = text::field(text, "panic") {
        return Some(Head { lead: &text[..at], kind: "panic", message });
    }
    if !text.contains("panic") {
        return None;
    }
    if let Some((at, message)) = text::error_field(text) {
        return Some(Head { lead: &text[..at], kind: "panic", message });
    }
    let end = text.rfind("panic: ").map(|at| at + 7).or_else(|| text.rfind(": ").map(|at| at + 2))?;
    Some(Head { lead: &text[..end], kind: "panic", message: text[end..].trim() })
}

/// Adds the value of the first panic as a link of its own where the text tells its type.
fn add_value(links: &mut Vec<Exception>) {
    let Some(last) = links.last() else { return };
    if let Some((kind, message)) = text::value(&last.message) {
        let value = Exception::new(kind, message, Relation::Cause);
        links.push(value);
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
