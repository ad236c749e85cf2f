//! The rules made ready: interned names, literal automaton, lookups. Immutable and shared by all threads.
//!
//! Regexes are compiled when their literal first hits, so a run pays only for what its log contains.

use std::sync::OnceLock;

use hashbrown::{HashMap, HashSet};
use regex::Regex;

use super::gate::{Grams, Wanted};
use super::load::{RuleError, RuleSet};
use super::schema::{Cause, Class, Component, Layer, RoleSubject, Signal};
use super::{check, literals};
use crate::model::{Aggregate, ComponentId, ConceptId, Language, SignalId, SymptomId};

/// A regex that is compiled at first use.
#[derive(Debug)]
pub struct Lazy {
    pattern: String,
    cell: OnceLock<Option<Regex>>,
}

impl Lazy {
    /// Wraps a pattern whose syntax was checked before.
    #[must_use]
    pub fn new(pattern: &str) -> Self {
        Self { pattern: pattern.to_owned(), cell: OnceLock::new() }
    }

    /// The regex; `None` only if it exceeds the regex crate's size limit.
    pub fn get(&self) -> Option<&Regex> {
        self.cell.get_or_init(|| Regex::new(&self.pattern).ok()).as_ref()
    }

    /// Whether the pattern matches somewhere in the text.
    pub fn is_match(&self, text: &str) -> bool {
        self.get().is_some_and(|regex| regex.is_match(text))
    }
}

/// A signal with its regexes and concepts.
#[derive(Debug)]
pub struct CompiledSignal {
    /// As written.
    pub rule: Signal,
    /// Regexes of `match`.
    pub patterns: Vec<Lazy>,
    /// Regexes of `unless`.
    pub unless: Vec<Lazy>,
    /// What it shows.
    pub shows: Vec<ConceptId>,
    /// What it stands for.
    pub symptom: Option<SymptomId>,
    /// Whose wording it is.
    pub provider: Option<ComponentId>,
    /// Whose wording it was first.
    pub likely: Option<ComponentId>,
    /// Literals in lower case of which every match contains one, in upper or lower case.
    pub literals: Vec<String>,
}

/// A name in an evidence rule, resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Atom {
    /// Holds when a signal showed it.
    Concept(ConceptId),
    /// Holds when true.
    Aggregate(Aggregate),
    /// Holds when false, not when unknown.
    NotAggregate(Aggregate),
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

#[derive(Debug)]
struct PackageEntry {
    path: String,
    component: Option<ComponentId>,
    layer: Layer,
    role: Option<String>,
    framework: Option<String>,
    shared: bool,
}

/// The rules made ready.
#[derive(Debug)]
pub struct CompiledRules {
    /// As written.
    pub set: RuleSet,
    /// Signals with their regexes.
    pub signals: Vec<CompiledSignal>,
    /// Names of concepts by id.
    pub concepts: Vec<String>,
    concept_ids: HashMap<String, ConceptId>,
    component_ids: HashMap<String, ComponentId>,
    cause_ids: HashMap<String, usize>,
    grams: Option<Grams>,
    literal_signals: Vec<Vec<SignalId>>,
    packages: HashMap<(bool, String), Vec<PackageEntry>>,
    classes: HashMap<String, Vec<(ComponentId, usize)>>,
    env: HashMap<String, (ComponentId, bool)>,
    types: Vec<(String, ComponentId)>,
    hosts: Vec<(Lazy, ComponentId)>,
    roles: Vec<(RoleSubject, Lazy, String)>,
    /// Key shapes in file order.
    pub shapes: Vec<Lazy>,
    /// Masks in file order.
    pub masks: Vec<Lazy>,
    /// Placeholders in file order.
    pub placeholders: Vec<Lazy>,
}

