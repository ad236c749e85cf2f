//! What a single line of the JVM's error output is: frame, elision, connector, class line.
//!
//! These are the only places that decide on characters. None of them looks at a neighbouring line, and none may take a frame of V8
//! (a blank before the parenthesis) or of .NET (parameters inside it) for one of the JVM's.

use std::sync::LazyLock;

use crate::model::{AnyOf, Bytewise, Frame, NameBytes};

/// How much of a line is searched for a class name. A line may be a megabyte of JSON; a class name stands near its beginning.
const SEARCHED: usize = 4096;
/// Longest class name believed.
const LONGEST_NAME: usize = 200;

/// What the JVM prints before the class when nobody caught the exception.
pub(super) const UNCAUGHT: &str = "Exception in thread \"";

/// Column of the first character that is not blank. A tab counts four.
pub(super) fn indent(text: &str) -> usize {
    text.indent(4)
}

/// Reads `    at java.base/java.lang.Thread.run(Thread.java:840) ~[?:?]` and its relatives.
pub(super) fn frame(text: &str) -> Option<Frame> {
    let rest = text.trimmed_start().strip_prefix("at ")?.trimmed_end();
    let rest = without_packaging(rest);
    let open = memchr::memrchr(b'(', rest.as_bytes())?;
    let place = rest[open + 1..].strip_suffix(')')?;
    let function = &rest[..open];
    let has = |byte: u8| memchr::memchr(byte, function.as_bytes()).is_some();
    if function.ends_with(' ') || !has(b'.') || is_address(function) {
        return None;
    }
    let (path, line) = place_of(place)?;
    // A test's name in Kotlin may hold blanks; a sentence with a place in brackets at its end is not a frame.
    if has(b' ') && !(function.split(' ').next().is_some_and(qualified) && line.is_some()) {
        return None;
    }
    Some(Frame { function: without_module(function).to_owned(), path: path.to_owned(), line })
}

/// Whether a name is an address: hardly any has a colon, and to look for one byte is far cheaper.
fn is_address(name: &str) -> bool {
    name.has(b':') && name.has_words("://")
}

/// Without ` ~[spring-web-5.3.jar:5.3]` or ` [classes/:?]`.
fn without_packaging(text: &str) -> &str {
    if !text.ends_with(']') {
        return text;
    }
    let cut = text.rfind(") ~[").or_else(|| text.rfind(") ["));
    cut.map_or(text, |at| &text[..=at])
}

/// File and line inside the parentheses; `None` for anything a JVM does not print there.
fn place_of(place: &str) -> Option<(&str, Option<u32>)> {
    const SOURCES: [&str; 8] = ["java", "kt", "kts", "scala", "groovy", "clj", "cljc", "jsp"];
    if matches!(place, "Native Method" | "Unknown Source" | "SourceFile" | "<generated>" | "Redefined") {
        return Some((place, None));
    }
    if let Some(colon) = memchr::memrchr(b':', place.as_bytes()) {
        let (file, digits) = (&place[..colon], &place[colon + 1..]);
        let number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        let plain = !file.is_empty() && !file.bytes().any(|b| matches!(b, b'/' | b'\\' | b':' | b'('));
        return (number && plain).then(|| (file, digits.parse().ok()));
    }
    let extension = place.last_halves(b'.').map_or("", |(_, extension)| extension);
    (SOURCES.contains(&extension) && !place.has(b' ')).then_some((place, None))
}

/// Without `app//`, `java.base/` or `java.base@17/` in front: what is known of a class is its package. The `/` in the name of a lambda stays.
fn without_module(function: &str) -> &str {
    let class = &function.as_bytes()[..memchr::memchr(b'$', function.as_bytes()).unwrap_or(function.len())];
    memchr::memrchr(b'/', class).map_or(function, |at| &function[at + 1..])
}

fn qualified(word: &str) -> bool {
    word.has(b'.') && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"_$./@<>-".contains(&b))
}

/// `... 12 more`, `... 12 common frames omitted` and what other layouts say instead.
pub(super) fn elision(text: &str) -> bool {
    const WORDS: [&str; 7] = ["more", "omitted", "excluded", "truncated", "suppressed", "skipped", "elided"];
    let Some(rest) = text.trimmed().strip_prefix("...") else { return false };
    let rest = without_packaging(rest).trimmed();
    rest.len() < 60 && rest.bytes().any(|b| b.is_ascii_digit()) && WORDS.iter().any(|word| rest.contains(word))
}

