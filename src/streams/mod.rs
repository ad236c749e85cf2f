//! Splits the lines of one source by stream and groups them into segments that hold whole events.
//!
//! A sequential state machine over lines: its result depends on the lines alone, never on how they were cut into blocks. Only lines near a
//! hit of the gate are kept; everything is bounded.

mod layout;

use std::collections::VecDeque;
use std::sync::Arc;

use hashbrown::HashMap;

pub use self::layout::Layout;
use self::layout::{Joiner, Raw};
use crate::envelope::{Payload, Stripped, Wrapping, payload, timestamp};
use crate::input::Block;
use crate::model::{Line, LineRange, Position, Segment, Severity, SignalId, SourceId, StreamId, Time};
use crate::rules::{Gate, Mark, Reach};

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

/// Partial pieces of one line are joined up to this many bytes.
const MOST_JOINED: usize = 1 << 20;

/// How a source's lines come: rearranged, and wrapped.
#[derive(Clone, Debug, Default)]
pub struct Shape {
    /// How lines were rearranged.
    pub layout: Layout,
    /// What stands around each.
    pub wrapping: Wrapping,
    /// A moment that the source names in full, for stamps without a year.
    pub moment: Option<Time>,
}

impl Shape {
    /// The shape of a source that begins with `sample`.
    #[must_use]
    pub fn detect(sample: &[u8]) -> Self {
        let layout = Layout::detect(sample);
        Self { layout, wrapping: Wrapping::detect(&layout.restore(sample)), moment: timestamp::any(sample) }
    }
}

/// A line that could matter or stands near one, detached from its block.
#[derive(Debug)]
pub struct Piece {
    line: u64,
    reach: Option<Reach>,
    content: Content,
}

#[derive(Debug)]
enum Content {
    /// As it stands in the input, where its neighbours decide what it is.
    Raw(Raw),
    Read(Box<Read>),
}

/// A line with its transport off.
#[derive(Debug)]
struct Read {
    at: (u64, u64),
    range: Option<LineRange>,
    hit: bool,
    continues: bool,
    glued: bool,
    width: usize,
    stream: Arc<str>,
    channel: u8,
    time: Option<Time>,
    severity: Option<Severity>,
    text: Text,
}

#[derive(Debug)]
enum Text {
    Whole(Box<Payload>),
    /// A piece of a line that the transport cut, and whether more follows.
    Cut(Vec<u8>, More),
    /// A line that is whole unless one before it, which nothing was seen of, goes on here.
    Likely(Box<Payload>, Vec<u8>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum More {
    No,
    Follows,
    /// The next piece says.
    Perhaps,
}

/// Reads the lines of a block that could matter, and those at its edges that could be near a hit of its neighbours.
#[must_use]
pub fn prepare(shape: &Shape, gate: &Gate<'_>, block: &Block) -> Vec<Piece> {
    // A literal may be broken over two lines.
    let gate = if matches!(shape.layout, Layout::Wrapped(_)) { &Gate::open() } else { gate };
    let (mut marks, starts) = gate.marks(&block.bytes);
    let lines = Lines { shape, gate, block, starts: &starts };
    let mut alone: HashMap<u32, Box<Read>> = HashMap::new();
    marks.retain_mut(|mark| {
        if mark.reach != Some(Reach::Around) {
            match lines.alone(mark) {
                Alone::Record(reach, read) => {
                    mark.reach = Some(reach);
                    alone.insert(mark.line, read);
                }
                Alone::Nothing => return false,
                Alone::No => mark.reach = Some(Reach::Around),
            }
        }
        true
    });
    let mut pieces = Vec::with_capacity(marks.len() + 256);
    let mut marks = marks.into_iter().peekable();
    for (from, to, near) in
        lines.stretches(&marks.clone().filter(|m| m.reach == Some(Reach::Around)).map(|m| m.line).collect::<Vec<_>>())
    {
        while let Some(mark) = marks.next_if(|mark| mark.line < from) {
            pieces.extend(alone.remove(&mark.line).map(|read| Piece {
                line: lines.number(mark.line),
                reach: mark.reach,
                content: Content::Read(read),
            }));
        }
        for line in from..to {
            let reach = marks.next_if(|mark| mark.line == line).and_then(|mark| mark.reach);
            let content = match alone.remove(&line) {
                Some(read) => Content::Read(read),
                None if near && shape.layout == Layout::Lines => {
                    Content::Read(Box::new(lines.read(line, reach.is_some())))
                }
                None => Content::Raw(lines.raw(line, reach.is_some())),
            };
            pieces.push(Piece { line: lines.number(line), reach, content });
        }
    }
    for mark in marks {
        pieces.extend(alone.remove(&mark.line).map(|read| Piece {
            line: lines.number(mark.line),
            reach: mark.reach,
            content: Content::Read(read),
        }));
    }
    pieces
}

/// What a line that reaches no further than its record is.
enum Alone {
    Record(Reach, Box<Read>),
    /// Nothing that counts: a level word that is none.
    Nothing,
    /// Its neighbours are needed to tell.
    No,
}

/// The lines of a block.
struct Lines<'b> {
    shape: &'b Shape,
    gate: &'b Gate<'b>,
    block: &'b Block,
    starts: &'b [u32],
}

impl Lines<'_> {
    fn bytes(&self, line: u32) -> &[u8] {
        let (from, to) = (self.starts[line as usize] as usize, self.starts[line as usize + 1] as usize);
        let bytes = &self.block.bytes[from..to];
        bytes.strip_suffix(b"\n").unwrap_or(bytes)
    }

