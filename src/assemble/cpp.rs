//! What the C and C++ runtimes and sanitizers print when a native program fails.
//!
//! `terminate` names only the outermost exception. A sanitizer's report with all its stacks and memory maps is one event. Only texts that a
//! runtime prints count; a sentence about memory must never become an event.

mod sanitizer;
#[cfg(test)]
mod tests;

use std::ops::Range;

use super::{Found, Grammar, Openings};
use crate::model::{Bytewise, Exception, ExceptionChain, Language, Line, Relation};

/// Lines of a message behind `what():`; its end is not marked.
const MESSAGE_LINES: usize = 32;
/// Exceptions of one chain.
const MOST_LINKS: usize = 64;

/// What glibc says before it aborts, up to where the text varies.
const HEAP: [&str; 13] = [
    "free(): ",
    "malloc(): ",
    "realloc(): ",
    "double free or corruption",
    "munmap_chunk(): invalid pointer",
    "corrupted size vs. prev_size",
    "corrupted double-linked list",
    "malloc_consolidate(): ",
    "malloc: *** error for object",
    "*** stack smashing detected ***",
    "*** buffer overflow detected ***",
    "pure virtual method called",
    "terminate called without an active exception",
];

/// The grammar of native programs' error output.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cpp;

impl Grammar for Cpp {
    fn language(&self) -> Language {
        Language::Cpp
    }

    fn search(&self, lines: &[Line], openings: &Openings<'_>) -> Vec<Found> {
        let scan = Scan { lines };
        let mut found: Vec<Found> = Vec::new();
        let mut at = 0;
        while let Some(next) = openings.next(at) {
            at = next;
            let Some((range, lead, links)) = scan.read(at) else {
                at += 1;
                continue;
            };
            at = range.end;
            let root = links.len() - 1;
            let chain = ExceptionChain { language: Language::Cpp, links, root, complete: true, innermost_last: false };
            found.push(Found { lines: std::iter::once(range).collect(), lead: lead.to_owned(), chain });
        }
        found
    }

    fn openings(&self) -> &'static [&'static str] {
        &[
            "Sanitizer: ",
            "rror: ",
            "exception: ",
            "Assertion ",
            "(): ",
            "===",
            "*** ",
            "corrupted ",
            "double free ",
            "pure virtual ",
            "terminat",
            "malloc: ",
        ]
    }

    fn may_open(&self, text: &str) -> bool {
        let begins = |said: &&str| text.trimmed().starts_with(*said);
        may_matter(text)
            && (text.has_words("terminat")
                || sanitizer::may_be(text)
                || assertion(text).is_some()
                || HEAP.iter().chain(&["exception: "]).any(begins))
    }

    fn literals(&self) -> &'static [&'static str] {
        &[
            "terminate called ",
            "uncaught exception of type ",
            "Sanitizer: ",
            "runtime error: ",
            "Assertion ",
            "exception: ",
            "free(): ",
            "alloc(): ",
            "_chunk(): ",
            "_consolidate(): ",
            "double free or corruption",
            "corrupted size",
            "corrupted double",
            "malloc: *",
            " detected ***",
            "pure virtual method called",
        ]
    }

    fn crashes(&self) -> &'static [&'static str] {
        &["terminate called "]
    }
}

/// Lines of one failure, the log text before it, and its links.
type Read<'a> = (Range<usize>, &'a str, Vec<Exception>);

struct Scan<'a> {
    lines: &'a [Line],
}