/// Lines that stand between frames without being one.
pub(super) fn between_frames(text: &str) -> bool {
    let body = text.trimmed();
    body.starts_with("[CIRCULAR REFERENCE:") || body == "Original Stack Trace:" || body.starts_with("|_ checkpoint ")
}

/// How a link hangs on the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Connector {
    CausedBy,
    WrappedBy,
    Suppressed,
}

/// The connector a line begins with, and what follows it.
pub(super) fn connector(text: &str) -> Option<(Connector, &str)> {
    const WORDS: [(&str, Connector); 3] = [
        ("Caused by: ", Connector::CausedBy),
        ("Wrapped by: ", Connector::WrappedBy),
        ("Suppressed: ", Connector::Suppressed),
    ];
    let body = text.trimmed_start();
    WORDS.iter().find_map(|(word, connector)| Some((*connector, body.strip_prefix(word)?)))
}

/// Whether what follows a connector only says that the chain runs in a circle.
pub(super) fn circular(rest: &str) -> bool {
    rest.starts_with("[CIRCULAR REFERENCE:")
}

/// A class line taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header<'a> {
    /// What stands before the class on its line.
    pub(super) lead: &'a str,
    /// The class.
    pub(super) kind: &'a str,
    /// The rest of the line.
    pub(super) message: &'a str,
}

/// The class at the very beginning of `text`.
pub(super) fn class_at(text: &str) -> Option<Header<'_>> {
    static CLASS: NameBytes = NameBytes::with(b"_$.");
    let length = CLASS.leading(text.as_bytes());
    let (kind, rest) = text.split_at(length);
    if !class_shaped(kind) {
        return None;
    }
    let message = match rest.strip_prefix(':') {
        Some(message) if message.is_empty() || message.starts_with(char::is_whitespace) => message.trimmed_start(),
        None if rest.trimmed_start().is_empty() => "",
        _ => return None,
    };
    Some(Header { lead: "", kind, message: message.trimmed_end() })
}

fn class_shaped(kind: &str) -> bool {
    if kind.is_empty() || kind.len() > LONGEST_NAME || kind.ends_with("Thread.State") {
        return false;
    }
    let mut begins = true;
    for byte in kind.bytes() {
        if begins && (byte == b'.' || byte.is_ascii_digit()) {
            return false;
        }
        begins = byte == b'.';
    }
    let last = kind.behind_last(b'.');
    let dotted = last.len() < kind.len();
    !begins && (throwable(last) || (dotted && last.starts_with(|c: char| c.is_ascii_uppercase())))
}

/// Words with which the names of classes end that can be thrown.
const THROWN: [&str; 5] = ["Exception", "Error", "Throwable", "Failure", "ThreadDeath"];

/// Whether a line could name such a class at all; most lines do not, and need no closer look.
pub(super) fn may_name_throwable(text: &str) -> bool {
    static ANY: LazyLock<AnyOf> = LazyLock::new(|| AnyOf::new(&THROWN));
    ANY.stands_in(text.as_bytes())
}

/// Whether a name alone says that it can be thrown.
pub(super) fn throwable(name: &str) -> bool {
    // The class itself, or the class it is nested in: `StatusException$Retriable`.
    let thrown = |name: &str| THROWN.iter().any(|suffix| name.ends_with(suffix));
    thrown(name) || memchr::memrchr2(b'.', b'$', name.as_bytes()).is_some_and(|at| thrown(&name[..at]))
}

/// The class line on `text`: at its beginning, after `Exception in thread "x" `, or after a connector.
pub(super) fn header(text: &str) -> Option<Header<'_>> {
    let start = text.len() - text.trimmed_start().len();
    if let Some(found) = class_at(&text[start..]) {
        return Some(Header { lead: &text[..start], ..found });
    }
    if let Some((_, rest)) = connector(text) {
        return class_at(rest).map(|found| Header { lead: &text[..text.len() - rest.len()], ..found });
    }
    uncaught(text)
}

/// `Exception in thread "main" java.lang.X: message`.
pub(super) fn uncaught(text: &str) -> Option<Header<'_>> {
    // It ends in a quote, and few lines of a trace have one.
    let from = text.has(b'"').then(|| text.find(UNCAUGHT)).flatten()?;
    let after = from + UNCAUGHT.len();
    let end = after + text[after..].find_words("\" ")? + 2;
    class_at(&text[end..]).map(|found| Header { lead: &text[..end], ..found })
}

