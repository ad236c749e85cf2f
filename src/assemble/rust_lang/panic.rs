//! Panics in both forms (message behind the place since 1.73, in quotes before it until then), and how a process aborts.

use super::Scan;
use super::backtrace::{self, position};
use crate::model::{Bytewise, Exception, Frame, Line, Relation};

/// Lines of one message.
const MESSAGE_LINES: usize = 200;

/// `thread 'NAME' [(TID)] panicked at REST`, with the text before it.
pub(super) struct Head<'a> {
    pub(super) lead: &'a str,
    rest: &'a str,
}

/// Reads the first line of a panic.
pub(super) fn head(text: &str) -> Option<Head<'_>> {
    const WORDS: &str = " panicked at ";
    let at = memchr::memmem::find(text.as_bytes(), WORDS.as_bytes())?;
    let (before, rest) = (&text[..at], &text[at + WORDS.len()..]);
    let named = before
        .strip_suffix(')')
        .and_then(|b| b.rsplit_once(" ("))
        .map_or(before, |(named, tid)| if tid.bytes().all(|b| b.is_ascii_digit()) { named } else { before });
    let (lead, _) = named.strip_suffix('\'')?.rsplit_once("thread '")?;
    Some(Head { lead, rest })
}

/// A panic as far as it was read.
pub(super) struct Panic {
    pub(super) exception: Exception,
    pub(super) end: usize,
    pub(super) complete: bool,
}

impl Scan<'_> {
    /// Reads the panic whose first line is `at`.
    pub(super) fn panic(&self, at: usize, head: &Head<'_>) -> Panic {
        let (message, place, from, complete) = match head.rest.strip_prefix('\'') {
            Some(quoted) => self.quoted(at, quoted),
            None => self.below(at, head.rest),
        };
        let mut exception = Exception::new("panic", message, Relation::Surface);
        if !place.is_empty() {
            exception.properties.push(("location".to_owned(), place));
        }
        let (frames, end) = self.trailer(from);
        exception.frames = frames;
        Panic { exception, end, complete }
    }

    /// Since 1.73: the place, then the message on lines of its own.
    fn below(&self, at: usize, place: &str) -> (String, String, usize, bool) {
        let first = at + 1;
        let mut lines = (first..first + MESSAGE_LINES).take_while(|&line| line < self.lines.len() && !self.ends(line));
        let end = lines.find(|&line| self.is_trailer(line)).unwrap_or_else(|| self.untold_end(first));
        let message = (first..end).map(|line| self.text(line).trimmed_end()).collect::<Vec<_>>().join("\n");
        (message.trimmed_end().to_owned(), place.trim_end_matches(':').to_owned(), end, end > first)
    }

    /// Until 1.72: `'MESSAGE', PATH:L:C`; the message may have several lines.
    fn quoted(&self, at: usize, first: &str) -> (String, String, usize, bool) {
        let line = |line: usize| if line == at { first } else { self.text(line) };
        let close = |at: usize| {
            let (message, place) = line(at).rsplit_once("', ").or_else(|| line(at).rsplit_once("': "))?;
            position(place.trimmed_end()).is_some().then_some((message, place.trimmed_end()))
        };
        let mut lines = (at..at + MESSAGE_LINES).take_while(|&line| line == at || !self.ends(line));
        let Some((last, (message, place))) = lines.find_map(|at| Some((at, close(at)?))) else {
            return (first.trimmed_end().to_owned(), String::new(), at + 1, false);
        };
        let above = (at..last).map(line);
        let message = above.chain(std::iter::once(message)).collect::<Vec<_>>().join("\n");
        (message, place.to_owned(), last + 1, true)
    }

    /// Whether another record or panic begins at a line.
    fn ends(&self, at: usize) -> bool {
        self.lines.get(at).is_none_or(|line| line.starts) || head(self.text(at)).is_some()
    }

    /// Whether the backtrace or the note about it stands at a line; a message may have lines that look like the former.
    fn is_trailer(&self, at: usize) -> bool {
        let text = self.text(at).trimmed_start();
        if text.starts_with("note: ") {
            return text.has_words("RUST_BACKTRACE") || text.has_words("Some details are omitted");
        }
        text.trimmed_end() == "stack backtrace:" && backtrace::symbol(self.text(at + 1)).is_some_and(|(n, _)| n <= 1)
    }

    /// End of a message without note or backtrace, which only the first panic of a process has: what is plainly its own.
    fn untold_end(&self, first: usize) -> usize {
        let own = |line: &usize| {
            let text = self.text(*line).trimmed_start();
            *line == first || text.starts_with("left: ") || text.starts_with("right: ")
        };
        (first..self.lines.len())
            .take_while(|line| !self.ends(*line))
            .take_while(own)
            .last()
            .map_or(first, |line| line + 1)
    }

    /// Backtrace and notes behind a message.
    fn trailer(&self, from: usize) -> (Vec<Frame>, usize) {
        let mut frames = Vec::new();
        let mut end = from;
        while end < self.lines.len() && !self.lines[end].starts && self.is_trailer(end) {
            if self.text(end).trimmed() == "stack backtrace:" {
                (frames, end) = backtrace::read(self.lines, end + 1);
            } else {
                end += 1;
            }
        }
        (frames, end)
    }

    /// Panics that follow each other up to an abort are one failure: the first began the unwinding.
    pub(super) fn until_abort(&self, panic: Panic) -> (Vec<Exception>, usize, bool) {
        let (first_end, complete) = (panic.end, panic.complete);
        let mut links = vec![panic.exception];
        let mut end = first_end;
        while let Some(head) = self.lines.get(end).and_then(|line| head(&line.text)).filter(|_| links.len() < 4) {
            let next = self.panic(end, &head);
            end = next.end;
            links.push(next.exception);
        }
        if !is_abort(self.lines.get(end)) {
            links.truncate(1);
            return (links, first_end, complete);
        }
        links.reverse();
        links.iter_mut().skip(1).for_each(|link| link.relation = Relation::Context);
        (links, end + 1, complete)
    }
}

fn is_abort(line: Option<&Line>) -> bool {
    const ABORTS: [&str; 4] = [
        "thread caused non-unwinding panic",
        "thread panicked while processing panic",
        "thread panicked while panicking",
        "stack backtrace omitted, aborting",
    ];
    line.is_some_and(|line| ABORTS.iter().any(|abort| line.text.trimmed_start().starts_with(abort)))
}
