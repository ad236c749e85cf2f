//! What a single line of .NET's error output is: frame, header, seam.
//!
//! These are the only places that decide on characters. None of them looks at a neighbouring line, and none may take a frame of the JVM
//! (a file inside the parentheses) or of V8 (a place inside them) for one of .NET's.

use std::sync::LazyLock;

use crate::model::{AnyOf, Bytewise, Frame, NameBytes};

/// How much of a line is searched for a class name.
const SEARCHED: usize = 4096;
/// Longest class name believed.
const LONGEST_NAME: usize = 300;
/// Ties an exception to the one inside it.
pub(super) const ARROW: &str = "---> ";
/// What runtimes print before the class when nobody caught the exception.
const UNCAUGHT: [&str; 3] = ["Unhandled exception. ", "Unhandled Exception: ", "FATAL UNHANDLED EXCEPTION: "];
/// `at` in the languages the runtime is translated to.
const AT: [&str; 4] = ["at ", "bei ", "à ", "в "];

/// Reads `   at Acme.Api.Call(String s) in C:\src\Api.cs:line 7` and its relatives, with whether the member of an aggregate ends here.
pub(super) fn frame(text: &str) -> Option<(Frame, bool)> {
    let body = text.trimmed();
    let (body, closes) = match body.strip_suffix("<---") {
        Some(rest) => (rest.trimmed_end(), true),
        None => (body, false),
    };
    let word = AT.iter().find(|word| body.starts_with(**word))?;
    let rest = &body[word.len()..];
    let open = rest.find('(')?;
    let close = open + closing(&rest[open..])?;
    let name = rest[..open].trimmed_end();
    let tail = rest[close + 1..].trimmed();
    if !method(name) || !parameters(&rest[open + 1..close]) {
        return None;
    }
    let (il, place) = match tail.strip_prefix("[0x") {
        Some(inner) => (true, inner.halves(b']')?.1.trimmed_start()),
        None => (false, tail),
    };
    let (path, line) = if place.is_empty() { ("", None) } else { place_of(place)? };
    // V8 leaves a blank before its parenthesis, and so does Mono, which then says where in the code.
    if rest[..open].ends_with(' ') && !il && path.is_empty() {
        return None;
    }
    Some((Frame { function: name.to_owned(), path: path.to_owned(), line }, closes))
}

/// Index of the parenthesis that closes the first one.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// `Acme.Api.<Call>d__3.MoveNext`, `System.Threading.Tasks.Task`1[TResult].InnerInvoke`, `lambda_method`.
fn method(name: &str) -> bool {
    let generic = |name: &str| name.has(b'[') && name.ends_with(']');
    let plain = !name.is_empty() && !name.contains(['/', ':', '"', '\'', '=', ';']);
    let spaced = name.has(b' ') && !generic(name) && !name.has(b'<');
    plain && !spaced && (name.has(b'.') || name.starts_with("lambda_method"))
}

/// Whether what stands in the parentheses is a list of types with names. A file, a place or `Native Method` is not.
fn parameters(list: &str) -> bool {
    if list.trimmed().is_empty() {
        return true;
    }
    if matches!(list, "Native Method" | "Unknown Source") || list.has_words("://") || list.contains(['/', '"']) {
        return false;
    }
    let ends_in_line =
        list.last_halves(b':').is_some_and(|(_, n)| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    // The runtime separates by comma and blank; inside generics there is no blank.
    !ends_in_line && list.split(", ").all(|one| one.trimmed_end().has(b' ') || one.ends_with(' ') || generic(one))
}

fn generic(parameter: &str) -> bool {
    parameter.has(b'`') || parameter.ends_with(['&', '*'])
}

/// File and line in `in C:\src\Api.cs:line 7`, `dans /a.cs:ligne 7` or `in <hash>:0`.
fn place_of(text: &str) -> Option<(&str, Option<u32>)> {
    let (word, place) = text.halves(b' ')?;
    if word.len() > 8 || word.chars().any(|c| !c.is_alphabetic()) {
        return None;
    }
    let (path, last) = place.trimmed_end().last_halves(b':')?;
    let digits = last.behind_last(b' ').trim_end_matches('.');
    let number = digits.parse().ok()?;
    Some((path, (number > 0).then_some(number)))
}

/// Lines between the frames that are no frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seam {
    /// `--- End of inner exception stack trace ---`: the frames of the exception around follow.
    Inner,
    /// `--- End of stack trace from previous location ---`: the same exception goes on.
    Previous,
}

