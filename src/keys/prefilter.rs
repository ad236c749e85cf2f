//! Tells which patterns of secrets could match a text, from literals that every match must contain.
//!
//! A text is held against some eighty patterns before it may be shown, and hardly any text holds a secret: one pass over its bytes says
//! which of them are worth running. It only skips. Where no literal is certain, or a text is not ASCII (the patterns fold case as
//! Unicode does), the pattern is run. Must never work out literals itself: a pattern brings them.

use crate::model::Literals;
use crate::rules::{CompiledRules, Lazy};

/// Bits of a set of patterns; what stands behind the last is always possible.
const MOST_PATTERNS: usize = 128;

/// The patterns of shapes and masks of some rules, and further ones.
#[derive(Debug)]
pub struct Prefilter {
    shapes: usize,
    masks: usize,
    literals: Option<Literals>,
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
    pub fn new<'p>(rules: &'p CompiledRules, further: impl Iterator<Item = &'p Lazy>) -> Self {
        let (mut literals, mut owners, mut always) = (Vec::<String>::new(), Vec::new(), 0);
        let patterns = rules.shapes.iter().chain(&rules.masks).chain(further);
        for (at, pattern) in patterns.enumerate().take(MOST_PATTERNS) {
            let before = literals.len();
            literals.extend(pattern.certain().map(str::to_owned));
            owners.resize(literals.len(), 1 << at);
            if literals.len() == before {
                always |= 1 << at;
            }
        }
        // If they cannot be searched for every pattern is run: slower, never less.
        let literals = Literals::new(literals, true);
        Self { shapes: rules.shapes.len(), masks: rules.masks.len(), literals, owners, always }
    }

    /// What could match this text.
    #[must_use]
    pub fn possible(&self, text: &str) -> Possible {
        let set = match self.literals.as_ref().filter(|_| text.is_ascii()) {
            Some(literals) => {
                let mut set = self.always;
                literals.each_in(text, |literal| set |= self.owners[literal]);
                set
            }
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

    /// The numbers of the shapes that could stand in the text, of so many.
    pub fn shapes(&self, count: usize) -> impl Iterator<Item = usize> {
        self.of(0, count)
    }

    /// The numbers of the masks that could.
    pub fn masks(&self, count: usize) -> impl Iterator<Item = usize> {
        self.of(self.shapes, count)
    }

    /// The numbers of the further patterns that could.
    pub fn further(&self, count: usize) -> impl Iterator<Item = usize> {
        self.of(self.shapes + self.masks, count)
    }

    /// The numbers of those possible among the patterns from the first on, counted from there.
    fn of(&self, first: usize, count: usize) -> impl Iterator<Item = usize> {
        let end = first + count;
        let from = |at: usize| if at < MOST_PATTERNS { u128::MAX << at } else { 0 };
        let mut rest = self.set & from(first) & !from(end);
        let told = std::iter::from_fn(move || {
            let at = rest.trailing_zeros() as usize;
            rest &= rest.wrapping_sub(1);
            (at < MOST_PATTERNS).then_some(at)
        });
        told.chain(first.max(MOST_PATTERNS)..end).map(move |at| at - first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_bit_is_always_possible() {
        let possible = Possible { shapes: 3, masks: 100, set: 0b1_0110 | 1 << 126 };
        assert_eq!(possible.shapes(3).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(possible.masks(100).collect::<Vec<_>>(), [1]);
        assert_eq!(possible.further(30).collect::<Vec<_>>(), [23, 25, 26, 27, 28, 29]);
        assert_eq!(Possible::everything().further(130).count(), 130);
        assert_eq!(Possible { set: 0, ..possible }.further(25).count(), 0);
    }
}
