//! From an event to what it shows: matched, attributed, redacted.
//!
//! The last stage that sees log text as it was written. Whatever leaves it went through [`redact`].

use crate::attribution::{self, Attribution, Call};
use crate::evidence::{
    Exemplar, Failure, GroupKey, LinkSummary, Moment, Observation, Presence, Seen, SignalUse, StreamKey, Subject,
};
use crate::keys::{self, KeySeen};
use crate::matching::{self, Hit, Slot, Texts};
use crate::model::{ConceptId, Event, Line, Position, Relation, Severity, StreamId, SymptomId};
use crate::redact::redact;
use crate::rules::CompiledRules;
use crate::rules::schema::Kind;

/// A quoted line is cut here, in characters.
const MOST_QUOTE: usize = 400;

/// A failed call explains an exception that follows within this many lines.
const NEARBY_LINES: u64 = 400;

/// Reads the events of one segment in order.
pub struct Observer<'a> {
    rules: &'a CompiledRules,
    lines: &'a [Line],
    stream: StreamId,
    /// Invocations that failed.
    failed: Vec<std::sync::Arc<str>>,
    /// The last failed call of each worker, with its line.
    calls: Vec<(Option<std::sync::Arc<str>>, u64, Call)>,
    env_set: Option<ConceptId>,
    env_unset: Option<ConceptId>,
}

/// What an event's hits say together.
struct Reading<'h> {
    hits: &'h [Hit],
    symptom: Option<(SymptomId, &'h Hit)>,
}

impl<'a> Observer<'a> {
    /// An observer for the lines of one segment. `stream` is the name to count under.
    #[must_use]
    pub fn new(rules: &'a CompiledRules, lines: &'a [Line], stream: StreamId) -> Self {
        let (env_set, env_unset) = (rules.concept("env-key-set"), rules.concept("env-key-unset"));
        Self { rules, lines, stream, failed: Vec::new(), calls: Vec::new(), env_set, env_unset }
    }

    /// Everything one event shows; empty for an ordinary record.
    pub fn observe(&mut self, event: &Event) -> Vec<Observation> {
        let texts = Texts::of(event);
        let hits = matching::matches(self.rules, &texts);
        let reading = Reading { hits: &hits, symptom: self.symptom(event, &hits) };
        let mut seen = self.plain(event, &texts, &hits);
        let consumed = !seen.is_empty();
        if reading.symptom.is_some() {
            self.failed.extend(event.request.clone());
        }
        match reading.symptom {
            Some((symptom, deciding)) => seen.push(self.failure(event, &texts, &reading, symptom, deciding)),
            None if !consumed && is_error(event) => seen.push(self.unexplained(event)),
            None => seen.extend(
                hits.iter()
                    .filter(|h| self.rules.signal(h.signal).rule.kind() == Kind::Note)
                    .map(|h| Seen::Note(self.used(event, &texts, h))),
            ),
        }
        let stream = StreamKey { stream: self.stream.clone(), worker: event.worker.clone() };
        let moment = Moment { time: event.time, at: event.at };
        seen.into_iter().map(|seen| Observation { stream: stream.clone(), moment, seen }).collect()
    }

