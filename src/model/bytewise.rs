//! Questions that are asked of every line, answered byte by byte.
//!
//! The grammars take lines apart millions of times, and the standard library's answers cost most of that: they decode characters to find
//! white space, and set up a search for one sign or a few. Each answer here is the same as that of the method it is named beside, for any text.

/// What a text has around, before or between signs.
pub(crate) trait Bytewise {
    /// [`str::trim`].
    fn trimmed(&self) -> &str;
    /// [`str::trim_start`].
    fn trimmed_start(&self) -> &str;
    /// [`str::trim_end`].
    fn trimmed_end(&self) -> &str;
    /// Whether it is nothing but white space.
    fn is_blank(&self) -> bool;
    /// The column of its first character that is not white space; a tab counts so many, all other white space one.
    fn indent(&self, tab: usize) -> usize;
    /// [`str::contains`] of an ASCII sign.
    fn has(&self, sign: u8) -> bool;
    /// [`str::split_once`] at an ASCII sign.
    fn halves(&self, sign: u8) -> Option<(&str, &str)>;
    /// [`str::rsplit_once`] at an ASCII sign.
    fn last_halves(&self, sign: u8) -> Option<(&str, &str)>;
    /// [`str::find`] of words.
    fn find_words(&self, words: &str) -> Option<usize>;
    /// [`str::contains`] of words.
    fn has_words(&self, words: &str) -> bool;
    /// [`str::split_once`] at words.
    fn halves_at(&self, words: &str) -> Option<(&str, &str)>;
    /// What stands before the first such ASCII sign, or all of it.
    fn before(&self, sign: u8) -> &str;
    /// What stands behind the last such ASCII sign, or all of it.
    fn behind_last(&self, sign: u8) -> &str;
}

/// What names are made of somewhere: letters, digits and some marks, all ASCII.
pub(crate) struct NameBytes([bool; 256]);

impl NameBytes {
    /// Letters, digits and these marks.
    pub(crate) const fn with(marks: &[u8]) -> Self {
        let mut named = [false; 256];
        let mut byte = 0;
        while byte < 256 {
            named[byte] = (byte as u8).is_ascii_alphanumeric();
            byte += 1;
        }
        let mut mark = 0;
        while mark < marks.len() {
            named[marks[mark] as usize] = true;
            mark += 1;
        }
        Self(named)
    }

    /// How many of them a text begins with.
    #[inline]
    pub(crate) fn leading(&self, text: &[u8]) -> usize {
        text.iter().take_while(|byte| self.0[usize::from(**byte)]).count()
    }
}

/// White space as [`char::is_whitespace`] has it, in ASCII.
fn is_blank(byte: &u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | b' ')
}

impl Bytewise for str {
    #[inline]
    fn trimmed(&self) -> &str {
        self.trimmed_start().trimmed_end()
    }

    #[inline]
    fn trimmed_start(&self) -> &str {
        let bytes = self.as_bytes();
        let at = bytes.iter().position(|byte| !is_blank(byte)).unwrap_or(bytes.len());
        let rest = &self[at..];
        // There is white space beyond ASCII.
        if rest.as_bytes().first().is_some_and(|byte| !byte.is_ascii()) { rest.trim_start() } else { rest }
    }

    #[inline]
    fn trimmed_end(&self) -> &str {
        let end = self.as_bytes().iter().rposition(|byte| !is_blank(byte)).map_or(0, |at| at + 1);
        let rest = &self[..end];
        if rest.as_bytes().last().is_some_and(|byte| !byte.is_ascii()) { rest.trim_end() } else { rest }
    }

    #[inline]
    fn is_blank(&self) -> bool {
        self.trimmed_start().is_empty()
    }

    #[inline]
    fn indent(&self, tab: usize) -> usize {
        let blanks = self.bytes().take_while(|byte| *byte == b' ').count();
        let rest = self[blanks..].chars().take_while(|c| c.is_whitespace());
        blanks + rest.map(|c| if c == '\t' { tab } else { 1 }).sum::<usize>()
    }

    #[inline]
    fn has(&self, sign: u8) -> bool {
        memchr::memchr(sign, self.as_bytes()).is_some()
    }

    #[inline]
    fn halves(&self, sign: u8) -> Option<(&str, &str)> {
        debug_assert!(sign.is_ascii());
        let at = memchr::memchr(sign, self.as_bytes())?;
        Some((&self[..at], &self[at + 1..]))
    }

    #[inline]
    fn last_halves(&self, sign: u8) -> Option<(&str, &str)> {
        debug_assert!(sign.is_ascii());
        let at = memchr::memrchr(sign, self.as_bytes())?;
        Some((&self[..at], &self[at + 1..]))
    }

    fn find_words(&self, words: &str) -> Option<usize> {
        let (text, words) = (self.as_bytes(), words.as_bytes());
        let Some(first) = words.first() else { return Some(0) };
        memchr::memchr_iter(*first, text).find(|at| text[*at..].starts_with(words))
    }

    #[inline]
    fn has_words(&self, words: &str) -> bool {
        self.find_words(words).is_some()
    }

    #[inline]
    fn halves_at(&self, words: &str) -> Option<(&str, &str)> {
        let at = self.find_words(words)?;
        Some((&self[..at], &self[at + words.len()..]))
    }

    #[inline]
    fn before(&self, sign: u8) -> &str {
        self.halves(sign).map_or(self, |(before, _)| before)
    }

    #[inline]
    fn behind_last(&self, sign: u8) -> &str {
        self.last_halves(sign).map_or(self, |(_, behind)| behind)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_ends_where_another_byte_stands() {
        static NAMES: NameBytes = NameBytes::with(b"_.");
        assert_eq!(["a_9.Z:x", "", ".", "-a", "éa"].map(|text| NAMES.leading(text.as_bytes())), [5, 0, 1, 0, 0]);
    }

    proptest! {
        #[test]
        fn every_answer_is_that_of_the_standard_library(text in "[ \t\r\u{b}\u{1c}\u{a0}\u{2003}\u{85}ab:.é]{0,12}") {
            prop_assert_eq!(text.trimmed(), text.trim());
            prop_assert_eq!(text.trimmed_start(), text.trim_start());
            prop_assert_eq!(text.trimmed_end(), text.trim_end());
            prop_assert_eq!(text.is_blank(), text.trim().is_empty());
            let tabs = text.chars().take_while(|c| c.is_whitespace()).filter(|c| *c == '\t').count();
            let blanks = text.chars().count() - text.trim_start().chars().count();
            prop_assert_eq!(text.indent(4), blanks + 3 * tabs);
            prop_assert_eq!(text.has(b':'), text.contains(':'));
            prop_assert_eq!(text.halves(b'.'), text.split_once('.'));
            prop_assert_eq!(text.last_halves(b'.'), text.rsplit_once('.'));
            for words in ["", ":", "a:", "..", "é", "\u{a0}\u{2003}"] {
                prop_assert_eq!(text.find_words(words), text.find(words));
                prop_assert_eq!(text.has_words(words), text.contains(words));
                prop_assert_eq!(text.halves_at(words), text.split_once(words));
            }
            prop_assert_eq!(Some(text.before(b':')), text.split(':').next());
            prop_assert_eq!(Some(text.behind_last(b':')), text.rsplit(':').next());
        }
    }
}
