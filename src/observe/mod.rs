//! From an event to what it shows: matched, attributed, redacted.
//!
//! The last stage that sees log text as it was written. Whatever leaves it went through [`redact`].

mod alike;
mod cache;
mod kept;
mod known;
mod memory;
mod varying;

pub use memory::Memory;

use std::sync::Arc;

use alike::{Alike, Masked};
use kept::{Kind as Kept, Kinds};
use known::Known;
use varying::{plain_route, template};

use crate::attribution::{self, Attribution, Call};
use crate::evidence::{Exemplar, Failure, GroupKey, Observation, Presence, Seen, SignalUse, StreamKey, Subject, Used};
use crate::keys;
use crate::matching::{self, Hit, Standing};
use crate::model::{ConceptId, Event, Line, Moment, Position, Severity, StreamId, SymptomId};
use crate::rules::schema::{Blames, Kind};
use crate::rules::{Candidate, CompiledRules};

/// A quoted line is cut here, in characters.
const MOST_QUOTE: usize = 400;

/// A failed call explains an exception that follows within this many lines.
const NEARBY_LINES: u64 = 400;

/// Reads the events of one segment in order.
pub struct Observer<'a> {
    rules: &'a CompiledRules,
    memory: &'a Memory,
    lines: &'a [Line],
    stream: StreamId,
    /// Invocations that failed.
    failed: Vec<Arc<str>>,
    /// The last failed call of each worker, with its line.
    calls: Vec<(Option<Arc<str>>, u64, Call)>,
    env_set: Option<ConceptId>,
    env_unset: Option<ConceptId>,
    /// What passes by itself.
    passing: [Option<ConceptId>; 3],
    retrying: Option<ConceptId>,
    /// For the texts that the memory is asked for.
    key: Vec<u8>,
}

impl<'a> Observer<'a> {
    /// An observer for the lines of one segment. `stream` is the name to count under.
    #[must_use]
    pub fn new(rules: &'a CompiledRules, memory: &'a Memory, lines: &'a [Line], stream: StreamId) -> Self {
        let (env_set, env_unset) = (rules.concept("env-key-set"), rules.concept("env-key-unset"));
        Self {
            rules,
            memory,
            lines,
            stream,
            failed: Vec::new(),
            calls: Vec::new(),
            env_set,
            env_unset,
            passing: ["throttled", "overloaded", "db-not-ready"].map(|name| rules.concept(name)),
            retrying: rules.concept("retrying"),
            key: Vec::new(),
        }
    }

    /// Everything one event shows; empty for an ordinary record.
    pub fn observe(&mut self, event: &Event) -> Vec<Observation> {
        let Some(known) = self.memory.recall(self.rules, event, &mut self.key) else {
            let unexplained = is_error(event).then(|| self.unexplained(event));
            return self.at_moment(event, unexplained.into_iter().collect());
        };
        let mut seen = self.plain(event, &known);
        let consumed = !seen.is_empty();
        match known.symptom {
            Some((symptom, _)) if !self.is_excused(event, &known) => {
                self.failed.extend(event.request.clone());
                let failure = self.failure(event, &known, symptom);
                if self.rules.set.symptoms[usize::from(symptom.0)].throttling {
                    seen.push(Seen::Throttle(failure.key.subject));
                }
                seen.push(Seen::Failure(Box::new(failure)));
            }
            None if !consumed && is_error(event) => seen.push(self.unexplained(event)),
            _ => {
                let note = |at: &usize| self.rules.signal(known.hits[*at].signal).rule.kind() == Kind::Note;
                seen.extend((0..known.hits.len()).filter(note).map(|at| self.note(event, &known, at)));
            }
        }
        self.at_moment(event, seen)
    }

    /// What a record shows that only tells of calls and requests and how they ended; `None` for any other. It is the same for every record
    /// that differs in time and place alone. `signals` are all that may hold in its text, where
    /// they are known.
    #[must_use]
    pub fn outcomes(
        &self,
        text: &str,
        request: Option<&Arc<str>>,
        signals: Option<&[Candidate]>,
    ) -> Option<Arc<[Seen]>> {
        let text = matching::bounded(text.trim_end());
        let Some(signals) = signals else { return self.outcomes_of(text, request, &self.rules.candidates(text)) };
        let masked = || Masked::new(self.rules, text, signals);
        let Some(masked) = request.is_none().then(masked).flatten() else {
            return self.outcomes_of(text, request, signals);
        };
        let kept = self.memory.outcomes.get(&masked.key);
        if let Some(Alike::Told(seen)) = kept {
            return seen;
        }
        let seen = self.outcomes_of(text, request, signals);
        if kept.is_none() {
            let weight = seen.as_deref().map_or(0, size_of_val);
            self.memory.outcomes.keep_repeated(&masked.key, weight, || {
                match masked.is_captured(self.rules, text, signals) {
                    true => Alike::Each,
                    false => Alike::Told(seen.clone()),
                }
            });
        }
        seen
    }

