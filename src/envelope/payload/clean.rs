//! Bytes to text without terminal control.
//!
//! What leaves here holds no control character but line breaks and tabs. A lone carriage return is a line break (Lambda writes tracebacks
//! that way); no-break spaces at the start of a line are the blanks they stand for.

use std::borrow::Cow;

/// The text of a line. Bytes that are not UTF-8 become U+FFFD.
pub(super) fn bytes(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(clean) => text(clean),
        Err(_) => Cow::Owned(text(&String::from_utf8_lossy(bytes)).into_owned()),
    }
}

/// A text that may hold several lines.
pub(super) fn text(text: &str) -> Cow<'_, str> {
    let trimmed = text.trim_end_matches(['\r', '\n', '\0']);
    let trimmed = trimmed.strip_prefix('\u{FEFF}').unwrap_or(trimmed);
    let may_control = |byte: &u8| (*byte < 0x20) & !matches!(*byte, b'\t' | b'\n') | (*byte == 0x7F) | (*byte == 0xC2);
    // Without an early end, so that many bytes are looked at at once.
    let some = |bytes: &[u8]| bytes.iter().fold(false, |found, byte| found | may_control(byte));
    let (chunks, rest) = trimmed.as_bytes().as_chunks::<16>();
    if !chunks.iter().any(|chunk| some(chunk)) && !some(rest) {
        return Cow::Borrowed(trimmed);
    }
    Cow::Owned(rewritten(trimmed))
}

fn rewritten(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut line_start = true;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let mut taken = first.len_utf8();
        match first {
            '\x1B' => taken = escape_len(rest),
            '\r' | '\n' => {
                taken += usize::from(rest.starts_with("\r\n"));
                clean.push('\n');
            }
            '\u{A0}' if line_start => clean.push(' '),
            '\u{FEFF}' if line_start => {}
            '\t' => clean.push('\t'),
            other if other.is_control() => {}
            other => clean.push(other),
        }
        line_start = match first {
            '\r' | '\n' => true,
            ' ' | '\t' | '\u{A0}' => line_start,
            other => line_start && other.is_control(),
        };
        rest = &rest[taken..];
    }
    clean
}

/// Length of the escape sequence that `text` begins with: CSI up to its final letter, OSC up to its terminator, else the two or three
/// bytes of a short one. A sequence that does not end is just its escape character.
fn escape_len(text: &str) -> usize {
    let bytes = text.as_bytes();
    match bytes.get(1) {
        Some(b'[') => {
            let body = &bytes[2..];
            let len = body.iter().take(64).take_while(|byte| matches!(byte, 0x20..=0x3F)).count();
            if matches!(body.get(len), Some(0x40..=0x7E)) { len + 3 } else { 1 }
        }
        Some(b']') => {
            let end = bytes.iter().take(2048).position(|byte| *byte == 0x07);
            let long = memchr::memmem::find(&bytes[1..bytes.len().min(2048)], b"\x1B\\").map(|at| at + 2);
            match (end, long) {
                (Some(bell), Some(long)) => bell.min(long) + 1,
                (Some(end), None) | (None, Some(end)) => end + 1,
                (None, None) => 1,
            }
        }
        Some(b'(' | b')') if bytes.get(2).is_some_and(u8::is_ascii_alphanumeric) => 3,
        Some(b'=' | b'>' | b'7' | b'8' | b'c' | b'M' | b'D' | b'E') => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_nothing_that_a_terminal_would_obey() {
        for (dirty, clean) in [
            ("plain \ttext", "plain \ttext"),
            ("\x1b[1;31mValue\x1b[0mError: x\r", "ValueError: x"),
            ("\x1b]0;title\x07after", "after"),
            ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
            ("\x1b[31", "[31"),
            ("a\0b\x08c\x7f\u{9b}d", "abcd"),
            ("\u{FEFF}Traceback", "Traceback"),
            ("a\rb\r\nc", "a\nb\nc"),
            ("x\r\u{a0}\u{a0} File\u{a0}y", "x\n   File\u{a0}y"),
            ("prix 5\u{a0}€ «x»", "prix 5\u{a0}€ «x»"),
        ] {
            assert_eq!(text(dirty), clean, "{dirty:?}");
        }
        assert_eq!(bytes(b"caf\xE9 \xF0\x28"), "caf\u{FFFD} \u{FFFD}(");
    }
}
