//! Decides which component failed.
//!
//! The framework on top is hardly ever what fails. Four kinds of facts tell who did: the wording of the refusal, a credential variable's
//! name, the host that was called, and the deepest labelled frame. Transport and orchestration are never to blame, and packages that other
//! vendors' clients run through (the OpenAI SDK above all) never decide against a host, a wording or a subclass.

use std::sync::OnceLock;

use regex::Regex;

use crate::keys;
use crate::matching::Hit;
use crate::model::{ComponentId, Event, ExceptionChain, Frame, Language};
use crate::rules::schema::{Layer, RoleSubject};
use crate::rules::{CompiledRules, PackageMatch};

/// A call to a host, as a client's log line or a URL in a message shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Host in lower case, without port; empty for a relative path.
    pub host: String,
    /// Path, may be empty.
    pub path: String,
    /// Port, where the text has one.
    pub port: Option<u16>,
    /// HTTP status, where the text has one.
    pub status: Option<u16>,
}

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
    /// The innermost frame that is nobody's library.
    pub application_frame: Option<String>,
}

/// Reads the call out of a hit's captures: `url`, or `host` with `path`; `status` where captured.
#[must_use]
pub fn call_of(hit: &Hit) -> Option<Call> {
    let status = hit.capture("status").and_then(|s| s.parse().ok());
    if let Some(url) = hit.capture("url") {
        return Call::from_url(url).map(|call| Call { status, ..call });
    }
    if let Some(host) = hit.capture("host") {
        let call = Call::from_url(host).unwrap_or_else(|| Call::from_authority(host, ""));
        let path = hit.capture("path").map_or(call.path, ToOwned::to_owned);
        return Some(Call { path, status, ..call });
    }
    let path = hit.capture("path").filter(|path| path.starts_with('/'))?;
    Some(Call { path: path.to_owned(), status, host: String::new(), port: None })
}

impl Call {
    /// Host, port and path of a URL; `None` for text that is none.
    fn from_url(url: &str) -> Option<Self> {
        let Some((_, rest)) = url.split_once("://") else {
            let relative = url.starts_with('/');
            return relative.then(|| Self { host: String::new(), path: url.to_owned(), port: None, status: None });
        };
        const ENDS: [char; 6] = ['?', '#', '"', '\'', ' ', '`'];
        let authority_end = rest.find(|c| c == '/' || ENDS.contains(&c)).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(authority_end);
        Some(Self::from_authority(authority, path.split(ENDS).next().unwrap_or_default()))
    }

    fn from_authority(authority: &str, path: &str) -> Self {
        let host = authority.rsplit('@').next().unwrap_or(authority);
        let (host, port) = match host.strip_prefix('[') {
            Some(v6) => v6.split_once(']').map_or((v6, ""), |(h, rest)| (h, rest.trim_start_matches(':'))),
            None => host.split_once(':').unwrap_or((host, "")),
        };
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        Self { host, path: path.to_owned(), port: port.parse().ok(), status: None }
    }

    /// The component at this host, or else at this port of a host that is nobody's.
    #[must_use]
    pub fn component(&self, rules: &CompiledRules) -> Option<ComponentId> {
        rules.host(&self.host).or_else(|| self.port.and_then(|port| rules.port(port)))
    }
}

/// Whether a host is one of the user's own: a bare name, a private address, or a zone that no public service uses.
#[must_use]
pub fn is_internal_host(host: &str) -> bool {
    const ZONES: &[&str] = &[
        ".internal",
        ".local",
        ".svc",
        ".lan",
        ".intra",
        ".intranet",
        ".home",
        ".corp",
        ".test",
        ".localhost",
        ".private",
    ];
    if host.is_empty() || !host.contains('.') || ZONES.iter().any(|zone| host.ends_with(zone)) || host.contains(".svc.")
    {
        return true;
    }
    let mut octets = host.split('.').map(|part| part.parse::<u8>());
    matches!(
        (octets.next(), octets.next()),
        (Some(Ok(10 | 127)), Some(Ok(_))) | (Some(Ok(192)), Some(Ok(168))) | (Some(Ok(172)), Some(Ok(16..=31)))
    )
}

