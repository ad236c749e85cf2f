//! Tracebacks as the interpreter prints them, and chains of them.
//!
//! A [`Reader`] walks the views once: header, frames, class line, message, connector, next header. It never ends an exception
//! because of a blank line alone, never takes a frame out of a message, and looks ahead only a few lines, so hostile text costs
//! no more than its length.

use super::chain::Block;
use super::text::{self, Place, Taken, View};
use super::{group, ipython, message, rich};
use crate::model::{Bytewise, Frame, Relation};

/// Quotes and groups nested deeper than this are read as plain text.
pub(super) const MAX_DEPTH: usize = 16;
/// Records of other threads that may stand inside a traceback.
const MAX_FOREIGN: usize = 5;
/// Blank lines around a connector; loguru doubles them.
const MAX_BLANKS: usize = 3;
/// Lines between two frames where the indentation is lost and nothing tells source from text.
const MAX_FLAT_SOURCE: usize = 12;

/// A walk over views, with the lines it took.
pub(super) struct Reader<'v, 'a> {
    pub(super) views: &'v [View<'a>],
    pub(super) taken: Taken,
    pub(super) depth: usize,
    /// Every line of the trace carries a logger prefix: starts end nothing.
    pub(super) prefixed: bool,
    /// The segment has record starts, so a message can be expected to end at one.
    pub(super) has_starts: bool,
    pub(super) complete: bool,
    /// Where the last walk over frames ended, also if they made no exception: nothing else begins before it.
    pub(super) reached: usize,
}

