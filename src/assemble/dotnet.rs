//! .NET: what the runtimes (.NET, .NET Framework, Mono) and `ILogger` print of an exception.
//!
//! An exception has no marked beginning unless nobody caught it: it is recognised by its first frame, and the class line is looked for
//! above it, across a message of many lines. Frames without a class line are a printed call stack (`Environment.StackTrace`) and must
//! never become an event. The scan goes over the lines once and every look back is bounded.

mod reader;
#[cfg(test)]
mod tests;
mod text;

use std::ops::Range;

use super::{Found, Grammar, Openings};
use crate::model::{Bytewise, ExceptionChain, Language, Line, Severity};
use reader::{MESSAGE_LINES, Reader};
use text::Header;

/// The grammar of .NET's languages.
#[derive(Clone, Copy, Debug, Default)]
pub struct DotNet;

impl Grammar for DotNet {
    fn language(&self) -> Language {
        Language::DotNet
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
        &["at ", "bei ", "à ", "в ", "Exception", "Error", "Fault"]
    }

    fn may_open(&self, text: &str) -> bool {
        let named = || text::header(text).or_else(|| text::header_inside(text)).is_some();
        text::frame(text).is_some() || (text::may_name_throwable(text) && named())
    }

    fn literals(&self) -> &'static [&'static str] {
        &[
            "Exception",
            "EXCEPTION: ",
            "Error: ",
            ".cs:line ",
            ".MoveNext()",
            "   at System.",
            "   at Microsoft.",
            "End of inner exception stack trace",
            "End of stack trace from previous location",
        ]
    }

    fn crashes(&self) -> &'static [&'static str] {
        &["Unhandled exception. ", "Unhandled Exception:"]
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
        match self.header_above(first) {
            Some((class, header)) => self.read(class, header, self.lines[first].starts),
            None => self.pass(self.frames_end(first)),
        }
        true
    }

    /// Reads the exception whose class stands on line `class`.
    fn read(&mut self, class: usize, header: Header<'a>, every_line_starts: bool) {
        let mut reader = Reader::new(self.lines, class, every_line_starts);
        // An arrow before the class means that the exception around it was cut off.
        reader.complete = !header.lead.contains(text::ARROW.trimmed_end());
        let chain = reader.chain(header);
        let announced = class > self.floor && !self.lines[class].starts && text::announces(self.text(class - 1));
        let (start, lead) = if announced { (class - 1, self.text(class - 1)) } else { (class, header.lead) };
        self.emit(start, lead.trimmed_start(), chain, &reader);
    }

    fn frames_end(&self, first: usize) -> usize {
        let goes_on = |at: usize| text::frame(self.text(at)).is_some() || text::seam(self.text(at)).is_some();
        (first..self.lines.len()).find(|&at| !goes_on(at)).unwrap_or(self.lines.len())
    }

    /// The class line above a first frame; the class lines behind arrows between the two belong to it.
    fn header_above(&self, first: usize) -> Option<(usize, Header<'a>)> {
        let every_line_starts = self.lines[first].starts;
        let lowest = self.floor.max(first.saturating_sub(MESSAGE_LINES));
        let mut cut = None;
        for at in (lowest..first).rev() {
            let (line, text) = (&self.lines[at], self.text(at));
            let inside = || text::header_inside(text).filter(|_| line.starts || at + 1 == first);
            if let Some(header) = text::header(text).or_else(inside).filter(|_| text::inner(text).is_none()) {
                return Some((at, header));
            }
            if let Some((header, _)) = text::inner(text) {
                let lead = &text[..text.len() - text.trimmed_start().len() + text::ARROW.len()];
                cut = Some((at, Header { lead, ..header }));
            }
            if line.starts && (!every_line_starts || line.severity().is_some()) {
                break;
            }
        }
        cut
    }

    /// A class line without frames, where a line is plainly one and does not only mention a class.
    fn frameless(&mut self) -> bool {
        let line = &self.lines[self.at];
        if !text::may_name_throwable(&line.text) {
            return false;
        }
        let failing = line.severity().is_some_and(|severity| severity >= Severity::Error);
        // The line is not taken apart unless it may be one.
        if !failing && !text::may_announce(&line.text) {
            return false;
        }
        let Some(header) = text::header(&line.text).or_else(|| text::header_inside(&line.text)) else { return false };
        let uncaught = !header.lead.trimmed().is_empty() && text::announces(header.lead);
        // A bare class after the same words is Dart's.
        let plain = (uncaught && header.kind.has(b'.')) || (failing && text::surely_dotnet(header.kind));
        if !plain || self.frames_follow() {
            return false;
        }
        self.read(self.at, header, false);
        true
    }

    /// Whether the current line is the class line of frames further down, which will find it.
    fn frames_follow(&self) -> bool {
        let every = self.lines.get(self.at + 1).is_some_and(|line| line.starts);
        for at in self.at + 1..self.lines.len().min(self.at + MESSAGE_LINES) {
            let text = self.text(at);
            if self.lines[at].starts && !every {
                return false;
            }
            if text::frame(text).is_some() {
                return self.header_above(at).is_some_and(|(class, _)| class <= self.at);
            }
            if text::header(text).is_some_and(|header| text::throwable(header.kind)) {
                return false;
            }
        }
        false
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
