//! The streams of a source that are writing, and what each wrote since its last segment.
//!
//! Most lines are of the stream that wrote the line before, which is found without looking its name up. Where a segment ends is not decided
//! here.

use std::sync::Arc;

use hashbrown::HashMap;

use super::prepare::{More, Read};
use super::record::{Record, Said, dated};
use crate::envelope::{Payload, payload};
use crate::model::{Head, Line, LineRange, LineText, Position, Severity, Time, Unread};

/// What a line takes besides its text, roughly.
pub(super) const LINE_BYTES: usize = 64;

/// Partial pieces of one line are joined up to this many bytes.
const MOST_JOINED: usize = 1 << 20;

/// A stream's name and channel.
pub(super) type Key = (Arc<str>, u8);

/// The streams that are open, by their keys.
#[derive(Clone, Debug, Default)]
pub(super) struct Streams {
    places: HashMap<Key, usize>,
    all: Vec<(Key, Open)>,
    /// Where the one stands that was asked for last.
    latest: usize,
}

impl Streams {
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// In no order that means anything.
    pub(super) fn iter(&self) -> impl Iterator<Item = &(Key, Open)> {
        self.all.iter()
    }

    pub(super) fn get_mut(&mut self, key: &Key) -> Option<&mut Open> {
        if self.all.get(self.latest).is_none_or(|(latest, _)| latest != key) {
            self.latest = *self.places.get(key)?;
        }
        Some(&mut self.all[self.latest].1)
    }

    pub(super) fn get_or_open(&mut self, key: &Key) -> &mut Open {
        if self.get_mut(key).is_none() {
            self.insert(key, Open::default());
        }
        &mut self.all[self.latest].1
    }

    /// Opens a stream that is not open.
    pub(super) fn insert(&mut self, key: &Key, open: Open) -> &mut Open {
        self.latest = self.all.len();
        self.places.insert(key.clone(), self.latest);
        self.all.push((key.clone(), open));
        &mut self.all[self.latest].1
    }

    pub(super) fn remove(&mut self, key: &Key) -> Option<Open> {
        let place = self.places.remove(key)?;
        let (_, open) = self.all.swap_remove(place);
        if let Some((moved, _)) = self.all.get(place) {
            self.places.insert(moved.clone(), place);
        }
        Some(open)
    }
}

/// What a stream wrote since its last segment.
#[derive(Clone, Debug, Default)]
pub(super) struct Open {
    pub(super) lines: Vec<Line>,
    /// Those of the lines that were read as records of one line.
    pub(super) records: Vec<Record>,
    pub(super) bytes: usize,
    pub(super) pending: Option<Pending>,
    pub(super) since: Option<Time>,
    pub(super) last: u64,
}

/// Pieces of a line that is not whole yet.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub(super) bytes: Vec<u8>,
    pub(super) at: (u64, u64),
    pub(super) ranges: Vec<LineRange>,
    pub(super) hit: bool,
    pub(super) more: More,
    pub(super) cut: bool,
    pub(super) time: Option<Time>,
    pub(super) severity: Option<Severity>,
}

impl Pending {
    pub(super) fn append(&mut self, bytes: &[u8], piece: &Read, more: More) {
        if self.bytes.len() + bytes.len() <= MOST_JOINED {
            self.bytes.extend_from_slice(bytes);
        } else {
            self.cut = true;
        }
        let (first, last) = piece.range.unwrap_or((piece.at.0, piece.at.0));
        match self.ranges.last_mut() {
            Some((_, end)) if *end + 1 >= first => *end = last,
            _ => self.ranges.push((first, last)),
        }
        self.hit |= piece.hit;
        self.more = more;
    }
}

/// A line of a stream, read.
pub(super) struct Whole {
    pub(super) payload: Payload,
    pub(super) at: Position,
    pub(super) joined: Option<Arc<[LineRange]>>,
    pub(super) hit: bool,
    pub(super) time: Option<Time>,
    pub(super) severity: Option<Severity>,
    pub(super) said: Option<Arc<Said>>,
}

