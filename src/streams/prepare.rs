//! From the lines of a block to pieces: what could matter, and what stands near it, with the transports off.
//!
//! Works on one block at a time and in parallel; what only the lines before a block could tell is left to the splitter. A record of one
//! line is taken alone only if nothing around it can change what it says.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use hashbrown::HashMap;

use super::found::Found;
use super::gathered::Gathered;
use super::layout::{Layout, Raw};
use super::record::{Origin, Record, Single};
use super::runs::Run;
use super::templates::{Place, Templates};
use super::{AFTER, BEFORE, Splitter};
use crate::envelope::{Payload, Stripped, Wrapping, payload, timestamp};
use crate::input::Block;
use crate::model::{LineRange, Severity, Time, Unread};
use crate::rules::{Gate, Mark, Reach, line_starts};

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
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) line: u64,
    pub(super) reach: Option<Reach>,
    pub(super) content: Content,
}

#[derive(Clone, Debug)]
pub(super) enum Content {
    /// As it stands in the input, where its neighbours decide what it is.
    Raw(Box<Raw>),
    Read(Box<Read>),
    /// A record that stands for itself where no hit is near.
    Single(Box<Single>),
    /// A line that begins a record, of which only its neighbours may have to know: where it begins, and what it is.
    Aside(u64, Box<Aside>),
    /// A line without a transport that begins no record: where it begins, and its text.
    Plain(u64, Arc<str>),
    /// Lines of that kind, of which this piece is the first: where they begin, and what they are.
    Run(u64, Arc<Run>),
}

/// A line that is read when somebody asks for it.
#[derive(Clone, Debug)]
pub(super) struct Aside {
    pub(super) stream: Arc<str>,
    pub(super) width: usize,
    pub(super) unread: Unread,
}

/// A line with its transport off.
#[derive(Clone, Debug)]
pub(super) struct Read {
    pub(super) at: (u64, u64),
    pub(super) range: Option<LineRange>,
    pub(super) hit: bool,
    pub(super) continues: bool,
    pub(super) glued: bool,
    pub(super) width: usize,
    pub(super) stream: Arc<str>,
    pub(super) channel: u8,
    pub(super) time: Option<Time>,
    pub(super) severity: Option<Severity>,
    pub(super) text: Text,
}

impl Read {
    /// Its text, if it is nothing but text.
    pub(super) fn plain(&self) -> Option<Arc<str>> {
        let Text::Whole(payload) = &self.text else { return None };
        let Payload {
            body,
            starts: false,
            whole: false,
            time: None,
            severity: None,
            worker: None,
            request: None,
            stream: None,
        } = &**payload
        else {
            return None;
        };
        let bare = self.stream.is_empty() && self.channel == 0 && self.width == 0 && self.range.is_none();
        let joins = self.continues || self.glued || self.time.is_some() || self.severity.is_some();
        (bare && !joins && !body.contains('\n')).then(|| Arc::from(body.as_str()))
    }
}

#[derive(Clone, Debug)]
pub(super) enum Text {
    Whole(Box<Payload>),
    /// A piece of a line that the transport cut, and whether more follows.
    Cut(Vec<u8>, More),
    /// A line that is whole unless one before it, which nothing was seen of, goes on here.
    Likely(Box<Payload>, Vec<u8>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum More {
    No,
    Follows,
    /// The next piece says.
    Perhaps,
}

/// What comes of a block.
#[derive(Debug)]
pub struct Prepared {
    /// What stands near something that could matter, or may, in order.
    pub(super) pieces: Vec<Piece>,
    /// What stands for itself, whatever the other blocks hold.
    pub(super) records: Vec<Record>,
}

/// Makes pieces of the blocks of one source; several at a time, if somebody wants that.
#[derive(Debug)]
pub struct Preparer<'p> {
    origin: Origin,
    shape: &'p Shape,
    gate: &'p Gate<'p>,
    /// What is remembered of lines that come again, where no block is being prepared with it.
    templates: Mutex<Vec<Templates>>,
}

impl<'p> Preparer<'p> {
    /// For a source of this origin and shape.
    #[must_use]
    pub fn new(origin: Origin, shape: &'p Shape, gate: &'p Gate<'p>) -> Self {
        Self { origin, shape, gate, templates: Mutex::new(Vec::new()) }
    }

