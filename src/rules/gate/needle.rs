//! What a literal looks like in a file, and whether it stands where a piece of it was found.
//!
//! A file may have escaped a literal for JSON any number of times, or for the web, and what a record says as `key=value` may be `"key": "value"`
//! there; so only a piece that none of this changes is looked for, and the rest is held against what stands around it. Where that cannot be
//! told it counts as standing there.

use std::ops::Range;

use super::{Reach, Wanted};
use crate::model::SignalId;
use crate::rules::every_match::{SHORTEST, is_seam, plainest, unescaped};

/// Stands in what is around a piece for the blank or the dot where fields are joined. No literal has it: it is a control character.
const SEAM: u8 = 1;

/// What a field's name and value are written with in JSON.
const FIELD_MARKS: &[u8] = b"\"\\:,{}[";

/// A literal, where a piece of it stands.
#[derive(Clone, Debug)]
pub(super) struct Needle {
    pub(super) reach: Reach,
    /// The signal, and which of its patterns the literal is certain in.
    pub(super) signal: Option<(SignalId, Option<u8>)>,
    pub(super) around: Around,
    /// Upper and lower case are the same.
    pub(super) folded: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Around {
    /// The rest of the literal, before and behind the piece.
    Rest(Box<[u8]>, Box<[u8]>),
    /// A word that may be a level.
    Word,
    /// Where the piece stands, the literal may stand.
    Nothing,
}

impl Needle {
    /// Whether the literal stands in the line, where its piece was found.
    pub(super) fn holds(&self, line: &[u8], place: &Range<usize>) -> bool {
        let (before, behind) = (&line[..place.start], &line[place.end..]);
        match &self.around {
            Around::Nothing => true,
            Around::Word => is_level(before, behind),
            Around::Rest(left, right) => {
                ends_with(before, left, self.folded)
                    && starts_with(behind, right, self.folded)
                    && (self.signal.is_some() || !is_logged_place(right, behind))
            }
        }
    }
}

/// Whether a word can be a level: not within a path or a class, and not the key of a field.
fn is_level(before: &[u8], behind: &[u8]) -> bool {
    let part = matches!(before.last(), Some(b'/' | b'.')) || matches!(behind.first(), Some(b'/' | b'.' | b'=' | b'('));
    !part && !behind.starts_with(b"\":") && !behind.starts_with(b"\\\":")
}

/// `controller.go:231]`: the place of a logging call, which is no frame.
fn is_logged_place(right: &[u8], behind: &[u8]) -> bool {
    let place = right == b":" || right.is_empty() && behind.first().is_some_and(u8::is_ascii_digit);
    let rest = behind.strip_prefix(right).unwrap_or(behind);
    let digits = rest.iter().take(7).take_while(|byte| byte.is_ascii_digit()).count();
    place && digits > 0 && rest.get(digits) == Some(&b']')
}

/// Whether raw text begins with `wanted`, however it is escaped.
fn starts_with(raw: &[u8], wanted: &[u8], folded: bool) -> bool {
    let mut at = 0;
    for &byte in wanted {
        if raw.get(at) == Some(&b'\n') {
            // The literal goes on on the next line.
            return byte == b'\n';
        }
        match step(&raw[at..], byte, folded) {
            Some(Some(taken)) => at += taken,
            Some(None) => return true,
            None => return false,
        }
    }
    true
}

/// Bytes that `byte` takes at the start of raw text, in any of its escaped forms; `Some(None)` where that cannot be told.
fn step(raw: &[u8], byte: u8, folded: bool) -> Option<Option<usize>> {
    if !byte.is_ascii() {
        return Some(None);
    }
    let slashes = raw.iter().take(16).take_while(|b| **b == b'\\').count();
    let next = raw.get(slashes).copied();
    match byte {
        SEAM if matches!(raw.first(), Some(b' ' | b'.')) => Some(Some(1)),
        SEAM => raw.first().is_some_and(|first| FIELD_MARKS.contains(first)).then_some(None),
        b'=' if raw.first().is_some_and(|first| FIELD_MARKS.contains(first)) => Some(None),
        b'"' | b'/' | b'\'' if next == Some(byte) => Some(Some(slashes + 1)),
        b'\\' if slashes > 0 => Some(Some(slashes)),
        b'\t' | b'\n' | b'\r' if raw.first() == Some(&byte) => Some(Some(1)),
        b'\t' if slashes > 0 && next == Some(b't') => Some(Some(slashes + 1)),
        b'\n' if slashes > 0 && next == Some(b'n') => Some(Some(slashes + 1)),
        b'\r' if slashes > 0 && next == Some(b'r') => Some(Some(slashes + 1)),
        _ if byte.is_ascii_control() && (raw.starts_with(b"#0") || slashes > 0) => Some(None),
        // Markup in a paste.
        b'"' | b'\'' | b'<' | b'>' | b'&' if raw.first() == Some(&b'&') => Some(None),
        _ => raw.first().is_some_and(|first| same(*first, byte, folded)).then_some(Some(1)),
    }
}

fn same(byte: u8, wanted: u8, folded: bool) -> bool {
    byte == wanted || folded && byte.eq_ignore_ascii_case(&wanted)
}

/// Whether raw text ends with `wanted`, however it is escaped.
fn ends_with(raw: &[u8], wanted: &[u8], folded: bool) -> bool {
    let mut rest = raw;
    for &byte in wanted.iter().rev() {
        let last = rest.last().copied();
        if !byte.is_ascii()
            || byte.is_ascii_control()
            || byte == b'=' && (rest.ends_with(b": ") || last.is_some_and(|last| FIELD_MARKS.contains(&last)))
            || last == Some(b';') && matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'&')
        {
            return true;
        }
        // What stands before an escaped character is its backslash.
        let trimmed = rest.split_last().filter(|(last, _)| same(**last, byte, folded)).map(|(_, left)| left);
        rest = match trimmed {
            Some(left) if matches!(byte, b'"' | b'/' | b'\'') => {
                &left[..left.len() - left.iter().rev().take(16).take_while(|b| **b == b'\\').count()]
            }
            Some(left) => left,
            None => return false,
        };
    }
    true
}

