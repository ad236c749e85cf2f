//! Component files: what can fail, how it is recognised in frames, hosts and variables, and what is never to blame.

use serde::{Deserialize, Serialize};

use super::{Confidence, Later, Pattern};

/// `components/<provider>.toml`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// Provider id.
    pub id: String,
    /// Display name.
    pub name: String,
    /// Roles; the first is assumed when nothing tells.
    pub roles: Vec<String>,
    /// The platform whose wording and client it shares: it takes the platform's place where anything in the event names it.
    pub part_of: Option<String>,
    /// Regexes on host names.
    #[serde(default)]
    pub hosts: Vec<Pattern>,
    /// Hosts of its console and documentation: they name it in a message, nobody calls them.
    #[serde(default)]
    pub sites: Vec<String>,
    /// Beginnings of its models' names: a message that names one is about it, where nothing else tells.
    #[serde(default)]
    pub models: Vec<String>,
    /// Ports that are hardly used by anything else.
    #[serde(default)]
    pub ports: Vec<u16>,
    /// Variables that hold its credential.
    #[serde(default)]
    pub key_env: Vec<String>,
    /// Other variables of it.
    #[serde(default)]
    pub env: Vec<String>,
    /// Prefixes of exception types, and of functions in frames whose paths are mere file names (Java, .NET, Go).
    #[serde(default)]
    pub types: Vec<String>,
    /// How well it is known.
    #[serde(default)]
    pub confidence: Confidence,
    /// Its packages.
    #[serde(default)]
    pub package: Later<Vec<Package>>,
    /// Its classes.
    #[serde(default)]
    pub class: Later<Vec<Class>>,
}

/// A package whose frames belong to a component.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// `python` or `javascript`.
    pub language: String,
    /// Path below `site-packages/` or `node_modules/`.
    pub path: String,
    /// `sdk` or `integration`.
    pub layer: Layer,
    /// Role, where the package has only one.
    pub role: Option<String>,
    /// Framework the package belongs to.
    pub framework: Option<String>,
    /// Clients of other vendors run through it.
    #[serde(default)]
    pub shared: bool,
}

/// Distance of a package from the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layer {
    /// The provider's own client.
    Sdk,
    /// A framework's adapter to it.
    Integration,
    /// HTTP, sockets, retries: never to blame.
    Transport,
    /// Orchestration, web servers, the standard library: never to blame.
    Framework,
}

/// A class that stands for a component.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Class {
    /// Class name without module.
    pub name: String,
    /// `python` or `javascript`.
    pub language: String,
    /// Framework it belongs to.
    pub framework: Option<String>,
    /// Role, where it has only one.
    pub role: Option<String>,
    /// Other vendors' classes derive from it.
    #[serde(default)]
    pub shared: bool,
}

/// `components/neutral.toml`
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NeutralFile {
    #[serde(default)]
    pub(crate) neutral: Vec<Neutral>,
}

/// A package that is never to blame.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Neutral {
    /// `python` or `javascript`.
    pub language: String,
    /// Path below `site-packages/` or `node_modules/`.
    pub path: String,
    /// `transport` or `framework`.
    pub layer: Layer,
    /// Framework it belongs to.
    pub framework: Option<String>,
}

/// `components/roles.toml`
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoleFile {
    #[serde(default)]
    pub(crate) role: Vec<RoleRule>,
    #[serde(default)]
    pub(crate) place: Vec<PlaceRule>,
}

/// What a frame tells of where in the program it happened.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PlaceRule {
    /// Text that the frame's path or function contains.
    pub frame: String,
    /// What such a frame is a sign of.
    pub sign: Sign,
}

/// A sign of where in the program it happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sign {
    /// Thread pools, gather, background jobs.
    Parallel,
    /// A module is being loaded.
    ModuleLoader,
}

/// What a path or class name is used for; the first match wins.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RoleRule {
    /// Regex.
    pub path: Pattern,
    /// Role.
    pub role: String,
    /// What it is held against.
    pub on: RoleSubject,
}

/// What a role rule is held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum RoleSubject {
    Frame,
    Url,
    Class,
    Model,
}
