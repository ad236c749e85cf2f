//! Python's error output: tracebacks and their chains, exception groups, and how loggers, rich, IPython, pytest and the
//! interpreter itself print them.
//!
//! This file finds where an exception begins and what stands above it; the modules below read one form each. The scan goes over the
//! lines once and every look back is bounded. A call stack without an exception (`Stack (most recent call last):`, a thread dump) must
//! never become one.

mod chain;
mod group;
mod ipython;
mod message;
mod pytest;
mod rich;
mod single;
#[cfg(test)]
mod tests;
mod text;
mod trace;

use self::chain::Block;
use self::text::View;
use self::trace::Reader;
use super::{Found, Grammar, Openings};
use crate::model::{Bytewise, Language, Line};

/// Lines above a header that announce it (`Task exception was never retrieved`, `future: <Task …>`).
const MAX_LEADS: usize = 3;
/// Lines back from a header or connector to the class line that belongs to it.
const MAX_BACK: usize = 8;

/// The grammar of Python.
pub struct Python;

impl Grammar for Python {
    fn language(&self) -> Language {
        Language::Python
    }

    fn search(&self, lines: &[Line], openings: &Openings<'_>) -> Vec<Found> {
        let views = text::views(lines);
        let scan = Scan { views: &views, has_starts: views.iter().any(|view| view.starts) };
        let mut found = Vec::new();
        let mut at = 0;
        let mut floor = 0;
        while let Some(next) = openings.next(at) {
            at = next;
            match scan.step(at, floor) {
                Step::Found(event, end) => {
                    found.push(event);
                    at = end.max(at + 1);
                    floor = at;
                }
                Step::Skip(end) => at = end.max(at + 1),
            }
        }
        found
    }

    fn openings(&self) -> &'static [&'static str] {
        &[
            "(most recent call last)",
            "Call stack:",
            "File \"",
            "above exception",
            "Fatal Python error",
            "Windows fatal exception",
            "RemoteTraceback:",
            " as it raised ",
            " raised unexpected: ",
            " raised exception: ",
            " raised expected: ",
            "____",
        ]
    }

    fn literals(&self) -> &'static [&'static str] {
        &[
            // Without the word before it: rich changes the colour between the two.
            "(most recent call last)",
            "File \"",
            "The above exception was the direct cause of the following exception:",
            "During handling of the above exception, another exception occurred:",
            "Fatal Python error: ",
            "Windows fatal exception: ",
            " as it raised ",
            " raised unexpected: ",
            " raised exception: ",
            " raised expected: ",
            "____ ",
        ]
    }
}

/// What stands at a line, and where to go on.
enum Step {
    Found(Found, usize),
    Skip(usize),
}

/// The search for the beginnings of exceptions.
struct Scan<'v, 'a> {
    views: &'v [View<'a>],
    has_starts: bool,
}

impl<'v, 'a> Scan<'v, 'a> {
    /// Looks for an exception at line `at`; lines before `floor` belong to the one before.
    fn step(&self, at: usize, floor: usize) -> Step {
        let text = self.views[at].text();
        let head = text::head(text).or_else(|| text::group_head(text));
        if head.is_some() || rich::is_head(text) || ipython::is_head(text) {
            return self.headed(at, floor, head.unwrap_or_default());
        }
        if text::is_frame(text) {
            return self.headless(at);
        }
        if text::connector(text).is_some() {
            return self.linked(at, floor);
        }
        if text::is_stack_head(text) {
            let end = (at + 1..self.views.len()).find(|&line| text::indent(self.views[line].text()) == 0);
            return Step::Skip(end.unwrap_or(self.views.len()));
        }
        if pytest::is_head(text) {
            return self.pytest(at, floor);
        }
        if single::fatal_head(text).is_some() {
            return self.fatal(at);
        }
        if text::is_remote_head(text) {
            return self.headed(at, floor, "");
        }
        self.mention(at)
    }

    fn reader(&self) -> Reader<'v, 'a> {
        Reader::new(self.views, self.has_starts, 0)
    }

    /// An exception with a header line.
    fn headed(&self, at: usize, floor: usize, head: &str) -> Step {
        let mut reader = self.reader();
        let start = self.lead_start(at, floor);
        reader.taken.take_all(&self.views[start..at]);
        let (mut blocks, end) = reader.chain(at);
        if blocks.is_empty() {
            return Step::Skip(reader.reached);
        }
        let mut leads: Vec<&str> = self.views[start..at].iter().map(|view| view.text().trimmed()).collect();
        leads.retain(|lead| !lead.is_empty() && !ipython::is_rule(lead));
        if !head.trimmed().is_empty() {
            leads.push(head.trimmed());
        }
        let lead = leads.join("\n");
        if let [only] = blocks.as_mut_slice()
            && only.open
            && let Some(class_at) = self.class_above(start, floor, only)
        {
            let mut taken = text::Taken::default();
            taken.take_all(&self.views[class_at..start]);
            for range in reader.taken.into_ranges() {
                range.for_each(|line| taken.take(line));
            }
            reader.taken = taken;
        }
        finish(reader, blocks, lead, end, at)
    }