/// The seam a line is; `---` on both sides, whatever the language between.
pub(super) fn seam(text: &str) -> Option<Seam> {
    let body = text.trimmed();
    let inside = body.strip_prefix("--- ")?.strip_suffix("---")?.trimmed();
    if inside.has_words("inner exception") {
        return Some(Seam::Inner);
    }
    // Translated: the seam between exceptions is indented, the other is not.
    let previous = inside.has_words("previous location") || text.starts_with("---");
    (inside.len() > 8).then_some(if previous { Seam::Previous } else { Seam::Inner })
}

/// A class line taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header<'a> {
    /// What stands before the class on its line.
    pub(super) lead: &'a str,
    /// The class.
    pub(super) kind: &'a str,
    /// The number behind the class: `SocketException (111)`.
    pub(super) code: Option<&'a str>,
    /// The rest of the line.
    pub(super) message: &'a str,
}

/// The class at the very beginning of `text`.
pub(super) fn class_at(text: &str) -> Option<Header<'_>> {
    static CLASS: NameBytes = NameBytes::with(b"_.+`");
    let length = CLASS.leading(text.as_bytes());
    let (name, mut rest) = text.split_at(length);
    if rest.starts_with('[') {
        let end = rest
            .find_words("]:")
            .or_else(|| rest.trimmed_end().ends_with(']').then(|| rest.trimmed_end().len() - 1))?;
        rest = &rest[end + 1..];
    }
    let kind = &text[..text.len() - rest.len()];
    if !class_shaped(name) {
        return None;
    }
    let (code, rest) = match rest.strip_prefix(" (").and_then(|rest| rest.halves(b')')) {
        Some((code, rest)) if code.starts_with(|c: char| c.is_ascii_digit() || c == '-') => (Some(code), rest),
        _ => (None, rest),
    };
    let message = match rest.strip_prefix(':') {
        Some(message) if message.is_empty() || message.starts_with(char::is_whitespace) => message.trimmed_start(),
        None if rest.trimmed_start().is_empty() => "",
        None if rest.starts_with(" ---> ") => rest,
        _ => return None,
    };
    Some(Header { lead: "", kind, code, message })
}

fn class_shaped(name: &str) -> bool {
    if name.is_empty() || name.len() > LONGEST_NAME {
        return false;
    }
    let mut begins = true;
    for byte in name.bytes() {
        if begins && !(byte.is_ascii_alphabetic() || byte == b'_') {
            return false;
        }
        begins = byte == b'.';
    }
    let last = name.behind_last(b'.');
    let dotted = last.len() < name.len();
    let thrown = throwable(last);
    !begins && (thrown || (dotted && last.starts_with(|c: char| c.is_ascii_uppercase())))
}

/// Words with which the names of classes end that can be thrown.
const THROWN: [&str; 3] = ["Exception", "Error", "Fault"];

/// Whether a line could name such a class at all; most lines do not, and need no closer look.
pub(super) fn may_name_throwable(text: &str) -> bool {
    static ANY: LazyLock<AnyOf> = LazyLock::new(|| AnyOf::new(&THROWN));
    ANY.stands_in(text.as_bytes())
}

/// Whether a name alone says that it can be thrown.
pub(super) fn throwable(name: &str) -> bool {
    let end = memchr::memchr2(b'`', b'[', name.as_bytes()).unwrap_or(name.len());
    let thrown = |name: &str| THROWN.iter().any(|suffix| name.ends_with(suffix));
    let nested = |at| thrown(&name[..at]);
    thrown(&name[..end]) || memchr::memchr_iter(b'+', &name.as_bytes()[..end]).any(nested)
}

/// What stands before a class that nobody caught, with its length.
fn uncaught(text: &str) -> Option<usize> {
    static ANY: LazyLock<AnyOf> = LazyLock::new(|| AnyOf::new(&UNCAUGHT));
    // Most lines have none of them, and are asked once for all.
    ANY.stands_in(text.as_bytes()).then_some(())?;
    UNCAUGHT.iter().find_map(|words| text.find(words).map(|at| at + words.len()))
}

/// Whether a line could hold what [`announces`] wants; most lines do not.
pub(super) fn may_announce(text: &str) -> bool {
    UNCAUGHT.iter().any(|words| text.has_words(words.trimmed_end()))
}

/// The line above the class that old runtimes print: `Unhandled Exception:`.
pub(super) fn announces(text: &str) -> bool {
    let body = text.trimmed();
    UNCAUGHT.iter().any(|words| body == words.trimmed_end())
}

