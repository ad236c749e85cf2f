//! Takes off what transports and loggers wrapped around a program's own text.
//!
//! Two layers. A [`Transport`] (docker json-file, CRI, `kubectl --prefix`, compose, journald …) tells who wrote the line and may cut it
//! into partial pieces; it is chosen per source from a sample, with a fall-back per line; a [`Wrapping`] is up to three around each other. The payload inside is read by [`payload`]:
//! logger prefixes, JSON lines, logfmt. Everything here is a pure function of one line.

mod clock;
mod level;
pub mod payload;
pub mod timestamp;
mod transport;
mod wrapping;

pub use clock::Clock;
pub use transport::Transport;
pub use wrapping::Wrapping;

use std::borrow::Cow;
use std::sync::Arc;

use crate::model::{Severity, Time};

/// A line with its transport off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stripped<'a> {
    /// Who wrote it: `pod/api-7d9/api`, `api-1`, …; empty where the transport does not tell.
    pub stream: Cow<'a, str>,
    /// Output channel (0 unknown, 1 stdout, 2 stderr). Two channels of one stream are assembled apart but count as one stream.
    pub channel: u8,
    /// Time stamp of the transport.
    pub time: Option<Time>,
    /// Level of the transport (syslog priority, journald PRIORITY).
    pub severity: Option<Severity>,
    /// The next piece of this stream and channel continues this line.
    pub partial: bool,
    /// A further line of the record before it in the input, whose stream it shares; `stream` is empty then. The transport indented it by
    /// the [`width`](Self::width) of that record's first line, which only the caller knows.
    pub continues: bool,
    /// The rest of the line before it in this stream, without a break between them.
    pub glued: bool,
    /// Bytes of the transport's prefix in front of the payload; 0 where there is none or the record is not plain text.
    pub width: usize,
    /// What the program wrote, without the line ending.
    pub payload: Cow<'a, [u8]>,
}

impl<'a> Stripped<'a> {
    /// A line that no transport wrapped.
    #[must_use]
    pub fn raw(line: &'a [u8]) -> Self {
        Self {
            stream: Cow::Borrowed(""),
            channel: 0,
            time: None,
            severity: None,
            partial: false,
            continues: false,
            glued: false,
            width: 0,
            payload: Cow::Borrowed(line),
        }
    }

    /// The same, independent of the line it was read from.
    #[must_use]
    pub fn into_owned(self) -> Stripped<'static> {
        Stripped {
            stream: Cow::Owned(self.stream.into_owned()),
            payload: Cow::Owned(self.payload.into_owned()),
            channel: self.channel,
            time: self.time,
            severity: self.severity,
            partial: self.partial,
            continues: self.continues,
            glued: self.glued,
            width: self.width,
        }
    }

    /// What follows `width` bytes of prefix in `line`.
    fn after(line: &'a [u8], width: usize) -> Self {
        Self { width, ..Self::raw(line.get(width..).unwrap_or_default()) }
    }
}

/// A program's own line, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Payload {
    /// Message text, without logger prefix, colours and control characters other than `\n` and `\t`. A structured record's stack follows its
    /// message on lines of its own; its other scalar fields follow the message as ` key=value`, nested names joined by dots.
    pub body: String,
    /// The line had a time, level or logger prefix or was a structured record.
    pub starts: bool,
    /// A structured record, or a traceback that was written as one line: complete in itself, the next line of the stream does not
    /// continue it.
    pub whole: bool,
    /// Time stamp of the logger.
    pub time: Option<Time>,
    /// Level of the logger.
    pub severity: Option<Severity>,
    /// Process, worker or thread named in the prefix or record.
    pub worker: Option<Arc<str>>,
    /// Request or invocation named in the prefix or record.
    pub request: Option<Arc<str>>,
    /// Stream that only the record names (a `pod` or `hostname` field), used where the transport names none.
    pub stream: Option<Arc<str>>,
}

#[cfg(test)]
mod tests;
