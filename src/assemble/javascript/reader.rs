//! One error from its class line to its last line: message, frames, properties, and the errors nested in it.
//!
//! `util.inspect` indents what is nested by two columns a level, so the indentation says where a block ends; quoted strings may hold any
//! bracket. The reader only moves forward, looks ahead a bounded number of lines, and must never loop or recurse by the input's size.

use std::cell::RefCell;

use crate::assemble::remembered::{self, Remembered};
use crate::model::{Bytewise, Exception, Frame, Line, Relation, Severity};

use super::node::{Head, Node, deepest};
use super::text::{self, Tail};
use super::values::{Properties, join, key_value};

/// How far frames may stand below their class line: long messages are normal.
pub(super) const MESSAGE_LINES: usize = 64;
/// Longest message of an error without frames, in lines.
const BOXED_LINES: usize = 16;
/// How many lines of a message may stand between something that looks like a frame and the real frames.
const DECOY_LINES: usize = 8;
/// How many lines of a message may look like frames.
const DECOYS: usize = 3;
/// How many lines of others may stand inside an error.
const FOREIGN_LINES: usize = 3;
/// Deepest nesting followed.
const DEEPEST: usize = 24;
/// Longest chain of `caused by:` followed.
const MOST_CAUSES: usize = 32;

/// Where a property stands.
struct Place {
    /// Names of the objects around it, joined by dots.
    prefix: String,
    /// Errors and objects around it.
    depth: usize,
    /// It is an item of an array: what looks like a name is a class.
    list: bool,
}

impl Place {
    fn of_error(depth: usize) -> Self {
        Self { prefix: String::new(), depth, list: false }
    }
}

/// How the first part of an error ended.
enum End {
    Closed,
    Open,
    Inline(String),
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
    /// Where Node says that it ends: frames before it that are not the last ones were text of the message.
    pub(super) end: Option<usize>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(lines: &'a [Line], at: usize, every_line_starts: bool) -> Self {
        Self { lines, at, skipped: Vec::new(), complete: true, every_line_starts, end: None }
    }