/// The class line on `text`: at its beginning, or after the words that say nobody caught it.
pub(super) fn header(text: &str) -> Option<Header<'_>> {
    let start = text.len() - text.trimmed_start().len();
    if let Some(found) = class_at(&text[start..]) {
        return Some(Header { lead: &text[..start], ..found });
    }
    let start = uncaught(text)?;
    class_at(&text[start..]).map(|found| Header { lead: &text[..start], ..found })
}

/// The class behind an arrow: ` ---> System.IO.IOException: gone` or `---> (Inner Exception #1) System.TimeoutException: late`.
pub(super) fn inner(text: &str) -> Option<(Header<'_>, Option<u32>)> {
    let body = text.trimmed_start().strip_prefix(ARROW)?;
    let Some(rest) = body.strip_prefix("(Inner Exception #") else { return class_at(body).map(|found| (found, None)) };
    let (number, rest) = rest.halves_at(") ")?;
    class_at(rest).map(|found| (found, number.parse().ok()))
}

/// The first class after other text of a log line. Only names that say they can be thrown.
pub(super) fn header_inside(text: &str) -> Option<Header<'_>> {
    let mut end = text.len().min(SEARCHED);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(before) = bytes[at..end].iter().position(|b| b" \t([|=".contains(b)) {
        at += before + 1;
        if !bytes.get(at).is_some_and(u8::is_ascii_alphabetic) {
            continue;
        }
        if let Some(found) = class_at(&text[at..]).filter(|found| throwable(found.kind)) {
            return Some(Header { lead: &text[..at], ..found });
        }
    }
    None
}

/// Whether a name can only be a class of .NET's own library.
pub(super) fn surely_dotnet(kind: &str) -> bool {
    throwable(kind) && ["System.", "Microsoft."].iter().any(|space| kind.starts_with(space))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_every_runtime() {
        for (text, function, path, line) in [
            ("   at Acme.Program.Main(String[] a)", "Acme.Program.Main", "", None),
            ("   at Acme.Api.Call() in C:\\src\\Api.cs:line 7", "Acme.Api.Call", "C:\\src\\Api.cs", Some(7)),
            ("  at A.B.M () [0x00003] in /home/Cases.cs:105 ", "A.B.M", "/home/Cases.cs", Some(105)),
            (
                "  at T.Task`1[TResult].InnerInvoke () [0x00012] in <12b4>:0 ",
                "T.Task`1[TResult].InnerInvoke",
                "<12b4>",
                None,
            ),
            ("   bei Acme.Api.Call(String s) in C:\\Api.cs:Zeile 7.", "Acme.Api.Call", "C:\\Api.cs", Some(7)),
            ("   à Acme.Api.Call(String s) dans C:\\Api.cs:ligne 7", "Acme.Api.Call", "C:\\Api.cs", Some(7)),
            ("at A.<Run>d__3.MoveNext()", "A.<Run>d__3.MoveNext", "", None),
            ("   at lambda_method(Closure , Object , Object[] )", "lambda_method", "", None),
        ] {
            let found = frame(text).map(|(frame, _)| (frame.function, frame.path, frame.line));
            assert_eq!(found, Some((function.to_owned(), path.to_owned(), line)), "{text}");
        }
        assert!(frame("  at A.B.M () [0x0] in <x>:0 <---").is_some_and(|(_, closes)| closes));
    }

    #[test]
    fn frames_of_others_are_none() {
        for text in [
            "    at Object.<anonymous> (/app/x.js:1:2)",
            "    at Array.map (<anonymous>)",
            "    at async Promise.all (index 0)",
            "\tat com.acme.A.b(A.java:29)",
            "\tat com.acme.A.b(Native Method)",
            "   at nowhere in body.txt:line 1",
            "             at ./src/main.rs:3:5",
            "at the end (of the day)",
        ] {
            assert_eq!(frame(text), None, "{text}");
        }
    }

    #[test]
    fn class_lines() {
        let read = |text| header(text).map(|found| (found.kind, found.code, found.message));
        assert_eq!(
            read("System.Net.Sockets.SocketException (111): refused"),
            Some(("System.Net.Sockets.SocketException", Some("111"), "refused"))
        );
        assert_eq!(read("Unhandled exception. A.B+CException"), Some(("A.B+CException", None, "")));
        assert_eq!(read("A.Fault`1[System.String]: x"), Some(("A.Fault`1[System.String]", None, "x")));
        assert_eq!(
            inner(" ---> (Inner Exception #1) System.TimeoutException: late<---").map(|(_, n)| n),
            Some(Some(1))
        );
    }
}
