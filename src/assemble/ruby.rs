//! Ruby's error output: uncaught exceptions in both orders, threads, and the backtraces that loggers, Rails and Sidekiq print.
//!
//! Ruby ties a cause to its exception by nothing but position: the next header at once below the frames. The reversed form has Python's
//! header line and the root first; chains come out outermost first all the same. A bare backtrace without a class above it (`caller`) must
//! never become an exception, and every look ahead and back is bounded.

mod listed;
#[cfg(test)]
mod tests;
mod text;

use super::{Found, Grammar, Openings};
use crate::model::{Bytewise, Exception, ExceptionChain, Frame, Language, Line, Relation};

/// Lines of a message between a header and its first `from` line.
const MESSAGE_LINES: usize = 64;
/// The header of the form that prints the root first.
const BOTTOM: &str = "Traceback (most recent call last):";
/// Exceptions of one chain.
const MOST_LINKS: usize = 64;

/// The grammar of Ruby's error output.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ruby;

impl Grammar for Ruby {
    fn language(&self) -> Language {
        Language::Ruby
    }

    fn search(&self, lines: &[Line], openings: &Openings<'_>) -> Vec<Found> {
        let mut scan = Scan { lines, at: 0, floor: 0, found: Vec::new() };
        while let Some(at) = openings.next(scan.at) {
            scan.at = at;
            if !scan.step() {
                scan.at += 1;
            }
        }
        scan.found
    }

    fn openings(&self) -> &'static [&'static str] {
        &[":in `", ":in '", "from ", "last):", ".rb:", "ruby: "]
    }

    fn may_open(&self, text: &str) -> bool {
        let text = text::untagged(text);
        let opens = || text.trimmed() == BOTTOM || text::header(text).is_some() || text::from(text).is_some();
        text::may_matter(text) && (opens() || text::bare_site(text).is_some())
    }

    fn literals(&self) -> &'static [&'static str] {
        &[":in `", ":in '", ".rb:", "ruby: "]
    }
}

/// Walks over the lines once; what an event covers is never looked at again.
struct Scan<'a> {
    lines: &'a [Line],
    at: usize,
    /// End of the last event: nothing above belongs to the next.
    floor: usize,
    found: Vec<Found>,
}

/// What stands below a header: its message lines, then its frames.
struct Body {
    frames_at: usize,
    end: usize,
}

