//! Holds the rules against their own examples.
//!
//! It compiles every regex, in its whole Unicode form, which takes a moment: no diagnosis does it, only `whodunit rules check` and the tests.

use super::compile::CompiledRules;
use super::load::RuleError;

impl CompiledRules {
    /// Holds every signal against its own examples and counter-examples, and compiles every other pattern.
    ///
    /// # Errors
    /// Every disagreement, one a line.
    pub fn check_examples(&self) -> Result<(), RuleError> {
        let mut problems = Vec::new();
        for signal in &self.signals {
            let id = &signal.rule.id;
            if signal.rule.examples.is_empty() {
                problems.push(format!("signal {id} has no example"));
            }
            for lazy in signal.patterns.iter().chain(&signal.unless) {
                if !lazy.compiles() {
                    problems.push(format!("signal {id} has a pattern that is too large"));
                }
            }
            let holds = |text: &str| {
                let lower = text.to_ascii_lowercase();
                signal.literals.iter().any(|(l, _)| lower.contains(l.as_str()))
                    && signal.patterns.iter().any(|p| p.is_match(text))
                    && !signal.unless.iter().any(|p| p.is_match(text))
            };
            problems.extend(
                signal
                    .rule
                    .examples
                    .iter()
                    .filter(|t| !holds(t))
                    .map(|t| format!("signal {id} misses its example {t:?}")),
            );
            problems.extend(
                signal
                    .rule
                    .counter_examples
                    .iter()
                    .filter(|t| holds(t))
                    .map(|t| format!("signal {id} hits its counter-example {t:?}")),
            );
        }
        for cause in &self.set.causes {
            if cause.recipe.is_empty() || cause.confirm.is_empty() || cause.supports.is_empty() {
                problems.push(format!("cause {} lacks a recipe, a check or evidence", cause.id));
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(RuleError::Invalid(problems.join("\n"))) }
    }
}
