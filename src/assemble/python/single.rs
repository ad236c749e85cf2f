//! Errors without a traceback: crashes of the interpreter, retries and task failures that name the class on one line.
//!
//! A class in running text counts only behind the words of a library known to print it there; text that merely mentions an
//! exception must never become an event.

use super::chain::Block;
use super::text::{self, Place};
use super::trace::Reader;
use crate::model::{Bytewise, Frame};

/// Lines of one crash dump.
const MAX_LINES: usize = 5_000;

/// The name of the error, if the line begins a crash dump of the interpreter.
pub(super) fn fatal_head(text: &str) -> Option<(&'static str, &str)> {
    for kind in ["Fatal Python error", "Windows fatal exception"] {
        if let Some(rest) = text.trimmed_start().strip_prefix(kind) {
            return rest.strip_prefix(": ").map(|message| (kind, message.trimmed_end()));
        }
    }
    None
}

/// Reads a crash dump. Frames are those of the current thread, turned so that the innermost comes last as everywhere in Python.
pub(super) fn read_fatal(reader: &mut Reader<'_, '_>, at: usize) -> Option<(Block, usize)> {
    let (kind, message) = fatal_head(reader.text(at))?;
    let mut block = Block { kind: kind.to_owned(), message: message.to_owned(), ..Block::default() };
    let mut end = at + 1;
    let mut next = at + 1;
    let mut threads = 0;
    let mut reading = false;
    while let Some(view) = reader.view(next).filter(|view| !view.starts && next - at < MAX_LINES) {
        let line = view.text().trimmed();
        if line.ends_with("(most recent call first):") {
            let current = line.starts_with("Current thread 0x");
            threads += 1;
            reading = threads == 1 || current;
            if current {
                block.frames.clear();
            }
        } else if let Some(found) = text::frame(view.text()).filter(|found| !matches!(found.place, Place::Location)) {
            if let (Place::Crash(function) | Place::Function(function), true) = (found.place, reading) {
                let (function, path) = (function.to_owned(), found.path.to_owned());
                block.frames.push(Frame { function, path, line: found.line });
            }
        } else if !line.is_empty() && !is_dump_line(line) {
            break;
        }
        next += 1;
        if !line.is_empty() {
            end = next;
        }
    }
    block.frames.reverse();
    (at..end).for_each(|line| reader.take(line));
    Some((block, end))
}

fn is_dump_line(line: &str) -> bool {
    const STARTS: &[&str] =
        &["Python runtime state:", "Extension modules:", "<no Python frame>", "Binary file \"", "...", "<"];
    STARTS.iter().any(|start| line.starts_with(start)) || text::strict_class(line).is_some()
}

/// A class named behind a library's own words, with the text before it.
pub(super) struct Mention<'a> {
    pub(super) lead: &'a str,
    pub(super) kind: &'a str,
    pub(super) message: &'a str,
}

/// Reads tenacity's `Retrying F in 0.87 seconds as it raised TYPE: MSG.` and celery's `Task x[uuid] raised unexpected: TYPE('MSG')`.
pub(super) fn mention(text: &str) -> Option<Mention<'_>> {
    if let Some((before, after)) = text.halves_at(" as it raised ") {
        let (kind, message) = text::strict_class(after.trimmed_end().trim_end_matches('.'))?;
        let known = before.has_words("Retrying ") || before.has_words(" retry");
        return known.then_some(Mention { lead: before, kind, message });
    }
    for words in [" raised unexpected: ", " raised exception: ", " raised expected: "] {
        if let Some((before, after)) = text.split_once(words) {
            let (kind, message) = repr(after.trimmed_end())?;
            return before.has_words("Task ").then_some(Mention { lead: text, kind, message });
        }
    }
    None
}

/// Reads `TYPE('MSG')` or `TYPE("MSG")`.
fn repr(text: &str) -> Option<(&str, &str)> {
    let (kind, arguments) = text.halves(b'(')?;
    let arguments = arguments.strip_suffix(')').unwrap_or(arguments);
    let quoted = ['\'', '"'].iter().find_map(|quote| arguments.strip_prefix(*quote)?.strip_suffix(*quote));
    text::looks_like_exception(kind).then_some((kind, quoted.unwrap_or(arguments)))
}