/// The first class after other text of a log line (`batch 7 failed: java.io.IOException: …`). Only names that say they can be thrown.
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

/// Whether a name can only be a class of the JVM: it says that it can be thrown and stands in a package named as Java names them. Other
/// languages have dotted classes too (`openai.AuthenticationError`, `System.IO.IOException`).
pub(super) fn surely_java(kind: &str) -> bool {
    const OWN: [&str; 8] = ["java", "javax", "jakarta", "kotlin", "kotlinx", "scala", "akka", "groovy"];
    const DOMAINS: [&str; 15] =
        ["com", "org", "net", "io", "dev", "ai", "app", "co", "de", "fr", "uk", "eu", "sun", "jdk", "android"];
    let first = kind.before(b'.');
    let packages = kind.bytes().filter(|byte| *byte == b'.').count();
    throwable(kind) && ((OWN.contains(&first) && packages >= 1) || (DOMAINS.contains(&first) && packages >= 2))
}

/// The error quoted at the end of a message: `…; nested exception is java.net.ConnectException: Connection refused`.
pub(super) fn nested(message: &str) -> Option<Header<'_>> {
    const WORDS: &str = "nested exception is";
    let at = message.rfind(WORDS)?;
    let rest = message[at + WORDS.len()..].trim_start_matches([':', ' ', '\n', '\t']);
    class_at(rest).or_else(|| {
        let line = rest.lines().next()?;
        class_at(line)
    })
}

/// Printed with a stack, yet nothing failed: `Thread.dumpStack()`.
pub(super) fn harmless(first: &Frame) -> bool {
    first.function == "java.lang.Thread.dumpStack"
}

/// The first line of a thread in a thread dump: `"main" #1 prio=5 …`.
pub(super) fn thread_head(text: &str) -> bool {
    let body = text.trimmed_start();
    body.starts_with("java.lang.Thread.State:") || (body.starts_with('"') && body.has_words(" tid=0x"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_every_layout() {
        let function = |text: &str| frame(text).map(|frame| frame.function);
        for (text, wanted) in [
            ("\tat com.acme.A.b(A.java:29)", "com.acme.A.b"),
            ("at java.base/java.util.stream.R$3$1.accept(R.java:197)", "java.util.stream.R$3$1.accept"),
            ("   at app//com.acme.A.<init>(A.kt:7) ~[app.jar:1.2]", "com.acme.A.<init>"),
            ("\tat com.acme.A$$Lambda$14/0x0000800b.run(Unknown Source)", "com.acme.A$$Lambda$14/0x0000800b.run"),
            ("\tat sun.nio.ch.Net.connect0(Native Method) [?:?]", "sun.nio.ch.Net.connect0"),
            ("\tat o.a(SourceFile:12)", "o.a"),
            ("\tat com.acme.ATest.reads two pages(ATest.kt:7)", "com.acme.ATest.reads two pages"),
        ] {
            assert_eq!(function(text).as_deref(), Some(wanted), "{text}");
        }
    }

    #[test]
    fn frames_of_others_are_none() {
        for text in [
            "    at Object.<anonymous> (/app/x.js:1:2)",
            "    at Array.map (<anonymous>)",
            "   at Acme.Search.Program.Embed(String t)",
            "   at Acme.Search.Program.Main()",
            "  at Acme.Search.Program.Provider () [0x00003] in /home/Cases.cs:105 ",
            "             at ./src/main.rs:3:5",
            "at the end of the file (line 3)",
            "    at async file:///app/x.mjs:1:2",
        ] {
            assert_eq!(frame(text), None, "{text}");
        }
    }

    #[test]
    fn class_lines() {
        let read = |text| header(text).map(|found| (found.lead, found.kind, found.message));
        assert_eq!(read("java.io.IOException: x"), Some(("", "java.io.IOException", "x")));
        assert_eq!(
            read("Exception in thread \"main\" a.B$C: x"),
            Some(("Exception in thread \"main\" ", "a.B$C", "x"))
        );
        assert_eq!(read("\tSuppressed: java.io.IOException"), Some(("\tSuppressed: ", "java.io.IOException", "")));
        for text in
            ["   java.lang.Thread.State: RUNNABLE", "NullPointerException count", "Caused by: nothing, text", "a.b: c"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
