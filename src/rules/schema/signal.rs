//! Signal files: what texts can show, and which kinds of failure there are.

use serde::{Deserialize, Serialize};

use super::{Later, Pattern};

/// `signals/<topic>.toml`
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignalFile {
    #[serde(default)]
    pub(crate) signal: Vec<Signal>,
}

/// One thing that a text can show.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Signal {
    /// Unique name.
    pub id: String,
    /// Evidence sentence; `{name}` inserts a capture.
    pub says: String,
    /// Regexes, any of which makes the signal hold.
    #[serde(rename = "match")]
    pub patterns: Vec<Pattern>,
    /// Literals of which every match contains one, where the loader cannot find them.
    #[serde(default)]
    pub literals: Vec<String>,
    /// Regexes that undo a match in the same text.
    #[serde(default)]
    pub unless: Vec<Pattern>,
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
    /// An event below error level in which it holds is no failure: whoever is refused there is a user, not the application.
    #[serde(default)]
    pub excuses: bool,
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
    pub examples: Later<Vec<String>>,
    /// Texts that must not match.
    #[serde(default)]
    pub counter_examples: Later<Vec<String>>,
}

impl Signal {
    /// What a match counts as.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind.unwrap_or(if self.symptom.is_some() { Kind::Failure } else { Kind::Note })
    }
}

/// The text of an event that a signal searches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
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
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SymptomFile {
    #[serde(default)]
    pub(crate) symptom: Vec<Symptom>,
}

/// A kind of failure.
#[derive(Clone, Debug, Deserialize, Serialize)]
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
    /// What the platform says of a container: no call that failed nearby explains it.
    #[serde(default)]
    pub stands_alone: bool,
}

/// Whose failure a symptom is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
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
