//! What is known of a text, worked out once.
//!
//! A failing service prints the same trace thousands of times, and where only a number in one message differs, the frames and the other
//! links are still the same. Everything that depends on a text alone (signals, symptom, attribution, keys, redacted sentences) is kept with
//! it: with the whole event, with each link, with the frames. Only places, times and streams are worked out for each occurrence.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::memory::Memory;
use super::{bounded, line_around};
use crate::attribution::{self, Attribution, Call, Facts, FrameFacts, Said, Told};
use crate::evidence::LinkSummary;
use crate::keys::{self, KeySeen};
use crate::matching::{self, Hit, Slot, Standing};
use crate::model::{Event, ExceptionChain, Relation, Severity, SymptomId};
use crate::rules::CompiledRules;

/// Nearby calls for which a text's attribution is kept.
const MOST_CALLS: usize = 16;

/// Bytes of a hit with its captures and words, roughly.
const HIT_BYTES: usize = 256;

/// A record at info level or below, which is a failure only if it is a client's line about a call.
pub(super) fn is_quiet(event: &Event) -> bool {
    event.chain.is_none() && event.severity.is_some_and(|s| s <= Severity::Info)
}

/// A text with the signals that hold in it.
#[derive(Debug)]
pub(super) struct Searched {
    pub(super) text: String,
    pub(super) hits: Vec<Hit>,
    keys: OnceLock<Vec<KeySeen>>,
    /// What the message in it tells by itself.
    told: Told,
}

impl Searched {
    pub(super) fn of(rules: &CompiledRules, text: String, standing: Standing) -> Self {
        let hits = matching::find(rules, &text, standing);
        Self { text, hits, keys: OnceLock::new(), told: Told::default() }
    }

    /// An event's log message.
    pub(super) fn message(rules: &CompiledRules, event: &Event) -> Self {
        let text = matching::bounded(&event.message).to_owned();
        Self::of(rules, text, Standing::message(event.chain.is_some()))
    }

    /// Keys in the text.
    fn keys(&self, rules: &CompiledRules, memory: &Memory) -> &[KeySeen] {
        self.keys.get_or_init(|| {
            let mut seen = self.plain_keys(rules, memory);
            seen.extend(self.values(rules));
            seen
        })
    }

    /// Keys in the text, whatever the signals captured.
    fn plain_keys(&self, rules: &CompiledRules, memory: &Memory) -> Vec<KeySeen> {
        let possible = memory.prefilter(rules).possible(&self.text);
        let mut seen = keys::masked(rules, possible, &self.text);
        seen.extend(keys::sent(rules, possible, &self.text));
        seen
    }

    /// Keys that signals of the text captured.
    fn values(&self, rules: &CompiledRules) -> impl Iterator<Item = KeySeen> {
        let captures = self.hits.iter().flat_map(|hit| hit.captures.iter());
        let values = captures.filter(|(name, _)| name.starts_with("val")).map(|(_, value)| value.trim());
        let values = values.filter(|v| !v.is_empty() && *v != "Bearer" && v.len() < 600);
        values.map(|value| keys::value(rules, value))
    }

    /// Bytes it takes, roughly.
    pub(super) fn weight(&self) -> usize {
        // What it tells is made of its words.
        2 * self.text.len() + self.hits.len() * HIT_BYTES
    }
}

/// The frames of a chain: the signals that hold in them and what they tell.
#[derive(Debug)]
pub(super) struct Frames {
    searched: Searched,
    facts: FrameFacts,
}

impl Frames {
    pub(super) fn of(rules: &CompiledRules, chain: &ExceptionChain) -> Self {
        let searched = Searched::of(rules, matching::frames_text(chain), Standing::Frames);
        Self { searched, facts: attribution::read_frames(rules, chain) }
    }

    /// Bytes it takes, roughly.
    pub(super) fn weight(&self) -> usize {
        2 * self.searched.weight()
    }
}

/// A signal's words, redacted, with the line to look for.
pub(super) struct Words {
    pub(super) says: String,
    pub(super) quote: String,
    pub(super) line: String,
}

/// The texts of an event: log message, links, frames.
type Parts = (Arc<Searched>, Vec<Arc<Searched>>, Option<Arc<Frames>>);

/// Everything that depends on the text of an event alone.
pub(super) struct Known {
    message: Arc<Searched>,
    links: Vec<Arc<Searched>>,
    frames: Option<Arc<Frames>>,
    pub(super) hits: Vec<Hit>,
    /// The symptom, and the index of the hit that decided it.
    pub(super) symptom: Option<(SymptomId, usize)>,
    words: Vec<OnceLock<Words>>,
    keys: OnceLock<Vec<KeySeen>>,
    summary: OnceLock<Vec<LinkSummary>>,
    attributions: Mutex<Vec<(Option<Call>, Arc<Attribution>)>>,
}

impl Known {
    /// A record without an exception.
    pub(super) fn of_record(rules: &CompiledRules, event: &Event, message: Searched) -> Self {
        let hits = message.hits.clone();
        Self::new(rules, event, hits, (Arc::new(message), Vec::new(), None))
    }

    /// An event with an exception.
    pub(super) fn of_chain(rules: &CompiledRules, memory: &Memory, event: &Event, chain: &ExceptionChain) -> Self {
        let message = memory.message(rules, event);
        let mut hits = message.hits.clone();
        let mut links = Vec::new();
        for (at, link) in chain.links.iter().enumerate() {
            let searched = memory.link(rules, link, Standing::link(at, chain.root));
            hits.extend(searched.hits.iter().map(|hit| Hit { slot: Slot::Link(at), ..hit.clone() }));
            links.push(searched);
        }
        let frames = memory.frames(rules, chain);
        hits.extend(frames.searched.hits.iter().cloned());
        Self::new(rules, event, hits, (message, links, Some(frames)))
    }

