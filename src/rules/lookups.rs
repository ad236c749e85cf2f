//! Whose a package, class, variable, exception type or host is.
//!
//! Each table is made from the components when a run first asks for it: a log without frames needs no packages. Tables are sorted places in
//! the rules, not copies of them.

use std::sync::{Mutex, OnceLock, PoisonError};

use hashbrown::{HashMap, HashSet};

use super::compile::CompiledRules;
use super::lazy::Lazy;
use super::load::RuleSet;
use super::schema::{Class, Component, Layer, RoleSubject};
use crate::model::{ComponentId, Language};

/// Hosts whose answer is kept; a log that calls more of them asks again.
const MOST_HOSTS: usize = 4096;

/// Longer hosts are not kept.
const MOST_HOST_BYTES: usize = 256;

/// Tables that wait to be asked for.
#[derive(Debug, Default)]
pub(super) struct Lookups {
    components: OnceLock<HashMap<String, ComponentId>>,
    packages: OnceLock<Vec<PackagePlace>>,
    /// By name.
    classes: OnceLock<Vec<(ComponentId, usize)>>,
    variables: OnceLock<Vec<VariablePlace>>,
    /// The longest first.
    types: OnceLock<ByFirstByte>,
    /// Whole names of variables and classes.
    names: OnceLock<HashSet<Box<str>>>,
    hosts: OnceLock<Vec<(ComponentId, Lazy)>>,
    /// Answers about hosts: each is held against a regex of every component, and a log names the same few again and again.
    answers: Mutex<HashMap<Box<str>, Option<ComponentId>>>,
    models: OnceLock<ByFirstByte>,
    roles: OnceLock<Vec<Lazy>>,
}

/// Beginnings of names, by their first byte: every word of a message and every class is held against them.
type ByFirstByte = Vec<Vec<(ComponentId, usize)>>;

/// A package: of a component, or a neutral one.
#[derive(Clone, Copy, Debug)]
struct PackagePlace {
    component: Option<ComponentId>,
    at: usize,
}

/// A variable of a component, and whether it holds its credential.
#[derive(Clone, Copy, Debug)]
struct VariablePlace {
    component: ComponentId,
    key: bool,
    at: usize,
}

/// What the package table says of a frame path.
#[derive(Clone, Copy, Debug)]
pub struct PackageMatch<'a> {
    /// Whose package; `None` for neutral ones.
    pub component: Option<ComponentId>,
    /// Distance from the provider.
    pub layer: Layer,
    /// Role, where the package has only one.
    pub role: Option<&'a str>,
    /// Framework it belongs to.
    pub framework: Option<&'a str>,
    /// Clients of other vendors run through it.
    pub shared: bool,
    /// Length of the matched path, for comparing.
    pub length: usize,
}

impl PackagePlace {
    fn read(self, set: &RuleSet) -> (&str, PackageMatch<'_>) {
        match self.component {
            Some(component) => {
                let package = &of(set, component).package[self.at];
                let found = PackageMatch {
                    component: self.component,
                    layer: package.layer,
                    role: package.role.as_deref(),
                    framework: package.framework.as_deref(),
                    shared: package.shared,
                    length: package.path.len(),
                };
                (&package.path, found)
            }
            None => {
                let neutral = &set.neutrals[self.at];
                let found = PackageMatch {
                    component: None,
                    layer: neutral.layer,
                    role: None,
                    framework: neutral.framework.as_deref(),
                    shared: false,
                    length: neutral.path.len(),
                };
                (&neutral.path, found)
            }
        }
    }

    /// By what packages are found: the table they are in, and the first part of their path.
    fn key(self, set: &RuleSet) -> (bool, &str) {
        let language = match self.component {
            Some(component) => &of(set, component).package[self.at].language,
            None => &set.neutrals[self.at].language,
        };
        (language == "javascript", first_component(self.read(set).0))
    }
}

impl VariablePlace {
    fn name(self, set: &RuleSet) -> &str {
        let component = of(set, self.component);
        if self.key { &component.key_env[self.at] } else { &component.env[self.at] }
    }
}

impl CompiledRules {
    /// A component by its provider id.
    #[must_use]
    pub fn component_by_name(&self, name: &str) -> Option<ComponentId> {
        let ids = || components(&self.set).map(|(id, component)| (component.id.clone(), id)).collect();
        self.lookups.components.get_or_init(ids).get(name).copied()
    }