impl<'a> Scan<'a> {
    fn text(&self, at: usize) -> &'a str {
        self.lines.get(at).map_or("", |line| text::untagged(&line.text))
    }

    fn step(&mut self) -> bool {
        let text = self.text(self.at);
        if !text::may_matter(text) {
            return false;
        }
        if text.trimmed() == BOTTOM {
            return self.bottom();
        }
        if text::header(text).is_some() {
            return self.top();
        }
        if text::from(text).is_some() {
            return self.headless();
        }
        text::bare_site(text).is_some() && self.listed()
    }

    fn emit(&mut self, start: usize, end: usize, lead: String, chain: ExceptionChain) -> bool {
        self.found.push(Found { lines: std::iter::once(start..end).collect(), lead, chain });
        self.at = end.max(self.at + 1);
        self.floor = self.at;
        true
    }

    /// Whether a new record begins at `at`; not where a logger prefixed every line of the trace.
    fn stops(&self, at: usize, every_line_starts: bool) -> bool {
        at >= self.lines.len() || (self.lines[at].starts && !every_line_starts)
    }

    /// Header, message, frames; then the same for each cause.
    fn top(&mut self) -> bool {
        let every = self.lines.get(self.at + 1).is_some_and(|line| line.starts);
        let mut links: Vec<Exception> = Vec::new();
        let mut at = self.at;
        while links.len() < MOST_LINKS && (links.is_empty() || !self.stops(at, every)) {
            let Some((site, title)) = text::header(self.text(at)) else { break };
            let body = self.body(at, every);
            let message = self.message(at, title.message, body.frames_at);
            // The same exception again is another report of it (a thread's, then the main program's), not its own cause.
            if links.iter().any(|link| link.kind == title.class && link.message == message) {
                break;
            }
            let relation = if links.is_empty() { Relation::Surface } else { Relation::Cause };
            let mut link = Exception::new(title.class, message, relation);
            link.frames.extend(site);
            link.frames.extend((body.frames_at..body.end).filter_map(|line| text::from(self.text(line))));
            links.push(link);
            at = body.end;
        }
        let (start, lead) = self.thread_lead(self.at);
        self.emit(start, at, lead, chain(links, true, false))
    }

    /// The line that names the thread of the exception at `at`.
    fn thread_lead(&self, at: usize) -> (usize, String) {
        let above = at.checked_sub(1).filter(|&above| above >= self.floor && !self.lines[at].starts);
        match above.filter(|&above| text::is_thread_lead(self.text(above))) {
            Some(above) => (above, self.text(above).trimmed().to_owned()),
            None => (at, String::new()),
        }
    }

    /// Where the frames of the header at `at` stand. Lines that look like frames but are followed by more of the message are not they.
    fn body(&self, at: usize, every: bool) -> Body {
        let mut body = None;
        let mut line = at + 1;
        while line < at + MESSAGE_LINES && !self.stops(line, every) && text::header(self.text(line)).is_none() {
            if text::from(self.text(line)).is_some() {
                let end = self.run(line, every);
                body = Some(Body { frames_at: line, end });
                line = end;
            } else {
                line += 1;
            }
        }
        body.unwrap_or_else(|| {
            let end = self.snippet(at + 1, every);
            Body { frames_at: end, end }
        })
    }

    /// End of the `from` lines that begin at `at`.
    fn run(&self, at: usize, every: bool) -> usize {
        let is_part = |text: &str| text::from(text).is_some() || text::is_elision(text);
        (at..self.lines.len())
            .find(|&line| self.stops(line, every) || !is_part(self.text(line)))
            .unwrap_or(self.lines.len())
    }

    /// End of the marked source line and the suggestions that may follow a header without frames.
    fn snippet(&self, from: usize, every: bool) -> usize {
        let mut end = from;
        let caret = self.text(from + 2).trimmed();
        if self.text(from).trimmed().is_empty() && caret.starts_with('^') && !self.stops(from + 2, every) {
            end = from + 3;
        }
        while !self.stops(end, every) && self.text(end).starts_with("Did you mean?") {
            end += 1;
        }
        end
    }

    /// The message of the header at `at` with its further lines.
    fn message(&self, at: usize, first: &str, end: usize) -> String {
        let rest = (at + 1..end).map(|line| self.text(line).trimmed_end());
        std::iter::once(first).chain(rest).collect::<Vec<_>>().join("\n").trimmed_end().to_owned()
    }

    /// Frames, outermost first, above their header; further blocks are what that exception caused.
    fn bottom(&mut self) -> bool {
        let start = self.at;
        let every = self.lines.get(start + 1).is_some_and(|line| line.starts);
        let mut links: Vec<Exception> = Vec::new();
        let mut at = start + 1;
        while links.len() < MOST_LINKS && text::from(self.text(at)).is_some() && !self.stops(at, every) {
            let frames_end = self.run(at, every);
            let Some((site, title)) = text::header(self.text(frames_end)) else { break };
            let mut end = self.snippet(frames_end + 1, every);
            // The message's further lines stand before the frames of the next block.
            if let Some(next) = (end..end + MESSAGE_LINES)
                .take_while(|&line| !self.stops(line, every) && text::header(self.text(line)).is_none())
                .find(|&line| text::from(self.text(line)).is_some())
            {
                end = next;
            }
            let mut link = Exception::new(title.class, self.message(frames_end, title.message, end), Relation::Cause);
            link.frames.extend((at..frames_end).filter_map(|line| text::from(self.text(line))));
            link.frames.extend(site);
            links.push(link);
            at = end;
        }
        if links.is_empty() {
            return false;
        }
        links.reverse();
        links[0].relation = Relation::Surface;
        let (begin, lead) = self.thread_lead(start);
        self.emit(begin, at, lead, chain(links, true, true))
    }

    /// `from` lines whose header is cut off.
    fn headless(&mut self) -> bool {
        let every = self.lines[self.at].starts;
        let end = self.run(self.at, every);
        let frames: Vec<Frame> = (self.at..end).filter_map(|line| text::from(self.text(line))).collect();
        let named = frames.iter().filter(|frame| !frame.function.is_empty()).count();
        if named < 2 {
            return false;
        }
        let mut link = Exception::new("", "", Relation::Surface);
        link.frames = frames;
        self.emit(self.at, end, String::new(), chain(vec![link], false, false))
    }
}

/// Puts links into a chain whose root is the last.
fn chain(links: Vec<Exception>, complete: bool, innermost_last: bool) -> ExceptionChain {
    let root = links.len().saturating_sub(1);
    ExceptionChain { language: Language::Ruby, links, root, complete, innermost_last }
}
