//! Traces whose lines a ticket system or a spreadsheet joined with blanks.
//!
//! Two frames on one line are the sign: no runtime prints that. Breaks are put back before frames and connectors, and in Python's blocks
//! before the class line, as far as the text tells. A line with one frame, or with words that only look like some, stays as it is.

use std::sync::LazyLock;

use crate::model::{AnyOf, Bytewise};

/// What begins a line of its own in a trace.
const CONNECTORS: [&str; 11] = [
    " Caused by: ",
    " Suppressed: ",
    " Wrapped by: ",
    " ---> ",
    " --- End of ",
    " Traceback (most recent call last): ",
    " The above exception was the direct cause of the following exception: ",
    " During handling of the above exception, another exception occurred: ",
    " Stack trace: ",
    " thrown in ",
    " Node.js v",
];
/// What stands before a frame.
const MARKS: [&str; 3] = [" at ", " File \"", " from "];
/// Frames a line must hold.
const LEAST_FRAMES: usize = 2;
/// Longest callee of a frame, in words: `async new Server.handle [as run]`.
const CALLEE_WORDS: usize = 5;

/// The text with its line breaks back; `None` where it is no trace on one line.
pub(super) fn expand(text: &str) -> Option<String> {
    if memchr::memchr(b'\n', text.as_bytes()).is_some() || !is_marked(text.as_bytes()) {
        return None;
    }
    let frames: Vec<usize> = frames(text).collect();
    if frames.len() < LEAST_FRAMES {
        return None;
    }
    let python = text[frames[0]..].starts_with(" File ");
    let mut breaks: Vec<(usize, &str)> = frames.iter().map(|at| (*at, if python { " " } else { "   " })).collect();
    for connector in CONNECTORS {
        breaks.extend(memchr::memmem::find_iter(text.as_bytes(), connector).map(|at| (at, "")));
    }
    breaks.extend(
        memchr::memmem::find_iter(text.as_bytes(), " ... ").filter(|at| is_rest(&text[at + 5..])).map(|at| (at, "   ")),
    );
    breaks.sort_unstable();
    breaks.dedup_by_key(|(at, _)| *at);
    let mut whole = String::with_capacity(text.len() + breaks.len() * 4);
    let mut from = 0;
    for (at, indent) in breaks.into_iter().chain([(text.len(), "")]) {
        let line = &text[from..at];
        whole.push_str(&if python { block_line(line) } else { line.to_owned() });
        if at < text.len() {
            whole.push('\n');
            whole.push_str(indent);
            from = if indent.is_empty() { at + 1 } else { at };
        }
    }
    Some(whole)
}

/// Whether [`expand`] may give something for a part of the line.
pub(super) fn may_expand(line: &[u8]) -> bool {
    let marks = || MARKS.iter().flat_map(|mark| memchr::memmem::find_iter(line, mark));
    is_marked(line) && marks().nth(LEAST_FRAMES - 1).is_some()
}

fn is_marked(text: &[u8]) -> bool {
    static ANY: LazyLock<AnyOf> = LazyLock::new(|| AnyOf::new(&MARKS));
    ANY.stands_in(text)
}

/// Positions of the blanks before frames.
fn frames(text: &str) -> impl Iterator<Item = usize> {
    let mut found: Vec<usize> = MARKS
        .iter()
        .flat_map(|mark| memchr::memmem::find_iter(text.as_bytes(), mark))
        .filter(|at| is_frame(&text[at + 1..]))
        .collect();
    found.sort_unstable();
    found.into_iter()
}

fn is_frame(text: &str) -> bool {
    if let Some(rest) = text.strip_prefix("File \"") {
        return rest.split_once("\", line ").is_some_and(|(path, rest)| {
            path.len() < 300 && !path.has(b'"') && rest.starts_with(|c: char| c.is_ascii_digit())
        });
    }
    if let Some(rest) = text.strip_prefix("from ") {
        let site = rest.before(b' ');
        return site.contains(".rb:") && site.contains(":in");
    }
    let Some(rest) = text.strip_prefix("at ") else { return false };
    let first = rest.before(b' ');
    if is_place(first) {
        return true;
    }
    let Some((callee, inside)) = rest.halves(b'(') else { return false };
    let word = |word: &str| word.chars().all(|c| c.is_alphanumeric() || "_.$<>/[]#`@:-^,".contains(c));
    let plain =
        callee.len() < 300 && callee.trimmed_end().split(' ').all(word) && callee.split(' ').count() <= CALLEE_WORDS;
    let Some((inside, _)) = inside.halves(b')') else { return false };
    let placed = inside.has(b':') || matches!(inside, "Native Method" | "Unknown Source" | "<anonymous>");
    plain && !callee.is_empty() && (placed || callee.has(b'.') || inside.starts_with("index "))
}