impl<'a> Scan<'a> {
    fn text(&self, at: usize) -> &'a str {
        self.lines.get(at).map_or("", |line| line.text.as_str())
    }

    fn stops(&self, at: usize) -> bool {
        self.lines.get(at).is_none_or(|line| line.starts)
    }

    fn read(&self, at: usize) -> Option<Read<'a>> {
        let text = self.text(at);
        if !may_matter(text) {
            return None;
        }
        if let Some((range, link)) = self.sanitizer(at) {
            return Some((range, "", vec![link]));
        }
        if let Some(found) = self.terminate(at) {
            return Some(found);
        }
        if let Some(message) = assertion(text) {
            return Some((at..at + 1, "", vec![Exception::new("Assertion", message, Relation::Surface)]));
        }
        let trimmed = text.trimmed();
        if HEAP.iter().any(|said| trimmed.starts_with(said)) && trimmed.len() < 120 {
            return Some((at..at + 1, "", vec![Exception::new("abort", trimmed, Relation::Surface)]));
        }
        self.nested(at)
    }

    /// `terminate called after throwing an instance of 'TYPE'` and what libc++ says instead.
    fn terminate(&self, at: usize) -> Option<Read<'a>> {
        const UNCAUGHT: [&str; 2] =
            ["terminating due to uncaught exception of type ", "terminating with uncaught exception of type "];
        let text = self.text(at);
        if let Some((lead, rest)) = UNCAUGHT.iter().find_map(|said| text.split_once(said)) {
            let (kind, message) = rest.trimmed_end().halves_at(": ").unwrap_or((rest.trimmed_end(), ""));
            return Some((at..at + 1, lead.trimmed(), vec![Exception::new(kind, message, Relation::Surface)]));
        }
        let (lead, rest) = text.halves_at("terminate called after throwing an instance of '")?;
        let kind = rest.trimmed_end().strip_suffix('\'')?;
        let what = (!self.stops(at + 1)).then(|| self.text(at + 1).trimmed_start().strip_prefix("what():")).flatten();
        let end = if what.is_some() { self.message_end(at + 2) } else { at + 1 };
        let below = (at + 2..end).map(|line| self.text(line).trimmed_end());
        let first = what.map(|what| what.strip_prefix("  ").unwrap_or(what));
        let message = first.into_iter().chain(below).collect::<Vec<_>>().join("\n");
        Some((at..end, lead.trimmed(), vec![Exception::new(kind, message.trimmed_end(), Relation::Surface)]))
    }

    /// End of a message that goes on at `from`: the next record, another failure, or what a shell says of the process.
    fn message_end(&self, from: usize) -> usize {
        let own = |line: &usize| {
            let text = self.text(*line);
            !self.stops(*line) && !text.starts_with("Aborted") && !text.has_words("terminate called ")
        };
        let filled = |line: &usize| !self.text(*line).trimmed().is_empty();
        (from..from + MESSAGE_LINES).take_while(own).filter(filled).last().map_or(from, |line| line + 1)
    }

    /// `exception: MESSAGE`, each nested one indented further: how programs print `std::nested_exception`.
    fn nested(&self, at: usize) -> Option<Read<'a>> {
        let mut links: Vec<Exception> = Vec::new();
        let mut depth = None;
        for line in at..self.lines.len().min(at + MOST_LINKS) {
            let text = self.text(line);
            let body = text.trimmed_start();
            let indent = text.len() - body.len();
            let Some(message) = body.strip_prefix("exception: ").filter(|_| depth.is_none_or(|outer| indent > outer))
            else {
                break;
            };
            if line > at && self.stops(line) {
                break;
            }
            let relation = if links.is_empty() { Relation::Surface } else { Relation::Cause };
            links.push(Exception::new("", message.trimmed_end(), relation));
            depth = Some(indent);
        }
        (links.len() > 1).then(|| (at..at + links.len(), "", links))
    }
}

/// Whether a line could be one of these; most lines of a log cannot, and this is cheap.
fn may_matter(text: &str) -> bool {
    const NAMED: [&str; 5] = ["Sanitizer: ", "rror: ", "exception: ", "Assertion ", "(): "];
    const BARE: [&str; 5] = ["===", "*** ", "corrupted ", "double free ", "pure virtual "];
    let start = text.trimmed_start();
    BARE.iter().any(|mark| start.starts_with(mark))
        || text.has_words("terminat")
        || (text.has_words(": ") && (start.starts_with("malloc: ") || NAMED.iter().any(|mark| text.contains(mark))))
}

/// The expression of a failed `assert`, as glibc, libstdc++, musl and macOS print it.
fn assertion<'a>(text: &'a str) -> Option<&'a str> {
    let text = text.trimmed();
    let quoted = |text: &'a str| text.halves_at(": Assertion `").or_else(|| text.halves_at(": Assertion '"));
    if let Some((_, expression)) = text.strip_suffix("' failed.").and_then(quoted) {
        return Some(expression);
    }
    let rest = text.strip_prefix("Assertion failed: ")?;
    let rest = rest.strip_prefix('(').unwrap_or(rest);
    let end = rest.rfind("), function ").or_else(|| rest.rfind(" ("))?;
    (rest.has_words(" file ") || rest.has_words(": ")).then_some(&rest[..end])
}
