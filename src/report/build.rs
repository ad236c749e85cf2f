//! Builds the [`Report`] from findings and evidence.

use std::collections::BTreeMap;

use super::advice::{self, Names};
use super::{
    CauseView, ComponentView, ConfirmView, EvidenceView, ExceptionView, FindingView, Input, Quote, RecipeView, Report,
    StreamView, UnexplainedView, WarningView,
};
use crate::evidence::{Assumed, Evidence, Exemplar, Subject};
use crate::input::{InputSummary, InputWarning};
use crate::model::{Moment, Position, SourceId};
use crate::ranking::{EvidenceItem, Finding, RankedCause};
use crate::redact::Numbering;
use crate::rules::CompiledRules;
use crate::rules::schema::Selector;

/// From this probability on the headline names the cause.
const CLEAR: f64 = 0.7;

/// Streams listed by finding.
const MOST_STREAMS: usize = 50;

/// Unexplained errors listed.
const MOST_UNEXPLAINED: usize = 20;

/// Causes below this probability are not worth a line.
const LEAST_PROBABILITY: f64 = 0.005;

/// Causes listed by finding.
const MOST_CAUSES: usize = 6;

/// Builds the report of all findings. `names` are the inputs' names by their ids.
#[must_use]
pub fn build(
    rules: &CompiledRules,
    evidence: &Evidence,
    findings: &[Finding],
    inputs: &[InputSummary],
    warnings: &[InputWarning],
    names: &[String],
) -> Report {
    let mut builder = Builder { rules, evidence, names, numbering: Numbering::default() };
    let views: Vec<FindingView> = findings.iter().map(|finding| builder.finding(finding)).collect();
    let (unexplained, unexplained_more) = builder.unexplained();
    let mut warnings: Vec<WarningView> = warnings.iter().map(warning).collect();
    warnings.extend(evidence.caps.iter().map(|cap| WarningView {
        kind: "cap".to_owned(),
        source: String::new(),
        text: format!("more {cap} than are counted one by one; the rest is left out of the comparison"),
    }));
    let inputs: Vec<Input> = inputs.iter().map(input).collect();
    Report {
        rules: rules.set.digest.clone(),
        verdict: verdict(evidence, &views, &inputs, unexplained.len() + unexplained_more),
        events: evidence.events,
        explained: evidence.explained,
        first_time: evidence.times.map(|(first, _)| first.to_string()),
        last_time: evidence.times.map(|(_, last)| last.to_string()),
        assumed: assumed(evidence.assumed),
        complete: warnings.is_empty(),
        findings: views,
        unexplained,
        unexplained_more,
        warnings,
        inputs,
    }
}

/// What a reader must know to trust the times.
fn assumed(open: Assumed) -> Vec<&'static str> {
    let zone = match (open.zone, open.told_zone) {
        (true, true) => Some(
            "Some stamps name no zone and were read as UTC; beside those that do, their order may be off by hours.",
        ),
        (true, false) => Some("The stamps name no zone; they were read as UTC."),
        (false, _) => None,
    };
    let year =
        open.year.then_some("Stamps name no year, and nothing near them does; their dates stand in the year 2000.");
    zone.into_iter().chain(year).collect()
}

fn input(summary: &InputSummary) -> Input {
    Input {
        name: summary.name.clone(),
        bytes: summary.bytes,
        lines: summary.lines,
        warnings: summary.warnings.iter().map(|w| w.text.clone()).collect(),
    }
}

fn warning(warning: &InputWarning) -> WarningView {
    WarningView { kind: warning.kind.to_owned(), source: warning.source.clone(), text: warning.text.clone() }
}