    /// What is known of a path below `site-packages/` or `node_modules/`; the longest entry wins.
    #[must_use]
    pub fn package(&self, language: Language, path: &str) -> Option<PackageMatch<'_>> {
        let packages = self.lookups.packages.get_or_init(|| packages(&self.set));
        let key = (language == Language::JavaScript, first_component(path));
        let first = packages.partition_point(|package| package.key(&self.set) < key);
        let same = packages[first..].iter().take_while(|package| package.key(&self.set) == key);
        same.map(|package| package.read(&self.set)).find(|(known, _)| path.starts_with(known)).map(|(_, found)| found)
    }

    /// Components with a class of this name, with the class.
    pub fn classes(&self, name: &str) -> impl Iterator<Item = (ComponentId, &Class)> {
        let classes = self.lookups.classes.get_or_init(|| classes(&self.set));
        let class = |&(id, at): &(ComponentId, usize)| &of(&self.set, id).class[at];
        let first = classes.partition_point(|place| class(place).name.as_str() < name);
        let behind = classes.partition_point(|place| class(place).name.as_str() <= name);
        classes[first..behind].iter().map(move |&(id, at)| (id, &of(&self.set, id).class[at]))
    }

    /// The component a variable belongs to, and whether the variable holds its credential.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<(ComponentId, bool)> {
        let variables = self.lookups.variables.get_or_init(|| variables(&self.set));
        let first = variables.partition_point(|variable| variable.name(&self.set) < name);
        let variable = variables.get(first).filter(|variable| variable.name(&self.set) == name)?;
        Some((variable.component, variable.key))
    }

    /// Whether a word names a variable, a class or a model: hardly any word of a message does.
    #[must_use]
    pub fn is_name(&self, word: &str) -> bool {
        let names = self.lookups.names.get_or_init(|| names(&self.set));
        names.contains(word) || self.model(word).is_some()
    }

    /// The component an exception type belongs to; the longest prefix wins.
    #[must_use]
    pub fn exception_type(&self, kind: &str) -> Option<ComponentId> {
        let types = self.lookups.types.get_or_init(|| types(&self.set));
        let same = &types[usize::from(*kind.as_bytes().first()?)];
        same.iter().find(|&&(id, at)| kind.starts_with(&of(&self.set, id).types[at])).map(|&(id, _)| id)
    }

    /// The component a host name belongs to. The port must be off, the name in lower case.
    #[must_use]
    pub fn host(&self, host: &str) -> Option<ComponentId> {
        if host.len() > MOST_HOST_BYTES {
            return self.host_by_regex(host);
        }
        let answers = || self.lookups.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = answers().get(host) {
            return *answer;
        }
        let answer = self.host_by_regex(host);
        let mut answers = answers();
        if answers.len() >= MOST_HOSTS {
            answers.clear();
        }
        answers.insert(Box::from(host), answer);
        answer
    }

    fn host_by_regex(&self, host: &str) -> Option<ComponentId> {
        let hosts = self.lookups.hosts.get_or_init(|| {
            components(&self.set).flat_map(|(id, c)| c.hosts.iter().map(move |host| (id, Lazy::new(host)))).collect()
        });
        hosts.iter().find(|(_, regex)| regex.is_match(host)).map(|&(id, _)| id)
    }

    /// The component that alone is known to use a port.
    #[must_use]
    pub fn port(&self, port: u16) -> Option<ComponentId> {
        let mut users = components(&self.set).filter(|(_, c)| c.ports.contains(&port)).map(|(id, _)| id);
        users.next().filter(|_| users.next().is_none())
    }

    /// The component whose models' names begin like a word.
    #[must_use]
    pub fn model(&self, word: &str) -> Option<ComponentId> {
        let models = self.lookups.models.get_or_init(|| models(&self.set));
        let same = &models[usize::from(*word.as_bytes().first()?)];
        same.iter().find(|&&(id, at)| word.starts_with(&of(&self.set, id).models[at])).map(|&(id, _)| id)
    }

    /// The component whose console or documentation stands at a host.
    #[must_use]
    pub fn site(&self, host: &str) -> Option<ComponentId> {
        let names =
            |site: &String| host == site || host.strip_suffix(site.as_str()).is_some_and(|rest| rest.ends_with('.'));
        components(&self.set).find(|(_, c)| c.sites.iter().any(names)).map(|(id, _)| id)
    }

    /// The role a path or class name tells.
    #[must_use]
    pub fn role(&self, subject: RoleSubject, text: &str) -> Option<&str> {
        let roles = self.lookups.roles.get_or_init(|| self.set.roles.iter().map(|r| Lazy::new(&r.path)).collect());
        let mut rules = self.set.roles.iter().zip(roles);
        rules.find(|(rule, regex)| rule.on == subject && regex.is_match(text)).map(|(rule, _)| rule.role.as_str())
    }
}

fn of(set: &RuleSet, id: ComponentId) -> &Component {
    &set.components[usize::from(id.0)]
}

fn components(set: &RuleSet) -> impl Iterator<Item = (ComponentId, &Component)> {
    (0..).map(ComponentId).zip(&set.components)
}

