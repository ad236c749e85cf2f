//! One line of PHP's error output: classes, places, frames, and the labels the engine puts before an error.
//!
//! Everything here looks at a single line and is blind to what stands around it.

use std::borrow::Cow;
use std::sync::LazyLock;

use crate::model::{AnyOf, Bytewise, Frame};

/// Labels of errors that end a script; warnings, notices and deprecations do not.
const LABELS: [&str; 4] = ["Recoverable fatal error: ", "Catchable fatal error: ", "Fatal error: ", "Parse error: "];

/// A class with the first line of its message.
pub(super) struct Title<'a> {
    pub(super) class: &'a str,
    pub(super) message: &'a str,
}

/// The engine's label, what stood before it, and the error behind it.
pub(super) struct Fatal<'a> {
    pub(super) lead: &'a str,
    pub(super) label: &'a str,
    pub(super) rest: &'a str,
}

/// Whether tags that PHP adds for browsers stand in a line.
pub(super) fn is_tagged(text: &str) -> bool {
    text.has_words("<b>") || text.has_words("<br />")
}

/// A line without the tags that PHP adds for browsers.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    if !is_tagged(text) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace("<br />", "").replace("<b>", "").replace("</b>", ""))
}

/// Reads `[PHP ]Fatal error: …`, alone or behind what a web server puts before it.
pub(super) fn fatal(text: &str) -> Option<Fatal<'_>> {
    static ANY: LazyLock<AnyOf> = LazyLock::new(|| AnyOf::new(&LABELS));
    // Most lines have none of them, and are asked once for all.
    ANY.stands_in(text.as_bytes()).then_some(())?;
    let (at, label) = LABELS.iter().find_map(|label| Some((text.find(label)?, label)))?;
    let before = &text[..at];
    let php = before.ends_with("PHP ");
    if !php && !before.trimmed().is_empty() && !before.ends_with("PHP message: ") {
        return None;
    }
    let start = if php { at - 4 } else { at };
    let end = at + label.len();
    let lead = text[..start].trimmed_end().trim_end_matches("PHP message:").trim_end_matches(['"', ' ']);
    Some(Fatal { lead, label: text[start..end].trim_end_matches([':', ' ']), rest: text[end..].trimmed_start() })
}

/// Whether a name is a class, with its namespace.
pub(super) fn is_class(name: &str) -> bool {
    let name = name.strip_prefix('\\').unwrap_or(name);
    let name = name.halves_at("@anonymous").map_or(name, |(name, _)| name);
    name.split('\\').all(|part| {
        part.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && part.chars().all(|c| c.is_alphanumeric() || c == '_')
    })
}

/// Whether a class is named like an exception; needed where any text could stand.
pub(super) fn is_exception(name: &str) -> bool {
    const ENDINGS: [&str; 5] = ["Exception", "Error", "Failure", "Failed", "NotFound"];
    is_class(name) && (name.has(b'\\') || ENDINGS.iter().any(|ending| name.ends_with(ending)))
}

/// Reads `CLASS: MESSAGE` or `CLASS`.
pub(super) fn title(text: &str) -> Option<Title<'_>> {
    let text = text.trimmed_start();
    let (class, message) = text.halves(b':').unwrap_or((text.trimmed_end(), ""));
    is_class(class).then_some(Title { class, message: message.strip_prefix(' ').unwrap_or(message) })
}

/// Splits `TEXT in PATH:N`.
pub(super) fn placed(text: &str) -> Option<(&str, &str, u32)> {
    let (before, digits) = text.trimmed_end().last_halves(b':')?;
    let line = number(digits)?;
    let (text, path) = before.rsplit_once(" in ")?;
    Some((text, path, line))
}

/// Splits `TEXT in PATH on line N`.
pub(super) fn on_line(text: &str) -> Option<(&str, &str, u32)> {
    let (before, rest) = text.rsplit_once(" on line ")?;
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let line = number(&rest[..digits])?;
    let (text, path) = before.rsplit_once(" in ")?;
    Some((text, path, line))
}

fn number(digits: &str) -> Option<u32> {
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    digits.parse().ok().filter(|_| plain)
}

/// `Stack trace:` between an exception and its frames.
pub(super) fn is_trace_head(text: &str) -> bool {
    matches!(text.trimmed(), "Stack trace:" | "PHP Stack trace:" | "[stacktrace]" | "Call Stack:")
}

/// Reads `#K PATH(N): CALL`, `#K [internal function]: CALL`, `#K {main}`, or Xdebug's `PHP   K. CALL PATH:N`.
pub(super) fn frame(text: &str) -> Option<Frame> {
    let text = text.trimmed_start();
    let Some(numbered) = text.strip_prefix('#') else { return xdebug_frame(text) };
    let (index, rest) = numbered.halves(b' ')?;
    number(index)?;
    let rest = rest.trimmed_end();
    if rest == "{main}" {
        return Some(Frame { function: rest.to_owned(), ..Frame::default() });
    }
    if let Some(call) = rest.strip_prefix("[internal function]: ") {
        return Some(Frame { function: callee(call), path: "[internal function]".to_owned(), line: None });
    }
    let (at, line) = rest.match_indices("): ").find_map(|(close, _)| {
        let open = rest[..close].rfind('(')?;
        Some((open, number(&rest[open + 1..close])?))
    })?;
    let call = rest[at..].halves_at("): ").map_or("", |(_, call)| call);
    Some(Frame { function: callee(call), path: unescaped(&rest[..at]), line: Some(line) })
}

fn xdebug_frame(text: &str) -> Option<Frame> {
    let text = text.strip_prefix("PHP").unwrap_or(text).trimmed_start();
    let (index, rest) = text.halves_at(". ")?;
    number(index)?;
    let (before, digits) = rest.trimmed_end().last_halves(b':')?;
    let line = number(digits)?;
    let (call, path) = before.last_halves(b' ')?;
    Some(Frame { function: callee(call), path: path.to_owned(), line: Some(line) })
}

/// A call without its arguments, which may hold anything. A closure has braces of its own.
fn callee(call: &str) -> String {
    let end = call.find('(').unwrap_or(call.len());
    unescaped(&call[..end])
}

/// `PATH.php:N` alone on a line, as Monolog's JSON has its frames.
pub(super) fn bare_place(text: &str) -> Option<Frame> {
    let text = text.trimmed();
    if !text.ends_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let (path, digits) = text.last_halves(b':')?;
    let line = number(digits)?;
    let fits = path.ends_with(".php") && !path.contains([' ', '"']);
    fits.then(|| Frame { function: String::new(), path: path.to_owned(), line: Some(line) })
}

/// A piece of a JSON string as it was written.
pub(super) fn unescaped(text: &str) -> String {
    if !text.has(b'\\') {
        return text.to_owned();
    }
    text.replace("\\\\", "\\").replace("\\/", "/").replace("\\\"", "\"")
}

/// Where an exception begins in a line that may have log text before it: at a class named like one, followed by a colon.
pub(super) fn class_start(text: &str) -> Option<usize> {
    let mut start = 0;
    for word in text.split_inclusive(' ') {
        let name = word.trimmed_end();
        if name.strip_suffix(':').is_some_and(is_exception) || (start == 0 && is_exception(name)) {
            return Some(start);
        }
        start += word.len();
    }
    None
}
