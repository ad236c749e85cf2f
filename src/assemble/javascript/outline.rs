//! Forms whose beginning and end are not those of a stack: heap exhaustion, pretty-printed log records, thrown non-errors, single lines.
//!
//! Each says which lines it covers and leaves the reading of stacks to the reader. What is not plainly such a form is left alone.

use crate::model::{Bytewise, Exception, Line, Relation, Severity};

use super::node::{Head, Node};
use super::reader::Reader;
use super::text::{self, Header};
use super::values::{Properties, key_value};

/// What V8 prints before it dies for lack of heap.
const GARBAGE: &str = "<--- Last few GCs --->";
/// What Node's prompt and browsers print before what was thrown.
const UNCAUGHT: &str = "Uncaught ";
/// How far below `<--- Last few GCs --->` the fatal line may stand.
const GARBAGE_LINES: usize = 64;
/// How far above the stack a pretty-printed record may begin.
const RECORD_LINES: usize = 32;

/// A process that died for lack of heap.
pub(super) struct Heap {
    pub(super) message: String,
    pub(super) end: usize,
}

/// Whether a line with this text could be [`heap`]'s first or stand [`alone`].
pub(super) fn may_be(text: &str) -> bool {
    text.starts_with(GARBAGE)
        || fatal_message(text).is_some()
        || text::header(text).is_some()
        || text.trimmed_start().starts_with(UNCAUGHT)
}

/// Reads V8's last words at `at`: statistics, the fatal line, the native stack.
pub(super) fn heap(lines: &[Line], at: usize) -> Option<Heap> {
    let text = |at: usize| lines.get(at).map(|line| line.text.as_str());
    let first = text(at)?;
    let fatal = if first.starts_with(GARBAGE) {
        (at..at + GARBAGE_LINES).find(|&at| text(at).and_then(fatal_message).is_some())?
    } else {
        at
    };
    let message = fatal_message(text(fatal)?)?;
    let mut end = fatal + 1;
    let mut next = end;
    while let Some(text) = text(next).filter(|_| !lines[next].starts) {
        if native_frame(text) || text.starts_with("-----") || text.starts_with("<--- ") || text.starts_with("=====") {
            end = next + 1;
        } else if !text.is_blank() {
            break;
        }
        next += 1;
    }
    Some(Heap { message: message.to_owned(), end })
}

fn fatal_message(text: &str) -> Option<&str> {
    let message = text.trimmed_start().strip_prefix("FATAL ERROR: ")?;
    (message.has_words("heap out of memory") || message.has_words("Allocation failed")).then_some(message.trimmed_end())
}

/// ` 1: 0xb78db3 node::OOMErrorHandler(…) [node]`
fn native_frame(text: &str) -> bool {
    let Some((number, rest)) = text.trimmed_start().halves_at(": ") else { return false };
    !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) && rest.starts_with("0x")
}

/// What was thrown though it is no error: `throw 'out of quota'`.
pub(super) fn thrown(lines: &[Line], reader: &mut Reader<'_>) -> Node {
    let mut message = String::new();
    while let Some(line) = lines.get(reader.at) {
        if line.text.is_blank() || line.text.starts_with("(Use `node") || line.text.starts_with("Node.js v") {
            break;
        }
        if !message.is_empty() {
            message.push('\n');
        }
        message.push_str(&line.text);
        reader.at += 1;
    }
    if lines.get(reader.at).is_some_and(|line| line.text.starts_with("(Use `node")) {
        reader.at += 1;
    }
    Node { exception: Exception::new("", message, Relation::Surface), children: Vec::new() }
}

/// A record as pino-pretty prints it: `err: {`, `"stack":`, the stack further in, `}`.
pub(super) struct Pretty {
    pub(super) start: usize,
    /// Indentation of `err: {`.
    indent: usize,
}

/// The record around a stack whose class line is `class`, if it is one.
pub(super) fn pretty(lines: &[Line], floor: usize, class: usize) -> Option<Pretty> {
    let above = class.checked_sub(1).filter(|&at| at >= floor)?;
    if lines[above].text.trimmed() != "\"stack\":" {
        return None;
    }
    let inner = text::indent(&lines[above].text);
    let mut outer = None;
    for at in (floor.max(class.saturating_sub(RECORD_LINES))..above).rev() {
        let text = &lines[at].text;
        if outer.is_none() && text::indent(text) < inner && text.trimmed_end().ends_with('{') {
            outer = Some(text::indent(text));
        }
        let begins = lines[at].starts || (!text.is_blank() && text::indent(text) == 0);
        if let Some(indent) = outer.filter(|_| begins) {
            return Some(Pretty { start: at, indent });
        }
    }
    None
}

impl Pretty {
    /// Reads the fields below the stack up to the closing brace.
    pub(super) fn close(&self, lines: &[Line], reader: &mut Reader<'_>, properties: &mut Vec<(String, String)>) {
        let mut found = Properties::default();
        while let Some(line) = lines.get(reader.at).filter(|line| !line.starts) {
            let indent = text::indent(&line.text);
            if indent < self.indent || line.text.is_blank() {
                break;
            }
            reader.at += 1;
            if indent == self.indent {
                break;
            }
            match key_value(line.text.trimmed()) {
                Some((key, value)) if key != "name" => found.add(key, value),
                _ => {}
            }
        }
        properties.extend(found.into_list());
    }
}

/// The class line of an error without frames, where a line is plainly one and does not only mention it.
pub(super) fn alone(line: &Line) -> Option<Header<'_>> {
    let text = line.text.as_str();
    let body = text.trimmed_start();
    let lead = &text[..text.len() - body.len()];
    let failing = line.severity().is_some_and(|severity| severity >= Severity::Error);
    // The line is not taken apart unless its level or its signs allow it to be one.
    if !failing
        && !text.has(b'[')
        && !text.has_words(UNCAUGHT.trimmed_end())
        && !text.has_words(text::REJECTION_WARNING)
    {
        return None;
    }
    if let Some(header) = text::header(text) {
        let end = text.trimmed_end();
        let spans = end.ends_with("] {") || (end.has_words("] { ") && end.ends_with('}'));
        if header.boxed && (spans || (end.ends_with(']') && (failing || header.lead.trimmed().is_empty()))) {
            return Some(header);
        }
        if header.lead.contains(text::REJECTION_WARNING) || header.kind == text::REJECTION_WARNING {
            // Node explains itself in a second line, which is no second error.
            return (!header.message.starts_with("Unhandled promise rejection.")).then_some(header);
        }
        let told = header.lead.trimmed().is_empty() && failing;
        let tagged = matches!(header.lead.trimmed(), "[error]" | "[ERROR]" | "Uncaught" | "Uncaught (in promise)");
        if !header.boxed && (told || tagged) && header.kind.ends_with("Error") && !header.kind.has(b'.') {
            return (!header.message.trimmed().is_empty()).then_some(header);
        }
        return None;
    }
    let thrown = body.strip_prefix(UNCAUGHT).filter(|thrown| thrown.starts_with(['\'', '"']))?;
    let quoted = thrown.len() > 2 && thrown.trimmed_end().ends_with(['\'', '"']);
    let lead = &text[..lead.len() + UNCAUGHT.len()];
    quoted.then_some(Header {
        lead,
        kind: "",
        code: None,
        message: thrown.trim_matches(['\'', '"', ' ']),
        boxed: false,
    })
}

/// The error of a single line.
pub(super) fn single(header: Header<'_>) -> Node {
    Head::from(header).into_node()
}
