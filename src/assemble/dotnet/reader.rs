//! One exception from its class line to its last line, with the exceptions inside it.
//!
//! .NET prints the class lines outermost first and the frames root first, one block per class line, so that the blocks are dealt out from
//! the innermost class line outwards. Members of an aggregate follow behind, each with class lines and blocks of its own. The reader moves
//! forward only and looks ahead a bounded number of lines.

use crate::model::{Bytewise, Exception, ExceptionChain, Frame, Language, Line, Relation, Severity};

use super::text::{self, ARROW, Header, Seam};

/// How far frames may stand below their class line.
pub(super) const MESSAGE_LINES: usize = 64;
/// How many lines of a message may stand between something that looks like a frame and the real frames.
const DECOY_LINES: usize = 8;
/// How many lines of a message may look like frames.
const DECOYS: usize = 3;
/// How many lines of others may stand inside an exception.
const FOREIGN_LINES: usize = 3;
/// Longest chain kept; what follows is still passed over.
const MOST_LINKS: usize = 256;

/// Class lines with the blocks of frames below them.
struct Part {
    links: Vec<Exception>,
    blocks: Vec<Vec<Frame>>,
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

    /// Reads the exception whose class line is the current line.
    pub(super) fn chain(&mut self, head: Header<'_>) -> ExceptionChain {
        let first = self.part(head, Relation::Surface);
        let mut links = self.deal(first);
        let root = links.len() - 1;
        while let Some(head) = self.member() {
            let part = self.part(head, Relation::Member);
            let member = self.deal(part);
            if !repeat(&mut links, &member) && links.len() + member.len() <= MOST_LINKS {
                links.extend(member);
            }
        }
        if links.len() > 1 && links[0].kind.ends_with("AggregateException") {
            links[1].relation = Relation::Member;
        }
        ExceptionChain { language: Language::DotNet, links, root, complete: self.complete, innermost_last: false }
    }

