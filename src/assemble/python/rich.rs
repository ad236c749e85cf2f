//! Tracebacks that rich draws as boxes, with or without locals, also indented to the message column of its log handler.
//!
//! A box holds headings (`PATH:LINE in FUNC`), source and boxes of locals; only headings are frames, and narrow boxes break them
//! over two lines. Locals hold whatever the program held: nothing is ever read out of them.

use super::chain::Block;
use super::text;
use super::trace::Reader;
use crate::model::{Bytewise, Frame};

/// Pieces a heading may be broken into.
const MAX_PIECES: usize = 6;
/// Lines of the message below a box.
const MAX_MESSAGE_LINES: usize = 200;

/// Whether the line is the top of a traceback's box.
pub(super) fn is_head(text: &str) -> bool {
    let text = text.trimmed_start();
    (text.starts_with('╭') || text.starts_with("+-")) && text.has_words(" Traceback (most recent call last) ")
}

/// Reads a box whose top stands at `at` and the class line below it.
pub(super) fn read(reader: &mut Reader<'_, '_>, at: usize, blocks: &mut Vec<Block>) -> Option<usize> {
    let top = reader.text(at);
    let column = text::indent(top);
    let width = top.trimmed().chars().count();
    reader.take(at);
    let mut block = Block { open: true, ..Block::default() };
    let mut heading = Heading::default();
    let mut end = at + 1;
    let mut closed = false;
    while let Some(view) = reader.view(end).filter(|view| !view.starts && !closed) {
        let line = view.text().trimmed();
        closed = text::indent(view.text()) <= column && line.starts_with(['╰', '+']);
        if !closed && !line.starts_with(['│', '|']) {
            break;
        }
        if let Some(frame) = heading.push(line) {
            block.frames.push(frame);
        }
        reader.take(end);
        end += 1;
    }
    if closed && text::class_line(reader.text(end)).is_some() && !reader.is_start(end) {
        end = class(reader, end, &mut block, column, width);
    }
    blocks.push(block);
    Some(end)
}

/// A frame heading that may be broken over several lines.
#[derive(Default)]
struct Heading {
    pieces: Vec<String>,
}

impl Heading {
    /// Adds a line of the box; returns the frame when its heading is whole.
    fn push(&mut self, line: &str) -> Option<Frame> {
        let mut inside = line.chars();
        inside.next();
        let inside = inside.as_str().trimmed_end().trim_end_matches(['│', '|']).trimmed_end();
        let inside = inside.strip_prefix(' ').unwrap_or(inside);
        if inside.is_empty()
            || inside.starts_with([' ', '╭', '╰', '│', '|', '❱', '+'])
            || self.pieces.len() == MAX_PIECES
        {
            self.pieces.clear();
            return None;
        }
        self.pieces.push(inside.to_owned());
        let frame = parse(&self.pieces.concat()).or_else(|| parse(&self.pieces.join(" ")))?;
        self.pieces.clear();
        Some(frame)
    }
}

fn parse(heading: &str) -> Option<Frame> {
    let (place, function) = heading.rsplit_once(" in ")?;
    let (path, line) = place.last_halves(b':')?;
    let line = line.parse().ok()?;
    let function = function.trimmed();
    (!function.is_empty() && !function.has(b' ')).then(|| Frame {
        function: function.to_owned(),
        path: path.to_owned(),
        line: Some(line),
    })
}

/// Reads the class line and its message, joining what the width of the console broke.
fn class(reader: &mut Reader<'_, '_>, at: usize, block: &mut Block, column: usize, width: usize) -> usize {
    let Some((kind, first)) = text::class_line(reader.text(at)) else {
        return at;
    };
    block.kind = kind.to_owned();
    block.open = false;
    block.message = first.trimmed_end().to_owned();
    reader.take(at);
    let mut end = at + 1;
    while let Some(view) = reader.view(end).filter(|view| !view.starts && end - at < MAX_MESSAGE_LINES) {
        let inside = column == 0 || text::indent(view.text()) >= column;
        if view.is_blank()
            || !inside
            || is_head(view.text())
            || text::head(view.text()).is_some()
            || text::is_lead(view.text())
        {
            break;
        }
        let before = reader.text(end - 1).trimmed();
        let line = view.text().trimmed();
        block.message.push_str(seam(before, line, width));
        block.message.push_str(line);
        reader.take(end);
        end += 1;
    }
    end
}

/// What stood between two lines before the console broke them. Only a word wider than the console is cut, and it begins a line.
fn seam(before: &str, line: &str, width: usize) -> &'static str {
    let length = before.chars().count();
    let word = line.before(b' ').chars().count();
    if length >= width && !before.has(b' ') {
        ""
    } else if length + 1 + word > width {
        " "
    } else {
        "\n"
    }
}
