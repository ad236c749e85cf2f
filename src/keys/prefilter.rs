//! Tells which patterns of secrets could match a text, from literals that every match must contain.
//!
//! A text is held against some eighty patterns before it may be shown, and hardly any text holds a secret: one pass over its bytes says
//! which of them are worth running. It only skips. Where no literal is certain, or a text is not ASCII (the patterns fold case as
//! Unicode does), the pattern is run.

use aho_corasick::{AhoCorasick, AhoCorasickBuilder};
use regex_syntax::hir::{Class, ClassUnicode, Hir, HirKind};

use crate::rules::CompiledRules;

/// Bits of a set of patterns; what stands behind the last is always possible.
const MOST_PATTERNS: usize = 128;

/// Shorter literals stand everywhere.
const SHORTEST: usize = 2;

/// More alternatives than this are no use as a filter.
const MOST_ALTERNATIVES: usize = 64;

/// The patterns of shapes and masks of some rules, and further ones.
#[derive(Debug)]
pub struct Prefilter {
    shapes: usize,
    masks: usize,
    automaton: Option<AhoCorasick>,
    /// The patterns that a literal belongs to.
    owners: Vec<u128>,
    /// Patterns without a certain literal.
    always: u128,
}

/// Which patterns could match a text.
#[derive(Clone, Copy, Debug)]
pub struct Possible {
    shapes: usize,
    masks: usize,
    set: u128,
}

impl Prefilter {
    /// A filter for the shapes and masks of these rules and for `further` patterns.
    #[must_use]
    pub fn new<'p>(rules: &'p CompiledRules, further: impl Iterator<Item = &'p str>) -> Self {
        let shapes = rules.set.shapes.iter().map(|shape| &*shape.pattern);
        let masks = rules.set.masks.iter().map(|mask| &*mask.pattern);
        let (mut literals, mut owners, mut always) = (Vec::new(), Vec::new(), 0);
        for (at, pattern) in shapes.chain(masks).chain(further).enumerate().take(MOST_PATTERNS) {
            match required(pattern) {
                Some(required) => {
                    owners.extend(required.iter().map(|_| 1 << at));
                    literals.extend(required);
                }
                None => always |= 1 << at,
            }
        }
        // If the automaton cannot be built every pattern is run: slower, never less.
        let automaton = AhoCorasickBuilder::new().ascii_case_insensitive(true).build(literals).ok();
        Self { shapes: rules.set.shapes.len(), masks: rules.set.masks.len(), automaton, owners, always }
    }

    /// What could match this text.
    #[must_use]
    pub fn possible(&self, text: &str) -> Possible {
        let set = match self.automaton.as_ref().filter(|_| text.is_ascii()) {
            Some(automaton) => automaton
                .find_overlapping_iter(text)
                .fold(self.always, |set, hit| set | self.owners[hit.pattern().as_usize()]),
            None => u128::MAX,
        };
        Possible { shapes: self.shapes, masks: self.masks, set }
    }
}

impl Possible {
    /// Every pattern.
    #[must_use]
    pub fn everything() -> Self {
        Self { shapes: 0, masks: 0, set: u128::MAX }
    }

    /// Whether the shape with this number could stand in the text.
    #[must_use]
    pub fn shape(&self, at: usize) -> bool {
        self.has(at)
    }

    /// Whether the mask with this number could.
    #[must_use]
    pub fn mask(&self, at: usize) -> bool {
        self.has(self.shapes + at)
    }

    /// Whether the further pattern with this number could.
    #[must_use]
    pub fn further(&self, at: usize) -> bool {
        self.has(self.shapes + self.masks + at)
    }

    fn has(&self, at: usize) -> bool {
        at >= MOST_PATTERNS || self.set >> at & 1 == 1
    }
}

/// Literals in lower case of which every match in an ASCII text contains one, whatever its case.
fn required(pattern: &str) -> Option<Vec<String>> {
    let hir = regex_syntax::parse(pattern).ok()?;
    best(&hir).filter(|set| shortest(set) >= SHORTEST)
}

fn best(hir: &Hir) -> Option<Vec<String>> {
    match hir.kind() {
        HirKind::Literal(_) | HirKind::Class(_) => exact(hir),
        HirKind::Capture(capture) => best(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => best(&repetition.sub),
        HirKind::Concat(parts) => concat(parts),
        HirKind::Alternation(parts) => {
            let all = parts.iter().map(best).collect::<Option<Vec<_>>>()?.concat();
            (all.len() <= MOST_ALTERNATIVES).then_some(all)
        }
        _ => None,
    }
}

/// The most telling set among the parts, neighbouring literals glued.
fn concat(parts: &[Hir]) -> Option<Vec<String>> {
    let mut candidates: Vec<Vec<String>> = Vec::new();
    let mut running: Option<Vec<String>> = None;
    for part in parts {
        let exact = exact(part);
        if exact.is_none() {
            candidates.extend(best(part));
        }
        running = match (running.take(), exact) {
            (Some(left), Some(right)) if left.len() * right.len() <= MOST_ALTERNATIVES => {
                Some(left.iter().flat_map(|l| right.iter().map(move |r| format!("{l}{r}"))).collect())
            }
            (left, right) => {
                candidates.extend(left);
                right
            }
        };
    }
    candidates.extend(running);
    candidates.into_iter().max_by_key(|set| (shortest(set).min(8), usize::MAX - set.len()))
}

/// The strings that a part matches, in lower case, where those are only a few.
fn exact(hir: &Hir) -> Option<Vec<String>> {
    match hir.kind() {
        HirKind::Literal(literal) => std::str::from_utf8(&literal.0)
            .ok()
            .filter(|text| text.is_ascii())
            .map(|text| vec![text.to_ascii_lowercase()]),
        HirKind::Class(Class::Unicode(class)) => few(class),
        HirKind::Capture(capture) => exact(&capture.sub),
        HirKind::Alternation(parts) => {
            let all = parts.iter().map(exact).collect::<Option<Vec<_>>>()?.concat();
            (all.len() <= MOST_ALTERNATIVES).then_some(all)
        }
        _ => None,
    }
}

/// The ASCII letters of a class in lower case, where those are only a few.
fn few(class: &ClassUnicode) -> Option<Vec<String>> {
    const MOST: usize = 6;
    let ascii = class.iter().filter(|range| range.start().is_ascii());
    let chars = ascii.flat_map(|range| range.start()..=range.end().min('\x7f'));
    let mut letters: Vec<char> = chars.take(2 * MOST + 1).map(|c| c.to_ascii_lowercase()).collect();
    letters.sort_unstable();
    letters.dedup();
    (!letters.is_empty() && letters.len() <= MOST).then(|| letters.into_iter().map(String::from).collect())
}

fn shortest(set: &[String]) -> usize {
    set.iter().map(String::len).min().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::required;

    #[test]
    fn literals_are_what_every_match_contains() {
        let said = |pattern: &str| required(pattern).map(|set| set.join(","));
        assert_eq!(said(r"\bsk-proj-[A-Za-z0-9_-]{40,}").as_deref(), Some("sk-proj-"));
        assert_eq!(said(r"(?i)bearer\s+\S{12}").as_deref(), Some("bearer"));
        assert_eq!(said(r"(?i)(?:pwd|api[-_ ]?key)=\S+").as_deref(), Some("pwd,key"));
        assert_eq!(said(r"\b[0-9a-f]{32}\b"), None);
        assert_eq!(said(r"(?:token)?x\d"), None);
        assert_eq!(said(r"xox[ab]-\d").as_deref(), Some("xoxa-,xoxb-"));
    }
}