    fn new(rules: &CompiledRules, event: &Event, hits: Vec<Hit>, (message, links, frames): Parts) -> Self {
        let symptom = symptom(rules, event, &hits);
        let words = hits.iter().map(|_| OnceLock::new()).collect();
        Self {
            message,
            links,
            frames,
            hits,
            symptom,
            words,
            keys: OnceLock::new(),
            summary: OnceLock::new(),
            attributions: Mutex::new(Vec::new()),
        }
    }

    /// Bytes it takes for itself, roughly.
    pub(super) fn weight(&self) -> usize {
        self.message.text.len() + (self.hits.len() + 2) * HIT_BYTES
    }

    /// The text in which a hit was found.
    pub(super) fn text(&self, hit: &Hit) -> &str {
        match hit.slot {
            Slot::Message => &self.message.text,
            Slot::Link(at) => &self.links[at].text,
            Slot::Frames => self.frames.as_ref().map_or("", |frames| &frames.searched.text),
        }
    }

    /// The words of the hit with this index.
    pub(super) fn words(&self, rules: &CompiledRules, memory: &Memory, at: usize) -> &Words {
        self.words[at].get_or_init(|| {
            let hit = &self.hits[at];
            let line = line_around(self.text(hit), hit.range.start);
            Words {
                says: memory.redact(rules, &hit.sentence(rules)),
                quote: memory.quote(rules, line),
                line: line.trim().chars().take(80).collect(),
            }
        })
    }

    /// The attribution of the event next to a failed call.
    pub(super) fn attribution(
        &self,
        rules: &CompiledRules,
        memory: &Memory,
        event: &Event,
        nearby: Option<&Call>,
    ) -> Arc<Attribution> {
        let mut known = self.attributions.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, attribution)) = known.iter().find(|(call, _)| call.as_ref() == nearby) {
            return Arc::clone(attribution);
        }
        let none = FrameFacts::default();
        let frames = self.frames.as_ref().map_or(&none, |frames| &frames.facts);
        let said = self.said(event);
        let facts = Facts { event, hits: &self.hits, frames, said: &said, nearby };
        let attribution = Arc::new(attribution::attribute(rules, memory.prefilter(rules), facts));
        if known.len() < MOST_CALLS {
            known.push((nearby.cloned(), Arc::clone(&attribution)));
        }
        attribution
    }

    /// The messages of the event, root first.
    fn said<'a>(&'a self, event: &'a Event) -> Vec<Said<'a>> {
        let links = event
            .chain
            .iter()
            .flat_map(|chain| &chain.links)
            .zip(&self.links)
            .map(|(link, searched)| Said { text: &link.message, told: &searched.told });
        let mut said: Vec<Said<'a>> = links.collect();
        said.reverse();
        said.push(Said { text: &event.message, told: &self.message.told });
        said
    }

    /// Keys in the texts of this failure; those of other members of a group belong to other failures.
    pub(super) fn keys(&self, rules: &CompiledRules, memory: &Memory, event: &Event) -> &[KeySeen] {
        self.keys.get_or_init(|| {
            let grouped = event.chain.iter().flat_map(|c| &c.links).any(|link| link.relation == Relation::Member);
            let deciding = self.symptom.map(|(_, at)| self.hits[at].slot);
            let own = |slot: Slot| !grouped || Some(slot) == deciding;
            let links = self.links.iter().enumerate().filter(|(at, _)| own(Slot::Link(*at))).map(|(_, text)| text);
            let mut seen: Vec<KeySeen> = links.flat_map(|link| link.keys(rules, memory)).cloned().collect();
            if own(Slot::Message) {
                seen.extend_from_slice(self.message.keys(rules, memory));
            } else {
                seen.extend(self.message.plain_keys(rules, memory));
            }
            let frames = self.frames.iter().filter(|_| own(Slot::Frames));
            seen.extend(frames.flat_map(|frames| frames.searched.values(rules)));
            seen.sort();
            seen.dedup();
            seen
        })
    }

    /// The chain, redacted.
    pub(super) fn summary(&self, rules: &CompiledRules, memory: &Memory, event: &Event) -> &[LinkSummary] {
        self.summary.get_or_init(|| {
            let links = event.chain.iter().flat_map(|chain| &chain.links);
            links
                .map(|link| LinkSummary {
                    kind: memory.redact(rules, &link.kind),
                    message: bounded(&memory.redact(rules, &link.message), super::MOST_QUOTE * 3),
                    relation: link.relation.as_str(),
                })
                .collect()
        })
    }
}

/// The symptom of the deepest specific signal, else of the deepest generic one.
fn symptom(rules: &CompiledRules, event: &Event, hits: &[Hit]) -> Option<(SymptomId, usize)> {
    let quiet = is_quiet(event);
    let root = event.chain.as_ref().map_or(0, |c| c.root);
    hits.iter()
        .enumerate()
        .filter_map(|(at, hit)| {
            let signal = rules.signal(hit.signal);
            let counts = !quiet || attribution::call_of(hit).is_some();
            Some((signal.symptom.filter(|_| counts)?, at, hit, signal.rule.generic))
        })
        .max_by_key(|(_, _, hit, generic)| (!generic, hit.depth(root), std::cmp::Reverse(hit.signal)))
        .map(|(symptom, at, _, _)| (symptom, at))
}