    /// Whether [`outcomes`](Self::outcomes) are the same for texts with other [`numbers`](crate::model) in them.
    #[must_use]
    pub fn disregards_numbers(&self, text: &str, request: Option<&Arc<str>>, signals: Option<&[Candidate]>) -> bool {
        let text = matching::bounded(text.trim_end());
        let Some(signals) = signals.filter(|_| request.is_none()) else { return false };
        Masked::new(self.rules, text, signals).is_some_and(|masked| !masked.is_captured(self.rules, text, signals))
    }

    /// What a record shows, if its outcomes are all: of these signals, which are all that may hold in its text.
    fn outcomes_of(&self, text: &str, request: Option<&Arc<str>>, signals: &[Candidate]) -> Option<Arc<[Seen]>> {
        let hits = matching::find_among(self.rules, signals, text, Standing::message(false));
        let mut seen = Vec::with_capacity(hits.len());
        for hit in &hits {
            let signal = self.rules.signal(hit.signal);
            let more = signal.symptom.is_some() || signal.rule.runtime.is_some() || self.tells_of_variables(hit);
            match signal.rule.kind() {
                _ if more => return None,
                Kind::Success => seen.extend(self.success(request, hit)),
                Kind::Note if hit.capture("url").is_none() && hit.capture("route").is_some() => {
                    seen.extend(self.outcome(hit, false));
                }
                _ => return None,
            }
        }
        (!seen.is_empty()).then(|| seen.into())
    }

    fn at_moment(&self, event: &Event, seen: Vec<Seen>) -> Vec<Observation> {
        if seen.is_empty() {
            return Vec::new();
        }
        let stream = StreamKey { stream: self.stream.clone(), worker: event.worker.clone() };
        let moment = Moment { time: event.time, at: event.at };
        seen.into_iter().map(|seen| Observation { stream: stream.clone(), moment, seen }).collect()
    }