/// Decides for one event. `nearby` is the last failed call that the same stream logged just before it.
#[must_use]
pub fn attribute(rules: &CompiledRules, event: &Event, hits: &[Hit], nearby: Option<&Call>) -> Attribution {
    let mut out = Attribution::default();
    let frames = event.chain.as_ref().map(|chain| read_frames(rules, chain)).unwrap_or_default();
    let call = own_call(rules, event, hits).or_else(|| nearby.cloned()).or_else(|| relative_call(event));
    let hosted = call.as_ref().and_then(|call| Some((call.component(rules)?, call)));
    let root = event.chain.as_ref().map_or(0, |chain| chain.root);
    let certain = by_wording(rules, hits, root)
        .or_else(|| by_variable(rules, hits))
        .or_else(|| hosted.map(|(id, call)| (id, None, format!("host {}", call.host))));
    out.weak = certain.is_none() && frames.deepest.is_some() && frames.only_shared;
    let decided = certain
        .or_else(|| frames.deepest.clone())
        .or_else(|| by_type(rules, event))
        .or_else(|| by_module(rules, event))
        .or_else(|| by_site(rules, event))
        .or_else(|| by_likely(rules, hits))
        .or_else(|| by_mention(rules, event));
    let shows = |name: &str| {
        rules
            .concept(name)
            .is_some_and(|concept| hits.iter().any(|hit| rules.signal(hit.signal).shows.contains(&concept)))
    };
    out.own_check = shows("own-token-check") && decided.is_none();
    match decided {
        Some(decision) => out.decide(rules, decision, &frames),
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
        && let Some((owner, because)) = by_key(rules, event, hits)
    {
        (out.component, out.because) = (Some(owner), because);
    }
    out.use_of(rules, &frames, call.as_ref());
    out
}

impl Attribution {
    /// Takes over a decision. A gateway's own wording behind a provider's client is that provider's gateway.
    fn decide(&mut self, rules: &CompiledRules, (component, role, because): Decision, frames: &FrameFacts) {
        let is_gateway = |id: ComponentId| rules.component(id).roles == ["gateway"];
        let behind = frames.deepest.as_ref().map(|d| d.0).filter(|id| !is_gateway(*id));
        match behind.filter(|_| is_gateway(component)) {
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
        self.application_frame = frames.application.clone();
    }
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
    static TYPE: OnceLock<Option<Regex>> = OnceLock::new();
    let links =
        event.chain.iter().flat_map(|chain| std::iter::once(chain.root_exception()).chain(chain.links.iter().rev()));
    let kinds = links.map(|link| link.kind.as_str()).filter(|kind| !kind.is_empty());
    let regex = TYPE.get_or_init(|| Regex::new(r"(?:^|[\s(])(?P<type>[A-Za-z_]\w*(?:(?:\.|::)\w+)+)\b").ok()).as_ref();
    let printed =
        regex.and_then(|regex| regex.captures(&event.message)).and_then(|c| c.name("type")).map(|m| m.as_str());
    kinds.chain(printed).find_map(|kind| Some((rules.exception_type(kind)?, None, format!("exception type {kind}"))))
}

/// The component whose module a message names: `Retrying llama_index.embeddings.openai.base.get_embedding in …`.
fn by_module(rules: &CompiledRules, event: &Event) -> Option<Decision> {
    static MODULE: OnceLock<Option<Regex>> = OnceLock::new();
    let regex = MODULE.get_or_init(|| Regex::new(r"\b[a-z_]\w*(?:\.\w+){2,}").ok()).as_ref()?;
    messages(event).flat_map(|text| regex.find_iter(text).take(20)).find_map(|module| {
        let path = module.as_str().replace('.', "/");
        let package = rules.package(Language::Python, &path)?;
        let role = frame_role(rules, &package, &path, module.as_str());
        Some((package.component?, role, format!("module {}", module.as_str())))
    })
}

/// The provider whose console or documentation a message links to.
fn by_site(rules: &CompiledRules, event: &Event) -> Option<Decision> {
    urls(event).find_map(|call| Some((rules.site(&call.host)?, None, format!("link to {}", call.host))))
}

/// The provider whose wording it was before others copied it.
fn by_likely(rules: &CompiledRules, hits: &[Hit]) -> Option<Decision> {
    hits.iter().rev().find_map(|hit| {
        let signal = rules.signal(hit.signal);
        Some((signal.likely?, signal.rule.role.clone(), format!("wording first used by it: {}", signal.rule.says)))
    })
}

/// The owner of a key in the event: without any other sign, a key is sent to whom it belongs.
fn by_key(rules: &CompiledRules, event: &Event, hits: &[Hit]) -> Option<(ComponentId, String)> {
    let values = hits.iter().flat_map(|hit| &hit.captures).filter(|(name, _)| name.starts_with("val"));
    let values = values.map(|(_, value)| keys::value(rules, value)).filter(|key| !key.shared_shape);
    let mut seen = messages(event).flat_map(|text| keys::whole(rules, text)).chain(values);
    seen.find_map(|key| Some((key.owner?, "the shape of the key".to_owned())))
}

/// A variable or class that the text only mentions: the weakest sign, for messages without frames.
fn by_mention(rules: &CompiledRules, event: &Event) -> Option<Decision> {
    static WORD: OnceLock<Option<Regex>> = OnceLock::new();
    let regex = WORD.get_or_init(|| Regex::new(r"\b[A-Za-z][A-Za-z0-9]*(?:[_-][A-Za-z0-9.]+)*\b").ok()).as_ref()?;
    let texts = event.chain.iter().flat_map(|chain| chain.links.iter().rev().map(|link| link.message.as_str()));
    for text in texts.chain([event.message.as_str()]) {
        for word in regex.find_iter(text).take(200).map(|m| m.as_str()) {
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

/// The call that the event itself shows: a client's failure line, a URL of a known host in a message, or the path of a refused call.
fn own_call(rules: &CompiledRules, event: &Event, hits: &[Hit]) -> Option<Call> {
    let by_capture = hits.iter().rev().filter(|hit| rules.signal(hit.signal).symptom.is_some()).find_map(call_of);
    if by_capture.is_some() {
        return by_capture;
    }
    property_call(event).or_else(|| urls(event).find(|call| rules.host(&call.host).is_some()))
}

/// The request that an error object carries: `config.url`, `rawResponse.url`, `request.url`.
fn property_call(event: &Event) -> Option<Call> {
    let links = event.chain.iter().flat_map(|chain| chain.links.iter().rev());
    let named =
        |name: &str| name.rsplit('.').next().is_some_and(|last| matches!(last, "url" | "requestUrl" | "responseUrl"));
    let mut calls = links
        .flat_map(|link| &link.properties)
        .filter(|(name, _)| named(name))
        .filter_map(|(_, url)| Call::from_url(url));
    let first = calls.next()?;
    Some(calls.find(|call| !call.host.is_empty()).filter(|_| first.host.is_empty()).unwrap_or(first))
}

/// Messages of an event, root first.
fn messages(event: &Event) -> impl Iterator<Item = &str> {
    let links = event.chain.iter().flat_map(|chain| chain.links.iter().rev().map(|link| link.message.as_str()));
    links.chain([event.message.as_str()])
}

fn urls(event: &Event) -> impl Iterator<Item = Call> {
    static URL: OnceLock<Option<Regex>> = OnceLock::new();
    let regex = URL.get_or_init(|| Regex::new(r#"\bhttps?://[^\s'"<>()\[\]{}\\]+"#).ok()).as_ref();
    let found = regex.into_iter().flat_map(|regex| messages(event).flat_map(|text| regex.find_iter(text).take(20)));
    found.filter_map(|url| Call::from_url(url.as_str()))
}

/// A path without a host, as the application's own services name it: `from POST /internal/x`, `"path":"/internal/x"`.
fn relative_call(event: &Event) -> Option<Call> {
    static PATH: OnceLock<Option<Regex>> = OnceLock::new();
    let pattern = r#"(?:\b(?:GET|POST|PUT|PATCH|DELETE)\s+|["']path["']:\s*["'])(?P<path>/[A-Za-z0-9_][\w./-]*)"#;
    let regex = PATH.get_or_init(|| Regex::new(pattern).ok()).as_ref()?;
    let path = messages(event).find_map(|text| Some(regex.captures(text)?.name("path")?.as_str().to_owned()))?;
    Some(Call { host: String::new(), path, port: None, status: None })
}

/// What the frames of a chain tell.
#[derive(Debug, Default)]
struct FrameFacts {
    /// The deepest labelled boundary.
    deepest: Option<Decision>,
    /// Labelled frames, innermost first: component, role, class of the receiver.
    labelled: Vec<(ComponentId, Option<String>)>,
    /// Class names that frames show, innermost first.
    classes: Vec<String>,
    /// Every label came from a client that other vendors' calls run through.
    only_shared: bool,
    /// A role that only the orchestration around the call tells.
    hint: Option<String>,
    framework: Option<String>,
    module_level: bool,
    parallel: bool,
    application: Option<String>,
}

impl FrameFacts {
    /// The role that the frames tell, of this component first.
    fn role_for(&self, rules: &CompiledRules, component: Option<ComponentId>) -> Option<String> {
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

    fn class_for(&self, rules: &CompiledRules, component: Option<ComponentId>, role: Option<&str>) -> Option<String> {
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

fn read_frames(rules: &CompiledRules, chain: &ExceptionChain) -> FrameFacts {
    let mut facts = FrameFacts::default();
    // From the root outwards: the root's frames are the deepest, a wrapper's only tell where it surfaced.
    let order = std::iter::once(chain.root).chain((0..chain.links.len()).rev().filter(|&at| at != chain.root));
    let mut shared: Option<Decision> = None;
    for link in order.map(|at| &chain.links[at]) {
        let inward: Vec<&Frame> =
            if chain.innermost_last { link.frames.iter().rev().collect() } else { link.frames.iter().collect() };
        read_place(chain.language, &inward, &mut facts);
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
    // Windows writes the other slash; rules know one.
    let slashed = frame.path.replace('\\', "/");
    let Some(path) = library_path(&slashed) else {
        if facts.application.is_none() && is_application(&frame.path) {
            facts.application = Some(format!("{} in {}", frame.path, frame.function));
        }
        return;
    };
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

fn frame_role(rules: &CompiledRules, package: &PackageMatch<'_>, path: &str, function: &str) -> Option<String> {
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
fn library_path(path: &str) -> Option<&str> {
    const FOLDERS: [&str; 3] = ["site-packages/", "dist-packages/", "node_modules/"];
    let below = FOLDERS
        .iter()
        .filter_map(|folder| path.rfind(folder).map(|at| &path[at + folder.len()..]))
        .min_by_key(|rest| rest.len());
    below.or_else(|| is_standard_library(path).then_some(path))
}

fn is_standard_library(path: &str) -> bool {
    path.starts_with("node:")
        || path.starts_with("<frozen")
        || path.starts_with("internal/")
        || path.contains("/lib/python")
}

fn is_application(path: &str) -> bool {
    !path.is_empty() && !path.starts_with('<') && library_path(path).is_none()
}

/// Module level and parallel execution, from the shape of the stack.
fn read_place(language: Language, inward: &[&Frame], facts: &mut FrameFacts) {
    const PARALLEL: &[&str] = &[
        "concurrent/futures/",
        "/threading.py",
        "Promise.all",
        "Promise.allSettled",
        "multiprocessing/pool.py",
        "starlette/background.py",
        "RunnableParallel",
        "RunnableMap",
        "anyio/_backends",
        "celery/app/trace.py",
    ];
    facts.parallel |=
        inward.iter().any(|f| PARALLEL.iter().any(|sign| f.path.contains(sign) || f.function.contains(sign)));
    let Some(own) = inward.iter().position(|f| is_application(&f.path)) else { return };
    facts.module_level |= match language {
        // A script's own top level is the outermost frame; a module that is being imported has its importer around it.
        Language::Python => inward[own].function == "<module>" && own + 1 < inward.len(),
        Language::JavaScript => {
            const LOADERS: &[&str] =
                &["Module._compile", "ModuleJob.run", "ModuleJobSync.run", "__webpack_require__", "Object.<anonymous>"];
            let loading = |f: &&&Frame| LOADERS.iter().any(|loader| f.function.contains(loader));
            let top = inward[own].function.is_empty() || inward[own].function.contains("<anonymous>");
            top && inward[own..].iter().take(3).any(|f| loading(&f))
        }
        _ => false,
    };
}