impl CompiledRules {
    /// Checks the structure of a rule set and builds its lookups.
    ///
    /// # Errors
    /// The first contradiction or dangling name found.
    pub fn new(set: RuleSet) -> Result<Self, RuleError> {
        check::structure(&set)?;
        let component_ids: HashMap<_, _> = ids(set.components.iter().map(|c| &c.id), ComponentId);
        let symptom_ids: HashMap<_, _> = ids(set.symptoms.iter().map(|s| &s.id), SymptomId);
        let mut names: Vec<String> =
            set.signals.iter().flat_map(|s| s.shows.iter().cloned()).collect::<HashSet<_>>().into_iter().collect();
        names.sort();
        let concept_ids: HashMap<_, _> = ids(names.iter(), ConceptId);
        let signals: Vec<CompiledSignal> =
            set.signals.iter().map(|rule| compile_signal(rule, &concept_ids, &symptom_ids, &component_ids)).collect();
        let (grams, literal_signals) = literal_index(&signals);
        Ok(Self {
            packages: package_index(&set),
            classes: class_index(&set),
            env: env_index(&set),
            types: type_index(&set),
            hosts: set
                .components
                .iter()
                .zip(0..)
                .flat_map(|(c, id)| c.hosts.iter().map(move |host| (Lazy::new(host), ComponentId(id))))
                .collect(),
            roles: set.roles.iter().map(|r| (r.on, Lazy::new(&r.path), r.role.clone())).collect(),
            shapes: set.shapes.iter().map(|s| Lazy::new(&s.pattern)).collect(),
            masks: set.masks.iter().map(|m| Lazy::new(&m.pattern)).collect(),
            placeholders: set.placeholders.iter().map(|p| Lazy::new(&p.pattern)).collect(),
            cause_ids: set.causes.iter().enumerate().map(|(at, c)| (c.id.clone(), at)).collect(),
            signals,
            concepts: names,
            concept_ids,
            component_ids,
            grams,
            literal_signals,
            set,
        })
    }

    /// The signal's rule.
    #[must_use]
    pub fn signal(&self, id: SignalId) -> &CompiledSignal {
        &self.signals[usize::from(id.0)]
    }

    /// The component's rule.
    #[must_use]
    pub fn component(&self, id: ComponentId) -> &Component {
        &self.set.components[usize::from(id.0)]
    }

    /// A component by its provider id.
    #[must_use]
    pub fn component_by_name(&self, name: &str) -> Option<ComponentId> {
        self.component_ids.get(name).copied()
    }

    /// A cause by its id.
    #[must_use]
    pub fn cause(&self, id: &str) -> Option<&Cause> {
        self.cause_ids.get(id).map(|&at| &self.set.causes[at])
    }

    /// A concept by its name.
    #[must_use]
    pub fn concept(&self, name: &str) -> Option<ConceptId> {
        self.concept_ids.get(name).copied()
    }

    /// Resolves a name of an evidence rule.
    #[must_use]
    pub fn atom(&self, name: &str) -> Option<Atom> {
        if let Some(rest) = name.strip_prefix("!@") {
            return Aggregate::parse(rest).map(Atom::NotAggregate);
        }
        match name.strip_prefix('@') {
            Some(rest) => Aggregate::parse(rest).map(Atom::Aggregate),
            None => self.concept(name).map(Atom::Concept),
        }
    }

    /// Signals one of whose literals stands in the text, in id order.
    pub fn candidates(&self, text: &str) -> Vec<SignalId> {
        let Some(grams) = &self.grams else { return (0..self.signals.len()).map(signal_id).collect() };
        let mut found: Vec<SignalId> = Vec::new();
        grams.each(text.as_bytes(), |literal, _| {
            found.extend(&self.literal_signals[literal]);
            0
        });
        found.sort_unstable();
        found.dedup();
        found
    }