impl<'v, 'a> Reader<'v, 'a> {
    pub(super) fn new(views: &'v [View<'a>], has_starts: bool, depth: usize) -> Self {
        Self { views, taken: Taken::default(), depth, prefixed: false, has_starts, complete: true, reached: 0 }
    }

    pub(super) fn view(&self, at: usize) -> Option<View<'a>> {
        self.views.get(at).copied()
    }

    pub(super) fn text(&self, at: usize) -> &'a str {
        self.view(at).map_or("", |view| view.text())
    }

    pub(super) fn take(&mut self, at: usize) {
        if let Some(view) = self.view(at) {
            self.taken.take(view.index);
        }
    }

    /// Whether a record starts here, in a trace whose own lines are no records.
    pub(super) fn is_start(&self, at: usize) -> bool {
        !self.prefixed && self.view(at).is_some_and(|view| view.starts)
    }

    /// Reads a chain from `at` on: the blocks, root first, and where it ends. Empty if nothing of Python's stands there.
    pub(super) fn chain(&mut self, at: usize) -> (Vec<Block>, usize) {
        let mut blocks: Vec<Block> = Vec::new();
        let mut at = at;
        while let Some(end) = self.element(at, &mut blocks) {
            at = end;
            let Some((relation, next)) = self.link(at) else {
                return (blocks, at);
            };
            if let Some(last) = blocks.last_mut() {
                last.relation = Some(relation);
            }
            at = next;
        }
        // A connector without anything behind it, or nothing at all.
        self.complete = false;
        (blocks, at)
    }

    /// Reads one exception of a chain in whichever way it is printed, and returns where it ends.
    fn element(&mut self, at: usize, blocks: &mut Vec<Block>) -> Option<usize> {
        let view = self.view(at)?;
        if text::group_head(view.text()).is_some() && self.depth < MAX_DEPTH {
            return Some(group::read(self, at, blocks));
        }
        if text::head(view.text()).is_some() {
            self.take(at);
            return self.block(at + 1, blocks);
        }
        if rich::is_head(view.text()) {
            return rich::read(self, at, blocks);
        }
        if ipython::is_head(view.text()) {
            return Some(ipython::read(self, at, blocks));
        }
        if text::is_frame(view.text()) {
            return self.block(at, blocks);
        }
        text::strict_class(view.text())?;
        let mut block = Block::default();
        let end = message::read(self, at, &mut block);
        blocks.push(block);
        Some(end)
    }

    /// Reads frames and the class line below them.
    pub(super) fn block(&mut self, at: usize, blocks: &mut Vec<Block>) -> Option<usize> {
        let mut block = Block::default();
        if self.view(at).is_some_and(|view| view.starts && text::is_frame(view.text())) {
            self.prefixed = true;
        }
        let (end, class) = self.frames(at, &mut block);
        self.reached = end;
        if class {
            let end = message::read(self, end, &mut block);
            blocks.push(block);
            return Some(end);
        }
        if block.frames.is_empty() {
            return None;
        }
        block.open = true;
        blocks.push(block);
        Some(end)
    }

    /// Reads frame lines and what is printed under them. Returns where they end and whether a class line stands there.
    fn frames(&mut self, at: usize, block: &mut Block) -> (usize, bool) {
        let mut at = at;
        let mut column = None;
        let mut under = 0;
        while let Some(view) = self.view(at) {
            if self.is_start(at) {
                match self.resume(at, column) {
                    Some(next) => at = next,
                    None => return (at, false),
                }
                continue;
            }
            if view.is_blank() {
                match self.past_blanks(at, column) {
                    Some(next) => at = next,
                    None => return (at, false),
                }
                continue;
            }
            if let Some(line) = text::frame(view.text()).filter(|line| !matches!(line.place, Place::Crash(_))) {
                column = Some(line.indent);
                under = 0;
                note_frame(block, &line);
            } else if belongs_under(view.text(), column, under) || text::is_repeat(view.text()) {
                under += 1;
            } else {
                return (at, self.is_class(at, column.is_some()));
            }
            self.take(at);
            at += 1;
        }
        (at, false)
    }

    fn is_class(&self, at: usize, after_frames: bool) -> bool {
        let text = self.text(at);
        match text::class_line(text) {
            Some((kind, _)) => after_frames || text::looks_like_exception(kind),
            None => false,
        }
    }

    /// Where frames or the class line go on behind blank lines; takes the blank lines.
    fn past_blanks(&mut self, at: usize, column: Option<usize>) -> Option<usize> {
        let next = (at..at + MAX_BLANKS + 1).find(|&next| self.view(next).is_some_and(|view| !view.is_blank()))?;
        let text = self.text(next);
        if self.is_start(next) || !(text::is_frame(text) || text::strict_class(text).is_some() && column.is_some()) {
            return None;
        }
        (at..next).for_each(|blank| self.take(blank));
        Some(next)
    }

    /// Where this trace goes on behind a few records of other threads.
    fn resume(&self, at: usize, column: Option<usize>) -> Option<usize> {
        column?;
        let next = (at..at + MAX_FOREIGN + 1).find(|&next| self.view(next).is_some_and(|view| !view.starts))?;
        let ours = |at: usize| {
            let text = self.text(at);
            !self.is_start(at) && (text::is_frame(text) || text::strict_class(text).is_some())
        };
        let source = |at: usize| belongs_under(self.text(at), column, 0) && !self.text(at).trimmed().is_empty();
        let resumes = ours(next) || (source(next) && (ours(next + 1) || (source(next + 1) && ours(next + 2))));
        resumes.then_some(next)
    }

    /// Reads the connector that ties the block before `at` to an outer one: the relation and where the outer one begins.
    pub(super) fn link(&mut self, at: usize) -> Option<(Relation, usize)> {
        let mut from = at;
        // Records of other threads may stand between the class line and the connector.
        let foreign = (at..=at + MAX_FOREIGN).take_while(|&next| self.is_start(next)).count();
        if foreign <= MAX_FOREIGN {
            from += foreign;
        }
        let (relation, line) = self.connector(from)?;
        let mut next = line + 1;
        let mut foreign = 0;
        while let Some(view) = self.view(next) {
            if view.is_blank() && next - line <= MAX_BLANKS + MAX_FOREIGN {
                next += 1;
            } else if self.is_start(next) && foreign < MAX_FOREIGN && text::head(view.text()).is_none() {
                foreign += 1;
                next += 1;
            } else {
                break;
            }
        }
        for own in (from..next).filter(|&own| !self.is_start(own)).collect::<Vec<_>>() {
            self.take(own);
        }
        Some((relation, next))
    }

    /// The connector at `at` or behind blank lines, with its line.
    pub(super) fn connector(&self, at: usize) -> Option<(Relation, usize)> {
        let line = (at..=at + MAX_BLANKS).find(|&line| self.view(line).is_some_and(|view| !view.is_blank()))?;
        if self.is_start(line) {
            return None;
        }
        text::connector(self.text(line)).map(|relation| (relation, line))
    }
}

/// Whether a line is printed under a frame: source, carets, values. Deeper than `File`, or anything but a class line where the indentation
/// is lost.
fn belongs_under(text: &str, column: Option<usize>, under: usize) -> bool {
    match column {
        Some(0) => {
            under < MAX_FLAT_SOURCE
                && text::head(text).is_none()
                && (text::indent(text) > 0 || text::strict_class(text).is_none())
        }
        Some(column) => text::indent(text) > column,
        None => false,
    }
}

/// Keeps a frame; the place of a syntax error becomes a property, because no code ran there.
fn note_frame(block: &mut Block, line: &text::FrameLine<'_>) {
    match line.place {
        Place::Function(function) | Place::Crash(function) => {
            block.frames.push(Frame { function: function.to_owned(), path: line.path.to_owned(), line: line.line })
        }
        Place::Location => {
            let number = line.line.map(|line| line.to_string()).unwrap_or_default();
            block.properties = vec![("filename".into(), line.path.to_owned()), ("lineno".into(), number)];
        }
    }
}
