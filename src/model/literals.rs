//! Finds the places of some literals, overlapping ones too, in many texts.
//!
//! What is made at once follows failures from state to state; a table of all steps is some times as fast, but takes milliseconds to make, so
//! it comes when enough texts were searched. Which of the two answers must make no difference.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use aho_corasick::Anchored;
use aho_corasick::automaton::Automaton;
use aho_corasick::dfa::DFA;
use aho_corasick::nfa::contiguous::NFA;

/// Texts that are searched sooner than a table for them is made.
pub(crate) const FEW_TEXTS: u32 = 1000;

/// Some literals, each known by its number.
#[derive(Debug)]
pub(crate) struct Literals {
    texts: Vec<String>,
    fold: bool,
    automaton: NFA,
    table: OnceLock<Option<DFA>>,
    searched: AtomicU32,
}

impl Literals {
    /// The literals, in either case if `fold`; `None` if the automaton cannot be built.
    pub(crate) fn new(texts: Vec<String>, fold: bool) -> Option<Self> {
        let automaton = NFA::builder().ascii_case_insensitive(fold).build(&texts).ok()?;
        Some(Self { texts, fold, automaton, table: OnceLock::new(), searched: AtomicU32::new(0) })
    }

    /// The literals in the order of their numbers.
    pub(crate) fn texts(&self) -> &[String] {
        &self.texts
    }

    /// Tells the numbers of the literals that stand in a text, as often as they do.
    pub(crate) fn each_in(&self, text: &str, tell: impl FnMut(usize)) {
        if self.table.get().is_none() && self.searched.fetch_add(1, Ordering::Relaxed) < FEW_TEXTS {
            return walk(&self.automaton, text, tell);
        }
        let make = || DFA::builder().ascii_case_insensitive(self.fold).build(&self.texts).ok();
        match self.table.get_or_init(make) {
            Some(table) => walk(table, text, tell),
            None => walk(&self.automaton, text, tell),
        }
    }
}

/// One step a byte, and a look at what ends there.
fn walk(automaton: &impl Automaton, text: &str, mut tell: impl FnMut(usize)) {
    let Ok(mut state) = automaton.start_state(Anchored::No) else { return };
    for byte in text.bytes() {
        state = automaton.next_state(Anchored::No, state, byte);
        if automaton.is_special(state) && automaton.is_match(state) {
            (0..automaton.match_len(state)).for_each(|at| tell(automaton.match_pattern(state, at).as_usize()));
        }
    }
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
                let mut told = Vec::new();
                literals.each_in("ushers ERROR: ", |literal| told.push(literal));
                assert_eq!(told, found);
            }
            assert!(literals.table.get().is_some());
        }
    }
}