    /// The symptom of the deepest specific signal, else of the deepest generic one.
    fn symptom<'h>(&self, event: &Event, hits: &'h [Hit]) -> Option<(SymptomId, &'h Hit)> {
        let quiet = event.chain.is_none() && event.severity.is_some_and(|s| s <= Severity::Info);
        let root = event.chain.as_ref().map_or(0, |c| c.root);
        hits.iter()
            .filter_map(|hit| {
                let signal = self.rules.signal(hit.signal);
                // A record at info level is a failure only if it is a client's line about a call.
                let counts = !quiet || attribution::call_of(hit).is_some();
                Some((signal.symptom.filter(|_| counts)?, hit, signal.rule.generic))
            })
            .max_by_key(|(_, hit, generic)| (!generic, hit.depth(root), std::cmp::Reverse(hit.signal)))
            .map(|(symptom, hit, _)| (symptom, hit))
    }

    /// Successes, boots, changes, throttles and presence lines.
    fn plain(&mut self, event: &Event, texts: &Texts, hits: &[Hit]) -> Vec<Seen> {
        let mut seen = Vec::new();
        for hit in hits {
            let signal = self.rules.signal(hit.signal);
            seen.extend(signal.rule.runtime.clone().map(Seen::Runtime));
            match signal.rule.kind() {
                Kind::Success => seen.extend(self.outcome(hit, true).or_else(|| self.invocation(event))),
                Kind::Boot => {
                    seen.push(self.presence(event, texts, hit).unwrap_or(Seen::Boot));
                    // What a start shows is evidence like any other, wherever in the log it stands.
                    seen.push(Seen::Note(self.used(event, texts, hit)));
                }
                Kind::Change => seen.push(Seen::Change(self.used(event, texts, hit))),
                Kind::Throttle => {
                    let call = attribution::call_of(hit);
                    let subject = call.and_then(|c| c.component(self.rules)).or(signal.provider);
                    seen.push(Seen::Throttle(subject.map_or(Subject::Unknown, Subject::Component)));
                }
                Kind::Note => {
                    seen.extend(self.presence(event, texts, hit));
                    let endpoint = hit
                        .capture("url")
                        .and_then(|_| attribution::call_of(hit))
                        .and_then(|call| call.component(self.rules));
                    seen.extend(endpoint.map(Seen::Endpoint));
                    if hit.capture("route").is_some() {
                        seen.extend(self.outcome(hit, false));
                    }
                }
                Kind::Failure => {
                    if let Some(call) = attribution::call_of(hit) {
                        self.remember(event, call);
                    }
                }
            }
        }
        seen
    }

    /// The outcome of a call or of a request to the application itself.
    fn outcome(&self, hit: &Hit, ok: bool) -> Option<Seen> {
        if let Some(route) = hit.capture("route") {
            let status: Option<u16> = hit.capture("status").and_then(|s| s.parse().ok());
            let ok = status.map_or(ok, |s| s < 400);
            // Refused users are the users' affair: only what the application could not do counts as its failure.
            let counts = ok || status.is_none_or(|s| s >= 500);
            return counts.then(|| Seen::Route { route: plain_route(route), ok });
        }
        let call = attribution::call_of(hit)?;
        let signal = self.rules.signal(hit.signal);
        let Some(component) = call.component(self.rules).or(signal.provider) else {
            return Some(Seen::InternalCall { host: call.host, path: plain_route(&call.path), ok });
        };
        let role = self.rules.role(crate::rules::schema::RoleSubject::Url, &call.path).map(ToOwned::to_owned);
        let role = role.or_else(|| signal.rule.role.clone()).unwrap_or_else(|| self.usual_role(component));
        Some(Seen::Call { subject: Subject::Component(component), role, ok })
    }

    /// The outcome of an invocation whose end was logged.
    fn invocation(&self, event: &Event) -> Option<Seen> {
        let request = event.request.as_ref()?;
        Some(Seen::Route { route: "invocation".to_owned(), ok: !self.failed.contains(request) })
    }

    fn usual_role(&self, component: crate::model::ComponentId) -> String {
        self.rules.component(component).roles.first().cloned().unwrap_or_default()
    }

    fn presence(&self, event: &Event, texts: &Texts, hit: &Hit) -> Option<Seen> {
        let shows = &self.rules.signal(hit.signal).shows;
        let set = self.env_set.is_some_and(|c| shows.contains(&c));
        if !set && !self.env_unset.is_some_and(|c| shows.contains(&c)) {
            return None;
        }
        let variable = hit
            .captures
            .iter()
            .find(|(name, _)| name.starts_with("env"))
            .map(|(_, value)| value.clone())
            .unwrap_or_default();
        let owner = self.owner_of(&variable);
        let stream = StreamKey { stream: self.stream.clone(), worker: worker_in(event, texts.get(hit.slot)) };
        Some(Seen::Presence(
            Presence { owner, variable: redact(self.rules, &variable), set, stream },
            self.used(event, texts, hit),
        ))
    }

    /// The component a variable belongs to, also in the spellings of code (`hasOpenAIKey`, `openai_api_key`).
    fn owner_of(&self, variable: &str) -> Option<crate::model::ComponentId> {
        if let Some((component, true)) = self.rules.variable(variable) {
            return Some(component);
        }
        let upper = variable.to_ascii_uppercase();
        if let Some((component, true)) = self.rules.variable(&upper) {
            return Some(component);
        }
        let letters: String = upper.chars().filter(char::is_ascii_alphanumeric).collect();
        let names = self.rules.set.components.iter().zip(0..).filter(|(c, _)| {
            let id: String = c.id.to_ascii_uppercase().chars().filter(char::is_ascii_alphanumeric).collect();
            id.len() > 2 && letters.contains(&id)
        });
        names.max_by_key(|(c, _)| c.id.len()).map(|(_, id)| crate::model::ComponentId(id))
    }

    fn remember(&mut self, event: &Event, call: Call) {
        self.calls.retain(|(worker, _, _)| *worker != event.worker);
        self.calls.push((event.worker.clone(), event.at.line, call));
    }

    fn nearby(&self, event: &Event) -> Option<&Call> {
        let recent = self.calls.iter().rev().filter(|(_, line, _)| event.at.line.saturating_sub(*line) <= NEARBY_LINES);
        let (own, other): (Vec<_>, Vec<_>) = recent.partition(|(worker, _, _)| *worker == event.worker);
        // An exception printed without a worker may belong to any of them: only a single candidate is safe to take.
        own.first().copied().or_else(|| (other.len() == 1).then(|| other[0])).map(|(_, _, call)| call)
    }

    fn failure(&self, event: &Event, texts: &Texts, reading: &Reading<'_>, symptom: SymptomId, deciding: &Hit) -> Seen {
        let call_only = event.chain.is_none() && attribution::call_of(deciding).is_some();
        let nearby = if event.chain.is_some() || !call_only { self.nearby(event) } else { None };
        let attribution = attribution::attribute(self.rules, event, reading.hits, nearby);
        let subject = self.subject(&attribution, symptom);
        let role = self.role(&attribution, subject);
        let assumed_role = attribution.role.is_none();
        let mut ordered: Vec<&Hit> = reading.hits.iter().collect();
        ordered.sort_by_key(|hit| (hit.signal != deciding.signal, std::cmp::Reverse(hit.slot)));
        let signals: Vec<SignalUse> = ordered.iter().map(|hit| self.used(event, texts, hit)).collect();
        let exemplar = self.exemplar(event, signals.first());
        Seen::Failure(Box::new(Failure {
            key: GroupKey { subject, role, symptom },
            call_only,
            signals,
            framework: attribution.framework.clone(),
            class: attribution.class.clone(),
            language: event.chain.as_ref().map(|c| c.language.as_str().to_owned()),
            host: attribution.host.clone(),
            gateway: attribution.gateway,
            module_level: attribution.module_level,
            parallel: attribution.parallel,
            assumed_role,
            weak: attribution.weak,
            generic: self.rules.signal(deciding.signal).rule.generic,
            keys: self.keys(event, texts, reading.hits, deciding),
            because: redact(self.rules, &attribution.because),
            exemplar,
        }))
    }

    fn subject(&self, attribution: &Attribution, symptom: SymptomId) -> Subject {
        let family = self.rules.set.symptoms[usize::from(symptom.0)].family.as_str();
        match (attribution.component, attribution.internal, family) {
            // Whose library it surfaced in says nothing about a missing module or a bug.
            (_, _, "application" | "dependency" | "memory" | "disk") => Subject::Application,
            (Some(component), _, _) => Subject::Component(component),
            (None, _, _) if attribution.own_check => Subject::Application,
            (None, true, _) => Subject::Internal,
            (None, false, "configuration" | "kubernetes") => Subject::Application,
            (None, false, _) => Subject::Unknown,
        }
    }

    fn role(&self, attribution: &Attribution, subject: Subject) -> String {
        match subject {
            Subject::Component(component) => attribution.role.clone().unwrap_or_else(|| self.usual_role(component)),
            Subject::Internal | Subject::Application => "application".to_owned(),
            Subject::Unknown => attribution.role.clone().unwrap_or_default(),
        }
    }

    /// Keys in the texts of this failure; those of other members of a group belong to other failures.
    fn keys(&self, event: &Event, texts: &Texts, hits: &[Hit], deciding: &Hit) -> Vec<KeySeen> {
        let grouped = event.chain.iter().flat_map(|c| &c.links).any(|link| link.relation == Relation::Member);
        let own = |slot: Slot| !grouped || slot == deciding.slot;
        let links = texts.links.iter().enumerate().filter(|(at, _)| own(Slot::Link(*at))).map(|(_, text)| text);
        let mut seen = Vec::new();
        for text in links.chain([&texts.message]) {
            seen.extend(keys::masked(self.rules, text));
            seen.extend(keys::sent(self.rules, text));
        }
        let values = hits
            .iter()
            .filter(|hit| own(hit.slot))
            .flat_map(|h| &h.captures)
            .filter(|(name, _)| name.starts_with("val"));
        let texts = values.map(|(_, value)| value.trim()).filter(|v| !v.is_empty() && *v != "Bearer" && v.len() < 600);
        seen.extend(texts.map(|value| keys::value(self.rules, value)));
        seen.sort();
        seen.dedup();
        seen
    }

    fn exemplar(&self, event: &Event, best: Option<&SignalUse>) -> Exemplar {
        let quote = best.map_or_else(|| self.quote(&event.message), |used| used.quote.clone());
        let chain = event.chain.as_ref();
        let links = chain.map(|c| c.links.as_slice()).unwrap_or_default();
        Exemplar {
            chain: links
                .iter()
                .map(|link| LinkSummary {
                    kind: redact(self.rules, &link.kind),
                    message: bounded(&redact(self.rules, &link.message), MOST_QUOTE * 3),
                    relation: link.relation.as_str(),
                })
                .collect(),
            root: chain.map_or(0, |c| c.root),
            language: chain.map(|c| c.language.as_str()),
            quote,
            quote_at: best.map(|used| used.at),
        }
    }

    fn used(&self, event: &Event, texts: &Texts, hit: &Hit) -> SignalUse {
        let text = texts.get(hit.slot);
        let line = line_around(text, hit.range.start);
        let says = hit.sentence(self.rules);
        SignalUse {
            signal: hit.signal,
            at: self.locate(event, line),
            says: redact(self.rules, &says),
            quote: self.quote(line),
        }
    }

    fn quote(&self, line: &str) -> String {
        bounded(redact(self.rules, line).trim(), MOST_QUOTE)
    }

    /// The line of the input that holds a line of a text; the event's first where none does.
    fn locate(&self, event: &Event, line: &str) -> Position {
        let wanted: String = line.trim().chars().take_while(|c| *c != '\n').take(80).collect();
        // The class and the message stand in one line of the log but in one text here, so the message alone will do too.
        let tail = wanted.split_once(": ").map_or(wanted.as_str(), |(_, rest)| rest).to_owned();
        let inside = |l: &&Line| event.lines.iter().any(|&(from, to)| l.at.line >= from && l.at.line <= to);
        let held = |needle: &str| {
            (needle.len() > 5).then(|| self.lines.iter().filter(inside).find(|l| l.text.contains(needle))).flatten()
        };
        held(&wanted).or_else(|| held(&tail)).map_or(event.at, |l| l.at)
    }

    fn unexplained(&self, event: &Event) -> Seen {
        let title = match &event.chain {
            Some(chain) => {
                let root = chain.root_exception();
                let first = root.message.lines().next().unwrap_or_default();
                if root.kind.is_empty() { first.to_owned() } else { format!("{}: {first}", root.kind) }
            }
            None => event.message.lines().next().unwrap_or_default().to_owned(),
        };
        let title = self.quote(&title);
        let fingerprint = blake3::hash(template(&title).as_bytes()).to_hex()[..16].to_owned();
        Seen::Unexplained { fingerprint, quote: title.clone(), title }
    }
}

