//! The class line and the message below it.
//!
//! Nothing in the text marks the end of a message: a record start, a connector or another header does, else a guess that
//! keeps notes and paragraphs and lets foreign output go. Frames inside a message are text and must never be counted.

use super::chain::Block;
use super::trace::{MAX_DEPTH, Reader};
use super::{ipython, rich, text};
use crate::model::Bytewise;

/// Lines of a message, and of one that no record start ends.
const MAX_LINES: usize = 200;
const MAX_LINES_RAW: usize = 20;
/// Bytes of a message.
const MAX_BYTES: usize = 16 * 1024;
/// How far behind a blank line a record start shows that the message goes on until there.
const MAX_AHEAD: usize = 40;

/// Reads the class line at `at` and its message into the block, and returns where they end.
pub(super) fn read(reader: &mut Reader<'_, '_>, at: usize, block: &mut Block) -> usize {
    let text = reader.text(at);
    let Some((kind, first)) = text::class_line(text) else {
        return at;
    };
    block.kind = kind.to_owned();
    reader.take(at);
    if reader.prefixed {
        block.message = first.trimmed_end().to_owned();
        return at + 1;
    }
    if first.trimmed().is_empty()
        && let Some(end) = quoted(reader, at + 1, block)
    {
        return end;
    }
    let open = is_open(first);
    let end = tail_end(reader, at + 1, open);
    let mut message = first.trimmed_end().to_owned();
    for line in at + 1..end {
        if message.len() < MAX_BYTES {
            message.push('\n');
            message.push_str(reader.text(line).trimmed_end());
        }
        reader.take(line);
    }
    block.message = message;
    trailer(reader, end)
}

/// A message that cannot be over yet: nothing on its first line, or an opening at its end.
fn is_open(first: &str) -> bool {
    let first = first.trimmed_end();
    first.is_empty() || first.ends_with([':', '{', '[', '(']) || first.ends_with("\"\"\"")
}

/// Where the lines of the message below the class line end.
fn tail_end(reader: &Reader<'_, '_>, from: usize, open: bool) -> usize {
    let limit = from + if reader.has_starts || open { MAX_LINES } else { MAX_LINES_RAW };
    let mut at = from;
    // Blank lines count only if text of the message follows.
    let mut end = from;
    // Whether record starts vouch for blank lines: known once, it holds for the whole message.
    let mut vouched = open;
    while let Some(view) = reader.view(at).filter(|_| at < limit) {
        if reader.is_start(at) || reader.connector(at).is_some() || text::is_stack_head(view.text()) {
            break;
        }
        if begins_another(view.text()) || (!open && text::head(view.text()).is_some()) {
            break;
        }
        if view.is_blank() {
            vouched = vouched || start_ahead(reader, at);
            if !vouched {
                break;
            }
        } else {
            end = at + 1;
        }
        at += 1;
    }
    end
}

/// Whether the line can only begin another exception. A plain header is not among these: messages quote it.
fn begins_another(text: &str) -> bool {
    text::is_lead(text)
        || text::group_head(text).is_some()
        || text::is_remote_head(text)
        || rich::is_head(text)
        || ipython::is_head(text)
}

/// Whether the next record starts soon, without another exception before it.
fn start_ahead(reader: &Reader<'_, '_>, at: usize) -> bool {
    for next in at..at + MAX_AHEAD {
        let Some(view) = reader.view(next) else {
            return false;
        };
        if reader.is_start(next) {
            return true;
        }
        if begins_another(view.text()) || text::head(view.text()).is_some() {
            return false;
        }
    }
    false
}

/// A message that is a whole chain in triple quotes: a worker process sent its traceback as text.
fn quoted(reader: &mut Reader<'_, '_>, at: usize, block: &mut Block) -> Option<usize> {
    let mark = reader.text(at).trimmed();
    if !matches!(mark, "\"\"\"" | "'''") || reader.depth >= MAX_DEPTH || reader.is_start(at) {
        return None;
    }
    let mut close = at + 1;
    while reader.view(close).is_some_and(|view| view.text().trimmed() != mark) && !reader.is_start(close) {
        close += 1;
    }
    let inside = &reader.views[at + 1..close.min(reader.views.len())];
    let mut inner = Reader::new(inside, reader.has_starts, reader.depth + 1);
    let (blocks, _) = inner.chain(0);
    reader.complete &= inner.complete && reader.text(close).trimmed() == mark;
    block.wrapped = blocks;
    let end = if reader.text(close).trimmed() == mark { close + 1 } else { close };
    (at..end).for_each(|line| reader.take(line));
    Some(end)
}

/// Takes what loggers print behind an exception: the stack of the log call, the message that could not be formatted.
fn trailer(reader: &mut Reader<'_, '_>, at: usize) -> usize {
    if reader.is_start(at) || !text::is_stack_head(reader.text(at)) {
        return at;
    }
    let mut end = at + 1;
    while let Some(view) = reader.view(end) {
        let text = view.text();
        let ours = text::indent(text) > 0 || text.starts_with("Message: ") || text.starts_with("Arguments: ");
        if reader.is_start(end) || view.is_blank() || !ours {
            break;
        }
        end += 1;
    }
    (at..end).for_each(|line| reader.take(line));
    end
}
