//! Weighs the causes of one finding.

use std::collections::BTreeMap;

use crate::evidence::{Contrast, Evidence, Group, GroupKey, SignalTally, SignalUse, Truth};
use crate::model::{Aggregate, ConceptId, Position, SignalId};
use crate::rules::schema::{Cause, Confidence, EvidenceRule, Weight};
use crate::rules::{Atom, CompiledRules, Weights};

/// Causes below this probability are not worth a line.
const LEAST_PROBABILITY: f64 = 0.005;

/// One item of evidence that held.
#[derive(Clone, Debug, PartialEq)]
pub struct EvidenceItem {
    /// Sentence for a person.
    pub says: String,
    /// Weight class.
    pub weight: Weight,
    /// One family counts once.
    pub family: String,
    /// Whether it counted, or a stronger item of its family did.
    pub counted: bool,
    /// Places with quotes.
    pub places: Vec<(Position, String)>,
}

/// A cause with its probability.
#[derive(Clone, Debug, PartialEq)]
pub struct RankedCause {
    /// Id of the cause rule.
    pub id: String,
    /// 0 to 1.
    pub probability: f64,
    /// What spoke for it, strongest first.
    pub evidence: Vec<EvidenceItem>,
    /// What spoke against it.
    pub against: Vec<EvidenceItem>,
}

struct Candidate<'r> {
    cause: &'r Cause,
    score: f64,
    own_evidence: f64,
    evidence: Vec<EvidenceItem>,
    against: Vec<EvidenceItem>,
}

/// The facts that evidence rules are held against.
struct Facts<'a> {
    rules: &'a CompiledRules,
    contrast: &'a Contrast,
    /// Concepts with the signals that showed them.
    concepts: BTreeMap<ConceptId, Vec<(SignalId, &'a SignalUse)>>,
}

/// Causes of a finding, most likely first, and the probability of none of them.
pub(super) fn score(
    rules: &CompiledRules,
    evidence: &Evidence,
    key: &GroupKey,
    group: &Group,
    contrast: &Contrast,
) -> (Vec<RankedCause>, f64) {
    let weights = &rules.set.weights;
    let facts = Facts { rules, contrast, concepts: concepts(rules, evidence, group) };
    let symptom = &rules.set.symptoms[usize::from(key.symptom.0)].id;
    let candidates: Vec<Candidate<'_>> = rules
        .set
        .causes
        .iter()
        .filter(|c| c.symptoms.contains(symptom) && fits_role(c, key))
        .filter_map(|cause| weigh(&facts, weights, cause))
        .collect();
    let (mut probabilities, unknown) = softmax(&candidates, weights);
    specialize(&candidates, &mut probabilities, weights);
    let mut ranked: Vec<RankedCause> = candidates
        .into_iter()
        .zip(probabilities)
        .filter(|(_, probability)| *probability >= LEAST_PROBABILITY)
        .map(|(c, probability)| RankedCause {
            id: c.cause.id.clone(),
            probability,
            evidence: c.evidence,
            against: c.against,
        })
        .collect();
    ranked.sort_by(|a, b| b.probability.total_cmp(&a.probability).then_with(|| a.id.cmp(&b.id)));
    (ranked, unknown)
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

fn weigh<'r>(facts: &Facts<'_>, weights: &Weights, cause: &'r Cause) -> Option<Candidate<'r>> {
    let evidence = held(facts, &cause.supports);
    let against = held(facts, &cause.against);
    if against.iter().any(|(item, _)| item.weight == Weight::Veto) {
        return None;
    }
    let (evidence, for_sum) = sum(weights, evidence);
    let (against, against_sum) = sum(weights, against);
    let score = weights.prior(cause.prior) + for_sum - against_sum;
    Some(Candidate { cause, score, own_evidence: for_sum - against_sum, evidence, against })
}

/// Items that hold, each with the share of its weight that counts.
fn held(facts: &Facts<'_>, items: &[EvidenceRule]) -> Vec<(EvidenceItem, bool)> {
    items.iter().filter_map(|item| facts.check(item)).collect()
}

/// Sums the strongest item of each family; sorts strongest first.
fn sum(weights: &Weights, mut items: Vec<(EvidenceItem, bool)>) -> (Vec<EvidenceItem>, f64) {
    let value = |(item, memory): &(EvidenceItem, bool)| {
        weights.of(item.weight) * if *memory { weights.ranking.from_memory } else { 1.0 }
    };
    items.sort_by(|a, b| value(b).total_cmp(&value(a)).then_with(|| a.0.says.cmp(&b.0.says)));
    let mut families: Vec<String> = Vec::new();
    let mut total = 0.0;
    for item in &mut items {
        item.0.counted = !families.contains(&item.0.family);
        if item.0.counted {
            total += value(item);
            families.push(item.0.family.clone());
        }
    }
    (items.into_iter().map(|(item, _)| item).collect(), total)
}

impl<'a> Facts<'a> {
    /// The item with its sentence and places, and whether it rests on memory alone; `None` if it does not hold.
    fn check(&self, item: &EvidenceRule) -> Option<(EvidenceItem, bool)> {
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
        let memory =
            !uses.is_empty() && uses.iter().all(|(id, _)| self.rules.signal(*id).rule.confidence == Confidence::Memory);
        let mut places: Vec<(Position, String)> = uses.iter().map(|(_, used)| (used.at, used.quote.clone())).collect();
        let aggregates = names.iter().filter_map(|name| self.aggregate(name));
        places.extend(aggregates.flat_map(|a| self.contrast.places(a).iter().cloned()));
        places.sort();
        places.dedup_by(|a, b| a.0 == b.0);
        places.truncate(3);
        let detail = names.iter().filter_map(|name| self.aggregate(name)).find_map(|a| self.contrast.says(a));
        let says = detail.map_or_else(|| item.says.clone(), ToOwned::to_owned);
        Some((EvidenceItem { says, weight: item.weight, family: item.family.clone(), counted: false, places }, memory))
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

fn softmax(candidates: &[Candidate<'_>], weights: &Weights) -> (Vec<f64>, f64) {
    let scaled = |score: f64| (score * weights.ranking.temperature).exp();
    let unknown = scaled(weights.ranking.unknown);
    let total: f64 = candidates.iter().map(|c| scaled(c.score)).sum::<f64>() + unknown;
    (candidates.iter().map(|c| scaled(c.score) / total).collect(), unknown / total)
}

/// Moves probability from general causes to specific ones that have evidence of their own.
fn specialize(candidates: &[Candidate<'_>], probabilities: &mut [f64], weights: &Weights) {
    for (at, candidate) in candidates.iter().enumerate() {
        if candidate.own_evidence <= 0.0 {
            continue;
        }
        let share = 1.0 - (-candidate.own_evidence / weights.ranking.specializing).exp();
        for (general, other) in candidates.iter().enumerate() {
            if candidate.cause.specializes.contains(&other.cause.id)
                && probabilities[general] > 0.0
                && candidate.score > 0.0
            {
                let moved = probabilities[general] * share;
                probabilities[general] -= moved;
                probabilities[at] += moved;
            }
        }
    }
}
