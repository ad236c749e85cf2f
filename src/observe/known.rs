//! What is known of a text, worked out once.
//!
//! A failing service prints the same trace thousands of times. Everything that depends on the text alone (signals, symptom, attribution, keys,
//! redacted sentences) is kept under a hash of the text; only places, times and streams are worked out for each occurrence. The memory is
//! bounded, and whether something was remembered never changes what is found.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use hashbrown::HashMap;

use super::{bounded, line_around, quote};
use crate::attribution::{self, Attribution, Call};
use crate::evidence::LinkSummary;
use crate::keys::{self, KeySeen};
use crate::matching::{self, Hit, Slot, Texts};
use crate::model::{Event, Relation, Severity, SymptomId};
use crate::redact::redact;
use crate::rules::CompiledRules;

/// Locks of the memory, so that threads seldom wait for each other.
const SHARDS: usize = 16;

/// Texts kept by each shard; further ones are worked out each time.
const MOST_TEXTS: usize = 256;

/// Texts longer than this are not kept.
const MOST_BYTES: usize = 64 * 1024;

/// Nearby calls for which a text's attribution is kept.
const MOST_CALLS: usize = 16;

type Shard = Mutex<HashMap<[u8; 16], Arc<Known>>>;

/// Texts seen before.
pub struct Memory {
    shards: Vec<Shard>,
}

impl Default for Memory {
    fn default() -> Self {
        Self { shards: (0..SHARDS).map(|_| Shard::default()).collect() }
    }
}

impl Memory {
    /// What is known of an event's text.
    pub(super) fn recall(&self, rules: &CompiledRules, event: &Event) -> Arc<Known> {
        let Some(key) = key(event) else { return Arc::new(Known::of(rules, event)) };
        let shard = &self.shards[usize::from(key[0]) % SHARDS];
        if let Some(known) = shard.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Arc::clone(known);
        }
        let known = Arc::new(Known::of(rules, event));
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        if shard.len() < MOST_TEXTS {
            shard.insert(key, Arc::clone(&known));
        }
        known
    }
}

/// A record at info level or below, which is a failure only if it is a client's line about a call.
fn is_quiet(event: &Event) -> bool {
    event.chain.is_none() && event.severity.is_some_and(|s| s <= Severity::Info)
}

/// A digest of everything that the findings about a text depend on; `None` for texts too long to keep.
fn key(event: &Event) -> Option<[u8; 16]> {
    let mut hasher = blake3::Hasher::new();
    let mut total = 0;
    let mut add = |text: &str| {
        total += text.len();
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    };
    add(if is_quiet(event) { "quiet" } else { "loud" });
    add(&event.message);
    if let Some(chain) = &event.chain {
        add(chain.language.as_str());
        add(&chain.root.to_string());
        for link in &chain.links {
            add(link.relation.as_str());
            add(&link.kind);
            add(&link.message);
            for frame in &link.frames {
                add(&frame.function);
                add(&frame.path);
            }
            for (name, value) in &link.properties {
                add(name);
                add(value);
            }
        }
    }
    let mut digest = [0; 16];
    digest.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    (total <= MOST_BYTES).then_some(digest)
}

/// A signal's words, redacted, with the line to look for.
pub(super) struct Words {
    pub(super) says: String,
    pub(super) quote: String,
    pub(super) line: String,
}

/// Everything that depends on the text of an event alone.
pub(super) struct Known {
    texts: Texts,
    pub(super) hits: Vec<Hit>,
    /// The symptom, and the index of the hit that decided it.
    pub(super) symptom: Option<(SymptomId, usize)>,
    words: Vec<OnceLock<Words>>,
    keys: OnceLock<Vec<KeySeen>>,
    links: OnceLock<Vec<LinkSummary>>,
    attributions: Mutex<Vec<(Option<Call>, Arc<Attribution>)>>,
}

impl Known {
    fn of(rules: &CompiledRules, event: &Event) -> Self {
        let texts = Texts::of(event);
        let hits = matching::matches(rules, &texts);
        let symptom = symptom(rules, event, &hits);
        let words = hits.iter().map(|_| OnceLock::new()).collect();
        Self {
            texts,
            hits,
            symptom,
            words,
            keys: OnceLock::new(),
            links: OnceLock::new(),
            attributions: Mutex::new(Vec::new()),
        }
    }

    /// The text in which a hit was found.
    pub(super) fn text(&self, hit: &Hit) -> &str {
        self.texts.get(hit.slot)
    }

    /// The words of the hit with this index.
    pub(super) fn words(&self, rules: &CompiledRules, at: usize) -> &Words {
        self.words[at].get_or_init(|| {
            let hit = &self.hits[at];
            let line = line_around(self.texts.get(hit.slot), hit.range.start);
            Words {
                says: redact(rules, &hit.sentence(rules)),
                quote: quote(rules, line),
                line: line.trim().chars().take(80).collect(),
            }
        })
    }

    /// The attribution of the event next to a failed call.
    pub(super) fn attribution(&self, rules: &CompiledRules, event: &Event, nearby: Option<&Call>) -> Arc<Attribution> {
        let mut known = self.attributions.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, attribution)) = known.iter().find(|(call, _)| call.as_ref() == nearby) {
            return Arc::clone(attribution);
        }
        let attribution = Arc::new(attribution::attribute(rules, event, &self.hits, nearby));
        if known.len() < MOST_CALLS {
            known.push((nearby.cloned(), Arc::clone(&attribution)));
        }
        attribution
    }

    /// Keys in the texts of this failure; those of other members of a group belong to other failures.
    pub(super) fn keys(&self, rules: &CompiledRules, event: &Event) -> &[KeySeen] {
        self.keys.get_or_init(|| {
            let grouped = event.chain.iter().flat_map(|c| &c.links).any(|link| link.relation == Relation::Member);
            let deciding = self.symptom.map(|(_, at)| self.hits[at].slot);
            let own = |slot: Slot| !grouped || Some(slot) == deciding;
            let links =
                self.texts.links.iter().enumerate().filter(|(at, _)| own(Slot::Link(*at))).map(|(_, text)| text);
            let mut seen = Vec::new();
            for text in links.chain([&self.texts.message]) {
                seen.extend(keys::masked(rules, text));
                seen.extend(keys::sent(rules, text));
            }
            let captures = self.hits.iter().filter(|hit| own(hit.slot)).flat_map(|h| &h.captures);
            let values = captures.filter(|(name, _)| name.starts_with("val")).map(|(_, value)| value.trim());
            let values = values.filter(|v| !v.is_empty() && *v != "Bearer" && v.len() < 600);
            seen.extend(values.map(|value| keys::value(rules, value)));
            seen.sort();
            seen.dedup();
            seen
        })
    }

    /// The chain, redacted.
    pub(super) fn links(&self, rules: &CompiledRules, event: &Event) -> &[LinkSummary] {
        self.links.get_or_init(|| {
            let links = event.chain.iter().flat_map(|chain| &chain.links);
            links
                .map(|link| LinkSummary {
                    kind: redact(rules, &link.kind),
                    message: bounded(&redact(rules, &link.message), super::MOST_QUOTE * 3),
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