/// One sentence that can be read out, and that never sounds healthy when nothing was understood.
fn verdict(evidence: &Evidence, findings: &[FindingView], inputs: &[Input], unexplained: usize) -> String {
    let lines: u64 = inputs.iter().map(|i| i.lines).sum();
    match findings.first() {
        Some(first) => match first.causes.first() {
            Some(cause) if cause.probability >= 0.5 => {
                let what = if cause.probability >= CLEAR { &first.component.display } else { &first.title };
                format!("{what}: most likely {} ({:.0} %).", cause.title, (cause.probability * 100.0).min(99.0))
            }
            Some(cause) => format!(
                "{}; the log does not tell why for sure, {} comes first ({:.0} %).",
                first.title,
                cause.title,
                cause.probability * 100.0
            ),
            None => format!("{}; no known cause fits.", first.title),
        },
        None if unexplained > 0 => {
            format!("No known failure, but {unexplained} kinds of errors that no rule explains in {lines} lines.")
        }
        None if lines == 0 => "Nothing to read: the input holds no lines.".to_owned(),
        None if evidence.seen.is_empty() => {
            format!(
                "No failure found in {lines} lines; none of them was of a kind this program knows, so this is no sign of health."
            )
        }
        None => format!("No failure found in {lines} lines."),
    }
}

struct Builder<'a> {
    rules: &'a CompiledRules,
    evidence: &'a Evidence,
    names: &'a [String],
    numbering: Numbering,
}

