//! Tracebacks of IPython and Jupyter: class first, numbered source with arrows, class and message at the end.
//!
//! Source lines stand at column 0 and can be anything, so the end is found by the class named in the header alone.

use super::chain::Block;
use super::text;
use super::trace::Reader;
use crate::model::{Bytewise, Frame};

/// The end of the header line.
const HEAD: &str = "Traceback (most recent call last)";
/// Lines of one traceback.
const MAX_LINES: usize = 5_000;
/// Lines of a message.
const MAX_MESSAGE_LINES: usize = 200;

/// Whether the line is `TYPE      Traceback (most recent call last)`.
pub(super) fn is_head(text: &str) -> bool {
    head_kind(text).is_some()
}

fn head_kind(text: &str) -> Option<&str> {
    let kind = text.trimmed().strip_suffix(HEAD)?;
    if !kind.ends_with("  ") {
        return None;
    }
    let kind = kind.trimmed_end();
    text::class_line(kind).filter(|(name, _)| *name == kind).map(|(name, _)| name)
}

/// Whether the line is the rule of dashes above a header.
pub(super) fn is_rule(text: &str) -> bool {
    let text = text.trimmed();
    text.len() >= 20 && text.bytes().all(|b| b == b'-')
}

/// Reads the traceback whose header stands at `at`.
pub(super) fn read(reader: &mut Reader<'_, '_>, at: usize, blocks: &mut Vec<Block>) -> usize {
    let kind = head_kind(reader.text(at)).unwrap_or_default();
    let mut block = Block { kind: kind.to_owned(), open: true, ..Block::default() };
    reader.take(at);
    let mut end = at + 1;
    while let Some(view) = reader.view(end).filter(|view| !view.starts && end - at < MAX_LINES) {
        if is_head(view.text()) || text::head(view.text()).is_some() {
            break;
        }
        if let Some((class, first)) = text::class_line(view.text())
            && class == kind
            && text::indent(view.text()) == text::indent(reader.text(at))
        {
            block.open = false;
            block.message = first.trimmed_end().to_owned();
            end = message(reader, end, &mut block);
            break;
        }
        note(view.text(), &mut block);
        end += 1;
    }
    (at..end).for_each(|line| reader.take(line));
    blocks.push(block);
    end
}

/// Reads the rest of the message whose class line stands at `at`.
fn message(reader: &Reader<'_, '_>, at: usize, block: &mut Block) -> usize {
    let mut end = at + 1;
    while let Some(view) = reader.view(end).filter(|view| !view.starts && end - at < MAX_MESSAGE_LINES) {
        if view.is_blank() || view.text().starts_with("In [") || is_rule(view.text()) || is_head(view.text()) {
            break;
        }
        block.message.push('\n');
        block.message.push_str(view.text().trimmed_end());
        end += 1;
    }
    end
}

/// Keeps a frame heading, or the line number an arrow points at.
fn note(text: &str, block: &mut Block) {
    let text = text.trimmed();
    if let Some(frame) = heading(text) {
        block.frames.push(frame);
    } else if let Some(last) = block.frames.last_mut().filter(|frame| frame.line.is_none()) {
        last.line = arrow(text);
    }
}

/// `---> 17 source`.
fn arrow(text: &str) -> Option<u32> {
    let rest = text.strip_prefix('-')?.trim_start_matches('-').strip_prefix('>')?;
    rest.split_whitespace().next()?.parse().ok()
}

/// `File PATH:LINE, in FUNC(ARGS)`, `Cell In[3], line 1`, and the forms of older versions: `~/x.py in func(args)`,
/// `<ipython-input-3-…> in <module>`, `Input In [3], in <cell line: 1>()`.
fn heading(text: &str) -> Option<Frame> {
    if let Some(rest) = text.strip_prefix("File ") {
        let (place, function) = rest.halves_at(", in ").unwrap_or((rest, ""));
        let (path, line) = place.last_halves(b':').unwrap_or((place, ""));
        let line = line.parse().ok();
        return (line.is_some() || !function.is_empty()).then(|| frame(path, line, function));
    }
    if text.starts_with("Cell In") || text.starts_with("Input In") {
        let (cell, rest) = text.halves_at(", ").unwrap_or((text, ""));
        let line = rest.trim_start_matches("line ").trim_start_matches("in <cell line: ");
        let digits = line.trim_end_matches(|c: char| !c.is_ascii_digit());
        return Some(frame(cell, digits.parse().ok(), "<module>"));
    }
    let (path, function) = text.halves_at(" in ")?;
    let path_like = path.starts_with(['/', '~', '<']) || path.get(1..3) == Some(":\\");
    (path_like && !path.has(b' ') && (function.ends_with(')') || function.starts_with('<')))
        .then(|| frame(path, None, function))
}

fn frame(path: &str, line: Option<u32>, function: &str) -> Frame {
    // The arguments are values of the program, not part of the name.
    let name = function.find('(').map_or(function, |open| &function[..open]);
    Frame { function: name.to_owned(), path: path.to_owned(), line }
}
