//! Lines with the envelope off, the segments they are grouped into, and the events read out of those.

use std::sync::Arc;

use super::{ExceptionChain, LineText, Position, Severity, StreamId, Time};

/// One line of text as the program wrote it: envelope, colours and line ending removed.
///
/// A structured record whose body holds several lines (a stack inside a JSON string) becomes several `Line`s at one [`Position`].
#[derive(Clone, Debug)]
pub struct Line {
    /// The text without its logger prefix (`2026-… ERROR app:`), never with a line break.
    pub text: LineText,
    /// Where the line stands in the input.
    pub at: Position,
    /// The lines of the input that were joined into it, where those are several: pieces that a transport cut, a record printed over lines.
    pub joined: Option<Arc<[LineRange]>>,
    /// Begins a log record: the line had a time, level or logger prefix, or was a structured record. A line that does not may continue
    /// the record before it.
    pub starts: bool,
    /// Contains a literal that some rule or grammar looks for, or may: it was put together from the fields of a structured record.
    pub hit: bool,
    /// What stands before the text; where the text is read later, so is this.
    pub(crate) head: Head,
}

/// What a line tells besides its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The line's own time stamp.
    pub time: Option<Time>,
    /// The line's own level.
    pub severity: Option<Severity>,
    /// Process, worker or thread named in the logger prefix (`pid 14993`, `ForkPoolWorker-1`).
    pub worker: Option<Arc<str>>,
    /// Request or invocation named in the line.
    pub request: Option<Arc<str>>,
}

impl PartialEq for Line {
    fn eq(&self, other: &Self) -> bool {
        let said = |line: &Self| (line.at, line.starts, line.hit);
        said(self) == said(other)
            && self.joined == other.joined
            && self.text == other.text
            && self.head() == other.head()
    }
}

impl Eq for Line {}

impl Line {
    /// A bare line at a position, for tests and for grammars that build lines.
    #[must_use]
    pub fn bare(text: impl Into<LineText>, at: Position) -> Self {
        Self { text: text.into(), at, joined: None, starts: false, hit: true, head: Head::default() }
    }

    /// What it tells besides its text.
    #[must_use]
    pub fn head(&self) -> &Head {
        self.text.head().unwrap_or(&self.head)
    }

    /// Its own level.
    #[must_use]
    pub fn severity(&self) -> Option<Severity> {
        self.head().severity
    }

    /// Its own time stamp.
    #[must_use]
    pub fn time(&self) -> Option<Time> {
        self.head().time
    }
}

/// Neighbouring lines of one stream, enough to hold whole events.
#[derive(Clone, Debug)]
pub struct Segment {
    /// Who wrote the lines.
    pub stream: StreamId,
    /// In the order of the input.
    pub lines: Vec<Line>,
    /// Time of the last record of the stream before these lines, where the stream was not interrupted between.
    pub since: Option<Time>,
    /// The segment was closed by a cap, not by the text: its last event may be cut.
    pub cut: bool,
}

/// First and last line number, 1-based and inclusive.
pub type LineRange = (u64, u64);

/// One occurrence: a log record, with its exception chain where it has one.
#[derive(Clone, Debug)]
pub struct Event {
    /// Who wrote it.
    pub stream: StreamId,
    /// Process, worker or thread of the record it came with.
    pub worker: Option<Arc<str>>,
    /// Request or invocation of the record it came with.
    pub request: Option<Arc<str>>,
    /// Time of the record it came with, else of the nearest line before in the segment.
    pub time: Option<Time>,
    /// Level of the record it came with.
    pub severity: Option<Severity>,
    /// Where its first line stands.
    pub at: Position,
    /// The lines it covers; several ranges where streams interleave.
    pub lines: Vec<LineRange>,
    /// The log message: the whole record without a chain, or the record's text before the exception.
    pub message: String,
    /// The exception, if the record carries one.
    pub chain: Option<ExceptionChain>,
}
