//! The words of a message that could be names.
//!
//! Every new message is asked for them, so they are found by hand where that is simple. What is found must be what the pattern says.

use std::ops::Range;

use crate::rules::Lazy;

/// A name, or some that are joined.
static WORD: Lazy = Lazy::of(r"\b[A-Za-z][A-Za-z0-9]*(?:[._-][A-Za-z0-9]+)*\b", &[]);

/// Words of a text that are looked at.
const MOST_WORDS: usize = 200;

/// Words of a text that could be names of variables, models or classes: names joined by dots come whole and in parts.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    whole_words(text).take(MOST_WORDS).flat_map(|word| {
        let parts = word.contains('.').then(|| word.split('.')).into_iter().flatten();
        std::iter::once(word).chain(parts)
    })
}

/// What the pattern matches; found by hand in a text that is all ASCII.
fn whole_words(text: &str) -> impl Iterator<Item = &str> {
    let mut at = text.is_ascii().then_some(0);
    // The pattern is not compiled for a text that does without.
    let by_pattern = at.is_none().then(|| WORD.find_iter(text)).into_iter().flatten();
    let by_hand = std::iter::from_fn(move || {
        let word = next_word(text.as_bytes(), at?)?;
        at = Some(word.end);
        Some(word)
    });
    by_hand.chain(by_pattern).map(move |word| &text[word])
}

/// The first such word from an offset on.
fn next_word(text: &[u8], from: usize) -> Option<Range<usize>> {
    let is = |at: usize, kind: fn(&u8) -> bool| text.get(at).is_some_and(kind);
    let in_word = |at: usize| is(at, |byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    let begins = |at: &usize| is(*at, u8::is_ascii_alphabetic) && !(*at > 0 && in_word(*at - 1));
    (from..text.len()).filter(begins).find_map(|start| {
        let (mut end, mut whole) = (start, None);
        while is(end, u8::is_ascii_alphanumeric) {
            end += text[end..].iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
            whole = if in_word(end) { whole } else { Some(end) };
            end += usize::from(is(end, |byte| matches!(byte, b'.' | b'_' | b'-')));
        }
        whole.map(|end| start..end)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_found_by_hand_is_what_the_pattern_matches(text in "[aZ9._ -]{0,24}") {
            let by_pattern: Vec<&str> = WORD.find_iter(&text).map(|word| &text[word]).collect();
            prop_assert_eq!(whole_words(&text).collect::<Vec<_>>(), by_pattern);
        }
    }

    #[test]
    fn names_come_whole_and_in_parts() {
        let said = "openai.OpenAIError: no OPENAI_API_KEY, é text-embedding-3-small_";
        let all = ["openai.OpenAIError", "openai", "OpenAIError", "no", "OPENAI_API_KEY", "text-embedding-3"];
        assert_eq!(words(said).collect::<Vec<_>>(), all);
        assert_eq!(words(&said.replace('é', "e")).collect::<Vec<_>>()[5..], ["e", "text-embedding-3"]);
    }
}