/// The pieces by which a literal can be found in a file, which may have escaped it for JSON any number of times. Of a long literal the
/// longest part that escaping leaves alone is enough; a short one is looked for as it is and up to its first escape. A signal's literal with
/// `=` may be a field's name and value: no part reaches over that, nor over the seams of fields.
pub(super) fn raw_forms(
    literal: &str,
    folded: bool,
    reach: Reach,
    signal: Option<(SignalId, Option<u8>)>,
) -> Vec<(Wanted, Needle)> {
    let wanted = |text: &str, around| (Wanted::anywhere(text, folded), Needle { reach, signal, around, folded });
    // A line is looked at by itself; what stands before or behind its end is as good as the whole.
    let sure =
        |form: String| wanted(form.split('\n').max_by_key(|part| part.len()).unwrap_or_default(), Around::Nothing);
    // Grammars look into texts, not between fields.
    let joined = signal.is_some() && literal.contains('=');
    let piece = if joined { plainest(literal) } else { unescaped(literal) };
    if piece.len() >= SHORTEST {
        let at = piece.as_ptr() as usize - literal.as_ptr() as usize;
        let mut rest = literal.as_bytes().to_vec();
        (0..rest.len()).filter(|at| joined && is_seam(literal.as_bytes(), *at)).for_each(|at| rest[at] = SEAM);
        let around = Around::Rest(rest[..at].into(), rest[at + piece.len()..].into());
        return vec![wanted(piece, around)];
    }
    if !literal.is_ascii() {
        let escaped = literal.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
        return vec![sure(literal.to_owned()), sure(escaped)];
    }
    let mut forms = vec![sure(literal.to_owned())];
    if let Some((key, _)) = literal.split_once('=').filter(|_| joined) {
        // The key in JSON, however often that was escaped.
        let key = key.rsplit([' ', '.']).next().unwrap_or_default();
        forms.extend(["\":", "\" ", "\\\"", "\\\\"].map(|behind| sure(format!("{key}{behind}"))));
    }
    let changed = |c: char| c.is_ascii_control() || "\"\\/".contains(c);
    if literal.contains('\t') {
        forms.extend([literal.replace('\t', "\\t"), literal.replace('\t', "#011")].map(sure));
    } else if let Some((at, _)) = literal.char_indices().skip(1).find(|(_, c)| changed(*c)) {
        // An escape puts a backslash before the character; one before a leading quote changes nothing.
        forms.push(sure(format!("{}\\", &literal[..at])));
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_do_not_hide_a_literal() {
        for (raw, wanted) in [
            ("\\\": x", "\": x"),
            ("\": x", "\": x"),
            ("\\\\\\\"/", "\"/"),
            ("\\/v1", "/v1"),
            ("\\tat", "\tat"),
            ("#011at", "\tat"),
            ("&quot;x", "\"x"),
            ("\\u00e9", "é"),
        ] {
            assert!(starts_with(raw.as_bytes(), wanted.as_bytes(), false), "{raw} {wanted}");
        }
        assert!(!starts_with(b"x: y", b"\": y", false));
        for (raw, wanted) in [("a \\\"", " \""), ("a\"", "\""), ("a&quot;", "\""), ("\\t", "\t"), ("\\/v1", "/v1")] {
            assert!(ends_with(raw.as_bytes(), wanted.as_bytes(), false), "{raw} {wanted}");
        }
        assert!(!ends_with(b"x", b"\"", false));
    }

    #[test]
    fn no_piece_reaches_over_the_end_of_a_line() {
        for literal in ["abc\nde", "\nabcd", "a\nbc\nd", "abc\tde\nf"] {
            let forms = raw_forms(literal, true, Reach::Around, Some((SignalId(0), None)));
            assert!(!forms.is_empty() && forms.iter().all(|(piece, _)| !piece.text.contains(&b'\n')), "{literal:?}");
        }
    }

    #[test]
    fn fields_do_not_hide_a_literal() {
        let signal = Some((SignalId(0), None));
        for (literal, raw) in [
            (" method=post", r#"{"msg":"done","Method":"POST"}"#),
            (" method=post", r#"{"msg":"done","http":{"method":"POST"}}"#),
            ("http.method=post", r#"{"msg":"done","http":{"method":"POST"}}"#),
            ("failed reason=\"no ", r#"{\"msg\":\"failed\",\"reason\":\"no more\"}"#),
            ("reason=no ", r#"{"reason": "no", "x": 1}"#),
            (" id=", r#"{"msg":"x","id":7}"#),
            ("url=http", "url=http://x"),
        ] {
            let found = raw_forms(literal, true, Reach::Line, signal).into_iter().any(|(piece, needle)| {
                let folded = raw.to_ascii_lowercase();
                let place = folded.find(std::str::from_utf8(&piece.text).expect("a text"));
                place.is_some_and(|at| needle.holds(raw.as_bytes(), &(at..at + piece.text.len())))
            });
            assert!(found, "{literal} in {raw}");
        }
        let (_, needle) = raw_forms("method=post", true, Reach::Line, signal).remove(0);
        assert!(!needle.holds(b"the method is post", &(4..10)));
    }
}
