//! What is certain of every match of a pattern, above all the literals that it must contain.
//!
//! The gate and the matcher look for those first, so that a regex runs only where it can match. The walk is conservative: where it cannot
//! prove a literal it finds none, and the rule has to spell one out. Letters of both cases are one here, as `(?i)` has it; so the letters
//! outside ASCII which Unicode counts as forms of `k` and `s` are not looked for.

use std::ops::Range;

use regex_syntax::ast::{AssertionKind, Ast, Visitor};
use regex_syntax::hir::{Class, Hir, HirKind, Look};

use super::ordinary::Ordinary;

/// Shorter literals hit too often to be worth looking for.
pub(crate) const SHORTEST: usize = 4;

/// Signs shorter than this stand in every other text.
const SHORTEST_SIGN: usize = 2;

/// Sets of signs beyond these hardly rule out what the first ones did not.
const MOST_SIGNS: usize = 3;

/// More strings than this are not glued to what follows.
const MOST_GLUED: usize = 64;

/// More alternatives than this make a set that is no use as a filter.
const MOST_ALTERNATIVES: usize = 400;

/// A set of literals, in lower case, of which every match contains one in upper or lower case; `None` where no set of literals of at
/// least [`SHORTEST`] bytes is certain.
pub(crate) fn required(hir: &Hir) -> Option<Vec<String>> {
    best(hir)
}

/// The form of a pattern in which literals can be seen, or what its syntax breaks.
pub(crate) fn parse(pattern: &str) -> Result<Hir, String> {
    regex_syntax::ParserBuilder::new().build().parse(pattern).map_err(|error| error.to_string())
}

/// Sets of texts in lower case of which every match contains one each, in letters of whatever case, for patterns without literals. Of a
/// text that is not all ASCII they tell nothing: there, a few letters have others for their capitals.
pub(crate) fn signs(hir: &Hir) -> Vec<Vec<String>> {
    let mut sets = match hir.kind() {
        HirKind::Concat(parts) => candidates(parts),
        _ => exact(hir).into_iter().collect(),
    };
    sets.retain(|set| !set.is_empty() && set.iter().all(|text| text.len() >= SHORTEST_SIGN));
    sets.sort_by_key(|set| frequency(set));
    sets.truncate(MOST_SIGNS);
    sets
}

/// Sets of texts in lower case besides those of [`required`]: every match contains one of each set, in upper or lower case, and no escaping
/// changes them.
pub(crate) fn further(hir: &Hir) -> Vec<Vec<String>> {
    let HirKind::Concat(parts) = hir.kind() else { return Vec::new() };
    let first = required(hir);
    let mut sets = candidates(parts);
    sets.retain(|set| Some(fewest(set.clone())) != first);
    let plain = |set: Vec<String>| fewest(set.iter().map(|text| plainest(text).to_owned()).collect());
    let mut sets: Vec<Vec<String>> = sets.into_iter().map(plain).collect();
    sets.retain(|set| !set.is_empty() && set.iter().all(|text| text.len() >= SHORTEST_SIGN));
    sets.sort_by_key(|set| frequency(set));
    sets.dedup();
    sets.truncate(MOST_SIGNS);
    sets
}

/// The pattern without what asks for the beginning or the end of a text or a line; `None` where nothing in it does. It matches wherever the
/// pattern matches, and where it does not match in a text it does not in a part of it.
pub(crate) fn relaxed(pattern: &str) -> Option<String> {
    let ast = regex_syntax::ast::parse::Parser::new().parse(pattern).ok()?;
    let anchors = regex_syntax::ast::visit(&ast, Anchors::default()).ok()?;
    let mut relaxed = String::with_capacity(pattern.len());
    let mut at = 0;
    for anchor in &anchors {
        relaxed.push_str(pattern.get(at..anchor.start)?);
        // Whatever repeats it has something left to repeat.
        relaxed.push_str("(?:)");
        at = anchor.end;
    }
    relaxed.push_str(pattern.get(at..)?);
    (!anchors.is_empty()).then_some(relaxed)
}