    /// What is known of a path below `site-packages/` or `node_modules/`; the longest entry wins.
    #[must_use]
    pub fn package(&self, language: Language, path: &str) -> Option<PackageMatch<'_>> {
        let javascript = language == Language::JavaScript;
        let entries = self.packages.get(&(javascript, first_component(path).to_owned()))?;
        let entry = entries.iter().find(|entry| path.starts_with(&entry.path))?;
        Some(PackageMatch {
            component: entry.component,
            layer: entry.layer,
            role: entry.role.as_deref(),
            framework: entry.framework.as_deref(),
            shared: entry.shared,
            length: entry.path.len(),
        })
    }

    /// Components with a class of this name, with the class.
    pub fn classes(&self, name: &str) -> impl Iterator<Item = (ComponentId, &Class)> {
        self.classes
            .get(name)
            .into_iter()
            .flatten()
            .map(|&(component, at)| (component, &self.set.components[usize::from(component.0)].class[at]))
    }

    /// The component a variable belongs to, and whether the variable holds its credential.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<(ComponentId, bool)> {
        self.env.get(name).copied()
    }

    /// The component an exception type belongs to; the longest prefix wins.
    #[must_use]
    pub fn exception_type(&self, kind: &str) -> Option<ComponentId> {
        self.types.iter().find(|(prefix, _)| kind.starts_with(prefix.as_str())).map(|&(_, id)| id)
    }

    /// The component a host name belongs to. The port must be off, the name in lower case.
    #[must_use]
    pub fn host(&self, host: &str) -> Option<ComponentId> {
        self.hosts.iter().find(|(regex, _)| regex.is_match(host)).map(|&(_, id)| id)
    }

    /// The component that alone is known to use a port.
    #[must_use]
    pub fn port(&self, port: u16) -> Option<ComponentId> {
        let mut users =
            self.set.components.iter().zip(0..).filter(|(c, _)| c.ports.contains(&port)).map(|(_, id)| ComponentId(id));
        users.next().filter(|_| users.next().is_none())
    }

    /// The component whose models' names begin like a word.
    #[must_use]
    pub fn model(&self, word: &str) -> Option<ComponentId> {
        let names = |c: &Component| c.models.iter().any(|model| word.starts_with(model.as_str()));
        self.set.components.iter().zip(0..).find(|(c, _)| names(c)).map(|(_, id)| ComponentId(id))
    }

    /// The component whose console or documentation stands at a host.
    #[must_use]
    pub fn site(&self, host: &str) -> Option<ComponentId> {
        let names =
            |site: &String| host == site || host.strip_suffix(site.as_str()).is_some_and(|rest| rest.ends_with('.'));
        self.set.components.iter().zip(0..).find(|(c, _)| c.sites.iter().any(names)).map(|(_, id)| ComponentId(id))
    }

    /// The role a path or class name tells.
    #[must_use]
    pub fn role(&self, subject: RoleSubject, text: &str) -> Option<&str> {
        self.roles
            .iter()
            .find(|(on, regex, _)| *on == subject && regex.is_match(text))
            .map(|(_, _, role)| role.as_str())
    }
}

fn signal_id(index: usize) -> SignalId {
    SignalId(u16::try_from(index).unwrap_or(u16::MAX))
}

fn ids<'a, T: Copy + 'a>(names: impl Iterator<Item = &'a String>, make: impl Fn(u16) -> T) -> HashMap<String, T> {
    names.zip(0..).map(|(name, at)| (name.clone(), make(at))).collect()
}

fn compile_signal(
    rule: &Signal,
    concepts: &HashMap<String, ConceptId>,
    symptoms: &HashMap<String, SymptomId>,
    components: &HashMap<String, ComponentId>,
) -> CompiledSignal {
    // What a rule spells out is for the patterns of which no literal is certain.
    let derived: Option<Vec<Vec<String>>> = rule.patterns.iter().map(|p| literals::required(p)).collect();
    let spelt = || rule.literals.iter().map(|literal| literal.to_ascii_lowercase()).collect();
    let mut literals: Vec<String> = derived.map_or_else(spelt, |sets| sets.concat());
    literals.sort();
    literals.dedup();
    CompiledSignal {
        patterns: rule.patterns.iter().map(|p| Lazy::new(p)).collect(),
        unless: rule.unless.iter().map(|p| Lazy::new(p)).collect(),
        shows: rule.shows.iter().filter_map(|name| concepts.get(name).copied()).collect(),
        symptom: rule.symptom.as_ref().and_then(|name| symptoms.get(name).copied()),
        provider: rule.provider.as_ref().and_then(|name| components.get(name).copied()),
        likely: rule.likely.as_ref().and_then(|name| components.get(name).copied()),
        literals,
        rule: rule.clone(),
    }
}

