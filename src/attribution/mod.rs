//! Decides which component failed.
//!
//! The framework on top is hardly ever what fails. Four kinds of facts tell who did: the wording of the refusal, a credential variable's
//! name, the host that was called, and the deepest labelled frame. Transport and orchestration are never to blame, and packages that other
//! vendors' clients run through (the OpenAI SDK above all) never decide against a host, a wording or a subclass.

mod call;
mod frames;
mod told;
mod words;

pub use call::{Call, call_of, is_internal_host};
pub use frames::{FrameFacts, read_frames};
pub use told::{Said, Told};

use memchr::{memchr_iter, memchr2};

use call::own_call;
use frames::frame_role;
use words::words;

use crate::keys::{self, Prefilter};
use crate::matching::Hit;
use crate::model::{ComponentId, Event, Language};
use crate::rules::schema::RoleSubject;
use crate::rules::{CompiledRules, Lazy};

/// Who failed, as far as the event tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attribution {
    /// The component; `None` where nothing names one.
    pub component: Option<ComponentId>,
    /// A service of the user's own was called.
    pub internal: bool,
    /// What the component is used for, where something tells.
    pub role: Option<String>,
    /// The framework in which it surfaced.
    pub framework: Option<String>,
    /// Class of the framework's adapter or the client.
    pub class: Option<String>,
    /// Host that was called.
    pub host: Option<String>,
    /// The host is not the component's own.
    pub gateway: bool,
    /// The frame, line or word that decided.
    pub because: String,
    /// The client was built at module level or by a module loader.
    pub module_level: bool,
    /// Thread pools, gather, `Promise.all`, background jobs.
    pub parallel: bool,
    /// Only a client that other vendors' calls run through too named the component.
    pub weak: bool,
    /// The application refused a token that it checks itself.
    pub own_check: bool,
}

/// What is known of an event before anybody is blamed.
#[derive(Clone, Copy)]
pub struct Facts<'a> {
    /// The event.
    pub event: &'a Event,
    /// The signals that hold for it.
    pub hits: &'a [Hit],
    /// What the frames of its chain tell.
    pub frames: &'a FrameFacts,
    /// Its messages, root first, the log message last.
    pub said: &'a [Said<'a>],
    /// The last failed call that the same stream logged just before it.
    pub nearby: Option<&'a Call>,
}

/// Decides for one event.
#[must_use]
pub fn attribute(rules: &CompiledRules, prefilter: &Prefilter, facts: Facts<'_>) -> Attribution {
    let Facts { event, hits, frames, said, nearby } = facts;
    let mut out = Attribution::default();
    let call = own_call(rules, event, hits, said).or_else(|| nearby.cloned()).or_else(|| relative_call(said));
    let hosted = call.as_ref().and_then(|call| Some((call.component(rules)?, call)));
    let root = event.chain.as_ref().map_or(0, |chain| chain.root);
    let certain = by_wording(rules, hits, root)
        .or_else(|| by_variable(rules, hits))
        .or_else(|| hosted.map(|(id, call)| (id, None, format!("host {}", call.host))));
    out.weak = certain.is_none() && frames.deepest.is_some() && frames.only_shared;
    let decided = certain
        .or_else(|| frames.deepest.clone())
        .or_else(|| by_type(rules, event))
        .or_else(|| by_module(rules, said))
        .or_else(|| by_site(rules, said))
        .or_else(|| by_likely(rules, hits))
        .or_else(|| by_mention(rules, said));
    let shows = |name: &str| {
        rules
            .concept(name)
            .is_some_and(|concept| hits.iter().any(|hit| rules.signal(hit.signal).shows.contains(&concept)))
    };
    out.own_check = shows("own-token-check") && decided.is_none();
    match decided.map(|decision| part_of_platform(rules, said, frames, decision)) {
        Some(decision) => out.decide(rules, decision, frames),
        None if out.own_check => {}
        None if shows("internal-auth-refused") => {
            out.internal = true;
            "the refusal of a service of the application's own".clone_into(&mut out.because);
        }
        None => {}
    }
    if let Some(call) = &call {
        out.place(call, hosted.is_some());
    }
    if out.component.is_none()
        && !out.internal
        && let Some((owner, because)) = by_key(rules, prefilter, said, hits)
    {
        (out.component, out.because) = (Some(owner), because);
    }
    out.use_of(rules, frames, call.as_ref());
    if out.role.is_none()
        && let Some(component) = out.component
    {
        out.role = role_in_text(rules, said, component);
    }
    out
}

