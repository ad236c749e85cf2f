//! Weighs the causes of one finding.

use std::collections::BTreeMap;

use crate::evidence::{Contrast, Evidence, Group, GroupKey, SignalTally, SignalUse, Truth};
use crate::model::{Aggregate, ConceptId, Position, SignalId};
use crate::rules::schema::{Cause, Confidence, EvidenceRule, Prior, Weight};
use crate::rules::{Atom, CompiledRules, Weights};

/// One item of evidence that held.
#[derive(Clone, Debug, PartialEq)]
pub struct EvidenceItem {
    /// Sentence for a person.
    pub says: String,
    /// Weight class.
    pub weight: Weight,
    /// One family counts once.
    pub family: String,
    /// Whether every signal it rests on is known from memory only, which lowers its weight.
    pub from_memory: bool,
    /// Whether it counted, or a stronger item of its family did.
    pub counted: bool,
    /// Places with quotes. What only the whole log shows stands at the finding's first occurrence.
    pub places: Vec<(Position, String)>,
}

/// A cause with its probability.
#[derive(Clone, Debug, PartialEq)]
pub struct RankedCause {
    /// Id of the cause rule.
    pub id: String,
    /// Where it starts from before anything is known.
    pub prior: Prior,
    /// Ids of the general causes whose place it takes when it has evidence of its own.
    pub specializes: Vec<String>,
    /// 0 to 1.
    pub probability: f64,
    /// What spoke for it, strongest first.
    pub evidence: Vec<EvidenceItem>,
    /// What spoke against it.
    pub against: Vec<EvidenceItem>,
}

/// The facts that evidence rules are held against.
struct Facts<'a> {
    rules: &'a CompiledRules,
    contrast: &'a Contrast,
    /// Concepts with the signals that showed them.
    concepts: BTreeMap<ConceptId, Vec<(SignalId, &'a SignalUse)>>,
    /// The first occurrence: where items stand that no line shows by itself.
    first: Option<(Position, String)>,
}

/// Every cause that the finding may have, most likely first, and the probability of none of them.
pub(super) fn score(
    rules: &CompiledRules,
    evidence: &Evidence,
    key: &GroupKey,
    group: &Group,
    contrast: &Contrast,
) -> (Vec<RankedCause>, f64) {
    let weights = &rules.set.weights;
    let first = group.exemplars.first_key_value().map(|(at, e)| (e.quote_at.unwrap_or(*at), e.quote.clone()));
    let facts = Facts { rules, contrast, concepts: concepts(rules, evidence, group), first };
    let symptom = &rules.set.symptoms[usize::from(key.symptom.0)].id;
    let fitting = rules.set.causes.iter().filter(|c| c.symptoms.contains(symptom) && fits_role(c, key));
    let mut causes: Vec<RankedCause> = fitting.filter_map(|cause| candidate(&facts, weights, cause)).collect();
    let (probabilities, unknown) = weigh(&causes, weights);
    for (cause, probability) in causes.iter_mut().zip(probabilities) {
        cause.probability = probability;
    }
    causes.sort_by(|a, b| b.probability.total_cmp(&a.probability).then_with(|| a.id.cmp(&b.id)));
    (causes, unknown)
}

/// Probability of each cause, in their order, and of none of them: what the evidence makes of some weights. Looks at nothing but the causes' own
/// items, so that other weights can be tried without the log.
#[must_use]
pub fn weigh(causes: &[RankedCause], weights: &Weights) -> (Vec<f64>, f64) {
    let own: Vec<f64> = causes.iter().map(|c| total(weights, &c.evidence) - total(weights, &c.against)).collect();
    let scores: Vec<f64> = causes.iter().zip(&own).map(|(c, own)| weights.prior(c.prior) + own).collect();
    let (mut probabilities, unknown) = softmax(&scores, weights);
    specialize(causes, &own, &scores, &mut probabilities, weights);
    (probabilities, unknown)
}

fn fits_role(cause: &Cause, key: &GroupKey) -> bool {
    cause.roles.is_empty() || key.role.is_empty() || cause.roles.contains(&key.role)
}

