//! Tells whether one of a few texts stands in a line.
//!
//! Asked of most lines that are read at all, so it looks at many bytes at once and for all texts in one pass. It knows one case only:
//! whoever disregards case folds the line once for all the sets that are held against it.

use aho_corasick::packed::{Config, Searcher};
use memchr::memmem::Finder;

/// A set of texts, made ready.
#[derive(Debug)]
pub(crate) enum AnyOf {
    /// All at once.
    Packed(Searcher),
    /// One by one, where the machine or the number of texts does not allow that.
    Each(Vec<Finder<'static>>),
}

impl AnyOf {
    /// A set of texts, none of them empty.
    pub(crate) fn new<T: AsRef<str>>(texts: &[T]) -> Self {
        let bytes = || texts.iter().map(|text| text.as_ref().as_bytes());
        let each = || bytes().map(|text| Finder::new(text).into_owned()).collect();
        // A search for a single text has a way of its own.
        let packed = (texts.len() > 1).then(|| Config::new().builder().extend(bytes()).build()).flatten();
        packed.map_or_else(|| Self::Each(each()), Self::Packed)
    }

    /// Whether one of the texts stands there.
    pub(crate) fn stands_in(&self, line: &[u8]) -> bool {
        match self {
            Self::Packed(searcher) => searcher.find(line).is_some(),
            Self::Each(finders) => finders.iter().any(|finder| finder.find(line).is_some()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_and_many_texts_are_found_wherever_they_stand() {
        let many: Vec<String> = (0..200).map(|n| format!("<{n}>")).collect();
        for texts in [&many[..1], &many[..2], &many[..9], &many[..]] {
            let set = AnyOf::new(texts);
            for gap in [0, 3, 200] {
                let blanks = " ".repeat(gap);
                for text in texts {
                    assert!(set.stands_in(format!("{blanks}{text}{blanks}").as_bytes()), "{text} behind {gap}");
                }
                assert!(!set.stands_in(format!("{blanks}<x>{blanks}").as_bytes()));
            }
        }
    }
}