impl Builder<'_> {
    fn finding(&mut self, finding: &Finding) -> FindingView {
        let symptom = finding.symptom(self.rules).clone();
        let component = self.component(finding);
        let track = finding.group.occurrences();
        let title = match finding.causes.first() {
            // Where the cause is clear it says more than the symptom.
            Some(first) if first.probability >= CLEAR => {
                let cause = self.rules.cause(&first.id).map_or(first.id.as_str(), |c| c.title.as_str());
                format!("{}: {cause}", component.display)
            }
            _ => symptom.title.replace("{component}", &component.display),
        };
        let exemplar =
            finding.group.exemplars.iter().max_by_key(|(at, e)| (e.chain.len().min(1), std::cmp::Reverse(**at)));
        let exception = exemplar.filter(|(_, e)| !e.chain.is_empty()).map(|(_, e)| self.exception(e));
        let time = |moment: Option<Moment>| moment.and_then(|m| m.time);
        let streams: Vec<StreamView> = finding.contrast.streams.iter().take(MOST_STREAMS).map(stream).collect();
        let exemplars =
            finding.group.exemplars.iter().map(|(at, e)| self.quote(e.quote_at.unwrap_or(*at), &e.quote)).collect();
        let causes = self.causes(finding, &component);
        FindingView {
            id: fingerprint(&[
                &symptom.id,
                component.provider.as_deref().unwrap_or(""),
                component.role.as_deref().unwrap_or(""),
            ]),
            title,
            family: symptom.family,
            symptom: symptom.id,
            severity: finding.severity.as_str().to_owned(),
            exception,
            occurrences: track.count,
            first_time: time(track.first()).map(|t| t.to_string()),
            last_time: time(track.last()).map(|t| t.to_string()),
            clock: time(track.first()).zip(time(track.last())).map(|(a, b)| (a.clock(), b.clock())),
            streams_more: finding.contrast.streams.len().saturating_sub(MOST_STREAMS),
            streams,
            causes,
            unknown: round(finding.unknown),
            exemplars,
            component,
        }
    }

    fn component(&mut self, finding: &Finding) -> ComponentView {
        let group = &finding.group;
        let role = Some(finding.key.role.clone()).filter(|r| !r.is_empty());
        let framework = most(&group.frameworks).unwrap_or_else(|| "none".to_owned());
        let class = most(&group.classes);
        let (provider, name) = match finding.key.subject {
            Subject::Component(id) => {
                let component = self.rules.component(id);
                (Some(component.id.clone()), component.name.clone())
            }
            Subject::Internal => (
                Some("internal-api".to_owned()),
                most(&group.hosts).map_or("An internal service".to_owned(), |h| format!("Internal service {h}")),
            ),
            Subject::Application => (Some("application".to_owned()), "The application".to_owned()),
            Subject::Unknown => (None, "An unnamed component".to_owned()),
        };
        let role = role.map(|role| self.blamed_hop(finding).unwrap_or(role));
        let plain = |r: &&str| matches!(*r, "application" | "database" | "platform");
        let only_gateway = |r: &&str| {
            // A gateway's name says so already.
            matches!(finding.key.subject, Subject::Component(id) if *self.rules.component(id).roles == [*r] && *r == "gateway")
        };
        let shown_role = role.as_deref().filter(|r| !plain(r) && !only_gateway(r));
        let via = framework_name(&framework).map(|f| format!(" via {f}")).unwrap_or_default();
        let display =
            shown_role.map_or_else(|| format!("{name}{via}"), |role| format!("{name} {}{via}", role_words(role)));
        let because = group.because.values().next().map(|b| self.numbering.apply(b)).unwrap_or_default();
        ComponentView { provider, role, framework: Some(framework), class, display, because }
    }

    /// The role of a hop before the provider, where the likely cause blames one: the provider is still named.
    fn blamed_hop(&self, finding: &Finding) -> Option<String> {
        let first = finding.causes.first().filter(|c| c.probability >= 0.5)?;
        let passed = finding.group.gateway > 0 || finding.key.subject == Subject::Internal;
        self.rules.cause(&first.id)?.blames.clone().filter(|_| passed)
    }

    fn exception(&mut self, exemplar: &Exemplar) -> ExceptionView {
        ExceptionView {
            chain: exemplar
                .chain
                .iter()
                .map(|l| (self.numbering.apply(&l.kind), self.numbering.apply(&l.message), l.relation.to_owned()))
                .collect(),
            root: exemplar.root,
            language: exemplar.language.unwrap_or_default().to_owned(),
        }
    }

    fn causes(&mut self, finding: &Finding, component: &ComponentView) -> Vec<CauseView> {
        let language = most(&finding.group.languages);
        let runtime = self.runtime(finding);
        let selector = Selector {
            framework: component.framework.as_deref(),
            language: language.as_deref(),
            runtime: runtime.as_deref(),
            provider: component.provider.as_deref(),
        };
        let names = self.placeholders(finding, component);
        let ids: Vec<&str> = finding.causes.iter().map(|c| c.id.as_str()).collect();
        let rival = |of: &str| ids.iter().copied().find(|id| *id != of);
        let likely = finding.causes.iter().filter(|c| c.probability >= LEAST_PROBABILITY);
        likely.take(MOST_CAUSES).filter_map(|c| self.cause(c, rival(&c.id), &selector, &names)).collect()
    }

    fn cause(
        &mut self,
        ranked: &RankedCause,
        rival: Option<&str>,
        selector: &Selector<'_>,
        names: &Names,
    ) -> Option<CauseView> {
        let rules = self.rules;
        let cause = rules.cause(&ranked.id)?;
        let fix = advice::recipe(cause, selector).map(|r| {
            (
                names.fill(&r.text),
                r.code_language.clone(),
                r.code.as_deref().map(|code| names.fill(code.trim_matches('\n'))),
            )
        });
        let confirm = advice::confirms(cause, rival, selector).into_iter().map(|c| ConfirmView {
            check: names.fill(&c.check),
            tells_apart: std::iter::once(ranked.id.clone()).chain(c.tells_apart.iter().cloned()).collect(),
            expect: names.fill(&c.expect),
        });
        Some(CauseView {
            id: ranked.id.clone(),
            title: cause.title.clone(),
            probability: round(ranked.probability),
            prior: ranked.prior.as_str(),
            specializes: ranked.specializes.clone(),
            evidence: ranked.evidence.iter().map(|item| self.evidence(item)).collect(),
            against: ranked.against.iter().map(|item| self.evidence(item)).collect(),
            recipe: RecipeView {
                meaning: names.fill(cause.meaning.trim()),
                fix: fix.into_iter().collect(),
                verify: names.fill(&cause.verify),
                prevent: names.fill(&cause.prevent),
                references: cause.references.clone(),
            },
            confirm: confirm.collect(),
        })
    }

    fn evidence(&mut self, item: &EvidenceItem) -> EvidenceView {
        EvidenceView {
            says: self.numbering.apply(&item.says),
            weight: item.weight.as_str(),
            family: item.family.clone(),
            from_memory: item.from_memory,
            counted: item.counted,
            places: item.places.iter().map(|(at, quote)| self.quote(*at, quote)).collect(),
        }
    }

    fn quote(&mut self, at: Position, quote: &str) -> Quote {
        Quote { source: self.source(at.source), line: at.line, offset: at.offset, quote: self.numbering.apply(quote) }
    }

    fn source(&self, id: SourceId) -> String {
        self.names.get(id.0 as usize).cloned().unwrap_or_default()
    }

    /// The runtime that streams or lines give away; the most telling one where several do.
    fn runtime(&self, finding: &Finding) -> Option<String> {
        if finding.contrast.streams.iter().any(|s| s.name.starts_with("pod/")) {
            return Some("kubernetes".to_owned());
        }
        most(&self.evidence.runtimes)
    }

    fn placeholders(&self, finding: &Finding, component: &ComponentView) -> Names {
        let rule = match finding.key.subject {
            Subject::Component(id) => Some(self.rules.component(id)),
            _ => None,
        };
        let failing = finding.contrast.streams.iter().find(|s| s.failures.count > 0).map(|s| s.name.as_str());
        let pod = failing.map(|name| {
            let name = name.strip_prefix("pod/").unwrap_or(name);
            name.split(['/', '#']).next().unwrap_or(name).to_owned()
        });
        Names {
            env: rule.and_then(|r| r.key_env.first().cloned()),
            provider: rule.map(|r| r.name.clone()),
            class: component.class.clone(),
            pod: pod.filter(|p| !p.is_empty()),
            host: most(&finding.group.hosts),
        }
    }

    fn unexplained(&mut self) -> (Vec<UnexplainedView>, usize) {
        let mut all: Vec<_> = self.evidence.unexplained.iter().collect();
        all.sort_by(|a, b| b.1.1.track.count.cmp(&a.1.1.track.count).then_with(|| a.0.cmp(b.0)));
        let more = all.len().saturating_sub(MOST_UNEXPLAINED);
        let views = all.into_iter().take(MOST_UNEXPLAINED).map(|(fingerprint, (title, unexplained))| UnexplainedView {
            fingerprint: fingerprint.clone(),
            title: self.numbering.apply(title),
            occurrences: unexplained.track.count,
            exemplars: unexplained.exemplars.iter().map(|(at, quote)| self.quote(*at, quote)).collect(),
        });
        (views.collect(), more)
    }
}