    fn text(&self, at: usize) -> Option<&'a str> {
        self.lines.get(at).map(|line| line.text.as_str())
    }

    fn boundary(&self, at: usize) -> bool {
        self.lines.get(at).is_none_or(|line| line.starts && !self.every_line_starts)
    }

    /// Reads the error whose class line is the current line and everything chained to it.
    pub(super) fn error(&mut self, head: Head, base: usize, relation: Relation) -> Node {
        let mut node = self.element(head, base, relation, 0);
        for _ in 0..MOST_CAUSES {
            let Some(text) = self.text(self.at).filter(|_| !self.boundary(self.at)) else { break };
            let body = text.trimmed_start();
            let Some(rest) = body.strip_prefix("caused by: ").or_else(|| body.strip_prefix("Caused by: ")) else {
                break;
            };
            let head = self.head(rest, true).unwrap_or_else(|| Head::message(rest));
            let base = text::indent(text);
            if body.starts_with('C') && self.first_frame(self.at + 1, base).is_none() {
                break;
            }
            let cause = self.element(head, base, Relation::Cause, 1);
            deepest(&mut node).children.push(cause);
        }
        node
    }

    /// Reads frames that have no class line, from the current line on.
    pub(super) fn headless(&mut self) -> Node {
        let mut node = Head::default().into_node();
        let mut properties = Properties::default();
        if let End::Open = self.stack(&mut node, 0, 0) {
            self.block(0, &Place::of_error(0), &mut node, &mut properties);
        }
        node.exception.properties = properties.into_list();
        node
    }

    /// The class line in `value`, a printed value or the rest of a line. `weak` takes names that do not say "Error" if a frame follows.
    fn head(&self, value: &str, weak: bool) -> Option<Head> {
        if let Some(found) = text::class_at(value, false) {
            return Some(found.into());
        }
        let followed = weak && self.text(self.at + 1).is_some_and(|text| text::frame(text).is_some());
        text::class_at(value, followed).map(Head::from)
    }

    /// The first frame of an error whose text is indented by `base`, close enough to belong to it.
    pub(super) fn first_frame(&self, from: usize, base: usize) -> Option<usize> {
        for at in from..self.lines.len().min(from + MESSAGE_LINES) {
            let text = self.text(at)?;
            if self.boundary(at) || text.starts_with("Node.js v") {
                return None;
            }
            if !text.is_blank() && text::indent(text) < base {
                return None;
            }
            if text::frame(text).is_some() {
                return Some(at);
            }
        }
        None
    }

    fn element(&mut self, head: Head, base: usize, relation: Relation, depth: usize) -> Node {
        let mut properties = Properties::default();
        let mut node = Node { exception: Exception::new(head.kind, head.message, relation), children: Vec::new() };
        self.at += 1;
        let end = if head.boxed { self.boxed(&mut node.exception.message) } else { self.stack(&mut node, base, depth) };
        match end {
            End::Open => self.block(base, &Place::of_error(depth), &mut node, &mut properties),
            End::Inline(text) => properties.add("", &text),
            End::Closed if head.braced => self.braced(base, depth, &mut node, &mut properties),
            End::Closed => {}
        }
        if let Some(code) = head.code {
            properties.add("code", &code);
        }
        node.exception.properties = properties.into_list();
        node
    }

    /// The rest of `[Error: message]`, `[Error: message] {` or `[Error: message] { code: 'X' }`; the message may have several lines.
    fn boxed(&mut self, message: &mut String) -> End {
        let first = std::mem::take(message);
        let mut text = first.clone();
        for taken in 0..BOXED_LINES {
            if let Some((inside, end)) = unbox(&text) {
                *message = inside.to_owned();
                self.at += taken;
                return end;
            }
            if self.boundary(self.at + taken) {
                break;
            }
            text.push('\n');
            text.push_str(self.text(self.at + taken).unwrap_or_default());
        }
        *message = first;
        End::Closed
    }

    /// Message lines, then frames. Lines of the message that look like frames are found out by the frames that follow them.
    fn stack(&mut self, node: &mut Node, base: usize, depth: usize) -> End {
        let first_line = self.at;
        let Some(mut top) = self.first_frame(self.at, base) else { return End::Closed };
        self.at = top;
        let frames = &mut node.exception.frames;
        let end = loop {
            if !self.reach(|text| text::frame(text).is_some()) {
                break End::Closed;
            }
            let text = self.text(self.at).unwrap_or_default();
            match self.lines.get(self.at).and_then(frame) {
                Some((frame, tail)) => {
                    frames.push(frame);
                    self.at += 1;
                    match tail {
                        Tail::Open => break End::Open,
                        Tail::Comma => break End::Closed,
                        Tail::End => {}
                    }
                }
                None if text::between_frames(text) => self.at += 1,
                None => match self.frame_after_decoys(depth, frames.len()) {
                    Some(real) => {
                        frames.clear();
                        top = real;
                        self.at = real;
                    }
                    None => break End::Closed,
                },
            }
        };
        for at in first_line..top {
            node.exception.message.push('\n');
            node.exception.message.push_str(text::dedent(self.text(at).unwrap_or_default(), base));
        }
        end
    }

    /// The real first frame, if the few frames so far turn out to have been text of the message.
    fn frame_after_decoys(&self, depth: usize, frames: usize) -> Option<usize> {
        if depth > 0 || self.every_line_starts || frames > DECOYS {
            return None;
        }
        for at in self.at..self.at + DECOY_LINES {
            let text = self.text(at)?;
            // Before Node's last line everything belongs to the one error it dies of.
            let certain = self.end.is_some_and(|end| at < end);
            if text::frame(text).is_some() {
                let above = self.text(at - 1)?.trimmed_start();
                return (certain || text::class_at(above, true).is_none()).then_some(at);
            }
            let other =
                text::header(text).is_some() || text::locator(text) || text.trimmed_start().starts_with(['}', ']']);
            if self.boundary(at)
                || text.starts_with("Node.js v")
                || text.starts_with("caused by: ")
                || (other && !certain)
            {
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
            if fails || line.text.trimmed_end().ends_with(['{', '[', ',', ':']) || text::header(&line.text).is_some() {
                return false;
            }
        }
        false
    }

    /// The lines of `{ … }` or `[ … ]` opened at the end of the line before, up to the closing one.
    fn block(&mut self, base: usize, place: &Place, node: &mut Node, properties: &mut Properties) {
        let mut index = 0usize;
        let closes = |text: &str| text.trimmed_start().starts_with(['}', ']']);
        // A paste may have lost the indentation; the bracket is still open.
        let flat = base == 0
            && self.text(self.at).filter(|_| !self.boundary(self.at)).is_some_and(|text| {
                text::indent(text) == 0 && (key_value(text.trimmed()).is_some() || self.head(text, false).is_some())
            });
        let inside = |text: &str| text::indent(text) > base || (flat && !closes(text));
        loop {
            let belongs = |text: &str| inside(text) || closes(text);
            if !self.reach(belongs) {
                self.complete = false;
                return;
            }
            let text = self.text(self.at).unwrap_or_default();
            let body = text.trimmed();
            if body.is_empty() {
                self.at += 1;
            } else if inside(text) {
                self.entry(place, &mut index, node, properties);
            } else {
                if closes(body) {
                    self.at += 1;
                } else {
                    self.complete = false;
                }
                return;
            }
        }
    }

    /// One property or array item, with everything below it.
    fn entry(&mut self, place: &Place, index: &mut usize, node: &mut Node, properties: &mut Properties) {
        let text = self.text(self.at).unwrap_or_default();
        let (base, body, depth) = (text::indent(text), text.trimmed(), place.depth);
        if let Some(head) = self.head(body, true).filter(|_| place.list) {
            return self.child(head, base, Relation::Member, depth, node);
        }
        let number;
        let (key, value) = match key_value(body).filter(|_| !place.list) {
            Some(pair) => pair,
            None => {
                number = index.to_string();
                *index += 1;
                (number.as_str(), body)
            }
        };
        let bare = key.trim_matches(['[', ']']);
        if matches!(bare, "cause" | "errors") && value.starts_with('[') && value.trim_end_matches(',').ends_with(']') {
            // `[cause]: [AxiosError]`, `[errors]: [Array]`: deeper than inspection goes.
            self.complete &= value.contains([' ', ':']);
        }
        if let Some(head) = self.head(value, bare == "cause") {
            return self.child(head, base, Relation::Cause, depth, node);
        }
        let name = join(&place.prefix, if matches!(bare, "cause" | "errors") { bare } else { key });
        self.at += 1;
        if value.ends_with(['{', '[']) {
            if depth < DEEPEST {
                let place = Place { prefix: name, depth: depth + 1, list: value.ends_with('[') };
                self.block(base, &place, node, properties);
            } else {
                self.pass_block(base);
            }
        } else {
            self.scalar(&name, value, base, properties);
        }
    }

    fn child(&mut self, head: Head, base: usize, relation: Relation, depth: usize, node: &mut Node) {
        if depth >= DEEPEST {
            self.at += 1;
            return;
        }
        let child = self.element(head, base, relation, depth + 1);
        // Sequelize prints one error as `parent` and as `original`.
        let twin = |known: &Node| {
            known.exception.kind == child.exception.kind && known.exception.message == child.exception.message
        };
        if relation == Relation::Member || !node.children.iter().any(twin) {
            node.children.push(child);
        }
    }

    /// A scalar, whose string may go on over lines joined by `+`.
    fn scalar(&mut self, name: &str, value: &str, base: usize, properties: &mut Properties) {
        let goes_on = |value: &str| value.is_empty() || value.ends_with("' +") || value.ends_with("\" +");
        if !goes_on(value) {
            return properties.add(name, value);
        }
        let mut whole = String::new();
        let mut part = value;
        loop {
            let piece = super::values::scalar(part.strip_suffix(" +").unwrap_or(part)).unwrap_or_default();
            whole.push_str(&piece);
            let next = self.text(self.at).filter(|text| text::indent(text) > base && !self.boundary(self.at));
            let Some(next) = next.filter(|_| goes_on(part)) else { break };
            self.at += 1;
            part = next.trimmed();
        }
        properties.add_plain(name, whole);
    }

    fn pass_block(&mut self, base: usize) {
        while let Some(text) = self.text(self.at).filter(|_| !self.boundary(self.at)) {
            self.at += 1;
            if !text.is_blank() && text::indent(text) <= base {
                return;
            }
        }
    }

    /// The properties of Node before 12: `{ Error: …`, frames, `  code: 'X' }`.
    fn braced(&mut self, base: usize, depth: usize, node: &mut Node, properties: &mut Properties) {
        let mut index = 0;
        while let Some(text) = self.text(self.at).filter(|_| !self.boundary(self.at)) {
            let body = text.trimmed();
            if text::indent(text) <= base {
                let closes = body == "}";
                self.at += usize::from(closes);
                self.complete &= closes;
                return;
            }
            match body.strip_suffix(" }").filter(|body| !body.has(b'{')) {
                Some(last) => {
                    if let Some((key, value)) = key_value(last) {
                        properties.add(key, value);
                    }
                    self.at += 1;
                    return;
                }
                None => self.entry(&Place::of_error(depth), &mut index, node, properties),
            }
        }
        self.complete = false;
    }

    /// Closing lines of blocks whose beginning was cut off, or of a `Promise {` around the error.
    pub(super) fn closers(&mut self, base: usize) {
        let mut limit = base;
        while let Some(text) = self.text(self.at).filter(|_| !self.boundary(self.at)) {
            let indent = text::indent(text);
            if indent >= limit || !["}", "},", "]", "],"].contains(&text.trimmed()) {
                return;
            }
            limit = indent;
            self.at += 1;
        }
    }

    /// `Node.js v20.20.2` after a blank line, the last word of a process that dies of the error.
    pub(super) fn farewell(&mut self) {
        let mut at = self.at;
        while at < self.at + 2 && self.text(at).is_some_and(Bytewise::is_blank) && !self.boundary(at) {
            at += 1;
        }
        if self.text(at).is_some_and(|text| text.starts_with("Node.js v")) {
            self.at = at + 1;
        }
    }
}

/// The end of `message]`, `message] {` or `message] { code: 'X' }`.
fn unbox(text: &str) -> Option<(&str, End)> {
    let text = text.trimmed_end();
    let text = text.strip_suffix(',').unwrap_or(text);
    if let Some(inside) = text.strip_suffix("] {") {
        return Some((inside, End::Open));
    }
    if let Some(inside) = text.strip_suffix(']') {
        return Some((inside, End::Closed));
    }
    let (inside, properties) = text.halves_at("] { ")?;
    properties.ends_with('}').then(|| (inside, End::Inline(format!("{{ {properties}"))))
}

/// The frame that a line is.
fn frame(line: &Line) -> Option<(Frame, Tail)> {
    thread_local!(static FRAMES: RefCell<Remembered<Option<(Frame, Tail)>>> = RefCell::new(Remembered::new()));
    FRAMES.with(|frames| remembered::read(frames, &line.text, text::frame))
}

/// Frames alone, as left by a cut-off beginning.
pub(super) fn frames_from(lines: &[Line], from: usize) -> Vec<Frame> {
    lines[from..].iter().map_while(|line| text::frame(&line.text)).map(|(frame, _)| frame).collect()
}
