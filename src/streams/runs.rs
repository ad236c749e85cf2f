//! Runs of indented lines that were printed before, known as a whole.
//!
//! A failing program prints the same frames again and again, and they are most of what it prints. A run that comes again is not taken apart:
//! it is compared once, byte by byte, and brings its texts with it. Only lines of which nothing depends on what stands around them are taken
//! so, and whether a run was known must never show.

use std::ops::Range;
use std::sync::Arc;

use hashbrown::HashMap;

use super::layout::Layout;
use super::open::LINE_BYTES;
use super::own::Own;
use super::prepare::Lines;
use crate::rules::Reach;

/// Lines of the shortest run: fewer are found as quickly one by one.
const FEWEST: u32 = 3;

/// Lines of the longest run. With one hit in it all of it is near that hit.
const MOST: u32 = 100;

/// Bytes that all runs which are remembered of a source may take, roughly.
const MOST_BYTES: usize = 2 << 20;

/// A run of lines as it was printed.
#[derive(Debug)]
pub(super) struct Run {
    /// All of it, with the ends of lines.
    bytes: Box<[u8]>,
    lines: Box<[RunLine]>,
    /// The first and the last line that could matter, counted from the first of the run.
    hits: Option<(u32, u32)>,
    /// What its lines take in a segment.
    pub(super) size: usize,
}

/// A line of a run: plain text without a transport, which begins no record.
#[derive(Debug)]
pub(super) struct RunLine {
    /// Where it begins in the run, in bytes.
    pub(super) offset: u32,
    pub(super) text: Arc<str>,
    /// It could matter, and reaches around.
    pub(super) hit: bool,
}

impl Run {
    pub(super) fn lines(&self) -> &[RunLine] {
        &self.lines
    }

    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.lines.len()).unwrap_or(u32::MAX)
    }

    /// The first and the last line that could matter, counted from the first of the run.
    pub(super) fn hits(&self) -> Option<(u32, u32)> {
        self.hits
    }

    /// Reads a run; `None` if what one of its lines is depends on its neighbours.
    fn read(lines: &Lines<'_>, range: Range<u32>) -> Option<Self> {
        let all = lines.parts(range.clone());
        let read = range.map(|line| {
            let hit = match lines.mark(line) {
                None => false,
                Some(mark) if mark.reach == Some(Reach::Around) => true,
                Some(mark) => match lines.own(line, &mark) {
                    Own::Nothing => false,
                    Own::Unclear(_) => true,
                    Own::NothingAlone | Own::Record(_) => return None,
                },
            };
            let offset = u32::try_from(lines.part(line).start - all.start).ok()?;
            Some(RunLine { offset, text: lines.read(line, hit).plain()?, hit })
        });
        let read: Box<[RunLine]> = read.collect::<Option<_>>()?;
        let hit = |at: Option<usize>| at.and_then(|at| u32::try_from(at).ok());
        let first = hit(read.iter().position(|line| line.hit));
        let hits = first.zip(hit(read.iter().rposition(|line| line.hit)));
        let size = read.iter().map(|line| line.text.len() + LINE_BYTES).sum();
        Some(Self { bytes: lines.all(all).into(), lines: read, hits, size })
    }
}

/// The runs of a source that came again.
#[derive(Debug, Default)]
pub(super) struct Runs {
    /// By their hashes; `None` for what came again and is no run that can be known.
    known: HashMap<u64, Option<Arc<Run>>>,
    bytes: usize,
}

impl Runs {
    /// The run of that hash, if it consists of these bytes.
    pub(super) fn get(&self, hash: u64, bytes: &[u8]) -> Option<&Arc<Run>> {
        self.known.get(&hash)?.as_ref().filter(|run| *run.bytes == *bytes)
    }

    /// Whether something of that hash was read.
    pub(super) fn is_known(&self, hash: u64) -> bool {
        self.known.contains_key(&hash)
    }

    /// Reads a run that came again.
    pub(super) fn learn(&mut self, hash: u64, lines: &Lines<'_>, range: Range<u32>) {
        let run = Run::read(lines, range);
        let size = LINE_BYTES + run.as_ref().map_or(0, |run| run.bytes.len() + run.size);
        self.bytes += size;
        if self.bytes > MOST_BYTES {
            self.known.clear();
            self.bytes = size;
        }
        self.known.insert(hash, run.map(Arc::new));
    }
}

impl Lines<'_> {
    /// The end of the run that begins with this line, if one does.
    pub(super) fn run_end(&self, line: u32) -> Option<u32> {
        let indented = |line: u32| matches!(self.whole(line).first(), Some(b' ' | b'\t'));
        if !indented(line) || self.shape.layout != Layout::Lines {
            return None;
        }
        let furthest = self.count().min(line + MOST);
        let end = (line + 1..furthest).find(|at| !indented(*at)).unwrap_or(furthest);
        (end - line >= FEWEST).then_some(end)
    }
}
