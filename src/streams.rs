//! Splits the lines of one source by stream and groups them into segments that hold whole events.
//!
//! A sequential state machine over lines: its result depends on the lines alone, never on how they were cut into blocks. Only lines near a
//! hit of the gate are kept; everything is bounded.

use std::collections::VecDeque;
use std::sync::Arc;

use hashbrown::HashMap;

use crate::envelope::{Payload, Stripped, Transport, payload};
use crate::input::Block;
use crate::model::{Line, Position, Segment, Severity, SourceId, StreamId, Time};
use crate::rules::Gate;

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

/// A line with its transport off, detached from its block.
#[derive(Debug)]
pub struct Piece {
    line: u64,
    offset: u64,
    hit: bool,
    continues: bool,
    width: usize,
    stream: Arc<str>,
    channel: u8,
    time: Option<Time>,
    severity: Option<Severity>,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Whole(Box<Payload>),
    /// A piece of a line that the transport cut, and whether more follows.
    Cut(Vec<u8>, bool),
}

/// Reads the lines of a block that could matter, and those at its edges that could be near a hit of its neighbours.
#[must_use]
pub fn prepare(transport: &Transport, gate: &Gate, block: &Block) -> Vec<Piece> {
    let mut lines = Vec::new();
    gate.lines(&block.bytes, |range, hit| lines.push((range, hit)));
    let total = lines.len() as u64;
    let mut last_hit: Option<u64> = None;
    let mut next_hits: VecDeque<u64> = (0..).zip(&lines).filter(|(_, (_, hit))| *hit).map(|(at, _)| at).collect();
    let mut pieces = Vec::new();
    for (at, (range, hit)) in (0..).zip(lines) {
        if hit {
            last_hit = Some(at);
            next_hits.pop_front();
        }
        let near = at < AFTER
            || at + BEFORE >= total
            || last_hit.is_some_and(|h| at - h <= AFTER)
            || next_hits.front().is_some_and(|h| h - at <= BEFORE);
        if near {
            let offset = block.offset + range.start as u64;
            pieces.push(piece(transport, &block.bytes[range], block.first_line + at, offset, hit));
        }
    }
    pieces
}

fn piece(transport: &Transport, bytes: &[u8], line: u64, offset: u64, hit: bool) -> Piece {
    let Stripped { stream, channel, time, severity, partial, continues, width, payload } = transport.strip(bytes);
    // A whole line may still be the last piece of one that was cut: only the splitter knows, so its bytes are kept where the transport cuts.
    let content = if partial || continues || channel != 0 || transport.cuts() {
        Content::Cut(payload.into_owned(), partial)
    } else {
        Content::Whole(Box::new(payload::read(&payload)))
    };
    Piece { line, offset, hit, continues, width, stream: Arc::from(&*stream), channel, time, severity, content }
}

type Key = (Arc<str>, u8);

#[derive(Debug, Default)]
struct Open {
    lines: Vec<Line>,
    bytes: usize,
    joined: Vec<u8>,
    joined_hit: bool,
    last: u64,
}

/// The streams of one source.
#[derive(Debug)]
pub struct Splitter {
    source: SourceId,
    fallback: StreamId,
    open: HashMap<Key, Open>,
    waiting: VecDeque<Piece>,
    last_hit: Option<u64>,
    last_key: Key,
    last_width: usize,
    done: Vec<Segment>,
    /// Segments that a cap closed.
    pub cut_segments: u64,
}

impl Splitter {
    /// A splitter; lines without a stream of their own count under `fallback`.
    #[must_use]
    pub fn new(source: SourceId, fallback: StreamId) -> Self {
        Self {
            source,
            fallback,
            open: HashMap::new(),
            waiting: VecDeque::new(),
            last_hit: None,
            last_key: (Arc::from(""), 0),
            last_width: 0,
            done: Vec::new(),
            cut_segments: 0,
        }
    }

    /// Takes the pieces of the next block, in order.
    pub fn push(&mut self, pieces: Vec<Piece>) {
        for piece in pieces {
            if self.last_hit.is_some_and(|hit| piece.line - hit > AFTER) && !piece.hit {
                self.flush();
            }
            if piece.hit {
                let from = piece.line.saturating_sub(BEFORE);
                if self.last_hit.is_some_and(|hit| from > hit + AFTER) {
                    self.flush();
                }
                self.last_hit = Some(piece.line);
                for waiting in std::mem::take(&mut self.waiting) {
                    if waiting.line >= from {
                        self.accept(waiting);
                    }
                }
                self.accept(piece);
            } else if self.last_hit.is_some_and(|hit| piece.line - hit <= AFTER) {
                self.accept(piece);
            } else {
                self.waiting.push_back(piece);
                while self.waiting.len() as u64 > BEFORE {
                    self.waiting.pop_front();
                }
            }
        }
    }