type LiteralIndex = (Option<Grams>, Vec<Vec<SignalId>>);

/// The signals' literals made ready for looking, and whose each is.
fn literal_index(signals: &[CompiledSignal]) -> LiteralIndex {
    let mut known: HashMap<&str, usize> = HashMap::new();
    let mut texts: Vec<Wanted> = Vec::new();
    let mut owners: Vec<Vec<SignalId>> = Vec::new();
    for (signal, id) in signals.iter().zip(0..) {
        for literal in &signal.literals {
            let at = *known.entry(literal).or_insert_with(|| {
                texts.push(Wanted::anywhere(literal, true));
                owners.push(Vec::new());
                owners.len() - 1
            });
            owners[at].push(SignalId(id));
        }
    }
    (Grams::new(texts), owners)
}

/// First part of a path, with the scope for `@scope/name`.
fn first_component(path: &str) -> &str {
    let from = if path.starts_with('@') { path.find('/').map_or(0, |at| at + 1) } else { 0 };
    path[from..].find('/').map_or(path, |at| &path[..from + at])
}

fn package_index(set: &RuleSet) -> HashMap<(bool, String), Vec<PackageEntry>> {
    let mut index: HashMap<(bool, String), Vec<PackageEntry>> = HashMap::new();
    let mut add = |language: &str, entry: PackageEntry| {
        index.entry((language == "javascript", first_component(&entry.path).to_owned())).or_default().push(entry);
    };
    for (component, id) in set.components.iter().zip(0..) {
        for package in &component.package {
            let entry = PackageEntry {
                path: package.path.clone(),
                component: Some(ComponentId(id)),
                layer: package.layer,
                role: package.role.clone(),
                framework: package.framework.clone(),
                shared: package.shared,
            };
            add(&package.language, entry);
        }
    }
    for neutral in &set.neutrals {
        let entry = PackageEntry {
            path: neutral.path.clone(),
            component: None,
            layer: neutral.layer,
            role: None,
            framework: neutral.framework.clone(),
            shared: false,
        };
        add(&neutral.language, entry);
    }
    for entries in index.values_mut() {
        entries.sort_by(|a, b| b.path.len().cmp(&a.path.len()).then_with(|| a.path.cmp(&b.path)));
    }
    index
}

fn class_index(set: &RuleSet) -> HashMap<String, Vec<(ComponentId, usize)>> {
    let mut index: HashMap<String, Vec<(ComponentId, usize)>> = HashMap::new();
    for (component, id) in set.components.iter().zip(0..) {
        for (at, class) in component.class.iter().enumerate() {
            index.entry(class.name.clone()).or_default().push((ComponentId(id), at));
        }
    }
    index
}

/// A variable that holds one provider's credential is that provider's, whoever else reads it.
fn env_index(set: &RuleSet) -> HashMap<String, (ComponentId, bool)> {
    let mut index: HashMap<String, (ComponentId, bool)> = HashMap::new();
    for (component, id) in set.components.iter().zip(0..) {
        for name in &component.key_env {
            let slot = index.entry(name.clone()).or_insert((ComponentId(id), true));
            if !slot.1 {
                *slot = (ComponentId(id), true);
            }
        }
        for name in &component.env {
            index.entry(name.clone()).or_insert((ComponentId(id), false));
        }
    }
    index
}

fn type_index(set: &RuleSet) -> Vec<(String, ComponentId)> {
    let mut types: Vec<(String, ComponentId)> = set
        .components
        .iter()
        .zip(0..)
        .flat_map(|(c, id)| c.types.iter().map(move |prefix| (prefix.clone(), ComponentId(id))))
        .collect();
    types.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.cmp(b)));
    types
}
