//! Regexes that are compiled when a text needs them, in the form it needs.
//!
//! Most runs meet few patterns, and compiling one costs more than holding it against a line a thousand times. So a pattern is compiled only
//! for a text in which a match is possible. Of patterns with `\w`, `\b` or `(?i)` the Unicode tables are most of the work; a text that is all
//! ASCII matches the same without them, so it gets a form without. What matches must never depend on which form was used.

use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use regex_automata::meta::Regex;
use regex_automata::util::captures::Captures;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input, PatternID};

use super::schema::Pattern;

/// What a regex may take: to be compiled as the regex crate limits it, to run much less, because there are hundreds for each thread.
const MOST_NFA_BYTES: usize = 10 << 20;
const MOST_CACHE_BYTES: usize = 256 << 10;
const MOST_ONE_PASS_BYTES: usize = 128 << 10;

/// Texts that are asked for signs before a pattern is compiled in any case.
const MOST_ASKED: u32 = 100;

/// Bytes of log lines, the commonest first; what is not among them is rare.
const COMMON: &[u8] = b" etaionsrlcdpumhg0123456789./-:_fbvwky=\"";

/// How rare a byte is: its place among the common ones, or behind all of them.
const RARITY: [u8; 256] = {
    let mut rarity = [COMMON.len() as u8; 256];
    let mut place = 0;
    while place < COMMON.len() {
        rarity[COMMON[place] as usize] = place as u8;
        place += 1;
    }
    rarity
};

/// The letters beyond ASCII that are forms of ASCII ones without regard to case: a long `s`, and the sign for kelvin.
const FURTHER_LETTERS: [char; 2] = ['\u{17f}', '\u{212a}'];

/// A regex that is compiled at first use.
#[derive(Debug)]
pub struct Lazy {
    source: Source,
    ascii: OnceLock<Option<Regex>>,
    unicode: OnceLock<Option<Regex>>,
    /// Texts that were looked at without compiling.
    asked: AtomicU32,
}

#[derive(Debug)]
enum Source {
    Rule(Pattern),
    /// Of the program itself, with its signs.
    Own(&'static str, &'static [&'static str]),
}

/// Where a pattern matched.
#[derive(Clone, Debug)]
pub struct Found<'l> {
    /// The whole match.
    pub range: Range<usize>,
    /// Named groups that took part, in the order of the pattern.
    pub groups: Vec<(&'l str, Range<usize>)>,
}

impl Found<'_> {
    /// Where a named group matched.
    #[must_use]
    pub fn group(&self, name: &str) -> Option<Range<usize>> {
        self.groups.iter().find(|(known, _)| *known == name).map(|(_, range)| range.clone())
    }
}

impl Lazy {
    /// Wraps a pattern of a rule.
    #[must_use]
    pub fn new(pattern: &Pattern) -> Self {
        Self {
            source: Source::Rule(pattern.clone()),
            ascii: OnceLock::new(),
            unicode: OnceLock::new(),
            asked: AtomicU32::new(0),
        }
    }

    /// Wraps a pattern of the program itself. Every match of it contains one of `signs`: one with a capital as it is, others in letters of
    /// whatever case. No signs say nothing.
    #[must_use]
    pub const fn of(pattern: &'static str, signs: &'static [&'static str]) -> Self {
        Self {
            source: Source::Own(pattern, signs),
            ascii: OnceLock::new(),
            unicode: OnceLock::new(),
            asked: AtomicU32::new(0),
        }
    }

    /// The pattern.
    #[must_use]
    pub fn text(&self) -> &str {
        match &self.source {
            Source::Rule(pattern) => pattern,
            Source::Own(pattern, _) => pattern,
        }
    }

    /// Whether the pattern compiles: not if it exceeds the limits on size.
    #[must_use]
    pub fn compiles(&self) -> bool {
        self.unicode().is_some()
    }

    /// Whether the pattern matches somewhere in the text.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        self.regex_for(text).is_some_and(|regex| regex.is_match(text))
    }

    /// The first match with its groups.
    #[must_use]
    pub fn captures(&self, text: &str) -> Option<Found<'_>> {
        let regex = self.regex_for(text)?;
        // Most texts have no match, and room for captures has to be made.
        let span = regex.find(text)?.range();
        let mut captures = regex.create_captures();
        regex.search_captures(&Input::new(text).span(span).anchored(Anchored::Yes), &mut captures);
        found(regex, &captures)
    }

