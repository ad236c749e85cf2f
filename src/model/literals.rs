//! Finds the places of some literals, overlapping ones too, in many texts.
//!
//! What is made at once follows failures from state to state; a table of all steps is some times as fast, but takes milliseconds to make, so
//! it comes when enough texts were searched. Which of the two answers must make no difference.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind};

/// Texts that are searched sooner than a table for them is made.
pub(crate) const FEW_TEXTS: u32 = 1000;

/// Some literals, each known by its number.
#[derive(Debug)]
pub(crate) struct Literals {
    texts: Vec<String>,
    fold: bool,
    automaton: AhoCorasick,
    table: OnceLock<Option<AhoCorasick>>,
    searched: AtomicU32,
}

impl Literals {
    /// The literals, in either case if `fold`; `None` if the automaton cannot be built.
    pub(crate) fn new(texts: Vec<String>, fold: bool) -> Option<Self> {
        let automaton = build(&texts, fold, AhoCorasickKind::ContiguousNFA)?;
        Some(Self { texts, fold, automaton, table: OnceLock::new(), searched: AtomicU32::new(0) })
    }

    /// The numbers of the literals that stand in a text, as often as they do.
    pub(crate) fn found_in(&self, text: &str) -> impl Iterator<Item = usize> {
        self.automaton().find_overlapping_iter(text).map(|found| found.pattern().as_usize())
    }

    /// What to search the next text with.
    fn automaton(&self) -> &AhoCorasick {
        if self.table.get().is_none() && self.searched.fetch_add(1, Ordering::Relaxed) < FEW_TEXTS {
            return &self.automaton;
        }
        let make = || build(&self.texts, self.fold, AhoCorasickKind::DFA);
        self.table.get_or_init(make).as_ref().unwrap_or(&self.automaton)
    }
}

fn build(texts: &[String], fold: bool, kind: AhoCorasickKind) -> Option<AhoCorasick> {
    AhoCorasickBuilder::new().kind(Some(kind)).ascii_case_insensitive(fold).build(texts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_finds_what_is_found_without_it() {
        let texts = ["he", "she", "hers", "Error: "].map(str::to_owned).to_vec();
        for (fold, found) in [(false, [1, 0, 2].as_slice()), (true, &[1, 0, 2, 3])] {
            let literals = Literals::new(texts.clone(), fold).expect("they make an automaton");
            for _ in 0..FEW_TEXTS + 2 {
                assert_eq!(literals.found_in("ushers ERROR: ").collect::<Vec<_>>(), found);
            }
            assert!(literals.table.get().is_some());
        }
    }
}
