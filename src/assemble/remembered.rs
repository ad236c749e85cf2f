//! What was read in texts that lines share.
//!
//! The frames of a trace come again thousands of times, and their lines have one text in common. So what a text was found to be is
//! remembered with the text itself: to know it again takes no look at its letters. Each thread remembers for itself, and what is remembered
//! must depend on the text alone.

use std::cell::RefCell;
use std::sync::Arc;

use crate::model::LineText;

/// Texts that are remembered.
const PLACES: usize = 2048;

/// The longest of them, in bytes.
pub(super) const LONGEST: usize = 160;

/// What was read in some texts. Each text is kept alive, so that no other can stand where it does.
#[derive(Debug)]
pub(super) struct Remembered<T>(Vec<Option<(Arc<str>, T)>>);

impl<T: Clone> Remembered<T> {
    pub(super) fn new() -> Self {
        Self::of_size(PLACES)
    }

    fn of_size(places: usize) -> Self {
        Self(vec![None; places])
    }

    /// What is read in a text that other lines may have as well; `None` for one that they may not.
    pub(super) fn get_or_read(&mut self, text: &LineText, read: impl FnOnce(&str) -> T) -> Option<T> {
        let shared = text.shared().filter(|text| text.len() <= LONGEST)?;
        // Places in memory are apart by some bytes.
        let at = (Arc::as_ptr(shared).addr() >> 4) % self.0.len();
        if let Some((known, found)) = &self.0[at]
            && Arc::ptr_eq(known, shared)
        {
            return Some(found.clone());
        }
        let found = read(shared);
        self.0[at] = Some((shared.clone(), found.clone()));
        Some(found)
    }
}

/// What is read in a text, remembered if other lines may have the text as well.
pub(super) fn read<T: Clone>(known: &RefCell<Remembered<T>>, text: &LineText, read: impl Fn(&str) -> T) -> T {
    known.borrow_mut().get_or_read(text, &read).unwrap_or_else(|| read(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shared_text_is_read_once_and_taken_for_no_other() {
        let mut known = Remembered::of_size(1);
        let mut reads = 0;
        let mut length = |text: &LineText| {
            let read = |text: &str| {
                reads += 1;
                text.len()
            };
            known.get_or_read(text, read)
        };
        let shared = |text: &str| LineText::from(Arc::<str>::from(text));
        let (one, other, own) = (shared("a"), shared("bb"), LineText::from("a"));
        let found = [&one, &one, &one.clone(), &other, &one, &own, &shared(&"x".repeat(LONGEST + 1))].map(&mut length);
        assert_eq!(found, [Some(1), Some(1), Some(1), Some(2), Some(1), None, None]);
        assert_eq!(reads, 3, "the place of the one is that of the other");
    }
}