    /// Every match with its groups, from left to right.
    pub fn captures_iter(&self, text: &str) -> impl Iterator<Item = Found<'_>> {
        let regex = self.regex_for(text);
        regex.into_iter().flat_map(move |regex| {
            regex.captures_iter(text).filter_map(|captures| found(regex, &captures)).collect::<Vec<_>>()
        })
    }

    /// Where the pattern matches, from left to right.
    pub fn find_iter<'t>(&'t self, text: &'t str) -> impl Iterator<Item = Range<usize>> + 't {
        self.regex_for(text).into_iter().flat_map(move |regex| regex.find_iter(text).map(|hit| hit.range()))
    }

    /// The form of the regex for a text; `None` where it cannot match.
    fn regex_for(&self, text: &str) -> Option<&Regex> {
        let ascii = text.is_ascii();
        let form = if ascii { &self.ascii } else { &self.unicode };
        // A regex soon looks faster than the search for its signs; by then it is worth compiling.
        let seldom = || self.asked.fetch_add(1, Ordering::Relaxed) < MOST_ASKED;
        if form.get().is_none() && !self.may_match(text) && seldom() {
            return None;
        }
        let plain = || self.ascii.get_or_init(|| self.without_unicode()).as_ref();
        ascii.then(plain).flatten().or_else(|| self.unicode())
    }

    /// The form for ASCII texts; `None` where the pattern names a letter beyond ASCII, which `(?i)` may take for one within.
    fn without_unicode(&self) -> Option<Regex> {
        let pattern = self.text();
        let named = !pattern.is_ascii() || [r"\x{", r"\u", r"\U"].iter().any(|escape| pattern.contains(escape));
        (!named).then(|| compile(pattern, false, self.has_literals())).flatten()
    }

    fn unicode(&self) -> Option<&Regex> {
        self.unicode.get_or_init(|| compile(self.text(), true, true)).as_ref()
    }

    /// Whether looking for literals is cheap. Without regard to case they are so many that making an automaton for them takes longer than
    /// the rest of the regex, and the regex runs as fast.
    fn has_literals(&self) -> bool {
        matches!(&self.source, Source::Rule(pattern) if !pattern.contains("(?i"))
    }

    /// Texts of which every match in an ASCII text contains one, in letters of whatever case; none where none are certain.
    pub fn certain(&self) -> impl Iterator<Item = &str> {
        let (derived, own): (&[String], &[&str]) = match &self.source {
            Source::Rule(pattern) if !pattern.literals().is_empty() => (pattern.literals(), &[]),
            Source::Rule(pattern) => (pattern.signs().first().map_or(&[], Vec::as_slice), &[]),
            Source::Own(_, signs) => (&[], signs),
        };
        derived.iter().map(String::as_str).chain(own.iter().copied())
    }

    /// Whether the text has what every match contains. Asked only until the pattern is compiled, so it must never be wrong: regexes look
    /// for literals of their own.
    pub(crate) fn may_match(&self, text: &str) -> bool {
        let bytes = text.as_bytes();
        match &self.source {
            // Unicode has two further letters for `k` and `s`, which neither literals nor signs know.
            _ if text.contains(FURTHER_LETTERS) => true,
            Source::Rule(pattern) if !pattern.literals().is_empty() => {
                pattern.literals().iter().any(|literal| contains(bytes, literal))
            }
            Source::Rule(pattern) => pattern.signs().iter().all(|set| set.iter().any(|sign| contains(bytes, sign))),
            Source::Own(_, signs) => signs.is_empty() || signs.iter().any(|sign| contains(bytes, sign)),
        }
    }
}

/// Whether a text contains a sign in letters of whatever case, or as it is where it has a capital.
fn contains(text: &[u8], sign: &str) -> bool {
    let sign = sign.as_bytes();
    if sign.iter().any(u8::is_ascii_uppercase) {
        return memchr::memmem::find(text, sign).is_some();
    }
    let rarity = |byte: u8| RARITY[usize::from(byte)];
    let Some((at, rarest)) = sign.iter().copied().enumerate().max_by_key(|(_, byte)| rarity(*byte)) else {
        return true;
    };
    let Some(last) = text.len().checked_sub(sign.len()) else { return false };
    let starts = memchr::memchr2_iter(rarest, rarest.to_ascii_uppercase(), &text[at..=last + at]);
    starts.into_iter().any(|start| text[start..start + sign.len()].eq_ignore_ascii_case(sign))
}

fn compile(pattern: &str, unicode: bool, prefilter: bool) -> Option<Regex> {
    let config = Regex::config()
        .nfa_size_limit(Some(MOST_NFA_BYTES))
        .hybrid_cache_capacity(MOST_CACHE_BYTES)
        .onepass_size_limit(Some(MOST_ONE_PASS_BYTES))
        .auto_prefilter(prefilter)
        .utf8_empty(unicode);
    // Whatever a form without Unicode matches in ASCII text lies between characters.
    let syntax = syntax::Config::new().unicode(unicode).utf8(unicode);
    Regex::builder().configure(config).syntax(syntax).build(pattern).ok()
}

fn found<'l>(regex: &'l Regex, captures: &Captures) -> Option<Found<'l>> {
    let range = captures.get_match()?.range();
    let names = regex.group_info().pattern_names(PatternID::ZERO).enumerate();
    let groups = names.filter_map(|(at, name)| Some((name?, captures.get_group(at)?.range())));
    Some(Found { range, groups: groups.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_match_the_same() {
        for pattern in
            [r"(?i)\btask\s+\w+", r"[^x]\d.", r"[^é]k", r"(?i)ſk", r"(?i)\x{17f}k", r"\S*$", r"(?:)", r"[\u2018']"]
        {
            for text in ["TASK a1b", "a k 5x 7k", "", "sk SK 'q'", "x\n\u{b}2y "] {
                let lazy = Lazy::of(pattern, &[]);
                let plain: Vec<_> = lazy.find_iter(text).collect();
                let whole: Vec<_> = lazy.unicode().expect(pattern).find_iter(text).map(|hit| hit.range()).collect();
                assert_eq!(plain, whole, "{pattern} in {text:?}");
            }
        }
    }

    #[test]
    fn a_text_without_signs_compiles_nothing() {
        let lazy = Lazy::new(&Pattern::new(r"(?i)\bbearer\s+(?P<s>\S+)").expect("a pattern"));
        assert!(!lazy.is_match("nobody carries anything") && lazy.ascii.get().is_none());
        let found = lazy.captures("a BeareR t0ken").expect("a match");
        assert_eq!((found.range.clone(), found.group("s"), found.group("t")), (2..14, Some(9..14), None));
        assert!(lazy.unicode.get().is_none());
        assert!(!lazy.is_match("é") && lazy.unicode.get().is_none());
        assert!(lazy.is_match("é bearer x") && lazy.unicode.get().is_some());
        let disk = Lazy::new(&Pattern::new("(?i)disk full").expect("a pattern"));
        assert!(disk.is_match("di\u{17f}\u{212a} full"), "what was compiled before must not show");
    }
}
