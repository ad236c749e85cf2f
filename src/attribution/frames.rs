//! What the frames of a chain tell: whose code, what it is used for, and where in the program.
//!
//! Reads paths and functions only. Transport and orchestration are never labelled, and a client that other vendors' calls run through
//! gives way to the adapter around it.

use super::Decision;
use crate::model::{ComponentId, ExceptionChain, Frame, Language};
use crate::rules::schema::{Layer, RoleSubject, Sign};
use crate::rules::{CompiledRules, PackageMatch};

/// What the frames of a chain tell.
#[derive(Debug, Default)]
pub struct FrameFacts {
    /// The deepest labelled boundary.
    pub(super) deepest: Option<Decision>,
    /// Labelled frames, innermost first: component, role, class of the receiver.
    pub(super) labelled: Vec<(ComponentId, Option<String>)>,
    /// Class names that frames show, innermost first.
    pub(super) classes: Vec<String>,
    /// Every label came from a client that other vendors' calls run through.
    pub(super) only_shared: bool,
    /// A role that only the orchestration around the call tells.
    pub(super) hint: Option<String>,
    pub(super) framework: Option<String>,
    pub(super) module_level: bool,
    pub(super) parallel: bool,
}

impl FrameFacts {
    /// The role that the frames tell, of this component first.
    pub(super) fn role_for(&self, rules: &CompiledRules, component: Option<ComponentId>) -> Option<String> {
        let of = |wanted: Option<ComponentId>| {
            self.labelled
                .iter()
                .find_map(|(id, role)| (wanted.is_none_or(|w| w == *id)).then(|| role.clone()).flatten())
        };
        let from_class = || {
            self.classes
                .iter()
                .flat_map(|name| rules.classes(name))
                .find_map(|(id, class)| (component.is_none_or(|c| c == id)).then(|| class.role.clone()).flatten())
        };
        // Frames of a shared client tell the role of whoever's call runs through it.
        component.and_then(|c| of(Some(c))).or_else(from_class).or_else(|| of(None))
    }

    pub(super) fn class_for(
        &self,
        rules: &CompiledRules,
        component: Option<ComponentId>,
        role: Option<&str>,
    ) -> Option<String> {
        let component = component?;
        let fits = |name: &&String| rules.classes(name).any(|(id, _)| id == component);
        if let Some(name) = self.classes.iter().find(fits) {
            return Some(name.clone());
        }
        let classes = &rules.component(component).class;
        let framework = self.framework.as_deref();
        classes
            .iter()
            .find(|c| c.framework.as_deref() == framework && c.role.as_deref() == role)
            .map(|c| c.name.clone())
    }
}

/// Reads the frames of all links.
#[must_use]
pub fn read_frames(rules: &CompiledRules, chain: &ExceptionChain) -> FrameFacts {
    let mut facts = FrameFacts::default();
    // From the root outwards: the root's frames are the deepest, a wrapper's only tell where it surfaced.
    let order = std::iter::once(chain.root).chain((0..chain.links.len()).rev().filter(|&at| at != chain.root));
    let mut shared: Option<Decision> = None;
    for link in order.map(|at| &chain.links[at]) {
        let inward: Vec<&Frame> =
            if chain.innermost_last { link.frames.iter().rev().collect() } else { link.frames.iter().collect() };
        read_place(rules, chain.language, &inward, &mut facts);
        for frame in inward {
            read_frame(rules, chain.language, frame, &mut facts, &mut shared);
        }
    }
    facts.only_shared = facts.deepest.is_none() && shared.is_some();
    facts.deepest = facts.deepest.take().or(shared);
    facts
}

fn read_frame(
    rules: &CompiledRules,
    language: Language,
    frame: &Frame,
    facts: &mut FrameFacts,
    shared: &mut Option<Decision>,
) {
    let class = receiver(&frame.function);
    let known: Vec<_> = class.map(|name| rules.classes(name).collect()).unwrap_or_default();
    if let Some(name) = class.filter(|_| !known.is_empty()) {
        facts.classes.push(name.to_owned());
    }
    if !matches!(language, Language::Python | Language::JavaScript) {
        return read_function(rules, &frame.function, facts, shared);
    }
    // Windows writes the other slash; rules know one.
    let slashed = frame.path.replace('\\', "/");
    let Some(path) = library_path(rules, language, &slashed) else { return };
    let Some(package) = rules.package(language, path) else { return };
    if facts.framework.is_none() || package.layer == Layer::Integration {
        facts.framework = facts.framework.take().or(package.framework.map(ToOwned::to_owned));
    }
    let role = frame_role(rules, &package, path, &frame.function);
    let Some(component) = package.component else {
        facts.hint = facts.hint.take().or(role);
        return;
    };
    let by_class = known.iter().find(|(_, class)| !class.shared).map(|(id, _)| *id);
    facts.labelled.push((component, role.clone()));
    let decision = (by_class.unwrap_or(component), role, format!("frame {path} in {}", frame.function));
    settle(facts, shared, &package, by_class.is_some(), decision);
}

