//! What a single line of JavaScript error output is: frame, class line, source locator, caret, closing brace.
//!
//! These are the only places that decide on characters; everything above works with their answers. None of them looks at a neighbouring
//! line, and none may take a Java, .NET, Rust or Dart frame for one of V8's: those languages have grammars of their own.

use crate::model::{Bytewise, Frame, NameBytes};

/// How much of a line is searched for a class name. A line may be a megabyte of JSON; a class name stands near its beginning.
const SEARCHED: usize = 4096;

/// Longest class name believed.
const LONGEST_NAME: usize = 96;

/// Column of the first character that is not blank. A tab counts four.
pub(super) fn indent(text: &str) -> usize {
    text.indent(4)
}

/// `text` without up to `columns` leading blanks: the lines of a nested message are indented as a whole.
pub(super) fn dedent(text: &str, columns: usize) -> &str {
    let cut = text.char_indices().take(columns).take_while(|(_, c)| c.is_whitespace()).last();
    cut.map_or(text, |(at, c)| &text[at + c.len_utf8()..])
}

/// What follows the location on a frame line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tail {
    /// Nothing.
    End,
    /// A comma: the next member of an array follows.
    Comma,
    /// ` {`: the error's own properties follow.
    Open,
}

/// Reads `    at async f (file:///app/x.mjs:1:2) {` and its relatives.
pub(super) fn frame(text: &str) -> Option<(Frame, Tail)> {
    let body = text.trimmed_start();
    let Some(rest) = body.strip_prefix("at ") else { return gecko_frame(body.trimmed_end()) };
    let rest = rest.trimmed_end();
    let (rest, tail) = match rest.strip_suffix(" {") {
        Some(rest) => (rest, Tail::Open),
        None => rest.strip_suffix(',').map_or((rest, Tail::End), |rest| (rest, Tail::Comma)),
    };
    let rest = rest.strip_prefix("async ").unwrap_or(rest).trimmed();
    let (function, place) = match split_place(rest) {
        Some((function, place)) => (function, location(place, true)?),
        None => ("", location(rest, false)?),
    };
    let (path, line) = place;
    Some((Frame { function: function.to_owned(), path, line }, tail))
}

/// `call (place)` into its two parts; parentheses inside the place (`webpack-internal:///(rsc)/…`) are balanced.
fn split_place(rest: &str) -> Option<(&str, &str)> {
    let inner = rest.strip_suffix(')')?;
    let mut depth = 1usize;
    for (at, byte) in inner.bytes().enumerate().rev() {
        match byte {
            b')' => depth += 1,
            b'(' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            // Java and .NET write the parenthesis straight after the name; V8 leaves a blank.
            let function = inner[..at].strip_suffix(' ')?.trimmed();
            return (!function.is_empty()).then_some((function, &inner[at + 1..]));
        }
    }
    None
}

/// Path and line of a location; `None` for what no JavaScript engine prints.
fn location(place: &str, bracketed: bool) -> Option<(String, Option<u32>)> {
    match place {
        "<anonymous>" => return Some((place.to_owned(), None)),
        "native" | "[native code]" | "unknown location" if bracketed => return Some((place.to_owned(), None)),
        _ => {}
    }
    if bracketed && place.strip_prefix("index ").is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit())) {
        return Some((String::new(), None));
    }
    if place.starts_with("eval at ") {
        return Some(evaluated(place));
    }
    if place.starts_with("wasm:") {
        return Some((place.to_owned(), None));
    }
    let place = place.strip_prefix("address at ").unwrap_or(place);
    let (head, last) = number_at_end(place)?;
    let (path, line) = match number_at_end(head) {
        Some((path, line)) if !path.is_empty() => (path, line),
        // One number only: believed for files that can only be scripts. Java's `(Api.java:7)` ends here.
        _ if bracketed && script(head) => (head, last),
        _ => return None,
    };
    let path_shaped = path.bytes().any(|byte| matches!(byte, b'/' | b'\\' | b'.'))
        || path.starts_with("node:")
        || path.starts_with(['<', '['])
        || bracketed;
    (path_shaped && !foreign(path)).then(|| (path.to_owned(), Some(line)))
}

