//! Patterns that take every digit for any other.
//!
//! Where such a form of a pattern does not match, the pattern matches with no other digits either, and the digits of that text need not be
//! looked at again. It must match wherever the pattern does.

use std::ops::Range;

use regex_syntax::ast::{Ast, Visitor, parse::Parser, visit};

use super::every_match;
use super::schema::Pattern;

/// The pattern with all ASCII digits wherever it has one; `None` where that makes no pattern.
pub(super) fn blurred(pattern: &Pattern) -> Option<Pattern> {
    let told = visit(&Parser::new().parse(pattern).ok()?, Told { pattern, places: Vec::new() }).ok()?;
    let mut blurred = String::with_capacity(pattern.len());
    let mut at = 0;
    for place in told {
        blurred.push_str(pattern.get(at..place.start)?);
        let class = pattern.get(place.clone())?;
        // Joined to a class as it stands, so that flags and Unicode mean in it what they meant.
        blurred += &if class.starts_with('[') { format!("(?:[0-9]|{class})") } else { "[0-9]".to_owned() };
        at = place.end;
    }
    blurred.push_str(pattern.get(at..)?);
    Pattern::new(&blurred).ok()
}

/// Where a pattern tells one digit from another.
struct Told<'p> {
    pattern: &'p str,
    places: Vec<Range<usize>>,
}

impl Visitor for Told<'_> {
    type Output = Vec<Range<usize>>;
    type Err = std::convert::Infallible;

    fn finish(self) -> Result<Self::Output, Self::Err> {
        Ok(self.places)
    }

    fn visit_pre(&mut self, ast: &Ast) -> Result<(), Self::Err> {
        if let Ast::Literal(_) | Ast::ClassBracketed(_) = ast {
            let place = ast.span().start.offset..ast.span().end.offset;
            // What cannot be read alone means the same with all digits besides, or more.
            let alike =
                every_match::parse(&self.pattern[place.clone()]).is_ok_and(|hir| every_match::digits_alike(&hir));
            self.places.extend((!alike).then_some(place));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{Lazy, RuleSet};

    #[test]
    fn a_digit_is_any_digit() {
        for (pattern, fits, fails) in [
            ("error 401", "error 999", "error x01"),
            (r"(?i)status=[45]\d\d\b", "Status=200", "status=2000"),
            ("(?P<code>4(?:01|03)) [a-f0-3]", "917 9", "917 g"),
            ("[^0-9]x{2}", "axx", "a9x"),
            ("(?m)^no digits$", "a\nno digits\nb", "no digit"),
        ] {
            let blurred = Lazy::new(&blurred(&Pattern::new(pattern).expect("a pattern")).expect("a pattern"));
            assert!(blurred.is_match(fits) && !blurred.is_match(fails), "{pattern} became {}", blurred.text());
        }
    }

    #[test]
    fn every_pattern_of_the_rules_can_be_blurred_and_matches_its_examples_then() {
        let rules = RuleSet::embedded().expect("built-in rules");
        for signal in &rules.signals {
            let all: Vec<Pattern> = signal.patterns.iter().map(|p| blurred(p).expect("it parses")).collect();
            assert!(all.iter().all(Pattern::digits_alike), "{}", signal.id);
            for example in signal.examples.iter() {
                assert!(all.iter().any(|pattern| Lazy::new(pattern).is_match(example)), "{}: {example}", signal.id);
            }
        }
    }
}
