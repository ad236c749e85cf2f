//! Records that differ in numbers which tell nothing.
//!
//! Access lines differ in addresses, ports, sizes and times, so that hardly two are the same, and few differ in what they tell. The digits of
//! such numbers are disregarded where every pattern that could match takes each digit for any other and captures none of them: then
//! the patterns match the same, wherever in the text they do. Whether something was remembered never changes what is found.

use std::ops::Range;
use std::sync::Arc;

use crate::evidence::Seen;
use crate::model::numbers;
use crate::rules::{Candidate, CompiledRules};

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
        let numbers = numbers(text.as_bytes());
        for number in &numbers {
            key[number.clone()].iter_mut().filter(|byte| byte.is_ascii_digit()).for_each(|digit| *digit = b'0');
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
            (
                r#"1.2.3.4 - - [23/Nov/2026:08:55:11 +0100] "GET /v1 HTTP/1.1" 304 17 "-" 12"#,
                r#"0.0.0.0 - - [00/Nov/0000:00:00:00 +0000] "GET /v1 HTTP/1.1" 304 00 "-" 12"#,
            ),
            (r#"said "x" 200 403"#, r#"said "x" 200 000"#),
            (r#"said "x" 20 403, x" 200 4x3"#, r#"said "x" 20 403, x" 200 4x3"#),
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