/// Where the anchors of a pattern stand.
#[derive(Default)]
struct Anchors(Vec<Range<usize>>);

impl Visitor for Anchors {
    type Output = Vec<Range<usize>>;
    type Err = std::convert::Infallible;

    fn finish(self) -> Result<Self::Output, Self::Err> {
        Ok(self.0)
    }

    fn visit_pre(&mut self, ast: &Ast) -> Result<(), Self::Err> {
        if let Ast::Assertion(assertion) = ast
            && assertion.kind != AssertionKind::WordBoundary
        {
            self.0.push(assertion.span.start.offset..assertion.span.end.offset);
        }
        Ok(())
    }
}

/// Whether every match of a pattern lies within one line, wherever in a text that line stands.
pub(crate) fn within_a_line(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Literal(literal) => !literal.0.contains(&b'\n'),
        HirKind::Class(Class::Unicode(class)) => !class.iter().any(|r| r.start() <= '\n' && '\n' <= r.end()),
        HirKind::Class(Class::Bytes(_)) => false,
        // What holds at the edge of a text may not hold at that of the line around it.
        HirKind::Look(look) => !matches!(look, Look::Start | Look::End | Look::StartLF | Look::EndLF),
        HirKind::Repetition(repetition) => within_a_line(&repetition.sub),
        HirKind::Capture(capture) => within_a_line(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().all(within_a_line),
        HirKind::Empty => true,
    }
}

/// Whether no part of a pattern tells one ASCII digit from another.
pub(crate) fn digits_alike(hir: &Hir) -> bool {
    let all_or_none = |digits: usize| digits == 0 || digits == 10;
    match hir.kind() {
        HirKind::Literal(literal) => !literal.0.iter().any(u8::is_ascii_digit),
        HirKind::Class(Class::Unicode(class)) => {
            let within = |digit: &char| class.iter().any(|range| (range.start()..=range.end()).contains(digit));
            all_or_none(('0'..='9').filter(within).count())
        }
        HirKind::Class(Class::Bytes(class)) => {
            let within = |digit: &u8| class.iter().any(|range| (range.start()..=range.end()).contains(digit));
            all_or_none((b'0'..=b'9').filter(within).count())
        }
        HirKind::Repetition(repetition) => digits_alike(&repetition.sub),
        HirKind::Capture(capture) => digits_alike(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().all(digits_alike),
        HirKind::Empty | HirKind::Look(_) => true,
    }
}

/// The set that tells most; each literal long enough.
fn best(hir: &Hir) -> Option<Vec<String>> {
    match hir.kind() {
        HirKind::Literal(_) | HirKind::Class(_) => exact(hir).filter(|set| is_long(set)).map(fewest),
        HirKind::Capture(capture) => best(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => best(&repetition.sub),
        HirKind::Concat(parts) => concat(parts),
        HirKind::Alternation(parts) => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(best(part)?);
            }
            let all = fewest(all);
            (all.len() <= MOST_ALTERNATIVES).then_some(all)
        }
        _ => None,
    }
}

/// The most telling set among the parts, with neighbouring literals glued: `foo (?:bar|baz)` is better served by two long literals than
/// by one short one.
fn concat(parts: &[Hir]) -> Option<Vec<String>> {
    candidates(parts).into_iter().filter(|set| is_long(set)).map(fewest).min_by_key(|set| frequency(set))
}

/// Every set that the parts make certain.
fn candidates(parts: &[Hir]) -> Vec<Vec<String>> {
    let mut candidates: Vec<Vec<String>> = Vec::new();
    let mut running: Option<Vec<String>> = None;
    for part in parts {
        // What takes no room stands between no two letters.
        if matches!(part.kind(), HirKind::Look(_) | HirKind::Empty) {
            continue;
        }
        let strings = exact(part);
        if strings.is_none() {
            candidates.extend(best(part));
        }
        running = match (running.take(), strings) {
            (Some(left), Some(right)) if left.len() * right.len() <= MOST_GLUED => {
                Some(left.iter().flat_map(|l| right.iter().map(move |r| format!("{l}{r}"))).collect())
            }
            (left, right) => {
                candidates.extend(left);
                right
            }
        };
    }
    candidates.extend(running);
    candidates
}

