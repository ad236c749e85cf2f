//! Records that differ in numbers which tell nothing.
//!
//! Access lines differ in addresses, ports, sizes and times, so that hardly two are the same, and few differ in what they tell. The digits of
//! such numbers are disregarded where every pattern that could match takes each digit for any other and captures none of them: then
//! the patterns match the same, wherever in the text they do. Whether something was remembered never changes what is found.

use std::ops::Range;
use std::sync::Arc;

use crate::evidence::Seen;
use crate::rules::{Candidate, CompiledRules};

/// Shorter numbers may be a status.
const SHORTEST_NUMBER: usize = 4;

/// Longest time of an access line, with its zone and the bracket behind it.
const LONGEST_TIME: usize = 32;

/// What records that are alike tell.
#[derive(Clone)]
pub(super) enum Alike {
    /// All of them the same: outcomes, or something that is more than an outcome.
    Told(Option<Arc<[Seen]>>),
    /// Each something else.
    Each,
}

/// A text whose numbers are disregarded, as a key, and where in the text they stand.
pub(super) struct Masked {
    pub(super) key: Vec<u8>,
    numbers: Vec<Range<usize>>,
}

impl Masked {
    /// The text and its candidates, if those take every digit for any other.
    pub(super) fn new(rules: &CompiledRules, text: &str, signals: &[Candidate]) -> Option<Self> {
        if !signals.iter().all(|(signal, pattern)| rules.signal(*signal).digits_alike(*pattern)) {
            return None;
        }
        let mut key = Vec::with_capacity(text.len() + signals.len() * 3 + 1);
        key.extend_from_slice(text.as_bytes());
        let bytes = text.as_bytes();
        let mut numbers: Vec<Range<usize>> = Vec::new();
        for from in std::iter::once(0).chain(memchr::memchr3_iter(b' ', b'"', b'[', bytes).map(|at| at + 1)) {
            let len = number(&bytes[from..]);
            if len > 0 && numbers.last().is_none_or(|last| last.end <= from) {
                key[from..from + len].iter_mut().filter(|byte| byte.is_ascii_digit()).for_each(|digit| *digit = b'0');
                numbers.push(from..from + len);
            }
        }
        for (signal, pattern) in signals {
            key.extend(signal.0.to_le_bytes());
            key.push(pattern.map_or(0, |at| at + 1));
        }
        key.push(u8::try_from(signals.len()).ok()?);
        Some(Self { key, numbers })
    }

    /// Whether something that a candidate captures holds one of the numbers.
    pub(super) fn is_captured(&self, rules: &CompiledRules, text: &str, signals: &[Candidate]) -> bool {
        let found = signals.iter().filter_map(|(signal, pattern)| rules.signal(*signal).captures(*pattern, text));
        let captured: Vec<Range<usize>> = found.flat_map(|found| found.groups).map(|(_, range)| range).collect();
        let meets = |number: &Range<usize>| captured.iter().any(|c| c.start < number.end && number.start < c.end);
        self.numbers.iter().any(meets)
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::RuleSet;

    #[test]
    fn numbers_that_tell_nothing_are_masked() {
        let rules = CompiledRules::new(RuleSet::embedded().expect("built-in rules")).expect("built-in rules");
        for (text, masked) in [
            (
                r#"10.2.3.4 - - [23/Nov/2026:08:55:11 +0100] "GET /v1/4711 HTTP/1.1" 200 51234"#,
                r#"00.0.0.0 - - [00/Nov/0000:00:00:00 +0000] "GET /v1/4711 HTTP/1.1" 200 00000"#,
            ),
            ("10.154.89.221:498201 - x", "00.000.00.000:000000 - x"),
            (
                "took 1234ms for 12345 of v20261123, id-20261123, 1.5",
                "took 1234ms for 00000 of v20261123, id-20261123, 1.5",
            ),
            ("é 12:30:45 2026-11-23", "é 12:30:45 2026-11-23"),
        ] {
            let key = Masked::new(&rules, text, &[]).expect("nothing tells digits apart").key;
            assert_eq!(String::from_utf8_lossy(&key), format!("{masked}\0"));
        }
    }

    #[test]
    fn a_number_that_is_captured_is_told() {
        let rules = CompiledRules::new(RuleSet::embedded().expect("built-in rules")).expect("built-in rules");
        for (rest, captured) in [("200 51234", false), ("20051", true)] {
            let text = format!(r#"10.2.3.4 - - [23/Nov/2026:08:55:11 +0100] "GET /v1/4711 HTTP/1.1" {rest}"#);
            let alike = |(signal, pattern): &Candidate| rules.signal(*signal).digits_alike(*pattern);
            let signals: Vec<Candidate> = rules.candidates(&text).into_iter().filter(alike).collect();
            let masked = Masked::new(&rules, &text, &signals).expect("nothing tells digits apart");
            assert_eq!(masked.is_captured(&rules, &text, &signals), captured, "{text}");
        }
    }

    #[test]
    fn a_pattern_that_tells_digits_apart_forbids_it() {
        let rules = CompiledRules::new(RuleSet::embedded().expect("built-in rules")).expect("built-in rules");
        let text = "GET https://api.openai.com/v1/models Error code: 401 for 12345";
        let signals = rules.candidates(text);
        assert!(!signals.is_empty() && Masked::new(&rules, text, &signals).is_none());
    }
}
