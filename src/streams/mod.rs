//! Splits the lines of one source by stream and groups them into segments that hold whole events.
//!
//! A sequential state machine over lines: its result depends on the lines alone, never on how they were cut into blocks. Only lines near a
//! hit of the gate are kept; everything is bounded.

mod found;
mod gathered;
mod layout;
mod neighbours;
mod open;
mod outline;
mod own;
mod prepare;
mod record;
mod runs;
mod stamps;
mod stretch;
mod templates;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;

use hashbrown::HashSet;

pub use self::layout::Layout;
use self::layout::{Joiner, Raw};
use self::open::{Key, Open, Pending, Streams, Whole};
use self::prepare::{Aside, Content, More, Piece, Read, Text, read};
pub use self::prepare::{Prepared, Preparer, Shape};
pub use self::record::{Origin, Record};
use self::record::{Said, Single};
use self::runs::{Run, RunLine};
pub use self::stretch::Stretch;
use crate::envelope::{Stripped, Wrapping, payload};
use crate::model::{Line, Position, Segment, StreamId, Time};
use crate::rules::Reach;

/// Lines kept before a hit: class lines and log messages stand above the first frame.
const BEFORE: u64 = 120;

/// Lines kept after a hit: messages and property blocks go on below the last frame.
const AFTER: u64 = 400;

/// A segment of this many lines ends at the next record.
const SOFT_LINES: usize = 1000;

/// A segment of this many lines ends wherever it is.
const HARD_LINES: usize = 20_000;

/// A segment of this many bytes ends wherever it is.
const HARD_BYTES: usize = 4 << 20;

/// Streams held open at once; the one idle for longest is closed first.
const MOST_OPEN: usize = 4096;

/// Streams that were closed early of which it is remembered; beyond, a record that goes on in one may be in two parts without a word.
const MOST_CLOSED: usize = 16 * MOST_OPEN;

/// How often the caps on memory cut something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Caps {
    /// Stretches without a record boundary that were closed where they were.
    pub segments: u64,
    /// Lines that are longer than what is joined from their pieces.
    pub lines: u64,
    /// Records that went on in streams which had been closed because too many were open.
    pub streams: u64,
}

impl Caps {
    /// What a reader should know, with a name for each kind.
    pub fn warnings(self) -> impl Iterator<Item = (&'static str, String)> {
        let told = [
            (
                self.segments,
                "segment-cut",
                "stretches without a record boundary were cut at a cap; events there may be incomplete",
            ),
            (self.lines, "line-cut", "lines in pieces were longer than the cap and lost their ends"),
            (
                self.streams,
                "stream-cut",
                "records went on in streams that were closed early because too many wrote at once; events there may be in two parts",
            ),
        ];
        told.into_iter().filter(|(count, ..)| *count > 0).map(|(count, kind, text)| (kind, format!("{count} {text}")))
    }
}

/// The streams of one source. A copy can be brought to its end while the original goes on.
#[derive(Clone, Debug)]
pub struct Splitter {
    origin: Origin,
    nameless: Arc<str>,
    wrapping: Wrapping,
    moment: Option<Time>,
    joiner: Joiner,
    open: Streams,
    /// Streams that were closed early and have not written since.
    closed: HashSet<Key>,
    waiting: VecDeque<Piece>,
    /// The last line of the block before, if it may stand for itself.
    edge: Option<Single>,
    last_hit: Option<u64>,
    last_key: Key,
    last_width: usize,
    done: Vec<Stretch>,
    records: Vec<Record>,
    /// What the caps cost.
    pub caps: Caps,
}

impl Splitter {
    fn new(origin: Origin, shape: &Shape) -> Self {
        Self {
            origin,
            nameless: Arc::from(""),
            wrapping: shape.wrapping.clone(),
            moment: shape.moment,
            joiner: Joiner::new(shape.layout),
            open: Streams::default(),
            closed: HashSet::new(),
            waiting: VecDeque::new(),
            edge: None,
            last_hit: None,
            last_key: (Arc::from(""), 0),
            last_width: 0,
            done: Vec::new(),
            records: Vec::new(),
            caps: Caps::default(),
        }
    }

    /// Takes what came of the next block, in order.
    pub fn push(&mut self, block: Prepared) {
        self.records.extend(block.records);
        for piece in block.pieces {
            if let Some(edge) = self.edge.take() {
                let goes_on = piece.line == edge.at.0 + 1 && self.goes_on(&edge, &piece.content);
                self.push_one(edge.into_piece(goes_on));
            }
            match piece.content {
                Content::Single(single) if single.open => self.edge = Some(*single),
                Content::Run(offset, run) => self.push_run(piece.line, offset, &run),
                content => self.push_one(Piece { content, ..piece }),
            }
        }
    }