/// First part of a path, with the scope for `@scope/name`.
fn first_component(path: &str) -> &str {
    let from = if path.starts_with('@') { path.find('/').map_or(0, |at| at + 1) } else { 0 };
    path[from..].find('/').map_or(path, |at| &path[..from + at])
}

/// By key, the longest path first.
fn packages(set: &RuleSet) -> Vec<PackagePlace> {
    let own = |(id, component): (ComponentId, &Component)| {
        (0..component.package.len()).map(move |at| PackagePlace { component: Some(id), at })
    };
    let neutral = (0..set.neutrals.len()).map(|at| PackagePlace { component: None, at });
    let mut places: Vec<PackagePlace> = components(set).flat_map(own).chain(neutral).collect();
    places.sort_by_cached_key(|place| {
        let path = place.read(set).0;
        (place.key(set), std::cmp::Reverse(path.len()), path)
    });
    places
}

fn classes(set: &RuleSet) -> Vec<(ComponentId, usize)> {
    let of_component = |(id, component): (ComponentId, &Component)| (0..component.class.len()).map(move |at| (id, at));
    let mut places: Vec<_> = components(set).flat_map(of_component).collect();
    places.sort_by_key(|&(id, at)| &of(set, id).class[at].name);
    places
}

/// By name. A variable that holds one provider's credential is that provider's, whoever else reads it.
fn variables(set: &RuleSet) -> Vec<VariablePlace> {
    let of_component = |(component, rule): (ComponentId, &Component)| {
        let keys = (0..rule.key_env.len()).map(move |at| VariablePlace { component, key: true, at });
        keys.chain((0..rule.env.len()).map(move |at| VariablePlace { component, key: false, at }))
    };
    let mut places: Vec<VariablePlace> = components(set).flat_map(of_component).collect();
    places.sort_by_key(|place| (place.name(set), !place.key, place.component));
    places
}

fn names(set: &RuleSet) -> HashSet<Box<str>> {
    let classes = components(set).flat_map(|(_, component)| component.class.iter().map(|class| class.name.as_str()));
    let variables = components(set).flat_map(|(_, component)| component.key_env.iter().chain(&component.env));
    classes.chain(variables.map(String::as_str)).map(Box::from).collect()
}

fn types(set: &RuleSet) -> ByFirstByte {
    let of_component = |(id, component): (ComponentId, &Component)| (0..component.types.len()).map(move |at| (id, at));
    let mut places: Vec<_> = components(set).flat_map(of_component).collect();
    places.sort_by_key(|&(id, at)| {
        let prefix = &of(set, id).types[at];
        (std::cmp::Reverse(prefix.len()), prefix, id)
    });
    by_first_byte(places.into_iter(), |(id, at)| &of(set, id).types[at])
}

fn models(set: &RuleSet) -> ByFirstByte {
    let places = components(set).flat_map(|(id, component)| (0..component.models.len()).map(move |at| (id, at)));
    by_first_byte(places, |(id, at)| &of(set, id).models[at])
}

/// Names in the order given; an empty one begins nothing.
fn by_first_byte<'s>(
    places: impl Iterator<Item = (ComponentId, usize)>,
    name: impl Fn((ComponentId, usize)) -> &'s str,
) -> ByFirstByte {
    let mut grouped = vec![Vec::new(); 256];
    for place in places {
        if let Some(first) = name(place).as_bytes().first() {
            grouped[usize::from(*first)].push(place);
        }
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_by_hash_and_first_byte_answer_as_all_entries_would() {
        let rules = CompiledRules::new(RuleSet::embedded().expect("rules are built in")).expect("they hold");
        let all = || components(&rules.set);
        let mut words: Vec<&str> = vec!["request", "failed", "OPENAI", "x", ""];
        words.extend(all().flat_map(|(_, c)| c.class.iter().map(|class| class.name.as_str())));
        words.extend(all().flat_map(|(_, c)| c.env.iter().chain(&c.key_env).chain(&c.models)).map(String::as_str));
        words.extend(all().flat_map(|(_, c)| &c.types).map(String::as_str));
        for word in words {
            let known = rules.variable(word).is_some() || rules.model(word).is_some();
            assert_eq!(rules.is_name(word), known || rules.classes(word).next().is_some(), "{word}");
            let types = all().flat_map(|(id, c)| c.types.iter().map(move |prefix| (prefix.as_str(), id)));
            let fits = types.filter(|(prefix, _)| word.starts_with(prefix));
            let longest = fits.min_by_key(|(prefix, id)| (std::cmp::Reverse(prefix.len()), *id)).map(|(_, id)| id);
            assert_eq!(rules.exception_type(word), longest, "{word}");
        }
    }
}