/// The strings a part matches, in lower case, where it matches only a few and nothing else.
fn exact(hir: &Hir) -> Option<Vec<String>> {
    let mut strings = match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => vec![String::new()],
        HirKind::Literal(literal) => vec![String::from_utf8(literal.0.to_ascii_lowercase()).ok()?],
        HirKind::Capture(capture) => exact(&capture.sub)?,
        HirKind::Concat(parts) => parts.iter().try_fold(vec![String::new()], |left, part| {
            let right = exact(part)?;
            let few = left.len() * right.len() <= MOST_GLUED;
            few.then(|| left.iter().flat_map(|l| right.iter().map(move |r| format!("{l}{r}"))).collect())
        })?,
        HirKind::Alternation(parts) => parts.iter().map(exact).collect::<Option<Vec<_>>>()?.concat(),
        HirKind::Repetition(repetition) if repetition.min == 0 && repetition.max == Some(1) => {
            let mut once = exact(&repetition.sub)?;
            once.push(String::new());
            once
        }
        HirKind::Class(Class::Unicode(class)) => letters(class)?,
        _ => return None,
    };
    strings.sort();
    strings.dedup();
    (strings.len() <= MOST_GLUED).then_some(strings)
}

/// The few letters of a class, in lower case.
fn letters(class: &regex_syntax::hir::ClassUnicode) -> Option<Vec<String>> {
    let mut letters = Vec::new();
    for range in class.iter() {
        if range.len() > 10 || letters.len() > 20 {
            return None;
        }
        letters.extend((range.start()..=range.end()).filter(|c| !matches!(c, '\u{212a}' | '\u{17f}')));
    }
    letters.iter_mut().for_each(|letter| letter.make_ascii_lowercase());
    letters.sort_unstable();
    letters.dedup();
    (letters.len() <= 10).then(|| letters.into_iter().map(String::from).collect())
}

/// The set without those that contain another of it.
fn fewest(mut set: Vec<String>) -> Vec<String> {
    set.sort_unstable_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
    let mut kept: Vec<String> = Vec::with_capacity(set.len());
    for literal in set {
        if !kept.iter().any(|shorter| literal.contains(shorter.as_str())) {
            kept.push(literal);
        }
    }
    kept
}

/// Whether each literal of a set can be told in a file: enough of it stands there as it is, whatever escapes the rest.
fn is_long(set: &[String]) -> bool {
    let told =
        |literal: &String| plainest(literal).len() >= SHORTEST || !literal.is_ascii() && literal.len() > SHORTEST;
    !set.is_empty() && set.iter().all(told)
}

/// The longest part of a literal of a rule that stands in a file as it is, however the file escapes a text and writes a record's fields.
pub(crate) fn plainest(literal: &str) -> &str {
    if !literal.contains('=') {
        return unescaped(literal);
    }
    longest_without(literal, |at, c| is_escaped(c) || c == '=' || is_seam(literal.as_bytes(), at))
}

/// The longest part of a text that no escaping changes.
pub(crate) fn unescaped(text: &str) -> &str {
    longest_without(text, |_, c| is_escaped(c))
}

fn is_escaped(c: char) -> bool {
    !c.is_ascii() || c.is_ascii_control() || "\"\\/".contains(c)
}

fn longest_without(text: &str, changed: impl Fn(usize, char) -> bool) -> &str {
    let mut longest = "";
    let mut from = 0;
    let breaks = text.char_indices().filter(|(at, c)| changed(*at, *c)).map(|(at, c)| (at, at + c.len_utf8()));
    for (end, next) in breaks.chain([(text.len(), text.len())]) {
        if end - from >= longest.len() {
            longest = &text[from..end];
        }
        from = next;
    }
    longest
}