impl Attribution {
    /// Takes over a decision. A gateway's own wording behind a provider's client is that provider's gateway, unless the wording is about the
    /// gateway's own affairs and says so by its role.
    fn decide(&mut self, rules: &CompiledRules, (component, role, because): Decision, frames: &FrameFacts) {
        let is_gateway = |id: ComponentId| rules.component(id).roles == ["gateway"];
        let behind = frames.deepest.as_ref().map(|d| d.0).filter(|id| !is_gateway(*id));
        let own_affair = role.as_deref() == Some("gateway");
        match behind.filter(|_| is_gateway(component) && !own_affair) {
            Some(provider) => (self.component, self.role) = (Some(provider), Some("gateway".to_owned())),
            None => (self.component, self.role) = (Some(component), role),
        }
        self.because = because;
    }

    /// What the call says: whose host it is, and whether it is one of the user's own.
    fn place(&mut self, call: &Call, known: bool) {
        self.gateway = self.component.is_some() && !known && !call.host.is_empty();
        if self.component.is_none() && is_internal_host(&call.host) && call.status.is_none_or(|s| s >= 400) {
            self.internal = true;
            self.because = format!("call to {}{}", call.host, call.path);
        }
        self.host = Some(call.host.clone()).filter(|h| !h.is_empty());
    }

    /// Role, framework, class, and where in the program it happened.
    fn use_of(&mut self, rules: &CompiledRules, frames: &FrameFacts, call: Option<&Call>) {
        let url_role = || call.and_then(|c| rules.role(RoleSubject::Url, &c.path)).map(ToOwned::to_owned);
        self.role = self.role.take().or_else(|| frames.role_for(rules, self.component)).or_else(url_role);
        self.role = self.role.take().or_else(|| frames.hint.clone());
        self.framework = frames.framework.clone();
        self.class = frames.class_for(rules, self.component, self.role.as_deref());
        if self.role.is_none()
            && let Some(class) = &self.class
        {
            self.role = rules.classes(class).find_map(|(_, c)| c.role.clone());
        }
        self.module_level = frames.module_level;
        self.parallel = frames.parallel;
    }
}

