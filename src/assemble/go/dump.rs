//! Panics, fatal errors and signals: a first line, a message, and the goroutines printed below.
//!
//! Only the first goroutine is the failure; the others are a dump and belong to the event's lines alone. A message may hold anything, even
//! something like a goroutine: the real one is followed by calls. The reader moves forward only and looks ahead a bounded number of lines.

use crate::model::{Bytewise, Exception, Frame, Line, Relation};

use super::text::{self, Head};

/// How far the goroutine may stand below the first line.
const MESSAGE_LINES: usize = 64;
/// How many lines of others may stand inside a dump.
const FOREIGN_LINES: usize = 3;
/// Blank lines between goroutines.
const BLANKS: usize = 2;

/// What a dump holds.
#[derive(Default)]
pub(super) struct Dump {
    /// Calls of the first goroutine.
    pub(super) frames: Vec<Frame>,
    /// Lines passed over because they belong to others.
    pub(super) skipped: Vec<usize>,
    /// Line after the last one.
    pub(super) end: usize,
    /// The text breaks off in it.
    pub(super) cut: bool,
}

/// A stretch of lines read as Go's.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) lines: &'a [Line],
    /// Every line is a record of its own (a log drain): a record's start is no boundary then.
    pub(super) every_line_starts: bool,
}

impl<'a> View<'a> {
    pub(super) fn text(&self, at: usize) -> &'a str {
        self.lines.get(at).map_or("", |line| line.text.as_str())
    }

    pub(super) fn boundary(&self, at: usize) -> bool {
        self.lines.get(at).is_none_or(|line| line.starts && !self.every_line_starts)
    }

    /// Whether a call and its place stand at `at`.
    fn called(&self, at: usize) -> bool {
        text::call(self.text(at)).is_some() && self.place_of(at).is_some()
    }

    /// The line that holds the place of the call at `at`: the next, unless others wrote between.
    fn place_of(&self, at: usize) -> Option<usize> {
        let last = self.lines.len().min(at + FOREIGN_LINES + 2);
        let next = (at + 1..last).find(|&at| !self.boundary(at))?;
        text::place(self.text(next)).map(|_| next)
    }

    /// Whether a goroutine with calls begins at `at`.
    pub(super) fn goroutine(&self, at: usize) -> bool {
        let head = text::goroutine(self.text(at)) || text::runtime_stack(self.text(at));
        head && (self.called(at + 1) || text::elided(self.text(at + 1)))
    }

    /// The goroutines below a first line.
    pub(super) fn dump_below(&self, from: usize) -> Option<usize> {
        let last = self.lines.len().min(from + MESSAGE_LINES);
        (from..last).take_while(|&at| !self.boundary(at)).find(|&at| self.goroutine(at))
    }

    /// Reads the goroutines from line `from` on.
    pub(super) fn dump(&self, from: usize) -> Dump {
        let mut dump = Dump::default();
        let mut at = from;
        let mut goroutines = 0usize;
        loop {
            let text = self.text(at);
            if self.boundary(at) {
                match self.behind_others(at) {
                    Some(next) => {
                        dump.skipped.extend(at..next);
                        at = next;
                        continue;
                    }
                    None => break,
                }
            }
            if text::goroutine(text) {
                goroutines += 1;
                at += 1;
            } else if let (Some(function), Some(below)) = (text::call(text), self.place_of(at)) {
                if let Some((path, line, _)) = text::place(self.text(below)).filter(|_| goroutines == 1) {
                    let (function, path) = (function.to_owned(), path.to_owned());
                    dump.frames.push(Frame { function, path, line: Some(line) });
                }
                dump.skipped.extend(at + 1..below);
                at = below + 1;
            } else if text::elided(text) || text::runtime_stack(text) || text::register(text) {
                at += 1;
            } else if text::call(text).is_some() && at + 1 >= self.lines.len() {
                dump.cut = true;
                at += 1;
            } else if text.is_blank() {
                match self.next_part(at) {
                    Some(next) => at = next,
                    None => break,
                }
            } else {
                break;
            }
        }
        dump.end = at;
        let farewell = (at..at + BLANKS).find(|&at| !self.text(at).is_blank());
        if let Some(at) = farewell.filter(|&at| text::exit_status(self.text(at))) {
            dump.end = at + 1;
        }
        dump
    }

    /// The next goroutine behind blank lines.
    fn next_part(&self, at: usize) -> Option<usize> {
        let next = (at..=at + BLANKS).find(|&at| !self.text(at).is_blank())?;
        let text = self.text(next);
        let goes_on = text::goroutine(text) || text::runtime_stack(text) || text::register(text);
        (goes_on && !self.boundary(next)).then_some(next)
    }

    /// Where the dump goes on behind a few records of others.
    fn behind_others(&self, at: usize) -> Option<usize> {
        let next = (at..self.lines.len().min(at + FOREIGN_LINES + 1)).find(|&at| !self.boundary(at))?;
        self.called(next).then_some(next)
    }
}

/// The panics of a process: newer ones are printed below the first, with a tab in front. Returned newest first, as what the program
/// shows; the first is what all followed from.
pub(super) fn panics(head: Head<'_>, below: &[Line]) -> Vec<Exception> {
    let mut found = vec![Exception::new(head.kind, text::without_fate(head.message), Relation::Surface)];
    for line in below {
        let text = line.text.as_str();
        let body = text.trimmed();
        let indented = text.starts_with([' ', '\t']);
        let again = body.strip_prefix("panic: ").filter(|_| indented && head.kind == "panic");
        let Some(last) = found.last_mut() else { continue };
        if let Some(message) = again {
            found.push(Exception::new("panic", text::without_fate(message), Relation::Surface));
        } else if body.starts_with("[signal ") {
            last.properties.push(("signal".to_owned(), body.trim_matches(['[', ']']).to_owned()));
        } else if body != format!("{}: {}", head.kind, head.message) {
            // Two threads may find out at once and say the same.
            last.message.push('\n');
            last.message.push_str(text);
        }
    }
    for link in &mut found {
        let kept = text::without_fate(&link.message).len();
        link.message.truncate(kept);
    }
    found.reverse();
    for older in found.iter_mut().skip(1) {
        older.relation = Relation::Context;
    }
    found
}

/// Gives each panic its calls. The runtime's own `panic` stands in the stack once for every panic but the newest.
pub(super) fn deal(links: &mut [Exception], frames: Vec<Frame>) {
    let seams = frames.iter().filter(|frame| frame.function == "panic").count();
    if links.len() < 2 || seams + 1 != links.len() {
        if let Some(first) = links.first_mut() {
            first.frames = frames;
        }
        return;
    }
    let mut at = 0;
    for frame in frames {
        at += usize::from(frame.function == "panic");
        links[at].frames.push(frame);
    }
}
