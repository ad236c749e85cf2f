//! Errors that `main` returned or a logger printed: `anyhow`, `eyre` and `color-eyre` with their causes, and plain `Debug` forms.
//!
//! Such errors have no class names. A list of causes is what marks them; a lone line counts only in the syntax of a derived `Debug`.

use super::Scan;
use super::backtrace::{self, numbered};
use crate::model::{Bytewise, Exception, Frame, Relation};

/// Lines of a message above `Caused by:`.
const MESSAGE_LINES: usize = 24;
/// Lines of one cause.
const CAUSE_LINES: usize = 200;

impl Scan<'_> {
    /// The errors of a report that is recognised at the current line: outermost first, with the lines covered and the log text before it.
    pub(super) fn report(&self, floor: usize) -> Option<(std::ops::Range<usize>, Vec<Exception>)> {
        let text = self.text(self.at).trimmed_end();
        if text == "Error:" {
            return self.listed();
        }
        if text.trimmed_start() == "Caused by:" {
            return self.caused(floor);
        }
        self.debug_form(text)
    }

    /// `color-eyre`: every error numbered, the outermost too.
    fn listed(&self) -> Option<(std::ops::Range<usize>, Vec<Exception>)> {
        let (messages, end) = self.causes(self.at + 1);
        let first_number = numbered(self.text(self.at + 1)).map(|(number, _)| number);
        if first_number != Some(0) {
            return None;
        }
        let mut links = chained(messages);
        let end = self.sections(end, links.last_mut()?);
        Some((self.at..end, links))
    }

    /// `anyhow` and `eyre`: the outermost message, a blank line, `Caused by:` and the rest.
    fn caused(&self, floor: usize) -> Option<(std::ops::Range<usize>, Vec<Exception>)> {
        let (causes, end) = self.causes(self.at + 1);
        let start = self.message_start(floor)?;
        if causes.is_empty() {
            return None;
        }
        let first = self.text(start);
        let first = ["Error: ", "error: "].iter().find_map(|word| first.strip_prefix(word)).unwrap_or(first);
        let rest = (start + 1..self.at).map(|line| self.text(line));
        let message = std::iter::once(first).chain(rest).collect::<Vec<_>>().join("\n").trimmed().to_owned();
        let mut links = chained(std::iter::once(message).chain(causes).collect());
        let end = self.sections(end, links.last_mut()?);
        Some((start..end, links))
    }

    /// Where the message above `Caused by:` begins: with the record or `Error: `, else the line directly above.
    fn message_start(&self, floor: usize) -> Option<usize> {
        if self.lines[self.at].starts {
            return None;
        }
        let lowest = floor.max(self.at.saturating_sub(MESSAGE_LINES));
        let near = (lowest..self.at).rev().find(|&line| !self.text(line).trimmed().is_empty())?;
        for line in (lowest..=near).rev() {
            let text = self.text(line);
            if self.lines[line].starts || text.starts_with("Error: ") || text.starts_with("error: ") {
                return Some(line);
            }
            if text.trimmed().is_empty() {
                break;
            }
        }
        Some(near)
    }

    /// The causes that begin at line `from`: numbered ones, or a single one without a number.
    fn causes(&self, from: usize) -> (Vec<String>, usize) {
        let depth = indent(self.text(from));
        let Some((first, _)) = numbered(self.text(from)).filter(|_| depth > 0) else {
            return self.single(from, depth);
        };
        let mut causes = Vec::new();
        let mut at = from;
        let mut wanted = first;
        while let Some((_, text)) = numbered(self.text(at)).filter(|(n, _)| *n == wanted && !self.stops(at)) {
            let end = self.continued(at + 1, depth + 2);
            causes.push(self.joined(text, at + 1, end));
            (at, wanted) = (end, wanted.saturating_add(1));
        }
        (causes, at)
    }

    fn single(&self, from: usize, depth: usize) -> (Vec<String>, usize) {
        if depth == 0 || self.stops(from) || self.text(from).trimmed().is_empty() {
            return (Vec::new(), from);
        }
        let end = self.continued(from + 1, depth);
        (vec![self.joined(self.text(from).trimmed_start(), from + 1, end)], end)
    }

    /// End of the lines from `from` on that are indented by `depth` or more, blank ones between them included.
    fn continued(&self, from: usize, depth: usize) -> usize {
        let mut end = from;
        for line in from..from + CAUSE_LINES {
            if self.stops(line) {
                break;
            }
            let blank = self.text(line).trimmed().is_empty();
            let other = numbered(self.text(line)).is_some() && indent(self.text(line)) <= depth + 1;
            if !blank && (other || indent(self.text(line)) < depth) {
                break;
            }
            if !blank {
                end = line + 1;
            }
        }
        end
    }

    /// A text with further lines, without the indentation they share.
    fn joined(&self, first: &str, from: usize, end: usize) -> String {
        let filled = (from..end).filter(|&line| !self.text(line).trimmed().is_empty());
        let shared = filled.map(|line| indent(self.text(line))).min().unwrap_or(0);
        let rest = (from..end).map(|line| self.text(line).get(shared..).unwrap_or_default().trimmed_end());
        std::iter::once(first.trimmed_end()).chain(rest).collect::<Vec<_>>().join("\n")
    }

    /// Takes what reports print behind the causes: the place, backtraces, advice. The backtrace is the root's.
    fn sections(&self, from: usize, root: &mut Exception) -> usize {
        let mut end = from;
        while let Some(head) = (end..end + 2).find(|&line| !self.text(line).trimmed().is_empty() && !self.stops(line)) {
            let text = self.text(head).trimmed();
            if text == "Location:" {
                if let Some(place) = self.lines.get(head + 1).filter(|line| indent(&line.text) > 0) {
                    root.properties.push(("location".to_owned(), place.text.trimmed().to_owned()));
                }
                end = self.continued(head + 1, 1);
            } else if text == "Stack backtrace:" || text.has_words("━ BACKTRACE ━") || text.has_words("━ SPANTRACE ━")
            {
                let (frames, after): (Vec<Frame>, usize) = backtrace::read(self.lines, head + 1);
                root.frames.extend(frames);
                end = after.max(head + 1);
            } else if text.starts_with("Run with ")
                || text.starts_with("Backtrace omitted.")
                || text.starts_with("Suggestion: ")
            {
                end = head + 1;
            } else {
                break;
            }
        }
        end
    }

    /// `Error: ` with a derived `Debug` form: `Io(Os { code: 111, … })`, `ParseIntError { kind: InvalidDigit }`.
    fn debug_form(&self, text: &str) -> Option<(std::ops::Range<usize>, Vec<Exception>)> {
        let form = text.strip_prefix("Error: ").filter(|form| is_debug(form))?;
        let mut links = vec![Exception::new("", form, Relation::Surface)];
        links.extend(os_error(form));
        Some((self.at..self.at + 1, links))
    }

    /// Whether a report cannot go on at this line.
    fn stops(&self, at: usize) -> bool {
        self.lines.get(at).is_none_or(|line| line.starts)
    }
}

