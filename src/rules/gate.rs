//! Tells which lines of a raw block could matter, from literals derived from the rules and grammars.
//!
//! The gate only skips: a line without any of its literals can neither match a signal nor open an exception. It works on bytes as they
//! stand in the file, inside JSON or colours, so it looks only for pieces that no escaping changes, and treats lines that could
//! hide a literal (escapes, partial pieces, very long lines) as hits.

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, MatchKind};
use memchr::memchr;

use super::compile::CompiledRules;
use super::literals::SHORTEST;

/// Literals that can hide others: colours, JSON escapes of letters, pieces cut by a transport.
const VEILS: [&str; 7] = ["\x1b", "\\u00", "\\x1b", "stdout P", "stderr P", "#033", "\0"];

/// A longer line may be a piece that a transport cut inside a literal.
const LONG_LINE: usize = 8 * 1024;

/// Looks for lines that could matter.
#[derive(Debug)]
pub struct Gate {
    automaton: Option<AhoCorasick>,
}

impl Gate {
    /// A gate for these rules and the grammars' literals.
    #[must_use]
    pub fn new(rules: &CompiledRules, grammar_literals: &[&str]) -> Self {
        let from_rules = rules.signals.iter().flat_map(|s| s.literals.iter().map(String::as_str));
        let literals = from_rules.chain(grammar_literals.iter().copied());
        let mut pieces: Vec<String> = literals.flat_map(raw_forms).chain(VEILS.map(ToOwned::to_owned)).collect();
        pieces.sort_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
        // A piece that contains a shorter one adds nothing.
        let mut kept: Vec<String> = Vec::new();
        for piece in pieces {
            if !kept.iter().any(|k| piece.contains(k.as_str())) {
                kept.push(piece);
            }
        }
        // If the automaton cannot be built every line passes: slower, never less.
        Self { automaton: AhoCorasickBuilder::new().match_kind(MatchKind::LeftmostFirst).build(&kept).ok() }
    }

    /// A gate that lets every line pass.
    #[must_use]
    pub fn open() -> Self {
        Self { automaton: None }
    }

    /// Calls `line` with the byte range of each line of the block (without its newline) and whether it is a hit.
    pub fn lines(&self, block: &[u8], mut line: impl FnMut(std::ops::Range<usize>, bool)) {
        let mut start = 0;
        let mut next_hit = self.find(block, 0);
        while start < block.len() {
            let end = memchr(b'\n', &block[start..]).map_or(block.len(), |at| start + at);
            let hit = end - start > LONG_LINE || next_hit.is_some_and(|at| at < end);
            line(start..end, hit);
            start = end + 1;
            if next_hit.is_some_and(|at| at < start) {
                next_hit = self.find(block, start);
            }
        }
    }

    fn find(&self, block: &[u8], from: usize) -> Option<usize> {
        match &self.automaton {
            None => Some(from),
            Some(_) if from >= block.len() => None,
            Some(automaton) => automaton.find(aho_corasick::Input::new(block).range(from..)).map(|hit| hit.start()),
        }
    }
}

/// The forms in which a literal can stand in a file, which may have escaped it for JSON any number of times. Of a long literal the longest
/// part that escaping leaves alone is enough; a short one is looked for as it is and up to its first escape.
fn raw_forms(literal: &str) -> Vec<String> {
    let changed = |c: char| !c.is_ascii() || c.is_ascii_control() || "\"\\/".contains(c);
    if let Some(piece) = literal.split(changed).max_by_key(|piece| piece.len()).filter(|piece| piece.len() >= SHORTEST)
    {
        return vec![piece.to_owned()];
    }
    if !literal.is_ascii() {
        let escaped = literal.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
        return vec![literal.to_owned(), escaped];
    }
    let mut forms = vec![literal.to_owned()];
    if literal.contains('\t') {
        forms.extend([literal.replace('\t', "\\t"), literal.replace('\t', "#011")]);
    } else if let Some((at, _)) = literal.char_indices().skip(1).find(|(_, c)| changed(*c)) {
        // An escape puts a backslash before the character; one before a leading quote changes nothing.
        forms.push(format!("{}\\", &literal[..at]));
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::RuleSet;

    #[test]
    fn every_literal_has_a_form_to_look_for() {
        let rules = CompiledRules::new(RuleSet::embedded().expect("built-in rules")).expect("built-in rules");
        let grammars: Vec<&str> = crate::assemble::literals().collect();
        let from_rules = rules.signals.iter().flat_map(|s| s.literals.iter().map(String::as_str));
        let hopeless: Vec<&str> =
            from_rules.chain(grammars.iter().copied()).filter(|l| raw_forms(l).iter().any(|f| f.len() < 3)).collect();
        assert_eq!(hopeless, Vec::<&str>::new(), "these would switch the gate off");
        assert!(Gate::new(&rules, &grammars).automaton.is_some());
    }

    #[test]
    fn a_clean_line_is_no_hit_and_an_escaped_stack_is_one() {
        let rules = CompiledRules::new(RuleSet::embedded().expect("built-in rules")).expect("built-in rules");
        let grammars: Vec<&str> = crate::assemble::literals().collect();
        let gate = Gate::new(&rules, &grammars);
        let block = b"item 7 took 12 ms\n{\"stack\":\"Oops\\n\\tat com.acme.A.f(A.java:3)\"}\nall is well\n";
        let mut hits = Vec::new();
        gate.lines(block, |_, hit| hits.push(hit));
        assert_eq!(hits, [false, true, false]);
    }
}