/// The file inside `eval at f (eval at g (/app/x.js:1:2)), <anonymous>:1:1`: where the evaluated text came from.
fn evaluated(place: &str) -> (String, Option<u32>) {
    let inner = place.rfind('(').and_then(|open| place[open + 1..].split(')').next());
    match inner.and_then(number_at_end).and_then(|(head, _)| number_at_end(head)) {
        Some((path, line)) => (path.to_owned(), Some(line)),
        None => ("<anonymous>".to_owned(), None),
    }
}

/// `text:12` into `text` and 12.
pub(super) fn number_at_end(text: &str) -> Option<(&str, u32)> {
    let (head, digits) = text.last_halves(b':')?;
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten().map(|number| (head, number))
}

fn extension(path: &str) -> &str {
    let name = memchr::memrchr2(b'/', b'\\', path.as_bytes()).map_or(path, |at| &path[at + 1..]);
    let name = memchr::memchr2(b'?', b'#', name.as_bytes()).map_or(name, |at| &name[..at]);
    name.last_halves(b'.').map_or("", |(_, extension)| extension)
}

fn script(path: &str) -> bool {
    const SCRIPTS: [&str; 12] =
        ["js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx", "vue", "svelte", "bundle", "jsbundle"];
    path.starts_with("node:") || SCRIPTS.contains(&extension(path))
}

/// Source files of languages whose back traces also say `at FILE:LINE:COLUMN`.
fn foreign(path: &str) -> bool {
    const FOREIGN: [&str; 19] = [
        "rs", "java", "kt", "kts", "scala", "groovy", "cs", "fs", "go", "py", "rb", "php", "c", "cc", "cpp", "h",
        "dart", "swift", "ex",
    ];
    FOREIGN.contains(&extension(path))
}

/// `f@https://app.example/main.js:1:2`, as Firefox and Safari print.
fn gecko_frame(body: &str) -> Option<(Frame, Tail)> {
    let (function, place) = body.halves(b'@')?;
    let named = function.bytes().all(|b| b.is_ascii_alphanumeric() || b"_$.<>/[]*".contains(&b));
    let fetched = ["http://", "https://", "file:///", "webpack-internal:", "app:"].iter().any(|p| place.starts_with(p));
    if !named || !fetched || place.has(b' ') {
        return None;
    }
    let (path, line) = location(place, false)?;
    Some((Frame { function: function.to_owned(), path, line }, Tail::End))
}

/// Lines that stand between frames without being one.
pub(super) fn between_frames(text: &str) -> bool {
    let body = text.trimmed();
    (body.starts_with("... ") && body.ends_with(" lines matching cause stack trace ..."))
        || body == "[... lines matching original stack trace ...]"
        || body.starts_with("-> ")
        || body.starts_with("From previous event:")
        || (body.starts_with("Emitted 'error' event") && body.ends_with(':'))
}

/// `/app/x.js:12`, `node:internal/process/promises:391` or `[worker eval]:1` alone on a line, above the source line of uncaught output.
pub(super) fn locator(text: &str) -> bool {
    let named = |path: &str| path.starts_with(['<', '[']) || path == "undefined";
    let path_shaped = |path: &str| named(path) || (path.contains(['/', '\\', '.', ':']) && !path.ends_with(':'));
    !text.starts_with(char::is_whitespace)
        && number_at_end(text.trimmed_end()).is_some_and(|(path, _)| path_shaped(path) && !foreign(path))
}

/// `        ^^^^` under a source line.
pub(super) fn caret(text: &str) -> bool {
    let body = text.trimmed();
    !body.is_empty() && body.bytes().all(|b| b == b'^')
}

/// A class line taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header<'a> {
    /// What stands before it on the line.
    pub(super) lead: &'a str,
    /// The class.
    pub(super) kind: &'a str,
    /// Node's error code: `ERR_INVALID_ARG_TYPE` of `TypeError [ERR_INVALID_ARG_TYPE]: …`.
    pub(super) code: Option<&'a str>,
    /// The rest of the line.
    pub(super) message: &'a str,
    /// `[Error: message]`: an error without frames.
    pub(super) boxed: bool,
}

