//! Finds literals that every match of a pattern must contain.
//!
//! The gate and the matcher look for these first, so that a regex runs only where it can match. The walk is conservative: where it cannot
//! prove a literal it finds none, and the rule has to spell one out.

use regex_syntax::hir::{Class, ClassUnicode, Hir, HirKind, Look, Repetition};

/// Shorter literals hit too often to be worth looking for.
pub(crate) const SHORTEST: usize = 4;

/// More alternatives than this make a set that is no use as a filter.
const MOST_ALTERNATIVES: usize = 24;

/// Signs shorter than this stand in every other text.
const SHORTEST_SIGN: usize = 2;

/// Sets of signs beyond these hardly rule out what the first ones did not.
const MOST_SIGNS: usize = 3;

/// The form of a pattern in which literals can be seen, or what its syntax breaks.
pub(crate) fn parse(pattern: &str) -> Result<Hir, String> {
    regex_syntax::ParserBuilder::new().build().parse(pattern).map_err(|error| error.to_string())
}

/// A set of literals of which every match contains at least one; `None` where no set of literals of at least [`SHORTEST`] bytes is
/// certain.
pub(crate) fn required(hir: &Hir) -> Option<Vec<String>> {
    best(hir).filter(|set| shortest(set) >= SHORTEST)
}

/// Sets of texts of which every match in lower case contains one each, so that patterns without regard to case have literals too. Of a text
/// that is not all ASCII they tell nothing: there, a few letters have others for their capitals.
pub(crate) fn signs(hir: &Hir) -> Vec<Vec<String>> {
    let lowered = lowered(hir);
    let mut sets = match lowered.kind() {
        HirKind::Concat(parts) => candidates(parts),
        _ => best(&lowered).into_iter().collect(),
    };
    sets.retain(|set| shortest(set) >= SHORTEST_SIGN);
    sets.sort_by_key(|set| std::cmp::Reverse(telling(set)));
    sets.truncate(MOST_SIGNS);
    sets
}

/// A pattern that every match of this one matches when its ASCII letters are put in lower case.
fn lowered(hir: &Hir) -> Hir {
    match hir.kind() {
        HirKind::Literal(literal) => Hir::literal(literal.0.to_ascii_lowercase()),
        HirKind::Class(Class::Unicode(class)) => match the_letter_of(class) {
            Some(letter) => Hir::literal([letter]),
            None => {
                let mut both_cases = class.clone();
                both_cases.case_fold_simple();
                Hir::class(Class::Unicode(both_cases))
            }
        },
        HirKind::Repetition(repetition) => {
            let sub = Box::new(lowered(&repetition.sub));
            Hir::repetition(Repetition { sub, ..repetition.clone() })
        }
        HirKind::Capture(capture) => lowered(&capture.sub),
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(lowered).collect()),
        HirKind::Alternation(parts) => Hir::alternation(parts.iter().map(lowered).collect()),
        HirKind::Class(Class::Bytes(_)) | HirKind::Look(_) | HirKind::Empty => hir.clone(),
    }
}

/// The letter whose both cases a class is, whatever it has beyond ASCII.
fn the_letter_of(class: &ClassUnicode) -> Option<u8> {
    let mut found = None;
    for range in class.iter().filter(|range| range.start().is_ascii()) {
        let end = range.end().min('\u{7f}');
        for letter in (range.start()..=end).take(3) {
            let lower = u8::try_from(letter.to_ascii_lowercase()).ok()?;
            if !lower.is_ascii_lowercase() || *found.get_or_insert(lower) != lower {
                return None;
            }
        }
    }
    found
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

fn best(hir: &Hir) -> Option<Vec<String>> {
    match hir.kind() {
        HirKind::Literal(literal) => String::from_utf8(literal.0.to_vec()).ok().map(|text| vec![text]),
        HirKind::Capture(capture) => best(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => best(&repetition.sub),
        HirKind::Concat(parts) => concat(parts),
        HirKind::Alternation(parts) => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(best(part)?);
            }
            all.sort();
            all.dedup();
            (all.len() <= MOST_ALTERNATIVES).then_some(all)
        }
        _ => None,
    }
}

/// The most telling set among the parts, with neighbouring literals glued: `foo (?:bar|baz)` is better served by two long literals than
/// by one short one.
fn concat(parts: &[Hir]) -> Option<Vec<String>> {
    candidates(parts).into_iter().max_by_key(|set| telling(set))
}

/// How much a set tells: long literals, then few of them.
fn telling(set: &[String]) -> (usize, usize) {
    (shortest(set).min(12), usize::MAX - set.len())
}

/// Every set that the parts make certain.
fn candidates(parts: &[Hir]) -> Vec<Vec<String>> {
    let mut candidates: Vec<Vec<String>> = Vec::new();
    let mut running: Option<Vec<String>> = None;
    for part in parts {
        let exact = exact_strings(part);
        running = match (running.take(), exact) {
            (Some(left), Some(right)) if left.len() * right.len() <= MOST_ALTERNATIVES => {
                Some(left.iter().flat_map(|l| right.iter().map(move |r| format!("{l}{r}"))).collect())
            }
            (left, right) => {
                candidates.extend(left);
                right
            }
        };
        if running.is_none() {
            candidates.extend(best(part));
        }
    }
    candidates.extend(running);
    candidates.retain(|set| !set.is_empty());
    candidates
}

/// The strings a part matches, where it matches only a few and nothing else.
fn exact_strings(hir: &Hir) -> Option<Vec<String>> {
    match hir.kind() {
        HirKind::Literal(literal) => String::from_utf8(literal.0.to_vec()).ok().map(|text| vec![text]),
        HirKind::Capture(capture) => exact_strings(&capture.sub),
        HirKind::Alternation(parts) if parts.len() <= MOST_ALTERNATIVES => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(exact_strings(part)?);
            }
            (all.len() <= MOST_ALTERNATIVES).then_some(all)
        }
        HirKind::Class(regex_syntax::hir::Class::Unicode(class)) => {
            let chars: Vec<String> = class
                .iter()
                .take(5)
                .flat_map(|range| (range.start()..=range.end()).take(5).map(String::from))
                .collect();
            (chars.len() <= 4).then_some(chars)
        }
        _ => None,
    }
}

fn shortest(set: &[String]) -> usize {
    set.iter().map(String::len).min().unwrap_or(0)
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
    fn literal_inside_a_concat() {
        check(r"Error code: (?P<status>\d+) - No", Some(&["Error code: "]));
    }

    #[test]
    fn alternation_needs_every_arm() {
        check(r"(?:timed out|no route) here", Some(&["timed out here", "no route here"]));
        check(r"foobar|\d+", None);
    }

    #[test]
    fn optional_parts_prove_nothing() {
        check(r"(?:foobar)?\d", None);
        check(r"ab", None);
    }

    #[test]
    fn small_classes_are_spelt_out() {
        check(r"[Kk]ey in", Some(&["Key in", "key in"]));
    }

    #[test]
    fn signs_disregard_case() {
        for (pattern, want) in [
            (r"(?i)\bbearer\s+(\S+)", &[&["bearer"][..]][..]),
            (r"(?i)task|Kiosk", &[&["kiosk", "task"]]),
            (r"\bsk-[A-Za-z0-9]{20}", &[&["sk-"]]),
            (r"(?i)\b(?:app|worker) (?:\w+ )?started", &[&["started"], &["app ", "worker "]]),
            (r"(?i)(?:x|y)\d", &[]),
            (r"[aB]{3}\d", &[]),
        ] {
            assert_eq!(signs(&parse(pattern).expect("a pattern")), want, "{pattern}");
        }
    }
}
