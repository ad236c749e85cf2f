//! The memory of one collection of evidence: texts seen before, and what the evidence already keeps.
//!
//! Whether something was remembered never changes what is found. The memory is bounded in bytes; it holds log text as it was written, so
//! nothing of it may leave this module but what [`redact`](crate::redact) went over.

use std::sync::{Arc, OnceLock};

use super::alike::Alike;
use super::cache::Cache;
use super::kept::Kept;
use super::known::{Frames, Known, Searched, is_quiet};
use super::{MOST_QUOTE, bounded};
use crate::keys::Prefilter;
use crate::matching::{self, Standing};
use crate::model::{Event, Exception, ExceptionChain};
use crate::redact;
use crate::rules::CompiledRules;

/// Bytes of whole events, of single texts, of frames, of outcomes.
const MOST_BYTES: [usize; 4] = [2 << 20, 1 << 20, 1 << 20, 2 << 20];

/// Texts seen before, for one collection of evidence with one set of rules: the parts observed with it must all be merged into one.
pub struct Memory {
    events: Cache<Arc<Known>>,
    texts: Cache<Arc<Searched>>,
    frames: Cache<Arc<Frames>>,
    pub(super) outcomes: Cache<Alike>,
    prefilter: OnceLock<Prefilter>,
    pub(super) kept: Kept,
}

impl Default for Memory {
    fn default() -> Self {
        let [events, texts, frames, outcomes] = MOST_BYTES;
        Self {
            events: Cache::new(events),
            texts: Cache::new(texts),
            frames: Cache::new(frames),
            outcomes: Cache::new(outcomes),
            prefilter: OnceLock::new(),
            kept: Kept::default(),
        }
    }
}

impl Memory {
    /// What is known of an event's text; `None` for a record in which nothing is found. `key` is any buffer.
    pub(super) fn recall(&self, rules: &CompiledRules, event: &Event, key: &mut Vec<u8>) -> Option<Arc<Known>> {
        let Some(chain) = &event.chain else { return self.record(rules, event, key) };
        key.clear();
        key.push(0);
        put(key, &event.message);
        put_shape(key, chain);
        for link in &chain.links {
            key.push(link.relation as u8);
            put_link(key, link);
            put_frames(key, link);
        }
        let explain = || Arc::new(Known::of_chain(rules, self, event, chain));
        Some(self.events.get_or_offer(key, |known| known.weight(), explain))
    }

    /// What is known of a record without an exception. Hardly any says the same as another; those that do are kept, and failures, which
    /// cost the most to explain.
    fn record(&self, rules: &CompiledRules, event: &Event, key: &mut Vec<u8>) -> Option<Arc<Known>> {
        key.clear();
        key.push(2 + u8::from(is_quiet(event)));
        put(key, &event.message);
        if let Some(known) = self.events.get(key) {
            return Some(known);
        }
        let searched = Searched::message(rules, event);
        if searched.hits.is_empty() {
            return None;
        }
        let fails = searched.hits.iter().any(|hit| rules.signal(hit.signal).symptom.is_some());
        let known = Arc::new(Known::of_record(rules, event, searched));
        if fails {
            return Some(self.events.get_or(key, |known| known.weight(), || known));
        }
        self.events.keep_repeated(key, known.weight(), || Arc::clone(&known));
        Some(known)
    }

    /// The log message above an exception.
    pub(super) fn message(&self, rules: &CompiledRules, event: &Event) -> Arc<Searched> {
        let mut key = Vec::with_capacity(event.message.len() + 16);
        key.push(0);
        put(&mut key, &event.message);
        let search = || Arc::new(Searched::message(rules, event));
        self.texts.get_or_offer(&key, |searched| searched.weight(), search)
    }

    /// A link of a chain.
    pub(super) fn link(&self, rules: &CompiledRules, link: &Exception, standing: Standing) -> Arc<Searched> {
        let Standing::Link { root, surface } = standing else {
            return Arc::new(Searched::of(rules, matching::link_text(link), standing));
        };
        let mut key = Vec::with_capacity(link.kind.len() + link.message.len() + 128);
        key.push(1 + u8::from(root) + 2 * u8::from(surface));
        put_link(&mut key, link);
        let search = || Arc::new(Searched::of(rules, matching::link_text(link), standing));
        self.texts.get_or_offer(&key, |searched| searched.weight(), search)
    }

    /// The frames of a chain.
    pub(super) fn frames(&self, rules: &CompiledRules, chain: &ExceptionChain) -> Arc<Frames> {
        let mut key = Vec::with_capacity(2048);
        put_shape(&mut key, chain);
        chain.links.iter().for_each(|link| put_frames(&mut key, link));
        self.frames.get_or(&key, |frames| frames.weight(), || Arc::new(Frames::of(rules, chain)))
    }

    /// Tells which patterns of secrets a text could match.
    pub(super) fn prefilter(&self, rules: &CompiledRules) -> &Prefilter {
        self.prefilter.get_or_init(|| redact::prefilter(rules))
    }

    /// The text without secrets.
    pub(super) fn redact(&self, rules: &CompiledRules, text: &str) -> String {
        redact::redact_with(rules, self.prefilter(rules), text)
    }

    /// A line that may be shown: redacted and bounded.
    pub(super) fn quote(&self, rules: &CompiledRules, line: &str) -> String {
        bounded(self.redact(rules, line).trim(), MOST_QUOTE)
    }
}

fn put_number(key: &mut Vec<u8>, number: usize) {
    key.extend_from_slice(&(number as u64).to_le_bytes());
}

fn put(key: &mut Vec<u8>, text: &str) {
    put_number(key, text.len());
    key.extend_from_slice(text.as_bytes());
}

fn put_shape(key: &mut Vec<u8>, chain: &ExceptionChain) {
    key.push(chain.language as u8);
    key.push(u8::from(chain.innermost_last));
    put_number(key, chain.root);
}

fn put_link(key: &mut Vec<u8>, link: &Exception) {
    put(key, &link.kind);
    put(key, &link.message);
    put_number(key, link.properties.len());
    for (name, value) in &link.properties {
        put(key, name);
        put(key, value);
    }
}

fn put_frames(key: &mut Vec<u8>, link: &Exception) {
    put_number(key, link.frames.len());
    for frame in &link.frames {
        put(key, &frame.function);
        put(key, &frame.path);
    }
}