    /// A splitter for what comes of the blocks.
    #[must_use]
    pub fn splitter(&self) -> Splitter {
        Splitter::new(self.origin.clone(), self.shape)
    }

    /// Reads the lines of a block that could matter, and those at its edges that could be near a hit of its neighbours.
    #[must_use]
    pub fn prepare(&self, block: &Block) -> Prepared {
        let lent = self.templates.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut templates = lent.unwrap_or_default();
        let mut records = Gathered::new(&self.origin, self.shape.moment, std::mem::take(&mut templates.room));
        let pieces = prepare(self.shape, self.gate, block, &mut templates, &mut records);
        let (records, room) = records.into_records();
        templates.room = room;
        self.templates.lock().unwrap_or_else(PoisonError::into_inner).push(templates);
        Prepared { pieces, records }
    }
}

/// The pieces of a block; what stands for itself is added to `records`.
fn prepare(
    shape: &Shape,
    gate: &Gate<'_>,
    block: &Block,
    templates: &mut Templates,
    records: &mut Gathered<'_>,
) -> Vec<Piece> {
    let starts = line_starts(&block.bytes);
    let lines = Lines { shape, gate, block, starts: &starts };
    // A literal may be broken over two lines.
    if matches!(shape.layout, Layout::Wrapped(_)) || !gate.is_ready(&block.bytes) {
        let mut found = Found::new(&lines, records);
        found.around.extend(0..lines.count());
        return lines.pieces(found, Near::new(&[], templates));
    }
    templates.read(&block.bytes);
    let (found, places) = lines.found(templates, records);
    lines.pieces(found, Near::new(&places, templates))
}

/// Lines of a block that are told apart there; what repeats comes again soon.
const MOST_PLAIN: usize = 4096;

/// The texts of the lines of a block that are plain, by those lines; `None` for what is more than text. A trace is printed thousands of
/// times, and its frames need not be read again each time.
type PlainLines<'b> = HashMap<&'b [u8], Option<Arc<str>>>;

/// What is known of lines near a hit before they are read.
struct Near<'b, 't> {
    plain: PlainLines<'b>,
    /// For each line of the block where one like it is kept.
    places: &'t [Option<Place>],
    templates: &'t mut Templates,
    /// The stream of the last line that was put aside.
    stream: Arc<str>,
}

impl<'t> Near<'_, 't> {
    fn new(places: &'t [Option<Place>], templates: &'t mut Templates) -> Self {
        Self { plain: PlainLines::new(), places, templates, stream: Arc::from("") }
    }

    fn place(&self, line: u32) -> Option<Place> {
        self.places.get(line as usize).copied().flatten()
    }
}

/// The lines of a block.
pub(super) struct Lines<'b> {
    pub(super) shape: &'b Shape,
    pub(super) gate: &'b Gate<'b>,
    block: &'b Block,
    starts: &'b [u32],
}

