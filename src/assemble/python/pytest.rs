//! Failures as pytest prints them: source with `>` and `E` in the margin, `PATH:LINE: TYPE` below.
//!
//! There is no header but the rule with the test's name. Only marked lines are read; source and captured output never are.

use super::chain::Block;
use super::text;
use super::trace::Reader;
use crate::model::{Bytewise, Frame};

/// Lines of one failure.
const MAX_LINES: usize = 5_000;

/// Whether the line is `____ test_name ____`.
pub(super) fn is_head(text: &str) -> bool {
    named_rule(text, '_')
}

/// Whether the line is `==== FAILURES ====` or `==== ERRORS ====`.
pub(super) fn is_section(text: &str) -> bool {
    named_rule(text, '=') && matches!(text.trim_matches('=').trimmed(), "FAILURES" | "ERRORS")
}

/// A rule with a name in it. Four characters at least, so that the gate can look for them.
fn named_rule(text: &str, rule: char) -> bool {
    let bare = text.trimmed_end().trim_matches(rule);
    let width = text.chars().take_while(|&c| c == rule).count();
    width >= 4 && bare.starts_with(' ') && bare.trimmed_end().len() > 1 && !bare.has_words(" _ _")
}

/// Reads the failure whose rule stands at `at`: the blocks, root first, and where it ends.
pub(super) fn read(reader: &mut Reader<'_, '_>, at: usize) -> (Vec<Block>, usize) {
    let mut failure = Failure::default();
    let mut end = at + 1;
    let mut next = at + 1;
    while let Some(view) = reader.view(next).filter(|_| next - at < MAX_LINES) {
        if is_head(view.text()) || named_rule(view.text(), '=') || named_rule(view.text(), '-') {
            break;
        }
        next += 1;
        if failure.line(view.text()) {
            end = next;
        }
    }
    failure.close(None);
    let blocks = failure.blocks;
    if blocks.is_empty() {
        return (blocks, next);
    }
    (at..end).for_each(|line| reader.take(line));
    (blocks, end)
}

/// A failure while it is read.
#[derive(Default)]
struct Failure {
    blocks: Vec<Block>,
    frames: Vec<Frame>,
    message: Vec<String>,
    function: String,
}

impl Failure {
    /// Reads a line and says whether it belongs to the exception.
    fn line(&mut self, text: &str) -> bool {
        if let Some(said) = margin(text) {
            self.message.push(said.to_owned());
            return true;
        }
        if let Some(relation) = text::connector(text) {
            self.close(None);
            if let Some(last) = self.blocks.last_mut() {
                last.relation = Some(relation);
            }
            return true;
        }
        if let Some(rest) = text.trim_start_matches(['>', ' ']).trimmed_start().strip_prefix("def ") {
            self.function = rest.before(b'(').to_owned();
            return false;
        }
        let Some((frame, kind)) = locator(text, &self.function) else {
            return false;
        };
        self.frames.push(frame);
        if let Some(kind) = kind {
            self.close(Some(kind));
        }
        true
    }

    /// Ends the exception read so far, if there is one.
    fn close(&mut self, kind: Option<&str>) {
        if self.message.is_empty() {
            return;
        }
        let mut lines = std::mem::take(&mut self.message).into_iter();
        let first = lines.next().unwrap_or_default();
        let (class, start) = match (text::strict_class(first.trimmed()), kind) {
            (Some((class, start)), Some(kind)) if class.ends_with(kind) => (class, start),
            (Some((class, start)), None) => (class, start),
            (_, kind) => (kind.unwrap_or("AssertionError"), first.trimmed()),
        };
        let mut message = start.to_owned();
        for line in lines {
            message.push('\n');
            message.push_str(line.trimmed());
        }
        self.blocks.push(Block {
            kind: class.to_owned(),
            message,
            frames: std::mem::take(&mut self.frames),
            ..Block::default()
        });
    }
}

/// Text of a line with `E` in the margin.
fn margin(text: &str) -> Option<&str> {
    let rest = text.strip_prefix('E')?;
    (rest.starts_with("   ") || rest.trimmed().is_empty()).then_some(rest)
}

/// `PATH:LINE: `, `PATH:LINE: TYPE` or `PATH:LINE: in FUNC`.
fn locator<'a>(text: &'a str, function: &str) -> Option<(Frame, Option<&'a str>)> {
    if text.starts_with(char::is_whitespace) {
        return None;
    }
    let (place, tail) = match text.rsplit_once(": ") {
        Some((place, tail)) => (place, tail.trimmed()),
        None => (text.strip_suffix(':')?, ""),
    };
    let (path, line) = place.last_halves(b':')?;
    let line = line.parse().ok()?;
    let frame = |function: &str| Frame { function: function.to_owned(), path: path.to_owned(), line: Some(line) };
    if let Some(function) = tail.strip_prefix("in ") {
        return Some((frame(function), None));
    }
    if tail.is_empty() {
        return Some((frame(function), None));
    }
    text::class_line(tail).filter(|(kind, _)| *kind == tail).map(|(kind, _)| (frame(function), Some(kind)))
}
