//! How the text of an exception is told from other text of several lines.
//!
//! The envelope knows no grammar: it only has to see that line breaks matter in a text, so that a field is printed on lines of its own and
//! escaped breaks are undone. What the text is, the grammars decide.

use std::sync::LazyLock;

use crate::model::AnyOf;

/// Pieces that stand in printed exceptions and hardly elsewhere; none holds a line break.
const ANYWHERE: [&str; 17] = [
    "Traceback (most recent",
    "Stack trace:",
    "stack traceback:",
    "stack backtrace:",
    "Stack backtrace:",
    "Unhandled exception",
    "panicked at ",
    "goroutine ",
    "** (",
    "terminate called after",
    "AddressSanitizer: ",
    ": Assertion `",
    "Caused by:",
    "PHP Fatal error:",
    ":in `",
    ":in '",
    " called at ",
];

/// Beginnings of lines that are frames or connectors.
const LINES: [&str; 9] =
    ["    at ", "\tat ", "   at ", "  at ", "  File \"", "\tfrom ", "#0 ", " ---> ", "Wrapped by: "];

/// Beginnings of lines whose tab or quotation mark is escaped as well.
const ESCAPED: [&str; 5] = ["tat ", "tfrom ", "#011at ", "#011from ", "  File "];

/// Whether a text of several lines holds an exception.
pub(super) fn is_stack(text: &str) -> bool {
    let Some(first) = memchr::memchr(b'\n', text.as_bytes()) else { return text.starts_with("\tat ") };
    let rest = &text[first + 1..];
    let framed = || rest.split('\n').any(|line| LINES.iter().any(|begin| line.starts_with(begin)));
    is_signed(text) || text.contains(".go:") || rest.contains("\n\t") || framed()
}

/// Whether one of the pieces that stand in printed exceptions stands in a text.
fn is_signed(text: &str) -> bool {
    static ANY: LazyLock<AnyOf> = LazyLock::new(|| AnyOf::new(&ANYWHERE));
    ANY.stands_in(text.as_bytes())
}

/// Whether a text on one line, whose breaks are written as `escape`, may hold an exception: cheap, and right about most.
pub(super) fn may_be_stack(text: &str, escape: &str) -> bool {
    let breaks = || memchr::memmem::find_iter(text.as_bytes(), escape.as_bytes());
    if breaks().next().is_none() {
        return false;
    }
    // `\name` is a name behind a backslash, and source code that stands under a frame quotes such texts.
    let real = || breaks().any(|at| !text[at + escape.len()..].starts_with(|c: char| c.is_ascii_lowercase()));
    let signed = || !text.starts_with([' ', '\t']) && is_signed(text) && real();
    has_frame_behind(text, escape) || signed()
}

/// Whether a frame or connector stands behind a break that is written as `escape`.
pub(super) fn has_frame_behind(text: &str, escape: &str) -> bool {
    let line = |at: usize| {
        let rest = text.get(at + escape.len()..).unwrap_or_default().trim_start_matches('\\');
        LINES.iter().chain(&ESCAPED).any(|begin| rest.starts_with(begin))
    };
    memchr::memmem::find_iter(text.as_bytes(), escape.as_bytes()).any(line)
}
