//! PHP's error output: uncaught exceptions with what they wrapped, exceptions cast to strings, fatal errors, and Monolog's records.
//!
//! PHP prints the root first and each `Next` further out; chains come out outermost first. A message may hold lines that look like frames
//! and trace heads, so an exception's own frames are those below a place at the end of a line. Warnings, notices and deprecations do not
//! end a script and must never become exceptions.

mod monolog;
#[cfg(test)]
mod tests;
mod text;

use std::cell::OnceCell;
use std::ops::Range;

use super::{Found, Grammar, Openings};
use crate::model::{Bytewise, Exception, ExceptionChain, Frame, Language, Line, Relation};

/// Lines of one message.
const MESSAGE_LINES: usize = 200;
/// What stands in the line in which Monolog prints an exception.
const MONOLOG: &str = "[object] (";
/// Exceptions of one chain.
const MOST_LINKS: usize = 64;

/// The grammar of PHP's error output.
#[derive(Clone, Copy, Debug, Default)]
pub struct Php;

impl Grammar for Php {
    fn language(&self) -> Language {
        Language::Php
    }

    fn search(&self, lines: &[Line], openings: &Openings<'_>) -> Vec<Found> {
        let untagged = vec![OnceCell::new(); lines.len()];
        let mut scan = Scan { lines, untagged, at: 0, floor: 0, found: Vec::new() };
        while let Some(at) = openings.next(scan.at) {
            scan.at = at;
            if !scan.step() {
                scan.at += 1;
            }
        }
        scan.found
    }

    fn openings(&self) -> &'static [&'static str] {
        &["rror: ", "[object] (", "Stack trace:", "[stacktrace]", "Call Stack:", ".php:", "<b>", "<br />"]
    }

    fn may_open(&self, text: &str) -> bool {
        let text = text::plain(text);
        let placed = || text::is_trace_head(&text) || text::bare_place(&text).is_some();
        text::fatal(&text).is_some() || text.contains(MONOLOG) || placed()
    }

    fn literals(&self) -> &'static [&'static str] {
        &["Fatal error", "fatal error: ", "Parse error", "Stack trace:", "[stacktrace]", "[object] (", ".php:"]
    }

    fn crashes(&self) -> &'static [&'static str] {
        &["PHP Fatal error:  Uncaught "]
    }
}

/// Walks over the lines once; what an event covers is never looked at again.
struct Scan<'a> {
    lines: &'a [Line],
    /// The texts of the lines in which tags for browsers stand, without them.
    untagged: Vec<OnceCell<String>>,
    at: usize,
    /// End of the last event: nothing above belongs to the next.
    floor: usize,
    found: Vec<Found>,
}

/// A block of a chain as far as it was read.
struct Block {
    exception: Exception,
    end: usize,
    complete: bool,
}