/// `/srv/app.js:12:34` or `(Cases.java:29)`.
fn is_place(word: &str) -> bool {
    let mut parts = word.trim_end_matches([')', ',']).rsplit(':');
    let number =
        |part: Option<&str>| part.is_some_and(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    number(parts.next()) && number(parts.next()) && parts.next().is_some()
}

/// `12 more`.
fn is_rest(text: &str) -> bool {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    rest.len() < text.len() && (rest.starts_with(" more") || rest.starts_with(" common frames omitted"))
}

/// A stretch of a Python traceback from one break to the next: a frame with its source, and behind the last frame the class line.
fn block_line(text: &str) -> String {
    let Some(at) = text.find(", in ").filter(|_| text.starts_with(" File ")) else { return text.to_owned() };
    let name = at + 5 + text[at + 5..].find(' ').unwrap_or(text.len() - at - 5);
    let (frame, rest) = text.split_at(name);
    let rest = rest.strip_prefix(' ').unwrap_or(rest);
    match class_at(rest) {
        Some(0) => format!("{frame}\n{rest}"),
        Some(class) => format!("{frame}\n    {}\n{}", &rest[..class - 1], &rest[class..]),
        None if rest.is_empty() => frame.to_owned(),
        None => format!("{frame}\n    {rest}"),
    }
}

/// Position of the word that names the exception's class.
fn class_at(text: &str) -> Option<usize> {
    let mut at = 0;
    for word in text.split(' ') {
        let name = word.strip_suffix(':').unwrap_or(word);
        let last = name.behind_last(b'.');
        let told = ["Error", "Exception", "Exit", "Interrupt", "Timeout", "Group", "Warning"];
        let named = last.starts_with(|c: char| c.is_ascii_uppercase()) && told.iter().any(|end| last.ends_with(end));
        let plain = name.chars().all(|c| c.is_alphanumeric() || c == '.' || c == '_');
        if named && plain && (word.ends_with(':') || at + word.len() == text.len()) {
            return Some(at);
        }
        at += word.len() + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaks_stand_where_lines_ended() {
        let java = "java.lang.E: failed at a.B.c(B.java:2) at a.B.main(B.java:7) Caused by: x.Y: no at a.B.d(B.java:1) ... 1 more";
        let lines = "java.lang.E: failed\n    at a.B.c(B.java:2)\n    at a.B.main(B.java:7)\nCaused by: x.Y: no\n    at a.B.d(B.java:1)\n    ... 1 more";
        assert_eq!(expand(java).as_deref(), Some(lines));
        let python = "Traceback (most recent call last): File \"/a.py\", line 1, in f g(x) File \"/a.py\", line 2, in g raise ValueError(x) from e a.ValueError: no such x";
        let lines = "Traceback (most recent call last):\n  File \"/a.py\", line 1, in f\n    g(x)\n  File \"/a.py\", line 2, in g\n    raise ValueError(x) from e\na.ValueError: no such x";
        assert_eq!(expand(python).as_deref(), Some(lines));
        let node = "Error: no at f (/a.js:1:2) at async Promise.all (index 0) at /a.js:3:4";
        assert_eq!(expand(node).map(|text| text.lines().count()), Some(4));
    }

    #[test]
    fn prose_stays_as_it_is() {
        for text in [
            "failed at step 3 (of 4) at noon",
            "it broke at a.B.c(B.java:2) yesterday",
            "meet at the office (room 2) at 10:30, or at home (maybe)",
        ] {
            assert_eq!(expand(text), None, "{text}");
        }
    }
}
