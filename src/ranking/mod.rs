//! From evidence to findings: components with a symptom, and their causes with honest probabilities.
//!
//! Each cause that fits the symptom starts from its prior and adds the weights of its evidence, one item a family. A softmax over the candidates and
//! "none of them" gives probabilities. All numbers come from `rules/weights.toml`. Counting is not proof: how often something happened never
//! raises a cause.

mod score;
mod settle;

pub use score::{EvidenceItem, RankedCause, weigh};

use crate::evidence::{Contrast, Evidence, Group, GroupKey, Subject, Truth};
use crate::model::Aggregate;
use crate::rules::CompiledRules;
use crate::rules::schema::{Grade, Symptom};

/// A failing component with a symptom and its causes.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What failed and how.
    pub key: GroupKey,
    /// Its occurrences.
    pub group: Group,
    /// Who fails and who succeeds.
    pub contrast: Contrast,
    /// Every cause that may be it, most likely first; a report leaves out those that hardly can.
    pub causes: Vec<RankedCause>,
    /// Probability that it is none of them.
    pub unknown: f64,
    /// How bad it is.
    pub severity: Grade,
}

impl Finding {
    /// The symptom's rule.
    #[must_use]
    pub fn symptom<'r>(&self, rules: &'r CompiledRules) -> &'r Symptom {
        &rules.set.symptoms[usize::from(self.key.symptom.0)]
    }
}

/// Findings, what to look at first at the front. Failures that a retry healed are no findings.
#[must_use]
pub fn rank(rules: &CompiledRules, evidence: &Evidence) -> Vec<Finding> {
    rank_without(rules, evidence, &[])
}

/// The findings of somebody who cannot see these aggregates: what they contribute, measured.
#[must_use]
pub fn rank_without(rules: &CompiledRules, evidence: &Evidence, unseen: &[Aggregate]) -> Vec<Finding> {
    let groups = settle::settle(rules, evidence);
    let mut settled = evidence.clone();
    settled.groups = groups.clone();
    let mut findings: Vec<Finding> = groups
        .into_iter()
        .filter_map(|(key, group)| {
            let mut contrast = Contrast::of(&settled, &key, &group);
            contrast.forget(unseen);
            if contrast.truth(Aggregate::HealedByRetry) == Truth::True {
                return None;
            }
            let (causes, unknown) = score::score(rules, &settled, &key, &group, &contrast);
            let severity = severity(rules, &key);
            Some(Finding { key, group, contrast, causes, unknown, severity })
        })
        .collect();
    findings.sort_by(|a, b| {
        order(rules, b)
            .partial_cmp(&order(rules, a))
            .unwrap_or(std::cmp::Ordering::Equal)
            .then_with(|| a.key.cmp(&b.key))
    });
    findings
}

fn severity(rules: &CompiledRules, key: &GroupKey) -> Grade {
    let usual = rules.set.symptoms[usize::from(key.symptom.0)].severity;
    // Telemetry that cannot be delivered harms nobody's request.
    if key.role == "tracing" { Grade::Low } else { usual }
}

/// What makes a finding come first: severity, then being deeper than the application, then the share of streams and the count.
fn order(rules: &CompiledRules, finding: &Finding) -> (Grade, u8, bool, f64, u64) {
    let depth = match finding.key.subject {
        Subject::Component(_) => 3,
        Subject::Internal => 2,
        Subject::Unknown => 1,
        Subject::Application => 0,
    };
    let streams = finding.contrast.streams.len().max(1);
    let failing = finding.contrast.streams.iter().filter(|s| s.failures.count > 0).count();
    #[allow(clippy::cast_precision_loss)]
    let share = failing as f64 / streams as f64;
    // What was retried and went on is less urgent than what fails for good.
    let lasting =
        finding.contrast.truth(Aggregate::Intermittent) != Truth::True || finding.symptom(rules).family != "quota";
    (finding.severity, depth, lasting, share, finding.group.occurrences().count)
}