    /// First of the lines above `at` that announce the exception there.
    fn lead_start(&self, at: usize, floor: usize) -> usize {
        let mut start = at;
        while start > floor && at - start < MAX_LEADS && !self.views[start].starts {
            let above = self.views[start - 1].text();
            let rule = ipython::is_rule(above) && ipython::is_head(self.views[at].text());
            if !rule && !text::is_lead(above) {
                break;
            }
            start -= 1;
        }
        start
    }

    /// Finds class and message above a header whose frames no class line follows, as AWS Lambda prints them.
    fn class_above(&self, below: usize, floor: usize, block: &mut Block) -> Option<usize> {
        if below == 0 || self.views[below].starts {
            return None;
        }
        let lowest = floor.max(below.saturating_sub(MAX_BACK));
        let start = (lowest..below).rev().find(|&line| self.views[line].starts || line == 0)?;
        let above = self.views[start].text();
        let Some((kind, first)) = text::strict_class(above) else {
            // The tail is cut off, but the record names the class; it stays the record's own text.
            if let Some(mention) = single::mention(above) {
                block.kind = mention.kind.to_owned();
                block.message = mention.message.to_owned();
            }
            return None;
        };
        let rest = self.views[start + 1..below].iter().map(|view| view.text().trimmed_end());
        block.kind = kind.to_owned();
        block.message = std::iter::once(first.trimmed_end()).chain(rest).collect::<Vec<_>>().join("\n");
        block.open = false;
        Some(start)
    }

    /// Frames without a header: the head is cut off, or a syntax error in the program itself. Only a class line below makes them an exception.
    fn headless(&self, at: usize) -> Step {
        let mut reader = self.reader();
        let (blocks, end) = reader.chain(at);
        let Some(first) = blocks.first().filter(|first| !first.open) else {
            return Step::Skip(end.max(reader.reached));
        };
        let syntax = first.frames.is_empty() && !first.properties.is_empty();
        reader.complete &= syntax;
        finish(reader, blocks, String::new(), end, at)
    }

    /// A connector that no exception led to: what it ties was printed without frames, or is cut off.
    fn linked(&self, at: usize, floor: usize) -> Step {
        let lowest = floor.max(at.saturating_sub(MAX_BACK));
        let class = (lowest..at).rev().find(|&line| text::strict_class(self.views[line].text()).is_some());
        let mut reader = self.reader();
        if let Some(class) = class {
            let (blocks, end) = reader.chain(class);
            if end > at && blocks.len() > 1 {
                reader.complete &= class > 0;
                return finish(reader, blocks, String::new(), end, at);
            }
            reader = self.reader();
        }
        let Some((_, next)) = reader.link(at) else {
            return Step::Skip(at + 1);
        };
        let (blocks, end) = reader.chain(next);
        reader.complete = false;
        finish(reader, blocks, String::new(), end, at)
    }

    fn pytest(&self, at: usize, floor: usize) -> Step {
        let mut reader = self.reader();
        if at > floor && pytest::is_section(self.views[at - 1].text()) {
            reader.take(at - 1);
        }
        let (blocks, end) = pytest::read(&mut reader, at);
        if blocks.is_empty() {
            // Other forms may stand inside, such as captured output.
            return Step::Skip(at + 1);
        }
        finish(reader, blocks, String::new(), end, at)
    }

    fn fatal(&self, at: usize) -> Step {
        let mut reader = self.reader();
        match single::read_fatal(&mut reader, at) {
            Some((block, end)) => finish(reader, vec![block], String::new(), end, at),
            None => Step::Skip(at + 1),
        }
    }

    /// A class on a line of its own text; not if the traceback itself follows.
    fn mention(&self, at: usize) -> Step {
        let followed = self.views.get(at + 1).is_some_and(|next| !next.starts && text::head(next.text()).is_some());
        let Some(mention) = single::mention(self.views[at].text()).filter(|_| !followed) else {
            return Step::Skip(at + 1);
        };
        let mut reader = self.reader();
        reader.take(at);
        let block = Block { kind: mention.kind.to_owned(), message: mention.message.to_owned(), ..Block::default() };
        finish(reader, vec![block], mention.lead.trimmed().to_owned(), at + 1, at)
    }
}

/// Makes the result of a reader's walk that began at `at`.
fn finish(reader: Reader<'_, '_>, blocks: Vec<Block>, lead: String, end: usize, at: usize) -> Step {
    let complete = reader.complete && blocks.iter().all(|block| !block.open);
    match chain::flatten(blocks, complete) {
        Some(chain) => Step::Found(Found { lines: reader.taken.into_ranges(), lead, chain }, end),
        None => Step::Skip(at + 1),
    }
}