fn stream(facts: &crate::evidence::StreamFacts) -> StreamView {
    let time = |moment: Option<Moment>| moment.and_then(|m| m.time).map(|t| t.to_string());
    StreamView {
        id: facts.name.clone(),
        failures: facts.failures.count,
        successes: facts.outcomes.successes.count,
        first_failure: time(facts.failures.first()),
        last_success: time(facts.outcomes.successes.last()),
    }
}

/// The most frequent name; the least of equals.
fn most(counts: &BTreeMap<String, u64>) -> Option<String> {
    counts.iter().max_by(|a, b| a.1.cmp(b.1).then_with(|| b.0.cmp(a.0))).map(|(name, _)| name.clone())
}

fn role_words(role: &str) -> String {
    match role {
        "llm" => "chat model".to_owned(),
        "embedding" => "embeddings".to_owned(),
        other => other.replace('-', " "),
    }
}

fn framework_name(framework: &str) -> Option<&str> {
    Some(match framework {
        "llama-index" => "LlamaIndex",
        "llama-index-ts" => "LlamaIndex.TS",
        "langchain-python" => "LangChain",
        "langchain-js" => "LangChain.js",
        "none" | "" => return None,
        other => other,
    })
}

fn fingerprint(parts: &[&str]) -> String {
    blake3::hash(parts.join("\u{1f}").as_bytes()).to_hex()[..16].to_owned()
}

/// Probabilities are printed with three digits; more would claim what nobody knows.
fn round(probability: f64) -> f64 {
    (probability * 1000.0).round() / 1000.0
}
