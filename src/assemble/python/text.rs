//! What a single line of Python's output can be: header, frame, class line, connector.
//!
//! Every test looks at one line alone and accepts any leading white space, NBSP included, because pasted and wrapped text loses
//! its indentation. Nothing here decides what belongs together.

use std::ops::Range;

use crate::model::{Bytewise, Line, LineText, Relation};

/// The header of a traceback, in every version of Python.
const HEAD: &str = "Traceback (most recent call last):";
/// The header of an exception group's traceback.
const GROUP_HEAD: &str = "Exception Group Traceback (most recent call last):";

/// A line as a parser sees it: the margin of a group or the quotes around it are off.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    /// Index of the line in the segment.
    pub(super) index: usize,
    said: Said<'a>,
    /// Begins a record, or follows a structured record that is complete in itself.
    pub(super) starts: bool,
}

/// Whose text it is.
#[derive(Clone, Copy)]
enum Said<'a> {
    /// The line's, which may not have been read yet.
    Line(&'a LineText),
    Part(&'a str),
}

impl<'a> View<'a> {
    pub(super) fn text(&self) -> &'a str {
        match self.said {
            Said::Line(text) => text,
            Said::Part(text) => text,
        }
    }

    /// The same line with a part of its text, or with what that stands for.
    pub(super) fn with(self, text: &'a str) -> Self {
        Self { said: Said::Part(text), ..self }
    }

    pub(super) fn is_blank(&self) -> bool {
        self.text().is_blank()
    }
}

/// The lines of a segment as views.
pub(super) fn views(lines: &[Line]) -> Vec<View<'_>> {
    let mut views: Vec<View<'_>> = Vec::with_capacity(lines.len());
    for (index, line) in lines.iter().enumerate() {
        let after_structured = index > 1
            && lines[index - 1].at == lines[index - 2].at
            && !lines[index - 1].starts
            && line.at != lines[index - 1].at;
        views.push(View { index, said: Said::Line(&line.text), starts: line.starts || after_structured });
    }
    views
}

/// Line indexes taken so far, as ranges.
#[derive(Default)]
pub(super) struct Taken(Vec<Range<usize>>);

impl Taken {
    /// Takes a line; lines arrive in order, one that was already passed is ignored.
    pub(super) fn take(&mut self, index: usize) {
        match self.0.last_mut() {
            Some(last) if index < last.end => {}
            Some(last) if index == last.end => last.end += 1,
            _ => self.0.push(index..index + 1),
        }
    }

    pub(super) fn take_all(&mut self, views: &[View<'_>]) {
        views.iter().for_each(|view| self.take(view.index));
    }

    pub(super) fn into_ranges(self) -> Vec<Range<usize>> {
        self.0
    }
}

/// Columns of white space before the text; a paste may hold tabs where blanks were.
pub(super) fn indent(text: &str) -> usize {
    text.indent(8)
}

/// The log text before `Traceback (most recent call last):` on the same line, if the line ends with that.
pub(super) fn head(text: &str) -> Option<&str> {
    let lead = text.trimmed_end().strip_suffix(HEAD)?;
    match lead.trimmed_end().strip_suffix("Exception Group") {
        Some(rest) => rest.trimmed().is_empty().then_some(""),
        None => Some(lead),
    }
}

/// The log text before `+ Exception Group Traceback …`, if the line opens a group with a margin.
pub(super) fn group_head(text: &str) -> Option<&str> {
    text.trimmed_end().strip_suffix(GROUP_HEAD)?.trimmed_end().strip_suffix('+')
}

/// `File "PATH", line N`, with what follows it.
pub(super) struct FrameLine<'a> {
    /// Column of `File`.
    pub(super) indent: usize,
    pub(super) path: &'a str,
    pub(super) line: Option<u32>,
    pub(super) place: Place<'a>,
}

/// What stands behind the line number.
pub(super) enum Place<'a> {
    /// `, in FUNC`: a frame.
    Function(&'a str),
    /// ` in FUNC`: a frame of a crash dump, innermost first.
    Crash(&'a str),
    /// Nothing: the place of a syntax error, not a frame.
    Location,
}

/// Reads a frame line; loguru marks the catching frame by `> `.
pub(super) fn frame(text: &str) -> Option<FrameLine<'_>> {
    let body = text.trimmed_start();
    let body = body.strip_prefix('>').map_or(body, Bytewise::trimmed_start);
    let rest = body.strip_prefix("File \"")?;
    let (path, rest) = rest.halves_at("\", line ")?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return None;
    }
    let (number, rest) = rest.split_at(digits);
    let rest = rest.trimmed_end();
    let place = match (rest.strip_prefix(", in "), rest.strip_prefix(" in ")) {
        (Some(function), _) => Place::Function(function.trimmed()),
        (_, Some(function)) => Place::Crash(function.trimmed()),
        _ if rest.is_empty() => Place::Location,
        _ => return None,
    };
    let start = text.trimmed_start();
    let indent = indent(text) + start[..start.len() - body.len()].chars().count();
    Some(FrameLine { indent, path, line: number.parse().ok(), place })
}