    /// Successes, boots, changes, throttles and presence lines.
    fn plain(&mut self, event: &Event, known: &Known) -> Vec<Seen> {
        let mut seen = Vec::new();
        for (at, hit) in known.hits.iter().enumerate() {
            let signal = self.rules.signal(hit.signal);
            seen.extend(signal.rule.runtime.clone().map(Seen::Runtime));
            match signal.rule.kind() {
                Kind::Success => seen.extend(self.success(event.request.as_ref(), hit)),
                Kind::Boot => {
                    let tail = hit.capture("masked").and_then(keys::tail);
                    seen.extend(tail.map(|tail| Seen::KeyTail(self.owner_of(known.text(hit)), tail)));
                    seen.push(self.presence(event, known, at).unwrap_or(Seen::Boot));
                    // What a start shows is evidence like any other, wherever in the log it stands.
                    seen.push(self.note(event, known, at));
                }
                Kind::Change => seen.push(Seen::Change(self.used(event, known, at))),
                Kind::Throttle => {
                    let call = attribution::call_of(hit);
                    let worded = || known.hits.iter().find_map(|hit| self.rules.signal(hit.signal).provider);
                    let likely = || known.hits.iter().find_map(|hit| self.rules.signal(hit.signal).likely);
                    let subject = call.and_then(|c| c.component(self.rules)).or_else(worded).or_else(likely);
                    seen.push(Seen::Throttle(subject.map_or(Subject::Unknown, Subject::Component)));
                }
                Kind::Note => {
                    seen.extend(self.presence(event, known, at));
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

    /// What went well.
    fn success(&self, request: Option<&Arc<str>>, hit: &Hit) -> Option<Seen> {
        self.outcome(hit, true).or_else(|| self.invocation(request?))
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
    fn invocation(&self, request: &Arc<str>) -> Option<Seen> {
        Some(Seen::Route { route: "invocation".to_owned(), ok: !self.failed.contains(request) })
    }

    fn usual_role(&self, component: crate::model::ComponentId) -> String {
        self.rules.component(component).roles.first().cloned().unwrap_or_default()
    }

    /// Whether what failed is a user's affair, and is told as such: below error level.
    fn is_excused(&self, event: &Event, known: &Known) -> bool {
        let excuses = |hit: &Hit| self.rules.signal(hit.signal).rule.excuses;
        is_below_error(event) && known.hits.iter().any(excuses)
    }

    /// Whether the event tells, below error level, of a call that was turned away for now and is made again.
    fn is_retried(&self, event: &Event, known: &Known) -> bool {
        let shows = |concepts: &[Option<ConceptId>]| {
            let shown = |hit: &Hit| concepts.iter().flatten().any(|c| self.rules.signal(hit.signal).shows.contains(c));
            known.hits.iter().any(shown)
        };
        event.chain.is_none() && is_below_error(event) && shows(&self.passing) && shows(&[self.retrying])
    }

    /// Whether a line says that a variable is set or is not.
    fn tells_of_variables(&self, hit: &Hit) -> bool {
        let shows = &self.rules.signal(hit.signal).shows;
        [self.env_set, self.env_unset].iter().flatten().any(|concept| shows.contains(concept))
    }

    fn presence(&self, event: &Event, known: &Known, at: usize) -> Option<Seen> {
        let hit = &known.hits[at];
        if !self.tells_of_variables(hit) {
            return None;
        }
        let set = self.env_set.is_some_and(|c| self.rules.signal(hit.signal).shows.contains(&c));
        let variable = hit
            .captures
            .iter()
            .find(|(name, _)| name.starts_with("env"))
            .map(|(_, value)| value.clone())
            .unwrap_or_default();
        let owner = self.owner_of(&variable);
        let stream = StreamKey { stream: self.stream.clone(), worker: worker_in(event, known.text(hit)) };
        let presence = Presence { owner, variable: self.memory.redact(self.rules, &variable), set, stream };
        let mut kept = self.memory.kept.lock();
        let kind = kept.presence(&presence).map(Kept::Presence);
        let used = self.unless_dropped(&mut kept, kind, event, known, at);
        Some(Seen::Presence(presence, used))
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
        let mut others = None;
        let mut several = false;
        for (worker, line, call) in self.calls.iter().rev() {
            if event.at.line.saturating_sub(*line) > NEARBY_LINES {
                continue;
            }
            if *worker == event.worker {
                return Some(call);
            }
            several |= others.is_some();
            others = Some(call);
        }
        // An exception printed without a worker may belong to any of them: only a single candidate is safe to take.
        others.filter(|_| !several)
    }

    fn failure(&self, event: &Event, known: &Known, symptom: SymptomId) -> Failure {
        let root = event.chain.as_ref().map_or(0, |c| c.root);
        let deciding = known.symptom.map_or(0, |(_, at)| at);
        let call_only = event.chain.is_none() && attribution::call_of(&known.hits[deciding]).is_some();
        let stands_alone = self.rules.set.symptoms[usize::from(symptom.0)].stands_alone;
        let nearby = if call_only || stands_alone { None } else { self.nearby(event) };
        let attribution = known.attribution(self.rules, self.memory, event, nearby);
        let subject = self.subject(&attribution, symptom);
        let key = GroupKey { subject, role: self.role(&attribution, subject), symptom };
        let mut ordered: Vec<usize> = (0..known.hits.len()).collect();
        ordered.sort_by_key(|at| (*at != deciding, std::cmp::Reverse(known.hits[*at].depth(root))));
        let mut kept = self.memory.kept.lock();
        let group = kept.group(&key);
        let of_signal = |at: usize| group.map(|group| Kept::Signal(group, known.hits[at].signal));
        let used = |at: usize| self.unless_dropped(&mut kept, of_signal(at), event, known, at);
        let signals: Vec<Used> = ordered.iter().copied().map(used).collect();
        let exemplar = self.exemplar(&mut kept, group, event, known, &ordered);
        let because = self.because(&mut kept, group, event, &attribution);
        Failure {
            key,
            call_only,
            signals,
            framework: attribution.framework.clone(),
            class: attribution.class.clone(),
            language: event.chain.as_ref().map(|c| c.language.as_str().to_owned()),
            host: attribution.host.clone(),
            gateway: attribution.gateway,
            module_level: attribution.module_level,
            parallel: attribution.parallel,
            assumed_role: attribution.role.is_none(),
            weak: attribution.weak,
            retried: self.is_retried(event, known),
            generic: self.rules.signal(known.hits[deciding].signal).rule.generic,
            keys: known.keys(self.rules, self.memory, event).to_vec(),
            because,
            exemplar,
        }
    }

    fn subject(&self, attribution: &Attribution, symptom: SymptomId) -> Subject {
        let blames = self.rules.set.symptoms[usize::from(symptom.0)].blames;
        match (attribution.component, attribution.internal, blames) {
            (_, _, Blames::Application) => Subject::Application,
            (Some(component), _, _) => Subject::Component(component),
            (None, _, _) if attribution.own_check => Subject::Application,
            (None, true, _) => Subject::Internal,
            (None, false, Blames::ApplicationUnlessNamed) => Subject::Application,
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

    /// The event in full, if it is among the earliest of its group.
    fn exemplar(
        &self,
        kept: &mut Kinds,
        group: Option<u32>,
        event: &Event,
        known: &Known,
        ordered: &[usize],
    ) -> Option<Exemplar> {
        let kind = group.map(Kept::Exemplar);
        if kept.drops(kind, event) {
            return None;
        }
        kept.give(kind, event.at);
        let chain = event.chain.as_ref();
        let best = ordered.first().map(|&at| self.used(event, known, at));
        Some(Exemplar {
            chain: known.summary(self.rules, self.memory, event).to_vec(),
            root: chain.map_or(0, |c| c.root),
            language: chain.map(|c| c.language.as_str()),
            quote: best.as_ref().map_or_else(|| self.quote(&event.message), |used| used.quote.clone()),
            quote_at: best.map(|used| used.at),
        })
    }

    /// What decided, if nothing earlier of its group says so.
    fn because(
        &self,
        kept: &mut Kinds,
        group: Option<u32>,
        event: &Event,
        attribution: &Attribution,
    ) -> Option<String> {
        let kind = group.map(Kept::Because);
        if attribution.because.is_empty() || kept.drops(kind, event) {
            return None;
        }
        kept.give(kind, event.at);
        Some(self.memory.redact(self.rules, &attribution.because))
    }

    fn note(&self, event: &Event, known: &Known, at: usize) -> Seen {
        let mut kept = self.memory.kept.lock();
        Seen::Note(self.unless_dropped(&mut kept, Some(Kept::Note(known.hits[at].signal)), event, known, at))
    }

    /// The signal, with its line and words unless the evidence would drop them.
    fn unless_dropped(&self, kept: &mut Kinds, kind: Option<Kept>, event: &Event, known: &Known, at: usize) -> Used {
        let signal = known.hits[at].signal;
        if kept.drops(kind, event) {
            return Used { signal, shown: None };
        }
        let used = self.used(event, known, at);
        // A group keeps the lines of its signals, everything else the events.
        kept.give(kind, if matches!(kind, Some(Kept::Signal(..))) { used.at } else { event.at });
        Used { signal, shown: Some(used) }
    }

    fn used(&self, event: &Event, known: &Known, at: usize) -> SignalUse {
        let words = known.words(self.rules, self.memory, at);
        let (says, quote) = (words.says.clone(), words.quote.clone());
        SignalUse { signal: known.hits[at].signal, at: self.locate(event, &words.line), says, quote }
    }

    fn quote(&self, line: &str) -> String {
        self.memory.quote(self.rules, line)
    }

    /// The line of the input that holds the start of a text's line; the event's first where none does.
    fn locate(&self, event: &Event, wanted: &str) -> Position {
        // The class and the message stand in one line of the log but in one text here, so the message alone will do too.
        let tail = wanted.split_once(": ").map_or(wanted, |(_, rest)| rest);
        let inside = event.lines.iter().flat_map(|&(from, to)| {
            let first = self.lines.partition_point(|line| line.at.line < from);
            self.lines[first..].iter().take_while(move |line| line.at.line <= to)
        });
        let held = |needle: &str| {
            let finder = (needle.len() > 5).then(|| memchr::memmem::Finder::new(needle))?;
            inside.clone().find(|line| finder.find(line.text.as_bytes()).is_some())
        };
        held(wanted).or_else(|| held(tail)).map_or(event.at, |line| line.at)
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

fn is_below_error(event: &Event) -> bool {
    event.severity.is_some_and(|severity| severity < Severity::Error)
}

/// The line of a text around a byte.
fn line_around(text: &str, at: usize) -> &str {
    let from = text[..at].rfind('\n').map_or(0, |n| n + 1);
    let to = text[at..].find('\n').map_or(text.len(), |n| at + n);
    &text[from..to]
}

fn bounded(text: &str, most: usize) -> String {
    if text.len() <= most || text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most).chain(['…']).collect()
}

/// The worker a boot line names in its own text (`worker boot pid=15006 …`), else the record's.
fn worker_in(event: &Event, text: &str) -> Option<Arc<str>> {
    let pid = ["pid=", "pid: ", "pid "].iter().find_map(|sign| text.find(sign).map(|at| &text[at + sign.len()..]));
    let digits = pid.map(|rest| rest.bytes().take_while(u8::is_ascii_digit).count()).filter(|&n| n > 0);
    match (pid, digits) {
        (Some(rest), Some(n)) => Some(Arc::from(&rest[..n])),
        _ => event.worker.clone(),
    }
}
