//! Dart's and Flutter's error output: unhandled exceptions, Flutter's boxes, and traces that loggers print below a message.
//!
//! Frames begin with `#N` as PHP's do; a Dart frame has its place in parentheses at the end. `Stack trace:` alone is not Dart's.

#[cfg(test)]
mod tests;
mod text;

use std::ops::Range;

use super::{Found, Grammar, Openings};
use crate::model::{Bytewise, Exception, ExceptionChain, Frame, Language, Line, Relation};

/// Lines of one message.
const MESSAGE_LINES: usize = 64;
/// Lines of one of Flutter's boxes.
const BOX_LINES: usize = 400;

/// The grammar of Dart's error output.
#[derive(Clone, Copy, Debug, Default)]
pub struct Dart;

impl Grammar for Dart {
    fn language(&self) -> Language {
        Language::Dart
    }

    fn search(&self, lines: &[Line], openings: &Openings<'_>) -> Vec<Found> {
        let mut scan = Scan { lines, at: 0, floor: 0, found: Vec::new() };
        while let Some(at) = openings.next(scan.at) {
            scan.at = at;
            if !scan.step() {
                scan.at += 1;
            }
        }
        scan.found
    }

    fn openings(&self) -> &'static [&'static str] {
        &["#", "package:", "dart:", "nhandled ", "CAUGHT BY", ".dart"]
    }

    fn literals(&self) -> &'static [&'static str] {
        &["Unhandled exception:", "Unhandled Exception: ", "EXCEPTION CAUGHT BY", "#0   ", ".dart"]
    }

    fn crashes(&self) -> &'static [&'static str] {
        &["Unhandled exception:"]
    }
}

/// Walks over the lines once; what an event covers is never looked at again.
struct Scan<'a> {
    lines: &'a [Line],
    at: usize,
    /// End of the last event: nothing above belongs to the next.
    floor: usize,
    found: Vec<Found>,
}

impl<'a> Scan<'a> {
    fn text(&self, at: usize) -> &'a str {
        self.lines.get(at).map_or("", |line| text::unwrapped(&line.text))
    }

    fn stops(&self, at: usize) -> bool {
        self.lines.get(at).is_none_or(|line| line.starts)
    }

    fn step(&mut self) -> bool {
        let text = self.text(self.at);
        if !text::may_matter(text) {
            return false;
        }
        if text.trimmed_end() == "Unhandled exception:" {
            return self.unhandled(self.at + 1, "");
        }
        if let Some((lead, message)) = text.halves_at("Unhandled Exception: ") {
            return self.unhandled(self.at, message) && self.lead(lead);
        }
        if text::opens_box(text) {
            return self.flutter();
        }
        text::frame(text).is_some() && self.logged()
    }

    fn emit(&mut self, lines: Range<usize>, message: &str, frames: Vec<Frame>, complete: bool) -> bool {
        let (kind, message) = text::named(message.trimmed_end());
        let mut link = Exception::new(kind, message, Relation::Surface);
        link.frames = frames;
        let chain =
            ExceptionChain { language: Language::Dart, links: vec![link], root: 0, complete, innermost_last: false };
        self.at = lines.end.max(self.at + 1);
        self.floor = self.at;
        self.found.push(Found { lines: std::iter::once(lines).collect(), lead: String::new(), chain });
        true
    }

    fn lead(&mut self, lead: &str) -> bool {
        if let Some(found) = self.found.last_mut() {
            lead.trimmed().clone_into(&mut found.lead);
        }
        true
    }

    /// The message from line `from` on, or the rest of its first line, up to the first frame.
    fn unhandled(&mut self, from: usize, first: &str) -> bool {
        let below = if first.is_empty() { from } else { from + 1 };
        let frames_at = self.first_frame(below);
        let end = frames_at.unwrap_or_else(|| if first.is_empty() && !self.stops(from) { from + 1 } else { below });
        let head = (!first.is_empty()).then_some(first);
        let message =
            head.into_iter().chain((below..end).map(|line| self.text(line).trimmed_end())).collect::<Vec<_>>();
        if message.is_empty() {
            return false;
        }
        let (frames, after) = self.frames(frames_at.unwrap_or(end));
        self.emit(self.at..after, &message.join("\n"), frames, frames_at.is_some())
    }

    fn first_frame(&self, from: usize) -> Option<usize> {
        (from..from + MESSAGE_LINES)
            .take_while(|&line| !self.stops(line))
            .find(|&line| text::frame(self.text(line)).is_some())
    }

    /// The frames that begin at `from`, with the gaps between them.
    fn frames(&self, from: usize) -> (Vec<Frame>, usize) {
        let mut frames = Vec::new();
        let mut at = from;
        while !self.stops(at) || (at == from && at < self.lines.len()) {
            match text::frame(self.text(at)) {
                Some(frame) => frames.push(frame),
                None if text::is_gap(self.text(at)) => {}
                None => break,
            }
            at += 1;
        }
        (frames, at)
    }

    /// `══╡ EXCEPTION CAUGHT BY … ╞══`, what was thrown, the message, the stack, a closing rule.
    fn flutter(&mut self) -> bool {
        let head = self.at;
        let inside = |line: &usize| !self.stops(*line) && !text::opens_box(self.text(*line));
        let close = (head + 1..head + BOX_LINES).take_while(inside).find(|&line| text::is_rule(self.text(line)));
        let end = close.unwrap_or(head + BOX_LINES);
        let frames_at = (head + 1..end).take_while(inside).find(|&line| text::frame(self.text(line)).is_some());
        let (frames, after) = frames_at.map_or((Vec::new(), head + 1), |at| self.frames(at));
        let body: Vec<&str> = (head + 1..frames_at.or(close).unwrap_or(head + 1)).map(|line| self.text(line)).collect();
        let Some((kind, message)) = text::thrown(&body) else { return false };
        let end = close.map_or(after, |close| close + 1).max(after);
        let complete = close.is_some();
        self.emit(head..end, &message, frames, complete);
        if let Some(link) = self.found.last_mut().and_then(|found| found.chain.links.first_mut()) {
            link.kind = kind;
            link.message = message;
        }
        true
    }

    /// Frames below a message that something else printed.
    fn logged(&mut self) -> bool {
        let first = self.at;
        let (frames, end) = self.frames(first);
        let lowest = self.floor.max(first.saturating_sub(MESSAGE_LINES));
        let named = (lowest..first).rev().find(|&line| {
            let text = self.text(line).trimmed_start();
            text::is_exception(text) || self.lines[line].starts
        });
        let Some(start) = named.filter(|_| !self.lines[first].starts && text::starts_at_zero(self.text(first))) else {
            self.at = end;
            self.floor = end;
            return true;
        };
        let message = (start..first).map(|line| self.text(line).trimmed_end()).collect::<Vec<_>>().join("\n");
        self.emit(start..end, &message, frames, true)
    }
}
