//! One throwable and everything chained to it, from its class line to its last line.
//!
//! The text prints a chain flat, in the order of the links wanted; only the indentation says whether a cause belongs to the exception or
//! to one it suppressed. The reader moves forward only and looks ahead a bounded number of lines; it must never take the frames of a thread
//! dump or of the next exception for its own.

use std::cell::RefCell;

use crate::assemble::remembered::{self, Remembered};
use crate::model::{Bytewise, Exception, ExceptionChain, Frame, Language, Line, Relation, Severity};

use super::text::{self, Connector, Header};

/// How far frames may stand below their class line: long messages are normal.
pub(super) const MESSAGE_LINES: usize = 64;
/// How many lines of a message may stand between something that looks like a frame and the real frames.
const DECOY_LINES: usize = 8;
/// How many lines of a message may look like frames.
const DECOYS: usize = 3;
/// How many lines of others may stand inside an exception.
const FOREIGN_LINES: usize = 3;
/// Longest chain kept; what follows is still passed over.
const MOST_LINKS: usize = 256;

/// One link as printed.
struct Link {
    exception: Exception,
    connector: Option<Connector>,
    /// It hangs on a suppressed exception, or is one.
    aside: bool,
    /// Its frames end with an elision.
    elided: bool,
}

/// Reads forward over the lines of one stream.
pub(super) struct Reader<'a> {
    lines: &'a [Line],
    /// The next line to read.
    pub(super) at: usize,
    /// Lines passed over because they belong to others.
    pub(super) skipped: Vec<usize>,
    /// Nothing was found to be missing so far.
    pub(super) complete: bool,
    /// Every line is a record of its own (a log drain): a record's start is no boundary then.
    every_line_starts: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(lines: &'a [Line], at: usize, every_line_starts: bool) -> Self {
        Self { lines, at, skipped: Vec::new(), complete: true, every_line_starts }
    }

    fn text(&self, at: usize) -> Option<&'a str> {
        self.lines.get(at).map(|line| line.text.as_str())
    }

    fn boundary(&self, at: usize) -> bool {
        self.lines.get(at).is_none_or(|line| line.starts && !self.every_line_starts)
    }

    /// Reads the exception whose class line is the current line, whose text is indented by `base`, and its chain.
    pub(super) fn chain(&mut self, head: Header<'_>, base: usize) -> ExceptionChain {
        let first = Exception::new(head.kind, head.message, Relation::Surface);
        self.at += 1;
        self.rest(first, base)
    }

    /// Reads frames whose class line is cut off, and the chain below them.
    pub(super) fn headless(&mut self, base: usize) -> ExceptionChain {
        self.complete = false;
        self.rest(Exception::new("", "", Relation::Surface), base)
    }

    fn rest(&mut self, first: Exception, base: usize) -> ExceptionChain {
        let mut link = Link { exception: first, connector: None, aside: false, elided: false };
        self.stack(&mut link);
        let mut links = vec![link];
        let mut suppressed = None;
        while let Some((connector, rest)) = self.connector() {
            let indent = text::indent(self.text(self.at).unwrap_or_default());
            self.at += 1;
            let Some(head) = text::class_at(rest) else { continue };
            if connector == Connector::Suppressed {
                suppressed = Some(indent);
            }
            let aside = suppressed.is_some_and(|outer| outer > base && indent >= outer);
            let relation = if connector == Connector::Suppressed { Relation::Suppressed } else { Relation::Cause };
            let exception = Exception::new(head.kind, head.message, relation);
            let mut link = Link {
                exception,
                connector: Some(connector),
                aside: aside || connector == Connector::Suppressed,
                elided: false,
            };
            self.stack(&mut link);
            if links.len() < MOST_LINKS {
                links.push(link);
            } else {
                self.complete = false;
            }
        }
        self.complete &= !self.cut(&links);
        self.finish(links)
    }

    /// The connector at the current line or behind a blank one, if a class or a circle follows it.
    fn connector(&mut self) -> Option<(Connector, &'a str)> {
        let read = |text: &'a str| {
            text::connector(text).filter(|(_, rest)| text::class_at(rest).is_some() || text::circular(rest))
        };
        if !self.reach(|text| read(text).is_some()) {
            return None;
        }
        if self.text(self.at).is_some_and(Bytewise::is_blank) && !self.boundary(self.at + 1) {
            let found = read(self.text(self.at + 1)?)?;
            self.at += 1;
            return Some(found);
        }
        read(self.text(self.at)?)
    }

    /// The first frame below a class line, close enough to belong to it.
    fn first_frame(&self) -> Option<usize> {
        for at in self.at..self.lines.len().min(self.at + MESSAGE_LINES) {
            let text = self.text(at)?;
            if self.boundary(at) || text::thread_head(text) {
                return None;
            }
            if text::frame(text).is_some() || text::elision(text) {
                return Some(at);
            }
            let class = text::header(text).is_some_and(|head| text::throwable(head.kind));
            let quoted =
                at > 0 && self.text(at - 1).is_some_and(|above| above.trimmed().ends_with("nested exception is:"));
            if class && !quoted {
                return None;
            }
        }
        None
    }

    /// Message lines, then frames. Lines of the message that look like frames are found out by the frames that follow them.
    fn stack(&mut self, link: &mut Link) {
        let first_line = self.at;
        let Some(mut top) = self.first_frame() else { return };
        self.at = top;
        let frames = &mut link.exception.frames;
        while self.reach(|text| text::frame(text).is_some() || text::elision(text)) {
            let text = self.text(self.at).unwrap_or_default();
            if let Some(frame) = self.lines.get(self.at).and_then(frame) {
                frames.push(frame);
            } else if text::elision(text) {
                link.elided = true;
            } else if self.cut_frame(text) {
                self.complete = false;
            } else if !text::between_frames(text) {
                let Some(real) = self.frame_after_decoys(frames.len()) else { break };
                frames.clear();
                top = real;
                self.at = real;
                continue;
            }
            self.at += 1;
        }
        for at in first_line..top {
            link.exception.message.push('\n');
            link.exception.message.push_str(self.text(at).unwrap_or_default());
        }
        let kept = link.exception.message.trimmed_end().len();
        link.exception.message.truncate(kept);
    }

    /// The input ends inside this frame.
    fn cut_frame(&self, text: &str) -> bool {
        self.at + 1 == self.lines.len()
            && text.trimmed_start().starts_with("at ")
            && !text.trimmed_end().ends_with([')', ']'])
    }

    /// The real first frame, if the few frames so far turn out to have been text of the message.
    fn frame_after_decoys(&self, frames: usize) -> Option<usize> {
        if self.every_line_starts || frames > DECOYS {
            return None;
        }
        for at in self.at..self.at + DECOY_LINES {
            let text = self.text(at)?;
            if text::frame(text).is_some() {
                return Some(at);
            }
            if self.boundary(at) || text::thread_head(text) || text::header(text).is_some() {
                return None;
            }
        }
        None
    }

    /// Whether the current line can be read on; passes over a few log lines of others if what is `wanted` goes on behind them.
    fn reach(&mut self, wanted: impl Fn(&'a str) -> bool) -> bool {
        if self.at >= self.lines.len() {
            return false;
        }
        if !self.boundary(self.at) {
            return true;
        }
        for at in self.at..self.lines.len().min(self.at + FOREIGN_LINES + 1) {
            let line = &self.lines[at];
            if !self.boundary(at) {
                if !wanted(&line.text) {
                    return false;
                }
                self.skipped.extend(self.at..at);
                self.at = at;
                return true;
            }
            let fails = line.severity().is_some_and(|severity| severity >= Severity::Error);
            if fails || text::header(&line.text).or_else(|| text::header_inside(&line.text)).is_some() {
                return false;
            }
        }
        false
    }

    /// Whether the input ends inside the last cause: it neither says how many frames it shares with the exception around it, nor ends
    /// where that one or a thread ends.
    fn cut(&self, links: &[Link]) -> bool {
        let [first, .., last] = links else { return false };
        let wrapped = links.iter().any(|link| link.connector == Some(Connector::WrappedBy));
        if wrapped || last.elided || self.at < self.lines.len() {
            return false;
        }
        let end = |link: &Link| link.exception.frames.last().map(|frame| frame.function.clone());
        let Some(own) = end(last) else { return false };
        let entry = [".main", ".run", ".invoke", "<clinit>"].iter().any(|entry| own.ends_with(entry));
        !entry && end(first).is_some_and(|outer| outer != own)
    }

    /// Links in the order wanted, with the root.
    fn finish(&self, mut links: Vec<Link>) -> ExceptionChain {
        let wrapped = links.iter().any(|link| link.connector == Some(Connector::WrappedBy));
        let root =
            if wrapped { reverse(&mut links) } else { links.iter().rposition(|link| !link.aside).unwrap_or_default() };
        let mut links: Vec<Exception> = links.into_iter().map(|link| link.exception).collect();
        let root = quote(&mut links, root);
        ExceptionChain { language: Language::Java, links, root, complete: self.complete, innermost_last: false }
    }
}