impl Scan<'_> {
    fn text(&self, at: usize) -> &str {
        let Some(line) = self.lines.get(at) else { return "" };
        if text::is_tagged(&line.text) {
            self.untagged[at].get_or_init(|| text::plain(&line.text).into_owned())
        } else {
            &line.text
        }
    }

    /// Whether the text of an exception cannot go on at this line.
    fn stops(&self, at: usize) -> bool {
        self.lines.get(at).is_none_or(|line| line.starts)
    }

    fn step(&mut self) -> bool {
        let text = self.text(self.at);
        if let Some(fatal) = text::fatal(text) {
            let (lead, label, rest) = (fatal.lead.to_owned(), fatal.label.to_owned(), fatal.rest.to_owned());
            return match rest.strip_prefix("Uncaught ") {
                Some(first) => self.chain(self.at, first, lead),
                None => self.plain_error(&label, &rest, lead),
            };
        }
        if text.contains(MONOLOG) {
            return self.monolog();
        }
        if text::is_trace_head(text) {
            return self.cast();
        }
        text::bare_place(text).is_some() && self.listed()
    }

    /// Links are given outermost first.
    fn emit(&mut self, lines: Range<usize>, lead: String, links: Vec<Exception>, complete: bool) -> bool {
        self.at = lines.end.max(self.at + 1);
        self.floor = self.at;
        let root = links.len() - 1;
        let chain = ExceptionChain { language: Language::Php, links, root, complete, innermost_last: false };
        self.found.push(Found { lines: std::iter::once(lines).collect(), lead, chain });
        true
    }

    /// Blocks from the root outwards, the first of which begins at line `start` with the text `first`.
    fn chain(&mut self, start: usize, first: &str, lead: String) -> bool {
        let Some(mut block) = self.block(start, first) else { return false };
        let mut links = Vec::new();
        loop {
            let (end, mut complete) = (block.end, block.complete);
            links.push(block.exception);
            let next = end + usize::from(self.text(end).trimmed().is_empty());
            let head = (!self.stops(next)).then(|| self.text(next).trimmed_start().strip_prefix("Next ")).flatten();
            let head = head.filter(|_| links.len() < MOST_LINKS).map(str::to_owned);
            match head.and_then(|head| self.block(next, &head)) {
                Some(further) => block = further,
                None => {
                    let thrown = !self.stops(end) && self.text(end).trimmed_start().starts_with("thrown in ");
                    complete |= thrown;
                    links.reverse();
                    links[0].relation = Relation::Surface;
                    return self.emit(start..end + usize::from(thrown), lead, links, complete);
                }
            }
        }
    }

    /// One exception: its message up to the place at the end of a line, then the frames.
    fn block(&self, start: usize, first: &str) -> Option<Block> {
        let line = |at: usize| if at == start { first } else { self.text(at) };
        let traced = (start..start + MESSAGE_LINES)
            .take_while(|&at| at == start || (!self.stops(at) && text::fatal(line(at)).is_none()))
            .find(|&at| {
                text::placed(line(at)).is_some()
                    && !self.stops(at + 1)
                    && text::is_trace_head(self.text(at + 1))
                    && text::frame(self.text(at + 2)).is_some()
            });
        let last = traced.unwrap_or(start);
        let whole = (start..=last).map(line).collect::<Vec<_>>().join("\n");
        let (text, place) = match text::placed(&whole) {
            Some((text, path, line)) => (text, format!("{path}:{line}")),
            None => (whole.as_str(), String::new()),
        };
        let (class, message) = named(text)?;
        let mut exception = Exception::new(class, message.trimmed_end(), Relation::Cause);
        if !place.is_empty() {
            exception.properties.push(("location".to_owned(), place));
        }
        let mut end = last + 1;
        if traced.is_some() {
            (exception.frames, end) = self.frames(last + 2);
        }
        let complete = exception.frames.last().is_some_and(|frame| frame.function == "{main}");
        Some(Block { exception, end, complete })
    }

    /// The frames that begin at `at`, and where they end.
    fn frames(&self, at: usize) -> (Vec<Frame>, usize) {
        let frames: Vec<Frame> =
            (at..).take_while(|&line| !self.stops(line)).map_while(|line| text::frame(self.text(line))).collect();
        let end = at + frames.len();
        (frames, end)
    }

    /// `PHP Fatal error:  MESSAGE in PATH on line N`.
    fn plain_error(&mut self, label: &str, rest: &str, lead: String) -> bool {
        let start = self.at;
        let line = |at: usize| if at == start { rest } else { self.text(at) };
        let mut lines = (start..start + 16).take_while(|&at| at == start || !self.stops(at));
        let Some(last) = lines.find(|&at| text::on_line(line(at)).is_some()) else { return false };
        let whole = (start..=last).map(line).collect::<Vec<_>>().join("\n");
        let Some((message, path, number)) = text::on_line(&whole) else { return false };
        let mut exception = Exception::new(label, message, Relation::Surface);
        exception.properties.push(("location".to_owned(), format!("{path}:{number}")));
        let mut end = last + 1;
        if text::is_trace_head(self.text(end)) && !self.stops(end) {
            let (frames, after) = self.frames(end + 1);
            end = if frames.is_empty() { end } else { after };
            exception.frames = frames;
        }
        self.emit(start..end, lead, vec![exception], true)
    }

    /// A trace without the engine's label: an exception that was cast to a string. Its class stands above.
    fn cast(&mut self) -> bool {
        let head = self.at;
        if head == self.floor || self.stops(head) || text::frame(self.text(head + 1)).is_none() {
            return false;
        }
        if text::placed(self.text(head - 1)).is_none() {
            return false;
        }
        for at in (self.floor.max(head.saturating_sub(MESSAGE_LINES))..head).rev() {
            if let Some(class) = text::class_start(self.text(at)) {
                let first = self.text(at)[class..].to_owned();
                let lead = self.text(at)[..class].to_owned();
                return self.chain(at, &first, lead);
            }
            if self.lines[at].starts {
                break;
            }
        }
        // Nothing above names an exception: it need not be searched again.
        self.floor = head;
        false
    }

    /// Places alone on their lines below a class, as structured records hold them: outermost first, `Caused by:` inwards.
    fn listed(&mut self) -> bool {
        let Some(start) = self.at.checked_sub(1).filter(|&above| above >= self.floor) else { return false };
        let mut links: Vec<Exception> = Vec::new();
        let mut at = start;
        while links.len() < MOST_LINKS {
            let text = self.text(at);
            let text = if links.is_empty() { Some(text) } else { text.strip_prefix("Caused by: ") };
            let Some(title) = text.and_then(text::title).filter(|title| text::is_exception(title.class)) else { break };
            let relation = if links.is_empty() { Relation::Surface } else { Relation::Cause };
            let mut exception = Exception::new(title.class, title.message, relation);
            let places = (at + 1..).take_while(|&line| !self.stops(line));
            exception.frames = places.map_while(|line| text::bare_place(self.text(line))).collect();
            at += 1 + exception.frames.len();
            links.push(exception);
            if self.stops(at) {
                break;
            }
        }
        !links.is_empty() && self.emit(start..at, String::new(), links, true)
    }
}

/// Class and message, in today's form or PHP 5's `exception 'CLASS' with message 'MESSAGE'`.
fn named(text: &str) -> Option<(&str, &str)> {
    if let Some(old) = text.strip_prefix("exception '") {
        let (class, rest) = old.halves(b'\'')?;
        let message = rest.strip_prefix(" with message '").unwrap_or_default();
        return Some((class, message.strip_suffix('\'').unwrap_or(message)));
    }
    let title = text::title(text)?;
    Some((title.class, title.message))
}