    fn number(&self, line: u32) -> u64 {
        self.block.first_line + u64::from(line)
    }

    fn at(&self, line: u32) -> (u64, u64) {
        (self.number(line), self.block.offset + u64::from(self.starts[line as usize]))
    }

    fn read(&self, line: u32, hit: bool) -> Read {
        read(&self.shape.wrapping, self.bytes(line), self.at(line), None, hit)
    }

    fn raw(&self, line: u32, hit: bool) -> Raw {
        let (number, offset) = self.at(line);
        Raw::new(number, offset, hit, self.bytes(line))
    }

    /// The record that a line is, if it is whole in itself: it begins one, its time is its own, and what follows does not continue it.
    fn alone(&self, mark: &Mark) -> Alone {
        let line = mark.line;
        if self.shape.layout != Layout::Lines {
            return Alone::No;
        }
        let mut read = self.read(line, true);
        let cut = std::mem::replace(&mut read.text, Text::Cut(Vec::new(), More::No));
        read.text = match cut {
            Text::Cut(bytes, More::No) if !read.continues && !read.glued => {
                let outer = Stripped { time: read.time, severity: read.severity, ..Stripped::raw(&bytes) };
                let inner = self.shape.wrapping.unwrap(outer);
                let mut payload = payload::read(&inner.payload);
                payload.time = payload.time.or(inner.time);
                payload.severity = payload.severity.or(inner.severity);
                if !inner.stream.is_empty() {
                    return Alone::No;
                }
                Text::Likely(Box::new(payload), bytes)
            }
            other => other,
        };
        let (Text::Whole(payload) | Text::Likely(payload, _)) = &read.text else { return Alone::No };
        // Where no stamp was seen anywhere, none is missing.
        let timed = payload.time.or(read.time).is_some() || self.shape.moment.is_none();
        let last = line as usize + 2 == self.starts.len();
        let whole = payload.starts && !payload.body.contains('\n');
        let fails = payload.severity.or(read.severity).is_some_and(|severity| severity >= Severity::Error);
        let sure = mark.reach.filter(|reach| *reach != Reach::Level || fails);
        // A signal that stays within a line and does not hold here does not hold because of this line.
        let open = |id: &SignalId| self.gate.confirms(*id, &payload.body) || !self.gate.holds_within_a_line(*id);
        let doubts: Vec<SignalId> = mark.doubts.iter().copied().filter(open).collect();
        if sure.is_none() && doubts.is_empty() {
            return Alone::Nothing;
        }
        if !whole || last || self.continued(line + 1, &read) {
            return Alone::No;
        }
        let held = doubts.into_iter().filter(|id| self.gate.confirms(*id, &payload.body));
        let reach = held.map(|id| self.gate.reach(id)).max().max(sure);
        match reach {
            None => return Alone::Nothing,
            Some(Reach::Around) => return Alone::No,
            Some(_) if !timed => match self.time_above(line, &read) {
                Some(time) => read.time = Some(time),
                None => return Alone::No,
            },
            Some(_) => {}
        }
        Alone::Record(Reach::Line, Box::new(read))
    }

    /// The time of the nearest record above in the same stream, which a record without a stamp shares.
    fn time_above(&self, line: u32, below: &Read) -> Option<Time> {
        let nearest = line.saturating_sub(u32::try_from(BEFORE).unwrap_or(0));
        (nearest..line).rev().find_map(|above| {
            let above = self.shape.wrapping.strip(self.bytes(above));
            let ours = *above.stream == *below.stream && above.channel == below.channel;
            ours.then(|| payload::read(&above.payload).time.or(above.time))?
        })
    }