/// The frame that a line is.
fn frame(line: &Line) -> Option<Frame> {
    thread_local!(static FRAMES: RefCell<Remembered<Option<Frame>>> = RefCell::new(Remembered::new()));
    FRAMES.with(|frames| remembered::read(frames, &line.text, text::frame))
}

/// Turns a chain printed root first. What hangs on a link (its suppressed exceptions) stays behind it. Returns where the root is then.
fn reverse(links: &mut Vec<Link>) -> usize {
    let mut groups: Vec<Vec<Link>> = Vec::new();
    for link in links.drain(..) {
        match groups.last_mut() {
            Some(group) if link.connector != Some(Connector::WrappedBy) => group.push(link),
            _ => groups.push(vec![link]),
        }
    }
    let last = groups.first().map_or(0, Vec::len);
    links.extend(groups.into_iter().rev().flatten());
    let root = links.len() - last;
    for (at, link) in links.iter_mut().enumerate().filter(|(_, link)| !link.aside) {
        link.exception.relation = if at == 0 { Relation::Surface } else { Relation::Cause };
    }
    root
}

/// Adds the error that the root only quotes in its message. Returns where the root is then.
fn quote(links: &mut Vec<Exception>, root: usize) -> usize {
    let Some(head) = text::nested(&links[root].message) else { return root };
    let quoted = Exception::new(head.kind, head.message, Relation::Wrapped);
    links.insert(root + 1, quoted);
    root + 1
}