    /// Takes the lines of a run, one by one unless that makes no difference.
    fn push_run(&mut self, line: u64, offset: u64, run: &Run) {
        let last = line + u64::from(run.count()) - 1;
        if self.last_hit.is_some_and(|hit| last - hit <= AFTER) {
            self.last_hit = run.hits().map(|(_, hit)| line + u64::from(hit)).or(self.last_hit);
            return self.place_run(line, offset, run);
        }
        for (number, each) in (line..).zip(run.lines()) {
            let content = Content::Plain(offset + u64::from(each.offset), each.text.clone());
            self.push_one(Piece { line: number, reach: each.hit.then_some(Reach::Around), content });
        }
    }

    fn push_one(&mut self, piece: Piece) {
        let around = piece.reach == Some(Reach::Around);
        if self.last_hit.is_some_and(|hit| piece.line - hit > AFTER) && !around {
            self.flush();
            self.last_hit = None;
        }
        if around {
            let from = piece.line.saturating_sub(BEFORE);
            if self.last_hit.is_some_and(|hit| from > hit + AFTER) {
                self.flush();
            }
            self.last_hit = Some(piece.line);
            self.leave(from);
            for waiting in std::mem::take(&mut self.waiting) {
                self.accept(waiting);
            }
            self.accept(piece);
        } else if self.last_hit.is_some() {
            self.accept(piece);
        } else {
            self.leave(piece.line.saturating_sub(BEFORE));
            self.waiting.push_back(piece);
        }
    }

    /// Whether the line below the last one of a block goes on with its record.
    fn goes_on(&self, above: &Single, below: &Content) -> bool {
        let (stream, channel) = (&above.read().stream, above.read().channel);
        match below {
            Content::Raw(raw) => prepare::continues(&self.wrapping, &raw.bytes, stream, channel),
            Content::Single(_) | Content::Aside(..) => false,
            // Plain text begins no record.
            Content::Plain(..) | Content::Run(..) => stream.is_empty() && channel == 0,
            Content::Read(read) => {
                let starts = match &read.text {
                    Text::Whole(payload) => payload.starts,
                    Text::Cut(bytes, _) | Text::Likely(_, bytes) => payload::starts(bytes),
                };
                read.continues || read.glued || (read.stream == *stream && read.channel == channel && !starts)
            }
        }
    }

    /// Lets go of the pieces that wait before this line: records among them stand for themselves.
    fn leave(&mut self, from: u64) {
        while self.waiting.front().is_some_and(|piece| piece.line < from) {
            let Some(piece) = self.waiting.pop_front() else { break };
            if let Content::Single(single) = piece.content {
                let time = record::stamped(single.times);
                let moment = record::moment(&self.origin, time, self.moment, single.at);
                self.records.push(single.into_record(&self.origin, moment, Vec::new()));
            }
        }
    }

    /// Records of one line that stand for themselves, in order.
    pub fn take_records(&mut self) -> Vec<Record> {
        std::mem::take(&mut self.records)
    }

    /// Segments that are complete.
    pub fn take(&mut self) -> Vec<Stretch> {
        std::mem::take(&mut self.done)
    }

    /// First line that a segment still open, or yet to come, may begin with.
    #[must_use]
    pub fn horizon(&self) -> u64 {
        let first = |open: &Open| open.lines.first().map(|l| l.at.line).or(open.pending.as_ref().map(|p| p.at.0));
        let open = self.open.iter().map(|(_, open)| open).filter_map(first);
        let waiting = self.waiting.front().map(|p| p.line).or(self.edge.as_ref().map(|edge| edge.at.0));
        open.chain(self.joiner.open_line()).chain(waiting).min().unwrap_or(u64::MAX)
    }

    /// The end of the input: everything open is complete.
    pub fn finish(&mut self) -> Vec<Stretch> {
        if let Some(edge) = self.edge.take() {
            self.push_one(edge.into_piece(false));
        }
        self.leave(u64::MAX);
        self.flush();
        self.take()
    }

    fn flush(&mut self) {
        let mut whole = Vec::new();
        self.joiner.flush(&mut whole);
        whole.into_iter().for_each(|raw| self.accept_raw(&raw));
        let mut keys: Vec<Key> = self.open.iter().map(|(key, _)| key.clone()).collect();
        keys.sort();
        for key in keys {
            self.close(&key, false);
        }
        // What comes after this belongs to nothing before it.
        self.closed.clear();
    }