/// Whether a blank or a dot in a literal may be where a record's fields are joined to what stands before them, and so may stand in no file:
/// `{"msg":"done","http":{"status":401}}` says `done http.status=401`. A literal without `=` counts as the words of a message.
pub(crate) fn is_seam(literal: &[u8], at: usize) -> bool {
    let rest = &literal[at + 1..];
    let key = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(byte)).count();
    match literal[at] {
        b' ' => rest.get(key) == Some(&b'=') || rest.is_empty() && literal.contains(&b'='),
        b'.' => rest.get(key) == Some(&b'='),
        _ => false,
    }
}

/// How often a set's literals are to be expected in a log, in no unit; of sets that are alike the smaller one comes first.
fn frequency(set: &[String]) -> u64 {
    set.iter().map(|literal| 1 + Ordinary::known().rarest(plainest(literal))).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, want: Option<&[&str]>) {
        let got = required(&parse(pattern).expect("a pattern"));
        let want = want.map(|set| set.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(got, want, "{pattern}");
    }

    #[test]
    fn patterns_that_could_leave_a_line_are_known() {
        for (pattern, within) in
            [("a.*b", true), (r"\bx\d+", true), (r"a\s+b", false), ("(?s)a.b", false), ("^a", false), ("[^x]y", false)]
        {
            assert_eq!(within_a_line(&parse(pattern).expect("a pattern")), within, "{pattern}");
        }
    }

    #[test]
    fn patterns_that_tell_digits_apart_are_known() {
        for (pattern, alike) in [
            (r"GET (\S+) \d{3}\b", true),
            (r"[^x]+[\da-f]?(?:a|\w)", true),
            (r"2\d\d", false),
            ("[1-9]x", false),
            ("(?:a|HTTP/1)", false),
            ("[^5]", false),
        ] {
            assert_eq!(digits_alike(&parse(pattern).expect("a pattern")), alike, "{pattern}");
        }
    }

    #[test]
    fn what_else_a_match_contains_is_known() {
        for (pattern, want) in [
            (r"(?i)\b(?:secret|key)s? \S+ (?:rotated|replaced)", &[&[" rotated", " replaced"][..]][..]),
            (r"(?i)\b(?:secret|key)s? (?:was )?(?:rotated|replaced)", &[]),
            (r#"a{9}"x\d+/login"#, &[]),
            (r"Denied \d+ for [a-z]+ in zone", &[&["denied "], &[" for "]]),
            (r"one|two", &[]),
        ] {
            assert_eq!(further(&parse(pattern).expect("a pattern")), want, "{pattern}");
        }
    }

    #[test]
    fn a_relaxed_pattern_asks_for_no_edge() {
        for (pattern, want) in [
            (r"(?m)^GET \d+$", Some("(?m)(?:)GET \\d+(?:)")),
            (r"(?:^|x)a\b[$^]\$", Some("(?:(?:)|x)a\\b[$^]\\$")),
            (r"\bfoo\b", None),
        ] {
            assert_eq!(relaxed(pattern).as_deref(), want, "{pattern}");
        }
    }

    #[test]
    fn literal_inside_a_concat() {
        check(r"Error code: (?P<status>\d+) - No", Some(&["error code: "]));
    }

    #[test]
    fn alternation_needs_every_arm() {
        check(r"(?:timed out|no route) here", Some(&["no route here", "timed out here"]));
        check(r"foobar|\d+", None);
    }

    #[test]
    fn optional_parts_prove_nothing() {
        check(r"(?:foobar)?\d", None);
        check(r"ab", None);
    }

    #[test]
    fn small_classes_are_spelt_out() {
        check(r"[Kk]ey in", Some(&["key in"]));
    }

    #[test]
    fn signs_disregard_case() {
        for (pattern, want) in [
            (r"\bsk-[A-Za-z0-9]{20}", &[&["sk-"][..]][..]),
            (r"(?i)\b(?:ip|id) \d+", &[&["id ", "ip "]]),
            (r"(?i)(?:x|y)\d", &[]),
            (r"[aB]{3}\d", &[]),
        ] {
            assert_eq!(signs(&parse(pattern).expect("a pattern")), want, "{pattern}");
        }
    }
}
