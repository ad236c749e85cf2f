//! Lints over a whole rule set: names resolve, ids are unique, patterns can be looked for.
//!
//! The build runs them over the built-in rules, and a start only where a folder comes on top. Whether the rules agree with their own
//! examples is a question for `whodunit rules check` and the tests: it takes every regex.

use hashbrown::HashSet;

use super::every_match;
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
            return Err(invalid(id, format!("component {id} is part of {platform}, which has no file in components/")));
        }
    }
    for place in &set.places {
        if place.frame.len() < every_match::SHORTEST {
            return Err(invalid(
                &place.frame,
                format!("the place {:?} is too short to mean anything in a frame", place.frame),
            ));
        }
    }
    Ok(())
}

fn unique<'a>(what: &str, ids: impl Iterator<Item = &'a str>) -> Checked {
    let mut seen = HashSet::new();
    for id in ids {
        if !seen.insert(id) {
            return Err(invalid(id, format!("{what} {id} is defined twice; ids are unique over all files")));
        }
    }
    Ok(())
}

fn check_signal(signal: &Signal, symptoms: &HashSet<&str>, providers: &HashSet<&str>) -> Checked {
    let what = format!("signal {}", signal.id);
    if signal.patterns.is_empty() {
        return Err(invalid(&signal.id, format!("{what} has no pattern in `match`")));
    }
    if let Some(symptom) = signal.symptom.as_deref().filter(|id| !symptoms.contains(id)) {
        return Err(invalid(
            &signal.id,
            format!("{what} names the symptom {symptom}, which symptoms.toml does not define"),
        ));
    }
    if let Some(provider) = signal.provider.as_deref().filter(|id| !providers.contains(id)) {
        return Err(invalid(
            &signal.id,
            format!("{what} names the provider {provider}, which has no file in components/"),
        ));
    }
    for pattern in &signal.patterns {
        if signal.literals.is_empty() && pattern.literals().is_empty() {
            let shortest = every_match::SHORTEST;
            return Err(invalid(
                &signal.id,
                format!(
                    "{what}: no literal of {shortest} bytes or more is certain in the pattern {pattern}; spell out `literals`"
                ),
            ));
        }
    }
    if let Some(provider) = signal.likely.as_deref().filter(|id| !providers.contains(id)) {
        return Err(invalid(
            &signal.id,
            format!("{what} names the provider {provider}, which has no file in components/"),
        ));
    }
    match signal.literals.iter().find(|l| l.len() < every_match::SHORTEST) {
        Some(short) => Err(invalid(&signal.id, format!("{what}: the literal {short:?} is too short to look for"))),
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
        return Err(invalid(&cause.id, format!("{what} explains no symptom")));
    }
    for symptom in &cause.symptoms {
        if !symptoms.contains(symptom.as_str()) {
            return Err(invalid(
                &cause.id,
                format!("{what} names the symptom {symptom}, which symptoms.toml does not define"),
            ));
        }
    }
    let rivals = cause.confirm.iter().flat_map(|c| &c.tells_apart);
    for other in cause.specializes.iter().chain(rivals) {
        if !causes.contains(other.as_str()) {
            return Err(invalid(&cause.id, format!("{what} names the cause {other}, which has no file in causes/")));
        }
    }
    for item in cause.supports.iter().chain(&cause.against) {
        for name in item.all.iter().chain(&item.any).chain(&item.none) {
            let known = match name.strip_prefix("!@").or_else(|| name.strip_prefix('@')) {
                Some(aggregate) => Aggregate::parse(aggregate).is_some(),
                None => concepts.contains(name.as_str()),
            };
            if !known {
                return Err(invalid(
                    &cause.id,
                    format!("{what}: nothing shows {name}; see the concepts and aggregates in rules/README.md"),
                ));
            }
        }
        if item.all.is_empty() && item.any.is_empty() {
            return Err(invalid(
                &cause.id,
                format!("{what}: the evidence {:?} needs a name in `all` or `any`", item.says),
            ));
        }
    }
    if cause.supports.iter().any(|item| item.weight == Weight::Veto) {
        return Err(invalid(&cause.id, format!("{what}: `veto` is only for evidence against")));
    }
    let named = cause.recipe.iter().map(|r| &r.provider).chain(cause.confirm.iter().map(|c| &c.provider));
    match named.flatten().find(|p| !providers.contains(p.as_str())) {
        Some(provider) => {
            Err(invalid(&cause.id, format!("{what} names the provider {provider}, which has no file in components/")))
        }
        None => Ok(()),
    }
}

fn invalid(about: &str, text: String) -> RuleError {
    RuleError::Contradiction { about: about.to_owned(), text }
}