    /// Segments that are complete.
    pub fn take(&mut self) -> Vec<Segment> {
        std::mem::take(&mut self.done)
    }

    /// First line that a segment still open, or yet to come, may begin with.
    #[must_use]
    pub fn horizon(&self) -> u64 {
        let open = self.open.values().filter_map(|open| open.lines.first().map(|l| l.at.line)).min();
        open.into_iter().chain(self.waiting.front().map(|p| p.line)).min().unwrap_or(u64::MAX)
    }

    /// The end of the input: everything open is complete.
    pub fn finish(&mut self) -> Vec<Segment> {
        self.waiting.clear();
        self.flush();
        self.take()
    }

    fn flush(&mut self) {
        let mut keys: Vec<Key> = self.open.keys().cloned().collect();
        keys.sort();
        for key in keys {
            self.close(&key, false);
        }
    }

    fn close(&mut self, key: &Key, cut: bool) {
        let Some(mut open) = self.open.remove(key) else { return };
        if !open.joined.is_empty() {
            let bytes = std::mem::take(&mut open.joined);
            let at = Position { source: self.source, line: open.last, offset: 0 };
            open.push_payload(payload::read(&bytes), at, open.joined_hit, None, None);
        }
        if open.lines.is_empty() {
            return;
        }
        self.cut_segments += u64::from(cut);
        let stream = if key.0.is_empty() { self.fallback.clone() } else { StreamId::new(&key.0) };
        self.done.push(Segment { stream, lines: open.lines, cut });
    }

    fn accept(&mut self, piece: Piece) {
        let key = if piece.continues { self.last_key.clone() } else { (piece.stream.clone(), piece.channel) };
        let at = Position { source: self.source, line: piece.line, offset: piece.offset };
        if !piece.continues {
            self.last_width = piece.width;
        }
        let open = self.open.entry(key.clone()).or_default();
        open.last = piece.line;
        let (payload, hit) = match piece.content {
            Content::Whole(payload) => (*payload, piece.hit),
            Content::Cut(bytes, more) => {
                // What a transport indented by the width of its prefix stands at column 0 again.
                let blanks = bytes.iter().take(self.last_width).take_while(|b| **b == b' ').count();
                let bytes = &bytes[if piece.continues { blanks } else { 0 }..];
                if open.joined.len() + bytes.len() <= MOST_JOINED {
                    open.joined.extend_from_slice(bytes);
                }
                open.joined_hit |= piece.hit;
                if more {
                    self.last_key = key;
                    return;
                }
                (payload::read(&std::mem::take(&mut open.joined)), std::mem::take(&mut open.joined_hit))
            }
        };
        // A record may name its stream where the transport names none.
        let key = match &payload.stream {
            Some(stream) if key.0.is_empty() => (stream.clone(), key.1),
            _ => key,
        };
        let open = self.open.entry(key.clone()).or_default();
        open.last = piece.line;
        let full = open.lines.len() >= HARD_LINES || open.bytes >= HARD_BYTES;
        if full || (open.lines.len() >= SOFT_LINES && payload.starts) {
            self.close(&key, full);
        }
        let open = self.open.entry(key.clone()).or_default();
        open.last = piece.line;
        open.push_payload(payload, at, hit, piece.time, piece.severity);
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
            self.close(&key, false);
        }
    }
}

impl Open {
    fn push_payload(
        &mut self,
        payload: Payload,
        at: Position,
        hit: bool,
        time: Option<Time>,
        severity: Option<Severity>,
    ) {
        self.bytes += payload.body.len() + 64;
        let mut starts = payload.starts;
        // The program's own stamp and level say more than the transport's.
        let time = payload.time.or(time);
        let severity = payload.severity.or(severity);
        for text in payload.body.split('\n') {
            self.lines.push(Line {
                text: text.to_owned(),
                at,
                starts,
                hit,
                time,
                severity,
                worker: payload.worker.clone(),
                request: payload.request.clone(),
            });
            starts = false;
        }
    }
}
