//! Lints over a whole rule set.
//!
//! [`structure`] runs at every start and is cheap: names resolve, ids are unique, patterns parse and can be looked for. [`examples`] compiles
//! every regex and holds it against the rule's own texts; it belongs to `whodunit rules check` and to the tests.

use hashbrown::HashSet;

use super::compile::CompiledRules;
use super::literals;
use super::load::{RuleError, RuleSet};
use super::schema::{Cause, Signal, Weight};
use crate::model::Aggregate;

type Checked = Result<(), RuleError>;

/// What every run needs to be true of its rules.
pub(crate) fn structure(set: &RuleSet) -> Checked {
    unique("signal", set.signals.iter().map(|s| s.id.as_str()))?;
    unique("cause", set.causes.iter().map(|c| c.id.as_str()))?;
    unique("component", set.components.iter().map(|c| c.id.as_str()))?;
    unique("symptom", set.symptoms.iter().map(|s| s.id.as_str()))?;
    unique("key shape", set.shapes.iter().map(|s| s.id.as_str()))?;
    let symptoms: HashSet<&str> = set.symptoms.iter().map(|s| s.id.as_str()).collect();
    let providers: HashSet<&str> = set.components.iter().map(|c| c.id.as_str()).collect();
    let concepts: HashSet<&str> = set.signals.iter().flat_map(|s| s.shows.iter().map(String::as_str)).collect();
    let causes: HashSet<&str> = set.causes.iter().map(|c| c.id.as_str()).collect();
    for signal in &set.signals {
        check_signal(signal, &symptoms, &providers)?;
    }
    for cause in &set.causes {
        check_cause(cause, &symptoms, &concepts, &causes, &providers)?;
    }
    for component in &set.components {
        if let Some(platform) = component.part_of.as_deref().filter(|id| !providers.contains(id)) {
            let id = &component.id;
            return Err(invalid(format!("component {id} is part of {platform}, which has no file in components/")));
        }
    }
    for place in &set.places {
        if place.frame.len() < literals::SHORTEST {
            return Err(invalid(format!("the place {:?} is too short to mean anything in a frame", place.frame)));
        }
    }
    for shape in &set.shapes {
        parse_pattern(&format!("key shape {}", shape.id), &shape.pattern)?;
    }
    let loose = set.masks.iter().map(|m| ("mask", &m.pattern));
    let loose = loose.chain(set.placeholders.iter().map(|p| ("placeholder", &p.pattern)));
    let loose = loose.chain(set.roles.iter().map(|r| ("role", &r.path)));
    for (what, pattern) in loose.chain(set.components.iter().flat_map(|c| c.hosts.iter().map(|h| ("host", h)))) {
        parse_pattern(what, pattern)?;
    }
    Ok(())
}

fn unique<'a>(what: &str, ids: impl Iterator<Item = &'a str>) -> Checked {
    let mut seen = HashSet::new();
    for id in ids {
        if !seen.insert(id) {
            return Err(invalid(format!("{what} {id} is defined twice; ids are unique over all files")));
        }
    }
    Ok(())
}

fn check_signal(signal: &Signal, symptoms: &HashSet<&str>, providers: &HashSet<&str>) -> Checked {
    let what = format!("signal {}", signal.id);
    if signal.patterns.is_empty() {
        return Err(invalid(format!("{what} has no pattern in `match`")));
    }
    if let Some(symptom) = signal.symptom.as_deref().filter(|id| !symptoms.contains(id)) {
        return Err(invalid(format!("{what} names the symptom {symptom}, which symptoms.toml does not define")));
    }
    if let Some(provider) = signal.provider.as_deref().filter(|id| !providers.contains(id)) {
        return Err(invalid(format!("{what} names the provider {provider}, which has no file in components/")));
    }
    for pattern in &signal.patterns {
        parse_pattern(&what, pattern)?;
        if signal.literals.is_empty() && literals::required(pattern).is_none() {
            let shortest = literals::SHORTEST;
            return Err(invalid(format!(
                "{what}: no literal of {shortest} bytes or more is certain in the pattern {pattern}; spell out `literals`"
            )));
        }
    }
    if let Some(provider) = signal.likely.as_deref().filter(|id| !providers.contains(id)) {
        return Err(invalid(format!("{what} names the provider {provider}, which has no file in components/")));
    }
    signal.unless.iter().try_for_each(|pattern| parse_pattern(&what, pattern))?;
    match signal.literals.iter().find(|l| l.len() < literals::SHORTEST) {
        Some(short) => Err(invalid(format!("{what}: the literal {short:?} is too short to look for"))),
        None => Ok(()),
    }
}

fn check_cause(
    cause: &Cause,
    symptoms: &HashSet<&str>,
    concepts: &HashSet<&str>,
    causes: &HashSet<&str>,
    providers: &HashSet<&str>,
) -> Checked {
    let what = format!("cause {}", cause.id);
    if cause.symptoms.is_empty() {
        return Err(invalid(format!("{what} explains no symptom")));
    }
    for symptom in &cause.symptoms {
        if !symptoms.contains(symptom.as_str()) {
            return Err(invalid(format!("{what} names the symptom {symptom}, which symptoms.toml does not define")));
        }
    }
    let rivals = cause.confirm.iter().flat_map(|c| &c.tells_apart);
    for other in cause.specializes.iter().chain(rivals) {
        if !causes.contains(other.as_str()) {
            return Err(invalid(format!("{what} names the cause {other}, which has no file in causes/")));
        }
    }
    for item in cause.supports.iter().chain(&cause.against) {
        for name in item.all.iter().chain(&item.any).chain(&item.none) {
            let known = match name.strip_prefix("!@").or_else(|| name.strip_prefix('@')) {
                Some(aggregate) => Aggregate::parse(aggregate).is_some(),
                None => concepts.contains(name.as_str()),
            };
            if !known {
                return Err(invalid(format!(
                    "{what}: nothing shows {name}; see the concepts and aggregates in rules/README.md"
                )));
            }
        }
        if item.all.is_empty() && item.any.is_empty() {
            return Err(invalid(format!("{what}: the evidence {:?} needs a name in `all` or `any`", item.says)));
        }
    }
    if cause.supports.iter().any(|item| item.weight == Weight::Veto) {
        return Err(invalid(format!("{what}: `veto` is only for evidence against")));
    }
    let named = cause.recipe.iter().map(|r| &r.provider).chain(cause.confirm.iter().map(|c| &c.provider));
    match named.flatten().find(|p| !providers.contains(p.as_str())) {
        Some(provider) => {
            Err(invalid(format!("{what} names the provider {provider}, which has no file in components/")))
        }
        None => Ok(()),
    }
}

fn parse_pattern(what: &str, pattern: &str) -> Checked {
    regex_syntax::ParserBuilder::new()
        .build()
        .parse(pattern)
        .map(drop)
        .map_err(|error| invalid(format!("{what}: the pattern does not parse\n{error}")))
}

fn invalid(text: String) -> RuleError {
    RuleError::Invalid(text)
}

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
                if lazy.get().is_none() {
                    problems.push(format!("signal {id} has a pattern that is too large"));
                }
            }
            let holds = |text: &str| {
                let lower = text.to_ascii_lowercase();
                signal.literals.iter().any(|l| lower.contains(l.as_str()))
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