impl<'b> Lines<'b> {
    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.starts.len() - 1).unwrap_or(u32::MAX)
    }

    /// Where a line stands in its block, with its end.
    pub(super) fn part(&self, line: u32) -> Range<usize> {
        self.parts(line..line + 1)
    }

    /// Where lines stand in their block.
    pub(super) fn parts(&self, lines: Range<u32>) -> Range<usize> {
        self.starts[lines.start as usize] as usize..self.starts[lines.end as usize] as usize
    }

    pub(super) fn all(&self, part: Range<usize>) -> &'b [u8] {
        &self.block.bytes[part]
    }

    /// What the gate makes of a line.
    pub(super) fn mark(&self, line: u32) -> Option<Mark> {
        self.gate.mark(&self.block.bytes, self.part(line))
    }

    /// A line with its end.
    pub(super) fn whole(&self, line: u32) -> &'b [u8] {
        &self.block.bytes[self.part(line)]
    }

    pub(super) fn bytes(&self, line: u32) -> &'b [u8] {
        let whole = self.whole(line);
        whole.strip_suffix(b"\n").unwrap_or(whole)
    }

    pub(super) fn is_last(&self, line: u32) -> bool {
        line + 1 == self.count()
    }

    fn number(&self, line: u32) -> u64 {
        self.block.first_line + u64::from(line)
    }

    pub(super) fn at(&self, line: u32) -> (u64, u64) {
        (self.number(line), self.block.offset + u64::from(self.starts[line as usize]))
    }

    /// What may be needed of the block, in order: what stands near its hits, or at its edges.
    fn pieces(&self, found: Found<'_, '_>, mut near: Near<'b, '_>) -> Vec<Piece> {
        let Found { around: hits, reads, runs, singles, .. } = found;
        let stretches = self.stretches(&hits);
        let length = stretches.iter().map(|(from, to, _)| to - from).sum::<u32>() as usize;
        let mut pieces = Vec::with_capacity(length);
        let (mut reads, mut singles) = (reads.into_iter().peekable(), singles.into_iter().peekable());
        let (mut around, mut runs) = (hits.iter().copied().peekable(), runs.into_iter().peekable());
        for (from, to, is_near) in stretches {
            let mut next = from;
            while next < to {
                let line = next;
                while runs.next_if(|(at, _)| *at < line).is_some() {}
                if let Some((_, run)) = runs.next_if(|(at, run)| is_near && *at == line && *at + run.count() <= to) {
                    next += run.count();
                    while around.next_if(|hit| *hit < next).is_some() {}
                    pieces.push(self.run_piece(line, run));
                    continue;
                }
                next += 1;
                let (hit, read) = (around.next_if_eq(&line).is_some(), reads.next_if(|(at, _)| *at == line));
                pieces.push(match (singles.next_if(|(at, _)| *at == line), read) {
                    (Some((_, single)), _) => {
                        let read = || {
                            let known = self.outlined(line, true, &near);
                            known.unwrap_or_else(|| self.read_first(line, true, &mut near))
                        };
                        let content = Content::Single(Box::new(self.exact(single, read)));
                        Piece { line: self.number(line), reach: Some(Reach::Line), content }
                    }
                    (None, Some((_, read))) => {
                        Piece { line: self.number(line), reach: Some(Reach::Around), content: Content::Read(read) }
                    }
                    (None, None) => {
                        let near = is_near.then_some(&mut near);
                        self.piece(line, hit, near)
                    }
                });
            }
        }
        debug_assert!(singles.next().is_none() && reads.next().is_none(), "no stretch has them");
        pieces
    }

    /// A line that is no record by itself; read at once where it will be needed.
    fn piece(&self, line: u32, hit: bool, near: Option<&mut Near<'b, '_>>) -> Piece {
        let content = match near {
            Some(near) if self.shape.layout == Layout::Lines => self.content(line, hit, near),
            _ => Content::Raw(Box::new(self.raw(line, hit))),
        };
        Piece { line: self.number(line), reach: hit.then_some(Reach::Around), content }
    }

    fn run_piece(&self, line: u32, run: Arc<Run>) -> Piece {
        let (number, offset) = self.at(line);
        Piece { line: number, reach: run.hits().map(|_| Reach::Around), content: Content::Run(offset, run) }
    }

    pub(super) fn read(&self, line: u32, hit: bool) -> Read {
        read(&self.shape.wrapping, self.bytes(line), self.at(line), None, hit)
    }

    /// A line near a hit as it is known to be read.
    fn outlined(&self, line: u32, hit: bool, near: &Near<'b, '_>) -> Option<Read> {
        let bytes = self.bytes(line);
        near.templates.outline(near.place(line)?, bytes)?.read(bytes, self.at(line), hit)
    }

    /// A line near a hit, of which it will be known how it is read.
    fn read_first(&self, line: u32, hit: bool, near: &mut Near<'b, '_>) -> Read {
        let read = self.read(line, hit);
        if let Some(place) = near.place(line) {
            near.templates.was_read(place, self.bytes(line), &read);
        }
        read
    }

    /// A line near a hit that is none itself, if it can be put aside.
    fn aside(&self, line: u32, near: &mut Near<'b, '_>) -> Option<Content> {
        let wrapping = &self.shape.wrapping;
        let own = wrapping.strip(self.bytes(line));
        // Pieces of lines are joined before they are read.
        if wrapping.cuts() || wrapping.glues() || own.partial || own.continues || own.glued || own.channel != 0 {
            return None;
        }
        let Stripped { stream, time, severity, width, payload, .. } = wrapping.unwrap(own);
        if severity.is_some_and(|severity| severity >= Severity::Error) {
            return None;
        }
        let text = std::str::from_utf8(&payload).ok()?;
        let parts = payload::parts(text)?;
        if *near.stream != *stream {
            near.stream = Arc::from(&*stream);
        }
        let unread = Unread { line: text.into(), parts, time, severity, moment: self.shape.moment };
        Some(Content::Aside(self.at(line).1, Box::new(Aside { stream: near.stream.clone(), width, unread })))
    }

    /// A line near a hit, read.
    fn content(&self, line: u32, hit: bool, near: &mut Near<'b, '_>) -> Content {
        if let Some(read) = self.outlined(line, hit, near) {
            return Content::Read(Box::new(read));
        }
        if !hit
            && !near.place(line).is_some_and(|place| near.templates.asks_how(place))
            && let Some(aside) = self.aside(line, near)
        {
            return aside;
        }
        let bytes = self.bytes(line);
        // What begins like a record is one, and has a time of its own.
        let begins = bytes.first().is_some_and(|first| first.is_ascii_digit() || matches!(first, b'{' | b'['));
        let known = if begins { None } else { near.plain.get(bytes) };
        if let Some(Some(text)) = known {
            return Content::Plain(self.at(line).1, text.clone());
        }
        let is_new = !begins && known.is_none() && near.plain.len() < MOST_PLAIN;
        let read = self.read_first(line, hit, near);
        match is_new.then(|| near.plain.entry(bytes).or_insert(read.plain())) {
            Some(Some(text)) => Content::Plain(self.at(line).1, text.clone()),
            _ => Content::Read(Box::new(read)),
        }
    }

    fn raw(&self, line: u32, hit: bool) -> Raw {
        let (number, offset) = self.at(line);
        Raw::new(number, offset, hit, self.bytes(line))
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
        // The last line may yet turn out to be a hit.
        let edge = total.saturating_sub(before + 1);
        let mut all = Vec::with_capacity(near.len() + 2);
        let mut at = 0;
        for (from, to, _) in near.into_iter().chain([(total, total, true)]) {
            // What lies between stretches is needed only at the edges of the block.
            let head = (at, from.min(after).max(at));
            let tail = (from.min(edge).max(head.1), from);
            let tail = if tail.0 >= edge { tail } else { (from, from) };
            all.extend([head, tail].into_iter().filter(|(from, to)| from < to).map(|(from, to)| (from, to, false)));
            all.extend((from < to).then_some((from, to, true)));
            at = to;
        }
        all
    }
}

/// Whether a line may go on with the record above it, which stands in this stream and channel.
pub(super) fn continues(wrapping: &Wrapping, line: &[u8], stream: &str, channel: u8) -> bool {
    let next = wrapping.strip(line);
    if next.continues || next.glued {
        return true;
    }
    let other = *next.stream != *stream || next.channel != channel;
    !other && !payload::starts(&next.payload)
}

pub(super) fn read(wrapping: &Wrapping, bytes: &[u8], at: (u64, u64), range: Option<LineRange>, hit: bool) -> Read {
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
