//! The rule files as they are written: one struct a table, nothing resolved yet.
//!
//! `rules/README.md` documents every field. An unknown key is an error, so that a misspelt field never loses a rule in silence.

use serde::Deserialize;

/// `signals/<topic>.toml`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignalFile {
    #[serde(default)]
    pub(crate) signal: Vec<Signal>,
}

/// One thing that a text can show.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signal {
    /// Unique name.
    pub id: String,
    /// Evidence sentence; `{name}` inserts a capture.
    pub says: String,
    /// Regexes, any of which makes the signal hold.
    #[serde(rename = "match")]
    pub patterns: Vec<String>,
    /// Literals of which every match contains one, where the loader cannot find them.
    #[serde(default)]
    pub literals: Vec<String>,
    /// Regexes that undo a match in the same text.
    #[serde(default)]
    pub unless: Vec<String>,
    /// The text that is searched.
    #[serde(default, rename = "where")]
    pub place: Place,
    /// What a match counts as; derived from `symptom` where absent.
    pub kind: Option<Kind>,
    /// The failure it stands for.
    pub symptom: Option<String>,
    /// Says little: a symptom of another signal on the same event wins.
    #[serde(default)]
    pub generic: bool,
    /// Concepts that causes refer to.
    #[serde(default)]
    pub shows: Vec<String>,
    /// Whose wording it is.
    pub provider: Option<String>,
    /// Whose wording it was first: decides where nothing else does, because others copied it.
    pub likely: Option<String>,
    /// The role decided by the wording alone.
    pub role: Option<String>,
    /// The runtime that the line gives away: `gunicorn`, `celery`, `serverless`, …
    pub runtime: Option<String>,
    /// How well the wording is known.
    #[serde(default)]
    pub confidence: Confidence,
    /// Texts that must match.
    #[serde(default)]
    pub examples: Vec<String>,
    /// Texts that must not match.
    #[serde(default)]
    pub counter_examples: Vec<String>,
}

impl Signal {
    /// What a match counts as.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind.unwrap_or(if self.symptom.is_some() { Kind::Failure } else { Kind::Note })
    }
}

/// The text of an event that a signal searches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// Each exception as `Type: message`, and the log message, one by one.
    #[default]
    Message,
    /// The root exception only.
    Root,
    /// The outermost exception, or the log message where there is none.
    Surface,
    /// One frame a line.
    Frames,
    /// Single log records, also those that are no failure.
    Record,
}

/// What a signal counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Something failed.
    Failure,
    /// Mere evidence.
    Note,
    /// A call went well.
    Success,
    /// A process or worker came up.
    Boot,
    /// Something was rotated, deployed, scaled, reloaded.
    Change,
    /// A call was slowed down or repeated.
    Throttle,
}

/// How well a fact is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// The software was run and printed this.
    #[default]
    Run,
    /// Read in the software's source.
    SdkSource,
    /// Seen in a public report.
    RealIssue,
    /// Seen in several public repositories.
    CodeCorpus,
    /// Documented.
    Docs,
    /// From memory: evidence that rests on it alone weighs half.
    Memory,
}

/// `symptoms.toml`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SymptomFile {
    #[serde(default)]
    pub(crate) symptom: Vec<Symptom>,
}

/// A kind of failure.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Symptom {
    /// Unique name.
    pub id: String,
    /// `auth`, `quota`, `network`, …
    pub family: String,
    /// `critical`, `high`, `medium`, `low`.
    pub severity: Grade,
    /// Headline; `{component}` inserts the component's display name.
    pub title: String,
    /// Whose failure it is, whatever names a component.
    #[serde(default)]
    pub blames: Blames,
    /// It is throttling, whatever else came of it.
    #[serde(default)]
    pub throttling: bool,
}

/// Whose failure a symptom is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Blames {
    /// The component that the event names; nobody where it names none.
    #[default]
    Component,
    /// The component that the event names, else the application.
    ApplicationUnlessNamed,
    /// Always the application: whose library it surfaced in says nothing about it.
    Application,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum Grade {
    Low,
    Medium,
    High,
    Critical,
}

impl Grade {
    /// The name used in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// Reads a name; `None` for anything else.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Low, Self::Medium, Self::High, Self::Critical].into_iter().find(|grade| grade.as_str() == name)
    }
}

/// `causes/<id>.toml`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cause {
    /// Unique name, also the file's.
    pub id: String,
    /// Plain words.
    pub title: String,
    /// Symptoms it can explain.
    pub symptoms: Vec<String>,
    /// How often it is the reason before anything is known.
    pub prior: Prior,
    /// Roles of a component that it can explain; all where absent.
    #[serde(default)]
    pub roles: Vec<String>,
    /// Role that the component has in the report when this cause is likely: the hop before a provider, not the provider's usual use.
    pub blames: Option<String>,
    /// General causes whose place it takes when it has evidence of its own.
    #[serde(default)]
    pub specializes: Vec<String>,
    /// What happened, for someone who is no expert.
    pub meaning: String,
    /// How to see that the fix worked.
    pub verify: String,
    /// What keeps it from coming back.
    pub prevent: String,
    /// Links.
    #[serde(default)]
    pub references: Vec<String>,
    /// Evidence for.
    #[serde(default, rename = "for")]
    pub supports: Vec<EvidenceRule>,
    /// Evidence against.
    #[serde(default)]
    pub against: Vec<EvidenceRule>,
    /// Fixes.
    #[serde(default)]
    pub recipe: Vec<Recipe>,
    /// Checks that tell it from others.
    #[serde(default)]
    pub confirm: Vec<Confirm>,
}