/// Concepts of the group's own signals, and of notes and changes anywhere in the log.
fn concepts<'a>(
    rules: &CompiledRules,
    evidence: &'a Evidence,
    group: &'a Group,
) -> BTreeMap<ConceptId, Vec<(SignalId, &'a SignalUse)>> {
    let mut out: BTreeMap<ConceptId, Vec<(SignalId, &SignalUse)>> = BTreeMap::new();
    let tallies = group.signals.iter().chain(&evidence.notes);
    let uses = tallies.flat_map(|(id, tally): (_, &SignalTally)| tally.places.values().map(move |used| (*id, used)));
    let changes = evidence.changes.iter().flat_map(|(id, moments)| moments.values().map(move |used| (*id, used)));
    for (id, used) in uses.chain(changes) {
        for concept in &rules.signal(id).shows {
            out.entry(*concept).or_default().push((id, used));
        }
    }
    out
}

/// A cause with the evidence that holds; `None` if something rules it out.
fn candidate(facts: &Facts<'_>, weights: &Weights, cause: &Cause) -> Option<RankedCause> {
    let against = held(facts, weights, &cause.against);
    if against.iter().any(|item| item.weight == Weight::Veto) {
        return None;
    }
    Some(RankedCause {
        id: cause.id.clone(),
        prior: cause.prior,
        specializes: cause.specializes.clone(),
        probability: 0.0,
        evidence: held(facts, weights, &cause.supports),
        against,
    })
}

/// Items that hold, strongest first, of each family only the first counted.
fn held(facts: &Facts<'_>, weights: &Weights, items: &[EvidenceRule]) -> Vec<EvidenceItem> {
    let mut items: Vec<EvidenceItem> = items.iter().filter_map(|item| facts.check(item)).collect();
    items.sort_by(|a, b| value(weights, b).total_cmp(&value(weights, a)).then_with(|| a.says.cmp(&b.says)));
    for at in 0..items.len() {
        items[at].counted = !items[..at].iter().any(|stronger| stronger.family == items[at].family);
    }
    items
}

fn value(weights: &Weights, item: &EvidenceItem) -> f64 {
    weights.of(item.weight) * if item.from_memory { weights.ranking.from_memory } else { 1.0 }
}

/// Sum of the strongest item of each family.
fn total(weights: &Weights, items: &[EvidenceItem]) -> f64 {
    let mut families: Vec<(&str, f64)> = Vec::new();
    for item in items {
        let value = value(weights, item);
        match families.iter_mut().find(|(family, _)| *family == item.family) {
            Some((_, strongest)) => *strongest = strongest.max(value),
            None => families.push((&item.family, value)),
        }
    }
    families.iter().map(|(_, value)| value).sum()
}

