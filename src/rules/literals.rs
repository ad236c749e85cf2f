//! Finds literals that every match of a pattern must contain.
//!
//! The gate and the matcher look for these first, so that a regex runs only where it can match. The walk is conservative: where it cannot
//! prove a literal it finds none, and the rule has to spell one out.

use regex_syntax::hir::{Class, Hir, HirKind, Look};

/// Shorter literals hit too often to be worth looking for.
pub(crate) const SHORTEST: usize = 4;

/// More alternatives than this make a set that is no use as a filter.
const MOST_ALTERNATIVES: usize = 24;

/// A set of literals of which every match contains at least one; `None` where no set of literals of at least [`SHORTEST`] bytes is
/// certain.
pub(crate) fn required(pattern: &str) -> Option<Vec<String>> {
    let hir = regex_syntax::ParserBuilder::new().build().parse(pattern).ok()?;
    let set = best(&hir)?;
    (shortest(&set) >= SHORTEST).then_some(set)
}

/// Whether every match of a pattern lies within one line, wherever in a text that line stands.
pub(crate) fn within_a_line(pattern: &str) -> bool {
    regex_syntax::ParserBuilder::new().build().parse(pattern).is_ok_and(|hir| stays(&hir))
}

fn stays(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Literal(literal) => !literal.0.contains(&b'\n'),
        HirKind::Class(Class::Unicode(class)) => !class.iter().any(|r| r.start() <= '\n' && '\n' <= r.end()),
        HirKind::Class(Class::Bytes(_)) => false,
        // What holds at the edge of a text may not hold at that of the line around it.
        HirKind::Look(look) => !matches!(look, Look::Start | Look::End | Look::StartLF | Look::EndLF),
        HirKind::Repetition(repetition) => stays(&repetition.sub),
        HirKind::Capture(capture) => stays(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().all(stays),
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
    candidates
        .into_iter()
        .filter(|set| !set.is_empty())
        .max_by_key(|set| (shortest(set).min(12), usize::MAX - set.len()))
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
    use super::required;

    #[track_caller]
    fn check(pattern: &str, want: Option<&[&str]>) {
        let got = required(pattern);
        let want = want.map(|set| set.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(got, want, "{pattern}");
    }

    #[test]
    fn patterns_that_could_leave_a_line_are_known() {
        for (pattern, within) in
            [("a.*b", true), (r"\bx\d+", true), (r"a\s+b", false), ("(?s)a.b", false), ("^a", false), ("[^x]y", false)]
        {
            assert_eq!(super::within_a_line(pattern), within, "{pattern}");
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
}
