//! Numbers in a text that name nothing: addresses, the time of an access line, sizes, many digits.
//!
//! Lines differ in them more than in anything else. Whether a rule asks for one all the same is for others to say.

use std::ops::Range;

/// Shorter numbers may be a status.
const SHORTEST_NUMBER: usize = 4;

/// Longest time of an access line, with its zone and the bracket behind it.
const LONGEST_TIME: usize = 32;

/// Where such numbers stand in a text, in order: at its beginning, or behind a blank, a quote or a bracket.
pub(crate) fn numbers(text: &[u8]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let begins = |pair: &[u8]| pair[1].is_ascii_digit() && matches!(pair[0], b' ' | b'"' | b'[');
    let behind = text.windows(2).zip(1..).filter(|(pair, _)| begins(pair)).map(|(_, at)| at);
    for at in std::iter::once(0).chain(behind) {
        // The time of an access line has a blank in it.
        if found.last().is_some_and(|last| at < last.end) {
            continue;
        }
        let len = number(&text[..at], &text[at..]);
        if len > 0 {
            found.push(at..at + len);
        }
    }
    found
}

/// Length of the number that a text begins with and that tells nothing: an address, the time of an access line, the size behind a status,
/// or many digits; 0 for others.
fn number(before: &[u8], text: &[u8]) -> usize {
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
    let is_plain = dots + colons == 0;
    let is_number = dots == 3 && colons < 2 || is_plain && (len >= SHORTEST_NUMBER || ends_with_status(before));
    let ends = matches!(text.get(len), None | Some(b' ' | b'"' | b']' | b')' | b',' | b';'));
    if is_number && ends { len } else { 0 }
}

/// `" 200 `: behind a request and its status an access line has the size of the answer, which may be small.
fn ends_with_status(text: &[u8]) -> bool {
    matches!(text, [.., b'"', b' ', a, b, c, b' '] if [a, b, c].iter().all(|byte| byte.is_ascii_digit()))
}
