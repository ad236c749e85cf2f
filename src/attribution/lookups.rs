//! Answers of the rules that are asked for again and again, kept or indexed: whose a host is, whose a model.
//!
//! A host is held against a regex of every component, a word of a message against the models of all of them. The answers depend on the
//! rules and the asked word alone, so what is kept here never changes what is found.

use std::sync::{Mutex, PoisonError};

use hashbrown::HashMap;

use crate::keys::Prefilter;
use crate::model::ComponentId;
use crate::rules::CompiledRules;

/// Hosts whose answer is kept; a log that calls more of them asks again.
const MOST_HOSTS: usize = 4096;

/// Longer hosts are not kept.
const MOST_HOST_BYTES: usize = 256;

/// Lookups for one set of rules.
#[derive(Debug)]
pub struct Lookups {
    hosts: Mutex<HashMap<Box<str>, Option<ComponentId>>>,
    /// Beginnings of models' names with their owners, by first byte, in the order of the components.
    models: Vec<Vec<(Box<str>, ComponentId)>>,
    /// Which patterns of secrets a text could match.
    pub prefilter: Prefilter,
}

impl Lookups {
    /// Lookups for these rules, which every later call must be given again, and a filter for their secrets.
    #[must_use]
    pub fn new(rules: &CompiledRules, prefilter: Prefilter) -> Self {
        let mut models = vec![Vec::new(); 256];
        for (component, id) in rules.set.components.iter().zip(0..) {
            for model in component.models.iter().filter(|model| !model.is_empty()) {
                models[usize::from(model.as_bytes()[0])].push((Box::from(model.as_str()), ComponentId(id)));
            }
        }
        Self { hosts: Mutex::default(), models, prefilter }
    }

    /// The component a host name belongs to.
    #[must_use]
    pub fn host(&self, rules: &CompiledRules, host: &str) -> Option<ComponentId> {
        if host.len() > MOST_HOST_BYTES {
            return rules.host(host);
        }
        if let Some(answer) = self.hosts.lock().unwrap_or_else(PoisonError::into_inner).get(host) {
            return *answer;
        }
        let answer = rules.host(host);
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if hosts.len() >= MOST_HOSTS {
            hosts.clear();
        }
        hosts.insert(Box::from(host), answer);
        answer
    }

    /// The component whose models' names begin like a word.
    #[must_use]
    pub(super) fn model(&self, word: &str) -> Option<ComponentId> {
        let models = &self.models[usize::from(*word.as_bytes().first()?)];
        models.iter().find(|(model, _)| word.starts_with(&**model)).map(|(_, id)| *id)
    }
}