    /// The next member of an aggregate, possibly behind blank lines.
    fn member(&mut self) -> Option<Header<'a>> {
        let mut at = self.at;
        while at < self.at + 2 && !self.boundary(at) && self.text(at).is_some_and(Bytewise::is_blank) {
            at += 1;
        }
        if self.boundary(at) {
            return None;
        }
        let (head, _) = text::inner(self.text(at)?)?;
        self.at = at;
        Some(head)
    }

    /// Class lines from the current one on, then the blocks of frames.
    fn part(&mut self, head: Header<'_>, relation: Relation) -> Part {
        let mut part = Part { links: Vec::new(), blocks: vec![Vec::new()] };
        headers(head, relation, &mut part.links);
        self.at += 1;
        let Some(top) = self.first_frame() else { return part };
        self.heads(top, &mut part.links);
        self.frames(&mut part);
        part
    }

    /// Message lines and further class lines down to line `top`.
    fn heads(&mut self, top: usize, links: &mut Vec<Exception>) {
        while self.at < top {
            let text = self.text(self.at).unwrap_or_default();
            self.at += 1;
            match text::inner(text) {
                Some((head, _)) if links.len() < MOST_LINKS => headers(head, Relation::Cause, links),
                _ => {
                    if let Some(last) = links.last_mut() {
                        last.message.push('\n');
                        last.message.push_str(text);
                    }
                }
            }
        }
        for link in links {
            let kept = link.message.trimmed_end().len();
            link.message.truncate(kept);
        }
    }

    /// The first frame below a class line, close enough to belong to it.
    fn first_frame(&self) -> Option<usize> {
        for at in self.at..self.lines.len().min(self.at + MESSAGE_LINES) {
            let text = self.text(at)?;
            if self.boundary(at) {
                return None;
            }
            if text::frame(text).is_some() || text::seam(text) == Some(Seam::Inner) {
                return Some(at);
            }
            if text::header(text).is_some_and(|head| text::throwable(head.kind)) {
                return None;
            }
        }
        None
    }

    fn frames(&mut self, part: &mut Part) {
        let wanted = |text: &str| text::frame(text).is_some() || text::seam(text).is_some();
        while self.reach(wanted) {
            let text = self.text(self.at).unwrap_or_default();
            if let Some((frame, closes)) = text::frame(text) {
                if let Some(block) = part.blocks.last_mut() {
                    block.push(frame);
                }
                if closes {
                    self.at += 1;
                    return;
                }
            } else {
                match text::seam(text) {
                    Some(Seam::Inner) => part.blocks.push(Vec::new()),
                    Some(Seam::Previous) => {}
                    None => {
                        let Some(real) = self.frame_after_decoys(&part.blocks) else { return };
                        part.blocks = vec![Vec::new()];
                        self.heads(real, &mut part.links);
                        continue;
                    }
                }
            }
            self.at += 1;
        }
    }

    /// The real first frame, if the few frames so far turn out to have been text of the message.
    fn frame_after_decoys(&self, blocks: &[Vec<Frame>]) -> Option<usize> {
        let few = blocks.len() == 1 && blocks[0].len() <= DECOYS;
        if self.every_line_starts || !few || text::inner(self.text(self.at)?).is_some() {
            return None;
        }
        for at in self.at..self.at + DECOY_LINES {
            let text = self.text(at)?;
            if text::frame(text).is_some() {
                return Some(at);
            }
            if self.boundary(at) || text::header(text).is_some() || text::inner(text).is_some() {
                return None;
            }
        }
        None
    }

    /// Whether the current line can be read on; passes over a few log lines of others if what is `wanted` goes on behind them.
    fn reach(&mut self, wanted: impl Fn(&str) -> bool) -> bool {
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

    /// Gives each class line its block of frames: the first block belongs to the last class line.
    fn deal(&mut self, part: Part) -> Vec<Exception> {
        let Part { mut links, blocks } = part;
        if blocks.iter().any(|block| !block.is_empty()) && blocks.len() < links.len() {
            self.complete = false;
        }
        for (back, block) in blocks.into_iter().enumerate() {
            let at = (links.len() - 1).saturating_sub(back);
            links[at].frames.extend(block);
        }
        links
    }
}

/// The links of a class line: itself, and on older runtimes those behind arrows on the same line.
fn headers(head: Header<'_>, relation: Relation, links: &mut Vec<Exception>) {
    let mut relation = relation;
    let mut next = Some(head);
    while let Some(head) = next.take().filter(|_| links.len() < MOST_LINKS) {
        let (message, inside) = split_arrow(head.message);
        let mut link = Exception::new(head.kind, message.trimmed_end(), relation);
        if let Some(code) = head.code {
            link.properties.push(("code".to_owned(), code.to_owned()));
        }
        links.push(link);
        relation = Relation::Cause;
        next = inside;
    }
}

/// A message and the class behind the first arrow in it that one follows; a message may hold arrows of its own.
fn split_arrow(message: &str) -> (&str, Option<Header<'_>>) {
    for (at, _) in message.match_indices(ARROW) {
        let parted = at == 0 || message[..at].ends_with(' ');
        if let Some(head) = text::class_at(&message[at + ARROW.len()..]).filter(|_| parted) {
            return (&message[..at], Some(head));
        }
    }
    (message, None)
}

/// Whether a member has been printed as the inner exception already, as older runtimes do. Its frames are then printed twice.
fn repeat(links: &mut [Exception], member: &[Exception]) -> bool {
    let same = |a: &Exception, b: &Exception| a.kind == b.kind && a.message == b.message;
    let Some(known) = links.get_mut(1..=member.len()) else { return false };
    if !known.iter().zip(member).all(|(a, b)| same(a, b)) {
        return false;
    }
    for (known, again) in known.iter_mut().zip(member) {
        known.frames.extend(again.frames.iter().cloned());
    }
    true
}
