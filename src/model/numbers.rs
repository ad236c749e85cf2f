//! Numbers in a text that name nothing: addresses, the time of an access line, many digits.
//!
//! Lines differ in them more than in anything else. Whether a rule asks for one all the same is for others to say.

use std::ops::Range;

/// Shorter numbers may be a status.
const SHORTEST_NUMBER: usize = 4;

/// Longest time of an access line, with its zone and the bracket behind it.
const LONGEST_TIME: usize = 32;

/// Where such numbers stand in a text, in order: behind its beginning, a blank, a quote or a bracket.
pub(crate) fn numbers(text: &[u8]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let len = number(&text[at..]);
        if len > 0 {
            found.push(at..at + len);
        }
        at += len;
        while at < text.len() && !matches!(text[at], b' ' | b'"' | b'[') {
            at += 1;
        }
        at += 1;
    }
    found
}

/// Length of the number that a text begins with and that tells nothing: an address, the time of an access line, or many digits; 0 for
/// others.
fn number(text: &[u8]) -> usize {
    if !text.first().is_some_and(u8::is_ascii_digit) {
        return 0;
    }
    if let [_, _, b'/', _, _, _, b'/', _, _, _, _, b':', ..] = text {
        return text.iter().take(LONGEST_TIME).position(|byte| *byte == b']').unwrap_or(0);
    }
    let (mut len, mut dots, mut colons) = (0, 0, 0);
    while let Some(byte @ (b'0'..=b'9' | b'.' | b':')) = text.get(len) {
        dots += usize::from(*byte == b'.');
        colons += usize::from(*byte == b':');
        len += 1;
    }
    let is_number = dots == 3 && colons < 2 || dots + colons == 0 && len >= SHORTEST_NUMBER;
    let ends = matches!(text.get(len), None | Some(b' ' | b'"' | b']' | b')' | b',' | b';'));
    if is_number && ends { len } else { 0 }
}
