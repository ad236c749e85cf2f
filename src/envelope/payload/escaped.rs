//! Tracebacks that were squeezed into one line: line breaks written as `\n` or `#012`, or markup entities left in a paste.
//!
//! Only text that shows a traceback is touched; a `\n` in an ordinary message stays as it is.

use super::signs;

/// The text with its line breaks back; `None` where it has no squeezed traceback.
pub(super) fn expand(text: &str) -> Option<String> {
    let mut expanded = if let Some(first) = first_break(text, "\\n") {
        let (lead, inner, tail) = quoted_part(text, first);
        let mut inner = unescape(inner);
        // JSON inside JSON is escaped twice.
        for _ in 0..2 {
            if signs::has_frame_behind(&inner, "\\n") {
                inner = unescape(&inner);
            }
        }
        join(lead, &inner, tail)
    } else {
        first_break(text, "#012")?;
        text.replace("#012", "\n").replace("#011", "\t")
    };
    if let Some(plain) = entities(&expanded) {
        expanded = plain;
    }
    Some(expanded)
}

/// The text with `&quot;` and the like read, where a frame shows that the whole is markup.
pub(super) fn entities(text: &str) -> Option<String> {
    if memchr::memchr(b'&', text.as_bytes()).is_none()
        || !["&quot;", "&lt;", "&gt;", "&#x27;", "&#39;"].iter().any(|entity| text.contains(entity))
    {
        return None;
    }
    let plain = text.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">");
    Some(plain.replace("&#x27;", "'").replace("&#39;", "'").replace("&amp;", "&"))
}

/// Position of the first escaped break, if the text shows a traceback that was written with them.
fn first_break(text: &str, escape: &str) -> Option<usize> {
    memchr::memchr(escape.as_bytes()[0], text.as_bytes())?;
    signs::may_be_stack(text, escape).then(|| text.find(escape))?
}

/// The quoted string around the break at `first`, with what stands before and after it: `exc="Traceback…" tenant=acme`.
fn quoted_part(text: &str, first: usize) -> (&str, &str, &str) {
    let bytes = text.as_bytes();
    let opens = |at: &usize| {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        matches!(bytes[*at], b'"' | b'\'')
            && matches!(before, None | Some(b'=' | b':' | b' ' | b'(' | b'[' | b'{' | b','))
    };
    let Some(open) = (0..first).rev().find(opens) else { return ("", text, "") };
    let mut at = open + 1;
    while at < bytes.len() && bytes[at] != bytes[open] {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    let close = at.min(bytes.len());
    if close < first {
        return ("", text, "");
    }
    (&text[..open], text.get(open + 1..close).unwrap_or_default(), text.get(close + 1..).unwrap_or_default())
}

fn join(lead: &str, inner: &str, tail: &str) -> String {
    let lead = lead.trim_end_matches([' ', '=', ':']);
    let tail = tail.trim_matches([' ', ',', '}', ']', ')']);
    let gap = if lead.is_empty() || tail.is_empty() { "" } else { " " };
    let breaks = if lead.is_empty() && tail.is_empty() { "" } else { "\n" };
    format!("{lead}{gap}{tail}{breaks}{inner}")
}

/// One round of the escapes that JSON, Python and Go share. Unknown ones stay.
pub(super) fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        plain.push_str(&rest[..at]);
        let (character, taken) = escape(&rest[at + 1..]);
        match character {
            Some(character) => plain.push(character),
            None => plain.push_str(&rest[at..at + 1 + taken]),
        }
        rest = &rest[at + 1 + taken..];
    }
    plain.push_str(rest);
    plain
}

/// What an escape stands for, and its length without the backslash.
fn escape(text: &str) -> (Option<char>, usize) {
    let hex = |from: usize, to: usize| text.get(from..to).and_then(|digits| u32::from_str_radix(digits, 16).ok());
    match text.as_bytes().first() {
        Some(b'n') => (Some('\n'), 1),
        Some(b't') => (Some('\t'), 1),
        Some(b'r') => (Some('\r'), 1),
        Some(b'"') => (Some('"'), 1),
        Some(b'\'') => (Some('\''), 1),
        Some(b'/') => (Some('/'), 1),
        Some(b'\\') => (Some('\\'), 1),
        Some(b'u') => match hex(1, 5).and_then(char::from_u32) {
            Some(character) => (Some(character), 5),
            None => (None, 1),
        },
        Some(b'x') => match hex(1, 3).and_then(char::from_u32) {
            Some(character) => (Some(character), 3),
            None => (None, 1),
        },
        Some(_) => (None, text.chars().next().map_or(0, char::len_utf8)),
        None => (None, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_a_squeezed_traceback_its_lines_back() {
        let text = r#"ERROR app failed exc="Traceback (most recent call last):\n  File \"/a.py\", line 1, in f\n    g()\nValueError: x" n=1"#;
        let lines = "ERROR app failed exc n=1\nTraceback (most recent call last):\n  File \"/a.py\", line 1, in f\n    g()\nValueError: x";
        assert_eq!(expand(text).as_deref(), Some(lines));
        let twice = r#"{\"e\":\"Error: x\\n    at f (a.js:1:2)\\n    at g (a.js:3:4)\"}"#;
        assert!(expand(twice).is_some_and(|text| text.contains("Error: x\n    at f (a.js:1:2)\n    at g")));
        let octal = "failed#012Traceback (most recent call last):#012  File \"a\", line 1";
        assert!(expand(octal).is_some_and(|text| text.starts_with("failed\nTraceback (most")));
    }

    #[test]
    fn leaves_other_text_alone() {
        for text in [r"C:\new\names", r"a\nb\nc", r"see issue #012 and #013", "plain", r"Error\nat x"] {
            assert_eq!(expand(text), None, "{text}");
        }
    }
}
