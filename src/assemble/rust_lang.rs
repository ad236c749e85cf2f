//! Rust's error output: panics and their backtraces, aborts, and the reports of `anyhow`, `eyre` and `color-eyre`.
//!
//! Rust prints no class names, so links have only messages except for `panic` and `fatal runtime error`. Numbered causes look like
//! backtrace frames and are none. `Caused by:` with a class on the same line is Java's and must never be taken.

mod backtrace;
mod panic;
mod report;
#[cfg(test)]
mod tests;

use std::ops::Range;

use super::{Found, Grammar, Openings};
use crate::model::{Bytewise, Exception, ExceptionChain, Language, Line, Relation};

/// What the runtime prints before it aborts.
const FATAL: &str = "fatal runtime error: ";

/// The grammar of Rust's error output.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rust;

impl Grammar for Rust {
    fn language(&self) -> Language {
        Language::Rust
    }

    fn search(&self, lines: &[Line], openings: &Openings<'_>) -> Vec<Found> {
        let mut scan = Scan { lines, at: 0, floor: 0, found: Vec::new() };
        while let Some(at) = openings.next(scan.at) {
            scan.at = at;
            scan.step();
        }
        scan.found
    }

    fn openings(&self) -> &'static [&'static str] {
        &[
            " panicked at ",
            "has overflowed its stack",
            "fatal runtime error: ",
            "memory allocation of ",
            "Error:",
            "Caused by:",
        ]
    }

    fn literals(&self) -> &'static [&'static str] {
        &[" panicked at ", "Caused by:", "Error: ", FATAL, "memory allocation of "]
    }

    fn crashes(&self) -> &'static [&'static str] {
        &["thread '"]
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
        self.lines.get(at).map_or("", |line| line.text.as_str())
    }

    fn step(&mut self) {
        let text = self.text(self.at);
        if let Some(head) = panic::head(text) {
            let (links, end, complete) = self.until_abort(self.panic(self.at, &head));
            // The first panic began it all, wherever it stands.
            return self.emit(self.at..end, head.lead.trimmed(), links, complete);
        }
        if let Some((end, link)) = self.fatal(text) {
            return self.emit(self.at..end, "", vec![link], true);
        }
        match self.report(self.floor) {
            Some((lines, links)) => self.emit(lines, "", links, true),
            None => self.at += 1,
        }
    }

    fn emit(&mut self, lines: Range<usize>, lead: &str, links: Vec<Exception>, complete: bool) {
        self.at = lines.end.max(self.at + 1);
        self.floor = self.at;
        let root = links.len() - 1;
        let chain = ExceptionChain { language: Language::Rust, links, root, complete, innermost_last: false };
        self.found.push(Found { lines: std::iter::once(lines).collect(), lead: lead.to_owned(), chain });
    }

    /// Failures of the runtime itself: an overflowed stack, memory that was refused.
    fn fatal(&self, text: &str) -> Option<(usize, Exception)> {
        let text = text.trimmed();
        let overflowed = text.starts_with("thread '") && text.ends_with("has overflowed its stack");
        let named = self.lines.get(self.at + usize::from(overflowed))?.text.trimmed_start().strip_prefix(FATAL);
        if let Some(message) = named {
            let message = message.trimmed_end().trim_end_matches(", aborting");
            let link = Exception::new(FATAL.trim_end_matches(": "), message, Relation::Surface);
            return Some((self.at + 1 + usize::from(overflowed), link));
        }
        let refused = text.strip_prefix("memory allocation of ").is_some_and(|rest| rest.ends_with(" bytes failed"));
        (overflowed || refused).then(|| (self.at + 1, Exception::new("", text, Relation::Surface)))
    }
}
