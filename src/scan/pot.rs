//! Evidence that many tasks add to at a time.
//!
//! There are as many parts as tasks ever ran at once, not one for each task: what is in flight does not grow with the input, and nothing is
//! built only to be merged. Which task added to which part must not show, and does not: evidence knows no order.

use std::sync::{Mutex, PoisonError};

use crate::evidence::Evidence;

/// Observations that a part takes before its maps are held against their caps again.
const UNCHECKED: usize = 4096;

/// The parts that nobody is adding to.
#[derive(Default)]
pub(super) struct Pot {
    parts: Mutex<Vec<Part>>,
}

#[derive(Default)]
struct Part {
    evidence: Evidence,
    unchecked: usize,
}

impl Pot {
    /// Lends a part to `adding`, which says how many observations it added.
    pub(super) fn add(&self, adding: impl FnOnce(&mut Evidence) -> usize) {
        let lent = self.parts.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut part = lent.unwrap_or_default();
        part.unchecked += adding(&mut part.evidence);
        if part.unchecked >= UNCHECKED {
            part.unchecked = 0;
            part.evidence.bound();
        }
        self.parts.lock().unwrap_or_else(PoisonError::into_inner).push(part);
    }

    /// All that was added; complete when no task is running.
    pub(super) fn total(&self) -> Evidence {
        let parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut total = Evidence::default();
        parts.iter().for_each(|part| total.merge(part.evidence.clone()));
        total
    }
}
