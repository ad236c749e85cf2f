//! What a single text tells of who failed, worked out when it is asked for and once.
//!
//! A failing service prints the same refusals thousands of times, each time with one other number somewhere else in the chain. Whatever is
//! read out of a message depends on that message alone, so it is kept with it. Nothing here may look at the event around a text.

use std::sync::OnceLock;

use super::call::{self, Call};
use super::{Decision, module_in, words};
use crate::keys::{self, Prefilter};
use crate::model::ComponentId;
use crate::rules::CompiledRules;

/// A message of an event, with what it tells.
#[derive(Clone, Copy)]
pub struct Said<'a> {
    /// The message.
    pub text: &'a str,
    /// Of this text and no other.
    pub told: &'a Told,
}

/// What is known of one text.
#[derive(Debug, Default)]
pub struct Told {
    calls: OnceLock<Vec<Call>>,
    path: OnceLock<Option<String>>,
    module: OnceLock<Option<Decision>>,
    names: OnceLock<Vec<String>>,
    owner: OnceLock<Option<ComponentId>>,
}

impl<'a> Said<'a> {
    /// Calls to the addresses in it.
    pub(super) fn calls(self) -> &'a [Call] {
        self.told.calls.get_or_init(|| call::urls(self.text))
    }

    /// The path of a call without a host.
    pub(super) fn path(self) -> Option<&'a str> {
        self.told.path.get_or_init(|| call::relative_path(self.text)).as_deref()
    }

    /// The component whose module it names first.
    pub(super) fn module(self, rules: &CompiledRules) -> Option<&'a Decision> {
        self.told.module.get_or_init(|| module_in(rules, self.text)).as_ref()
    }

    /// Its words that are names of variables, models or classes.
    pub(super) fn names(self, rules: &CompiledRules) -> impl Iterator<Item = &'a str> {
        let names = || words(self.text).filter(|word| rules.is_name(word)).map(ToOwned::to_owned).collect();
        self.told.names.get_or_init(names).iter().map(String::as_str)
    }

    /// Who owns the first key in it that has an owner.
    pub(super) fn key_owner(self, rules: &CompiledRules, prefilter: &Prefilter) -> Option<ComponentId> {
        let owner =
            || keys::whole(rules, prefilter.possible(self.text), self.text).into_iter().find_map(|key| key.owner);
        *self.told.owner.get_or_init(owner)
    }
}