/// An exception, or a record at error level.
fn is_error(event: &Event) -> bool {
    match event.severity {
        Some(severity) if event.chain.is_none() => severity >= Severity::Error,
        _ => event.chain.is_some(),
    }
}

/// The line of a text around a byte.
fn line_around(text: &str, at: usize) -> &str {
    let from = text[..at].rfind('\n').map_or(0, |n| n + 1);
    let to = text[at..].find('\n').map_or(text.len(), |n| at + n);
    &text[from..to]
}

fn bounded(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most).chain(['…']).collect()
}

/// Numbers and long hexadecimal words of a path are one route.
fn plain_route(path: &str) -> String {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let varies = |part: &str| {
        part.bytes().any(|b| b.is_ascii_digit()) && part.len() > 2
            || part.bytes().all(|b| b.is_ascii_digit()) && !part.is_empty()
    };
    path.split('/')
        .map(|part| if varies(part) && !is_version(part) { "{}" } else { part })
        .collect::<Vec<_>>()
        .join("/")
}

fn is_version(part: &str) -> bool {
    part.len() <= 7 && part.starts_with('v') && part[1..].starts_with(|c: char| c.is_ascii_digit())
}

/// What stays of a message when everything that varies between occurrences is taken out.
fn template(text: &str) -> String {
    let mut out = String::new();
    for word in text.split_inclusive(|c: char| !c.is_alphanumeric() && c != '_' && c != '-') {
        if word.bytes().any(|b| b.is_ascii_digit()) { out.push('#') } else { out.push_str(word) }
    }
    out
}

/// The worker a boot line names in its own text (`worker boot pid=15006 …`), else the record's.
fn worker_in(event: &Event, text: &str) -> Option<std::sync::Arc<str>> {
    let pid = ["pid=", "pid: ", "pid "].iter().find_map(|sign| text.find(sign).map(|at| &text[at + sign.len()..]));
    let digits = pid.map(|rest| rest.bytes().take_while(u8::is_ascii_digit).count()).filter(|&n| n > 0);
    match (pid, digits) {
        (Some(rest), Some(n)) => Some(std::sync::Arc::from(&rest[..n])),
        _ => event.worker.clone(),
    }
}
