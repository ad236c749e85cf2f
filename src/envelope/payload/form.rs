//! What is certain of a line before it is read: that it begins a record, names no stream, and that its text is one line made of its parts.
//!
//! Near a failure most lines are those that a healthy program writes, and nobody asks for what they say. It must cost a small part of reading
//! and never say of a line what reading would not; where that is not certain it says nothing.

use memchr::memmem;

use super::roles::{self, Role};
use super::{joined, prefix};
use crate::model::{Bytewise, Parts};

/// Longer numbers are not printed as they stand.
const LONGEST_NUMBER: usize = 15;

/// Beginnings of keys that are read as parts of an object.
const NESTED: [&str; 3] = ["error.", "err.", "exception."];

/// How the text of a line is made of it, if all that is certain.
#[must_use]
pub fn parts(line: &str) -> Option<Parts> {
    let bytes = line.as_bytes();
    // Escapes, entities, and what is neither printed nor ASCII are read in full.
    let plain = |byte: &u8| matches!(byte, b' '..=b'~') & (*byte != b'\\') & (*byte != b'&');
    if !bytes.iter().fold(true, |all, byte| all & plain(byte)) {
        return None;
    }
    if bytes.first() == Some(&b'{') {
        return is_flat_record(line).then_some(Parts::Fields);
    }
    // Fields may stand at its end, breaks may be written as `#012` or left out before frames.
    let whole = bytes.first()?.is_ascii_digit() && bytes.trim_ascii_end().last() != Some(&b'}');
    let escaped = || memchr::memchr(b'#', bytes).is_some_and(|at| memmem::find(&bytes[at..], b"#012").is_some());
    let broken = || escaped() || joined::may_expand(bytes);
    (whole && prefix::plainly_starts(bytes) && !broken()).then_some(Parts::Piece)
}

/// What makes a record more than a line of text, or names its stream.
const SPECIAL: u8 = Role::Stream as u8 | Role::Stack as u8 | Role::Form as u8;

/// Whether it is a JSON object without others inside that has a time, and no key by which it would be more than a line of text.
fn is_flat_record(line: &str) -> bool {
    let mut cursor = Cursor { line, at: 0 };
    let mut timed = false;
    if !cursor.takes(b'{') {
        return false;
    }
    loop {
        let Some(key) = cursor.string() else { return false };
        let Some(value) = cursor.takes(b':').then(|| cursor.scalar()).flatten() else { return false };
        let roles = roles::of(key);
        if roles & SPECIAL != 0 || key.is_empty() || key.has(b'.') && NESTED.iter().any(|begin| key.starts_with(begin))
        {
            return false;
        }
        if roles & Role::Time as u8 != 0 {
            // Of a key that stands twice the last value counts.
            if timed || value == "null" {
                return false;
            }
            timed = true;
        }
        if !cursor.takes(b',') {
            return timed && cursor.takes(b'}') && cursor.next().is_none();
        }
    }
}

/// A place in an object without escapes.
struct Cursor<'t> {
    line: &'t str,
    at: usize,
}

impl<'t> Cursor<'t> {
    /// The next byte that is no blank.
    fn next(&mut self) -> Option<u8> {
        let bytes = self.line.as_bytes();
        while bytes.get(self.at) == Some(&b' ') {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    /// Passes a sign, if it is the next.
    fn takes(&mut self, sign: u8) -> bool {
        let takes = self.next() == Some(sign);
        self.at += usize::from(takes);
        takes
    }

    /// A string without its quotes.
    fn string(&mut self) -> Option<&'t str> {
        let from = self.takes(b'"').then_some(self.at)?;
        let end = from + memchr::memchr(b'"', &self.line.as_bytes()[from..])?;
        self.at = end + 1;
        Some(&self.line[from..end])
    }

    /// A string, number or word as it stands.
    fn scalar(&mut self) -> Option<&'t str> {
        if self.next()? == b'"' {
            return self.string();
        }
        let from = self.at;
        let ends = |byte: &u8| matches!(byte, b',' | b'}' | b' ');
        self.at += self.line.as_bytes()[from..].iter().position(ends)?;
        let value = &self.line[from..self.at];
        (is_number(value.as_bytes()) || matches!(value, "true" | "false" | "null")).then_some(value)
    }
}

/// Whether it is a number in digits, with a sign and a point at most.
fn is_number(value: &[u8]) -> bool {
    let digits = value.strip_prefix(b"-").unwrap_or(value);
    let mut parts = digits.splitn(2, |byte| *byte == b'.');
    let whole = parts.next().unwrap_or_default();
    let all = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    digits.len() <= LONGEST_NUMBER
        && all(whole)
        && (whole.len() == 1 || whole[0] != b'0')
        && parts.next().is_none_or(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::payload::read;

    #[test]
    fn what_is_said_of_a_line_is_what_reading_gives() {
        for (line, parts_of) in [
            ("2026-11-23 08:00:00,005 INFO app: request answered", Some(Parts::Piece)),
            ("2026-11-23T08:00:00Z moved 7 at 8 to 9", Some(Parts::Piece)),
            ("2026-11-23 08:00:00 f failed at a.b(C.java:1) at a.c(C.java:2)", None),
            ("2026-11-23 08:00:00 failed#012  File 'a.py', line 1", None),
            ("2026-11-23 08:00:00 failed\tat x", None),
            ("2026-11-23 08:00:00 INFO {\"a\":1}", None),
            ("2026-11-23 08:00:00 INFO a &quot;b&quot;", None),
            ("    at a.b(C.java:1)", None),
            ("request answered", None),
            (
                r#"{"level":"info","time":"2026-11-23T08:00:05Z","msg":"priced x","n":-1.5,"ok":true}"#,
                Some(Parts::Fields),
            ),
            (r#"{ "ts": 1795422399.5, "event": "up", "a": null }"#, Some(Parts::Fields)),
            (r#"{"time":null,"msg":"x"}"#, None),
            (r#"{"time":1,"ts":2,"msg":"x"}"#, None),
            (r#"{"msg":"x","level":"info"}"#, None),
            (r#"{"time":1,"msg":"a\nb"}"#, None),
            (r#"{"time":1,"msg":"x","pod":"a"}"#, None),
            (r#"{"time":1,"msg":"x","stack":"a"}"#, None),
            (r#"{"time":1,"msg":"x","error.kind":"a"}"#, None),
            (r#"{"time":1,"msg":"x","a":{"b":1}}"#, None),
            (r#"{"time":1,"msg":"x","a":01}"#, None),
            (r#"{"time":1,"msg":"x","":1}"#, None),
            (r#"{"time":1,"msg":"x",}"#, None),
            (r#"{"time":1,"msg":"x"} and more"#, None),
        ] {
            assert_eq!(parts(line), parts_of, "{line}");
            check(line);
        }
    }

    /// Reading the line gives what was said of it; whether anything was.
    fn check(line: &str) -> bool {
        let Some(parts) = parts(line) else { return false };
        let read = read(line.as_bytes());
        assert!(read.starts && read.stream.is_none() && !read.body.contains('\n'), "{line}: {read:?}");
        assert!(parts == Parts::Fields || line.contains(&read.body), "{line}: {read:?}");
        true
    }

    #[test]
    fn what_is_said_of_real_lines_is_what_reading_gives() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
        let files = walkdir::WalkDir::new(root).into_iter().flatten().filter(|entry| entry.file_type().is_file());
        let texts = files.filter_map(|entry| std::fs::read_to_string(entry.path()).ok());
        let told = texts.map(|text| text.lines().filter(|line| check(line)).count()).sum::<usize>();
        assert!(told > 500, "{told}");
    }
}
