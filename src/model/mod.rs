//! The nouns every stage shares: positions, times, records, lines, exception chains, events.
//!
//! Plain data without behaviour beyond construction and display. Nothing here reads a file, knows a rule or can be serialised: the wire
//! form of a report lives in [`crate::report`].

mod any_of;
mod bounds;
mod bytewise;
mod chain;
mod ids;
mod literals;
mod numbers;
mod record;
mod text;
mod time;

pub(crate) use any_of::AnyOf;
pub use bounds::Bounds;
pub(crate) use bytewise::{Bytewise, NameBytes};
pub use chain::{Exception, ExceptionChain, Frame, Language, Relation};
pub use ids::{Aggregate, ComponentId, ConceptId, SignalId, SymptomId};
#[cfg(test)]
pub(crate) use literals::FEW_TEXTS;
pub(crate) use literals::Literals;
pub(crate) use numbers::numbers;
pub use record::{Event, Head, Line, LineRange, Segment};
pub(crate) use text::Unread;
pub use text::{LineText, Parts};
pub use time::{ASSUMED_YEAR, Time};

use std::fmt;
use std::sync::Arc;

/// Index of an opened input in the order of their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u32);

/// A place in an input: the line is 1-based, the offset counts decoded bytes from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The input.
    pub source: SourceId,
    /// Line number, from 1.
    pub line: u64,
    /// Byte offset of the line's first byte in the decompressed input, from 0.
    pub offset: u64,
}

/// A moment of the log: its time where it has one, and its place. Ordered by time, then by place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment {
    /// Time, where the text has one.
    pub time: Option<Time>,
    /// Place in the input.
    pub at: Position,
}

/// Who wrote a line, as far as the text tells: `pod/api-7d9/api`, `api-1`, `web.1`, or empty for the input itself.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(Arc<str>);

impl StreamId {
    /// A stream with this name; empty means "the input itself".
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(Arc::from(name))
    }

    /// The name, empty for the input itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the text named no stream.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Arc<str>> for StreamId {
    fn from(name: Arc<str>) -> Self {
        Self(name)
    }
}

impl Default for StreamId {
    fn default() -> Self {
        Self::new("")
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StreamId({:?})", &*self.0)
    }
}

/// Severity of a log record, least to most severe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Finest detail.
    Trace,
    /// For developers.
    Debug,
    /// Normal operation.
    Info,
    /// Something to look at.
    Warning,
    /// Something failed.
    Error,
    /// The process cannot go on.
    Fatal,
}

impl Severity {
    /// The name used in reports: `trace`, `debug`, `info`, `warning`, `error`, `fatal`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Fatal => "fatal",
        }
    }

    /// Reads a level word in any of the usual spellings (`WARN`, `err`, `CRITICAL`, `E`, `50`); `None` for anything else.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word.trim().to_ascii_lowercase().as_str() {
            "trace" | "trc" | "finest" | "finer" | "silly" | "verbose" | "t" | "10" => Self::Trace,
            "debug" | "dbg" | "debu" | "fine" | "d" | "20" => Self::Debug,
            "info" | "inf" | "information" | "notice" | "success" | "log" | "http" | "i" | "30" => Self::Info,
            "warning" | "warn" | "wrn" | "w" | "40" => Self::Warning,
            "error" | "err" | "eror" | "severe" | "fail" | "e" | "50" => Self::Error,
            "fatal" | "critical" | "crit" | "alert" | "emerg" | "emergency" | "panic" | "dpanic" | "ftl" | "f"
            | "60" => Self::Fatal,
            _ => return None,
        })
    }
}
