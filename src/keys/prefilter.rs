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