/// A frame whose path is a mere file name: the namespace of its function says whose it is.
fn read_function(rules: &CompiledRules, function: &str, facts: &mut FrameFacts, shared: &mut Option<Decision>) {
    let bare = function.trim_start_matches(|c: char| !c.is_alphanumeric());
    // The loader's or module's name stands before a slash: `app//com.openai…`.
    let bare = bare.rsplit_once("//").map_or(bare, |(_, name)| name);
    let Some(component) = rules.exception_type(bare) else { return };
    let role = rules.role(RoleSubject::Class, bare).map(ToOwned::to_owned);
    facts.labelled.push((component, role.clone()));
    let sdk = PackageMatch {
        component: Some(component),
        layer: Layer::Sdk,
        role: None,
        framework: None,
        shared: rules.component(component).package.iter().any(|p| p.layer == Layer::Sdk && p.shared),
        length: 0,
    };
    settle(facts, shared, &sdk, false, (component, role, format!("frame {bare}")));
}

/// Keeps the deepest label. A shared client below leaves the word to the first adapter around it that is used for the same thing.
fn settle(
    facts: &mut FrameFacts,
    shared: &mut Option<Decision>,
    package: &PackageMatch<'_>,
    by_class: bool,
    decision: Decision,
) {
    if facts.deepest.is_some() {
        return;
    }
    let same_use = |inner: &Decision| match (&inner.1, &decision.1) {
        (Some(a), Some(b)) => a == b,
        _ => true,
    };
    match shared {
        None if package.shared && !by_class => *shared = Some(decision),
        None => facts.deepest = Some(decision),
        Some(inner) if !package.shared || by_class => {
            let chosen = if same_use(inner) && is_model_role(decision.1.as_deref()) { decision } else { inner.clone() };
            facts.deepest = Some(chosen);
        }
        Some(inner) => inner.1 = inner.1.take().or(decision.1),
    }
}

fn is_model_role(role: Option<&str>) -> bool {
    matches!(role, None | Some("llm" | "embedding" | "reranker"))
}

pub(super) fn frame_role(
    rules: &CompiledRules,
    package: &PackageMatch<'_>,
    path: &str,
    function: &str,
) -> Option<String> {
    let by_path = || rules.role(RoleSubject::Frame, path).or_else(|| rules.role(RoleSubject::Class, function));
    package.role.or_else(by_path).map(ToOwned::to_owned)
}

/// `AzureOpenAI` of `AzureOpenAI.makeStatusError`, `async ChatOpenAI.invoke`, `new OpenAI`.
fn receiver(function: &str) -> Option<&str> {
    let function = function.trim_start_matches("async ");
    let name = function.strip_prefix("new ").or_else(|| function.split_once('.').map(|(class, _)| class))?;
    name.chars().next().filter(char::is_ascii_uppercase).map(|_| name)
}

/// The part of a frame path below the last package folder; `None` for the application's own files.
fn library_path<'p>(rules: &CompiledRules, language: Language, path: &'p str) -> Option<&'p str> {
    const FOLDERS: [&str; 3] = ["site-packages/", "dist-packages/", "node_modules/"];
    // Where AWS Lambda unpacks functions and layers, packages lie beside the application's own files.
    const MIXED: [&str; 2] = ["/var/task/", "/opt/python/"];
    let below = FOLDERS
        .iter()
        .filter_map(|folder| path.rfind(folder).map(|at| &path[at + folder.len()..]))
        .min_by_key(|rest| rest.len());
    let beside = || MIXED.iter().find_map(|folder| path.strip_prefix(folder));
    let known = |rest: &&str| rules.package(language, rest).is_some();
    below.or_else(|| beside().filter(known)).or_else(|| is_standard_library(path).then_some(path))
}

fn is_standard_library(path: &str) -> bool {
    path.starts_with("node:")
        || path.starts_with("<frozen")
        || path.starts_with("internal/")
        || path.contains("/lib/python")
}

fn is_application(rules: &CompiledRules, language: Language, path: &str) -> bool {
    !path.is_empty() && !path.starts_with('<') && library_path(rules, language, path).is_none()
}

/// Module level and parallel execution, from the shape of the stack.
fn read_place(rules: &CompiledRules, language: Language, inward: &[&Frame], facts: &mut FrameFacts) {
    let shows = |frame: &Frame, sign: Sign| {
        let mut signs = rules.set.places.iter().filter(|place| place.sign == sign);
        signs.any(|place| frame.path.contains(&place.frame) || frame.function.contains(&place.frame))
    };
    facts.parallel |= inward.iter().any(|frame| shows(frame, Sign::Parallel));
    let Some(own) = inward.iter().position(|f| is_application(rules, language, &f.path)) else { return };
    facts.module_level |= match language {
        // A script's own top level is the outermost frame; a module that is being imported has its importer around it.
        Language::Python => inward[own].function == "<module>" && own + 1 < inward.len(),
        Language::JavaScript => {
            let top = inward[own].function.is_empty() || inward[own].function.contains("<anonymous>");
            top && inward[own..].iter().take(3).any(|frame| shows(frame, Sign::ModuleLoader))
        }
        _ => false,
    };
}
