//! From the lines of one stream to events with whole exception chains.
//!
//! Each language is one [`Grammar`] in a file of its own. A grammar sees a bounded segment of one stream with random access, so it may look
//! back from a first frame to the class line above it. The driver settles which grammar owns which lines; what no grammar
//! claims becomes plain log records. Nothing here knows rules, files or other streams.

pub mod cpp;
pub mod dart;
pub mod dotnet;
mod driver;
pub mod elixir;
pub mod go;
#[cfg(test)]
mod harness;
pub mod java;
pub mod javascript;
pub mod lua;
mod openings;
pub mod perl;
pub mod php;
pub mod python;
mod remembered;
pub mod ruby;
pub mod rust_lang;
pub mod shell;

pub use openings::Openings;

use std::ops::Range;

use crate::model::{Bytewise, Event, ExceptionChain, Head, Language, Line, Segment, StreamId};

/// Every grammar, one entry a language. The order does not matter: the driver settles overlaps by the lines covered.
static GRAMMARS: &[&dyn Grammar] = &[
    &python::Python,
    &javascript::JavaScript,
    &ruby::Ruby,
    &php::Php,
    &rust_lang::Rust,
    &elixir::Elixir,
    &cpp::Cpp,
    &dart::Dart,
    &lua::Lua,
    &perl::Perl,
    &shell::Shell,
    &java::Java,
    &dotnet::DotNet,
    &go::Go,
];

/// An exception found in a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Indexes of the lines it covers; several ranges where lines of others stand between.
    pub lines: Vec<Range<usize>>,
    /// Log text on the exception's own first line before the class name (`ticket 1 failed ` before `OpenAIError: …`); often empty.
    pub lead: String,
    /// The exception.
    pub chain: ExceptionChain,
}

/// One language's error output.
pub trait Grammar: Sync {
    /// The language this grammar reads.
    fn language(&self) -> Language;

    /// Finds every exception in the lines of one stream, in order, without overlaps, looking for beginnings only where `openings` says.
    /// Must be linear in the number of lines.
    fn search(&self, lines: &[Line], openings: &Openings<'_>) -> Vec<Found>;

    /// Finds every exception, looking at every line.
    fn find(&self, lines: &[Line]) -> Vec<Found> {
        self.search(lines, &Openings::everywhere(lines.len()))
    }

    /// Literals of which every line contains one at which the search does anything but go on to the next. Case-sensitive.
    fn openings(&self) -> &'static [&'static str];

    /// The same for lines that only a later line tells: how many lines below it stands, and what it contains.
    fn openings_below(&self) -> (usize, &'static [&'static str]) {
        (0, &[])
    }

    /// Whether the search does anything but go on at a line of this text that holds one of its [`openings`](Self::openings), whatever stands
    /// around it. Answers are remembered by the text.
    fn may_open(&self, _text: &str) -> bool {
        true
    }

    /// Literals of which every exception of this language contains at least one, for the gate. Case-sensitive, at least four bytes each.
    fn literals(&self) -> &'static [&'static str];

    /// Beginnings of the line with which a runtime reports that it dies. What is printed so hangs on no log record above it.
    fn crashes(&self) -> &'static [&'static str] {
        &[]
    }
}

/// Reads every event out of a segment, in the order of their first lines.
#[must_use]
pub fn assemble(segment: &Segment) -> Vec<Event> {
    driver::assemble(segment)
}

/// The event that a record of one line without an exception is.
#[must_use]
pub fn record(stream: &StreamId, line: &Line) -> Event {
    let Head { time, severity, worker, request } = line.head().clone();
    Event {
        stream: stream.clone(),
        worker,
        request,
        time,
        severity,
        at: line.at,
        lines: vec![(line.at.line, line.at.line)],
        message: line.text.trimmed_end().to_owned(),
        chain: None,
    }
}

/// The literals of every grammar, for the gate.
pub fn literals() -> impl Iterator<Item = &'static str> {
    GRAMMARS.iter().flat_map(|grammar| grammar.literals().iter().copied())
}