impl<'a> Facts<'a> {
    /// The item with its sentence and places; `None` if it does not hold.
    fn check(&self, item: &EvidenceRule) -> Option<EvidenceItem> {
        let holds = |name: &String| self.holds(name);
        if !item.all.iter().all(holds) || item.none.iter().any(holds) {
            return None;
        }
        let any: Vec<&String> = item.any.iter().filter(|name| self.holds(name)).collect();
        if any.is_empty() && !item.any.is_empty() {
            return None;
        }
        let names: Vec<&String> = item.all.iter().chain(any).collect();
        let uses: Vec<(SignalId, &'a SignalUse)> =
            names.iter().filter_map(|name| self.shown(name)).flatten().copied().collect();
        let from_memory =
            !uses.is_empty() && uses.iter().all(|(id, _)| self.rules.signal(*id).rule.confidence == Confidence::Memory);
        let mut places: Vec<(Position, String)> = uses.iter().map(|(_, used)| (used.at, used.quote.clone())).collect();
        let aggregates = names.iter().filter_map(|name| self.aggregate(name));
        places.extend(aggregates.flat_map(|a| self.contrast.places(a).iter().cloned()));
        if places.is_empty() {
            places.extend(self.first.clone());
        }
        // Of two signals on one line, the one that quotes it.
        places.sort_by(|a, b| {
            a.0.cmp(&b.0).then_with(|| a.1.is_empty().cmp(&b.1.is_empty())).then_with(|| a.1.cmp(&b.1))
        });
        places.dedup_by(|a, b| a.0 == b.0);
        places.truncate(3);
        let detail = names.iter().filter_map(|name| self.aggregate(name)).find_map(|a| self.contrast.says(a));
        let says = detail.map_or_else(|| item.says.clone(), ToOwned::to_owned);
        let family = item.family.clone();
        Some(EvidenceItem { says, weight: item.weight, family, from_memory, counted: false, places })
    }

    fn holds(&self, name: &str) -> bool {
        match self.rules.atom(name) {
            Some(Atom::Concept(concept)) => self.concepts.contains_key(&concept),
            Some(Atom::Aggregate(aggregate)) => self.contrast.truth(aggregate) == Truth::True,
            Some(Atom::NotAggregate(aggregate)) => self.contrast.truth(aggregate) == Truth::False,
            None => false,
        }
    }

    fn shown(&self, name: &str) -> Option<&Vec<(SignalId, &'a SignalUse)>> {
        match self.rules.atom(name) {
            Some(Atom::Concept(concept)) => self.concepts.get(&concept),
            _ => None,
        }
    }

    fn aggregate(&self, name: &str) -> Option<Aggregate> {
        match self.rules.atom(name) {
            Some(Atom::Aggregate(aggregate)) => Some(aggregate),
            _ => None,
        }
    }
}

fn softmax(scores: &[f64], weights: &Weights) -> (Vec<f64>, f64) {
    let scaled = |score: f64| (score * weights.ranking.temperature).exp();
    let unknown = scaled(weights.ranking.unknown);
    let total: f64 = scores.iter().map(|score| scaled(*score)).sum::<f64>() + unknown;
    (scores.iter().map(|score| scaled(*score) / total).collect(), unknown / total)
}

/// Moves probability from general causes to specific ones that have evidence of their own.
fn specialize(causes: &[RankedCause], own: &[f64], scores: &[f64], probabilities: &mut [f64], weights: &Weights) {
    for (at, cause) in causes.iter().enumerate() {
        if own[at] <= 0.0 || scores[at] <= 0.0 {
            continue;
        }
        let share = 1.0 - (-own[at] / weights.ranking.specializing).exp();
        for (general, other) in causes.iter().enumerate() {
            if cause.specializes.contains(&other.id) {
                let moved = probabilities[general] * share;
                probabilities[general] -= moved;
                probabilities[at] += moved;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::RuleSet;

    fn item(weight: Weight, family: &str, from_memory: bool) -> EvidenceItem {
        let says = String::new();
        EvidenceItem { says, weight, family: family.to_owned(), from_memory, counted: false, places: Vec::new() }
    }

    fn cause(id: &str, evidence: Vec<EvidenceItem>) -> RankedCause {
        RankedCause {
            id: id.to_owned(),
            prior: Prior::Usual,
            specializes: Vec::new(),
            probability: 0.0,
            evidence,
            against: Vec::new(),
        }
    }

    fn weights() -> Weights {
        RuleSet::embedded().expect("the built-in rules").weights
    }

    #[test]
    fn a_family_counts_once_with_its_strongest_item_in_any_order() {
        let strong = cause("a", vec![item(Weight::Strong, "wording", false)]);
        let twice = cause("b", vec![item(Weight::Weak, "wording", false), item(Weight::Strong, "wording", false)]);
        let (probabilities, unknown) = weigh(&[strong, twice], &weights());
        assert!((probabilities[0] - probabilities[1]).abs() < 1e-12, "{probabilities:?}");
        assert!((probabilities.iter().sum::<f64>() + unknown - 1.0).abs() < 1e-12);
    }

    #[test]
    fn what_is_known_from_memory_only_weighs_less() {
        let known = cause("a", vec![item(Weight::Strong, "wording", false)]);
        let remembered = cause("b", vec![item(Weight::Strong, "wording", true)]);
        let (probabilities, _) = weigh(&[known, remembered], &weights());
        assert!(probabilities[0] > probabilities[1], "{probabilities:?}");
    }

    #[test]
    fn a_specific_cause_with_evidence_takes_the_place_of_the_general_one() {
        let general = cause("general", vec![item(Weight::Strong, "wording", false)]);
        let mut specific = cause("specific", vec![item(Weight::Strong, "key", false)]);
        let (apart, _) = weigh(&[general.clone(), specific.clone()], &weights());
        specific.specializes.push("general".to_owned());
        let (together, _) = weigh(&[general, specific], &weights());
        assert!(together[1] > apart[1] && together[0] < apart[0] / 2.0, "{apart:?} {together:?}");
        assert!((together[0] + together[1] - apart[0] - apart[1]).abs() < 1e-12, "probability is moved, not made");
    }
}