    /// Whether a line may go on with the record above it.
    fn continued(&self, line: u32, above: &Read) -> bool {
        let next = self.shape.wrapping.strip(self.bytes(line));
        if next.continues || next.glued {
            return true;
        }
        let other = *next.stream != *above.stream || next.channel != above.channel;
        !other && !payload::read(&next.payload).starts
    }

    /// Stretches of lines that may be needed, in order and apart, and whether they are near a hit or only at an edge of the block.
    fn stretches(&self, hits: &[u32]) -> Vec<(u32, u32, bool)> {
        let total = u32::try_from(self.starts.len() - 1).unwrap_or(u32::MAX);
        let (before, after) = (u32::try_from(BEFORE).unwrap_or(0), u32::try_from(AFTER).unwrap_or(0));
        let mut near: Vec<(u32, u32, bool)> = Vec::new();
        for &hit in hits {
            let (from, to) = (hit.saturating_sub(before), (hit + after + 1).min(total));
            match near.last_mut() {
                Some(last) if from <= last.1 => last.1 = to,
                _ => near.push((from, to, true)),
            }
        }
        let mut all = Vec::with_capacity(near.len() + 2);
        let mut at = 0;
        for (from, to, _) in near.into_iter().chain([(total, total, true)]) {
            // What lies between stretches is needed only at the edges of the block.
            let head = (at, from.min(after).max(at));
            let tail = (from.min(total.saturating_sub(before)).max(head.1), from);
            let tail = if tail.0 >= total.saturating_sub(before) { tail } else { (from, from) };
            all.extend([head, tail].into_iter().filter(|(from, to)| from < to).map(|(from, to)| (from, to, false)));
            all.extend((from < to).then_some((from, to, true)));
            at = to;
        }
        all
    }
}

fn read(wrapping: &Wrapping, bytes: &[u8], at: (u64, u64), range: Option<LineRange>, hit: bool) -> Read {
    let mut line = wrapping.strip(bytes);
    // A whole line may still be the last piece of one that was cut: only the splitter knows, so its bytes are kept where the transport cuts.
    let cut = line.partial || line.continues || line.channel != 0 || wrapping.cuts();
    let more = match line.partial {
        true => More::Follows,
        false if wrapping.glues() => More::Perhaps,
        false => More::No,
    };
    if !cut {
        line = wrapping.unwrap(line);
    }
    let Stripped { stream, channel, time, severity, continues, glued, width, payload, .. } = line;
    let text = if cut { Text::Cut(payload.into_owned(), more) } else { Text::Whole(Box::new(payload::read(&payload))) };
    Read { at, range, hit, continues, glued, width, stream: Arc::from(&*stream), channel, time, severity, text }
}

type Key = (Arc<str>, u8);

#[derive(Debug, Default)]
struct Open {
    lines: Vec<Line>,
    bytes: usize,
    pending: Option<Pending>,
    since: Option<Time>,
    last: u64,
}

/// Pieces of a line that is not whole yet.
#[derive(Debug)]
struct Pending {
    bytes: Vec<u8>,
    at: (u64, u64),
    ranges: Vec<LineRange>,
    hit: bool,
    more: More,
    cut: bool,
    time: Option<Time>,
    severity: Option<Severity>,
}

impl Pending {
    fn append(&mut self, bytes: &[u8], piece: &Read, more: More) {
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

/// How often the caps on memory cut something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Caps {
    /// Stretches without a record boundary that were closed where they were.
    pub segments: u64,
    /// Lines that are longer than what is joined from their pieces.
    pub lines: u64,
    /// Streams that were closed because too many were open.
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
                "streams were closed early because too many wrote at once; events there may be in two parts",
            ),
        ];
        told.into_iter().filter(|(count, ..)| *count > 0).map(|(count, kind, text)| (kind, format!("{count} {text}")))
    }
}

/// The streams of one source.
#[derive(Debug)]
pub struct Splitter {
    source: SourceId,
    fallback: StreamId,
    wrapping: Wrapping,
    moment: Option<Time>,
    joiner: Joiner,
    open: HashMap<Key, Open>,
    waiting: VecDeque<Piece>,
    last_hit: Option<u64>,
    last_key: Key,
    last_width: usize,
    done: Vec<Segment>,
    records: Vec<(StreamId, Line)>,
    /// What the caps cost.
    pub caps: Caps,
}

