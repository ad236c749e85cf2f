//! Errors that carry the stack of where they were made: `%+v` of pkg/errors and its heirs, zap's `errorVerbose`.
//!
//! The root is printed first: its message, then functions and places without arguments, then the message of the error around it. Loggers
//! print the stack of the logging call in the same shape; that one must never be taken for the error's.

use crate::model::{Bytewise, Exception, Frame, Relation, Severity};

use super::dump::View;
use super::text;

/// Lines of one message between two stacks.
const MESSAGE_LINES: usize = 3;
/// The function at the bottom of every goroutine: what stands below it is another stack.
const BOTTOM: &str = "runtime.goexit";
/// Longest chain kept.
const MOST_LINKS: usize = 64;

/// An error with the stacks printed of it.
pub(super) struct Verbose {
    /// Outermost first.
    pub(super) links: Vec<Exception>,
    /// First line.
    pub(super) start: usize,
    /// Line after the last one.
    pub(super) end: usize,
    /// Text on the first line before the error.
    pub(super) lead: String,
}

/// The stack at `at` and the line after it.
fn stack(view: View<'_>, at: usize) -> (Vec<Frame>, usize) {
    let mut frames = Vec::new();
    let mut next = at;
    while !view.boundary(next) {
        let Some(function) = text::bare_call(view.text(next)) else { break };
        let Some((path, line, false)) = text::place(view.text(next + 1)) else { break };
        frames.push(Frame { function: function.to_owned(), path: path.to_owned(), line: Some(line) });
        next += 2;
        if function == BOTTOM {
            break;
        }
    }
    (frames, next)
}

/// Whether a stack without arguments begins at `at`.
pub(super) fn begins(view: View<'_>, at: usize) -> bool {
    text::bare_call(view.text(at)).is_some()
        && !view.boundary(at + 1)
        && text::place(view.text(at + 1)).is_some_and(|(_, _, offset)| !offset)
}

/// Where the stack at `at` ends.
pub(super) fn stack_end(view: View<'_>, at: usize) -> usize {
    stack(view, at).1
}

/// Reads the error whose first stack begins at `first`; lines before `floor` belong to others.
pub(super) fn read(view: View<'_>, floor: usize, first: usize) -> Option<Verbose> {
    let (frames, mut end) = stack(view, first);
    let above = first.checked_sub(1).filter(|&at| at >= floor)?;
    let record = record_above(view, floor, first);
    let (start, message) = match record {
        Some(record) if record < above => (record + 1, joined(view, record + 1, first)),
        _ => (above, view.text(above).trimmed().to_owned()),
    };
    if message.is_empty() {
        return None;
    }
    let mut links = vec![Exception { frames, ..Exception::new("", message, Relation::Cause) }];
    while let Some(next) = (end..=end + MESSAGE_LINES).find(|&at| begins(view, at)) {
        if next == end {
            // Directly below a stack that is complete stands that of the logging call.
            end = stack_end(view, end);
            break;
        }
        let message = joined(view, end, next);
        let whole = (end..next).all(|at| !view.boundary(at));
        if message.is_empty() || !whole || links.len() >= MOST_LINKS {
            break;
        }
        let (frames, after) = stack(view, next);
        links.push(Exception { frames, ..Exception::new("", message, Relation::Cause) });
        end = after;
    }
    let mut found = Verbose { links, start, end, lead: String::new() };
    if let Some(record) = record.filter(|&record| record == above) {
        log_call(view, record, &mut found)?;
    }
    found.links.reverse();
    found.links[0].relation = Relation::Surface;
    Some(found)
}

/// A record directly above a single stack: the stack is that of the logging call unless it runs down to the bottom, as an error's does.
/// What failed then stands in the record; `None` where it names no error.
fn log_call(view: View<'_>, record: usize, found: &mut Verbose) -> Option<()> {
    let text = view.text(record);
    let bottom = found.links[0].frames.last().is_some_and(|frame| frame.function == BOTTOM);
    if found.links.len() > 1 || bottom {
        return Some(());
    }
    let failing = view.lines[record].severity().is_some_and(|severity| severity >= Severity::Error);
    let (at, value) = text::error_field(text).filter(|_| failing)?;
    found.lead = text[..at].to_owned();
    found.links = vec![Exception::new("", value, Relation::Surface)];
    Some(())
}

/// The record whose text stands directly above line `first`.
fn record_above(view: View<'_>, floor: usize, first: usize) -> Option<usize> {
    let lowest = floor.max(first.saturating_sub(MESSAGE_LINES + 1));
    let start = (lowest..first).rev().find(|&at| view.lines[at].starts)?;
    (!view.every_line_starts).then_some(start)
}

fn joined(view: View<'_>, from: usize, to: usize) -> String {
    let lines: Vec<&str> = (from..to).map(|at| view.text(at).trimmed()).collect();
    lines.join("\n").trimmed().to_owned()
}