/// Whether the line is a frame of a traceback or the place of a syntax error.
pub(super) fn is_frame(text: &str) -> bool {
    frame(text).is_some_and(|frame| !matches!(frame.place, Place::Crash(_)))
}

/// `[Previous line repeated N more times]`: stands for frames but is none.
pub(super) fn is_repeat(text: &str) -> bool {
    text.trimmed_start().starts_with("[Previous line repeated ")
}

/// Reads `TYPE` or `TYPE: MSG` where only a class line can stand.
pub(super) fn class_line(text: &str) -> Option<(&str, &str)> {
    let text = text.trimmed_start();
    let length = type_length(text)?;
    let (kind, rest) = text.split_at(length);
    if rest.trimmed().is_empty() {
        return Some((kind, ""));
    }
    let message = rest.strip_prefix(':')?;
    if message.is_empty() { Some((kind, "")) } else { message.strip_prefix(' ').map(|message| (kind, message)) }
}

/// Reads a class line where any text could stand: the name must look like an exception's.
pub(super) fn strict_class(text: &str) -> Option<(&str, &str)> {
    class_line(text).filter(|(kind, _)| looks_like_exception(kind))
}

/// Whether a name is one that exceptions have: an upper-case class that is qualified or has one of the usual endings.
pub(super) fn looks_like_exception(kind: &str) -> bool {
    const ENDINGS: &[&str] = &[
        "Error",
        "Exception",
        "Warning",
        "Interrupt",
        "Exit",
        "Timeout",
        "Group",
        "Failure",
        "Failed",
        "Refused",
        "NotFound",
        "Traceback",
        "Iteration",
        "Exceeded",
        "Denied",
        "Unauthorized",
        "Forbidden",
        "Abort",
        "Aborted",
        "Unavailable",
        "Disconnected",
        "DoesNotExist",
        "Invalid",
        "Expired",
        "Missing",
        "Conflict",
        "Canceled",
        "Cancelled",
    ];
    let base = kind.before(b'(');
    let last = base.behind_last(b'.');
    let class = last.trim_start_matches('_');
    class.starts_with(char::is_uppercase)
        && class.chars().any(char::is_lowercase)
        && (ENDINGS.iter().any(|ending| class.ends_with(ending)) || (base.has(b'.') && base != last))
}

/// Bytes of the qualified class name the text begins with: `a.b.f.<locals>.Inner`, `RayTaskError(ValueError)`.
fn type_length(text: &str) -> Option<usize> {
    let mut at = 0;
    loop {
        at += segment_length(&text[at..])?;
        let rest = &text[at..];
        if rest.starts_with('.') {
            at += 1;
        } else if let Some(inner) = rest.strip_prefix('(') {
            let close = inner.find(')')?;
            let valid = inner[..close].chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.');
            return (valid && close > 0).then_some(at + close + 2);
        } else {
            return Some(at);
        }
    }
}

fn segment_length(text: &str) -> Option<usize> {
    if text.starts_with("<locals>") {
        return Some("<locals>".len());
    }
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    (end > 0 && !text.starts_with(|c: char| c.is_numeric())).then_some(end)
}

/// Reads the line between two tracebacks of a chain.
pub(super) fn connector(text: &str) -> Option<Relation> {
    match text.trimmed() {
        "The above exception was the direct cause of the following exception:" => Some(Relation::Cause),
        "During handling of the above exception, another exception occurred:" => Some(Relation::Context),
        _ => None,
    }
}

/// The class line of a traceback that a worker process sent as text; it stands without a header.
pub(super) fn is_remote_head(text: &str) -> bool {
    text.trimmed_end().ends_with("RemoteTraceback:") && strict_class(text).is_some()
}

/// A call stack that belongs to a log call, not to an exception.
pub(super) fn is_stack_head(text: &str) -> bool {
    matches!(text.trimmed(), "Stack (most recent call last):" | "Call stack:")
}

/// A line that announces a traceback: it belongs to the exception below it, never to the message above it.
pub(super) fn is_lead(text: &str) -> bool {
    const LEADS: &[&str] = &[
        "Exception in thread ",
        "Exception ignored ",
        "Exception in callback ",
        "Exception in worker",
        "Task exception was never retrieved",
        "Future exception was never retrieved",
        "--- Logging error ---",
        "Error in sys.excepthook:",
        "Error in atexit._run_exitfuncs:",
        "Original exception was:",
        "Unhandled exception in ",
        "future: <",
        "handle: <",
        "task: <",
    ];
    let text = text.trimmed_start();
    LEADS.iter().any(|lead| text.starts_with(lead))
        || (text.starts_with("Process ") && text.trimmed_end().ends_with(':'))
}