impl Splitter {
    /// A splitter; lines without a stream of their own count under `fallback`.
    #[must_use]
    pub fn new(source: SourceId, fallback: StreamId, shape: &Shape) -> Self {
        Self {
            source,
            fallback,
            wrapping: shape.wrapping.clone(),
            moment: shape.moment,
            joiner: Joiner::new(shape.layout),
            open: HashMap::new(),
            waiting: VecDeque::new(),
            last_hit: None,
            last_key: (Arc::from(""), 0),
            last_width: 0,
            done: Vec::new(),
            records: Vec::new(),
            caps: Caps::default(),
        }
    }

    /// Takes the pieces of the next block, in order.
    pub fn push(&mut self, pieces: Vec<Piece>) {
        for piece in pieces {
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
    }

    /// Lets go of the pieces that wait before this line: records among them stand for themselves.
    fn leave(&mut self, from: u64) {
        while self.waiting.front().is_some_and(|piece| piece.line < from) {
            let Some(piece) = self.waiting.pop_front() else { break };
            if piece.reach.is_some()
                && let Content::Read(read) = piece.content
            {
                self.stand_alone(*read);
            }
        }
    }

    fn stand_alone(&mut self, read: Read) {
        let (Text::Whole(payload) | Text::Likely(payload, _)) = read.text else { return };
        let name = match &payload.stream {
            Some(stream) if read.stream.is_empty() => stream.clone(),
            _ => read.stream,
        };
        let stream = if name.is_empty() { self.fallback.clone() } else { StreamId::from(name) };
        let at = Position { source: self.source, line: read.at.0, offset: read.at.1 };
        let mut open = Open::default();
        let (time, severity) = (read.time, read.severity);
        open.push(Whole { payload: *payload, at, joined: None, hit: true, time, severity }, self.moment);
        self.records.extend(open.lines.into_iter().map(|line| (stream.clone(), line)));
    }

    /// Records of one line that stand for themselves, in order.
    pub fn take_records(&mut self) -> Vec<(StreamId, Line)> {
        std::mem::take(&mut self.records)
    }

    /// Segments that are complete.
    pub fn take(&mut self) -> Vec<Segment> {
        std::mem::take(&mut self.done)
    }

    /// First line that a segment still open, or yet to come, may begin with.
    #[must_use]
    pub fn horizon(&self) -> u64 {
        let first = |open: &Open| open.lines.first().map(|l| l.at.line).or(open.pending.as_ref().map(|p| p.at.0));
        let open = self.open.values().filter_map(first);
        let waiting = self.waiting.front().map(|p| p.line);
        open.chain(self.joiner.open_line()).chain(waiting).min().unwrap_or(u64::MAX)
    }

    /// The end of the input: everything open is complete.
    pub fn finish(&mut self) -> Vec<Segment> {
        self.leave(u64::MAX);
        self.flush();
        self.take()
    }

    fn flush(&mut self) {
        let mut whole = Vec::new();
        self.joiner.flush(&mut whole);
        whole.into_iter().for_each(|raw| self.accept_raw(&raw));
        let mut keys: Vec<Key> = self.open.keys().cloned().collect();
        keys.sort();
        for key in keys {
            self.close(&key, false);
        }
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
        let stream = if key.0.is_empty() { self.fallback.clone() } else { StreamId::new(&key.0) };
        let since = open.since;
        let latest = open.lines.iter().rev().find_map(|line| line.time).or(since);
        self.done.push(Segment { stream, lines: open.lines, since, cut });
        latest
    }

    fn accept(&mut self, piece: Piece) {
        match piece.content {
            Content::Read(read) => self.accept_read(*read),
            Content::Raw(raw) => {
                let mut whole = Vec::new();
                self.joiner.push(raw, &mut whole);
                whole.into_iter().for_each(|raw| self.accept_raw(&raw));
            }
        }
    }

    fn accept_raw(&mut self, raw: &Raw) {
        let read = read(&self.wrapping, &raw.bytes, (raw.line, raw.offset), raw.range(), raw.hit);
        self.accept_read(read);
    }

    fn accept_read(&mut self, mut piece: Read) {
        let key = if piece.continues { self.last_key.clone() } else { (piece.stream.clone(), piece.channel) };
        if !piece.continues {
            self.last_width = piece.width;
        }
        let text = std::mem::replace(&mut piece.text, Text::Cut(Vec::new(), More::No));
        match text {
            Text::Whole(payload) => {
                let at = Position { source: self.source, line: piece.at.0, offset: piece.at.1 };
                let joined = piece.range.map(|range| Arc::from([range]));
                let (hit, time, severity) = (piece.hit, piece.time, piece.severity);
                self.place(key, Whole { payload: *payload, at, joined, hit, time, severity }, piece.at.0);
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
        let open = self.open.entry(key.clone()).or_default();
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
            self.open.entry(key).or_default().pending = Some(pending);
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
        let at = Position { source: self.source, line: at.0, offset: at.1 };
        Whole { payload, at, joined, hit, time: inner.time, severity: inner.severity }
    }

    /// Puts a line into its stream; `now` is the number of the line that was read last.
    fn place(&mut self, key: Key, line: Whole, now: u64) {
        // A record may name its stream where the transport names none.
        let key = match &line.payload.stream {
            Some(stream) if key.0.is_empty() => (stream.clone(), key.1),
            _ => key,
        };
        let open = self.open.entry(key.clone()).or_default();
        open.last = now;
        let full = open.lines.len() >= HARD_LINES || open.bytes >= HARD_BYTES;
        if full || (open.lines.len() >= SOFT_LINES && line.payload.starts) {
            let since = self.close(&key, full);
            self.open.entry(key.clone()).or_default().since = since;
        }
        let open = self.open.entry(key.clone()).or_default();
        open.last = now;
        open.push(line, self.moment);
        self.last_key = key;
        if self.open.len() > MOST_OPEN {
            self.close_idlest();
        }
    }

    fn close_idlest(&mut self) {
        let idlest = self
            .open
            .iter()
            .min_by(|a, b| a.1.last.cmp(&b.1.last).then_with(|| a.0.cmp(b.0)))
            .map(|(key, _)| key.clone());
        if let Some(key) = idlest {
            self.caps.streams += 1;
            self.close(&key, false);
        }
    }
}

/// A line of a stream, read.
struct Whole {
    payload: Payload,
    at: Position,
    joined: Option<Arc<[LineRange]>>,
    hit: bool,
    time: Option<Time>,
    severity: Option<Severity>,
}

impl Open {
    fn push(&mut self, line: Whole, moment: Option<Time>) {
        let dated = |time: Option<Time>| match (time, moment) {
            (Some(time), Some(known)) => Some(time.near(known)),
            _ => time,
        };
        let Whole { payload, at, joined, hit, time, severity } = line;
        self.bytes += payload.body.len() + 64;
        // The program's own stamp and level say more than the transport's.
        let mut record = Payload { time: payload.time.or(time), severity: payload.severity.or(severity), ..payload };
        for (number, text) in std::mem::take(&mut record.body).split('\n').enumerate() {
            // A record may carry what another program logged.
            let inner = if number > 0 { payload::begins_record(text) } else { None };
            let text = inner.as_ref().map_or(text, |inner| inner.body.as_str()).to_owned();
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
                time: dated(record.time),
                severity: record.severity,
                worker: record.worker.clone(),
                request: record.request.clone(),
            });
            record.starts = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Beginnings of every shape, whole and broken.
    const PARTS: [&str; 24] = [
        "> ",
        "  12  ",
        "13:",
        " 14 | ",
        "app.log:",
        "[10:31 AM] ",
        "[10:31] <anna> ",
        "    ",
        "\t",
        "[",
        "{",
        "}",
        "  {",
        "  },",
        "{\"events\":[",
        "[pod/a-1/b] ",
        "2026-11-23T08:26:39.984999895Z ",
        "01E+",
        "api-1  | ",
        "```",
        "Nov 23 08:26:39 w s[1]: ",
        "at f (a.js:1:2)",
        "",
        "\u{a0}x",
    ];

    proptest! {
        #[test]
        fn every_line_of_any_source_comes_through(picks in prop::collection::vec((0..PARTS.len(), 0..PARTS.len(), any::<bool>()), 0..60)) {
            let text: String =
                picks.iter().map(|(a, b, end)| format!("{}{}{}", PARTS[*a], PARTS[*b], if *end { "\n" } else { "é" })).collect();
            let shape = Shape::detect(text.as_bytes());
            let mut splitter = Splitter::new(SourceId(0), StreamId::default(), &shape);
            let lines = text.lines().count() as u64;
            let block = Block { bytes: text.clone().into_bytes(), offset: 0, first_line: 1, lines, cut: false };
            splitter.push(prepare(&shape, &Gate::open(), &block));
            let told: usize = splitter.finish().iter().map(|segment| segment.lines.len()).sum();
            prop_assert!(told > 0 || text.trim().is_empty(), "{shape:?} {text:?}");
        }
    }
}