/// How often a cause is the reason before anything is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum Prior {
    Fallback,
    Rare,
    Usual,
    Common,
}

impl Prior {
    /// The name used in rules and reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fallback => "fallback",
            Self::Rare => "rare",
            Self::Usual => "usual",
            Self::Common => "common",
        }
    }
}

/// One item of evidence. Names are concepts, `@aggregates`, or `!@aggregates`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceRule {
    /// Every name must hold.
    #[serde(default)]
    pub all: Vec<String>,
    /// At least one name must hold, where given.
    #[serde(default)]
    pub any: Vec<String>,
    /// No name may hold.
    #[serde(default)]
    pub none: Vec<String>,
    /// How much it counts.
    pub weight: Weight,
    /// One family counts once.
    pub family: String,
    /// Sentence for a person.
    pub says: String,
}

/// Weight class of an evidence item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum Weight {
    Weak,
    Moderate,
    Strong,
    Decisive,
    /// Only against: rules the cause out.
    Veto,
}

impl Weight {
    /// The name used in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Weak => "weak",
            Self::Moderate => "moderate",
            Self::Strong => "strong",
            Self::Decisive => "decisive",
            Self::Veto => "veto",
        }
    }
}

/// When a recipe or check fits; an absent selector fits everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector<'a> {
    /// `llama-index`, `langchain-python`, …
    pub framework: Option<&'a str>,
    /// `python`, `javascript`
    pub language: Option<&'a str>,
    /// `kubernetes`, `compose`, …
    pub runtime: Option<&'a str>,
    /// A provider's id.
    pub provider: Option<&'a str>,
}

/// A fix.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Fits only this framework.
    pub framework: Option<String>,
    /// Fits only this language.
    pub language: Option<String>,
    /// Fits only this runtime.
    pub runtime: Option<String>,
    /// Fits only this provider.
    pub provider: Option<String>,
    /// What to do.
    pub text: String,
    /// Language of `code`.
    pub code_language: Option<String>,
    /// Code to copy.
    pub code: Option<String>,
}

/// A check that separates causes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirm {
    /// Fits only this framework.
    pub framework: Option<String>,
    /// Fits only this language.
    pub language: Option<String>,
    /// Fits only this runtime.
    pub runtime: Option<String>,
    /// Fits only this provider.
    pub provider: Option<String>,
    /// Causes it tells this one from.
    #[serde(default)]
    pub tells_apart: Vec<String>,
    /// Command or question; safe to run, prints no secret.
    pub check: String,
    /// What the answer means.
    pub expect: String,
}

/// `components/<provider>.toml`
#[derive(Clone, Debug, Deserialize)]
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
    pub hosts: Vec<String>,
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
    pub package: Vec<Package>,
    /// Its classes.
    #[serde(default)]
    pub class: Vec<Class>,
}

/// A package whose frames belong to a component.
#[derive(Clone, Debug, Deserialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
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
#[derive(Clone, Debug, Deserialize)]
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
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NeutralFile {
    #[serde(default)]
    pub(crate) neutral: Vec<Neutral>,
}

/// A package that is never to blame.
#[derive(Clone, Debug, Deserialize)]
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
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoleFile {
    #[serde(default)]
    pub(crate) role: Vec<RoleRule>,
    #[serde(default)]
    pub(crate) place: Vec<PlaceRule>,
}

/// What a frame tells of where in the program it happened.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlaceRule {
    /// Text that the frame's path or function contains.
    pub frame: String,
    /// What such a frame is a sign of.
    pub sign: Sign,
}

/// A sign of where in the program it happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sign {
    /// Thread pools, gather, background jobs.
    Parallel,
    /// A module is being loaded.
    ModuleLoader,
}

/// What a path or class name is used for; the first match wins.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleRule {
    /// Regex.
    pub path: String,
    /// Role.
    pub role: String,
    /// What it is held against.
    pub on: RoleSubject,
}

/// What a role rule is held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum RoleSubject {
    Frame,
    Url,
    Class,
    Model,
}

/// `keys/shapes.toml`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyFile {
    #[serde(default)]
    pub(crate) shape: Vec<Shape>,
    #[serde(default)]
    pub(crate) mask: Vec<Mask>,
    #[serde(default)]
    pub(crate) placeholder: Vec<Placeholder>,
}

/// What a provider's key looks like.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// Unique name, shown in redacted text.
    pub id: String,
    /// Owner.
    pub provider: String,
    /// Regex on text.
    #[serde(rename = "match")]
    pub pattern: String,
    /// `api-key`, `jwt`, …
    pub kind: String,
    /// Usual length in bytes, least and most.
    pub length: Option<(usize, usize)>,
    /// Only with a variable name or header as context.
    #[serde(default)]
    pub ambiguous: bool,
    /// Start that a masked key still shows.
    pub prefix: Option<String>,
}

/// How a provider prints a key it refuses.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mask {
    /// Who prints it.
    pub provider: String,
    /// Regex with groups `head`, `stars`, `tail`.
    #[serde(rename = "match")]
    pub pattern: String,
    /// One star a hidden character.
    #[serde(default)]
    pub hidden_one_to_one: bool,
}

/// Text that stands where a key should be.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Placeholder {
    /// Regex on the value.
    #[serde(rename = "match")]
    pub pattern: String,
}