    /// Closes a stream's segment; gives back the time that the next one goes on from.
    fn close(&mut self, key: &Key, cut: bool) -> Option<Time> {
        let mut open = self.open.remove(key)?;
        if let Some(pending) = open.pending.take() {
            let line = self.whole(pending);
            open.push(line, self.moment);
        }
        if open.lines.is_empty() {
            return open.since;
        }
        self.caps.segments += u64::from(cut);
        let stream = if key.0.is_empty() { self.origin.fallback.clone() } else { StreamId::new(&key.0) };
        let since = open.since;
        let latest = open.lines.iter().rev().find_map(Line::time).or(since);
        let segment = Segment { stream, lines: open.lines, since, cut };
        self.done.push(Stretch { segment, records: open.records });
        latest
    }

    fn accept(&mut self, piece: Piece) {
        match piece.content {
            Content::Read(read) => self.accept_read(*read, None),
            Content::Single(single) => {
                let said = single.outcomes_of().clone();
                self.accept_read(single.into_read(), Some(said));
            }
            Content::Plain(offset, text) => {
                let at = Position { source: self.origin.source, line: piece.line, offset };
                self.place_plain(text, at, piece.reach.is_some());
            }
            Content::Run(offset, run) => self.place_run(piece.line, offset, &run),
            Content::Aside(offset, aside) => self.place_aside(*aside, piece.line, offset),
            Content::Raw(raw) => {
                let mut whole = Vec::new();
                self.joiner.push(*raw, &mut whole);
                whole.into_iter().for_each(|raw| self.accept_raw(&raw));
            }
        }
    }

    fn accept_raw(&mut self, raw: &Raw) {
        let read = read(&self.wrapping, &raw.bytes, (raw.line, raw.offset), raw.range(), raw.hit);
        self.accept_read(read, None);
    }

    /// A line that was read, and what it was found to say if it is a record of its own.
    fn accept_read(&mut self, mut piece: Read, said: Option<Arc<Said>>) {
        let key = if piece.continues { self.last_key.clone() } else { (piece.stream.clone(), piece.channel) };
        if !piece.continues {
            self.last_width = piece.width;
        }
        let text = std::mem::replace(&mut piece.text, Text::Cut(Vec::new(), More::No));
        match text {
            Text::Whole(payload) => {
                let at = Position { source: self.origin.source, line: piece.at.0, offset: piece.at.1 };
                let joined = piece.range.map(|range| Arc::from([range]));
                let (hit, time, severity) = (piece.hit, piece.time, piece.severity);
                self.place(key, Whole { payload: *payload, at, joined, hit, time, severity, said }, piece.at.0);
            }
            Text::Cut(bytes, more) => self.accept_cut(key, &bytes, more, &piece),
            Text::Likely(_, bytes) => self.accept_cut(key, &bytes, More::No, &piece),
        }
    }

    /// A piece of a line, or a line that may be one.
    fn accept_cut(&mut self, key: Key, bytes: &[u8], more: More, piece: &Read) {
        // What a transport indented by the width of its prefix stands at column 0 again.
        let blanks = bytes.iter().take(self.last_width).take_while(|b| **b == b' ').count();
        let bytes = &bytes[if piece.continues { blanks } else { 0 }..];
        let open = self.open.get_or_open(&key);
        open.last = piece.at.0;
        let goes_on = |pending: &Pending| pending.more == More::Follows || piece.glued;
        let pending = match open.pending.take() {
            Some(mut pending) if goes_on(&pending) => {
                pending.append(bytes, piece, more);
                pending
            }
            before => {
                if let Some(before) = before {
                    let line = self.whole(before);
                    self.place(key.clone(), line, piece.at.0);
                }
                let ranges = vec![piece.range.unwrap_or((piece.at.0, piece.at.0))];
                let (at, hit, time, severity) = (piece.at, piece.hit, piece.time, piece.severity);
                Pending { bytes: bytes.to_vec(), at, ranges, hit, more, cut: false, time, severity }
            }
        };
        if more == More::No {
            let line = self.whole(pending);
            self.place(key, line, piece.at.0);
        } else {
            self.last_key = key.clone();
            self.open.get_or_open(&key).pending = Some(pending);
        }
    }