fn indent(text: &str) -> usize {
    text.bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}

fn chained(messages: Vec<String>) -> Vec<Exception> {
    let relation = |at: usize| if at == 0 { Relation::Surface } else { Relation::Cause };
    messages.into_iter().enumerate().map(|(at, message)| Exception::new("", message, relation(at))).collect()
}

/// Whether a text has the syntax of a derived `Debug`: a type, then fields in braces, perhaps inside of variants.
fn is_debug(form: &str) -> bool {
    let end = form.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(form.len());
    let (name, rest) = form.split_at(end);
    let typed = name.starts_with(|c: char| c.is_ascii_uppercase()) || name.has_words("::");
    let shaped = (rest.starts_with(" { ") && form.ends_with('}')) || (rest.starts_with('(') && form.ends_with(')'));
    typed && shaped && form.has_words(" { ") && form.has_words(": ")
}

/// The operating system's error inside a `Debug` form, in the words of its `Display`.
fn os_error(form: &str) -> Option<Exception> {
    let (_, inside) = form.halves_at("Os { code: ")?;
    let (code, rest) = inside.halves_at(", kind: ")?;
    let (kind, rest) = rest.halves_at(", message: \"")?;
    let (message, _) = rest.halves_at("\" }")?;
    let mut exception = Exception::new("", format!("{message} (os error {code})"), Relation::Wrapped);
    exception.properties = vec![("code".to_owned(), code.to_owned()), ("kind".to_owned(), kind.to_owned())];
    Some(exception)
}