/// The call to a path without a host that the messages tell of first.
fn relative_call(said: &[Said<'_>]) -> Option<Call> {
    let path = said.iter().find_map(|said| said.path())?.to_owned();
    Some(Call { host: String::new(), path, port: None, status: None })
}

type Decision = (ComponentId, Option<String>, String);

/// The provider whose own wording stands deepest in the chain.
fn by_wording(rules: &CompiledRules, hits: &[Hit], root: usize) -> Option<Decision> {
    let named = hits.iter().filter(|hit| rules.signal(hit.signal).provider.is_some());
    let best = named.max_by_key(|hit| hit.depth(root))?;
    let signal = rules.signal(best.signal);
    Some((signal.provider?, signal.rule.role.clone(), format!("its own wording: {}", best.sentence(rules))))
}

/// The provider whose credential variable a failure names.
fn by_variable(rules: &CompiledRules, hits: &[Hit]) -> Option<Decision> {
    hits.iter().filter(|hit| rules.signal(hit.signal).symptom.is_some()).find_map(|hit| {
        hit.captures.iter().filter(|(name, _)| name.starts_with("env")).find_map(|(_, variable)| {
            let (component, _) = rules.variable(variable)?;
            Some((component, rules.signal(hit.signal).rule.role.clone(), format!("variable {variable}")))
        })
    })
}

/// The component whose exception type stands in the chain, or at the start of a message that was printed without frames.
fn by_type(rules: &CompiledRules, event: &Event) -> Option<Decision> {
    static TYPE: Lazy = Lazy::of(r"(?:^|[\s(])(?P<type>[A-Za-z_]\w*(?:(?:\.|::)\w+)+)\b", &[".", "::"]);
    let links =
        event.chain.iter().flat_map(|chain| std::iter::once(chain.root_exception()).chain(chain.links.iter().rev()));
    let kinds = links.map(|link| link.kind.as_str()).filter(|kind| !kind.is_empty());
    let qualified = memchr2(b'.', b':', event.message.as_bytes()).is_some();
    let found = qualified.then(|| TYPE.captures(&event.message)).flatten();
    let printed = found.and_then(|found| found.group("type")).map(|kind| &event.message[kind]);
    kinds.chain(printed).find_map(|kind| Some((rules.exception_type(kind)?, None, format!("exception type {kind}"))))
}

/// The component whose module a message names: `Retrying llama_index.embeddings.openai.base.get_embedding in …`.
fn by_module(rules: &CompiledRules, said: &[Said<'_>]) -> Option<Decision> {
    said.iter().find_map(|said| said.module(rules)).cloned()
}

/// The component of the first module in a text that has one.
fn module_in(rules: &CompiledRules, text: &str) -> Option<Decision> {
    static MODULE: Lazy = Lazy::of(r"\b[a-z_]\w*(?:\.\w+){2,}", &["."]);
    memchr_iter(b'.', text.as_bytes()).nth(1)?;
    let mut modules = MODULE.find_iter(text).take(20).map(|module| &text[module]);
    modules.find_map(|module| {
        let path = module.replace('.', "/");
        let package = rules.package(Language::Python, &path)?;
        let role = frame_role(rules, &package, &path, module);
        Some((package.component?, role, format!("module {module}")))
    })
}

/// The provider whose console or documentation a message links to.
fn by_site(rules: &CompiledRules, said: &[Said<'_>]) -> Option<Decision> {
    let mut calls = said.iter().flat_map(|said| said.calls());
    calls.find_map(|call| Some((rules.site(&call.host)?, None, format!("link to {}", call.host))))
}

/// The provider whose wording it was before others copied it.
fn by_likely(rules: &CompiledRules, hits: &[Hit]) -> Option<Decision> {
    hits.iter().rev().find_map(|hit| {
        let signal = rules.signal(hit.signal);
        Some((signal.likely?, signal.rule.role.clone(), format!("wording first used by it: {}", signal.rule.says)))
    })
}

/// The owner of a key in the event: without any other sign, a key is sent to whom it belongs.
fn by_key(
    rules: &CompiledRules,
    prefilter: &Prefilter,
    said: &[Said<'_>],
    hits: &[Hit],
) -> Option<(ComponentId, String)> {
    let values = hits.iter().flat_map(|hit| hit.captures.iter()).filter(|(name, _)| name.starts_with("val"));
    let values = values.map(|(_, value)| keys::value(rules, value)).filter(|key| !key.shared_shape);
    let whole = said.iter().filter_map(|said| said.key_owner(rules, prefilter));
    let owner = whole.chain(values.filter_map(|key| key.owner)).next()?;
    Some((owner, "the shape of the key".to_owned()))
}

/// The part of a platform that failed, where the platform's common wording or client decided and the event names one of its parts.
fn part_of_platform(rules: &CompiledRules, said: &[Said<'_>], frames: &FrameFacts, decision: Decision) -> Decision {
    let platform = rules.component(decision.0).id.as_str();
    let is_part = |id: &ComponentId| rules.component(*id).part_of.as_deref() == Some(platform);
    if !rules.set.components.iter().any(|c| c.part_of.as_deref() == Some(platform)) {
        return decision;
    }
    let by_frame = || frames.labelled.iter().find(|(id, _)| is_part(id)).cloned();
    let by_word = || {
        said.iter().flat_map(|said| said.names(rules)).find_map(|word| {
            let class = rules.classes(word).find(|(id, class)| !class.shared && is_part(id));
            let class = class.map(|(id, class)| (id, class.role.clone()));
            class.or_else(|| rules.model(word).filter(is_part).map(|id| (id, None)))
        })
    };
    match by_frame().or_else(by_word) {
        Some((part, role)) => (part, role, decision.2),
        None => decision,
    }
}

/// What the component is used for, where only the words of the event tell: a module, a class or a model that is named.
fn role_in_text(rules: &CompiledRules, said: &[Said<'_>], component: ComponentId) -> Option<String> {
    if let Some((owner, Some(role), _)) = by_module(rules, said)
        && owner == component
    {
        return Some(role);
    }
    let class = |word: &str| rules.classes(word).find(|(id, _)| *id == component)?.1.role.clone();
    let model =
        |word: &str| rules.model(word).and_then(|_| rules.role(RoleSubject::Model, word)).map(ToOwned::to_owned);
    // What serves no models of its own is not used for what the model in its refusal is used for.
    let usual = &rules.component(component).roles;
    let role = |word: &str| class(word).or_else(|| model(word)).filter(|role| usual.contains(role));
    said.iter().flat_map(|said| said.names(rules)).find_map(role)
}

/// A variable or class that the text only mentions: the weakest sign, for messages without frames.
fn by_mention(rules: &CompiledRules, said: &[Said<'_>]) -> Option<Decision> {
    for said in said {
        for word in said.names(rules) {
            if let Some((component, true)) = rules.variable(word) {
                return Some((component, None, format!("variable {word}")));
            }
            if let Some(component) = rules.model(word) {
                return Some((component, None, format!("model {word}")));
            }
            if let Some((component, class)) = rules.classes(word).find(|(_, class)| !class.shared && word.len() > 6) {
                return Some((component, class.role.clone(), format!("class {word}")));
            }
        }
    }
    None
}