    /// The line that pieces make.
    fn whole(&mut self, pending: Pending) -> Whole {
        let Pending { bytes, at, ranges, hit, cut, time, severity, .. } = pending;
        self.caps.lines += u64::from(cut);
        let inner = self.wrapping.unwrap(Stripped { time, severity, ..Stripped::raw(&bytes) });
        let mut payload = payload::read(&inner.payload);
        if !inner.stream.is_empty() {
            payload.stream = Some(Arc::from(&*inner.stream));
        }
        let several = ranges.iter().any(|(first, last)| last > first) || ranges.len() > 1;
        let joined = several.then(|| Arc::from(ranges));
        let at = Position { source: self.origin.source, line: at.0, offset: at.1 };
        Whole { payload, at, joined, hit, time: inner.time, severity: inner.severity, said: None }
    }

    /// Puts a line into its stream; `now` is the number of the line that was read last.
    fn place(&mut self, key: Key, line: Whole, now: u64) {
        // A record may name its stream where the transport names none.
        let key = match &line.payload.stream {
            Some(stream) if key.0.is_empty() => (stream.clone(), key.1),
            _ => key,
        };
        if !self.closed.is_empty() && self.closed.remove(&key) {
            self.caps.streams += u64::from(!line.payload.starts);
        }
        let moment = self.moment;
        self.open_for(&key, line.payload.starts, now, |open| open.push(line, moment));
        self.last_key = key;
        if self.open.len() > MOST_OPEN {
            self.close_idlest();
        }
    }

    /// Puts a line that begins a record into its stream, as it is.
    fn place_aside(&mut self, aside: Aside, line: u64, offset: u64) {
        let Aside { stream, width, unread } = aside;
        let key = (stream, 0);
        self.last_width = width;
        self.closed.remove(&key);
        let at = Position { source: self.origin.source, line, offset };
        self.open_for(&key, true, line, |open| open.push_aside(unread, at));
        self.last_key = key;
        if self.open.len() > MOST_OPEN {
            self.close_idlest();
        }
    }

    /// Puts a line into the stream that has no name: plain text, as `read` would read it.
    fn place_plain(&mut self, text: Arc<str>, at: Position, hit: bool) {
        let key = (self.nameless.clone(), 0);
        self.last_width = 0;
        if !self.closed.is_empty() && self.closed.remove(&key) {
            self.caps.streams += 1;
        }
        self.open_for(&key, false, at.line, |open| {
            open.push_plain(text, at, hit);
        });
        self.last_key = key;
        if self.open.len() > MOST_OPEN {
            self.close_idlest();
        }
    }

    /// Puts the lines of a run into the stream that has no name.
    fn place_run(&mut self, line: u64, offset: u64, run: &Run) {
        let source = self.origin.source;
        let at = |number, each: &RunLine| Position { source, line: number, offset: offset + u64::from(each.offset) };
        let all = || (line..).zip(run.lines());
        let key = (self.nameless.clone(), 0);
        let fits = |open: &&mut Open| {
            open.lines.len() + run.lines().len() <= HARD_LINES && open.bytes + run.size <= HARD_BYTES
        };
        if self.closed.is_empty()
            && let Some(open) = self.open.get_mut(&key).filter(fits)
        {
            open.last = line + u64::from(run.count()) - 1;
            all().for_each(|(number, each)| open.push_plain(each.text.clone(), at(number, each), each.hit));
            (self.last_key, self.last_width) = (key, 0);
            return;
        }
        all().for_each(|(number, each)| self.place_plain(each.text.clone(), at(number, each), each.hit));
    }

    /// Puts the next line of a stream into a segment that has room for it.
    fn open_for(&mut self, key: &Key, starts: bool, now: u64, put: impl FnOnce(&mut Open)) {
        let full = |open: &Open| open.lines.len() >= HARD_LINES || open.bytes >= HARD_BYTES;
        let cut = match self.open.get_mut(key) {
            Some(open) if full(open) => Some(true),
            Some(open) if starts && open.lines.len() >= SOFT_LINES => Some(false),
            Some(open) => {
                open.last = now;
                return put(open);
            }
            None => None,
        };
        let since = cut.and_then(|cut| self.close(key, cut));
        // Who filled a segment will fill another, and somewhat beyond.
        let lines = Vec::with_capacity(if cut.is_some() { SOFT_LINES + SOFT_LINES / 8 } else { 0 });
        put(self.open.insert(key, Open { since, lines, last: now, ..Open::default() }));
    }

    fn close_idlest(&mut self) {
        let idlest = self
            .open
            .iter()
            .min_by(|(a, one), (b, other)| one.last.cmp(&other.last).then_with(|| a.cmp(b)))
            .map(|(key, _)| key.clone());
        if let Some(key) = idlest {
            self.close(&key, false);
            if self.closed.len() < MOST_CLOSED {
                self.closed.insert(key);
            }
        }
    }
}