/// The class at the very beginning of `text`. `weak` also takes names that do not say "Error" (`NoSuchBucket: …`).
pub(super) fn class_at(text: &str, weak: bool) -> Option<Header<'_>> {
    let (boxed, inner) = text.strip_prefix('[').map_or((false, text), |inner| (true, inner));
    static CLASS: NameBytes = NameBytes::with(b"_$.");
    let length = CLASS.leading(inner.as_bytes());
    let (name, rest) = inner.split_at(length);
    if name.is_empty() || name.len() > LONGEST_NAME || name.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let (code, rest) = bracketed_name(rest).map_or((None, rest), |(code, rest)| (Some(code), rest));
    let message = match rest.strip_prefix(':') {
        Some(message) if message.is_empty() || message.starts_with(char::is_whitespace) => dedent(message, 1),
        None if rest.trimmed_end().is_empty() && !boxed => "",
        _ => return None,
    };
    let named = error_name(name) || code.is_some_and(error_name);
    if !named && (boxed || !weak || !name.starts_with(|c: char| c.is_ascii_uppercase())) {
        return None;
    }
    let (kind, code) = match code {
        // The engine's own name, then the one the program gave: the second says more.
        Some(given) if error_name(given) && ["Error", "DOMException"].contains(&name) => (given, None),
        // A minified class: `RR [Error]: …`.
        Some(given) if error_name(given) => (name, None),
        code => (name, code),
    };
    Some(Header { lead: "", kind, code, message, boxed })
}

/// ` [NAME]` at the beginning of `rest`, and what follows it.
fn bracketed_name(rest: &str) -> Option<(&str, &str)> {
    let (name, rest) = rest.strip_prefix(" [")?.halves(b']')?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_-$.".contains(&b);
    (!name.is_empty() && name.len() <= LONGEST_NAME && name.bytes().all(plain)).then_some((name, rest))
}

/// Whether a name alone says that it is an error.
pub(super) fn error_name(name: &str) -> bool {
    let last = name.behind_last(b'.');
    let digits = last.bytes().rev().take_while(u8::is_ascii_digit).count();
    let last = &last[..last.len() - digits];
    ["Error", "Exception", "UnhandledPromiseRejection", "Warning"].iter().any(|suffix| last.ends_with(suffix))
}

/// Printed with a stack, yet nothing failed: `console.trace`, `--trace-warnings`, `--trace-deprecation`.
pub(super) fn harmless(kind: &str) -> bool {
    kind == "Trace" || (kind.ends_with("Warning") && kind != REJECTION_WARNING)
}

/// What Node up to 14 prints for a rejection nobody handled; the error stands behind it.
pub(super) const REJECTION_WARNING: &str = "UnhandledPromiseRejectionWarning";

/// The class line on `text`: at its beginning, or after other text of a log line (`job 7 failed TypeError: …`).
pub(super) fn header(text: &str) -> Option<Header<'_>> {
    let start = text.len() - text.trimmed_start().len();
    let first = class_at(&text[start..], false).map(|found| Header { lead: &text[..start], ..found });
    match first {
        Some(found) if !found.kind.ends_with(REJECTION_WARNING) => Some(found),
        first => header_inside(text, start).or(first),
    }
}

/// The first class name after a blank.
fn header_inside(text: &str, start: usize) -> Option<Header<'_>> {
    let mut end = text.len().min(SEARCHED);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let bytes = text.as_bytes();
    let mut fallback = None;
    let mut at = start;
    while let Some(blank) = memchr::memchr2(b' ', b'\t', &bytes[at..end]) {
        at += blank + 1;
        let candidate = &text[at..];
        let first = candidate.as_bytes().first().copied().unwrap_or(b' ');
        if !(first.is_ascii_alphabetic() || b"_$[".contains(&first)) {
            continue;
        }
        let Some(found) = class_at(candidate, false) else { continue };
        let found = Header { lead: &text[..at], ..found };
        if !found.kind.ends_with(REJECTION_WARNING) {
            return Some(found);
        }
        fallback = fallback.or(Some(found));
    }
    fallback
}
