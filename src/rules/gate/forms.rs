//! Lines that could matter for what they are, whatever literals stand in them.
//!
//! They are too long, cut, veiled, or at a level that their first bytes tell. Every line that is looked at is asked, so it must take next to
//! nothing.

use memchr::{memchr2, memmem};

use super::{LONG_LINE, Reach, VEILING};
use crate::model::Bounds;

/// How far a line reaches for what it is.
pub(super) fn reach(line: &[u8]) -> Option<Reach> {
    let hides = || line.len() > LONG_LINE || is_cut_piece(line) || memchr2(VEILING.0, VEILING.1, line).is_some();
    if hides() {
        return Some(Reach::Around);
    }
    leads_with_level(line).then_some(Reach::Level)
}

/// Settles for lines within the bounds what their form makes of them.
pub(super) fn settle(line: &[u8], bounds: &mut Bounds) {
    if let [b'E' | b'F', b'0'..=b'9', ..] = line {
        bounds.fix(line, 1..2);
    }
}

/// A piece of a line that docker's json-file driver cut, where the line end is missing in what was logged; or one that GitLab says belongs
/// to the line above: `T 01E+rest`.
fn is_cut_piece(line: &[u8]) -> bool {
    let gitlab = || {
        let at = line.iter().take(40).position(|byte| *byte == b' ').unwrap_or(0);
        matches!(line.get(at + 3..at + 5), Some(b"O+" | b"E+"))
    };
    (line.starts_with(b"{\"log\":\"") && memmem::find(line, b"\\n\",\"").is_none())
        || (line.get(10) == Some(&b'T') && line[0].is_ascii_digit() && gitlab())
}

/// Levels that are told by the line's first bytes: a syslog priority, klog's letter, Ruby's.
fn leads_with_level(line: &[u8]) -> bool {
    matches!(
        line,
        [b'<', b'0'..=b'9', ..] | [b'E' | b'F', b'0' | b'1', b'0'..=b'9', ..] | [b'E' | b'F', b',', b' ', b'[', ..]
    )
}