impl Open {
    /// Takes a line that is nothing but text.
    pub(super) fn push_plain(&mut self, text: Arc<str>, at: Position, hit: bool) {
        self.bytes += text.len() + LINE_BYTES;
        self.lines.push(Line { hit, ..Line::bare(text, at) });
    }

    /// Takes a line that begins a record, which is read when somebody asks for it.
    pub(super) fn push_aside(&mut self, unread: Unread, at: Position) {
        self.bytes += unread.line.len() + LINE_BYTES;
        let text = LineText::later(unread, read_later);
        self.lines.push(Line { starts: true, hit: false, ..Line::bare(text, at) });
    }

    pub(super) fn push(&mut self, line: Whole, moment: Option<Time>) {
        let dated = |time: Option<Time>| dated(time, moment);
        let Whole { payload, at, joined, hit, time, severity, said } = line;
        // Fields that are put together may make a literal that the line does not show.
        let hit = hit || payload.whole;
        self.bytes += payload.body.len() + LINE_BYTES;
        // The program's own stamp and level say more than the transport's.
        let mut record = Payload { time: payload.time.or(time), severity: payload.severity.or(severity), ..payload };
        let body = std::mem::take(&mut record.body);
        if !body.contains('\n') {
            if let Some(said) = said {
                self.bytes += size_of::<Record>();
                self.records.push(Record::again(said, at));
            }
            self.lines.push(Line {
                text: body.into(),
                at,
                joined,
                starts: record.starts,
                hit,
                head: Head {
                    time: dated(record.time),
                    severity: record.severity,
                    worker: record.worker,
                    request: record.request,
                },
            });
            return;
        }
        for (number, text) in body.split('\n').enumerate() {
            // A record may carry what another program logged.
            let inner = if number > 0 { payload::begins_record(text) } else { None };
            let text = inner.as_ref().map_or(text, |inner| inner.body.as_str()).into();
            if let Some(inner) = inner {
                record.time = inner.time.or(record.time);
                record.severity = inner.severity.or(record.severity);
                record.worker = inner.worker.or(record.worker);
                record.request = inner.request.or(record.request);
                record.starts = true;
            }
            self.lines.push(Line {
                text,
                at,
                joined: joined.clone(),
                starts: record.starts,
                hit,
                head: Head {
                    time: dated(record.time),
                    severity: record.severity,
                    worker: record.worker.clone(),
                    request: record.request.clone(),
                },
            });
            record.starts = false;
        }
    }
}

/// Reads a line that was put aside.
fn read_later(unread: &Unread) -> (String, Head) {
    let Payload { body, starts, time, severity, worker, request, stream, .. } = payload::read(unread.line.as_bytes());
    debug_assert!(starts && stream.is_none() && !body.contains('\n'), "it is what was said of it");
    let time = dated(time.or(unread.time), unread.moment);
    (body, Head { time, severity: severity.or(unread.severity), worker, request })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_stream_is_found_whichever_was_asked_for_before_or_closed() {
        let key = |name: &str| (Arc::from(name), 0);
        let mut streams = Streams::default();
        for (name, last) in [("a", 1), ("b", 2), ("c", 3)] {
            streams.insert(&key(name), Open { last, ..Open::default() });
        }
        let last = |streams: &mut Streams, name: &str| streams.get_mut(&key(name)).map(|open| open.last);
        assert_eq!(
            ["c", "a", "a", "b", "d"].map(|name| last(&mut streams, name)),
            [3, 1, 1, 2, 0].map(|n| (n > 0).then_some(n))
        );
        assert_eq!(streams.remove(&key("a")).map(|open| open.last), Some(1));
        assert_eq!(["a", "c", "b"].map(|name| last(&mut streams, name)), [None, Some(3), Some(2)]);
        assert!(streams.remove(&key("a")).is_none() && streams.get_or_open(&key("a")).last == 0 && streams.len() == 3);
    }
}
